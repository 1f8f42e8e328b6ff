//! Where in the user's program an array is made: file, line and function of the Python code that runs now.
//!
//! Asked for large blocks only. A place is described once; afterwards only its code object and line are looked at.

use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A place in a program.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Path of the source file.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// Qualified name of the function.
    pub function: String,
}

/// Places described so far, by code object and line. Each code object is kept alive, so that no other takes its address.
static KNOWN: LazyLock<Mutex<HashMap<(usize, i32), u32>>> = LazyLock::new(Mutex::default);

/// Programs that make code as they run could fill memory with places; from here on they are all "unknown".
const MOST_PLACES: usize = 1 << 16;

/// The number of the place that runs now; `intern` is asked for the numbers of new places. 0 where there is none.
pub(crate) fn here(py: Python<'_>, intern: impl FnOnce(&Place) -> u32) -> u32 {
    // SAFETY: the thread is attached; both functions give new references or null.
    let code = unsafe {
        let frame = ffi::PyThreadState_GetFrame(ffi::PyThreadState_Get());
        let Some(frame) = Bound::from_owned_ptr_or_opt(py, frame.cast()) else { return 0 };
        let line = ffi::PyFrame_GetLineNumber(frame.as_ptr().cast());
        (Bound::from_owned_ptr_or_opt(py, ffi::PyFrame_GetCode(frame.as_ptr().cast()).cast()), line)
    };
    let (Some(code), line) = code else { return 0 };
    let key = (code.as_ptr() as usize, line);
    if let Some(number) = known().get(&key) {
        return *number;
    }
    let text = |name: &str| code.getattr(name).and_then(|text| text.extract::<String>()).unwrap_or_default();
    let place = Place { file: text("co_filename"), line: line.max(0) as u32, function: text("co_qualname") };
    let number = intern(&place);
    let mut known = known();
    if known.len() < MOST_PLACES && known.insert(key, number).is_none() {
        std::mem::forget(code);
    }
    number
}

fn known() -> MutexGuard<'static, HashMap<(usize, i32), u32>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
