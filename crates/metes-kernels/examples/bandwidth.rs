//! What the machine's memory can do, as one object of JSON: bytes per second of `c = a` and of `c = a + s*b`, with one
//! thread and with all, with usual stores and with such as go past the caches.
//!
//! After McCalpin's STREAM: arrays well beyond the caches, each value read or written once, the best of several rounds;
//! bytes counted are those that the statement names.

use std::time::Instant;

/// 256 MB each: beyond the caches of today's machines.
const LEN: usize = 32 << 20;
const ROUNDS: usize = 5;

fn main() {
    let all = std::thread::available_parallelism().map_or(1, |n| n.get());
    let (a, b, mut c) = (vec![1.0; LEN], vec![2.0; LEN], vec![0.0; LEN]);
    let mut lines = Vec::new();
    for threads in [1, all] {
        let copy = best(threads, &a, &b, &mut c, |a, _, c| c.copy_from_slice(a));
        lines.push((format!("copy, {threads} threads"), 16.0 / copy));
        let triad = best(threads, &a, &b, &mut c, triad);
        lines.push((format!("triad, {threads} threads"), 24.0 / triad));
        let past = best(threads, &a, &b, &mut c, triad_past_caches);
        lines.push((format!("triad past caches, {threads} threads"), 24.0 / past));
    }
    lines.dedup_by(|one, other| one.0 == other.0);
    let fields: Vec<String> = lines.iter().map(|(name, rate)| format!("\"{name}\": {rate:.0}")).collect();
    println!("{{{}}}", fields.join(", "));
}

/// Seconds per element in the best round.
fn best(threads: usize, a: &[f64], b: &[f64], c: &mut [f64], work: fn(&[f64], &[f64], &mut [f64])) -> f64 {
    let part = LEN.div_ceil(threads);
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for ((a, b), c) in a.chunks(part).zip(b.chunks(part)).zip(c.chunks_mut(part)) {
                scope.spawn(move || work(a, b, c));
            }
        });
        best = best.min(start.elapsed().as_secs_f64() / LEN as f64);
    }
    best
}

fn triad(a: &[f64], b: &[f64], c: &mut [f64]) {
    for ((c, a), b) in c.iter_mut().zip(a).zip(b) {
        *c = a + 3.0 * b;
    }
}

#[cfg(target_arch = "x86_64")]
fn triad_past_caches(a: &[f64], b: &[f64], c: &mut [f64]) {
    use std::arch::x86_64::{_mm_add_pd, _mm_loadu_pd, _mm_mul_pd, _mm_set1_pd, _mm_sfence, _mm_stream_pd};
    for ((c, a), b) in c.chunks_exact_mut(2).zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
        // SAFETY: two values each; large vectors and the parts of them start at multiples of 16 bytes.
        unsafe {
            let sum = _mm_add_pd(_mm_loadu_pd(a.as_ptr()), _mm_mul_pd(_mm_set1_pd(3.0), _mm_loadu_pd(b.as_ptr())));
            assert!(c.as_ptr().addr().is_multiple_of(16));
            _mm_stream_pd(c.as_mut_ptr(), sum);
        }
    }
    // SAFETY: orders the stores above before whatever the thread does next.
    unsafe { _mm_sfence() }
}

#[cfg(not(target_arch = "x86_64"))]
fn triad_past_caches(a: &[f64], b: &[f64], c: &mut [f64]) {
    triad(a, b, c);
}
