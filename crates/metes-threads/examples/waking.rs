//! From how much work on a second thread pays: `cargo run --release -p metes-threads --example waking`.
//!
//! Work of some microseconds is done by one thread, and shared by two in eight tasks: right after they shared something, and
//! after a pause in which the helper fell asleep. Prints the medians, in microseconds.

use std::hint::{black_box, spin_loop};
use std::time::{Duration, Instant};

const ROUNDS: usize = 301;
const TASKS: usize = 8;

fn work(steps: usize) {
    let mut x = 1u64;
    for _ in 0..steps {
        x = black_box(x.wrapping_mul(6364136223846793005).wrapping_add(1));
    }
    black_box(x);
}

fn pause(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        spin_loop();
    }
}

/// The median time of something done after a pause each time, in microseconds.
fn median(between: Duration, each: impl Fn()) -> f64 {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            pause(between);
            let begin = Instant::now();
            each();
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2].as_secs_f64() * 1e6
}

fn main() {
    let million = median(Duration::ZERO, || work(1_000_000));
    println!("{:>8} {:>8} {:>12} {:>14}", "work", "alone", "two, awake", "two, asleep");
    for wanted in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0] {
        let steps = (1e6 * wanted / million) as usize;
        let shared = || metes_threads::share(2, TASKS, &|_, _| work(steps / TASKS));
        let alone = median(Duration::ZERO, || work(steps));
        let (awake, asleep) = (median(Duration::ZERO, shared), median(Duration::from_millis(2), shared));
        println!("{wanted:>8} {alone:>8.1} {awake:>12.1} {asleep:>14.1}");
    }
}
