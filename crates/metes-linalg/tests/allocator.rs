//! What is allocated beside the ledger: next to nothing, while products are computed and after them.
//!
//! The program's allocator is counted, by size: blocks of the ledger that are as large as a mapping do not come from it, so
//! whatever it gives in such sizes is unseen, and of smaller ones no more is live than the ledger says.

use metes_array::{Array, Order};
use metes_dtype::Kind;
use metes_linalg::{ProductOptions, QrMode, cholesky, det, eig, eigh, inv, matmul, qr, solve, svd, tensordot};
use metes_memory::{MAPPED_BYTES, Memory};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static LARGE: AtomicUsize = AtomicUsize::new(0);

fn took(size: usize) {
    PEAK.fetch_max(LIVE.fetch_add(size, Relaxed) + size, Relaxed);
    if size >= MAPPED_BYTES {
        LARGE.fetch_add(size, Relaxed);
    }
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What threads and lists take.
const FEW: usize = 32 << 10;
/// What a product may take for each thread, beside its result.
const BLOCK: usize = 256 << 10;

/// Runs something for its results; meanwhile nothing is unseen, and afterwards nothing is left but those. Returns the bytes
/// that the ledger saw beside them.
fn seen(name: &str, threads: usize, work: &dyn Fn() -> Vec<Array>) -> usize {
    // What threads keep of their own is there from the first time on.
    drop(work());
    let memory = Memory::current();
    memory.trim(0);
    memory.reset_peak();
    let before = (memory.stats().current_bytes, LIVE.load(Relaxed));
    PEAK.store(before.1, Relaxed);
    let results = work();
    let peak = PEAK.load(Relaxed) - before.1;
    let scratch = memory.stats().peak_bytes - before.0;
    assert_eq!(LARGE.load(Relaxed), 0, "{name}: large blocks beside the ledger");
    assert!(peak <= scratch + FEW * threads, "{name}: {peak} bytes allocated, {scratch} in the ledger");
    let bytes: usize = results.iter().map(Array::nbytes).sum();
    assert_eq!(memory.stats().current_bytes, before.0 + bytes, "{name}: left in the ledger");
    drop(results);
    memory.trim(0);
    let left = LIVE.load(Relaxed).saturating_sub(before.1);
    assert!(left <= FEW * threads, "{name}: {left} bytes left");
    scratch - bytes
}

#[test]
fn what_products_and_decompositions_take_is_in_the_ledger() {
    let options = ProductOptions::default();
    for threads in [1, 2] {
        metes_threads::set_threads(threads);
        for kind in [Kind::F32, Kind::F64, Kind::C64, Kind::C128] {
            let (a, b) =
                (Array::zeros(&[700, 600], kind.into()).unwrap(), Array::zeros(&[600, 500], kind.into()).unwrap());
            let (a_t, b_t) = (a.transpose(None).unwrap(), b.transpose(None).unwrap());
            let stack = a.reshape(&[4, 175, 600], Order::C, Some(false)).unwrap();
            let product = |a: &Array, b: &Array| vec![matmul(a, b, &options).unwrap()];
            let works: [(&str, &dyn Fn() -> Vec<Array>); 5] = [
                ("a @ b", &|| product(&a, &b)),
                ("b.T @ a.T", &|| product(&b_t, &a_t)),
                ("a @ a.T", &|| product(&a, &a_t)),
                ("tensordot", &|| vec![tensordot(&a, &a, &[0], &[0]).unwrap()]),
                ("stack @ b", &|| product(&stack, &b)),
            ];
            for (name, work) in works {
                let name = format!("{name}, {kind:?}, {threads} threads");
                let scratch = seen(&name, threads, work);
                assert!(scratch > 0, "{name}: a product packs");
                assert!(scratch <= BLOCK * threads, "{name}: {scratch} bytes");
            }
            decompositions(kind, threads);
        }
    }
}

/// Of a matrix that has all of them: one with a strong diagonal.
fn decompositions(kind: Kind, threads: usize) {
    const N: usize = 300;
    let values: Vec<f64> =
        (0..N * N).map(|i| if i % (N + 1) == 0 { 900.0 } else { (i * 7 % 11) as f64 / 9.0 }).collect();
    let a = Array::from_slice(&[N, N], &values).unwrap();
    let a = metes_eval::astype(&a, kind.into(), Order::K, metes_dtype::Casting::Unsafe, false).unwrap();
    let a = {
        let options = metes_linalg::ProductOptions::default();
        matmul(&a, &a.transpose(None).unwrap(), &options).unwrap()
    };
    // Of what stands above.
    drop(values);
    LARGE.store(0, Relaxed);
    let works: [(&str, &dyn Fn() -> Vec<Array>); 8] = [
        ("inv", &|| vec![inv(&a).unwrap()]),
        ("solve", &|| vec![solve(&a, &a).unwrap()]),
        ("det", &|| vec![det(&a).unwrap()]),
        ("cholesky", &|| vec![cholesky(&a, false).unwrap()]),
        ("qr", &|| {
            let (q, r) = qr(&a, QrMode::Reduced).unwrap();
            vec![q.unwrap(), r]
        }),
        ("svd", &|| {
            let (u, s, vh) = svd(&a, true).unwrap();
            vec![u, s, vh]
        }),
        ("eigh", &|| {
            let (w, v) = eigh(&a, false).unwrap();
            vec![w, v]
        }),
        ("eig", &|| {
            let (w, v) = eig(&a).unwrap();
            vec![w, v]
        }),
    ];
    for (name, work) in works {
        seen(&format!("{name}, {kind:?}, {threads} threads"), threads, work);
    }
}
