//! [`DType`]: a kind, and room for what a kind alone cannot say (units, lengths, fields) later.

use crate::Kind;
use std::fmt;

/// The type of an array's elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DType {
    kind: Kind,
}

impl DType {
    /// The dtype of a kind, in native byte order.
    pub const fn of(kind: Kind) -> DType {
        DType { kind }
    }

    /// The kind.
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        self.kind.size()
    }

    /// Alignment in bytes of one element.
    pub const fn align(self) -> usize {
        self.kind.align()
    }

    /// The name, `"float64"`.
    pub const fn name(self) -> &'static str {
        self.kind.name()
    }
}

impl From<Kind> for DType {
    fn from(kind: Kind) -> DType {
        DType::of(kind)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
