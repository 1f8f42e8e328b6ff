//! The flame graph of the page: boxes in percent of the whole width, which a few lines of script stretch.

use crate::series::SITES;
use crate::tree::Node;
use crate::units::{bytes, counted};
use serde::Serialize;

/// The smallest box, as a share of the whole, and the most boxes.
const SMALLEST: f64 = 0.0004;
const MOST: usize = 3000;

/// One frame of the flame graph.
#[derive(Serialize)]
pub struct Frame {
    left: String,
    width: String,
    depth: usize,
    /// The number of its colour.
    slot: usize,
    name: String,
    hint: String,
}

/// The boxes of a tree, and how many rows they take. `slot` gives the number of a label's colour.
pub fn icicle(root: &Node, slot: impl Fn(&str) -> usize) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    if root.bytes > 0 {
        place(root, 0.0, 0, root.bytes as f64, &slot, &mut frames);
    }
    let rows = frames.iter().map(|frame| frame.depth + 1).max().unwrap_or(0);
    (frames, rows)
}

fn place(node: &Node, left: f64, depth: usize, whole: f64, slot: &impl Fn(&str) -> usize, out: &mut Vec<Frame>) {
    let share = node.bytes as f64 / whole;
    if share < SMALLEST || out.len() >= MOST {
        return;
    }
    let count = if node.count > 0 { format!(", {}", counted(node.count, "block", "blocks")) } else { String::new() };
    out.push(Frame {
        left: format!("{:.3}", left * 100.0),
        width: format!("{:.3}", share * 100.0),
        depth,
        slot: if depth == 0 { SITES } else { slot(&node.label) },
        hint: format!("{}\n{}, {:.1} % of the peak{count}", node.name, bytes(node.bytes), share * 100.0),
        name: node.name.clone(),
    });
    let mut at = left;
    for child in &node.children {
        place(child, at, depth + 1, whole, slot, out);
        at += child.bytes as f64 / whole;
    }
}
