//! [`tree`]: who held the peak, as a tree of frames: what flame graphs and exports are made of.

use crate::capture::Capture;
use crate::format::frames;

/// A frame, and what was made below it.
#[derive(Debug, Default)]
pub struct Node {
    /// The frame; at the ends of branches the operation.
    pub name: String,
    /// Bytes held at the peak.
    pub bytes: u64,
    /// Blocks held at the peak.
    pub count: u64,
    /// The innermost frame, or the operation where no site is known: what colours go by.
    pub label: String,
    /// The largest first.
    pub children: Vec<Node>,
}

/// The tree of a capture's peak.
pub fn tree(capture: &Capture) -> Node {
    let mut root = Node { name: "peak".into(), ..Node::default() };
    for holder in capture.by_site() {
        let leaf = words(&[&holder.op, &holder.dtype, &holder.scope]);
        let path: Vec<&str> = frames(&holder.site).chain([leaf.as_str()]).filter(|name| !name.is_empty()).collect();
        let label = frames(&holder.site).last().unwrap_or(&holder.op);
        root.add(&path, label, holder.bytes, holder.count);
    }
    root.sort();
    root
}

impl Node {
    fn add(&mut self, path: &[&str], label: &str, bytes: u64, count: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.count = self.count.saturating_add(count);
        let Some((name, rest)) = path.split_first() else { return };
        let place = self.children.iter().position(|child| child.name == *name).unwrap_or_else(|| {
            self.children.push(Node { name: (*name).into(), label: label.into(), ..Node::default() });
            self.children.len() - 1
        });
        self.children[place].add(rest, label, bytes, count);
    }

    fn sort(&mut self) {
        self.children.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        self.children.iter_mut().for_each(Node::sort);
    }
}

/// The words that are there, with two spaces between.
pub fn words(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}
