//! What operations ask of dtypes, as errors that name both.

use metes_dtype::{DType, Kind, promote};
use metes_memory::{Error, ErrorKind, Result};

/// The kind that the loops of an operation take.
///
/// # Errors
/// [`ErrorKind::Type`] for a dtype of anything but numbers in native byte order.
#[inline]
pub fn number(dtype: DType, op: &str) -> Result<Kind> {
    dtype.number().ok_or_else(|| missing(dtype, op))
}

/// The error of an operation that has no loop for a dtype.
#[cold]
pub fn missing(dtype: DType, op: &str) -> Error {
    Error::new(ErrorKind::Type, format!("{op}: no loop for values of dtype {dtype}"))
}

/// The dtype that two meet in.
///
/// # Errors
/// [`ErrorKind::Type`] where there is none.
pub fn meet(a: DType, b: DType) -> Result<DType> {
    promote(a, b).ok_or_else(|| {
        Error::new(ErrorKind::Type, format!("The DTypes {a} and {b} do not have a common DType to be stored in"))
    })
}

/// The dtype that all of some meet in, if there are any.
///
/// # Errors
/// As [`meet`].
pub fn meet_all(dtypes: impl IntoIterator<Item = DType>) -> Result<Option<DType>> {
    let mut dtypes = dtypes.into_iter();
    let Some(first) = dtypes.next() else { return Ok(None) };
    dtypes.try_fold(meet(first, first)?, meet).map(Some)
}
