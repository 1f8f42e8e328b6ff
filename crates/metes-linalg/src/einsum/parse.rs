//! Subscripts: from `"ij,jk->ik"`, or lists of labels, to the labels of every axis.

use metes_array::{Array, MAX_NDIM, shape_text};
use metes_memory::{Error, ErrorKind, Result};

/// One subscript of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscript {
    /// A label, 0 to 51: upper-case letters, then lower-case ones.
    Label(u8),
    /// `...`: the axes that no label names.
    Ellipsis,
}

/// The subscripts of all operands, and those of the result where they are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscripts {
    /// One list for each operand.
    pub inputs: Vec<Vec<Subscript>>,
    /// The result's; without it, the labels that appear once, in alphabetical order, after the ellipsis.
    pub output: Option<Vec<Subscript>>,
}

/// An axis' label with ellipses resolved: letters as in [`Subscript`], then one for each axis of the ellipsis.
pub(super) type Label = u8;
const LETTERS: u8 = 52;

fn value(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}

impl Subscripts {
    /// Reads `"ij,jk->ik"`; blanks do not count.
    ///
    /// # Errors
    /// What is no letter, comma, ellipsis or one arrow.
    pub fn parse(text: &str) -> Result<Subscripts> {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = match bare.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output)),
            None => (bare.as_str(), None),
        };
        let inputs: Vec<Vec<Subscript>> =
            inputs.split(',').enumerate().map(|(i, part)| list(part, Some(i))).collect::<Result<_>>()?;
        Ok(Subscripts { inputs, output: output.map(|part| list(part, None)).transpose()? })
    }
}

fn list(text: &str, operand: Option<usize>) -> Result<Vec<Subscript>> {
    let stray = || {
        let place = operand.map_or_else(|| "the output".to_owned(), |i| format!("operand {i}"));
        value(format!(
            "einstein sum subscripts string contains a '.' that is not part of an ellipsis ('...') in {place}"
        ))
    };
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            if out.contains(&Subscript::Ellipsis) {
                return Err(stray());
            }
            out.push(Subscript::Ellipsis);
            rest = after;
            continue;
        }
        match c {
            'A'..='Z' => out.push(Subscript::Label(c as u8 - b'A')),
            'a'..='z' => out.push(Subscript::Label(c as u8 - b'a' + 26)),
            '.' => return Err(stray()),
            _ => {
                let text =
                    format!("invalid subscript '{c}' in einstein sum subscripts string, subscripts must be letters");
                return Err(value(text));
            }
        }
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}

/// The label as text.
pub(super) fn letter(label: Label) -> String {
    match label {
        0..26 => char::from(b'A' + label).to_string(),
        26..52 => char::from(b'a' + label - 26).to_string(),
        _ => format!("[{}]", label - LETTERS),
    }
}

/// Labels of every axis of every operand and of the result, and the length of each label.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    pub inputs: Vec<Vec<Label>>,
    pub output: Vec<Label>,
    pub lengths: Vec<usize>,
}

impl Labels {
    pub fn len(&self, label: Label) -> usize {
        self.lengths[label as usize]
    }
}

/// Matches subscripts with the operands.
pub(super) fn resolve(subscripts: &Subscripts, operands: &[Array]) -> Result<Labels> {
    if subscripts.inputs.len() != operands.len() {
        let word = if operands.len() > subscripts.inputs.len() { "more" } else { "fewer" };
        let text = format!("{word} operands provided to einstein sum function than specified in the subscripts string");
        return Err(value(text));
    }
    let mut inputs = Vec::with_capacity(operands.len());
    let mut widest = 0;
    for (i, (list, operand)) in subscripts.inputs.iter().zip(operands).enumerate() {
        let free = free_axes(list, operand.ndim(), i)?;
        widest = widest.max(free.unwrap_or(0));
        inputs.push(free);
    }
    let expand = |list: &[Subscript], free: usize| -> Vec<Label> {
        list.iter()
            .flat_map(|subscript| match *subscript {
                Subscript::Label(label) => vec![label],
                Subscript::Ellipsis => (widest - free..widest).map(|i| LETTERS + i as u8).collect(),
            })
            .collect()
    };
    let inputs: Vec<Vec<Label>> =
        subscripts.inputs.iter().zip(inputs).map(|(list, free)| expand(list, free.unwrap_or(0))).collect();
    let output = match &subscripts.output {
        Some(list) => {
            if widest > 0 && !list.contains(&Subscript::Ellipsis) {
                let text = "output has more dimensions than subscripts given in einstein sum, but no '...' ellipsis \
                            provided to broadcast the extra dimensions.";
                return Err(value(text));
            }
            expand(list, widest)
        }
        None => implicit(&inputs, widest),
    };
    check_output(&output, &inputs)?;
    let lengths = lengths(&inputs, operands)?;
    Ok(Labels { inputs, output, lengths })
}

/// How many axes of an operand its ellipsis stands for; `None` where it has none.
fn free_axes(list: &[Subscript], ndim: usize, operand: usize) -> Result<Option<usize>> {
    let named = list.iter().filter(|s| matches!(s, Subscript::Label(_))).count();
    if named > ndim {
        let text = format!("einstein sum subscripts string contains too many subscripts for operand {operand}");
        return Err(value(text));
    }
    if list.contains(&Subscript::Ellipsis) {
        return Ok(Some(ndim - named));
    }
    if named < ndim {
        let text = "operand has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided \
                    to broadcast the extra dimensions.";
        return Err(value(text));
    }
    Ok(None)
}

/// Without an arrow: the ellipsis, then the labels that appear once.
fn implicit(inputs: &[Vec<Label>], widest: usize) -> Vec<Label> {
    let count = |label: Label| inputs.iter().flatten().filter(|l| **l == label).count();
    (0..widest).map(|i| LETTERS + i as u8).chain((0..LETTERS).filter(|&label| count(label) == 1)).collect()
}

fn check_output(output: &[Label], inputs: &[Vec<Label>]) -> Result<()> {
    for (i, label) in output.iter().enumerate() {
        let text = letter(*label);
        if output[..i].contains(label) {
            let text = format!("einstein sum subscripts string includes output subscript '{text}' multiple times");
            return Err(value(text));
        }
        if *label < LETTERS && !inputs.iter().any(|input| input.contains(label)) {
            let text = format!(
                "einstein sum subscripts string included output subscript '{text}' which never appeared in an input"
            );
            return Err(value(text));
        }
    }
    Ok(())
}

/// The length of each label: that of its axes, of which those of length 1 are stretched.
fn lengths(inputs: &[Vec<Label>], operands: &[Array]) -> Result<Vec<usize>> {
    let mut lengths = vec![1; LETTERS as usize + MAX_NDIM];
    for (number, (labels, operand)) in inputs.iter().zip(operands).enumerate() {
        for (axis, &label) in labels.iter().enumerate() {
            let n = operand.shape()[axis];
            if let Some(before) = labels[..axis].iter().position(|l| *l == label)
                && operand.shape()[before] != n
            {
                let (m, letter) = (operand.shape()[before], letter(label));
                return Err(value(format!(
                    "dimensions in operand {number} for collapsing index '{letter}' don't match ({m} != {n})"
                )));
            }
            let length = &mut lengths[label as usize];
            if *length == 1 {
                *length = n;
            } else if n != 1 && n != *length {
                let shapes: Vec<String> = operands.iter().map(|o| shape_text(o.shape())).collect();
                return Err(value(format!(
                    "operands could not be broadcast together: label '{}' has lengths {length} and {n} in shapes {}",
                    letter(label),
                    shapes.join(" ")
                )));
            }
        }
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_lists() {
        use Subscript::{Ellipsis, Label};
        let read = Subscripts::parse(" i j, ...k -> ...A").unwrap();
        assert_eq!(read.inputs, [vec![Label(34), Label(35)], vec![Ellipsis, Label(36)]]);
        assert_eq!(read.output, Some(vec![Ellipsis, Label(0)]));
        for wrong in ["i1", "i..", "...i...", "i->j->k", "ö"] {
            assert!(Subscripts::parse(wrong).is_err(), "{wrong}");
        }
    }
}
