//! What every [`Source`] must do, as a body of checks for whoever writes one.
//!
//! ```
//! use metes_memory::{Pool, System, testing};
//! use std::sync::Arc;
//! testing::conform("pool over system", &|| Arc::new(Pool::new(Arc::new(System), 1 << 20)));
//! ```

use crate::{Block, Request, Source};
use std::sync::Arc;

/// Makes the source under test, fresh each time.
pub type Make<'a> = &'a (dyn Fn() -> Arc<dyn Source> + Sync);

/// Sizes at which sources tend to change their ways.
pub const SIZES: &[usize] =
    &[0, 1, 63, 64, 65, 511, 513, 1000, 4096, 32 << 10, (32 << 10) + 1, 1 << 20, (1 << 20) + 1, 5 << 20];

/// Runs all checks on sources that have room for at least 64 MiB.
///
/// # Panics
/// Where a check fails; the message has `name` and what is wrong.
pub fn conform(name: &str, make: Make<'_>) {
    fits(name, &*make());
    refuses_the_impossible(name, &*make());
    crosses_threads(name, &*make());
    comes_back(name, &*make());
    remaps(name, &*make());
    (0..3).for_each(|seed| trace(name, &*make(), seed, 150));
}

/// Numbers that look random, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end as u64) as usize
    }

    /// A size: small ones often, large ones seldom.
    pub fn size(&mut self) -> usize {
        match self.below(16) {
            0 => SIZES[self.below(SIZES.len())],
            1 => self.below(3 << 20),
            2..6 => self.below(100_000),
            _ => self.below(4000),
        }
    }
}

/// The bytes of a block.
#[allow(clippy::mut_from_ref)]
fn bytes(block: &Block) -> &mut [u8] {
    // SAFETY: the block is the check's alone, and every byte of it has a value.
    unsafe { std::slice::from_raw_parts_mut(block.ptr.as_ptr(), block.size) }
}

fn give(source: &dyn Source, block: Block) {
    // SAFETY: every block here goes back to the source that it came from, and is not used afterwards.
    unsafe { source.give(block) }
}

fn take(name: &str, source: &dyn Source, request: &Request) -> Block {
    let block = source.take(request).unwrap_or_else(|error| panic!("{name}: {}: {error}", request.size));
    assert_eq!(block.size, request.size, "{name}: a block has the size that was asked for");
    assert!(block.reserved >= block.size, "{name}: {} bytes are set aside for {}", block.reserved, block.size);
    assert_eq!(block.ptr.as_ptr() as usize % request.align, 0, "{name}: {}: misaligned", request.size);
    block
}

/// Blocks are aligned, large enough, and zero where they must be, however often they were used.
fn fits(name: &str, source: &dyn Source) {
    for round in 0..2 {
        for &size in SIZES {
            for align in [64, 4096] {
                let block = take(name, source, &Request::new(size, "fits").zeroed().align(align));
                assert!(bytes(&block).iter().all(|&b| b == 0), "{name}: {size}: not zero in round {round}");
                bytes(&block).fill(0xab);
                give(source, block);
            }
        }
    }
    source.trim(0);
}

/// A request that no machine can fulfil is an error that names it.
fn refuses_the_impossible(name: &str, source: &dyn Source) {
    for size in [isize::MAX as usize, usize::MAX - 63, usize::MAX] {
        let error = source.take(&Request::new(size, "huge")).err();
        let error = error.unwrap_or_else(|| panic!("{name}: {size} bytes were handed out"));
        assert!(error.refusal().is_some() && error.message().contains("huge"), "{name}: {error}");
    }
    give(source, take(name, source, &Request::new(100, "after refusals")));
}

/// Blocks may be given back on any thread.
fn crosses_threads(name: &str, source: &dyn Source) {
    let (send, receive) = std::sync::mpsc::channel::<Block>();
    std::thread::scope(|scope| {
        for thread in 0..2u8 {
            let send = send.clone();
            scope.spawn(move || {
                for i in 0..1000usize {
                    let block = take(name, source, &Request::new(i * 7 % 3000, "crosses"));
                    bytes(&block).fill(thread + 1);
                    if send.send(block).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for block in receive {
            assert!(bytes(&block).windows(2).all(|w| w[0] == w[1]), "{name}: two threads share bytes");
            give(source, block);
        }
    });
}

/// What was given back can be taken again, after a trim and with blocks between that live on.
fn comes_back(name: &str, source: &dyn Source) {
    let request = |i: usize| Request::new(100 + i % 7 * 900, "comes back");
    let mut blocks: Vec<Option<Block>> = (0..1000).map(|i| Some(take(name, source, &request(i)))).collect();
    for (i, block) in blocks.iter().enumerate() {
        block.iter().for_each(|block| bytes(block).fill(i as u8));
    }
    for round in 0..2 {
        for block in blocks.iter_mut().enumerate().filter(|(i, _)| i % 50 != 0).filter_map(|(_, block)| block.take()) {
            give(source, block);
        }
        source.trim(0);
        for (i, place) in blocks.iter_mut().enumerate() {
            let block = place.get_or_insert_with(|| {
                let block = take(name, source, &request(i));
                bytes(&block).fill(i as u8);
                block
            });
            assert!(bytes(block).iter().all(|&b| b == i as u8), "{name}: contents changed by a trim, round {round}");
        }
    }
    blocks.into_iter().flatten().for_each(|block| give(source, block));
    source.trim(0);
}

/// A block that is made another size in place keeps its first bytes and what is booked; where a source cannot, or is
/// refused, the block is as it was.
fn remaps(name: &str, source: &dyn Source) {
    let sizes = [(32 << 10) + 1, 40 << 10, 1 << 20, (1 << 20) + 1, 3 << 20, 9 << 20, isize::MAX as usize];
    for from in &sizes[..sizes.len() - 1] {
        for to in sizes {
            let mut block = take(name, source, &Request::new(*from, "remaps"));
            let before = (block.ptr, block.reserved);
            bytes(&block).fill(0x5a);
            // SAFETY: the block came from this source, and only this function knows its address.
            let done = unsafe { source.remap(&mut block, &Request::new(to, "remaps")) };
            if matches!(done, Some(Ok(()))) {
                assert_eq!(block.size, to, "{name}: from {from} bytes");
                assert!(block.reserved >= to && (block.ptr.as_ptr() as usize).is_multiple_of(64), "{name}: {from}");
                bytes(&block)[*from.min(&to)..].fill(0x5a);
            } else {
                assert_eq!((block.size, block.ptr, block.reserved), (*from, before.0, before.1), "{name}: {to}");
            }
            assert!(bytes(&block).iter().all(|&b| b == 0x5a), "{name}: {from} to {to} bytes: contents changed");
            give(source, block);
        }
    }
}

/// A random trace: contents stay, nothing overlaps, and trims disturb nobody.
pub fn trace(name: &str, source: &dyn Source, seed: u64, steps: usize) {
    let mut random = Random::new(seed);
    let mut live: Vec<(Block, u8)> = Vec::new();
    let whole = |(block, mark): &(Block, u8)| bytes(block).iter().all(|b| b == mark);
    for step in 0..steps {
        match random.below(20) {
            0 => {
                source.trim(random.below(1 << 20));
            }
            1..11 if live.len() < 60 => {
                let (request, mark) = (Request::new(random.size(), "trace"), step as u8);
                let request = if random.below(3) == 0 { request.zeroed() } else { request };
                let block = take(name, source, &request);
                assert!(!request.zeroed || bytes(&block).iter().all(|&b| b == 0), "{name}: seed {seed}: not zero");
                bytes(&block).fill(mark);
                live.push((block, mark));
            }
            _ if !live.is_empty() => {
                let block = live.swap_remove(random.below(live.len()));
                assert!(whole(&block), "{name}: seed {seed}, step {step}: contents changed");
                give(source, block.0);
            }
            _ => {}
        }
    }
    for block in live {
        assert!(whole(&block), "{name}: seed {seed}: contents changed");
        give(source, block.0);
    }
}
