//! Views of fields: the same elements, of which less is looked at.

use crate::{Array, Dims, Layout, Strides, copy_into};
use metes_dtype::{DType, Field, Record};
use metes_memory::{Error, ErrorKind, Result};

impl Array {
    /// The record that elements are.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a dtype without fields.
    pub fn record(&self) -> Result<&'static Record> {
        let missing = || {
            let message = "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices";
            Error::new(ErrorKind::Index, format!("{message}: dtype {} has no fields", self.dtype()))
        };
        self.dtype().record().ok_or_else(missing)
    }

    /// A view of one field, by name or title; the axes of a small array come last.
    ///
    /// ```
    /// use metes_array::Array;
    /// use metes_dtype::{Kind, Record};
    /// let field = |name: &str, kind: Kind| (name.to_owned(), None, kind.into());
    /// let dtype = Record::of(vec![field("x", Kind::I32), field("y", Kind::F64)], false).unwrap();
    /// let points = Array::zeros(&[3], dtype)?;
    /// let y = points.field("y")?;
    /// assert_eq!((y.strides(), y.layout().offset()), (&[12][..], 4));
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// A dtype without fields, a name that is no field's.
    pub fn field(&self, name: &str) -> Result<Array> {
        let field = self.record()?.field(name);
        let field = field.ok_or_else(|| Error::new(ErrorKind::Value, format!("no field of name {name}")))?;
        self.part_of(field)
    }

    /// A view of the field at a place in their order.
    ///
    /// # Errors
    /// A dtype without fields, a place outside.
    pub fn field_at(&self, place: isize) -> Result<Array> {
        let fields = self.record()?.fields();
        let count = fields.len() as isize;
        let at = usize::try_from(if place < 0 { place + count } else { place }).ok();
        let wrong = || Error::new(ErrorKind::Index, format!("invalid index ({place}): there are {count} fields"));
        self.part_of(at.and_then(|at| fields.get(at)).ok_or_else(wrong)?)
    }

    fn part_of(&self, field: &Field) -> Result<Array> {
        self.subfield(field.dtype, field.offset)
    }

    /// A view of what lies `offset` bytes into each element, as another dtype; the axes of a small array come last.
    ///
    /// ```
    /// use metes_array::Array;
    /// use metes_dtype::Kind;
    /// let a = Array::from_slice(&[2], &[0x0102_u16, 0x0304])?;
    /// let high = a.subfield(Kind::U8.into(), 1)?;
    /// assert_eq!(high.strides(), &[2]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for a part that reaches beyond the element.
    pub fn subfield(&self, part: DType, offset: usize) -> Result<Array> {
        let (own, size) = (self.dtype().size(), part.size());
        if offset.checked_add(size).is_none_or(|end| end > own) {
            let text = format!("{size} bytes at offset {offset} reach beyond the {own} bytes of {}", self.dtype());
            return Err(Error::new(ErrorKind::Value, text));
        }
        let (dtype, inner) = part.flattened();
        let dense = Layout::contiguous(inner, dtype.size())?;
        let shape: Dims = self.shape().iter().chain(inner).copied().collect();
        let strides: Strides = self.strides().iter().chain(dense.strides()).copied().collect();
        let skip = if self.size() == 0 { 0 } else { offset };
        let layout = Layout::new(&shape, &strides, self.layout().offset() + skip)?;
        Array::new(self.buffer().clone(), dtype, layout, self.is_writeable())
    }

    /// A view with only the named fields, where they are.
    ///
    /// # Errors
    /// A dtype without fields, a name that is no field's or is given twice.
    pub fn select_fields(&self, names: &[&str]) -> Result<Array> {
        let dtype = self.record()?.select(names).map_err(|why| Error::new(ErrorKind::Value, why))?;
        self.relabelled(dtype)
    }

    /// The same elements under another dtype of the same size.
    pub(crate) fn relabelled(&self, dtype: DType) -> Result<Array> {
        Array::new(self.buffer().clone(), dtype, self.layout().clone(), self.is_writeable())
    }

    /// Views of the bytes that belong to fields, as raw bytes; `None` where all do.
    pub(crate) fn covered(&self) -> Result<Option<Vec<Array>>> {
        let Some(runs) = self.dtype().covered() else { return Ok(None) };
        let view = |(start, len): (usize, usize)| {
            let dtype = DType::void(len).ok_or_else(|| Error::new(ErrorKind::Value, "a record is too large"))?;
            let skip = if self.size() == 0 { 0 } else { start };
            let layout = Layout::new(self.shape(), self.strides(), self.layout().offset() + skip)?;
            Array::new(self.buffer().clone(), dtype, layout, self.is_writeable())
        };
        runs.into_iter().map(view).collect::<Result<_>>().map(Some)
    }
}

/// As [`copy_into`], but what lies between the fields of a record stays what it was: other fields may be there, of the
/// array that the target is a view of.
///
/// # Errors
/// As [`copy_into`].
pub fn copy_fields(dst: &Array, src: &Array) -> Result<()> {
    if dst.dtype() != src.dtype() || dst.shape() != src.shape() {
        return copy_into(dst, src);
    }
    let Some(to) = dst.covered()? else { return copy_into(dst, src) };
    dst.require_writeable("copy")?;
    let own = if crate::select::overlap(dst, src) { crate::select::apart(src)? } else { src.clone() };
    let from = own.covered()?.unwrap_or_default();
    to.iter().zip(&from).try_for_each(|(to, from)| copy_into(to, from))
}
