//! The narrowest dtype that holds every value.

use metes_array::Array;
use metes_dtype::{Category, DType, Kind};
use metes_memory::Result;

/// The narrowest dtype of the array's family, integers and floats apart, that holds every value exactly.
///
/// ```
/// let a = metes_array::Array::from_slice(&[3], &[1i64, -2, 300])?;
/// assert_eq!(metes_store::suggest_dtype(&a)?.name(), "int16");
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub fn suggest_dtype(array: &Array) -> Result<DType> {
    let category = array.dtype().kind().category();
    let signed_too = category == Category::Unsigned || category == Category::Signed;
    let fits = |kind: &&Kind| {
        let family = kind.category() == category || signed_too && kind.category() <= Category::Signed;
        family && kind.size() < array.dtype().size() && holds(array, DType::of(**kind))
    };
    let mut candidates: Vec<&Kind> = Kind::ALL.iter().filter(|k| k.size() < array.dtype().size()).collect();
    candidates.sort_by_key(|k| (k.size(), k.category() != category));
    Ok(candidates.into_iter().find(fits).map_or(array.dtype(), |&kind| DType::of(kind)))
}

fn holds(array: &Array, dtype: DType) -> bool {
    let order = metes_array::Order::K;
    metes_eval::astype(array, dtype, order, metes_dtype::Casting::SameValue, true).is_ok()
}
