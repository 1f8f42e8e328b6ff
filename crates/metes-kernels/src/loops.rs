//! The skeletons that take elements one by one, wherever they are.
//!
//! Each takes the operation as a closure without captures and is inlined into one function per cell.

use crate::Flags;
use crate::elem::Elem;

macro_rules! skeleton {
    ($name:ident, ($($x:ident: $X:ident = $i:literal),+), $out:literal) => {
        /// # Safety
        /// The promises of [`crate::Loop`].
        #[inline(always)]
        pub(crate) unsafe fn $name<$($X: Elem,)+ R: Elem>(
            n: usize,
            ptrs: &[*mut u8],
            steps: &[isize],
            op: impl Fn($($X,)+ &mut Flags) -> R,
        ) -> Flags {
            let mut flags = 0;
            $(let $x = (ptrs[$i], steps[$i]);)+
            let out = (ptrs[$out], steps[$out]);
            for i in 0..n as isize {
                // SAFETY: element i of each operand is within what the caller vouches for.
                unsafe {
                    op($($X::load($x.0.wrapping_offset(i * $x.1)),)+ &mut flags).store(out.0.wrapping_offset(i * out.1));
                }
            }
            flags
        }
    };
}
skeleton!(unary, (a: A = 0), 1);
skeleton!(binary, (a: A = 0, b: B = 1), 2);
skeleton!(ternary, (a: A = 0, b: B = 1, c: C = 2), 3);

/// Two results of one value.
///
/// # Safety
/// The promises of [`crate::Loop`].
#[inline(always)]
pub(crate) unsafe fn split<A: Elem, R: Elem, S: Elem>(
    n: usize,
    ptrs: &[*mut u8],
    steps: &[isize],
    op: impl Fn(A) -> (R, S),
) -> Flags {
    for i in 0..n as isize {
        // SAFETY: element i of each operand is within what the caller vouches for.
        unsafe {
            let (r, s) = op(A::load(ptrs[0].wrapping_offset(i * steps[0])));
            r.store(ptrs[1].wrapping_offset(i * steps[1]));
            s.store(ptrs[2].wrapping_offset(i * steps[2]));
        }
    }
    0
}

/// Two results of two values.
///
/// # Safety
/// The promises of [`crate::Loop`].
#[inline(always)]
pub(crate) unsafe fn split2<A: Elem, R: Elem>(
    n: usize,
    ptrs: &[*mut u8],
    steps: &[isize],
    op: impl Fn(A, A, &mut Flags) -> (R, R),
) -> Flags {
    let mut flags = 0;
    for i in 0..n as isize {
        // SAFETY: element i of each operand is within what the caller vouches for.
        unsafe {
            let a = A::load(ptrs[0].wrapping_offset(i * steps[0]));
            let b = A::load(ptrs[1].wrapping_offset(i * steps[1]));
            let (r, s) = op(a, b, &mut flags);
            r.store(ptrs[2].wrapping_offset(i * steps[2]));
            s.store(ptrs[3].wrapping_offset(i * steps[3]));
        }
    }
    flags
}
