//! Decompositions of stacks of matrices, and what follows from them.
//!
//! Each matrix of a stack is read, converted to float32, float64, complex64 or complex128, into scratch that the
//! library works on; results are written where they belong. What has infinities or NaN is never given to an iteration
//! that might not end: it is refused, or its results are NaN.

mod derived;
mod eigen;
mod little;
mod orthogonal;
mod small;
mod square;

pub use derived::{Lstsq, cond, lstsq, matrix_power, matrix_rank, pinv};
pub use eigen::{eig, eigh, eigvals, eigvalsh};
pub(crate) use orthogonal::singular_values;
pub use orthogonal::{QrMode, cholesky, qr, svd, svdvals};
pub use square::{det, inv, slogdet, solve};

use crate::blocks::lies_ready;
use metes_array::{Array, Dims, Layout, Order, meet_all, number};
use metes_dtype::{Category, DType, Kind};
use metes_eval::{Program, ProgramBuilder, ScratchBuf};
use metes_factor::{Dense, Field};
use metes_memory::{Access, Buffer, Error, ErrorKind, Memory, Need, Result};
use std::mem::MaybeUninit;

/// Runs `$body` with `$t` the library's type for a kind.
macro_rules! with_field {
    ($kind:expr, $t:ident => $body:expr) => {
        match $kind {
            metes_dtype::Kind::F32 => {
                type $t = f32;
                $body
            }
            metes_dtype::Kind::C64 => {
                type $t = num_complex::Complex<f32>;
                $body
            }
            metes_dtype::Kind::C128 => {
                type $t = num_complex::Complex<f64>;
                $body
            }
            _ => {
                type $t = f64;
                $body
            }
        }
    };
}
use with_field;

fn lin_alg(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::LinAlg, message)
}

/// The kind that arrays are computed in: their promotion, float64 for integers and bools.
fn kind_of(arrays: &[&Array]) -> Result<Kind> {
    if let Some(half) = arrays.iter().find(|array| array.dtype() == Kind::F16) {
        return Err(Error::new(ErrorKind::Type, format!("array type {} is unsupported in linalg", half.dtype())));
    }
    if let Some(other) = arrays.iter().find(|array| array.dtype().any_number().is_none()) {
        return Err(Error::new(ErrorKind::Type, format!("array type {} is unsupported in linalg", other.dtype())));
    }
    let float = |array: &&Array| match array.dtype().category() {
        Category::Float | Category::Complex => array.dtype(),
        _ => DType::of(Kind::F64),
    };
    meet_all(arrays.iter().map(float))?.map_or(Ok(Kind::F64), |dtype| number(dtype, "linalg"))
}

/// An error unless the array is a matrix or a stack of them.
fn check_matrices(array: &Array) -> Result<()> {
    if array.ndim() >= 2 {
        return Ok(());
    }
    Err(lin_alg(format!("{}-dimensional array given. Array must be at least two-dimensional", array.ndim())))
}

/// The same for square matrices.
fn check_square(array: &Array) -> Result<()> {
    check_matrices(array)?;
    let [.., rows, columns] = array.shape() else { return Ok(()) };
    if rows == columns { Ok(()) } else { Err(lin_alg("Last 2 dimensions of the array must be square")) }
}

/// A stack of matrices, to be read one by one as another dtype.
struct Stack {
    array: Array,
    batch: Dims,
    rows: usize,
    columns: usize,
    program: Program,
    registers: ScratchBuf,
    /// Whether matrices can be read where they lie.
    ready: bool,
}

impl Stack {
    fn new(array: &Array, kind: Kind) -> Result<Stack> {
        let (batch, core) = array.shape().split_at(array.ndim() - 2);
        let mut builder = ProgramBuilder::new();
        let slot = builder.input(array.dtype());
        let slot = builder.cast(slot, kind.into())?;
        let program = builder.finish(slot);
        let registers = ScratchBuf::new(&program)?;
        let ready = lies_ready(array, kind);
        Ok(Stack {
            array: array.clone(),
            batch: batch.into(),
            rows: core[0],
            columns: core[1],
            program,
            registers,
            ready,
        })
    }

    /// How many matrices there are.
    fn len(&self) -> usize {
        self.batch.iter().product()
    }

    /// The smaller side.
    fn least(&self) -> usize {
        self.rows.min(self.columns)
    }

    /// Writes matrix `i` to an array of its shape.
    fn load<T: Field>(&mut self, i: usize, into: &Array) -> Result<()> {
        if self.with(i, |matrix| copy::<T>(matrix, dense(into))) { Ok(()) } else { self.convert(i, into) }
    }

    /// Writes matrix `i` to the entry of this number of a fresh stack.
    fn load_entry<T: Field>(&mut self, i: usize, stack: &Array) -> Result<()> {
        if self.with(i, |matrix| copy::<T>(matrix, entry(stack, 2, i))) {
            return Ok(());
        }
        self.convert(i, &part(stack, 2, i)?)
    }

    fn convert(&mut self, i: usize, into: &Array) -> Result<()> {
        let part = part(&self.array, 2, i)?;
        self.program.run(&[part], into, None, &mut self.registers)?;
        Ok(())
    }

    /// Shows matrix `i` where it lies; `false` where it must be converted, or somebody writes it now.
    fn with<T: Field>(&self, i: usize, show: impl FnOnce(Dense<T>)) -> bool {
        let Some(_held) = self.ready.then(|| self.array.buffer().brief(Access::Read)).flatten() else { return false };
        show(entry(&self.array, 2, i));
        true
    }

    /// The shape of a result: the batch, then `core`.
    fn shape(&self, core: &[usize]) -> Vec<usize> {
        self.batch.iter().chain(core).copied().collect()
    }
}

/// Copies a matrix to a fresh place of its shape.
fn copy<T: Field>(from: Dense<T>, to: Dense<T>) {
    // SAFETY: `Stack::with` holds the one, and the other one is fresh; their shapes are one.
    unsafe { to.fill(|i, j| from.get(i, j)) };
}

/// Bytes from the first element of a stack to that of entry `i`.
fn offset(array: &Array, core: usize, i: usize) -> isize {
    let (mut left, mut offset) = (i, 0);
    for axis in (0..array.ndim() - core).rev() {
        let n = array.shape()[axis];
        offset += (left % n) as isize * array.strides()[axis];
        left /= n;
    }
    offset
}

/// Entry `i` of a stack whose entries have the last `core` axes, as the library sees it.
fn entry<T: Field>(array: &Array, core: usize, i: usize) -> Dense<T> {
    debug_assert!(array.dtype() == T::KIND);
    let batch = array.ndim() - core;
    let step = |axis: usize| array.strides().get(batch + axis).map_or(0, |s| s / size_of::<T>() as isize);
    let side = |axis: usize| array.shape().get(batch + axis).copied().unwrap_or(1);
    let ptr = array.as_ptr().wrapping_offset(offset(array, core, i)).cast();
    Dense { ptr, rows: side(0), columns: side(1), row_step: step(0), column_step: step(1) }
}

/// The same as an array.
fn part(array: &Array, core: usize, i: usize) -> Result<Array> {
    let batch = array.ndim() - core;
    let offset = array.layout().offset() as isize + offset(array, core, i);
    let layout = Layout::new(&array.shape()[batch..], &array.strides()[batch..], offset as usize)?;
    Array::new(array.buffer().clone(), array.dtype(), layout, array.is_writeable())
}

/// A fresh array of `T`; for scratch in column-major order.
fn fresh<T: Field>(shape: &[usize], order: Order, op: &'static str) -> Result<Array> {
    Array::empty_in(shape, T::KIND.into(), order, op)
}

/// A matrix, or a vector as a column, as the library sees it.
fn dense<T: Field>(array: &Array) -> Dense<T> {
    entry(array, array.ndim(), 0)
}

/// Bytes for the library to work in.
struct Bytes(Buffer);

impl Bytes {
    fn take(bytes: usize, op: &'static str) -> Result<Bytes> {
        Buffer::allocate(&Memory::current(), Need::new(bytes, 64).request(op)).map(Bytes)
    }

    fn get(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the buffer is ours alone, and its bytes need not be initialised.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr().cast(), self.0.len()) }
    }
}

/// Places of rows, for permutations.
struct Places(Array);

impl Places {
    fn take(count: usize) -> Result<Places> {
        Array::zeros(&[count], Kind::U64.into()).map(Places)
    }

    fn get(&mut self) -> &mut [usize] {
        if self.0.size() == 0 {
            return &mut [];
        }
        // SAFETY: the array is ours alone, dense and zeroed; its elements are as wide as places, or wider.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr().cast(), self.0.size()) }
    }
}
