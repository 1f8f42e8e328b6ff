//! Records and tables: the fields of a record as a last axis, and the other way round.

use crate::build::value_error;
use metes_array::{Array, Layout, Order, meet_all};
use metes_dtype::{Casting, DType, can_cast, repacked};
use metes_eval::{Operand, assign};
use metes_memory::{Error, ErrorKind, Result};

/// A number within a record, or a run of them.
struct Leaf {
    dtype: DType,
    count: usize,
    offset: usize,
}

/// What a dtype is made of in the end, in the order of its fields.
fn leaves(dtype: DType, offset: usize, into: &mut Vec<Leaf>) {
    let (base, shape) = dtype.flattened();
    let count: usize = shape.iter().product();
    match base.record() {
        None => into.push(Leaf { dtype: base, count, offset }),
        Some(record) => {
            for i in 0..count {
                for field in record.fields() {
                    leaves(field.dtype, offset + i * base.size() + field.offset, into);
                }
            }
        }
    }
}

fn leaves_of(dtype: DType, op: &str) -> Result<Vec<Leaf>> {
    if dtype.record().is_none() {
        return Err(value_error(format!("{op}: dtype {dtype} has no fields")));
    }
    let mut all = Vec::new();
    leaves(dtype, 0, &mut all);
    Ok(all)
}

/// A view of runs of values within the elements, as a last axis.
fn run(array: &Array, dtype: DType, count: usize, offset: usize, step: isize) -> Result<Array> {
    let mut shape = array.shape().to_vec();
    let mut strides = array.strides().to_vec();
    shape.push(count);
    strides.push(step);
    let skip = if array.size() == 0 || count == 0 { 0 } else { offset };
    let layout = Layout::new(&shape, &strides, array.layout().offset() + skip)?;
    Array::new(array.buffer().clone(), dtype, layout, array.is_writeable())
}

/// How far apart all values are, where they are of one dtype and evenly spaced.
fn even(leaves: &[Leaf], dtype: DType) -> Option<isize> {
    let places: Vec<usize> =
        leaves.iter().flat_map(|leaf| (0..leaf.count).map(move |i| leaf.offset + i * leaf.dtype.size())).collect();
    if leaves.iter().any(|leaf| leaf.dtype != dtype) {
        return None;
    }
    let step = |pair: &[usize]| pair[1] as isize - pair[0] as isize;
    let first = places.windows(2).next().map_or(dtype.size() as isize, step);
    places.windows(2).all(|pair| step(pair) == first).then_some(first)
}

/// The fields of records as a last axis: a view where all are of one dtype and evenly spaced, and none other is wanted.
///
/// ```
/// use metes::{array::Array, dtype::{Kind, Record}, fields};
/// let field = |name: &str| (name.to_owned(), None, Kind::F64.into());
/// let points = Array::zeros(&[3], Record::of(vec![field("x"), field("y")], false).unwrap())?;
/// let table = fields::structured_to_unstructured(&points, None, false, Default::default())?;
/// assert_eq!(table.shape(), [3, 2]);
/// assert!(table.buffer().same(points.buffer()));
/// # Ok::<(), metes::memory::Error>(())
/// ```
///
/// # Errors
/// A dtype without fields, fields without a common dtype, casts that `casting` forbids, refused memory.
pub fn structured_to_unstructured(array: &Array, dtype: Option<DType>, copy: bool, casting: Casting) -> Result<Array> {
    let leaves = leaves_of(array.dtype(), "structured_to_unstructured")?;
    let common = meet_all(leaves.iter().map(|leaf| leaf.dtype))?;
    let same = leaves.first().filter(|first| leaves.iter().all(|leaf| leaf.dtype == first.dtype));
    let dtype = dtype.or(same.map(|leaf| leaf.dtype)).or(common);
    let dtype = dtype.ok_or_else(|| value_error("arr has no fields. Unable to guess dtype"))?;
    for leaf in &leaves {
        if !can_cast(leaf.dtype, dtype, casting) {
            let message =
                format!("Cannot cast dtype('{}') to dtype('{dtype}') with rule '{}'", leaf.dtype, casting.name());
            return Err(Error::new(ErrorKind::Casting, message));
        }
    }
    let total = leaves.iter().map(|leaf| leaf.count).sum();
    if !copy && let Some(step) = even(&leaves, dtype) {
        return run(array, dtype, total, leaves.first().map_or(0, |leaf| leaf.offset), step);
    }
    let mut shape = array.shape().to_vec();
    shape.push(total);
    let out = Array::empty(&shape, dtype, "structured_to_unstructured")?;
    let mut done = 0;
    for leaf in &leaves {
        let from = run(array, leaf.dtype, leaf.count, leaf.offset, leaf.dtype.size() as isize)?;
        assign(&columns(&out, done, leaf.count)?, &Operand::Array(from), casting, None)?;
        done += leaf.count;
    }
    Ok(out)
}

/// Some places of the last axis.
fn columns(array: &Array, start: usize, count: usize) -> Result<Array> {
    let slice =
        metes_array::Index::Slice { start: Some(start as isize), stop: Some((start + count) as isize), step: None };
    array.index(&[metes_array::Index::Ellipsis, slice])
}

/// The last axis of an array as the fields of records: a view where they lie as the dtype has it.
///
/// # Errors
/// A dtype without fields, or with another number of values than the last axis; casts that `casting` forbids; refused memory.
pub fn unstructured_to_structured(array: &Array, dtype: DType, copy: bool, casting: Casting) -> Result<Array> {
    let leaves = leaves_of(dtype, "unstructured_to_structured")?;
    let total: usize = leaves.iter().map(|leaf| leaf.count).sum();
    let Some((&last, rest)) = array.shape().split_last() else {
        return Err(value_error("arr must have at least one dimension"));
    };
    if last != total {
        return Err(value_error(
            "The length of the last dimension of arr must be equal to the number of fields in dtype",
        ));
    }
    let own = array.dtype();
    let lies = even(&leaves, own) == Some(own.size() as isize) && leaves.first().is_some_and(|leaf| leaf.offset == 0);
    let dense = array.strides().last() == Some(&(own.size() as isize)) && dtype.size() == total * own.size();
    if !copy && lies && dense {
        return array.view(dtype)?.squeeze(Some(&[-1]));
    }
    let out = Array::zeros(rest, dtype)?;
    let mut done = 0;
    for leaf in &leaves {
        let to = run(&out, leaf.dtype, leaf.count, leaf.offset, leaf.dtype.size() as isize)?;
        assign(&to, &Operand::Array(columns(array, done, leaf.count)?), casting, None)?;
        done += leaf.count;
    }
    Ok(out)
}

/// The array with fields one after the other; the array itself where they are.
///
/// # Errors
/// Refused memory.
pub fn repack_fields(array: &Array, aligned: bool, deep: bool) -> Result<Array> {
    let dtype = repacked(array.dtype(), aligned, deep).map_err(value_error)?;
    metes_eval::astype(array, dtype, Order::K, Casting::Unsafe, false)
}
