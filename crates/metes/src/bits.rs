//! Booleans eight to a byte, the first in the lowest bit, as Arrow keeps them.

use metes_array::{Array, Order};
use metes_dtype::Kind;
use metes_memory::{Error, ErrorKind, Reason, Result};

/// The booleans of a one-dimensional array, packed.
///
/// ```
/// use metes::{array::Array, bits};
/// let packed = bits::pack(&Array::from_slice(&[9], &[true, false, true, false, false, false, false, false, true])?)?;
/// assert_eq!(packed.read::<u8>()?.to_vec(), [0b101, 1]);
/// assert_eq!(bits::unpack(&packed, 7, 2)?.read::<bool>()?.to_vec(), [false, true]);
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] where the array has not one axis, [`ErrorKind::Type`] where its elements are no booleans.
pub fn pack(array: &Array) -> Result<Array> {
    let [length] = *array.shape() else {
        return Err(Error::new(ErrorKind::Value, format!("pack: one dimension is needed, not {}", array.ndim())));
    };
    if array.dtype() != Kind::Bool {
        return Err(Error::new(ErrorKind::Type, format!("pack: booleans are needed, not {}", array.dtype())));
    }
    let dense = match array.is_c_contiguous() {
        true => array.clone(),
        false => array.copy_because(Order::C, Reason::Conversion, |_| "pack takes contiguous elements".to_owned())?,
    };
    let dense = dense.view(Kind::U8.into())?;
    let packed = Array::zeros(&[length.div_ceil(8)], Kind::U8.into())?;
    {
        let (bools, mut bytes) = (dense.read::<u8>()?, packed.write::<u8>()?);
        let (bools, bytes) = (bools.as_slice().unwrap_or_default(), bytes.as_mut_slice().unwrap_or_default());
        for (byte, eight) in bytes.iter_mut().zip(bools.chunks(8)) {
            *byte = eight.iter().enumerate().fold(0, |byte, (place, on)| byte | u8::from(*on != 0) << place);
        }
    }
    Ok(packed)
}

/// `length` booleans from bit `offset` on of a dense array of bytes.
///
/// # Errors
/// [`ErrorKind::Value`] where there are not so many bits, [`ErrorKind::Type`] where the elements are no bytes.
pub fn unpack(packed: &Array, offset: usize, length: usize) -> Result<Array> {
    let held = packed.read::<u8>()?;
    let bytes = held.as_slice().unwrap_or_default();
    if offset.checked_add(length).is_none_or(|end| end.div_ceil(8) > bytes.len()) {
        let message = format!("unpack: {length} bits from {offset} on are more than {} bytes hold", bytes.len());
        return Err(Error::new(ErrorKind::Value, message));
    }
    let bools = Array::empty(&[length], Kind::Bool.into(), "unpack")?;
    let plain = bools.view(Kind::U8.into())?;
    let mut places = plain.write::<u8>()?;
    for (place, bit) in places.as_mut_slice().unwrap_or_default().iter_mut().zip(offset..) {
        *place = bytes[bit / 8] >> (bit % 8) & 1;
    }
    drop(places);
    Ok(bools)
}
