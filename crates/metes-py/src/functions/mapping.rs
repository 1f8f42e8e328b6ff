//! Files of plain elements, mapped.

use super::Made;
use crate::dtype::parse_dtype_or_none;
use crate::errors::OrRaise;
use crate::fastcall::{Args, method};
use crate::methods::{parse_order, parse_shape};
use crate::object::from_array;
use metes_array::Order;
use metes_dtype::{DType, Kind};
use metes_memory::MapMode;
use metes_store::{RawFile, RawMode};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use std::path::PathBuf;

/// NumPy's names of the modes, short and long.
const MODES: &[(&str, &str, RawMode)] = &[
    ("r", "readonly", RawMode::Open(MapMode::ReadOnly)),
    ("r+", "readwrite", RawMode::Open(MapMode::ReadWrite)),
    ("c", "copyonwrite", RawMode::Open(MapMode::CopyOnWrite)),
    ("w+", "write", RawMode::Create),
];

pub(super) fn table() -> Vec<PyMethodDef> {
    vec![method!(
        "_memmap",
        memmap,
        ["filename", "dtype='uint8'", "mode='r+'", "offset=0", "shape=None", "order='C'"],
        "The array over a file of plain elements, which the system reads when they are touched.\n\nModes: 'r' reads, 'r+' writes to the file too, 'w+' makes it anew, 'c' keeps writes in memory. The array has flush(), close() and advise(). Another program must not cut the file meanwhile."
    )]
}

fn memmap<'py>(_: &Bound<'py, PyAny>, args: &Args<'_, 'py>) -> Made<'py> {
    let path: PathBuf = args.required(0)?.extract()?;
    let dtype = parse_dtype_or_none(args.some(1))?.unwrap_or(DType::of(Kind::U8));
    let name = args.some(2).map_or(Ok("r+".to_owned()), |mode| mode.extract::<String>())?;
    let known = MODES.iter().find(|(short, long, _)| name == *short || name == *long);
    let mode = known.map(|(_, _, mode)| *mode).ok_or_else(|| {
        PyValueError::new_err(format!("mode must be one of 'r', 'r+', 'w+', 'c' or their long names, not '{name}'"))
    })?;
    let offset = args.some(3).map_or(Ok(0), |offset| offset.extract::<i64>())?;
    let offset = u64::try_from(offset).map_err(|_| PyValueError::new_err("memmap: the offset must not be negative"))?;
    let shape = args.some(4).map(parse_shape).transpose()?;
    let order = parse_order(args.some(5), Order::C)?;
    if !path.exists() && mode != RawMode::Create {
        return Err(pyo3::exceptions::PyFileNotFoundError::new_err((2, "No such file or directory", path)));
    }
    let wanted = RawFile { dtype, mode, offset, shape: shape.as_deref(), order };
    Ok(from_array(args.py(), metes_store::map_raw(&path, &wanted).or_raise()?, None))
}
