//! [`Region`]: a range of a file's bytes, read by position, so that readers share one open file.

use metes_memory::Result;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes `start..start + len` of a file.
#[derive(Clone)]
pub(crate) struct Region {
    pub file: Arc<File>,
    pub start: u64,
    pub len: u64,
}

impl Region {
    /// Reads from `offset` of the region; fewer bytes than asked for only at its end.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let want = into.len().min(usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < want {
            match self.file.read_at(&mut into[done..want], self.start + offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(done)
    }
}
