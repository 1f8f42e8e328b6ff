//! Vectors of keys in the registers of AVX2.

use super::vector::Vector;
use std::arch::x86_64::*;

/// Eight keys of 32 bits.
#[derive(Clone, Copy)]
pub(super) struct Narrow(__m256i);

/// Four keys of 64 bits.
#[derive(Clone, Copy)]
pub(super) struct Wide(__m256i);

/// For each set of lanes that are to go last: where each 32 bits of a vector come from.
const fn orders<const SETS: usize>(lanes: usize) -> [[u8; 8]; SETS] {
    let mut orders = [[0; 8]; SETS];
    let each = 8 / lanes;
    let mut set = 0;
    while set < SETS {
        let (mut to, mut last) = (0, 0);
        while last < 2 {
            let mut lane = 0;
            while lane < lanes {
                if set >> lane & 1 == last {
                    let mut part = 0;
                    while part < each {
                        orders[set][to] = (lane * each + part) as u8;
                        to += 1;
                        part += 1;
                    }
                }
                lane += 1;
            }
            last += 1;
        }
        set += 1;
    }
    orders
}
static NARROW: [[u8; 8]; 256] = orders(8);
static WIDE: [[u8; 8]; 16] = orders(4);

/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn in_order(x: __m256i, order: &[u8; 8]) -> __m256i {
    // SAFETY: the caller's promise; eight bytes are read.
    unsafe { _mm256_permutevar8x32_epi32(x, _mm256_cvtepu8_epi32(_mm_loadl_epi64(order.as_ptr().cast()))) }
}

impl Vector for Narrow {
    type Key = i32;
    const LANES: usize = 8;
    #[inline(always)]
    unsafe fn splat(key: i32) -> Narrow {
        // SAFETY: the caller's promise.
        Narrow(unsafe { _mm256_set1_epi32(key) })
    }
    #[inline(always)]
    unsafe fn load(from: *const i32) -> Narrow {
        // SAFETY: the caller's promise.
        Narrow(unsafe { _mm256_loadu_si256(from.cast()) })
    }
    #[inline(always)]
    unsafe fn load_some(n: usize, from: *const i32) -> Narrow {
        // SAFETY: the caller's promise; lanes beyond are not read.
        unsafe {
            let n = n.min(8) as i32;
            let there = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            Narrow(_mm256_blendv_epi8(_mm256_set1_epi32(i32::MAX), _mm256_maskload_epi32(from, there), there))
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut i32) {
        // SAFETY: a vector exists, and so do its registers; the room is the caller's promise.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }
    #[inline(always)]
    fn sort(self, other: Narrow) -> (Narrow, Narrow) {
        // SAFETY: a vector exists, and so do its registers.
        unsafe { (Narrow(_mm256_min_epi32(self.0, other.0)), Narrow(_mm256_max_epi32(self.0, other.0))) }
    }
    #[inline(always)]
    fn exceeds(self, other: Narrow) -> bool {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let larger = _mm256_cmpgt_epi32(self.0, other.0);
            _mm256_testz_si256(larger, larger) == 0
        }
    }
    #[inline(always)]
    fn part(self, at: Narrow) -> (Narrow, usize) {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let larger = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(self.0, at.0)));
            (Narrow(in_order(self.0, &NARROW[larger as usize & 255])), 8 - larger.count_ones() as usize)
        }
    }
    #[inline(always)]
    fn reverse<const GROUP: usize>(self) -> Narrow {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            Narrow(match GROUP {
                2 => _mm256_shuffle_epi32::<0b10_11_00_01>(self.0),
                4 => _mm256_shuffle_epi32::<0b00_01_10_11>(self.0),
                _ => _mm256_permute4x64_epi64::<0b01_00_11_10>(_mm256_shuffle_epi32::<0b00_01_10_11>(self.0)),
            })
        }
    }
    #[inline(always)]
    fn exchange<const DISTANCE: usize>(self) -> Narrow {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            Narrow(match DISTANCE {
                1 => _mm256_shuffle_epi32::<0b10_11_00_01>(self.0),
                _ => _mm256_shuffle_epi32::<0b01_00_11_10>(self.0),
            })
        }
    }
    #[inline(always)]
    fn transpose(rows: [Narrow; 8]) -> [Narrow; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let (ab, ab_high) = (_mm256_unpacklo_epi32(a.0, b.0), _mm256_unpackhi_epi32(a.0, b.0));
            let (cd, cd_high) = (_mm256_unpacklo_epi32(c.0, d.0), _mm256_unpackhi_epi32(c.0, d.0));
            let (ef, ef_high) = (_mm256_unpacklo_epi32(e.0, f.0), _mm256_unpackhi_epi32(e.0, f.0));
            let (gh, gh_high) = (_mm256_unpacklo_epi32(g.0, h.0), _mm256_unpackhi_epi32(g.0, h.0));
            let (a, b) = (_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
            let (c, d) = (_mm256_unpacklo_epi64(ab_high, cd_high), _mm256_unpackhi_epi64(ab_high, cd_high));
            let (e, f) = (_mm256_unpacklo_epi64(ef, gh), _mm256_unpackhi_epi64(ef, gh));
            let (g, h) = (_mm256_unpacklo_epi64(ef_high, gh_high), _mm256_unpackhi_epi64(ef_high, gh_high));
            let low = [
                _mm256_permute2x128_si256::<0x20>(a, e),
                _mm256_permute2x128_si256::<0x20>(b, f),
                _mm256_permute2x128_si256::<0x20>(c, g),
                _mm256_permute2x128_si256::<0x20>(d, h),
            ];
            let high = [
                _mm256_permute2x128_si256::<0x31>(a, e),
                _mm256_permute2x128_si256::<0x31>(b, f),
                _mm256_permute2x128_si256::<0x31>(c, g),
                _mm256_permute2x128_si256::<0x31>(d, h),
            ];
            [
                Narrow(low[0]),
                Narrow(low[1]),
                Narrow(low[2]),
                Narrow(low[3]),
                Narrow(high[0]),
                Narrow(high[1]),
                Narrow(high[2]),
                Narrow(high[3]),
            ]
        }
    }
    #[inline(always)]
    fn join<const HALF: usize>(self, other: Narrow) -> Narrow {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            Narrow(match HALF {
                1 => _mm256_blend_epi32::<0b10101010>(self.0, other.0),
                2 => _mm256_blend_epi32::<0b11001100>(self.0, other.0),
                _ => _mm256_blend_epi32::<0b11110000>(self.0, other.0),
            })
        }
    }
}

impl Vector for Wide {
    type Key = i64;
    const LANES: usize = 4;
    #[inline(always)]
    unsafe fn splat(key: i64) -> Wide {
        // SAFETY: the caller's promise.
        Wide(unsafe { _mm256_set1_epi64x(key) })
    }
    #[inline(always)]
    unsafe fn load(from: *const i64) -> Wide {
        // SAFETY: the caller's promise.
        Wide(unsafe { _mm256_loadu_si256(from.cast()) })
    }
    #[inline(always)]
    unsafe fn load_some(n: usize, from: *const i64) -> Wide {
        // SAFETY: the caller's promise; lanes beyond are not read.
        unsafe {
            let there = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3));
            Wide(_mm256_blendv_epi8(_mm256_set1_epi64x(i64::MAX), _mm256_maskload_epi64(from, there), there))
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut i64) {
        // SAFETY: a vector exists, and so do its registers; the room is the caller's promise.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }
    #[inline(always)]
    fn sort(self, other: Wide) -> (Wide, Wide) {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let larger = _mm256_castsi256_pd(_mm256_cmpgt_epi64(self.0, other.0));
            let (a, b) = (_mm256_castsi256_pd(self.0), _mm256_castsi256_pd(other.0));
            let pick = |a, b| Wide(_mm256_castpd_si256(_mm256_blendv_pd(a, b, larger)));
            (pick(a, b), pick(b, a))
        }
    }
    #[inline(always)]
    fn exceeds(self, other: Wide) -> bool {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let larger = _mm256_cmpgt_epi64(self.0, other.0);
            _mm256_testz_si256(larger, larger) == 0
        }
    }
    #[inline(always)]
    fn part(self, at: Wide) -> (Wide, usize) {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let larger = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(self.0, at.0)));
            (Wide(in_order(self.0, &WIDE[larger as usize & 15])), 4 - larger.count_ones() as usize)
        }
    }
    #[inline(always)]
    fn reverse<const GROUP: usize>(self) -> Wide {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            Wide(match GROUP {
                2 => _mm256_shuffle_epi32::<0b01_00_11_10>(self.0),
                _ => _mm256_permute4x64_epi64::<0b00_01_10_11>(self.0),
            })
        }
    }
    #[inline(always)]
    fn exchange<const DISTANCE: usize>(self) -> Wide {
        self.reverse::<2>()
    }
    #[inline(always)]
    fn transpose(rows: [Wide; 8]) -> [Wide; 8] {
        let [a, b, c, d, ..] = rows;
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            let (ab, ab_high) = (_mm256_unpacklo_epi64(a.0, b.0), _mm256_unpackhi_epi64(a.0, b.0));
            let (cd, cd_high) = (_mm256_unpacklo_epi64(c.0, d.0), _mm256_unpackhi_epi64(c.0, d.0));
            let mut turned = rows;
            turned[0] = Wide(_mm256_permute2x128_si256::<0x20>(ab, cd));
            turned[1] = Wide(_mm256_permute2x128_si256::<0x20>(ab_high, cd_high));
            turned[2] = Wide(_mm256_permute2x128_si256::<0x31>(ab, cd));
            turned[3] = Wide(_mm256_permute2x128_si256::<0x31>(ab_high, cd_high));
            turned
        }
    }
    #[inline(always)]
    fn join<const HALF: usize>(self, other: Wide) -> Wide {
        // SAFETY: a vector exists, and so do its registers.
        unsafe {
            Wide(match HALF {
                1 => _mm256_blend_epi32::<0b11001100>(self.0, other.0),
                _ => _mm256_blend_epi32::<0b11110000>(self.0, other.0),
            })
        }
    }
}
