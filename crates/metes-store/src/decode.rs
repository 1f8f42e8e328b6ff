//! [`Decoder`]: the plain bytes of a region, front to back, checked at the end.

use crate::format_error;
use crate::region::Region;
use crc_fast::{CrcAlgorithm, Digest};
use flate2::{Decompress, FlushDecompress, Status};
use metes_memory::{Buffer, Charge, Error, Memory, Request, Result};

/// Encoded bytes that are read at a time.
const INPUT: usize = 64 * 1024;
/// What zlib-rs allocates to inflate, rounded up: a window of 32 KiB and 64 bytes, three code tables of 13 KB, the rest of
/// its state 2 KB.
const INFLATER: usize = 48 * 1024;
/// Decoded bytes that are made at a time where nobody wants them: the inflater copies the last 32 KiB into its window
/// after each call, so less would be copied more than once.
const SINK: usize = 32 * 1024;

/// How the bytes are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Stored,
    Deflated,
}

/// A region's bytes and what is known of them.
#[derive(Clone)]
pub(crate) struct Encoded {
    pub name: String,
    pub region: Region,
    pub encoding: Encoding,
    /// Decoded bytes in all.
    pub plain: u64,
    /// Checksum of the decoded bytes.
    pub crc: Option<u32>,
}

impl Encoded {
    /// Bytes that a decoder charges.
    pub(crate) fn decoder_bytes(&self) -> usize {
        match self.encoding {
            Encoding::Stored => 0,
            Encoding::Deflated => INPUT + INFLATER,
        }
    }
}

pub(crate) struct Decoder {
    encoded: Encoded,
    inflater: Option<Inflater>,
    /// Encoded bytes read, decoded bytes made.
    read: u64,
    made: u64,
    /// Checksum so far; none where there is nothing to compare it with, or bytes were passed over unread.
    digest: Option<Digest>,
}

struct Inflater {
    state: Decompress,
    input: Buffer,
    filled: std::ops::Range<usize>,
    ended: bool,
    _charge: Charge,
}

impl Decoder {
    pub(crate) fn new(encoded: Encoded) -> Result<Decoder> {
        let inflater = match encoded.encoding {
            Encoding::Stored => None,
            Encoding::Deflated => {
                let memory = Memory::current();
                Some(Inflater {
                    _charge: memory.charge(INFLATER, "inflate")?,
                    input: Buffer::allocate(&memory, Request::new(INPUT, "inflate").zeroed())?,
                    state: Decompress::new(false),
                    filled: 0..0,
                    ended: false,
                })
            }
        };
        let digest = encoded.crc.map(|_| Digest::new(CrcAlgorithm::Crc32IsoHdlc));
        Ok(Decoder { encoded, inflater, read: 0, made: 0, digest })
    }

    /// Fills `into`.
    pub(crate) fn fill(&mut self, into: &mut [u8]) -> Result<()> {
        let made = self.some(into)?;
        if made == into.len() { Ok(()) } else { Err(self.too_short()) }
    }

    fn too_short(&self) -> Error {
        let wants = self.encoded.plain;
        format_error(&self.encoded.name, "data", format_args!("ends after {} bytes, of {wants}", self.made))
    }

    /// Fills as much of `into` as there is.
    fn some(&mut self, into: &mut [u8]) -> Result<usize> {
        let made = match &mut self.inflater {
            None => {
                let n = self.encoded.region.read_at(self.read, into).map_err(|e| e.context(&self.encoded.name))?;
                self.read += n as u64;
                n
            }
            Some(inflater) => inflater.fill(&self.encoded, &mut self.read, into)?,
        };
        self.made += made as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(&into[..made]);
        }
        Ok(made)
    }

    /// Decodes `bytes` bytes that nobody wants.
    pub(crate) fn pass(&mut self, bytes: u64) -> Result<()> {
        let mut left = bytes;
        let mut sink = [0; SINK];
        while left > 0 {
            let n = left.min(SINK as u64) as usize;
            self.fill(&mut sink[..n])?;
            left -= n as u64;
        }
        Ok(())
    }

    /// Passes over `bytes` bytes: without reading them where they are stored as they are, which gives up the checksum.
    pub(crate) fn skip(&mut self, bytes: u64) -> Result<()> {
        if self.inflater.is_some() || bytes == 0 {
            return self.pass(bytes);
        }
        let end = self.read.checked_add(bytes).filter(|&end| end <= self.encoded.region.len);
        self.read = end.ok_or_else(|| self.too_short())?;
        self.made += bytes;
        self.digest = None;
        Ok(())
    }

    /// Checks that the bytes end here and have their checksum.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let goes_on = self.some(&mut [0])? != 0;
        let wrong = |field, what: std::fmt::Arguments| Err(format_error(&self.encoded.name, field, what));
        if goes_on {
            return wrong("data", format_args!("goes on after {} bytes", self.encoded.plain));
        }
        if let Some(inflater) = &self.inflater {
            let left = self.encoded.region.len - self.read + inflater.filled.len() as u64;
            if !inflater.ended {
                return wrong("data", format_args!("its deflated bytes stop before their end"));
            }
            if left > 0 {
                return wrong("data", format_args!("{left} bytes follow the end of its deflated bytes"));
            }
        }
        match (self.encoded.crc, self.digest.as_ref().map(Digest::finalize)) {
            (Some(crc), Some(is)) if is != u64::from(crc) => {
                wrong("checksum", format_args!("{is:08x}, the archive says {crc:08x}"))
            }
            _ => Ok(()),
        }
    }
}

impl Inflater {
    fn fill(&mut self, encoded: &Encoded, read: &mut u64, into: &mut [u8]) -> Result<usize> {
        let mut made = 0;
        while made < into.len() && !self.ended {
            if self.filled.is_empty() {
                // SAFETY: the buffer is this inflater's alone, zeroed when it was taken.
                let input = unsafe { std::slice::from_raw_parts_mut(self.input.as_ptr(), INPUT) };
                let n = encoded.region.read_at(*read, input).map_err(|e| e.context(&encoded.name))?;
                *read += n as u64;
                self.filled = 0..n;
            }
            // SAFETY: as above.
            let input = unsafe { std::slice::from_raw_parts(self.input.as_ptr(), INPUT) };
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(&input[self.filled.clone()], &mut into[made..], FlushDecompress::None)
                .map_err(|e| format_error(&encoded.name, "data", format_args!("not deflated: {e}")))?;
            let (used, got) = (self.state.total_in() - before_in, self.state.total_out() - before_out);
            self.filled.start += used as usize;
            made += got as usize;
            match status {
                Status::StreamEnd => self.ended = true,
                _ if used == 0 && got == 0 => return Ok(made),
                _ => {}
            }
        }
        Ok(made)
    }
}

/// Reads what is left; for headers.
impl std::io::Read for Decoder {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.some(into).map_err(std::io::Error::other)
    }
}
