//! Captures as texts and pages, and programs that can be looked at while they run.

use crate::errors::OrRaise;
use metes_memory::Memory;
use metes_report::{Live, View, Watch, drawn, inline_html, read_capture, write_html, write_html_against};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

fn parsed(view: &str) -> PyResult<View> {
    let names = || View::ALL.iter().map(|view| view.name()).collect::<Vec<_>>().join(", ");
    View::parse(view).ok_or_else(|| PyValueError::new_err(format!("no view {view:?}; there are {}", names())))
}

/// Refuses what is no name of a view.
#[pyfunction]
fn _report_check_view(view: &str) -> PyResult<()> {
    parsed(view).map(drop)
}

/// A capture as a view shows it.
#[pyfunction]
fn _report_view(py: Python<'_>, capture: PathBuf, view: &str) -> PyResult<String> {
    let view = parsed(view)?;
    crate::turn::apart(py, || read_capture(capture).map(|capture| view.draw(&capture))).or_raise()
}

/// A capture as a small report for a notebook.
#[pyfunction]
fn _report_inline(py: Python<'_>, capture: PathBuf) -> PyResult<String> {
    crate::turn::apart(py, || inline_html(&read_capture(capture)?)).or_raise()
}

/// Draws a capture as a page, beside an older one if there is one.
#[pyfunction]
#[pyo3(signature = (capture, html, older))]
fn _report_page(py: Python<'_>, capture: PathBuf, html: PathBuf, older: Option<PathBuf>) -> PyResult<()> {
    let draw = || match older {
        None => write_html(&read_capture(capture)?, html),
        Some(older) => write_html_against(&read_capture(capture)?, &read_capture(older)?, html),
    };
    crate::turn::apart(py, draw).or_raise()
}

/// Lets `metes top` look at this process, or not any more.
#[pyfunction]
fn _watchable(py: Python<'_>, on: bool) -> PyResult<()> {
    static LIVE: Mutex<Option<(u32, Live)>> = Mutex::new(None);
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if !on {
        // What a fork left belongs to the parent, and so does its socket.
        if let Some(left) = live.take().filter(|(owner, _)| *owner != pid) {
            std::mem::forget(left);
        }
    } else if live.as_ref().is_none_or(|(owner, _)| *owner != pid) {
        std::mem::forget(live.take());
        *live = Some((pid, crate::turn::apart(py, || Live::start(Memory::global())).or_raise()?));
    }
    Ok(())
}

/// A running program of this user that is looked at.
#[pyclass(frozen)]
struct _Watch(Mutex<Watch>);

#[pymethods]
impl _Watch {
    #[new]
    fn new(py: Python<'_>, pid: u32) -> PyResult<_Watch> {
        crate::turn::apart(py, || Watch::attach(pid)).map(|watch| _Watch(Mutex::new(watch))).or_raise()
    }

    /// Waits for the next moment; `False` when the program has ended.
    fn wait(&self, py: Python<'_>) -> PyResult<bool> {
        crate::turn::apart(py, || self.watch().wait()).or_raise()
    }

    /// What draws the last moment over the one before.
    fn screen(&self, columns: usize, rows: usize) -> String {
        drawn(&self.watch().screen(columns, rows))
    }

    /// The last moment: live, peak and total bytes and blocks, and who held how many bytes and blocks.
    fn last<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let watch = self.watch();
        let Some(now) = watch.last() else { return Ok(None) };
        let facts = PyDict::new(py);
        for (name, number) in [
            ("live", now.live),
            ("count", now.count),
            ("peak", now.peak),
            ("total", now.total),
            ("total_count", now.total_count),
        ] {
            facts.set_item(name, number)?;
        }
        facts.set_item("sites", now.sites.clone())?;
        Ok(Some(facts))
    }
}

impl _Watch {
    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the functions to the module.
pub(crate) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_report_check_view, module)?)?;
    module.add_function(wrap_pyfunction!(_report_view, module)?)?;
    module.add_function(wrap_pyfunction!(_report_inline, module)?)?;
    module.add_function(wrap_pyfunction!(_report_page, module)?)?;
    module.add_class::<_Watch>()?;
    module.add_function(wrap_pyfunction!(_watchable, module)?)
}
