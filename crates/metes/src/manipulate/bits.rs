//! Bits in bytes, and bytes in elements.

use super::wrong;
use metes_array::{Array, Index, Layout, Order, Scalar, copy_into};
use metes_dtype::{Category, Form, Kind};
use metes_eval::Operand;
use metes_memory::{Error, ErrorKind, Result};

/// Bytes made of eight elements each, 1 where an element is not 0, along an axis; the last byte is filled up with zeros.
/// The first element is the highest bit, or the lowest if `little`.
///
/// ```
/// use metes::{array::Array, manipulate::pack_bits};
/// let bits = Array::from_slice(&[3], &[1u8, 0, 1])?;
/// assert_eq!(pack_bits(&bits, None, false)?.read::<u8>()?.to_vec(), [0b1010_0000]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// Elements that are neither integers nor bools, an axis that is not there, refused memory.
pub fn pack_bits(array: &Array, axis: Option<isize>, little: bool) -> Result<Array> {
    if array.dtype().category() > Category::Signed {
        return Err(Error::new(ErrorKind::Type, "Expected an input array of integer or boolean data type"));
    }
    let last = lanes_last(array, axis)?;
    let zero = Operand::Weak(Scalar::Bool(false));
    let row = metes_kernels::ufunc("not_equal").expect("a row of the table");
    let truth = metes_eval::apply(row, &[Operand::Array(last), zero], &Default::default())?.remove(0);
    let n = truth.shape()[truth.ndim() - 1];
    let dense = if truth.is_c_contiguous() { truth } else { truth.copy(Order::C)? };
    let mut shape = dense.shape().to_vec();
    *shape.last_mut().expect("an axis") = n.div_ceil(8);
    let out = Array::empty(&shape, Kind::U8.into(), "packbits")?;
    let bytes = dense.view(Kind::U8.into())?;
    let (bytes, mut packed) = (bytes.read::<u8>()?, out.write::<u8>()?);
    if let (Some(bytes), Some(packed)) = (bytes.as_slice(), packed.as_mut_slice()) {
        for (lane, into) in bytes.chunks(n).zip(packed.chunks_mut(n.div_ceil(8))) {
            for (eight, byte) in lane.chunks(8).zip(into) {
                let bit = |(i, b): (usize, &u8)| u8::from(*b != 0) << if little { i } else { 7 - i };
                *byte = eight.iter().enumerate().map(bit).fold(0, |all, bit| all | bit);
            }
        }
    }
    drop(packed);
    lanes_back(&out, axis, array.ndim())
}

/// The bits of bytes as elements 0 and 1 along an axis: all, or the first `count`, or all but the last `-count`.
///
/// # Errors
/// Elements that are not uint8, an axis that is not there, refused memory.
pub fn unpack_bits(array: &Array, axis: Option<isize>, count: Option<isize>, little: bool) -> Result<Array> {
    if array.dtype() != Kind::U8 {
        return Err(Error::new(ErrorKind::Type, "Expected an input array of unsigned byte data type"));
    }
    let last = lanes_last(array, axis)?.copy(Order::C)?;
    let n = last.shape()[last.ndim() - 1];
    let bits = n * 8;
    let wanted = match count {
        None => bits,
        Some(count) if count >= 0 => count as usize,
        Some(count) => bits.checked_sub(count.unsigned_abs()).ok_or_else(|| {
            wrong(format!("-count={} is larger than the number of elements {bits}", count.unsigned_abs()))
        })?,
    };
    let mut shape = last.shape().to_vec();
    *shape.last_mut().expect("an axis") = wanted;
    let out = Array::zeros(&shape, Kind::U8.into())?;
    let (bytes, mut unpacked) = (last.read::<u8>()?, out.write::<u8>()?);
    if let (Some(bytes), Some(unpacked)) = (bytes.as_slice(), unpacked.as_mut_slice()) {
        for (lane, into) in bytes.chunks(n).zip(unpacked.chunks_mut(wanted)) {
            for (byte, eight) in lane.iter().zip(into.chunks_mut(8)) {
                for (i, bit) in eight.iter_mut().enumerate() {
                    *bit = byte >> if little { i } else { 7 - i } & 1;
                }
            }
        }
    }
    drop(unpacked);
    lanes_back(&out, axis, array.ndim())
}

/// The array with the axis last; all elements in one dimension without one.
fn lanes_last(array: &Array, axis: Option<isize>) -> Result<Array> {
    match axis {
        Some(axis) if array.ndim() > 0 => array.moveaxis(&[axis], &[-1]),
        _ => array.ravel(Order::C),
    }
}

fn lanes_back(out: &Array, axis: Option<isize>, ndim: usize) -> Result<Array> {
    match axis {
        Some(axis) if ndim > 0 => {
            let back = out.moveaxis(&[-1], &[axis])?;
            if back.is_c_contiguous() { Ok(back) } else { back.copy(Order::C) }
        }
        _ => Ok(out.clone()),
    }
}

/// Writes the elements of `from` to `into` with the bytes of each reversed: those of each part of complex ones, of each
/// character of text, of each field of records. What has no byte order stays. Both may be the same array.
///
/// # Errors
/// Shapes or dtypes that differ, a read-only target, refused memory.
pub fn swap_bytes(into: &Array, from: &Array) -> Result<()> {
    into.require_writeable("byteswap")?;
    let (dtype, same) = (from.dtype(), into.buffer().same(from.buffer()) && into.layout() == from.layout());
    if dtype != into.dtype() || dtype.size() == 0 || matches!(dtype.form(), Form::Bytes(_) | Form::Void(_)) {
        return if same { Ok(()) } else { copy_into(into, from) };
    }
    if let Some(record) = dtype.record() {
        if !same {
            copy_into(into, from)?;
        }
        let names = record.fields().iter().map(|field| &field.name);
        return names.into_iter().try_for_each(|name| into.field(name).and_then(|part| swap_bytes(&part, &part)));
    }
    copy_into(&as_bytes(into, false)?, &as_bytes(from, true)?)
}

/// The bytes of elements as a view of uint8 with one more axis, backwards in each element if `turned`.
fn as_bytes(array: &Array, turned: bool) -> Result<Array> {
    let parts = match array.dtype().form() {
        Form::Text { chars, .. } => chars as usize,
        _ if array.is_complex() => 2,
        _ => 1,
    };
    let width = array.dtype().size() / parts;
    let layout = array.layout();
    let mut shape = [layout.shape(), &[parts, width]].concat();
    let mut strides = [layout.strides(), &[width as isize, 1]].concat();
    if array.size() == 0 {
        strides.fill(0);
    }
    if parts == 1 {
        shape.remove(layout.ndim());
        strides.remove(layout.ndim());
    }
    let bytes = Layout::new(&shape, &strides, layout.offset())?;
    let view = Array::new(array.buffer().clone(), Kind::U8.into(), bytes, array.is_writeable())?;
    let reversed = Index::Slice { start: None, stop: None, step: Some(-1) };
    if turned { view.index(&[Index::Ellipsis, reversed]) } else { Ok(view) }
}
