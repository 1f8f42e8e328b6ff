//! The functions that NumPy calls for array data, and their place in NumPy's table.
//!
//! They may be called on any thread, the freeing one also without the interpreter, and after its end: so they call nothing
//! of Python's themselves, and look at nothing that ends. Any pointer may come back, also one from before the installation,
//! or a buffer that somebody declared NumPy's own: what is not ours goes on to the function that was in the table before.
//! The size that NumPy gives when it frees is a guess, and not looked at.

use super::made;
use metes_memory::{Error, raw};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

type Malloc = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
type Calloc = unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void;
type Realloc = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void, *mut c_void, usize);

/// NumPy's table, version 1 (`PyDataMem_Handler`, NEP 49): the same from NumPy 1.22 on.
#[repr(C)]
struct Table {
    name: [c_char; 127],
    version: u8,
    functions: Functions,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Functions {
    context: *mut c_void,
    malloc: Malloc,
    calloc: Calloc,
    realloc: Realloc,
    free: Free,
}

// SAFETY: addresses of functions and of a context that NumPy shares between threads itself.
unsafe impl Send for Functions {}
// SAFETY: as above.
unsafe impl Sync for Functions {}

/// Where NumPy's C functions has its default table.
const DEFAULT_HANDLER: usize = 306;

/// What was in the table before.
static BEFORE: OnceLock<Functions> = OnceLock::new();
static MANAGED: AtomicBool = AtomicBool::new(false);
static TABLE: AtomicPtr<Table> = AtomicPtr::new(null_mut());

thread_local! {
    static REFUSAL: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Whether NumPy's blocks come from here now.
pub(super) fn managed() -> bool {
    MANAGED.load(Ordering::Relaxed)
}

pub(super) fn manage(on: bool) {
    MANAGED.store(on && BEFORE.get().is_some(), Ordering::Relaxed);
}

/// Puts the functions into the table, once, and manages from now on.
///
/// # Safety
/// `api` is NumPy's capsule of C functions, of a NumPy that has a default table (1.22 or newer).
pub(super) unsafe fn install(api: &Bound<'_, PyAny>) -> Result<(), String> {
    // SAFETY: the caller's promise; the table lives as long as NumPy, which is never unloaded.
    unsafe {
        let functions = ffi::PyCapsule_GetPointer(api.as_ptr(), std::ptr::null()).cast::<*mut c_void>();
        if functions.is_null() {
            PyErr::take(api.py());
            return Err("manage_numpy: NumPy's table of C functions is not where it was".to_owned());
        }
        let capsule = functions.add(DEFAULT_HANDLER).read().cast::<*mut ffi::PyObject>().read();
        let table = ffi::PyCapsule_GetPointer(capsule, c"mem_handler".as_ptr()).cast::<Table>();
        if table.is_null() {
            PyErr::take(api.py());
            return Err("manage_numpy: NumPy's default allocator is not where it was".to_owned());
        }
        if (*table).version != 1 {
            let version = (*table).version;
            return Err(format!("manage_numpy: NumPy's allocator has layout version {version}; known is 1"));
        }
        let known = TABLE.load(Ordering::Relaxed);
        if !known.is_null() && known != table {
            return Err("manage_numpy: another NumPy is managed in this process already".to_owned());
        }
        let before = *BEFORE.get_or_init(|| (*table).functions);
        if TABLE.swap(table, Ordering::Relaxed).is_null() {
            // What frees is there first: it must know every block that the others make.
            let at = &raw mut (*table).functions;
            (&raw mut (*at).free).write_volatile(free);
            (&raw mut (*at).realloc).write_volatile(realloc);
            (&raw mut (*at).calloc).write_volatile(calloc);
            (&raw mut (*at).malloc).write_volatile(malloc);
        }
        debug_assert!(before.malloc as usize != malloc as *const () as usize, "installed over itself");
    }
    manage(true);
    Ok(())
}

/// The last refusal on this thread, once.
pub(super) fn refusal() -> Option<Error> {
    REFUSAL.try_with(|refusal| refusal.borrow_mut().take()).ok().flatten()
}

fn before() -> &'static Functions {
    BEFORE.get().expect("the functions are called only where they were installed")
}

/// Where the block that came back last is not the one.
#[inline(never)]
fn take_any(size: usize, zeroed: bool) -> *mut c_void {
    match raw::take_small(size, zeroed) {
        Some(ptr) => ptr.as_ptr().cast(),
        None => take(size, zeroed),
    }
}

#[cold]
fn take(size: usize, zeroed: bool) -> *mut c_void {
    let ptr = answer(raw::take(size, zeroed));
    if !ptr.is_null() {
        made::note(size);
    }
    ptr
}

fn answer(block: metes_memory::Result<NonNull<u8>>) -> *mut c_void {
    match block {
        Ok(ptr) => ptr.as_ptr().cast(),
        Err(error) => {
            let _ = REFUSAL.try_with(|refusal| refusal.borrow_mut().replace(error));
            null_mut()
        }
    }
}

unsafe extern "C" fn malloc(_context: *mut c_void, size: usize) -> *mut c_void {
    if MANAGED.load(Ordering::Relaxed) {
        return match raw::take_shortly(size) {
            Some(ptr) => ptr.as_ptr().cast(),
            None => take_any(size, false),
        };
    }
    // SAFETY: NumPy's own function with its own context.
    unsafe { (before().malloc)(before().context, size) }
}

unsafe extern "C" fn calloc(_context: *mut c_void, count: usize, size: usize) -> *mut c_void {
    if MANAGED.load(Ordering::Relaxed) {
        return match count.checked_mul(size) {
            Some(size) => take_any(size, true),
            None => null_mut(),
        };
    }
    // SAFETY: as above.
    unsafe { (before().calloc)(before().context, count, size) }
}

unsafe extern "C" fn realloc(context: *mut c_void, ptr: *mut c_void, size: usize) -> *mut c_void {
    let Some(block) = NonNull::new(ptr.cast::<u8>()) else {
        // SAFETY: that is what `realloc` does without a block.
        return unsafe { malloc(context, size) };
    };
    // SAFETY: NumPy gives up the block with this call, unless it fails.
    match unsafe { raw::resize(block, size) } {
        Some(block) => answer(block),
        // SAFETY: not ours, so it came from the function that was there before, or from what it stands for.
        None => unsafe { (before().realloc)(before().context, ptr, size) },
    }
}

unsafe extern "C" fn free(_context: *mut c_void, ptr: *mut c_void, size: usize) {
    let Some(block) = NonNull::new(ptr.cast::<u8>()) else { return };
    // SAFETY: NumPy gives up the block with this call.
    unsafe {
        if !raw::give_last(block) {
            give_any(block, size);
        }
    }
}

/// # Safety
/// NumPy gives up the block.
#[inline(never)]
unsafe fn give_any(block: NonNull<u8>, size: usize) {
    let ptr = block.as_ptr().cast();
    // SAFETY: the caller's promise.
    if !unsafe { raw::give(block) } {
        // SAFETY: as in `realloc`.
        unsafe { (before().free)(before().context, ptr, size) }
    }
}
