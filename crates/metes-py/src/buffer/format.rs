//! Format strings of the buffer protocol, and the kinds that they mean.

use metes_dtype::Kind;
use std::ffi::CStr;

macro_rules! text {
    ('F') => {
        "Zf\0"
    };
    ('D') => {
        "Zd\0"
    };
    ($char:literal) => {
        concat!($char, "\0")
    };
}

macro_rules! formats {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:tt, $category:ident))*) => {
        /// The format string of a kind, as NumPy writes it: `"d"`, `"Zd"`.
        pub(crate) fn format_of(kind: Kind) -> &'static CStr {
            let text = match kind { $(Kind::$kind => text!($type_char),)* };
            CStr::from_bytes_with_nul(text.as_bytes()).unwrap_or(c"B")
        }
    };
}
metes_dtype::for_each_kind!(formats);

/// The kind that a format string and an item size mean in native byte order; `None` where Metes has none.
pub(crate) fn parse(format: &str, itemsize: usize) -> Option<Kind> {
    let bare = match format.strip_prefix(['>', '!']) {
        Some(bare) if itemsize == 1 => bare,
        Some(_) => return None,
        None => format.trim_start_matches(['@', '=', '<', '^']),
    };
    let family = match bare {
        "?" => 'b',
        "b" | "h" | "i" | "l" | "q" | "n" => 'i',
        "B" | "H" | "I" | "L" | "Q" | "N" | "c" => 'u',
        "e" | "f" | "d" => 'f',
        "Zf" | "Zd" => 'c',
        _ => return None,
    };
    Kind::ALL.iter().copied().find(|kind| kind.kind_char() == family && kind.size() == itemsize)
}
