//! Turns under the interpreter's lock: buffers are worked on by attached threads, and by those that were attached when
//! they went on without it. This is the only file that gives the lock up.

use metes_memory::Apart;
use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::sync::LazyLock;

type Check = unsafe extern "C" fn() -> c_int;

/// The function that says whether a thread is attached. It is not in the stable ABI, but every CPython exports it.
static CHECK: LazyLock<Option<Check>> = LazyLock::new(|| {
    // SAFETY: a look-up by name; the function has this type in every CPython since 3.4.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"PyGILState_Check".as_ptr());
        (!found.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, Check>(found))
    }
});

/// Whether this thread has the interpreter's lock; after the interpreter's end, yes. Where that cannot be known, no.
pub(crate) fn has_lock() -> bool {
    // SAFETY: may be called on any thread at any time.
    CHECK.is_some_and(|check| unsafe { check() != 0 })
}

type Current = unsafe extern "C" fn() -> *mut ffi::PyThreadState;

/// The function that gives this thread's state where it is attached, and null where not: the stable ABI has none that may be
/// called in either case. Before 3.12 it gave the state of whichever thread is attached.
static CURRENT: LazyLock<Option<Current>> = LazyLock::new(|| {
    // SAFETY: a version is a number; look-ups by name of functions that have this type in every CPython that has them.
    unsafe {
        if ffi::Py_Version < 0x030c_0000 {
            return None;
        }
        let names = [c"PyThreadState_GetUnchecked", c"_PyThreadState_UncheckedGet"];
        let found = names.map(|name| libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()));
        let found = found.into_iter().find(|found| !found.is_null())?;
        Some(std::mem::transmute::<*mut libc::c_void, Current>(found))
    }
});

/// The same function where it gives the state of whichever thread is attached.
static ANYBODYS: LazyLock<Option<Current>> = LazyLock::new(|| {
    // SAFETY: a look-up by name of a function that has this type in every CPython that has it.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"_PyThreadState_UncheckedGet".as_ptr());
        (!found.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, Current>(found))
    }
});

thread_local! {
    /// The state that this thread was attached with when it was last asked, and the number of it, which no other has.
    static MINE: Cell<(*mut ffi::PyThreadState, i64)> = const { Cell::new((ptr::null_mut(), 0)) };
}

/// Whether this thread holds the interpreter, which runs.
#[inline]
pub(crate) fn attached() -> bool {
    // SAFETY: may be called at any time.
    let runs = || unsafe { ffi::Py_IsInitialized() != 0 };
    (state().is_some() || attached_anew()) && runs()
}

/// This thread's state, if the thread is attached, and, where it takes a look at the thread's variables to know that, was
/// with this state when it was last asked. The interpreter may be ending.
#[inline]
pub(crate) fn state() -> Option<NonNull<ffi::PyThreadState>> {
    // SAFETY: may be called on any thread at any time.
    unsafe {
        if let Some(current) = *CURRENT {
            return NonNull::new(current());
        }
        let (mine, number) = MINE.get();
        let (mine, current) = (NonNull::new(mine)?, (*ANYBODYS)?);
        // A state of this thread ends in it, and one at its address has another number.
        (current() == mine.as_ptr() && ffi::PyThreadState_GetID(mine.as_ptr()) == number).then_some(mine)
    }
}

#[cold]
fn attached_anew() -> bool {
    if CURRENT.is_some() || !has_lock() {
        return false;
    }
    if let Some(current) = *ANYBODYS {
        // SAFETY: attached, so the state is this thread's; null after the interpreter's end.
        unsafe {
            let state = current();
            if !state.is_null() {
                MINE.set((state, ffi::PyThreadState_GetID(state)));
            }
        }
    }
    true
}

/// Takes turns from now on, where there is a lock to take them under, as there must be.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    let locked = match py.import("sys")?.getattr_opt("_is_gil_enabled")? {
        Some(ask) => ask.call0()?.is_truthy()?,
        None => true,
    };
    if !locked {
        return Err(PyImportError::new_err("metes needs an interpreter with its lock (the GIL)"));
    }
    if has_lock() {
        metes_threads::around(metes_memory::go_apart, metes_memory::come_back);
        // SAFETY: buffers are in objects, which attached threads alone touch, or are used in [`apart`]; what such a thread
        // shares with others is counted, and it waits for them; what others end ([`ended`]) ends attached. The lock is not given up elsewhere.
        unsafe { metes_memory::take_turns(has_lock) };
    }
    Ok(())
}

/// Runs `work` without the lock.
pub(crate) fn apart<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    let _counted = Apart::new();
    py.detach(work)
}

/// Ends what foreign code had and gives back on whatever thread. After the interpreter's end it is left as it is.
pub(crate) fn ended<T>(given: T) {
    let mut given = Some(given);
    Python::try_attach(|_| drop(given.take()));
    std::mem::forget(given);
}
