//! .npy files: opened by their header, then read whole, mapped, or streamed; written whole or row by row.

use crate::decode::{Decoder, Encoded, Encoding};
use crate::header::Header;
use crate::region::Region;
use crate::temporary::Temporary;
use crate::{at, format_error};
use metes_array::{Array, Dims, Index, Layout, Order};
use metes_dtype::{DType, Kind};
use metes_eval::{ChunkReader, ChunkSink, ChunkSource, Expr};
use metes_memory::{Access, Buffer, Error, ErrorKind, MapMode, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Elements that are written at a time where the array is not dense.
const WRITE_BLOCK: usize = 1 << 17;

/// An array in a file: its header, and where its bytes are.
#[derive(Clone)]
pub struct NpyFile {
    header: Header,
    encoded: Encoded,
}

/// Opens an .npy file; only the header is read.
///
/// # Errors
/// [`ErrorKind::Io`], [`ErrorKind::Format`] naming the file and the field, [`ErrorKind::Unsupported`] for dtypes that
/// Metes does not have.
pub fn open_npy(path: &Path) -> Result<NpyFile> {
    open_file(path, File::open(path).map_err(|e| at(path, e))?)
}

/// Opens an .npy file for [`NpyFile::map`] with [`MapMode::ReadWrite`].
pub fn open_npy_writeable(path: &Path) -> Result<NpyFile> {
    open_file(path, File::options().read(true).write(true).open(path).map_err(|e| at(path, e))?)
}

fn open_file(path: &Path, file: File) -> Result<NpyFile> {
    let len = file.metadata().map_err(|e| at(path, e))?.len();
    let region = Region { file: Arc::new(file), start: 0, len };
    let name = path.display().to_string();
    NpyFile::open(Encoded { name, region, encoding: Encoding::Stored, plain: len, crc: None }, true)
}

impl NpyFile {
    /// `loose`: whether bytes may follow the data, as NumPy allows in files of their own.
    pub(crate) fn open(encoded: Encoded, loose: bool) -> Result<NpyFile> {
        let mut decoder = Decoder::new(encoded.clone())?;
        let header = Header::read(&mut decoder, &encoded.name)?;
        let needs = header.bytes(&encoded.name)? as u64 + header.data_offset as u64;
        let has = encoded.plain;
        if needs > has || needs < has && !loose {
            let shape = metes_array::shape_text(&header.shape);
            let what = format!("{shape} of {} needs {needs} bytes with its header, there are {has}", header.dtype);
            return Err(format_error(&encoded.name, "shape", what));
        }
        let mut encoded = encoded;
        if loose && encoded.encoding == Encoding::Stored {
            encoded.plain = needs;
            encoded.region.len = needs;
        }
        Ok(NpyFile { header, encoded })
    }

    /// What the file says of its array.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file's name for errors.
    pub fn name(&self) -> &str {
        &self.encoded.name
    }

    /// Bytes in the file, header included.
    pub fn stored_bytes(&self) -> u64 {
        self.encoded.region.len
    }

    /// Whether the bytes lie in the file as they are in memory.
    pub fn is_mappable(&self) -> bool {
        self.encoded.encoding == Encoding::Stored
    }

    /// The whole array in memory.
    pub fn read(&self) -> Result<Array> {
        let mut decoder = Decoder::new(self.encoded.clone())?;
        decoder.skip(self.header.data_offset as u64)?;
        let array = Array::empty(&self.header.stored_shape(), self.header.dtype, "load")?;
        // SAFETY: the array is fresh and dense; nobody else has seen it.
        let bytes = unsafe { std::slice::from_raw_parts_mut(array.as_ptr(), array.nbytes()) };
        decoder.fill(bytes)?;
        decoder.finish()?;
        if self.header.dtype.kind() == Kind::Bool {
            bytes.iter_mut().for_each(|b| *b = u8::from(*b != 0));
        }
        self.turned(array)
    }

    /// The array over the mapped file.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a compressed member, which has no bytes to map.
    pub fn map(&self, mode: MapMode) -> Result<Array> {
        if !self.is_mappable() {
            let message = format!("{}: a compressed member cannot be mapped; open it lazily, or load it", self.name());
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let (region, header) = (&self.encoded.region, &self.header);
        let bytes = header.bytes(self.name())?;
        let start = region.start + header.data_offset as u64;
        let buffer = Buffer::map(&region.file, start, bytes, mode).map_err(|e| e.context(self.name()))?;
        let layout = Layout::contiguous(&header.stored_shape(), header.dtype.size())?;
        self.turned(Array::new(buffer, header.dtype, layout, mode != MapMode::ReadOnly)?)
    }

    fn turned(&self, array: Array) -> Result<Array> {
        if self.header.fortran { array.transpose(None) } else { Ok(array) }
    }

    /// Whether [`NpyFile::source`] delivers the transpose of the array, because the file is in Fortran order.
    pub fn is_transposed(&self) -> bool {
        self.header.fortran && self.header.shape.len() > 1
    }

    /// The array as a lazy value, in the order of its axes; a 0-d array has no rows to stream and is read at once.
    pub fn lazy(&self) -> Result<Expr> {
        if self.header.shape.is_empty() {
            return self.read().map(Expr::array);
        }
        let rows = Expr::source(self.source()?);
        if self.is_transposed() { rows.transpose(None) } else { Ok(rows) }
    }

    /// The array as something to stream, first stored axis first.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a 0-d array, which has no rows.
    pub fn source(&self) -> Result<Arc<dyn ChunkSource>> {
        if self.header.shape.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{}: a 0-d array has no rows to stream", self.name()),
            ));
        }
        Ok(Arc::new(Rows { file: self.clone(), shape: self.header.stored_shape() }))
    }
}

/// An array in a file as rows.
struct Rows {
    file: NpyFile,
    shape: Dims,
}

impl ChunkSource for Rows {
    fn name(&self) -> &str {
        self.file.name()
    }
    fn dtype(&self) -> DType {
        self.file.header.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn reader_bytes(&self) -> usize {
        self.file.encoded.decoder_bytes()
    }
    fn open(&self) -> Result<Box<dyn ChunkReader>> {
        let mut decoder = Decoder::new(self.file.encoded.clone())?;
        decoder.skip(self.file.header.data_offset as u64)?;
        let row = self.shape[1..].iter().product::<usize>() * self.dtype().size();
        Ok(Box::new(RowReader { decoder, row: row as u64 }))
    }
}

struct RowReader {
    decoder: Decoder,
    row: u64,
}

impl ChunkReader for RowReader {
    fn read(&mut self, dst: &mut [u8]) -> Result<()> {
        self.decoder.fill(dst)
    }
    fn skip(&mut self, rows: usize) -> Result<()> {
        self.decoder.skip(self.row * rows as u64)
    }
    fn finish(&mut self) -> Result<()> {
        self.decoder.finish()
    }
}

/// Writes an array as an .npy file: Fortran order where it is F- and not C-contiguous, else C order.
pub fn save(path: &Path, array: &Array) -> Result<()> {
    let mut temporary = Temporary::create(path)?;
    write_array(&mut temporary.file, array).map_err(|e| e.context(path.display()))?;
    temporary.commit()
}

/// Writes header and elements.
pub(crate) fn write_array(out: &mut dyn Write, array: &Array) -> Result<()> {
    let fortran = array.is_f_contiguous() && !array.is_c_contiguous();
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
    if array.size() <= WRITE_BLOCK {
        return write_elements(out, &array.copy(Order::C)?);
    }
    let rows = (WRITE_BLOCK / (array.size() / array.shape()[0]).max(1)).max(1) as isize;
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
pub struct NpyWriter {
    temporary: Option<Temporary>,
    left: u64,
}

impl NpyWriter {
    /// A file for an array of this dtype and shape in C order.
    pub fn create(path: &Path, dtype: DType, shape: &[usize]) -> Result<NpyWriter> {
        let bytes = Layout::contiguous(shape, dtype.size())?.size() * dtype.size();
        let mut temporary = Temporary::create(path)?;
        temporary.file.write_all(&Header::to_bytes(dtype, shape, false)).map_err(|e| at(path, e))?;
        Ok(NpyWriter { temporary: Some(temporary), left: bytes as u64 })
    }
}

impl ChunkSink for NpyWriter {
    fn write(&mut self, rows: &[u8]) -> Result<()> {
        let temporary = self.temporary.as_mut().expect("a writer is not used after it finished");
        if rows.len() as u64 > self.left {
            let message = format!(
                "{}: {} bytes more than its shape holds",
                temporary.target().display(),
                rows.len() as u64 - self.left
            );
            return Err(Error::new(ErrorKind::Value, message));
        }
        self.left -= rows.len() as u64;
        let target = temporary.target().to_owned();
        temporary.file.write_all(rows).map_err(|e| at(&target, e))
    }

    fn finish(&mut self) -> Result<()> {
        let temporary = self.temporary.take().expect("a writer finishes once");
        if self.left > 0 {
            let message =
                format!("{}: {} bytes of its shape were not written", temporary.target().display(), self.left);
            return Err(Error::new(ErrorKind::Value, message));
        }
        temporary.commit()
    }
}
