//! .npy files, and the members of archives: opened by their header, then read whole, mapped, or streamed.

use crate::decode::{Decoder, Encoded, Encoding};
use crate::header::Header;
use crate::region::Region;
use crate::{at, format_error};
use metes_array::{Array, Dims, Layout};
use metes_dtype::{DType, Kind};
use metes_eval::{ChunkReader, ChunkSource, Expr};
use metes_memory::{Buffer, Error, ErrorKind, MapMode, Result};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

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
        decoder.pass(self.header.data_offset as u64)?;
        let array = Array::empty(&self.header.stored_shape(), self.header.dtype, "load")?;
        // SAFETY: the array is fresh and dense; nobody else has seen it.
        let bytes = unsafe { std::slice::from_raw_parts_mut(array.as_ptr(), array.nbytes()) };
        decoder.fill(bytes)?;
        decoder.finish()?;
        if self.header.dtype == Kind::Bool {
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
        let buffer = Buffer::map(&region.file, Path::new(self.name()), start, bytes, mode)
            .map_err(|e| e.context(self.name()))?;
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
        decoder.pass(self.file.header.data_offset as u64)?;
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
