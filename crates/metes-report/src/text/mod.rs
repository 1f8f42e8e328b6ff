//! [`View`]: what a capture says, as plain text that fits a terminal of a hundred columns.

mod pictures;
mod summary;
mod tables;

use crate::capture::Capture;
use crate::format::frames;

pub use summary::summary;

/// Columns of the widest line.
const WIDTH: usize = 98;

macro_rules! views {
    ($($name:ident $text:literal $draw:path, $doc:literal;)*) => {
        /// A way to look at a capture as text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum View {
            $(#[doc = $doc] $name,)*
        }

        impl View {
            /// All views.
            pub const ALL: &'static [View] = &[$(View::$name,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(View::$name => $text,)* }
            }

            /// What it shows, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(View::$name => $doc,)* }
            }

            /// The view of that name.
            pub fn parse(name: &str) -> Option<View> {
                View::ALL.iter().copied().find(|view| view.name() == name)
            }

            /// The capture as this view shows it.
            pub fn draw(self, capture: &Capture) -> String {
                match self { $(View::$name => $draw(capture),)* }
            }
        }
    };
}

views! {
    Summary "summary" summary::summary, "One screen: peak, limit, curve, who held most.";
    Table "table" tables::holders, "Who held bytes at the peak, all of them.";
    Tree "tree" pictures::tree_view, "Who held bytes at the peak, by frames.";
    Flame "flame" pictures::flame, "The same as an icicle: the wider, the more bytes.";
    Timeline "timeline" pictures::timeline, "Live bytes over time, and those of the largest sites.";
    Temporaries "temporaries" tables::temporaries, "Blocks that went at once: intermediate results that out= or fusing saves.";
    Copies "copies" tables::copies, "What was copied, where and why.";
    Pins "pins" tables::pins, "Small views that kept large blocks alive at the end.";
    Leaks "leaks" tables::leaks, "What was live at the end, and what grew without end.";
    Map "map" pictures::map, "Where bytes lay in memory at the peak and at the end: fragmentation.";
}

/// A text of at most `width` characters; of a longer one the end, which says most of a path. Control characters, which a
/// file name may hold, are made harmless.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let text = text.replace(char::is_control, "?");
    let length = text.chars().count();
    if length <= width {
        return text;
    }
    let tail: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{tail}")
}

/// Where blocks were made and by what, in `width` columns: the innermost frame, the operation, dtype and scope.
pub(crate) fn maker(site: &str, rest: &[&str], width: usize) -> String {
    let rest = crate::tree::words(rest).replace(char::is_control, "?");
    let Some(frame) = frames(site).last() else { return fit(&rest, width) };
    let room = width.saturating_sub(rest.chars().count() + 2).max(20);
    if rest.is_empty() { fit(frame, width) } else { fit(&format!("{}  {rest}", fit(frame, room)), width) }
}
