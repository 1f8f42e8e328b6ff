//! The capture format, version 2: bytes and records, without any policy.
//!
//! ```text
//! file    = MAGIC  version: u16  header: chunk of JSON  chunk*
//! chunk   = MARK  length: u32  checksum of payload: u32  checksum of the 12 bytes before: u32  payload
//! payload = time: varint  record*          (nanoseconds since the recording started)
//! record  = kind: u8  time since the last one: varint  fields: varints and strings
//! ```
//!
//! A site is a place in the program, or a stack of them: frames from the outermost to the innermost, one to a line. A large
//! block's number is its address. All numbers are little-endian. Chunks carry their length and two checksums, so that a reader stops cleanly where the
//! file was cut, and finds the next chunk after damage by looking for the mark. Later versions may add kinds of records;
//! a reader must know every kind of the version that it accepts. Version 2 added copies, the pool, its map and pins to
//! version 1, which is still read.

use serde::{Deserialize, Serialize};

/// The first bytes of a capture: not text, and changed by a transfer that takes it for text.
pub const MAGIC: [u8; 8] = *b"\x89metes\r\n";
/// The version that this crate writes; it reads this and all before.
pub const VERSION: u16 = 2;
/// The first bytes of a chunk.
pub const MARK: [u8; 4] = *b"\xC3chk";
/// Bytes before a chunk's payload.
pub const HEAD: usize = 16;
/// The longest payload that a reader accepts.
pub const MAX_PAYLOAD: usize = 1 << 18;

/// What a capture says about its program, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// The version of Metes that wrote it.
    pub metes: String,
    /// The program and its arguments.
    pub program: String,
    /// The process.
    pub pid: u32,
    /// Milliseconds since 1970.
    pub started_unix_ms: u64,
    /// The limit when the recording started, in bytes.
    pub limit: Option<u64>,
    /// Bytes that were live when the recording started.
    pub live_before: u64,
    /// Blocks below this size are counted by group, not recorded one by one.
    pub small_below: u64,
}

/// Who holds blocks: what the tag of a block says, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// The operation that made them.
    pub op: String,
    /// Where in the user's program.
    pub site: String,
    /// The budget scope that is charged.
    pub scope: String,
    /// The element type's name.
    pub dtype: String,
}

impl Group {
    /// The frames of the site, the outermost first; none where it is not known.
    pub fn frames(&self) -> impl Iterator<Item = &str> {
        frames(&self.site)
    }

    /// The innermost frame of the site, or the operation where the site is not known.
    pub fn label(&self) -> &str {
        self.frames().last().unwrap_or(&self.op)
    }
}

/// The frames of a site, the outermost first; none where it is empty.
pub fn frames(site: &str) -> impl Iterator<Item = &str> {
    site.split('\n').filter(|frame| !frame.is_empty())
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Names a group for the records that follow.
    Group {
        /// The number that later records use.
        id: u64,
        /// What it stands for.
        group: Group,
    },
    /// A large block was handed out.
    Take {
        /// The block.
        id: u64,
        /// Its bytes.
        size: u64,
        /// Who holds it.
        group: u64,
        /// Live bytes afterwards.
        live: u64,
    },
    /// A large block came back.
    Give {
        /// The block.
        id: u64,
        /// Live bytes afterwards.
        live: u64,
    },
    /// What small blocks did since the last tick, and how the process stands.
    Tick {
        /// Live bytes now.
        live: u64,
        /// The most live bytes since the last tick.
        most: u64,
        /// Small blocks handed out since the last tick.
        takes: u64,
        /// Small blocks that came back since the last tick.
        gives: u64,
        /// Bytes of the small blocks handed out.
        taken: u64,
        /// Physical memory of the process in bytes; 0 where it was not looked at.
        rss: u64,
    },
    /// What a group holds in small blocks now.
    Small {
        /// The group.
        group: u64,
        /// Bytes.
        bytes: u64,
        /// Blocks.
        count: u64,
    },
    /// What was copied for a reason at a place since the recording started.
    Copies {
        /// The place.
        site: String,
        /// The reason's name.
        reason: String,
        /// Bytes.
        bytes: u64,
        /// Copies.
        count: u64,
    },
    /// How the pool stands.
    Pool {
        /// Bytes taken from the system.
        reserved: u64,
        /// Bytes of them that wait to be handed out again.
        cached: u64,
        /// The limit in bytes.
        limit: Option<u64>,
    },
    /// Where the pool's bytes lie; large live blocks are known by their own records.
    Map {
        /// Live bytes at that moment.
        live: u64,
        /// Bytes of runs that were too many to be listed.
        left_out: u64,
        /// The runs, in the order of their addresses.
        runs: Vec<MapRun>,
    },
    /// A small view that kept a large block alive.
    Pinned {
        /// Who held the view.
        holder: String,
        /// Bytes of the view.
        view: u64,
        /// Bytes of the block.
        block: u64,
    },
    /// The recording ended as it should.
    End {
        /// Records that were not written because the capture was full or the disk too slow.
        dropped: u64,
    },
}

/// Adjacent bytes of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapRun {
    /// The address.
    pub start: u64,
    /// Bytes.
    pub bytes: u64,
    /// 0: in use, 1: free, 2: a large block that waits to be handed out again.
    pub state: u8,
}

/// Runs that one record may hold, so that it fits a chunk.
pub const MAX_RUNS: usize = 8192;

const GROUP: u8 = 1;
const TAKE: u8 = 2;
const GIVE: u8 = 3;
const TICK: u8 = 4;
const SMALL: u8 = 5;
const END: u8 = 6;
const COPIES: u8 = 7;
const POOL: u8 = 8;
const MAP: u8 = 9;
const PINNED: u8 = 10;

impl Record {
    /// Appends the record, `later` nanoseconds after the one before.
    pub fn encode(&self, later: u64, out: &mut Vec<u8>) {
        let mut put = |kind: u8, fields: &[u64]| {
            out.push(kind);
            put_varint(later, out);
            fields.iter().for_each(|field| put_varint(*field, out));
        };
        match self {
            Record::Group { id, group } => {
                put(GROUP, &[*id]);
                for text in [&group.op, &group.site, &group.scope, &group.dtype] {
                    put_text(text, out);
                }
            }
            Record::Take { id, size, group, live } => put(TAKE, &[*id, *size, *group, *live]),
            Record::Give { id, live } => put(GIVE, &[*id, *live]),
            Record::Tick { live, most, takes, gives, taken, rss } => {
                put(TICK, &[*live, *most, *takes, *gives, *taken, *rss]);
            }
            Record::Small { group, bytes, count } => put(SMALL, &[*group, *bytes, *count]),
            Record::Copies { site, reason, bytes, count } => {
                put(COPIES, &[*bytes, *count]);
                [site, reason].iter().for_each(|text| put_text(text, out));
            }
            Record::Pool { reserved, cached, limit } => {
                put(POOL, &[*reserved, *cached, limit.map_or(0, |limit| limit.saturating_add(1))]);
            }
            Record::Map { live, left_out, runs } => {
                put(MAP, &[*live, *left_out, runs.len() as u64]);
                put_runs(runs, out);
            }
            Record::Pinned { holder, view, block } => {
                put(PINNED, &[*view, *block]);
                put_text(holder, out);
            }
            Record::End { dropped } => put(END, &[*dropped]),
        }
    }

    /// Takes the next record off `input`, with its time since the one before; `None` where the bytes make no sense.
    pub fn decode(input: &mut &[u8]) -> Option<(u64, Record)> {
        let (kind, rest) = input.split_first()?;
        *input = rest;
        let later = varint(input)?;
        let record = match *kind {
            GROUP => Record::Group {
                id: varint(input)?,
                group: Group { op: text(input)?, site: text(input)?, scope: text(input)?, dtype: text(input)? },
            },
            TAKE => {
                Record::Take { id: varint(input)?, size: varint(input)?, group: varint(input)?, live: varint(input)? }
            }
            GIVE => Record::Give { id: varint(input)?, live: varint(input)? },
            TICK => Record::Tick {
                live: varint(input)?,
                most: varint(input)?,
                takes: varint(input)?,
                gives: varint(input)?,
                taken: varint(input)?,
                rss: varint(input)?,
            },
            SMALL => Record::Small { group: varint(input)?, bytes: varint(input)?, count: varint(input)? },
            COPIES => {
                let (bytes, count) = (varint(input)?, varint(input)?);
                Record::Copies { bytes, count, site: text(input)?, reason: text(input)? }
            }
            POOL => {
                let (reserved, cached) = (varint(input)?, varint(input)?);
                Record::Pool { reserved, cached, limit: varint(input)?.checked_sub(1) }
            }
            MAP => Record::Map { live: varint(input)?, left_out: varint(input)?, runs: runs(input)? },
            PINNED => {
                let (view, block) = (varint(input)?, varint(input)?);
                Record::Pinned { view, block, holder: text(input)? }
            }
            END => Record::End { dropped: varint(input)? },
            _ => return None,
        };
        Some((later, record))
    }
}

/// A payload in its frame.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    debug_assert!(payload.len() <= MAX_PAYLOAD, "a payload of {} bytes cannot be read back", payload.len());
    let mut chunk = Vec::with_capacity(HEAD + payload.len());
    chunk.extend(MARK);
    chunk.extend((payload.len() as u32).to_le_bytes());
    chunk.extend(checksum(payload).to_le_bytes());
    chunk.extend(checksum(&chunk).to_le_bytes());
    chunk.extend(payload);
    chunk
}

/// The length and the checksum of the payload that a head announces; `None` where it is no head.
pub fn parse_head(head: &[u8; HEAD]) -> Option<(usize, u32)> {
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(4) as usize;
    (head[..4] == MARK && word(12) == checksum(&head[..12]) && length <= MAX_PAYLOAD).then(|| (length, word(8)))
}

/// Appends an unsigned number, seven bits to a byte, the lowest first.
pub fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number off `input`.
pub fn varint(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        let bits = u64::from(byte & 0x7F);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Runs as the gap before each, and its bytes with the state in the lowest two bits.
fn put_runs(runs: &[MapRun], out: &mut Vec<u8>) {
    let mut end = 0;
    for run in runs {
        put_varint(run.start.wrapping_sub(end), out);
        put_varint(run.bytes << 2 | u64::from(run.state), out);
        end = run.start.wrapping_add(run.bytes);
    }
}

fn runs(input: &mut &[u8]) -> Option<Vec<MapRun>> {
    let count = usize::try_from(varint(input)?).ok().filter(|count| *count <= MAX_RUNS)?;
    let mut end = 0u64;
    let mut next = || {
        let start = end.wrapping_add(varint(input)?);
        let word = varint(input)?;
        let run = MapRun { start, bytes: word >> 2, state: (word & 3) as u8 };
        end = start.wrapping_add(run.bytes);
        Some(run)
    };
    (0..count).map(|_| next()).collect()
}

/// The longest string in a record. Of longer ones the end is kept: of a stack that is where the array was made.
const MAX_TEXT: usize = 4096;

fn put_text(text: &str, out: &mut Vec<u8>) {
    let text = &text[text.ceil_char_boundary(text.len().saturating_sub(MAX_TEXT))..];
    put_varint(text.len() as u64, out);
    out.extend(text.as_bytes());
}

fn text(input: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(varint(input)?).ok()?;
    let (bytes, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// CRC-32 as in zip, gzip and PNG (reflected polynomial 0xEDB88320).
pub fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut crc, mut bit) = (index as u32, 0);
        while bit < 8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, 1 << 35, u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(number, &mut bytes);
            assert_eq!(varint(&mut bytes.as_slice()), Some(number));
        }
        assert_eq!(varint(&mut [0xFF; 10].as_slice()), None, "more than 64 bits");
        assert_eq!(varint(&mut [0x80].as_slice()), None, "cut");
    }

    #[test]
    fn records_come_back() {
        let group = Group { op: "add".into(), site: "a.py:3 é".into(), scope: "load".into(), dtype: "float64".into() };
        let run = |start, bytes, state| MapRun { start, bytes, state };
        let records = [
            Record::Group { id: 7, group },
            Record::Take { id: u64::MAX, size: 1 << 40, group: 7, live: 5 },
            Record::Give { id: 3, live: 0 },
            Record::Tick { live: 1, most: 2, takes: 3, gives: 4, taken: 5, rss: 6 },
            Record::Small { group: 7, bytes: 100, count: 2 },
            Record::Copies { site: "a.py:1 f\nb.py:2 g".into(), reason: "cast".into(), bytes: 9, count: 1 },
            Record::Pool { reserved: 4, cached: 3, limit: None },
            Record::Pool { reserved: 4, cached: 3, limit: Some(0) },
            Record::Map {
                live: 3,
                left_out: 0,
                runs: vec![run(4096, 64, 0), run(4160, 1 << 40, 2), run(1 << 50, 1, 1)],
            },
            Record::Pinned { holder: "x in f".into(), view: 80, block: 1 << 20 },
            Record::End { dropped: 9 },
        ];
        let mut bytes = Vec::new();
        records.iter().enumerate().for_each(|(later, record)| record.encode(later as u64, &mut bytes));
        let mut input = bytes.as_slice();
        for (later, record) in records.into_iter().enumerate() {
            assert_eq!(Record::decode(&mut input), Some((later as u64, record)));
        }
        assert!(input.is_empty());
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let mut bytes = Vec::new();
        put_text(&"é".repeat(MAX_TEXT), &mut bytes);
        assert_eq!(text(&mut bytes.as_slice()).unwrap().len(), MAX_TEXT);
        bytes.clear();
        put_text(&("é".repeat(MAX_TEXT) + "x"), &mut bytes);
        assert_eq!(text(&mut bytes.as_slice()).unwrap().len(), MAX_TEXT - 1, "at a character");
    }
}
