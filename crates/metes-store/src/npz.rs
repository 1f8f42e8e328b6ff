//! .npz files: zip archives of .npy members, stored or deflated.

use crate::decode::{Encoded, Encoding};
use crate::npy::{NpyFile, write_array};
use crate::region::Region;
use crate::temporary::Temporary;
use crate::{at, format_error};
use metes_array::Array;
use metes_memory::{Error, ErrorKind, Result};
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveWriter};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Deflate makes at most this many bytes of one.
const MOST_INFLATION: u64 = 1032;

/// An archive of arrays.
#[derive(Debug)]
pub struct NpzFile {
    path: String,
    file: Arc<File>,
    members: Vec<Member>,
}

/// What an archive says of a member.
#[derive(Clone, Debug)]
pub struct Member {
    /// The member's name without `.npy`.
    pub name: String,
    /// Bytes in the archive.
    pub stored_bytes: u64,
    /// Bytes when decoded, the .npy header included.
    pub plain_bytes: u64,
    method: CompressionMethod,
    encrypted: bool,
    crc: u32,
    start: u64,
}

impl NpzFile {
    /// Opens an archive; only its directory is read.
    ///
    /// # Errors
    /// [`ErrorKind::Io`], or [`ErrorKind::Format`] where it is not a whole zip archive.
    pub fn open(path: &Path) -> Result<NpzFile> {
        let name = path.display().to_string();
        let broken = |e: rawzip::Error| format_error(&name, "zip directory", e);
        let file = File::open(path).map_err(|e| at(path, e))?;
        let size = file.metadata().map_err(|e| at(path, e))?.len();
        let shared = Arc::new(file.try_clone().map_err(|e| at(path, e))?);
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
        let mut found = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(broken)? {
            let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            let member = Member {
                name: path.strip_suffix(".npy").unwrap_or(&path).to_owned(),
                stored_bytes: entry.compressed_size_hint(),
                plain_bytes: entry.uncompressed_size_hint(),
                method: entry.compression_method(),
                encrypted: entry.flags().is_encrypted(),
                crc: entry.crc32(),
                start: 0,
            };
            found.push((member, entry.wayfinder()));
        }
        let mut members = Vec::with_capacity(found.len());
        for (member, wayfinder) in found {
            let entry = archive.get_entry(wayfinder).map_err(broken)?;
            let (start, end) = entry.compressed_data_range();
            if end > size || end - start != member.stored_bytes {
                let what = format!("member {} lies at {start}..{end} of {size} bytes", member.name);
                return Err(format_error(&name, "zip directory", what));
            }
            members.push(Member { start, ..member });
        }
        Ok(NpzFile { path: name, file: shared, members })
    }

    /// The members, in the archive's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The names of the members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|m| m.name.as_str())
    }

    /// A member by its name, with or without `.npy`; only its header is read.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a name that is not there, [`ErrorKind::Format`] naming file, member and field,
    /// [`ErrorKind::Unsupported`] for encrypted or otherwise compressed members.
    pub fn member(&self, name: &str) -> Result<NpyFile> {
        let bare = name.strip_suffix(".npy").unwrap_or(name);
        let member = self.members.iter().find(|m| m.name == bare || m.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            Error::new(ErrorKind::Index, format!("{}: no member {name:?}, there are {names:?}", self.path))
        })?;
        let label = format!("{}[{}]", self.path, member.name);
        let refuse = |what: String| Error::new(ErrorKind::Unsupported, format!("{label}: {what}"));
        if member.encrypted {
            return Err(refuse("encrypted members are not supported".to_owned()));
        }
        let encoding = match member.method {
            CompressionMethod::STORE => Encoding::Stored,
            CompressionMethod::DEFLATE => Encoding::Deflated,
            other => return Err(refuse(format!("compression method {other:?} is not supported"))),
        };
        let most = match encoding {
            Encoding::Stored => member.stored_bytes,
            Encoding::Deflated => member.stored_bytes.saturating_mul(MOST_INFLATION),
        };
        if member.plain_bytes > most {
            let what = format!("{} bytes do not come of {} stored ones", member.plain_bytes, member.stored_bytes);
            return Err(format_error(&label, "size", what));
        }
        let region = Region { file: self.file.clone(), start: member.start, len: member.stored_bytes };
        NpyFile::open(
            Encoded { name: label, region, encoding, plain: member.plain_bytes, crc: Some(member.crc) },
            false,
        )
    }
}

/// Writes arrays as stored members of an archive.
pub fn savez(path: &Path, arrays: &[(String, Array)]) -> Result<()> {
    write_archive(path, arrays, false)
}

/// Writes arrays as deflated members of an archive.
pub fn savez_compressed(path: &Path, arrays: &[(String, Array)]) -> Result<()> {
    write_archive(path, arrays, true)
}

fn write_archive(path: &Path, arrays: &[(String, Array)], compress: bool) -> Result<()> {
    for (i, (name, _)) in arrays.iter().enumerate() {
        if arrays[..i].iter().any(|(other, _)| other == name) {
            return Err(Error::new(ErrorKind::Value, format!("savez: member {name:?} is given twice")));
        }
    }
    let temporary = Temporary::create(path)?;
    let zip = |e: rawzip::Error| Error::new(ErrorKind::Io, format!("{}: {e}", path.display()));
    let out = BufWriter::new(temporary.file.try_clone().map_err(|e| at(path, e))?);
    let mut archive = ZipArchiveWriter::new(out);
    for (name, array) in arrays {
        let member = format!("{name}.npy");
        let method = if compress { CompressionMethod::DEFLATE } else { CompressionMethod::STORE };
        let (mut entry, config) = archive.new_file(&member).compression_method(method).start().map_err(zip)?;
        let descriptor = if compress {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            write_array(&mut writer, array).map_err(|e| e.context(path.display()))?;
            let (encoder, descriptor) = writer.finish().map_err(zip)?;
            encoder.finish().map_err(|e| at(path, e))?;
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            write_array(&mut writer, array).map_err(|e| e.context(path.display()))?;
            writer.finish().map_err(zip)?.1
        };
        entry.finish(descriptor).map_err(zip)?;
    }
    let mut out = archive.finish().map_err(zip)?;
    out.flush().map_err(|e| at(path, e))?;
    drop(out);
    temporary.commit()
}
