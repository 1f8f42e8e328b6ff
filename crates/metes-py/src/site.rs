//! Where in the user's program an array is made: file, line and function of the Python code that runs now.
//!
//! The ledger asks for large blocks, unless it is told to ask for all. A place is described once; afterwards only the
//! addresses of its code and instruction are looked at ([`crate::frames`]), or its code object and line where these cannot
//! be read. Work done without the interpreter is attributed beforehand, by [`crate::eval::released`].

use crate::frames::{self, Place};
pub(crate) use crate::turn::attached;
use metes_memory::raw::{Detail, detail};
use metes_memory::{intern_called, intern_site};
use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Places described so far, by code object and line. Each code object is kept alive, so that no other takes its address.
static KNOWN: LazyLock<Mutex<HashMap<(usize, i32), u32>>> = LazyLock::new(Mutex::default);
/// Stacks described so far, by what identifies their frames.
static STACKS: LazyLock<Mutex<HashMap<u64, u32>>> = LazyLock::new(Mutex::default);

/// Programs that make code as they run could fill memory with places; from here on they are all "unknown".
const MOST_PLACES: usize = 1 << 16;
/// Frames of a stack that are looked at.
const DEEPEST: usize = 64;

/// Directories whose code is passed over.
static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// The number of such code; no site has it.
const SKIP: u32 = u32::MAX;
const SKIPPED_AT_MOST: usize = 16;

/// Places that were asked for recently, by their addresses. Written by whoever holds the interpreter.
struct Recent {
    code: AtomicUsize,
    at: AtomicUsize,
    site: AtomicUsize,
}

const RECENT: usize = 1 << 10;
static RECENTLY: [Recent; RECENT] =
    [const { Recent { code: AtomicUsize::new(0), at: AtomicUsize::new(0), site: AtomicUsize::new(0) } }; RECENT];

/// Stacks that were asked for recently, by what identifies their frames; written as those.
struct RecentStack {
    key: AtomicU64,
    site: AtomicU32,
}

static RECENT_STACKS: [RecentStack; RECENT] =
    [const { RecentStack { key: AtomicU64::new(0), site: AtomicU32::new(0) } }; RECENT];

/// Tells the ledger whom to ask.
pub(crate) fn install() {
    metes_memory::set_site_provider(|_| {
        // Mostly the innermost place is the one, and was asked for before.
        let stack = detail() == Detail::Stack;
        if !stack
            && let Some(site) = frames::innermost().and_then(|place| recent(place).1)
            && site != SKIP
        {
            return site;
        }
        if !attached() {
            return 0;
        }
        // SAFETY: just asked.
        let py = unsafe { Python::assume_attached() };
        if stack { self::stack(py) } else { here(py) }
    });
}

/// The number of the innermost place that runs now and is no library's; 0 where there is none.
#[inline]
pub(crate) fn here(py: Python<'_>) -> u32 {
    match frames::running(py) {
        Some(places) => own(py, places).map_or(0, |(_, site)| site),
        None => first_own(py),
    }
}

/// The first of some places that is no library's, and its number.
#[inline]
fn own(py: Python<'_>, places: impl Iterator<Item = Place>) -> Option<(Place, u32)> {
    for place in places.take(SKIPPED_AT_MOST) {
        let site = at(py, place);
        if site != SKIP {
            return Some((place, site));
        }
    }
    None
}

/// The number of a place that runs now, or [`SKIP`].
#[inline]
fn at(py: Python<'_>, place: Place) -> u32 {
    let (recent, site) = recent(place);
    site.unwrap_or_else(|| look_up(py, place, recent))
}

/// Where a place stands among the recent ones, and its number if it does.
#[inline]
fn recent(place: Place) -> (&'static Recent, Option<u32>) {
    let recent = &RECENTLY[(place.at >> 1 ^ place.at >> 11) % RECENT];
    let stands = recent.code.load(Ordering::Relaxed) == place.code && recent.at.load(Ordering::Relaxed) == place.at;
    (recent, stands.then(|| recent.site.load(Ordering::Relaxed) as u32))
}

/// Whatever has a number among the recent places stays alive, so that nothing else takes its address.
#[cold]
fn look_up(py: Python<'_>, place: Place, recent: &Recent) -> u32 {
    // Of one code object the innermost frame: that is the one that was looked for first.
    let frame = frame_objects(py).find(|frame| code_of(frame).is_some_and(|code| code.as_ptr() as usize == place.code));
    // What has no frame object is the interpreter's own.
    let Some(site) = frame.map_or_else(|| keep(place), |frame| describe(&frame)) else { return 0 };
    recent.code.store(place.code, Ordering::Relaxed);
    recent.at.store(place.at, Ordering::Relaxed);
    recent.site.store(site as usize, Ordering::Relaxed);
    site
}

/// Keeps what a frame without a frame object runs alive; it is passed over.
fn keep(place: Place) -> Option<u32> {
    // SAFETY: attached; what a frame runs is an object, and the frame has a reference to it.
    unsafe { ffi::Py_IncRef(place.code as *mut ffi::PyObject) };
    Some(SKIP)
}

/// What identifies an instruction: its code object, and where in it. Numbers, which are only compared.
pub(crate) type Instruction = (usize, usize);

/// Calls `work` with the instruction that runs now and is no library's, and the number of its place; not where there is
/// none. The thread must hold the interpreter.
pub(crate) fn with_instruction(work: impl FnOnce(Python<'_>, Instruction, u32)) {
    with_interpreter(|py| instruction(py, work));
}

/// Calls `work` where this thread holds the interpreter.
pub(crate) fn with_interpreter<T>(work: impl FnOnce(Python<'_>) -> Option<T>) -> Option<T> {
    if !attached() {
        return None;
    }
    // SAFETY: just asked.
    work(unsafe { Python::assume_attached() })
}

fn instruction(py: Python<'_>, work: impl FnOnce(Python<'_>, Instruction, u32)) -> Option<()> {
    let found = match frames::running(py) {
        Some(places) => own(py, places).map(|(place, site)| ((place.code, place.at), site)),
        None => frame_objects(py)
            .take(SKIPPED_AT_MOST)
            .filter_map(|frame| {
                Some(((code_of(&frame)?.as_ptr() as usize, offset(&frame)? as usize), describe(&frame)?))
            })
            .find(|&(_, site)| site != SKIP),
    };
    let (instruction, site) = found.filter(|&(_, site)| site != 0)?;
    work(py, instruction, site);
    Some(())
}

/// The code object of an instruction that runs now, and the instruction's offset in it in bytes.
pub(crate) fn describe_instruction(py: Python<'_>, instruction: Instruction) -> Option<(Py<PyAny>, i32)> {
    let is_its = |code: &Bound<'_, PyAny>| code.as_ptr() as usize == instruction.0;
    let frame = frame_objects(py).find(|frame| code_of(frame).as_ref().is_some_and(is_its))?;
    Some((code_of(&frame)?.unbind(), offset(&frame)?))
}

fn offset(frame: &Bound<'_, PyAny>) -> Option<i32> {
    frame.getattr("f_lasti").ok()?.extract().ok()
}

fn first_own(py: Python<'_>) -> u32 {
    let mut sites = frame_objects(py).take(SKIPPED_AT_MOST).map(|frame| describe(&frame).unwrap_or(0));
    sites.find(|&site| site != SKIP).unwrap_or(0)
}

/// The frames of this thread as objects, the innermost first.
fn frame_objects(py: Python<'_>) -> impl Iterator<Item = Bound<'_, PyAny>> {
    // SAFETY: the thread is attached; a new reference or null.
    let first =
        unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyThreadState_GetFrame(ffi::PyThreadState_Get()).cast()) };
    std::iter::successors(first, |frame| frame.getattr("f_back").ok().filter(|back| !back.is_none()))
}

fn code_of<'py>(frame: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: `frame` is a frame object; the function gives a new reference.
    unsafe { Bound::from_owned_ptr_or_opt(frame.py(), ffi::PyFrame_GetCode(frame.as_ptr().cast()).cast()) }
}

/// The place of a frame, [`SKIP`] in a library that is passed over; `None` where no more are described.
fn describe(frame: &Bound<'_, PyAny>) -> Option<u32> {
    let code = code_of(frame)?;
    // SAFETY: `frame` is a frame object.
    let line = unsafe { ffi::PyFrame_GetLineNumber(frame.as_ptr().cast()) };
    let key = (code.as_ptr() as usize, line);
    if let Some(number) = known().get(&key) {
        return Some(*number);
    }
    let text = |name: &str| code.getattr(name).and_then(|text| text.extract::<String>()).unwrap_or_default();
    let file = text("co_filename");
    let skip = skipped().iter().any(|directory| file.starts_with(directory.as_str()));
    let number = if skip { SKIP } else { intern_site(&file, line.max(0) as u32, &text("co_qualname")) };
    let mut known = known();
    if known.len() >= MOST_PLACES {
        return None;
    }
    if known.insert(key, number).is_none() {
        std::mem::forget(code);
    }
    Some(number)
}

/// The number of the place that runs now and of all that called it.
fn stack(py: Python<'_>) -> u32 {
    let Some(frames) = frames::running(py) else { return described_stack(py) };
    let key = frames.take(DEEPEST).fold(0, |key, Place { code, at }| mixed(mixed(key, code), at));
    let recent = &RECENT_STACKS[(key >> 40) as usize % RECENT];
    if recent.key.load(Ordering::Relaxed) == key {
        return recent.site.load(Ordering::Relaxed);
    }
    let site = known_stack(py, key);
    recent.key.store(key, Ordering::Relaxed);
    recent.site.store(site, Ordering::Relaxed);
    site
}

#[inline]
fn mixed(key: u64, word: usize) -> u64 {
    let product = u128::from(key ^ word as u64) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

fn known_stack(py: Python<'_>, key: u64) -> u32 {
    if let Some(&site) = stacks().get(&key) {
        return site;
    }
    let site = described_stack(py);
    let mut stacks = stacks();
    if site != 0 && stacks.len() < MOST_PLACES {
        stacks.insert(key, site);
    }
    site
}

fn described_stack(py: Python<'_>) -> u32 {
    let sites: Option<Vec<u32>> = frame_objects(py).take(DEEPEST).map(|frame| describe(&frame)).collect();
    // From the outermost in; one that is not described makes the whole unknown.
    sites.unwrap_or_default().into_iter().rev().filter(|&site| site != SKIP).fold(0, intern_called)
}

/// Has code of files below a directory passed over from now on: who called it is the place.
pub(crate) fn skip(directory: &str) {
    let mut skipped = skipped();
    if !skipped.iter().any(|known| known == directory) {
        skipped.push(directory.to_owned());
    }
}

fn skipped() -> MutexGuard<'static, Vec<String>> {
    SKIPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn known() -> MutexGuard<'static, HashMap<(usize, i32), u32>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stacks() -> MutexGuard<'static, HashMap<u64, u32>> {
    STACKS.lock().unwrap_or_else(PoisonError::into_inner)
}
