//! [`ChunkSource`]: an array outside memory, as the evaluator sees it. Stores implement it; no file is opened here.

use metes_dtype::DType;
use metes_memory::Result;

/// An array that lies outside memory and is read in parts, in order of its first axis.
pub trait ChunkSource: Send + Sync {
    /// What plans and errors call it: `"land.npz[mask]"`.
    fn name(&self) -> &str;

    /// What one element is, in native byte order as the reader delivers it.
    fn dtype(&self) -> DType;

    /// Elements along each axis; at least one axis.
    fn shape(&self) -> &[usize];

    /// Bytes that a reader holds besides the destination: decoder state, encoded input. Exactly what
    /// [`ChunkSource::open`] charges to the thread's memory.
    fn reader_bytes(&self) -> usize;

    /// A reader that stands before row 0.
    fn open(&self) -> Result<Box<dyn ChunkReader>>;
}

/// Reads the rows of a [`ChunkSource`] in order.
pub trait ChunkReader: Send {
    /// Fills `dst`, C-contiguous, with the next `dst.len() / row_bytes` rows.
    fn read(&mut self, dst: &mut [u8]) -> Result<()>;

    /// Passes over `rows` rows.
    fn skip(&mut self, rows: usize) -> Result<()>;

    /// After the last row: verifies length and checksum.
    fn finish(&mut self) -> Result<()>;
}

/// Where rows of a result go when the result is not held whole: a file being written.
pub trait ChunkSink: Send {
    /// Takes the next rows, C-contiguous.
    fn write(&mut self, rows: &[u8]) -> Result<()>;

    /// After the last row: makes the result visible under its name.
    fn finish(&mut self) -> Result<()>;
}
