//! [`Recorder`]: observes a memory and writes what happens to a capture file, from a thread of its own.
//!
//! The observed thread only appends some bytes to a journal; another thread writes them, and looks at the process's
//! physical memory, some times a second. So no allocation waits for the disk, and what a killed program had done a
//! moment before is in the file. The journal's own memory comes from the program's allocator, not from the observed one.

use crate::format::{Group, Header, MAGIC, VERSION, frame};
use crate::journal::{Bounds, Change, Journal, SMALL};
use metes_memory::{Copied, Error, Event, Memory, Observer, Reason, Result, Tag};
use metes_memory::{copies, resident, scope_name, site_stack};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time between two writes.
const INTERVAL: Duration = Duration::from_millis(50);
/// Writes from one look at the copies to the next.
const LOOKS: u64 = 20;
/// Runs of the pool from which on a map becomes coarser.
const RUNS: usize = 4096;

/// A recording that runs until it is finished or dropped.
pub struct Recorder {
    memory: Memory,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<std::io::Result<()>>>,
    path: PathBuf,
    /// The process that it runs in: a fork has no writer.
    process: u32,
}

/// What the observed threads and the writer share.
struct Shared {
    memory: Memory,
    /// What was copied before.
    copied: HashMap<(String, Reason), (u64, u64)>,
    journal: Mutex<Journal>,
    stop: Mutex<bool>,
    wake: Condvar,
    started: Instant,
    /// The time at which the recording was closed; nothing is later than that.
    closed: AtomicU64,
}

impl Recorder {
    /// Starts recording what happens in `memory` to a new file. Errors: `Io`, naming the file.
    pub fn start(path: impl AsRef<Path>, memory: &Memory) -> Result<Recorder> {
        let path = path.as_ref().to_owned();
        let live = memory.stats().current_bytes;
        let file = create(&path, &header(memory, live)).map_err(|error| Error::from(error).context(path.display()))?;
        let shared = Arc::new(Shared {
            memory: memory.clone(),
            copied: copies().into_iter().map(|row| ((row.site, row.reason), (row.bytes, row.count))).collect(),
            journal: Mutex::new(Journal::new(name, Bounds::default(), live)),
            stop: Mutex::new(false),
            wake: Condvar::new(),
            started: Instant::now(),
            closed: AtomicU64::new(u64::MAX),
        });
        let writer = {
            let shared = shared.clone();
            std::thread::Builder::new().name("metes-capture".into()).spawn(move || shared.write(file))?
        };
        memory.observe(Some(shared.clone()));
        Ok(Recorder { memory: memory.clone(), shared, writer: Some(writer), path, process: std::process::id() })
    }

    /// Stops recording and completes the file. Errors: `Io`, where any part of it could not be written.
    pub fn finish(mut self) -> Result<()> {
        self.stop()
    }

    /// Records no more blocks, and lets no more time pass; what is pinned may still be noted, however long that takes.
    pub fn close(&self) {
        self.memory.observe(None);
        self.shared.closed.fetch_min(self.shared.now(), Ordering::Relaxed);
    }

    /// Notes for the report that a view of `view` bytes, held by `holder`, keeps a block of `block` bytes alive.
    pub fn pinned(&self, holder: &str, view: usize, block: usize) {
        let mut journal = lock(&self.shared.journal);
        journal.pinned(self.shared.now(), holder, view as u64, block as u64);
    }

    fn stop(&mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        if self.process != std::process::id() {
            std::mem::forget(writer);
            return Ok(());
        }
        self.memory.observe(None);
        *lock(&self.shared.stop) = true;
        self.shared.wake.notify_all();
        let written = writer.join().unwrap_or_else(|_| Err(std::io::Error::other("the writer of the capture failed")));
        written.map_err(|error| Error::from(error).context(self.path.display()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Whoever wants to know whether the file is whole calls `finish`; its reader is told by the missing end.
        let _ = self.stop();
    }
}

impl Observer for Shared {
    fn event(&self, event: &Event) {
        let (taken, size, count, tag, id, live) = match *event {
            Event::Take { size, count, tag, id, live_bytes, .. } => (true, size, count, tag, id, live_bytes),
            Event::Give { size, count, tag, id, live_bytes, .. } => (false, size, count, tag, id, live_bytes),
            _ => return,
        };
        let wants_map = {
            let mut journal = lock(&self.journal);
            let time = self.now();
            journal.change(&Change { taken, id: id as u64, size, count: count as i64, tag, time, live })
        };
        if wants_map {
            self.map();
        }
    }
}

impl Shared {
    fn write(&self, mut file: File) -> std::io::Result<()> {
        for round in 0.. {
            let stop = lock(&self.stop);
            let waited = self.wake.wait_timeout_while(stop, INTERVAL, |stop| !*stop);
            let stop = *waited.unwrap_or_else(PoisonError::into_inner).0;
            if stop || lock(&self.journal).wants_map(32) {
                self.map();
            }
            let ready = {
                let ((rss, _), stats) = (resident(), self.memory.stats());
                let copied = if stop || round % LOOKS == 0 { self.copied() } else { Vec::new() };
                let mut journal = lock(&self.journal);
                let now = self.now();
                journal.pool(now, stats.reserved_bytes, stats.cached_bytes, self.memory.limit());
                journal.copies(now, copied);
                journal.tick(now, rss as u64);
                if stop {
                    journal.end(now);
                }
                journal.take_ready()
            };
            file.write_all(&ready)?;
            if stop {
                break;
            }
        }
        Ok(())
    }

    fn map(&self) {
        let runs = self.memory.runs(RUNS);
        let mut journal = lock(&self.journal);
        let now = self.now();
        journal.map(now, runs);
    }

    /// What was copied since the recording started. Whoever forgets the copies meanwhile starts them anew.
    fn copied(&self) -> Vec<Copied> {
        let since = |mut row: Copied| {
            let key = (std::mem::take(&mut row.site), row.reason);
            let (bytes, count) = self.copied.get(&key).copied().unwrap_or_default();
            if row.count >= count {
                (row.bytes, row.count) = (row.bytes.saturating_sub(bytes), row.count - count);
            }
            Copied { site: key.0, ..row }
        };
        copies().into_iter().map(since).filter(|row| row.count > 0).collect()
    }

    fn now(&self) -> u64 {
        (self.started.elapsed().as_nanos() as u64).min(self.closed.load(Ordering::Relaxed))
    }
}

/// A journal is whole after each change: a panic in between, which nothing there can cause, would not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn create(path: &Path, header: &Header) -> std::io::Result<File> {
    let json = serde_json::to_vec(header)?;
    let mut file = File::create(path)?;
    file.write_all(&[&MAGIC[..], &VERSION.to_le_bytes(), &frame(&json)].concat())?;
    Ok(file)
}

/// The program and its arguments.
pub(crate) fn program() -> String {
    let mut words: String = std::env::args_os().map(|word| word.to_string_lossy().into_owned() + " ").collect();
    words.truncate(words.floor_char_boundary(4096));
    words.trim_end().into()
}

fn header(memory: &Memory, live: usize) -> Header {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Header {
        metes: env!("CARGO_PKG_VERSION").into(),
        program: program(),
        pid: std::process::id(),
        started_unix_ms: now.as_millis() as u64,
        limit: memory.limit().map(|limit| limit as u64),
        live_before: live as u64,
        small_below: SMALL as u64,
    }
}

fn name(tag: &Tag) -> Group {
    let mut frames = site_stack(tag.site);
    frames.reverse();
    Group { op: tag.op.into(), site: frames.join("\n"), scope: scope_name(tag.scope), dtype: tag.dtype.into() }
}
