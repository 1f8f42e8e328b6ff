//! [`Scalar`]: one value, and how it is read from and written to an element.

/// A number without a dtype of its own: what Python's `bool`, `int`, `float`, `complex` are to NEP 50.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// Python `bool`.
    Bool(bool),
    /// Python `int`, as far as any integer kind reaches.
    Int(i128),
    /// Python `float`.
    Float(f64),
    /// Python `complex`.
    Complex(f64, f64),
}
