//! The short path of assignments and casts: few numbers, run by run, without scratch.
//!
//! Targets that share bytes with what is assigned, numbers that a dtype cannot hold, and bytes that somebody else uses now
//! are declined, and take the general way.

use crate::direct::{Borrowed, Element, write};
use crate::spread::Spread;
use crate::status;
use metes_array::{Array, Scalar};
use metes_dtype::{Category, DType, Kind};
use metes_kernels::Flags;
use metes_memory::{Access, Reason, Result, copying};

/// The most places of a target.
const SMALL: usize = 16_384;

/// As [`crate::assign`] of all elements with any cast allowed, of few numbers; `None`, and nothing written, where it is not
/// that. What was noticed is returned.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Borrowed, assign_direct};
/// let a = Array::from_slice(&[2], &[1.0, 2.0])?;
/// assert_eq!(assign_direct(&a, &Borrowed::Weak(Scalar::Int(7))), Some(0));
/// assert_eq!(a.read::<f64>()?.to_vec(), [7.0, 7.0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn assign_direct(dst: &Array, src: &Borrowed) -> Option<Flags> {
    let to = dst.dtype().number().filter(|_| dst.is_writeable() && dst.is_aligned() && dst.size() <= SMALL)?;
    let mut value = Element([0; 16]);
    let mut spread = Spread::over(dst.shape())?;
    let (from, _reading) = match *src {
        Borrowed::Weak(scalar) if holds(to, scalar) => {
            spread.push_value(write(scalar, to, &mut value));
            (to, None)
        }
        Borrowed::Weak(_) => return None,
        Borrowed::Array(array) => {
            let from = array.dtype().number().filter(|_| array.is_aligned() && !array.buffer().same(dst.buffer()))?;
            spread.push(array)?;
            (from, Some(array.buffer().brief(Access::Read)?))
        }
    };
    let _writing = dst.buffer().brief(Access::Write)?;
    spread.push(dst)?;
    spread.merge();
    // SAFETY: aligned values of the kind that is cast from, apart from the places, which are held for writing.
    Some(unsafe { cast(from, to, &spread) })
}

/// `array[index] = scalar` where the index is a small dense mask; says whether it was done, else nothing is written.
pub fn fill_direct(array: &Array, index: &Array, scalar: Scalar) -> bool {
    array.dtype().number().is_some_and(|kind| holds(kind, scalar)) && array.fill_direct(index, scalar)
}

/// Whether a kind can be given a Python number without a word.
fn holds(kind: Kind, scalar: Scalar) -> bool {
    match scalar {
        Scalar::Bool(_) => true,
        Scalar::Int(_) => kind != Kind::Bool && scalar.check(kind.into()).is_ok(),
        Scalar::Float(_) => kind.category() >= Category::Float && !scalar.overflows(kind),
        Scalar::Complex(..) => kind.category() == Category::Complex && !scalar.overflows(kind),
    }
}

/// As [`crate::astype`] of a small dense array of numbers with any cast allowed, always a copy, which goes to `place`; `None`
/// where it is not that. What was noticed is returned.
///
/// # Errors
/// Refused memory.
pub fn astype_direct(array: &Array, dtype: DType, place: &mut Option<Array>) -> Result<Option<Flags>> {
    let (Some(from), Some(to)) = (array.dtype().number(), dtype.number()) else { return Ok(None) };
    if array.size() > SMALL || !array.is_dense() {
        return Ok(None);
    }
    let Some(_reading) = array.buffer().brief(Access::Read) else { return Ok(None) };
    copying(Reason::Explicit, array.size() * dtype.size(), String::new)?;
    let out = place.insert(Array::empty(array.shape(), dtype, "astype")?);
    out.buffer().set_cause(crate::assign::cause(array.dtype(), dtype, Reason::Explicit));
    let mut spread = Spread::line(array.size());
    spread.push_line(array.as_ptr(), from.size() as isize);
    spread.push_line(out.as_ptr(), to.size() as isize);
    // SAFETY: dense values, which are held, and as many places of a fresh array.
    Ok(Some(unsafe { cast(from, to, &spread) }))
}

/// # Safety
/// The operands are values of the one kind and places of the other, apart from each other.
unsafe fn cast(from: Kind, to: Kind, spread: &Spread) -> Flags {
    let call = metes_kernels::cast(from, to);
    let (flags, raised) = status::watch_cast(from, to, || {
        let mut flags = 0;
        spread.each(|n, at, steps| {
            // SAFETY: the caller's promise.
            flags |= unsafe { call(n, &at[..2], &steps[..2]) };
        });
        flags
    });
    status::reported_cast(from, to, flags | raised)
}
