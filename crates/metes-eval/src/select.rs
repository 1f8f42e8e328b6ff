//! Assignment through index arrays and masks: values are cast to the array's dtype, then scattered.
//!
//! Values of another dtype become a copy, of their own size and not of the selection's.

use crate::apply::Operand;
use crate::assign::{convert, without_leading_ones};
use metes_array::{Array, IndexItem, Selection};
use metes_dtype::Kind;
use metes_memory::{Error, ErrorKind, Result};

/// Assigns values to the elements that `items` select, as NumPy does: they are cast, whatever that loses, and broadcast.
///
/// ```
/// use metes_array::{Array, Scalar};
/// use metes_eval::{Operand, assign_selected};
/// let a = Array::from_slice(&[3], &[1, 2, 3])?;
/// let mask = Array::from_slice(&[3], &[true, false, true])?;
/// assign_selected(&a, &[mask.into()], &Operand::Weak(Scalar::Int(0)))?;
/// assert_eq!(a.read::<i32>()?.to_vec(), [0, 2, 0]);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// Those of [`Selection::new`], indices out of bounds, read-only arrays, values that do not broadcast to the selection.
/// Nothing is written then.
pub fn assign_selected(array: &Array, items: &[IndexItem], values: &Operand) -> Result<()> {
    array.require_writeable("assignment")?;
    let selection = Selection::new(array, items)?;
    let values = match values {
        Operand::Weak(scalar) => return selection.scatter(array, &Array::full(&[], *scalar, array.dtype())?),
        Operand::Array(values) => values,
    };
    let values = match items {
        [IndexItem::Array(mask)] if mask.dtype() == Kind::Bool && mask.shape() == array.shape() => {
            for_mask(values, selection.size())?
        }
        _ => without_leading_ones(values, selection.shape().len())?,
    };
    selection.broadcast(&values)?;
    selection.scatter(array, &convert(&values, array.dtype(), "cast of assigned values")?)
}

/// The rule for a mask of the array's own shape: one value, or one for each element that is true.
fn for_mask(values: &Array, count: usize) -> Result<Array> {
    let given = values.size();
    match values.ndim() {
        0 => Ok(values.clone()),
        1 if given == count || given == 1 => Ok(values.clone()),
        1 => {
            let message = format!(
                "boolean array indexing assignment cannot assign {given} input values to the {count} output values where \
                 the mask is true"
            );
            Err(Error::new(ErrorKind::Value, message))
        }
        n => {
            let message = format!(
                "boolean array indexing assignment requires a 0 or 1-dimensional input, input has {n} dimensions"
            );
            Err(Error::new(ErrorKind::Type, message))
        }
    }
}
