//! All that most programs use: `use metes::prelude::*;`.

pub use crate::axes::Axes;
pub use crate::lazy;
pub use crate::reductions::*;
pub use crate::s;
pub use crate::ufuncs::*;
pub use metes_array::{Array, Element, Index, Order, Scalar};
pub use metes_dtype::{Casting, DType, Kind};
pub use metes_eval::{Expr, Operand, Output, Plan};
pub use metes_linalg::{dot, einsum, matmul};
pub use metes_memory::Memory;
