//! [`Growable`]: an array that grows along its first axis, in amortised constant time per row.
//!
//! Rows live in a block with room to spare. While the room lasts, rows are added in place and views of the rows before
//! stay good; when the block must move, and somebody still looks at it, that is an error that says who, never a view of
//! bytes that have gone.

use crate::layout::{Dims, shape_text};
use crate::{Array, Index, copy_into};
use metes_dtype::DType;
use metes_memory::{Error, ErrorKind, Reason, Result, copying, size_text};

/// The least rows of a block that grows by itself.
const LEAST: usize = 8;
/// The most views whose shapes an error names.
const NAMED: usize = 8;

/// Rows of one shape and dtype, more of which can be added.
pub struct Growable {
    tail: Dims,
    len: usize,
    /// Shape `(capacity, *tail)`.
    block: Array,
    /// Shapes of the views given out since the block was last nobody else's.
    shown: Vec<Dims>,
}

impl Growable {
    /// No rows of shape `tail` yet, and room for `capacity` of them.
    ///
    /// ```
    /// use metes_array::{Array, Growable};
    /// use metes_dtype::Kind;
    /// let mut rows = Growable::new(Kind::F64.into(), &[2], 1)?;
    /// rows.append(&Array::from_slice(&[2], &[1.0, 2.0])?)?;
    /// rows.extend(&Array::from_slice(&[2, 2], &[3.0, 4.0, 5.0, 6.0])?)?;
    /// assert_eq!(rows.view().shape(), [3, 2]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// A shape that no array has; refused memory.
    pub fn new(dtype: DType, tail: &[usize], capacity: usize) -> Result<Growable> {
        let block = block_of(dtype, tail, capacity)?;
        Ok(Growable { tail: tail.into(), len: 0, block, shown: Vec::new() })
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Rows for which there is room.
    pub fn capacity(&self) -> usize {
        self.block.shape()[0]
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.block.dtype()
    }

    /// The shape of one row.
    pub fn tail(&self) -> &[usize] {
        &self.tail
    }

    /// The rows as a writeable view, without a copy. While it or a view of it lives, the block cannot move.
    pub fn view(&mut self) -> Array {
        if self.block.buffer().sharers() == 1 {
            self.shown.clear();
        }
        let view = self.rows(0, self.len);
        self.shown.push(view.shape().into());
        view
    }

    /// Adds one row of shape `tail`.
    ///
    /// # Errors
    /// Another shape or dtype, and as [`Growable::room`].
    pub fn append(&mut self, row: &Array) -> Result<()> {
        let room = self.room(1)?;
        copy_into(&room.index(&[Index::At(0)])?, row)?;
        self.add(1);
        Ok(())
    }

    /// Adds the rows of an array of shape `(n, *tail)`.
    ///
    /// # Errors
    /// Another shape or dtype, and as [`Growable::room`].
    pub fn extend(&mut self, rows: &Array) -> Result<()> {
        let count = rows.shape().first().copied().unwrap_or(0);
        if rows.shape().get(1..) != Some(&self.tail[..]) {
            let (has, wants) = (shape_text(rows.shape()), shape_text(&self.tail));
            return Err(Error::new(ErrorKind::Value, format!("extend: shape {has} is not rows of shape {wants}")));
        }
        copy_into(&self.room(count)?, rows)?;
        self.add(count);
        Ok(())
    }

    /// The places of the next `rows` rows, to be written before [`Growable::add`] makes them part of the array.
    ///
    /// # Errors
    /// Refused memory; [`ErrorKind::Busy`] where the block must move and views of it live.
    pub fn room(&mut self, rows: usize) -> Result<Array> {
        let wanted = self.len.checked_add(rows).ok_or_else(|| too_many(self.len, rows))?;
        if wanted > self.capacity() {
            let ample = self.capacity().saturating_add(self.capacity() / 2).max(LEAST);
            self.move_to(wanted.max(ample))?;
        }
        Ok(self.rows(self.len, wanted))
    }

    /// Counts rows that were written where [`Growable::room`] said; as many as there is room for at most.
    pub fn add(&mut self, rows: usize) {
        self.len = self.len.saturating_add(rows).min(self.capacity());
    }

    /// Makes room for so many rows more, exactly, where there is not enough.
    ///
    /// # Errors
    /// As [`Growable::room`].
    pub fn reserve(&mut self, rows: usize) -> Result<()> {
        let wanted = self.len.checked_add(rows).ok_or_else(|| too_many(self.len, rows))?;
        if wanted > self.capacity() { self.move_to(wanted) } else { Ok(()) }
    }

    /// Gives the spare room back.
    ///
    /// # Errors
    /// As [`Growable::room`].
    pub fn shrink(&mut self) -> Result<()> {
        if self.len == self.capacity() { Ok(()) } else { self.move_to(self.len) }
    }

    fn rows(&self, from: usize, to: usize) -> Array {
        let part = Index::Slice { start: Some(from as isize), stop: Some(to as isize), step: None };
        self.block.index(&[part]).expect("rows of the block")
    }

    fn move_to(&mut self, capacity: usize) -> Result<()> {
        if self.block.buffer().sharers() > 1 {
            return Err(self.in_use(capacity));
        }
        self.shown.clear();
        let fresh = block_of(self.dtype(), &self.tail, capacity)?;
        let moved = self.rows(0, self.len);
        if self.len > 0 {
            copying(Reason::Growth, moved.nbytes(), || {
                format!("{} rows move from a block of {} to one of {capacity}", self.len, self.capacity())
            })?;
        }
        let part = Index::Slice { start: None, stop: Some(self.len as isize), step: None };
        copy_into(&fresh.index(&[part])?, &moved)?;
        self.block = fresh;
        Ok(())
    }

    fn in_use(&self, capacity: usize) -> Error {
        let count = self.block.buffer().sharers() - 1;
        let shapes: Vec<String> = self.shown.iter().rev().take(NAMED).map(|shape| shape_text(shape)).collect();
        let more = if self.shown.len() > NAMED { " and more" } else { "" };
        let message = format!(
            "cannot move the block of {} for {capacity} rows: {count} arrays or exports still show it, among the views of \
             shape {}{more}; drop them first, or reserve room before they are made",
            size_text(self.block.nbytes()),
            shapes.join(", ")
        );
        Error::new(ErrorKind::Busy, message)
    }
}

fn block_of(dtype: DType, tail: &[usize], capacity: usize) -> Result<Array> {
    let shape: Dims = std::iter::once(capacity).chain(tail.iter().copied()).collect();
    Array::empty(&shape, dtype, "growable")
}

fn too_many(len: usize, rows: usize) -> Error {
    Error::new(ErrorKind::Value, format!("{len} rows and {rows} more are more than the address space"))
}
