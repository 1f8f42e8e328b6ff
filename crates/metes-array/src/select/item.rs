//! [`Selection`]: an index prepared against an array's layout.

use super::gather::is_integers;
use super::reader::{Bounds, Reader, not_integers};
use super::trues::{count_true, nonzero};
use crate::index::slice_indices;
use crate::layout::shape_text;
use crate::{Array, Dims, Index, MAX_NDIM, Scalar, Strides, broadcast_shapes};
use metes_dtype::Kind;
use metes_memory::{Error, ErrorKind, Result};
use smallvec::SmallVec;

/// One item of an index that may select by arrays.
#[derive(Clone, Debug)]
pub enum IndexItem {
    /// What makes views.
    Basic(Index),
    /// Integers, positions along one axis; or bools, true where elements are selected, over as many axes as they have.
    Array(Array),
}

impl From<Index> for IndexItem {
    fn from(index: Index) -> IndexItem {
        IndexItem::Basic(index)
    }
}

impl From<Array> for IndexItem {
    fn from(array: Array) -> IndexItem {
        IndexItem::Array(array)
    }
}

/// Where the positions come from.
#[derive(Clone)]
pub(crate) enum Positions {
    /// Index arrays, broadcast to one shape; none where 0-d bools alone select.
    Readers(Vec<Reader>),
    /// The true elements of a mask, over axes with these strides.
    Mask { mask: Array, strides: Strides },
}

/// An index prepared against an array: what it selects and in which shape.
#[derive(Clone)]
pub struct Selection {
    /// Of the result.
    pub(crate) shape: Dims,
    /// Bytes from the array's first element to where offsets count from.
    pub(crate) base: isize,
    /// The axis of the result where the index arrays' axes begin.
    pub(crate) at: usize,
    /// How many they are.
    pub(crate) fancy: usize,
    /// Bytes of a step along them, besides what the positions give.
    pub(crate) affine: Strides,
    pub(crate) positions: Positions,
    /// The array's strides along the other axes of the result.
    pub(crate) rest: Strides,
}

impl Selection {
    /// Prepares an index for an array: places the axes as NumPy does, counts the trues of masks, and broadcasts index arrays.
    /// The integers in index arrays are checked when they are read.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for too many indices, integers out of bounds, masks of another shape, index arrays that do
    /// not broadcast or are not integers or bools; [`ErrorKind::Value`] for slices with step 0.
    pub fn new(array: &Array, items: &[IndexItem]) -> Result<Selection> {
        let items = without_scalars(items)?;
        let whole = whole_axes(array, &items)?;
        let mut parts = Parts::default();
        let mut axis = 0;
        let mut has_ellipsis = false;
        for item in &items {
            match item {
                IndexItem::Basic(Index::Ellipsis) => {
                    has_ellipsis = true;
                    parts.leave();
                    parts.whole(array, axis..axis + whole);
                    axis += whole;
                }
                IndexItem::Basic(index) => axis += parts.basic(array, axis, index)?,
                IndexItem::Array(index) => axis += parts.array(array, axis, index)?,
            }
        }
        if !has_ellipsis {
            parts.whole(array, axis..array.ndim());
        }
        parts.finish(array)
    }

    /// The shape of what is selected.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Elements selected.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// The lengths of the axes of the index arrays.
    pub(crate) fn fancy_shape(&self) -> &[usize] {
        &self.shape[self.at..self.at + self.fancy]
    }

    pub(crate) fn readers(&self) -> &[Reader] {
        match &self.positions {
            Positions::Readers(readers) => readers,
            Positions::Mask { .. } => &[],
        }
    }
}

/// Integer arrays without axes are integers.
fn without_scalars(items: &[IndexItem]) -> Result<SmallVec<[IndexItem; 4]>> {
    items
        .iter()
        .map(|item| match item {
            IndexItem::Array(array) if array.ndim() == 0 => match array.item(&[])? {
                Scalar::Int(at) => Ok(Index::At(at as isize).into()),
                _ => Ok(item.clone()),
            },
            _ => Ok(item.clone()),
        })
        .collect()
}

fn is_mask(array: &Array) -> bool {
    array.dtype() == Kind::Bool
}

/// How many axes the index leaves whole.
fn whole_axes(array: &Array, items: &[IndexItem]) -> Result<usize> {
    let used: usize = items
        .iter()
        .map(|item| match item {
            IndexItem::Basic(Index::At(_) | Index::Slice { .. }) => 1,
            IndexItem::Basic(_) => 0,
            IndexItem::Array(index) if is_mask(index) => index.ndim(),
            IndexItem::Array(_) => 1,
        })
        .sum();
    if items.iter().filter(|item| matches!(item, IndexItem::Basic(Index::Ellipsis))).count() > 1 {
        return Err(Error::new(ErrorKind::Index, "an index can only have a single ellipsis ('...')"));
    }
    array.ndim().checked_sub(used).ok_or_else(|| {
        let ndim = array.ndim();
        let message = format!("too many indices for array: array is {ndim}-dimensional, but {used} were indexed");
        Error::new(ErrorKind::Index, message)
    })
}

/// An index array or mask, and the axis where it begins.
struct Fancy {
    array: Array,
    axis: usize,
}

/// What has been seen of an index so far.
#[derive(Default)]
struct Parts {
    base: isize,
    lengths: Dims,
    rest: Strides,
    fancy: SmallVec<[Fancy; 2]>,
    /// The axis of the result at which the first array or integer stood.
    first: Option<usize>,
    /// Whether something else followed it, and then another array or integer.
    left: bool,
    apart: bool,
}

impl Parts {
    /// An array or integer: NumPy treats integers as arrays where there are arrays.
    fn enter(&mut self) {
        self.apart |= self.left;
        self.first.get_or_insert(self.lengths.len());
    }

    /// Anything else.
    fn leave(&mut self) {
        self.left |= self.first.is_some();
    }

    fn whole(&mut self, array: &Array, axes: std::ops::Range<usize>) {
        self.lengths.extend_from_slice(&array.shape()[axes.clone()]);
        self.rest.extend_from_slice(&array.strides()[axes]);
    }

    /// How many axes of the array the item uses up.
    fn basic(&mut self, array: &Array, axis: usize, index: &Index) -> Result<usize> {
        match *index {
            Index::NewAxis => {
                self.leave();
                self.lengths.push(1);
                self.rest.push(0);
                Ok(0)
            }
            Index::At(at) => {
                self.enter();
                self.base += array.layout().position(axis, at)? * array.strides()[axis];
                Ok(1)
            }
            Index::Slice { start, stop, step } => {
                self.leave();
                let (start, step, count) = slice_indices(start, stop, step, array.shape()[axis])?;
                let stride = array.strides()[axis];
                self.base = self.base.wrapping_add(if count > 0 { start.wrapping_mul(stride) } else { 0 });
                self.lengths.push(count);
                self.rest.push(if count > 1 { stride.wrapping_mul(step) } else { 0 });
                Ok(1)
            }
            Index::Ellipsis => Ok(0),
        }
    }

    fn array(&mut self, array: &Array, axis: usize, index: &Array) -> Result<usize> {
        self.enter();
        let used = if is_mask(index) {
            let own = &array.shape()[axis..axis + index.ndim()];
            // NumPy takes an empty mask along any axis.
            if let Some(at) = own.iter().zip(index.shape()).position(|(n, m)| n != m && *m > 0) {
                return Err(wrong_mask(axis + at, own[at], index.shape()[at]));
            }
            index.ndim()
        } else {
            if !is_integers(index) {
                return Err(not_integers());
            }
            1
        };
        self.fancy.push(Fancy { array: index.clone(), axis });
        Ok(used)
    }

    fn finish(self, array: &Array) -> Result<Selection> {
        let (shape, positions) = self.positions(array)?;
        let at = if self.apart { 0 } else { self.first.unwrap_or(0) };
        let at = if self.fancy.is_empty() { 0 } else { at };
        let mut lengths = self.lengths;
        lengths.insert_from_slice(at, &shape);
        if lengths.len() > MAX_NDIM {
            let message = format!(
                "number of dimensions must be within [0, {MAX_NDIM}], indexing result would have {}",
                lengths.len()
            );
            return Err(Error::new(ErrorKind::Index, message));
        }
        let affine = Strides::from_elem(0, shape.len());
        Ok(Selection { shape: lengths, base: self.base, at, fancy: shape.len(), affine, positions, rest: self.rest })
    }

    /// The broadcast shape of the index arrays, and where positions come from.
    fn positions(&self, array: &Array) -> Result<(Dims, Positions)> {
        let masks = self.fancy.iter().filter(|f| is_mask(&f.array) && f.array.ndim() > 0).count();
        let integers = self.fancy.iter().filter(|f| !is_mask(&f.array)).count();
        let mut shapes: Vec<Dims> = Vec::new();
        let mut readers: SmallVec<[(Array, usize); 2]> = SmallVec::new();
        let mut alone = None;
        for Fancy { array: index, axis } in &self.fancy {
            if !is_mask(index) {
                shapes.push(index.shape().into());
                readers.push((index.clone(), *axis));
            } else if index.ndim() == 0 {
                shapes.push(Dims::from_slice(&[usize::from(index.item(&[])? == Scalar::Bool(true))]));
            } else if masks == 1 && integers == 0 {
                let strides = &array.strides()[*axis..*axis + index.ndim()];
                shapes.push(Dims::from_slice(&[count_true(index)?]));
                alone = Some(Positions::Mask { mask: index.clone(), strides: strides.into() });
            } else {
                for (number, places) in nonzero(index)?.into_iter().enumerate() {
                    shapes.push(places.shape().into());
                    readers.push((places, axis + number));
                }
            }
        }
        let all: SmallVec<[&[usize]; 4]> = shapes.iter().map(|s| s.as_slice()).collect();
        let shape = broadcast_shapes(&all).map_err(|_| {
            let list: Vec<String> = all.iter().map(|s| shape_text(s).replace(", ", ",")).collect();
            let list = list.join(" ");
            let message = format!("shape mismatch: indexing arrays could not be broadcast together with shapes {list}");
            Error::new(ErrorKind::Index, message)
        })?;
        if let Some(mask) = alone {
            return Ok((shape, mask));
        }
        let readers = readers.into_iter().map(|(index, axis)| {
            Ok(Reader {
                indices: index.broadcast_to(&shape)?,
                axis: Some(axis),
                lengths: Dims::from_slice(&[array.shape()[axis]]),
                strides: Strides::from_slice(&[array.strides()[axis]]),
                bounds: Bounds::FromEnd,
            })
        });
        let readers = readers.collect::<Result<_>>()?;
        Ok((shape, Positions::Readers(readers)))
    }
}

#[cold]
fn wrong_mask(axis: usize, len: usize, given: usize) -> Error {
    let message = format!(
        "boolean index did not match indexed array along axis {axis}; size of axis is {len} but size of corresponding \
         boolean axis is {given}"
    );
    Error::new(ErrorKind::Index, message)
}
