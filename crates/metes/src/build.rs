//! Short names for building programs and calling rows of the tables, for the modules of this crate.

use metes_array::{Array, Index, Order, Scalar};
use metes_dtype::DType;
use metes_eval::{Arg, Operand, Options, ProgramBuilder, ReduceOptions, Slot, apply};
use metes_kernels::{Reduction, Ufunc};
use metes_memory::{Error, ErrorKind, Result};

/// A row of the table of ufuncs.
pub(crate) fn row(name: &str) -> &'static Ufunc {
    metes_kernels::ufunc(name).expect("a row of the table")
}

/// A row of the table of reductions.
pub(crate) fn reduction(name: &str) -> &'static Reduction {
    metes_kernels::reduction(name).expect("a row of the table")
}

/// The one result of a ufunc.
pub(crate) fn call(name: &str, operands: &[Operand]) -> Result<Array> {
    Ok(apply(row(name), operands, &Options::default())?.remove(0))
}

/// The one result of a ufunc of two arrays.
pub(crate) fn call2(name: &str, a: &Array, b: &Array) -> Result<Array> {
    call(name, &[Operand::Array(a.clone()), Operand::Array(b.clone())])
}

/// A ufunc's result written to `out`, whatever its dtype.
pub(crate) fn call_into(name: &str, operands: &[Operand], out: &Array) -> Result<()> {
    let options = Options { out: vec![Some(out.clone())], casting: metes_dtype::Casting::Unsafe, ..Default::default() };
    apply(row(name), operands, &options).map(|_| ())
}

/// A reduction over axes, all without any.
pub(crate) fn reduced(name: &str, a: &Array, axes: Option<&[isize]>, keepdims: bool) -> Result<Array> {
    let options = ReduceOptions { axes: axes.map(<[isize]>::to_vec), keepdims, ..Default::default() };
    metes_eval::reduce(reduction(name), a, &options)
}

/// What a [`ProgramBuilder`] is told in this crate: rows by name, constants among the operands.
pub(crate) trait Build {
    fn call(&mut self, name: &str, args: &[Arg]) -> Result<Slot>;
    fn call1(&mut self, name: &str, x: Slot) -> Result<Slot> {
        self.call(name, &[Arg::Slot(x)])
    }
    fn call2(&mut self, name: &str, x: Slot, y: Slot) -> Result<Slot> {
        self.call(name, &[Arg::Slot(x), Arg::Slot(y)])
    }
    fn with(&mut self, name: &str, x: Slot, value: f64) -> Result<Slot> {
        self.call(name, &[Arg::Slot(x), Arg::Weak(Scalar::Float(value))])
    }
}

impl Build for ProgramBuilder {
    fn call(&mut self, name: &str, args: &[Arg]) -> Result<Slot> {
        self.ufunc(row(name), args)
    }
}

/// Places from `start` to `stop` along an axis, negative ones from the end.
pub(crate) fn slice(a: &Array, axis: usize, start: Option<isize>, stop: Option<isize>) -> Result<Array> {
    let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
    index.push(Index::Slice { start, stop, step: None });
    a.index(&index)
}

/// One place along an axis, which goes away.
pub(crate) fn at(a: &Array, axis: usize, place: isize) -> Result<Array> {
    let mut index = vec![Index::Slice { start: None, stop: None, step: None }; axis];
    index.push(Index::At(place));
    a.index(&index)
}

/// A view in another shape; the array must allow one.
pub(crate) fn view(a: &Array, shape: &[usize]) -> Result<Array> {
    a.reshape(&shape.iter().map(|&n| n as isize).collect::<Vec<_>>(), Order::C, Some(false))
}

/// The array with its elements as `dtype`: itself, or a copy.
pub(crate) fn cast(a: &Array, dtype: DType) -> Result<Array> {
    metes_eval::astype(a, dtype, Order::K, metes_dtype::Casting::Unsafe, false)
}

/// Writes values to every element.
pub(crate) fn write(into: &Array, from: &Array) -> Result<()> {
    metes_eval::assign(into, &Operand::Array(from.clone()), metes_dtype::Casting::Unsafe, None)
}

pub(crate) fn value_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, message)
}
