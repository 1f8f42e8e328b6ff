//! Arrow's C data interface in capsules, both ways, for one dimension: numbers without a copy, booleans packed.
//!
//! Arrow keeps booleans eight to a byte, text as UTF-8 and days in 32 bits, so these are converted, into counted memory.
//! Time that is none is null there. Left out: all other nulls, which arrays cannot hold and which are refused with their
//! count; nested and dictionary types; streams of chunks.

mod abi;
mod converted;
mod export;
mod import;

use crate::fastcall::method;
use pyo3::ffi::PyMethodDef;

/// The methods of `Array`.
pub(crate) fn methods() -> Vec<PyMethodDef> {
    vec![
        method!("__arrow_c_schema__", export::schema, [], "The dtype as a capsule with an Arrow schema."),
        method!(
            "__arrow_c_array__",
            export::array,
            ["requested_schema=None"],
            "Schema and elements as two capsules for Arrow; copied only where they are no dense row or are booleans."
        ),
    ]
}

/// The functions of the module.
pub(crate) fn functions() -> Vec<PyMethodDef> {
    vec![method!(
        "from_arrow",
        import::from_arrow,
        ["x", "/"],
        "The read-only array over an object with `__arrow_c_array__`, without a copy unless its elements are booleans.\n\nNulls are refused: fill or drop them first."
    )]
}
