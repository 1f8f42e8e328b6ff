//! From an elementwise tree to the program that computes it.

use crate::expr::{Expr, Op};
use crate::program::{Arg, Program, ProgramBuilder, Slot};
use metes_dtype::DType;
use metes_memory::Result;
use std::collections::{HashMap, HashSet};

/// The program of a value, cast in the end where that is asked for, and its leaves: one of them is the value that is given.
pub(crate) fn compiled(value: &Expr, to: Option<DType>, given: Option<&Expr>) -> Result<(Program, Vec<Expr>)> {
    let mut compiler = Compiler::default();
    if let Some(expr) = given {
        let slot = compiler.leaf(expr);
        compiler.slots.insert(expr.id(), slot);
    }
    let mut seen: HashSet<usize> = compiler.slots.keys().copied().collect();
    for expr in value.bottom_up(&mut seen, Op::is_elementwise) {
        compiler.see(expr)?;
    }
    let mut slot = compiler.slot(value);
    let mut builder = compiler.builder;
    if let Some(dtype) = to {
        slot = builder.cast(slot, dtype)?;
    }
    Ok((builder.finish(slot), compiler.leaves))
}

/// Compiles an elementwise tree; a node met twice is computed once.
#[derive(Default)]
struct Compiler {
    builder: ProgramBuilder,
    slots: HashMap<usize, Slot>,
    leaves: Vec<Expr>,
}

impl Compiler {
    /// The value of an expression whose operands were seen.
    fn see(&mut self, expr: &Expr) -> Result<()> {
        let slot = match expr.op() {
            Op::Ufunc(ufunc, args) => {
                let args: Vec<Arg> = args.iter().map(|arg| self.arg(arg)).collect();
                self.builder.ufunc(ufunc, &args)?
            }
            Op::Cast(of) => {
                let from = self.slot(of);
                self.builder.cast(from, expr.dtype())?
            }
            Op::Weak(_) => return Ok(()),
            _ => self.leaf(expr),
        };
        self.slots.insert(expr.id(), slot);
        Ok(())
    }

    fn leaf(&mut self, expr: &Expr) -> Slot {
        self.leaves.push(expr.clone());
        self.builder.input(expr.dtype())
    }

    /// The value of an expression that was seen; a Python number is one where it is wanted as such.
    fn slot(&mut self, expr: &Expr) -> Slot {
        match expr.op() {
            Op::Weak(value) => {
                let builder = &mut self.builder;
                *self.slots.entry(expr.id()).or_insert_with(|| builder.constant(*value, expr.dtype()))
            }
            _ => self.slots[&expr.id()],
        }
    }

    fn arg(&mut self, expr: &Expr) -> Arg {
        match expr.op() {
            Op::Weak(value) => Arg::Weak(*value),
            _ => Arg::Slot(self.slot(expr)),
        }
    }
}
