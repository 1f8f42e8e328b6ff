//! Arrays in notebooks: a line of facts, whose bytes they are among them, and the values below it.
//!
//! Colours are the page's own, so light and dark look right. The values are cut as in `repr`.

use super::{body, options};
use crate::object::{this, writeable};
use metes_array::{Array, shape_text};
use metes_memory::size_text;
use pyo3::prelude::*;

const CELL: &str = "text-align:left;padding:0 1em 0 0;font-weight:normal";

/// The page fragment for an `Array` object.
pub(crate) fn html(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let array = this(object)?;
    let options = options::current(object.py())?;
    let values = body(object.py(), array, ", ", 0, options.width, &options)?;
    let facts = facts(array, writeable(object));
    let cells: String = facts
        .iter()
        .map(|(name, value)| {
            format!("<td style=\"{CELL}\"><small style=\"opacity:0.7\">{name}</small><br>{}</td>", escaped(value))
        })
        .collect();
    let caption = escaped(&format!("{} array of {}", shape_text(array.shape()), array.dtype()));
    Ok(format!(
        "<div><table aria-label=\"{caption}\"><tr>{cells}</tr></table><pre style=\"margin:0.5em 0 0\">{}</pre></div>",
        escaped(&values)
    ))
}

fn facts(array: &Array, writeable: bool) -> Vec<(&'static str, String)> {
    let order = match (array.is_c_contiguous(), array.is_f_contiguous()) {
        (true, true) => "C and F".to_owned(),
        (true, false) => "C".to_owned(),
        (false, true) => "F".to_owned(),
        (false, false) => format!("strides {:?}", array.strides()),
    };
    let mut facts = vec![
        ("shape", shape_text(array.shape())),
        ("dtype", array.dtype().to_string()),
        ("order", order),
        ("bytes", size_text(array.nbytes())),
        ("memory", memory(array)),
    ];
    if !writeable {
        facts.push(("access", "read-only".to_owned()));
    }
    facts
}

/// Whose bytes the array shows, and how many it keeps alive beyond its own.
fn memory(array: &Array) -> String {
    let (all, shown) = (array.buffer().len(), array.extent().len());
    let whose = match array.buffer().label() {
        "metes" => String::new(),
        other => format!(" of {other}"),
    };
    if shown >= all {
        return if whose.is_empty() { "all of its block".to_owned() } else { format!("all of a block{whose}") };
    }
    format!("{} of a block of {}{whose}", size_text(shown), size_text(all))
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
        out
    })
}
