//! Text and bytes as they lie: compared, hashed and searched across widths and byte orders, with nothing converted.

use metes_dtype::{DType, Form};
use std::cmp::Ordering;

/// How elements of one dtype are words: their characters are numbers, and zeros at the end are none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    chars: usize,
    spelling: Spelling,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Bytes,
    Native,
    Swapped,
}

impl Words {
    /// The words of a dtype of text or bytes, raw ones too.
    pub(crate) fn of(dtype: DType) -> Option<Words> {
        let (chars, spelling) = match dtype.form() {
            Form::Bytes(chars) | Form::Void(chars) => (chars, Spelling::Bytes),
            Form::Text { chars, swapped: false } => (chars, Spelling::Native),
            Form::Text { chars, swapped: true } => (chars, Spelling::Swapped),
            _ => return None,
        };
        Some(Words { chars: chars as usize, spelling })
    }

    /// A character of the element at a place; zero behind its last.
    ///
    /// # Safety
    /// An element of the dtype may be read there.
    #[inline]
    unsafe fn char(self, at: *const u8, place: usize) -> u32 {
        if place >= self.chars {
            return 0;
        }
        // SAFETY: the caller's promise; the place lies within the element, whose parts need not be aligned.
        unsafe {
            match self.spelling {
                Spelling::Bytes => u32::from(*at.add(place)),
                Spelling::Native => at.cast::<u32>().add(place).read_unaligned(),
                Spelling::Swapped => at.cast::<u32>().add(place).read_unaligned().swap_bytes(),
            }
        }
    }

    /// How the element at one place and that of other words at another follow each other.
    ///
    /// # Safety
    /// Elements of both dtypes may be read there.
    #[inline]
    pub(crate) unsafe fn compare(self, at: *const u8, others: Words, other: *const u8) -> Ordering {
        let both = self.chars.min(others.chars);
        // SAFETY: the caller's promise; what both have lies within each.
        let start = unsafe {
            match (self.spelling, others.spelling) {
                (Spelling::Bytes, Spelling::Bytes) => {
                    std::slice::from_raw_parts(at, both).cmp(std::slice::from_raw_parts(other, both))
                }
                (Spelling::Native, Spelling::Native) => {
                    let char = |at: *const u8, place: usize| at.cast::<u32>().add(place).read_unaligned();
                    in_order(0..both, |place| (char(at, place), char(other, place)))
                }
                _ => in_order(0..both, |place| (self.char(at, place), others.char(other, place))),
            }
        };
        start.then_with(|| {
            // SAFETY: the caller's promise.
            let char = |place| unsafe { (self.char(at, place), others.char(other, place)) };
            in_order(both..self.chars.max(others.chars), char)
        })
    }

    /// A number that equal words of all widths and byte orders share.
    ///
    /// # Safety
    /// An element of the dtype may be read there.
    #[inline]
    pub(crate) unsafe fn hash(self, at: *const u8) -> u64 {
        let (mut hash, mut zeros) = (0x9e37_79b9_7f4a_7c15u64, 0);
        for place in 0..self.chars {
            // SAFETY: the caller's promise.
            let char = unsafe { self.char(at, place) };
            if char == 0 {
                // Those at the end are no part of the word.
                zeros += 1;
                continue;
            }
            hash = (hash ^ u64::from(char) ^ (zeros << 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            hash ^= hash >> 29;
            zeros = 0;
        }
        hash ^ hash >> 32
    }

    /// A number that is not larger than that of any word which follows: one byte for each of the first four characters, of
    /// which those from 255 on are not told apart, nor is what comes after them.
    ///
    /// # Safety
    /// An element of the dtype may be read there.
    #[inline]
    pub(crate) unsafe fn start(self, at: *const u8) -> u32 {
        let mut bytes = [0; 4];
        for (place, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let char = unsafe { self.char(at, place) };
            *byte = char.min(255) as u8;
            if char >= 255 && self.spelling != Spelling::Bytes {
                break;
            }
        }
        u32::from_be_bytes(bytes)
    }
}

/// How two words follow each other that have these characters at these places.
#[inline(always)]
fn in_order(places: std::ops::Range<usize>, chars: impl Fn(usize) -> (u32, u32)) -> Ordering {
    let mut each = places.map(chars);
    each.find(|(a, b)| a != b).map_or(Ordering::Equal, |(a, b)| a.cmp(&b))
}
