//! The Python code that runs now, as addresses: which code object, and where in it. A handful of loads, where the
//! interpreter's own functions make a frame object.
//!
//! Where these words lie is not documented, so they are compared with what the documented functions say, once, in a frame
//! that is known; if anything differs, or on a version that was not looked at, nobody reads them.

use crate::turn::state;
use pyo3::ffi;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// Words of the interpreter's structures, as offsets in bytes.
#[derive(Clone, Copy, Debug)]
struct Offsets {
    /// From the thread's state to its frame, or to a structure that has it there.
    thread: usize,
    between: Option<usize>,
    code: usize,
    previous: usize,
    at: usize,
}

/// One running frame: its code object, and the instruction. Numbers, which are only compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub code: usize,
    pub at: usize,
}

static OFFSETS: OnceLock<Option<Offsets>> = OnceLock::new();

/// Where the words may lie in a version.
fn known(version: (u8, u8)) -> &'static [Offsets] {
    match version {
        (3, 11) => &[Offsets { thread: 56, between: Some(8), code: 32, previous: 48, at: 56 }],
        (3, 12) => &[Offsets { thread: 56, between: Some(0), code: 0, previous: 8, at: 56 }],
        (3, 13) => &[Offsets { thread: 72, between: None, code: 0, previous: 8, at: 56 }],
        (3, 14) => &[
            Offsets { thread: 64, between: None, code: 0, previous: 8, at: 56 },
            Offsets { thread: 72, between: None, code: 0, previous: 8, at: 56 },
        ],
        _ => &[],
    }
}

/// # Safety
/// `at` is the address of a live structure that is longer than `offset`.
#[inline]
unsafe fn word(at: usize, offset: usize) -> usize {
    // SAFETY: the caller's promise; these structures are made of words.
    unsafe { ((at + offset) as *const usize).read() }
}

/// The code object of a word that may carry marks in its lowest bits.
#[inline]
fn unmarked(code: usize) -> usize {
    code & !7
}

/// Looks, where nobody has yet and Python code runs, whether the words lie where they are thought to.
pub(crate) fn probe(py: Python<'_>) {
    offsets(py);
}

#[cold]
fn offsets(py: Python<'_>) -> Option<Offsets> {
    // SAFETY: attached; a new reference or null.
    let frame =
        unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyThreadState_GetFrame(ffi::PyThreadState_Get()).cast()) };
    frame.and_then(|_| *OFFSETS.get_or_init(|| find(py)))
}

fn find(py: Python<'_>) -> Option<Offsets> {
    let version = py.version_info();
    known((version.major, version.minor)).iter().copied().find(|&offsets| fits(py, offsets) == Some(true))
}

/// Whether words that lie at these offsets are the frame and the code that run now.
fn fits(py: Python<'_>, offsets: Offsets) -> Option<bool> {
    // SAFETY: attached; a frame object has its frame after the object's header and one more word in these versions, and
    // the thread's state is longer than the offset that is looked at.
    unsafe {
        let thread = ffi::PyThreadState_Get();
        let object = Bound::from_owned_ptr_or_opt(py, ffi::PyThreadState_GetFrame(thread).cast())?;
        let code = Bound::from_owned_ptr_or_opt(py, ffi::PyFrame_GetCode(object.as_ptr().cast()).cast())?;
        let frame = word(object.as_ptr() as usize, 24);
        let first = word(thread as usize, offsets.thread);
        // Compared before anything is followed: the first word must be the frame, or, in versions with a structure in
        // between, that is known to be there.
        let found = match offsets.between {
            None => first,
            Some(between) => word(first, between),
        };
        Some(found == frame && unmarked(word(frame, offsets.code)) == code.as_ptr() as usize)
    }
}

impl Offsets {
    /// The innermost frame of a thread, 0 for none.
    ///
    /// # Safety
    /// The state of this thread, which is attached; the offsets were compared.
    #[inline]
    unsafe fn first(&self, thread: *mut ffi::PyThreadState) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let first = word(thread as usize, self.thread);
            match self.between {
                None => first,
                Some(between) => word(first, between),
            }
        }
    }

    /// What a frame runs.
    ///
    /// # Safety
    /// A frame that runs, or that another which does was called from; the offsets were compared.
    #[inline]
    unsafe fn place(&self, frame: usize) -> Place {
        // SAFETY: the caller's promise.
        unsafe { Place { code: unmarked(word(frame, self.code)), at: word(frame, self.at) } }
    }
}

/// The innermost frame of this thread; `None` where there is none, or it cannot be read, or the thread is not attached.
#[inline]
pub(crate) fn innermost() -> Option<Place> {
    let (offsets, thread) = (OFFSETS.get()?.as_ref()?, state()?);
    // SAFETY: attached, and the offsets were compared; the frame runs.
    unsafe {
        let first = offsets.first(thread.as_ptr());
        (first != 0).then(|| offsets.place(first))
    }
}

/// The frames of this thread, the innermost first; `None` where they cannot be read. The thread is attached.
#[inline]
pub(crate) fn running(py: Python<'_>) -> Option<impl Iterator<Item = Place>> {
    let offsets = OFFSETS.get().map_or_else(|| offsets(py), |found| *found)?;
    // SAFETY: attached, and the offsets were compared; a frame that runs, and those that it was called from, live while
    // this code does.
    unsafe {
        let frame = Some(offsets.first(ffi::PyThreadState_Get())).filter(|&first| first != 0);
        let frames = std::iter::successors(frame, move |&frame| {
            Some(word(frame, offsets.previous)).filter(|&previous| previous != 0)
        });
        Some(frames.map(move |frame| offsets.place(frame)))
    }
}
