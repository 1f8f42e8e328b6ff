//! [`Chunks`]: the chunks of a capture one after another, around damage, in bounded memory.

use crate::format::{HEAD, Header, MAGIC, MARK, VERSION, checksum, parse_head};
use metes_memory::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{ErrorKind as Io, Read, Seek, SeekFrom};
use std::path::Path;

/// Damaged places after which the rest of a file is given up: a file of nothing but damage is not worth the time.
const MAX_DAMAGE: usize = 1000;
const WINDOW: usize = 64 << 10;

/// Reads chunks; what could not be read is told in `notes`.
pub struct Chunks {
    file: File,
    at: u64,
    damage: usize,
    lost: u64,
    first_damage: u64,
    done: bool,
    /// What could not be read.
    pub notes: Vec<String>,
}

impl Chunks {
    /// Opens a capture and reads its header. Errors: `Io`, and `Format` for a file that is no capture of our version.
    pub fn open(path: &Path) -> Result<(Header, Chunks)> {
        let named = |error: std::io::Error| Error::from(error).context(path.display());
        let refuse = |text: String| Error::new(ErrorKind::Format, format!("{}: {text}", path.display()));
        let mut file = File::open(path).map_err(named)?;
        let mut start = [0; MAGIC.len() + 2];
        let read = read_up_to(&mut file, &mut start).map_err(named)?;
        if read < start.len() || start[..MAGIC.len()] != MAGIC {
            return Err(refuse("is not a capture: a capture starts with the bytes 89 6d 65 74 65 73 0d 0a".into()));
        }
        let version = u16::from_le_bytes([start[MAGIC.len()], start[MAGIC.len() + 1]]);
        if version == 0 || version > VERSION {
            return Err(refuse(format!(
                "is a capture of version {version}; this Metes reads versions up to {VERSION}: a newer one reads it"
            )));
        }
        let mut chunks = Chunks {
            file,
            at: start.len() as u64,
            damage: 0,
            lost: 0,
            first_damage: 0,
            done: false,
            notes: Vec::new(),
        };
        let header = match chunks.chunk_at(chunks.at).map_err(named)? {
            Found::Chunk(payload) => {
                chunks.at += (HEAD + payload.len()) as u64;
                serde_json::from_slice(&payload).ok()
            }
            _ => None,
        };
        if header.is_none() {
            chunks.notes.push("the header is damaged: program, start and limit are not known".into());
        }
        Ok((header.unwrap_or_default(), chunks))
    }

    /// The payload of the next readable chunk; `None` at the end.
    pub fn next_chunk(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        while !self.done {
            match self.chunk_at(self.at)? {
                Found::Chunk(payload) => {
                    self.at += (HEAD + payload.len()) as u64;
                    return Ok(Some(payload));
                }
                Found::End => self.done = true,
                Found::Cut(left) => {
                    self.notes.push(format!("the file ends inside a chunk: its last {left} bytes cannot be read"));
                    self.done = true;
                }
                Found::Damage => self.skip_damage()?,
            }
        }
        if let Some(note) = self.damage_note() {
            self.notes.push(note);
        }
        Ok(None)
    }

    fn damage_note(&mut self) -> Option<String> {
        let (places, lost, first) = (std::mem::take(&mut self.damage), self.lost, self.first_damage);
        match places {
            0 => None,
            1 => Some(format!("the file is damaged at byte {first}: {lost} bytes were left out")),
            _ => Some(format!(
                "the file is damaged in {places} places, the first at byte {first}: {lost} bytes were left out"
            )),
        }
    }

    fn skip_damage(&mut self) -> std::io::Result<()> {
        let from = self.at;
        self.damage += 1;
        if self.damage == 1 {
            self.first_damage = from;
        }
        match self.find_mark(from + 1)? {
            Some(at) if self.damage < MAX_DAMAGE => self.at = at,
            _ => {
                self.at = self.file.seek(SeekFrom::End(0))?;
                self.done = true;
            }
        }
        self.lost += self.at.saturating_sub(from);
        Ok(())
    }

    fn find_mark(&mut self, from: u64) -> std::io::Result<Option<u64>> {
        let mut window = vec![0; WINDOW];
        let mut start = from;
        loop {
            self.file.seek(SeekFrom::Start(start))?;
            let read = read_up_to(&mut self.file, &mut window)?;
            if let Some(place) = window[..read].windows(MARK.len()).position(|bytes| bytes == MARK) {
                return Ok(Some(start + place as u64));
            }
            if read < WINDOW {
                return Ok(None);
            }
            start += (WINDOW - MARK.len() + 1) as u64;
        }
    }

    fn chunk_at(&mut self, at: u64) -> std::io::Result<Found> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut head = [0; HEAD];
        let read = read_up_to(&mut self.file, &mut head)?;
        if read == 0 {
            return Ok(Found::End);
        }
        if read < HEAD {
            return Ok(if MARK.starts_with(&head[..read.min(4)]) { Found::Cut(read) } else { Found::Damage });
        }
        let Some((length, sum)) = parse_head(&head) else { return Ok(Found::Damage) };
        let mut payload = vec![0; length];
        let read = read_up_to(&mut self.file, &mut payload)?;
        if read < length {
            return Ok(Found::Cut(HEAD + read));
        }
        Ok(if checksum(&payload) == sum { Found::Chunk(payload) } else { Found::Damage })
    }
}

enum Found {
    Chunk(Vec<u8>),
    Cut(usize),
    Damage,
    End,
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == Io::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
