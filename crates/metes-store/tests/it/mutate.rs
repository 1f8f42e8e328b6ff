//! Seeded mutation of valid files: never a panic, never memory beyond what the file can hold.

use crate::count::counted;
use crate::path;
use metes_array::Array;
use metes_memory::{Memory, Result};
use metes_store::{NpyFile, NpzFile, load, save, savez_compressed};

/// A small generator of numbers; the seed is the test's name for them.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

fn mutate(whole: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=noise.next(4) {
        let at = noise.next(bytes.len());
        match noise.next(4) {
            0 => bytes[at] = noise.next(256) as u8,
            1 => bytes.truncate(at.max(1)),
            2 => bytes.insert(at, b'9'),
            _ => bytes[at] ^= 1 << noise.next(8),
        }
    }
    bytes
}

#[test]
fn npy_and_npz() {
    let zeros = Array::zeros(&[20, 5], metes_dtype::Kind::I32.into()).unwrap();
    let (npy, npz) = (path("seed.npy"), path("seed.npz"));
    save(&npy, &zeros).unwrap();
    savez_compressed(&npz, &[("x".to_owned(), zeros)]).unwrap();
    let (npy, npz) = (std::fs::read(npy).unwrap(), std::fs::read(npz).unwrap());
    let mut noise = Noise(7);
    let (file, archive) = (path("mutated.npy"), path("mutated.npz"));
    let memory = Memory::new();
    for _ in 0..1500 {
        memory.reset_peak();
        std::fs::write(&file, mutate(&npy, &mut noise)).unwrap();
        std::fs::write(&archive, mutate(&npz, &mut noise)).unwrap();
        let (_, _, largest) = counted(|| {
            let _ = memory.enter(|| load(&file));
            let _ = memory.enter(|| NpzFile::open(&archive).and_then(|f| f.member("x")).and_then(|m| stream(&m)));
        });
        assert!(largest <= 1 << 20, "{largest} bytes at once");
        assert!(memory.stats().peak_bytes < 1 << 20, "{} bytes", memory.stats().peak_bytes);
        assert_eq!(memory.stats().current_bytes, 0);
    }
}

/// Reads a member whole and row by row; what is read is the same.
fn stream(member: &NpyFile) -> Result<()> {
    let whole = member.read()?;
    let source = member.source()?;
    let row = source.shape()[1..].iter().product::<usize>() * source.dtype().size();
    let mut reader = source.open()?;
    let mut bytes = vec![0; row];
    for i in 0..if row == 0 { 0 } else { source.shape()[0] } {
        reader.read(&mut bytes)?;
        // SAFETY: rows are dense in the order in which the file holds them, and `i` is one of them.
        let same = unsafe { std::slice::from_raw_parts(whole.as_ptr().add(i * row), row) };
        assert_eq!(bytes, same, "row {i}");
    }
    reader.finish()
}
