//! Which instruction of the program made a large block, so that NumPy's copies are told from its other results.
//!
//! NumPy does not say what it allocates for. But a block that is made by `x.reshape(…)` or by `x[i]` is a copy: a view would
//! have needed none. What sort of instruction it is, `python/metes/_made.py` finds out when somebody asks, since no Python
//! code may run here; until then blocks are summed up by instruction, and afterwards booked as they are made.

use crate::site;
use metes_memory::raw::{Detail, detail};
use metes_memory::{Reason, SITE_BYTES, copied};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Instructions that are told apart; blocks of others are not looked at.
const MOST: usize = 1 << 14;

#[derive(Clone, Copy)]
enum Verdict {
    /// Nobody has looked at the instruction.
    Open,
    /// It makes no copies.
    Other,
    Copy(Reason),
}

struct Made {
    verdict: Verdict,
    site: u32,
    /// What has been made while the verdict was open.
    bytes: u64,
    count: u64,
    code: Py<PyAny>,
    /// The instruction's offset in the code, in bytes.
    offset: i32,
}

static MADE: LazyLock<Mutex<HashMap<site::Instruction, Made>>> = LazyLock::new(Mutex::default);

static REQUESTS: [AtomicU64; usize::BITS as usize] = [const { AtomicU64::new(0) }; usize::BITS as usize];

/// Bytes that were asked for so far, by the logarithm of the size to base 2, rounded down.
pub(super) fn requests() -> Vec<u64> {
    REQUESTS.iter().map(|bytes| bytes.load(Ordering::Relaxed)).collect()
}

fn made() -> MutexGuard<'static, HashMap<site::Instruction, Made>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes note of a block that was just made on this thread.
pub(super) fn note(size: usize) {
    if size < SITE_BYTES {
        return;
    }
    REQUESTS[size.ilog2() as usize].fetch_add(size as u64, Ordering::Relaxed);
    if detail() == Detail::Counters || !site::attached() {
        return;
    }
    site::with_instruction(|py, instruction, site| {
        if add(instruction, size) {
            return;
        }
        // Without the lock: what makes Python objects may run anything.
        let Some((code, offset)) = site::describe_instruction(py, instruction) else { return };
        let mut made = made();
        if made.len() < MOST {
            made.entry(instruction).or_insert(Made { verdict: Verdict::Open, site, bytes: 0, count: 0, code, offset });
            drop(made);
            add(instruction, size);
        }
    });
}

/// Adds a block to what is known of an instruction; whether that is anything.
fn add(instruction: site::Instruction, size: usize) -> bool {
    let mut made = made();
    let Some(known) = made.get_mut(&instruction) else { return false };
    match known.verdict {
        Verdict::Open => (known.bytes, known.count) = (known.bytes + size as u64, known.count + 1),
        Verdict::Other => {}
        Verdict::Copy(reason) => copied(known.site, reason, size as u64, 1),
    }
    true
}

/// The instructions that nobody has looked at: what identifies each, its code, and its offset there.
#[pyfunction]
fn _numpy_open_instructions(py: Python<'_>) -> Vec<(site::Instruction, Py<PyAny>, i32)> {
    let open = |known: &Made| matches!(known.verdict, Verdict::Open);
    made().iter().filter(|(_, k)| open(k)).map(|(&at, k)| (at, k.code.clone_ref(py), k.offset)).collect()
}

/// Says for which reason an instruction makes copies, `None` for none; books what it has made so far.
#[pyfunction]
#[pyo3(signature = (instruction, reason))]
fn _numpy_judge_instruction(instruction: site::Instruction, reason: Option<&str>) -> PyResult<()> {
    let find = |name: &str| Reason::ALL.iter().copied().find(|reason| reason.name() == name);
    let reason = match reason {
        None => None,
        Some(name) => {
            Some(find(name).ok_or_else(|| PyValueError::new_err(format!("no copy has the reason {name:?}")))?)
        }
    };
    if let Some(known) = made().get_mut(&instruction)
        && matches!(known.verdict, Verdict::Open)
    {
        known.verdict = reason.map_or(Verdict::Other, Verdict::Copy);
        if let Some(reason) = reason.filter(|_| known.count > 0) {
            copied(known.site, reason, known.bytes, known.count);
        }
    }
    Ok(())
}

/// Forgets what has been made at instructions that nobody has looked at.
#[pyfunction]
fn _numpy_forget_made() {
    made().values_mut().for_each(|known| (known.bytes, known.count) = (0, 0));
}

/// Adds the functions to the module.
pub(super) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_numpy_open_instructions, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_judge_instruction, module)?)?;
    module.add_function(wrap_pyfunction!(_numpy_forget_made, module)?)
}
