//! What the processor can do: asked once, and known to every loop from then on.
//!
//! A loop is compiled for the processors that every build runs on, and again for those with AVX2 and FMA; other families
//! (NEON) have what it takes from the start. It is the same source each time, and no result depends on which of them
//! ran: nothing is contracted or reordered, and `mul_add` is one rounding everywhere.

use std::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const BASE: u8 = 1;
const AVX2: u8 = 2;

static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Whether loops compiled for AVX2 and FMA may run.
#[inline(always)]
pub(crate) fn has_vectors() -> bool {
    match LEVEL.load(Ordering::Relaxed) {
        UNKNOWN => detect() == AVX2,
        level => level == AVX2,
    }
}

#[cold]
fn detect() -> u8 {
    let level = if supports_avx2() { AVX2 } else { BASE };
    LEVEL.store(level, Ordering::Relaxed);
    level
}

#[cfg(target_arch = "x86_64")]
fn supports_avx2() -> bool {
    let has_vectors = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let has_bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
    has_vectors && has_bits && is_x86_feature_detected!("lzcnt")
}

#[cfg(not(target_arch = "x86_64"))]
fn supports_avx2() -> bool {
    false
}

/// Has all loops run as on a processor without extensions, or again as on this one: for tests of what must not differ.
#[doc(hidden)]
pub fn restrict(restricted: bool) {
    if restricted {
        LEVEL.store(BASE, Ordering::Relaxed);
    } else {
        detect();
    }
}
