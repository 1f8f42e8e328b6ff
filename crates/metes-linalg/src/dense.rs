//! [`Dense`]: a matrix as libraries see it, and what is asked of one.
//!
//! [`crate::backend`] is the only file that names the library of linear algebra: another one takes its place there.

/// A matrix of elements at any strides, counted in elements.
#[derive(Debug)]
pub(crate) struct Dense<T> {
    pub ptr: *mut T,
    pub rows: usize,
    pub columns: usize,
    pub row_step: isize,
    pub column_step: isize,
}

impl<T> Clone for Dense<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Dense<T> {}

/// `c = a b`, or `c += a b` if the flag before `a` is set; the flag after `a` conjugates `a`.
///
/// # Safety
/// All elements are aligned and valid, and `c` shares none with the factors or within itself.
pub(crate) type Product<T> = unsafe fn(c: Dense<T>, add: bool, a: Dense<T>, conj: bool, b: Dense<T>);
