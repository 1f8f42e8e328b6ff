//! .npz files: zip archives of .npy members, stored or deflated.

use crate::decode::{Encoded, Encoding};
use crate::npy::NpyFile;
use crate::region::Region;
use crate::temporary::Temporary;
use crate::write::write_array;
use crate::{at, format_error};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use metes_array::Array;
use metes_memory::{Error, ErrorKind, Memory, Result};
use rawzip::extra_fields::ExtraFieldId;
use rawzip::{CompressionMethod, Header, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveWriter, ZipFileHeaderRecord};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Deflate makes at most this many bytes of one: a match of 258 bytes takes two bits.
const MOST_INFLATION: u64 = 1032;
/// What zlib-rs allocates to deflate at its default level, and flate2's buffer, rounded up.
const DEFLATER: usize = 384 * 1024;
/// Members that are stored start at multiples of this, so that they can be mapped aligned.
const ALIGNMENT: usize = 64;
/// The extra field that zipalign defines to move a member to an aligned place.
const ALIGNMENT_FIELD: ExtraFieldId = ExtraFieldId::new(0xd935);

/// An archive of arrays.
#[derive(Debug)]
pub struct NpzFile {
    path: String,
    file: Arc<File>,
    members: Vec<Member>,
    by_name: HashMap<String, usize>,
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
    /// Where its bytes start, if its own header makes sense.
    start: Result<u64>,
}

impl Member {
    fn new(entry: &ZipFileHeaderRecord) -> Member {
        let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        Member {
            name: path.strip_suffix(".npy").unwrap_or(&path).to_owned(),
            stored_bytes: entry.compressed_size_hint(),
            plain_bytes: entry.uncompressed_size_hint(),
            method: entry.compression_method(),
            encrypted: entry.flags().is_encrypted(),
            crc: entry.crc32(),
            start: Ok(0),
        }
    }

    /// How the bytes are encoded, once it is plausible what the directory says of them.
    fn encoding(&self, label: &str) -> Result<Encoding> {
        let refuse = |what: String| Error::new(ErrorKind::Unsupported, format!("{label}: {what}"));
        if self.encrypted {
            return Err(refuse("encrypted members are not supported".to_owned()));
        }
        let (encoding, range) = match self.method {
            CompressionMethod::STORE => (Encoding::Stored, self.stored_bytes..=self.stored_bytes),
            CompressionMethod::DEFLATE => (Encoding::Deflated, 0..=self.stored_bytes.saturating_mul(MOST_INFLATION)),
            other => return Err(refuse(format!("compression method {} is not supported", other.as_u16()))),
        };
        if !range.contains(&self.plain_bytes) {
            let what = format!("{} bytes do not come of {} in the archive", self.plain_bytes, self.stored_bytes);
            return Err(format_error(label, "size", what));
        }
        Ok(encoding)
    }
}

impl NpzFile {
    /// Opens an archive; only its directory is read. Of members of the same name the last one counts, as for NumPy.
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
        let (mut members, mut by_name) = (Vec::<Member>::new(), HashMap::new());
        let mut ways = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(broken)? {
            let (member, way) = (Member::new(&entry), entry.wayfinder());
            match by_name.entry(member.name.clone()) {
                Entry::Occupied(known) => (members[*known.get()], ways[*known.get()]) = (member, way),
                Entry::Vacant(new) => {
                    new.insert(members.len());
                    members.push(member);
                    ways.push(way);
                }
            }
        }
        for (member, way) in members.iter_mut().zip(ways) {
            let label = format!("{name}[{}]", member.name);
            let place = archive.get_entry(way).map(|entry| entry.compressed_data_range());
            member.start = place.map_err(|e| format_error(&label, "zip member header", e)).and_then(|(start, end)| {
                let inside = end <= size && end - start == member.stored_bytes;
                let what = format_args!("its bytes at {start}..{end} are not in the file of {size} bytes");
                if inside { Ok(start) } else { Err(format_error(&label, "zip directory", what)) }
            });
        }
        Ok(NpzFile { path: name, file: shared, members, by_name })
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
        let known = |name: &str| self.by_name.get(name).map(|&at| &self.members[at]);
        let member = known(name).or_else(|| known(name.strip_suffix(".npy")?)).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            Error::new(ErrorKind::Index, format!("{}: no member {name:?}, there are {names:?}", self.path))
        })?;
        let label = format!("{}[{}]", self.path, member.name);
        let encoding = member.encoding(&label)?;
        let region = Region { file: self.file.clone(), start: member.start.clone()?, len: member.stored_bytes };
        let encoded = Encoded { name: label, region, encoding, plain: member.plain_bytes, crc: Some(member.crc) };
        NpyFile::open(encoded, false)
    }
}

/// Writes arrays as stored members of an archive, each at an aligned place, so that it can be mapped.
///
/// # Errors
/// [`ErrorKind::Value`] for a name given twice, [`ErrorKind::Io`]; what was under the path before is still there then.
pub fn savez(path: &Path, arrays: &[(String, Array)]) -> Result<()> {
    write_archive(path, arrays, false)
}

/// Writes arrays as deflated members of an archive.
///
/// # Errors
/// As [`savez`].
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
    let _charge = compress.then(|| Memory::current().charge(DEFLATER, "deflate")).transpose()?;
    let out = BufWriter::new(temporary.file.try_clone().map_err(|e| at(path, e))?);
    let mut archive = ZipArchiveWriter::new(out);
    for (name, array) in arrays {
        write_member(&mut archive, &format!("{name}.npy"), array, compress).map_err(|e| e.context(path.display()))?;
    }
    let mut out = archive.finish().map_err(zip)?;
    out.flush().map_err(|e| at(path, e))?;
    drop(out);
    temporary.commit()
}

fn write_member(archive: &mut ZipArchiveWriter<impl Write>, name: &str, array: &Array, compress: bool) -> Result<()> {
    let zip = |e: rawzip::Error| Error::new(ErrorKind::Io, e.to_string());
    if compress {
        let file = archive.new_file(name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().map_err(zip)?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
        write_array(&mut writer, array)?;
        let (encoder, descriptor) = writer.finish().map_err(zip)?;
        encoder.finish()?;
        entry.finish(descriptor).map_err(zip)?;
    } else {
        let padding = alignment_field(archive.stream_offset(), name);
        let file = archive.new_file(name).extra_field(ALIGNMENT_FIELD, &padding, Header::LOCAL).map_err(zip)?;
        let (mut entry, config) = file.start().map_err(zip)?;
        let mut writer = config.wrap(&mut entry);
        write_array(&mut writer, array)?;
        let descriptor = writer.finish().map_err(zip)?.1;
        entry.finish(descriptor).map_err(zip)?;
    }
    Ok(())
}

/// What the alignment field of a member holds: the alignment, and zeros as far as its first byte must be moved.
fn alignment_field(offset: u64, name: &str) -> Vec<u8> {
    const LOCAL_HEADER: usize = 30;
    const FIELD_HEADER: usize = 4;
    let start = (offset % ALIGNMENT as u64) as usize + LOCAL_HEADER + name.len() + FIELD_HEADER + 2;
    let mut field = (ALIGNMENT as u16).to_le_bytes().to_vec();
    field.resize(2 + start.next_multiple_of(ALIGNMENT) - start, 0);
    field
}
