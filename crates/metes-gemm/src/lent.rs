//! Memory that a thread was lent, for products that a library calls for.

use std::cell::Cell;
use std::mem::MaybeUninit;

thread_local! {
    /// The first byte, and how many.
    static LENT: Cell<(*mut MaybeUninit<u8>, usize)> = const { Cell::new((std::ptr::null_mut(), 0)) };
}

/// Puts back what was lent before, also where the work panics.
struct Before((*mut MaybeUninit<u8>, usize));

impl Drop for Before {
    fn drop(&mut self) {
        LENT.set(self.0);
    }
}

/// Does some work on this thread, whose products may pack into `room`.
///
/// ```
/// let mut room = vec![std::mem::MaybeUninit::uninit(); 100];
/// metes_gemm::lend(&mut room, || metes_gemm::with_lent(100, |room| assert_eq!(room.len(), 100)));
/// ```
pub fn lend<R>(room: &mut [MaybeUninit<u8>], work: impl FnOnce() -> R) -> R {
    let _before = Before(LENT.replace((room.as_mut_ptr(), room.len())));
    work()
}

/// Gives what this thread was lent to some work, which may not ask for it again. Where it was lent less than `need` bytes,
/// it is memory that is taken and given back here.
pub fn with_lent<R>(need: usize, work: impl FnOnce(&mut [MaybeUninit<u8>]) -> R) -> R {
    let (first, count) = LENT.replace((std::ptr::null_mut(), 0));
    let _before = Before((first, count));
    if count < need {
        return work(&mut Vec::with_capacity(need).spare_capacity_mut()[..need]);
    }
    // SAFETY: `lend` holds it for this thread as long as its work lasts, and nobody else finds it meanwhile.
    work(unsafe { std::slice::from_raw_parts_mut(first, count) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lent_is_found_once_and_put_back() {
        let mut room = vec![MaybeUninit::uninit(); 64];
        let first = room.as_ptr();
        lend(&mut room, || {
            with_lent(8, |outer| {
                assert_eq!((outer.as_ptr(), outer.len()), (first, 64));
                with_lent(8, |inner| assert_ne!(inner.as_ptr(), first));
            });
            assert!(std::panic::catch_unwind(|| with_lent(8, |_| panic!("on purpose"))).is_err());
            with_lent(64, |again| assert_eq!(again.as_ptr(), first));
            with_lent(65, |more| assert!(more.as_ptr() != first && more.len() == 65));
        });
        with_lent(1, |own| assert_eq!(own.len(), 1));
    }
}
