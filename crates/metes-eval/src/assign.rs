//! Casts and assignment: values moved into arrays of another dtype or layout.

use crate::apply::{Operand, cast_program, noticed, overlap_work};
use crate::exec;
use crate::program::ScratchBuf;
use crate::status;
use crate::walk::Walk;
use metes_array::{Array, Order, copy_fields, copy_into, number, shape_text, shares_memory};
use metes_dtype::{Casting, DType, Kind, can_cast};
use metes_kernels::INVALID;
use metes_memory::{Cause, Error, ErrorKind, Reason, Result, copying};

fn check(from: DType, to: DType, casting: Casting, op: &str) -> Result<()> {
    if can_cast(from, to, casting) {
        return Ok(());
    }
    let rule = casting.name();
    let message =
        format!("{op}: Cannot cast array data from dtype('{from}') to dtype('{to}') according to the rule '{rule}'");
    Err(Error::new(ErrorKind::Casting, message))
}

/// The array with its elements cast to `dtype`; without `copy`, the array itself where nothing changes.
///
/// # Errors
/// [`ErrorKind::Casting`] where `casting` forbids it, for `same_value` also where a value would change.
pub fn astype(array: &Array, dtype: DType, order: Order, casting: Casting, copy: bool) -> Result<Array> {
    check(array.dtype(), dtype, casting, "astype")?;
    let fits = match order {
        Order::C => array.is_c_contiguous(),
        Order::F => array.is_f_contiguous(),
        Order::A => array.is_c_contiguous() || array.is_f_contiguous(),
        Order::K => true,
    };
    if !copy && dtype == array.dtype() && fits {
        return Ok(array.clone());
    }
    let from = array.dtype();
    let reason = if copy {
        Reason::Explicit
    } else if dtype == from {
        Reason::Order
    } else {
        Reason::Cast
    };
    let reorders = move || format!("elements do not lie in order {order:?}");
    let why = move || if dtype == from { reorders() } else { casts(from, dtype) };
    copying(reason, array.size() * dtype.size(), why)?;
    let out = array.empty_like(dtype, order, "astype")?;
    out.buffer().set_cause(match dtype == from && !copy {
        true => Cause::explained(reason, reorders),
        false => cause(from, dtype, reason),
    });
    if casting == Casting::SameValue {
        same_value(&out, array)?;
    } else {
        fresh(&out, array)?;
    }
    Ok(out)
}

fn casts(from: DType, to: DType) -> String {
    format!("from {from} to {to}")
}

/// Why a copy of one dtype was made from another, or from the same because it was asked for.
pub(crate) fn cause(from: DType, to: DType, reason: Reason) -> Cause {
    if from == to { Cause::of(reason) } else { Cause::explained(reason, move || casts(from, to)) }
}

/// A result that is not the caller's yet, with its elements cast to `dtype`.
pub(crate) fn cast_result(result: Array, dtype: DType) -> Result<Array> {
    if result.dtype() == dtype {
        return Ok(result);
    }
    let out = result.empty_like(dtype, Order::K, "cast")?;
    fresh(&out, &result)?;
    Ok(out)
}

/// A C-contiguous array of `dtype`: the array itself, or a cast copy.
pub(crate) fn convert(array: &Array, dtype: DType, op: &'static str) -> Result<Array> {
    if array.dtype() == dtype && array.is_aligned() {
        return Ok(array.clone());
    }
    let from = array.dtype();
    copying(Reason::Cast, array.size() * dtype.size(), || format!("{op}: from {from} to aligned {dtype}"))?;
    let out = Array::empty(array.shape(), dtype, op)?;
    fresh(&out, array)?;
    Ok(out)
}

fn same_value(out: &Array, array: &Array) -> Result<()> {
    let aligned = convert(array, array.dtype(), "astype")?;
    let (from, to) = (number(array.dtype(), "astype")?, number(out.dtype(), "astype")?);
    let call = metes_kernels::cast_same_value(from, to);
    let operands = [out, &aligned];
    let walk = Walk::new(out.shape(), &operands)?;
    let _guards = exec::guard(&operands, 1, "astype")?;
    if exec::run_loop(call, 1, &walk) & INVALID == 0 {
        return Ok(());
    }
    let (from, to) = (array.dtype(), out.dtype());
    Err(Error::new(ErrorKind::Value, format!("could not cast 'same_value' {from} to {to}: a value changes")))
}

/// Assigns values to every element of `dst`, or where `mask` is true: broadcast, cast, and safe against overlap.
///
/// # Errors
/// Read-only targets, values that do not broadcast to the target, forbidden casts, Python integers out of range.
pub fn assign(dst: &Array, src: &Operand, casting: Casting, mask: Option<&Array>) -> Result<()> {
    dst.require_writeable("assignment")?;
    let src = match src {
        Operand::Array(array) => {
            check(array.dtype(), dst.dtype(), casting, "assignment")?;
            without_leading_ones(array, dst.ndim())?
        }
        Operand::Weak(scalar) => Array::full(&[], *scalar, dst.dtype())?,
    };
    if let Some(mask) = mask
        && mask.dtype() != Kind::Bool
    {
        return Err(Error::new(ErrorKind::Type, format!("assignment: a mask is of dtype bool, not {}", mask.dtype())));
    }
    if src.layout().broadcast_to(dst.shape()).is_none() {
        let (from, to) = (shape_text(src.shape()), shape_text(dst.shape()));
        let message = format!("could not broadcast input array from shape {from} into shape {to}");
        return Err(Error::new(ErrorKind::Value, message));
    }
    write(dst, &src, mask)
}

/// NumPy lets a value of more axes be assigned where the extra ones lead and have length 1.
pub(crate) fn without_leading_ones(array: &Array, ndim: usize) -> Result<Array> {
    let extra = array.ndim().saturating_sub(ndim);
    if extra == 0 || array.shape()[..extra].iter().any(|&n| n != 1) {
        return Ok(array.clone());
    }
    array.squeeze(Some(&(0..extra as isize).collect::<Vec<_>>()))
}

/// Values for all of a new array. Bytes between fields are those of the source where it has the same, else zero.
fn fresh(out: &Array, src: &Array) -> Result<()> {
    if out.dtype().covered().is_some() {
        if out.dtype() == src.dtype() {
            return copy_into(out, &src.broadcast_to(out.shape())?);
        }
        copy_into(out, &Array::zeros(&[], out.dtype())?.broadcast_to(out.shape())?)?;
    }
    write(out, src, None)
}

fn write(dst: &Array, src: &Array, mask: Option<&Array>) -> Result<()> {
    let same = dst.buffer().same(src.buffer()) && dst.layout() == src.layout() && dst.dtype() == src.dtype();
    if same {
        return Ok(());
    }
    let meets = |array: &Array| shares_memory(dst, array, Some(overlap_work(array))).unwrap_or(true);
    let plain = src.dtype() == dst.dtype() && mask.is_none();
    if plain && (src.size() == dst.size() || !meets(src)) {
        return copy_fields(dst, &src.broadcast_to(dst.shape())?);
    }
    let mask = &match mask {
        Some(mask) if meets(mask) => {
            Some(mask.copy_because(Order::K, Reason::Overlap, |_| "the mask shares bytes with the target".to_owned())?)
        }
        mask => mask.cloned(),
    };
    let mask = mask.as_ref();
    let src = match meets(src) {
        true if dst.nbytes() < src.nbytes() => {
            copying(Reason::Overlap, dst.nbytes(), || "the source shares bytes with a smaller target".to_owned())?;
            let made = dst.empty_like(dst.dtype(), Order::K, "assignment")?;
            fresh(&made, src)?;
            return write(dst, &made, mask);
        }
        true => {
            src.copy_because(Order::K, Reason::Overlap, |_| "the source shares bytes with the target".to_owned())?
        }
        false => src.clone(),
    };
    if plain {
        return copy_fields(dst, &src.broadcast_to(dst.shape())?);
    }
    if dst.dtype().covered().is_some() {
        return crate::elements::write(dst, &src, mask);
    }
    if src.dtype() != dst.dtype() && (src.dtype().any_number().is_none() || dst.dtype().any_number().is_none()) {
        return crate::elements::write(dst, &src, mask);
    }
    let program = cast_program(src.dtype(), dst.dtype())?;
    let mut scratch = ScratchBuf::for_lanes(&program, program.lanes(dst.size()), dst.size())?;
    let (Some(from), Some(to)) = (src.dtype().any_number(), dst.dtype().any_number()) else {
        return program.run(&[src], dst, mask, &mut scratch).map(|_| ());
    };
    let (flags, raised) = status::watch_cast(from, to, || program.run(&[src], dst, mask, &mut scratch));
    noticed(status::reported_cast(from, to, flags? | raised))
}
