//! From an elementwise tree to the program that computes it.

use crate::expr::{Expr, Op};
use crate::program::{Arg, Program, ProgramBuilder, Slot};
use metes_dtype::DType;
use metes_memory::Result;
use std::collections::HashMap;

/// The program of a value, cast in the end where that is asked for, and its leaves: one of them is the value that is given.
pub(crate) fn compiled(value: &Expr, to: Option<DType>, given: Option<&Expr>) -> Result<(Program, Vec<Expr>)> {
    let mut compiler = Compiler::default();
    if let Some(expr) = given {
        compiler.leaf(expr);
    }
    let mut slot = compiler.slot(value)?;
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
    fn slot(&mut self, expr: &Expr) -> Result<Slot> {
        if let Some(&slot) = self.slots.get(&expr.id()) {
            return Ok(slot);
        }
        let slot = match expr.op() {
            Op::Ufunc(ufunc, args) => {
                let args: Result<Vec<Arg>> = args.iter().map(|arg| self.arg(arg)).collect();
                self.builder.ufunc(ufunc, &args?)?
            }
            Op::Cast(of) => {
                let from = self.slot(of)?;
                self.builder.cast(from, expr.dtype())?
            }
            Op::Weak(value) => self.builder.constant(*value, expr.dtype()),
            _ => return Ok(self.leaf(expr)),
        };
        self.slots.insert(expr.id(), slot);
        Ok(slot)
    }

    fn leaf(&mut self, expr: &Expr) -> Slot {
        self.leaves.push(expr.clone());
        let slot = self.builder.input(expr.dtype());
        self.slots.insert(expr.id(), slot);
        slot
    }

    fn arg(&mut self, expr: &Expr) -> Result<Arg> {
        match expr.op() {
            Op::Weak(value) => Ok(Arg::Weak(*value)),
            _ => Ok(Arg::Slot(self.slot(expr)?)),
        }
    }
}
