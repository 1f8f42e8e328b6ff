//! How a [`Plan`] prints: its passes, what they read, what they make, and their memory.

use crate::expr::{Expr, Op, Origin};
use crate::pass::{Pass, SLOTS};
use crate::plan::Plan;
use crate::sink::{Target, bytes_of, fold_of};
use metes_array::shape_text;
use std::cell::Cell;
use std::fmt::{self, Display, Formatter, Write};

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let passes = self.passes.len();
        let outputs = self.results.len();
        writeln!(
            f,
            "plan: {outputs} output{}, {passes} pass{}, peak {}",
            s(outputs, ""),
            s(passes, "e"),
            Bytes(self.peak_bytes())
        )?;
        for (number, pass) in self.passes.iter().enumerate() {
            writeln!(f, "pass {}{}", number + 1, reads(pass))?;
            for sink in &pass.sinks {
                let (verb, shape, dtype) = match &sink.target {
                    Target::Fold(expr) => (fold_text(expr), expr.shape(), expr.dtype()),
                    Target::Store(expr, _) => ("store ".to_owned(), expr.shape(), expr.dtype()),
                    Target::File(_) => ("write ".to_owned(), sink.value.shape(), sink.value.dtype()),
                };
                writeln!(f, "  {verb}{} -> {dtype} {}", sink.value, shape_text(shape))?;
                let steps = sink.program.steps.len();
                let registers = sink.program.registers();
                let lanes = sink.lanes(!pass.sources.is_empty());
                writeln!(
                    f,
                    "    {steps} step{} on blocks of {} values, {registers} register{}, {lanes} thread{}",
                    s(steps, ""),
                    sink.program.at_once(crate::program::block_of(sink.values(!pass.sources.is_empty()))),
                    s(registers, ""),
                    s(lanes, "")
                )?;
                if sink.keeps {
                    writeln!(f, "    the values are kept where a result will be, {}", Bytes(bytes_of(&sink.value)))?;
                }
                if sink.over.is_some() {
                    writeln!(f, "    in place of the values that were kept")?;
                }
            }
            let b = pass.bytes;
            writeln!(
                f,
                "  memory: results {}, states and registers {}, slots {}, decoders {}",
                Bytes(b.results),
                Bytes(b.states),
                Bytes(b.slots),
                Bytes(b.readers)
            )?;
        }
        Ok(())
    }
}

fn s(n: usize, e: &str) -> String {
    if n == 1 { String::new() } else { format!("{e}s") }
}

/// A file's name without its directories.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn reads(pass: &Pass) -> String {
    let mut out = String::new();
    for source in &pass.sources {
        let parts = pass.cuts.len().saturating_sub(1);
        let _ = write!(
            out,
            ": read {} {} {} in {parts} part{} of {} rows, {SLOTS} slots",
            short(source.name()),
            source.dtype(),
            shape_text(source.shape()),
            s(parts, ""),
            pass.part_rows()
        );
    }
    if out.is_empty() { ": in memory".to_owned() } else { out }
}

fn fold_text(expr: &Expr) -> String {
    let fold = fold_of(expr);
    let axes: Vec<String> = fold.axes.iter().map(usize::to_string).collect();
    format!("{} over axis {} of ", fold.reduction.name, axes.join(", "))
}

/// The most values of a formula; further ones are dots.
const MOST: usize = 100;

/// An elementwise tree as a formula, with how many values may still be named.
struct Formula<'a>(&'a Expr, &'a Cell<usize>);

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Formula(self, &Cell::new(MOST)).fmt(f)
    }
}

impl Display for Formula<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Formula(expr, left) = self;
        let Some(less) = left.get().checked_sub(1) else { return f.write_str("...") };
        left.set(less);
        let of = |expr| Formula(expr, left);
        match expr.op() {
            Op::Array(_, Origin::Argument(number)) | Op::Argument { number, .. } => {
                write!(f, "argument {}", number + 1)
            }
            Op::Array(..) => f.write_str("array"),
            Op::Source(source) => f.write_str(short(source.name())),
            Op::Weak(value) => write!(f, "{value}"),
            Op::View(_, x) => write!(f, "view({})", of(x)),
            Op::Cast(x) => write!(f, "{}({})", expr.dtype(), of(x)),
            Op::Reduce(fold, _) => f.write_str(fold.reduction.name),
            Op::Held(_, copied) => f.write_str(if copied.is_some() { "copy" } else { "rows" }),
            Op::Ufunc(ufunc, args) => {
                write!(f, "{}(", ufunc.name)?;
                for (i, arg) in args.iter().enumerate() {
                    write!(f, "{}{}", if i > 0 { ", " } else { "" }, of(arg))?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Bytes as people read them: `"9.3 MiB"`.
pub(crate) struct Bytes(pub usize);

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < units.len() {
            value /= 1024.0;
            unit += 1;
        }
        if unit == 0 { write!(f, "{} bytes", self.0) } else { write!(f, "{value:.1} {}", units[unit]) }
    }
}
