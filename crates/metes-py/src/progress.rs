//! A progress bar on `sys.stderr`: one line redrawn on a terminal, at most ten lines elsewhere.
//!
//! Also where long work listens for Ctrl-C: the work runs detached from the interpreter, and comes back here.

use metes_memory::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// How often a terminal is redrawn and signals are looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// Lines where there is no terminal.
const LINES: u64 = 10;
/// Cells of the bar.
const WIDTH: usize = 24;

/// Shows how far a plan is, and stops it when Python says so.
pub(crate) struct Meter {
    stderr: Option<Py<PyAny>>,
    terminal: bool,
    started: Instant,
    looked: Instant,
    steps: u64,
    interrupted: Option<PyErr>,
}

impl Meter {
    /// A meter that draws if `shown`.
    pub fn new(py: Python<'_>, shown: bool) -> PyResult<Meter> {
        let stderr = if shown { Some(py.import("sys")?.getattr("stderr")?).filter(|s| !s.is_none()) } else { None };
        let terminal =
            stderr.as_ref().is_some_and(|s| s.call_method0("isatty").is_ok_and(|t| t.is_truthy().unwrap_or(false)));
        let now = Instant::now();
        Ok(Meter {
            stderr: stderr.map(Bound::unbind),
            terminal,
            started: now,
            looked: now,
            steps: 0,
            interrupted: None,
        })
    }

    /// What a plan calls from time to time, detached, with the bytes read so far and in all.
    ///
    /// # Errors
    /// Where a signal handler raised; [`Meter::verdict`] then has the exception.
    pub fn tick(&mut self, done: u64, total: u64) -> Result<()> {
        let last = done >= total;
        if !last && self.looked.elapsed() < PAUSE {
            return Ok(());
        }
        self.looked = Instant::now();
        Python::attach(|py| py.check_signals().and_then(|()| self.draw(py, done, total))).map_err(|error| {
            self.interrupted = Some(error);
            Error::new(ErrorKind::Unsupported, "interrupted")
        })
    }

    /// The result of the work, or the exception that stopped it.
    pub fn verdict<T>(mut self, py: Python<'_>, result: Result<T>) -> PyResult<T> {
        if self.terminal && self.steps > 0 {
            self.write(py, "\n")?;
        }
        match self.interrupted.take() {
            Some(error) => Err(error),
            None => result.map_err(crate::errors::raise),
        }
    }

    fn draw(&mut self, py: Python<'_>, done: u64, total: u64) -> PyResult<()> {
        if self.stderr.is_none() {
            return Ok(());
        }
        let part = if total == 0 { 1.0 } else { done as f64 / total as f64 };
        let text = self.line(part, done, total);
        if self.terminal {
            self.steps += 1;
            return self.write(py, &format!("\r{text}\x1b[K"));
        }
        let step = (part * LINES as f64) as u64;
        if step > self.steps && (done >= total || step < LINES) {
            self.steps = step;
            return self.write(py, &format!("{text}\n"));
        }
        Ok(())
    }

    fn line(&self, part: f64, done: u64, total: u64) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        let full = (part * WIDTH as f64) as usize;
        let bar = format!("{}{}", "#".repeat(full), "-".repeat(WIDTH - full.min(WIDTH)));
        let rate = done as f64 / seconds / 1e6;
        let left = if done == 0 { 0.0 } else { seconds * (total - done.min(total)) as f64 / done as f64 };
        let end = if done >= total { format!("in {seconds:.1} s") } else { format!("{left:.0} s left") };
        format!(
            "[{bar}] {:3.0} %  {:.0} of {:.0} MB  {rate:.0} MB/s  {end}",
            part * 100.0,
            done as f64 / 1e6,
            total as f64 / 1e6
        )
    }

    fn write(&self, py: Python<'_>, text: &str) -> PyResult<()> {
        let Some(stderr) = &self.stderr else { return Ok(()) };
        stderr.call_method1(py, "write", (text,))?;
        stderr.call_method0(py, "flush").map(drop)
    }
}
