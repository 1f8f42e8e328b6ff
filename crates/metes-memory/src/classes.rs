//! Size classes: eight to a doubling, so that rounding wastes at most an eighth.

/// The unit of small sizes, and the alignment of every block.
pub(crate) const UNIT: usize = 64;
/// The largest size that lives in a slab.
pub(crate) const SMALL: usize = 32 * 1024;
/// Classes up to [`SMALL`].
pub(crate) const SMALL_CLASSES: usize = class_of(SMALL) + 1;

/// Bytes that the pool sets aside for a block of `size` bytes; `None` on overflow.
///
/// ```
/// assert_eq!(metes_memory::class_bytes(1000), Some(1024));
/// ```
pub fn class_bytes(size: usize) -> Option<usize> {
    if size <= SMALL { Some(size_of_class(class_of(size))) } else { large_size(size) }
}

/// The class of a small size: multiples of 64 up to 512, then eight sizes to a doubling.
#[inline]
pub(crate) const fn class_of(size: usize) -> usize {
    let size = if size == 0 { 1 } else { size };
    if size <= 512 {
        return size.div_ceil(UNIT) - 1;
    }
    let doubling = (size - 1).ilog2() as usize;
    let step = 1 << (doubling - 3);
    let within = (size - (1 << doubling)).div_ceil(step);
    8 + (doubling - 9) * 8 + within - 1
}

/// The size of a class.
#[inline]
pub(crate) const fn size_of_class(class: usize) -> usize {
    if class < 8 {
        return (class + 1) * UNIT;
    }
    let (doubling, within) = ((class - 8) / 8 + 9, (class - 8) % 8 + 1);
    (1 << doubling) + within * (1 << (doubling - 3))
}

/// A large size rounded up to its class, whole pages; `None` on overflow.
pub(crate) fn large_size(size: usize) -> Option<usize> {
    let doubling = (size - 1).ilog2() as usize;
    let step = (1usize << doubling.saturating_sub(3)).max(4096);
    size.checked_next_multiple_of(step).filter(|&s| isize::try_from(s).is_ok())
}
