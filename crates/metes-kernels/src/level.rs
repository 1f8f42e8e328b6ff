//! What the processor can do: asked once, and known to every loop from then on.
//!
//! A loop is compiled for the processors that every build runs on, and again for those with AVX2 and FMA; the curves,
//! where it pays, once more for those with AVX-512. Other families (NEON) have what it takes from the start. It is the
//! same source each time, and no result depends on which of them ran: nothing is contracted or reordered, and `mul_add`
//! is one rounding everywhere.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What every processor of the family has.
    Base,
    /// AVX2, FMA and what comes with them.
    Avx2,
    /// And AVX-512 (F, BW, DQ, VL).
    Avx512,
}

/// The number of a level, plus one; 0 while nobody has asked.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// What loops may use.
#[inline(always)]
pub(crate) fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        0 => detect(),
        1 => Level::Base,
        2 => Level::Avx2,
        _ => Level::Avx512,
    }
}

/// Whether loops that are written for vectors may run: those compiled for AVX2 on one family, all of them on others.
#[inline(always)]
pub(crate) fn has_vectors() -> bool {
    level() != Level::Base || cfg!(not(target_arch = "x86_64"))
}

#[cold]
fn detect() -> Level {
    let level = supported();
    LEVEL.store(level as u8 + 1, Ordering::Relaxed);
    level
}

#[cfg(target_arch = "x86_64")]
fn supported() -> Level {
    let bits = is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    if !(bits && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
        return Level::Base;
    }
    let words = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
    if words && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl") {
        Level::Avx512
    } else {
        Level::Avx2
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn supported() -> Level {
    Level::Base
}

/// Has all loops run as on a processor with no more than this, until told otherwise: for tests of what must not differ.
#[doc(hidden)]
pub fn restrict(most: Level) {
    let level = supported();
    let level = if (most as u8) < level as u8 { most } else { level };
    LEVEL.store(level as u8 + 1, Ordering::Relaxed);
}
