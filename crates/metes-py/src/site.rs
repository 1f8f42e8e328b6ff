//! Where in the user's program an array is made: file, line and function of the Python code that runs now.
//!
//! The ledger asks for large blocks only. A place is described once; afterwards only its code object and line are looked
//! at. Work done without the interpreter is attributed beforehand, by [`crate::eval::released`].

use metes_memory::intern_site;
use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::ffi::c_int;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Places described so far, by code object and line. Each code object is kept alive, so that no other takes its address.
static KNOWN: LazyLock<Mutex<HashMap<(usize, i32), u32>>> = LazyLock::new(Mutex::default);

/// Programs that make code as they run could fill memory with places; from here on they are all "unknown".
const MOST_PLACES: usize = 1 << 16;

/// Tells the ledger whom to ask.
pub(crate) fn install() {
    metes_memory::set_site_provider(|_| {
        if !attached() {
            return 0;
        }
        // SAFETY: just asked.
        here(unsafe { Python::assume_attached() })
    });
}

/// Whether this thread holds the interpreter. The function that says so is not in the stable ABI, but every CPython
/// exports it; without it the answer is no.
fn attached() -> bool {
    static CHECK: LazyLock<Option<unsafe extern "C" fn() -> c_int>> = LazyLock::new(|| {
        // SAFETY: a look-up by name; the function has this type in every CPython since 3.4.
        unsafe {
            let found = libc::dlsym(libc::RTLD_DEFAULT, c"PyGILState_Check".as_ptr());
            (!found.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn() -> c_int>(found))
        }
    });
    // SAFETY: it may be called on any thread at any time.
    CHECK.is_some_and(|check| unsafe { check() } != 0)
}

/// The number of the place that runs now; 0 where there is none.
pub(crate) fn here(py: Python<'_>) -> u32 {
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
    let number = intern_site(&text("co_filename"), line.max(0) as u32, &text("co_qualname"));
    let mut known = known();
    if known.len() < MOST_PLACES && known.insert(key, number).is_none() {
        std::mem::forget(code);
    }
    number
}

fn known() -> MutexGuard<'static, HashMap<(usize, i32), u32>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
