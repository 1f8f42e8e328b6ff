//! The skeletons that take dense operands in blocks: what vector instructions are made of.
//!
//! A block of `N` elements is read before it is written, so it may be written where it was read, and its few lines
//! become a few instructions. [`whole`] finds out whether operands lie so, and has them copied to where they do if not;
//! what is less than a block is left to [`crate::loops`].

use crate::elem::Elem;
use crate::level;

/// How many elements of these widths make a block: some vectors of the widest, one of the narrowest.
pub(crate) const fn size(widths: &[usize]) -> usize {
    let (mut most, mut least, mut i) = (1, 16, 0);
    while i < widths.len() {
        most = if widths[i] > most { widths[i] } else { most };
        least = if widths[i] < least { widths[i] } else { least };
        i += 1;
    }
    let (wide, narrow) = (64 / most, 16 / least);
    let n = if wide > narrow { wide } else { narrow };
    if n < 32 { n } else { 32 }
}

/// A loop over dense operands, apart from each other or the same; `n` is a multiple of its block.
pub(crate) type Dense = unsafe fn(n: usize, ptrs: &[*mut u8]);

macro_rules! skeleton {
    ($name:ident, ($($x:ident: $X:ident = $i:literal),+), $out:literal) => {
        /// # Safety
        /// The promises of [`Dense`].
        #[inline(always)]
        pub(crate) unsafe fn $name<$($X: Elem,)+ R: Elem, const N: usize>(
            n: usize,
            ptrs: &[*mut u8],
            op: impl Fn($($X),+) -> R,
        ) {
            $(let $x = ptrs[$i];)+
            let out = ptrs[$out];
            let mut i = 0;
            while i < n {
                let mut results = [R::default(); N];
                let mut j = 0;
                while j < N {
                    // SAFETY: element i + j of each operand is within what the caller vouches for.
                    results[j] = unsafe { op($($X::load($x.add((i + j) * size_of::<$X>()))),+) };
                    j += 1;
                }
                j = 0;
                while j < N {
                    // SAFETY: as above.
                    unsafe { results[j].store(out.add((i + j) * size_of::<R>())) };
                    j += 1;
                }
                i += N;
            }
        }
    };
}
skeleton!(unary, (a: A = 0), 1);
skeleton!(binary, (a: A = 0, b: B = 1), 2);
skeleton!(ternary, (a: A = 0, b: B = 1, c: C = 2), 3);

/// The most operands, and the bytes that a copy of a part of one takes.
const MOST: usize = 4;
const ROOM: usize = 2048;

/// Runs the loop over as many elements as make whole blocks, and returns their number: 0 where operands lie so that they
/// must be taken one by one, where it is not worth it, and on processors without vectors.
///
/// # Safety
/// The promises of [`crate::Loop`], for operands of these widths; `dense` is for them and asks for no more than
/// [`level::has_vectors`] tells.
#[inline(always)]
pub(crate) unsafe fn whole<const K: usize>(
    n: usize,
    ptrs: &[*mut u8],
    steps: &[isize],
    widths: [usize; K],
    block: usize,
    dense: Dense,
) -> usize {
    if n < block || !level::has_vectors() {
        return 0;
    }
    let out = ptrs[K - 1];
    let mut straight = true;
    for i in 0..K {
        let ahead = (out as usize).wrapping_sub(ptrs[i] as usize);
        straight &= steps[i] == widths[i] as isize && (ahead == 0 || ahead >= n * widths[i]);
    }
    let n = n - n % block;
    if straight {
        // SAFETY: operands are dense, and the output does not run ahead within an input.
        unsafe { dense(n, &ptrs[..K]) };
        return n;
    }
    // SAFETY: the caller's promise.
    unsafe { by_parts(n, ptrs, steps, &widths, block, dense) }
}

/// The same where the output is dense and inputs are dense or one value: values are repeated for a part at a time.
///
/// # Safety
/// As for [`whole`].
#[inline(never)]
unsafe fn by_parts(n: usize, ptrs: &[*mut u8], steps: &[isize], widths: &[usize], block: usize, dense: Dense) -> usize {
    let inputs = widths.len() - 1;
    let out = ptrs[inputs];
    for i in 0..inputs {
        let ahead = (out as usize).wrapping_sub(ptrs[i] as usize);
        let apart = ahead == 0 || ahead >= n * widths[i];
        if steps[i] != 0 && (steps[i] != widths[i] as isize || !apart) {
            return 0;
        }
    }
    let widest = widths.iter().copied().max().unwrap_or(1);
    let part = ROOM / widest;
    let part = part - part % block;
    if steps[inputs] != widths[inputs] as isize || steps[..inputs].iter().all(|&step| step == 0) {
        return 0;
    }
    let mut room = [[0u128; ROOM / 16]; MOST - 1];
    let mut at = [out; MOST];
    let mut stride = [0; MOST];
    for i in 0..=inputs {
        (at[i], stride[i]) = (ptrs[i], steps[i] * part as isize);
        if steps[i] == 0 {
            let copies = room[i].as_mut_ptr().cast();
            // SAFETY: the input has an element, and the room at least `part` of them.
            unsafe { repeat(n.min(part), widths[i], at[i], copies) };
            at[i] = copies;
        }
    }
    let mut done = 0;
    while done < n {
        let now = part.min(n - done);
        // SAFETY: dense operands, or copies of a value; parts of blocks.
        unsafe { dense(now, &at[..=inputs]) };
        for (at, stride) in at.iter_mut().zip(stride) {
            *at = at.wrapping_offset(stride);
        }
        done += now;
    }
    n
}

/// Writes an element of so many bytes `n` times.
///
/// # Safety
/// An aligned element at `from`; room for `n`, aligned, at `to`.
unsafe fn repeat(n: usize, width: usize, from: *const u8, to: *mut u8) {
    macro_rules! fill {
        ($t:ty) => {
            // SAFETY: the caller's promise.
            unsafe {
                let value = from.cast::<$t>().read_unaligned();
                std::slice::from_raw_parts_mut(to.cast::<$t>(), n).fill(value);
            }
        };
    }
    match width {
        1 => fill!(u8),
        2 => fill!(u16),
        4 => fill!(u32),
        8 => fill!(u64),
        _ => fill!([u64; 2]),
    }
}
