//! The Python door: the extension module `metes._native`.
//!
//! `Array` is built from a slot table ([`object`]), because tiny arrays must be fast; all other classes are PyO3's.
//! No numerical logic lives here: what two doors need belongs below. Left out on purpose: subclassing of `Array`,
//! and the garbage collector's protocol on it (see [`object`]).

mod arrow;
mod attributes;
mod buffer;
mod cast;
mod cli;
mod clock;
mod convert;
mod create;
mod direct;
mod discover;
mod dlpack;
mod dtype;
mod dtype_parse;
mod element;
mod errors;
mod eval;
mod fancy;
mod fastcall;
mod flags;
mod foreign;
mod frames;
mod functions;
mod fused;
mod growable;
mod index;
mod interface;
mod interface_struct;
mod io;
mod items;
mod iterate;
mod lazy;
mod lazy_methods;
mod memory;
mod methods;
mod number;
mod numpy;
mod object;
mod objects;
mod progress;
mod records;
mod reduce;
mod reports;
mod rows;
mod site;
mod small;
mod text;
mod transparency;
mod turn;
mod ufunc;
mod ufunc_dtypes;
mod ufunc_methods;

use pyo3::prelude::*;

/// The native half of the package `metes`; import `metes` instead.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::dtype::PyDType;
    #[pymodule_export]
    use crate::flags::Flags;
    #[pymodule_export]
    use crate::growable::GrowableArray;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::start(module)
    }
}

fn start(module: &Bound<'_, PyModule>) -> PyResult<()> {
    site::install();
    turn::install(module.py())?;
    iterate::install(module.py())?;
    module.add("Array", object::install(module.py())?)?;
    dtype::add_constants(module)?;
    errors::add_exceptions(module)?;
    let rebuild = fastcall::method!(
        "_rebuild",
        methods::rebuild,
        ["buffer", "dtype", "shape", "axes=None", "writeable=True"],
        "What pickle calls to make an Array."
    );
    fastcall::add_functions(module, vec![rebuild])?;
    module.add("dtype", module.getattr("DType")?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    memory::install(module)?;
    reports::install(module)?;
    numpy::install(module)?;
    transparency::install(module)?;
    rows::install(module)?;
    lazy::install(module)?;
    fused::install(module)?;
    io::install(module)?;
    text::install(module)?;
    cli::install(module)?;
    fastcall::add_functions(module, create::functions())?;
    fastcall::add_functions(module, functions::functions())
}
