//! Writing .npy files: arrays whole, or row by row.

use crate::at;
use crate::header::Header;
use crate::temporary::Temporary;
use metes_array::{Array, Index, Layout, Order, shape_text};
use metes_dtype::DType;
use metes_eval::ChunkSink;
use metes_memory::{Access, Buffer, Error, ErrorKind, Result};
use std::io::Write;
use std::path::Path;

/// Elements that are written at a time where the array is not dense.
const BLOCK: usize = 1 << 17;

/// Writes an array as an .npy file, byte for byte as NumPy does: Fortran order where it is F- and not C-contiguous, else C
/// order. The file appears under its name when it is complete.
///
/// # Errors
/// [`ErrorKind::Io`]; what was under the name before is still there then.
pub fn save(path: &Path, array: &Array) -> Result<()> {
    let mut temporary = Temporary::create(path)?;
    write_array(&mut temporary.file, array).map_err(|e| e.context(path.display()))?;
    temporary.commit()
}

/// An error for fields that a header cannot tell: those that do not follow each other.
fn check(dtype: DType) -> Result<()> {
    match dtype.record() {
        Some(record) if !record.is_ordered() => {
            let message = format!("save: fields of {dtype} overlap or are out of order, which .npy files cannot say");
            Err(Error::new(ErrorKind::Value, message))
        }
        _ => Ok(()),
    }
}

/// Writes header and elements.
pub(crate) fn write_array(out: &mut dyn Write, array: &Array) -> Result<()> {
    let fortran = array.is_f_contiguous() && !array.is_c_contiguous();
    check(array.dtype())?;
    out.write_all(&Header::to_bytes(array.dtype(), array.shape(), fortran))?;
    let dense = if fortran { array.transpose(None)? } else { array.clone() };
    write_elements(out, &dense)
}

/// Writes the elements in C order, block by block where they are not dense.
fn write_elements(out: &mut dyn Write, array: &Array) -> Result<()> {
    if array.is_c_contiguous() {
        let _guard = Buffer::guard(&[(array.buffer(), array.extent(), Access::Read)], "save")?;
        // SAFETY: the elements are dense, and the guard keeps writers away.
        let bytes = unsafe { std::slice::from_raw_parts(array.as_ptr(), array.nbytes()) };
        return Ok(out.write_all(bytes)?);
    }
    if array.size() <= BLOCK {
        return write_elements(out, &array.copy_for(Order::C, "save")?);
    }
    let rows = (BLOCK / (array.size() / array.shape()[0]).max(1)).max(1) as isize;
    for start in (0..array.shape()[0] as isize).step_by(rows as usize) {
        let part = array.index(&[Index::Slice { start: Some(start), stop: Some(start + rows), step: None }])?;
        if part.shape()[0] == 1 {
            write_elements(out, &part.index(&[Index::At(0)])?)?
        } else {
            write_elements(out, &part)?
        }
    }
    Ok(())
}

/// An .npy file that is written row by row and appears when it is complete.
///
/// ```
/// use metes_array::Array;
/// # let dir = std::env::temp_dir().join(format!("metes-store-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let path = dir.join("rows.npy");
/// let mut writer = metes_store::NpyWriter::create(&path, metes_dtype::Kind::I16.into(), &[3, 2])?;
/// writer.write_rows(&Array::from_slice(&[2, 2], &[1i16, 2, 3, 4])?)?;
/// writer.write_rows(&Array::from_slice(&[1, 2], &[5i16, 6])?)?;
/// metes_eval::ChunkSink::finish(&mut writer)?;
/// assert_eq!(metes_store::load(&path)?.shape(), [3, 2]);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), metes_memory::Error>(())
/// ```
pub struct NpyWriter {
    /// None after the end, or after a failure that left the file as it cannot be.
    temporary: Option<Temporary>,
    name: String,
    dtype: DType,
    row: Vec<usize>,
    left: u64,
}

impl NpyWriter {
    /// A file for an array of this dtype and shape in C order.
    pub fn create(path: &Path, dtype: DType, shape: &[usize]) -> Result<NpyWriter> {
        check(dtype)?;
        let bytes = Layout::contiguous(shape, dtype.size())?.size() * dtype.size();
        let mut temporary = Temporary::create(path)?;
        temporary.file.write_all(&Header::to_bytes(dtype, shape, false)).map_err(|e| at(path, e))?;
        let row = shape.get(1..).unwrap_or_default().to_vec();
        Ok(NpyWriter { temporary: Some(temporary), name: path.display().to_string(), dtype, row, left: bytes as u64 })
    }

    /// Writes the next rows.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for rows of another dtype or shape and for more rows than the file has, [`ErrorKind::Io`].
    pub fn write_rows(&mut self, rows: &Array) -> Result<()> {
        if rows.dtype() != self.dtype || rows.shape().get(1..) != Some(&self.row) {
            let (dtype, shape) = (rows.dtype(), shape_text(rows.shape()));
            let what = format!("rows are {} {}, not {dtype} {shape}", self.dtype, shape_text(&self.row));
            return Err(self.refuse(what));
        }
        self.take(rows.nbytes() as u64)?;
        self.file(|file| write_elements(file, rows))
    }

    fn refuse(&self, what: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Value, format!("{}: {what}", self.name))
    }

    fn take(&mut self, bytes: u64) -> Result<()> {
        let left = self.left.checked_sub(bytes);
        self.left =
            left.ok_or_else(|| self.refuse(format_args!("{bytes} bytes more, its shape leaves {}", self.left)))?;
        Ok(())
    }

    /// Writes, and gives the file up where that fails.
    fn file(&mut self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut temporary = self.temporary.take().ok_or_else(|| self.refuse("the file is finished"))?;
        write(&mut temporary.file).map_err(|e| e.context(&self.name))?;
        self.temporary = Some(temporary);
        Ok(())
    }
}

impl ChunkSink for NpyWriter {
    fn write(&mut self, rows: &[u8]) -> Result<()> {
        self.take(rows.len() as u64)?;
        self.file(|file| Ok(file.write_all(rows)?))
    }

    fn finish(&mut self) -> Result<()> {
        if self.left > 0 {
            return Err(self.refuse(format_args!("{} bytes of its shape were not written", self.left)));
        }
        self.temporary.take().ok_or_else(|| self.refuse("the file is finished"))?.commit()
    }
}
