//! `ufunc.at`: a ufunc applied in place where indices say, once for each index, repeated ones repeatedly.

use super::{ran, run};
use crate::apply::{Operand, Options, apply};
use crate::resolve::{Input, resolve};
use metes_array::{Array, Index, IndexItem, Layout, Order, gather, shares_memory};
use metes_dtype::{Casting, Kind};
use metes_kernels::Ufunc;
use metes_memory::{Error, ErrorKind, Reason, Result};
use smallvec::SmallVec;

/// Applies a ufunc of one or two values to the elements (rows, of an array with more axes) at `indices` along the first axis,
/// with the `values` that broadcast to them, one index after the other.
///
/// ```
/// use metes_array::Array;
/// let (a, i) = (Array::from_slice(&[3], &[0i64, 0, 0])?, Array::from_slice(&[3], &[1i64, 1, -1])?);
/// let one = Array::from_slice(&[], &[1i64])?;
/// metes_eval::apply_at(metes_kernels::ufunc("add").unwrap(), &a, &i, Some(&one))?;
/// assert_eq!(a.read::<i64>()?.to_vec(), [0, 2, 1]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// An index outside, a read-only array, values that are missing or too many or do not broadcast, refused memory. Where an
/// index is outside, nothing is written.
pub fn apply_at(ufunc: &'static Ufunc, array: &Array, indices: &Array, values: Option<&Array>) -> Result<()> {
    if ufunc.nout != 1 || ufunc.nin > 2 {
        return Err(Error::new(ErrorKind::Value, "Only single output unary and binary ufuncs supported at this time"));
    }
    if values.is_some() != (ufunc.nin == 2) {
        let message = if ufunc.nin == 2 {
            "second operand needed for ufunc"
        } else {
            "second operand provided when ufunc is unary"
        };
        return Err(Error::new(ErrorKind::Value, message));
    }
    array.require_writeable(ufunc.name)?;
    let Some(&length) = array.shape().first() else {
        return Err(Error::new(
            ErrorKind::Index,
            "too many indices for array: array is 0-dimensional, but 1 were indexed",
        ));
    };
    let places = places(indices, length)?;
    let shape = [indices.shape(), &array.shape()[1..]].concat();
    let values = values
        .map(|values| {
            let shared = shares_memory(values, array, None).unwrap_or(true);
            let why = |_: &Layout| "the values share bytes with the target".to_owned();
            let values = if shared { values.copy_because(Order::K, Reason::Overlap, why)? } else { values.clone() };
            values.broadcast_to(&shape)
        })
        .transpose()?;
    let inputs: SmallVec<[Input; 2]> =
        [Some(array), values.as_ref()].into_iter().flatten().map(|a| Input::DType(a.dtype())).collect();
    let cell = resolve(ufunc, &inputs, None)?;
    let exact = |a: &Array, kind: Kind| a.dtype() == kind && a.is_aligned();
    if let Some(values) = &values
        && array.ndim() == 1
        && exact(array, cell.inputs[0])
        && exact(array, cell.outputs[0])
        && exact(values, cell.inputs[1])
    {
        return ran(ufunc, cell, || run::fold_at(cell, array, &places, values));
    }
    let held = places.read::<i64>()?;
    let values = values.map(|values| values.reshape(&rows(&shape, indices.ndim()), Order::C, None)).transpose()?;
    for (number, &place) in held.as_slice().unwrap_or(&[]).iter().enumerate() {
        let row = array.index(&[Index::At(place as isize), Index::Ellipsis])?;
        let mut operands: SmallVec<[Operand; 2]> = SmallVec::from_iter([Operand::Array(row.clone())]);
        if let Some(values) = &values {
            operands.push(Operand::Array(values.index(&[Index::At(number as isize), Index::Ellipsis])?));
        }
        apply(ufunc, &operands, &Options { out: vec![Some(row)], casting: Casting::Unsafe, ..Default::default() })?;
    }
    Ok(())
}

/// [`apply_at`] for any index: the places of the selected elements are gathered, as many as there are, and followed.
///
/// # Errors
/// As [`apply_at`]; those of the index; strides that are no multiples of the element.
pub fn apply_selected(ufunc: &'static Ufunc, array: &Array, items: &[IndexItem], values: Option<&Array>) -> Result<()> {
    let (width, shape) = (array.dtype().size() as isize, array.shape());
    let steps = array.strides().iter().map(|stride| stride.unsigned_abs() as isize);
    if array.ndim() == 0 || steps.clone().any(|step| step % width != 0) {
        return Err(Error::new(ErrorKind::Unsupported, "at: the elements do not lie at multiples of their size"));
    }
    let mut places: Option<Array> = None;
    for (axis, step) in steps.enumerate() {
        // A negative stride is one from the last element on, where the line below begins.
        let (n, step) = (shape[axis], (step / width) as i64);
        let back = array.strides()[axis] < 0;
        let (start, step) = if back { ((n as i64 - 1).max(0) * step, -step) } else { (0, step) };
        let mut along = vec![1; array.ndim()];
        along[axis] = n as isize;
        let line = steps_of(n, start, step)?.reshape(&along, Order::C, None)?;
        let found = gather(&line.broadcast_to(shape)?, items)?;
        places = Some(match places {
            None => found,
            Some(sum) => {
                let options = Options { out: vec![Some(sum.clone())], ..Default::default() };
                let add = metes_kernels::ufunc("add").expect("in the table");
                apply(add, &[Operand::Array(sum.clone()), Operand::Array(found)], &options)?;
                sum
            }
        });
    }
    let Some(places) = places.filter(|places| places.size() > 0) else { return Ok(()) };
    let back: Vec<isize> = (0..array.ndim()).filter(|&a| array.strides()[a] < 0).map(|a| a as isize).collect();
    let extent = array.extent();
    let line = array.flip(Some(&back))?.as_strided(&[(extent.end - extent.start) / width as usize], &[width])?;
    apply_at(ufunc, &line, &places, values)
}

/// So many int64 from `start` on.
fn steps_of(n: usize, start: i64, step: i64) -> Result<Array> {
    let line = Array::empty(&[n], Kind::I64.into(), "at")?;
    {
        let mut held = line.write::<i64>()?;
        for (i, place) in held.as_mut_slice().unwrap_or(&mut []).iter_mut().enumerate() {
            *place = start + i as i64 * step;
        }
    }
    Ok(line)
}

/// A shape with its first `axes` axes as one.
fn rows(shape: &[usize], axes: usize) -> Vec<isize> {
    let count = shape[..axes].iter().product::<usize>() as isize;
    std::iter::once(count).chain(shape[axes..].iter().map(|&n| n as isize)).collect()
}

/// The indices as int64 in a dense copy, counted from the front.
fn places(indices: &Array, length: usize) -> Result<Array> {
    let places = Array::empty(indices.shape(), Kind::I64.into(), "at")?;
    crate::assign(&places, &Operand::Array(indices.clone()), Casting::Unsafe, None)?;
    {
        let mut held = places.write::<i64>()?;
        for place in held.as_mut_slice().unwrap_or(&mut []) {
            let n = length as i64;
            if *place < -n || *place >= n {
                let message = format!("index {place} is out of bounds for axis 0 with size {length}");
                return Err(Error::new(ErrorKind::Index, message));
            }
            *place += if *place < 0 { n } else { 0 };
        }
    }
    Ok(places)
}
