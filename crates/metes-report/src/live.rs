//! [`Live`]: lets another process of the same user look at a memory while the program runs.
//!
//! A thread waits at a socket in a directory that only the owner may enter; it costs nothing until somebody comes, and
//! then sends a line of JSON some times a second for as long as they listen. The one place of the socket is known from
//! the process's number, so that attaching needs nothing else.

use metes_memory::{By, Error, ErrorKind, Holder, Memory, Result, resident};
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time between two lines.
const INTERVAL: Duration = Duration::from_millis(250);
/// Holders that a line names.
const HOLDERS: usize = 40;
/// The longest line that is read, in bytes.
const LINE: u64 = 1 << 20;

/// How a memory stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    /// The program and its arguments.
    pub program: String,
    /// Milliseconds since the program could be looked at.
    pub elapsed_ms: u64,
    /// Live bytes and blocks.
    pub live: u64,
    /// See `live`.
    pub count: u64,
    /// The most live bytes.
    pub peak: u64,
    /// Bytes and blocks handed out so far.
    pub total: u64,
    /// See `total`.
    pub total_count: u64,
    /// Bytes taken from the system, and those of them that are cached.
    pub reserved: u64,
    /// See `reserved`.
    pub cached: u64,
    /// The limit.
    pub limit: Option<u64>,
    /// Physical memory of the process.
    pub rss: u64,
    /// Live bytes and blocks by site, and by operation: the largest.
    pub sites: Vec<(String, u64, u64)>,
    /// See `sites`.
    pub ops: Vec<(String, u64, u64)>,
}

impl Snapshot {
    /// How a memory stands now.
    pub fn of(memory: &Memory) -> Snapshot {
        let stats = memory.stats();
        let rows = |holders: Vec<Holder>| {
            let row = |holder: Holder| (holder.name, holder.bytes as u64, holder.count as u64);
            holders.into_iter().take(HOLDERS).map(row).collect()
        };
        Snapshot {
            program: crate::recorder::program(),
            elapsed_ms: 0,
            live: stats.current_bytes as u64,
            count: stats.current_count as u64,
            peak: stats.peak_bytes as u64,
            total: stats.total_bytes as u64,
            total_count: stats.total_count as u64,
            reserved: stats.reserved_bytes as u64,
            cached: stats.cached_bytes as u64,
            limit: memory.limit().map(|limit| limit as u64),
            rss: resident().0 as u64,
            sites: rows(memory.live(By::Site)),
            ops: rows(memory.live(By::Op)),
        }
    }
}

/// Where the socket of a process is.
pub fn live_path(pid: u32) -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let base = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let directory = base.map_or_else(|| std::env::temp_dir().join(format!("metes-{user}")), |base| base.join("metes"));
    directory.join(format!("{pid}.live"))
}

/// A memory that can be looked at until this is dropped.
pub struct Live {
    path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Live {
    /// Lets other processes of this user look at a memory. Errors: `Io` where the socket cannot be made, or its directory
    /// belongs to somebody else.
    pub fn start(memory: &Memory) -> Result<Live> {
        Live::at(memory, live_path(std::process::id()))
    }

    /// The same at another path.
    pub fn at(memory: &Memory, path: PathBuf) -> Result<Live> {
        let named = |error: std::io::Error| Error::from(error).context(path.display());
        own_directory(path.parent().unwrap_or(Path::new("."))).map_err(named)?;
        // Of an earlier process of this number, which is gone.
        let _ = std::fs::remove_file(&path);
        sweep(&path);
        let listener = UnixListener::bind(&path).map_err(named)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(named)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (memory, stopped) = (memory.clone(), stop.clone());
        let serve = move || {
            let started = Instant::now();
            for guest in listener.incoming().flatten() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                let (memory, stopped) = (memory.clone(), stopped.clone());
                // One thread to a guest; without one the guest is turned away.
                let _ = std::thread::Builder::new()
                    .name("metes-live".into())
                    .spawn(move || drop(tell(guest, &memory, started, &stopped)));
            }
        };
        std::thread::Builder::new().name("metes-live".into()).spawn(serve).map_err(named)?;
        Ok(Live { path, stop })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the thread that waits.
        let _ = UnixStream::connect(&self.path);
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes what processes left beside a path that were killed.
fn sweep(path: &Path) {
    let Some(entries) = path.parent().and_then(|directory| std::fs::read_dir(directory).ok()) else { return };
    for other in entries.flatten().map(|entry| entry.path()).filter(|other| other.extension() == path.extension()) {
        let number = other.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let Some(pid) = number.and_then(rustix::process::Pid::from_raw) else { continue };
        // The number may be that of a process elsewhere: the socket has the last word.
        let gone = rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
            && UnixStream::connect(&other).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
        if gone {
            let _ = std::fs::remove_file(&other);
        }
    }
}

fn tell(mut guest: UnixStream, memory: &Memory, started: Instant, stop: &AtomicBool) -> std::io::Result<()> {
    guest.set_write_timeout(Some(Duration::from_secs(2)))?;
    while !stop.load(Ordering::Acquire) {
        let elapsed_ms = started.elapsed().as_millis() as u64;
        let mut line = serde_json::to_vec(&Snapshot { elapsed_ms, ..Snapshot::of(memory) })?;
        line.push(b'\n');
        guest.write_all(&line)?;
        std::thread::sleep(INTERVAL);
    }
    Ok(())
}

/// A directory that only this user may enter.
fn own_directory(path: &Path) -> std::io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let facts = std::fs::symlink_metadata(path)?;
    let ours = facts.is_dir() && facts.uid() == rustix::process::getuid().as_raw() && facts.mode() & 0o077 == 0;
    if ours {
        Ok(())
    } else {
        Err(std::io::Error::other("others may enter the directory of the socket, or it is not ours"))
    }
}

/// Reads what a program tells.
pub struct LiveReader(BufReader<UnixStream>);

impl LiveReader {
    /// Attaches to the process of a number. Errors: `Io`, in words that say what to do.
    pub fn attach(pid: u32) -> Result<LiveReader> {
        LiveReader::at(&live_path(pid)).map_err(|error| {
            let help = "no program of this user with that number can be looked at; start it with `metes run`, or call \
                        memory.watchable() in it";
            Error::new(ErrorKind::Io, format!("{pid}: {help} ({})", error.message()))
        })
    }

    /// Attaches to a socket.
    pub fn at(path: &Path) -> Result<LiveReader> {
        let stream = UnixStream::connect(path).map_err(|error| Error::from(error).context(path.display()))?;
        Ok(LiveReader(BufReader::new(stream)))
    }

    /// The next moment; `None` when the program has ended. Waits for it.
    pub fn moment(&mut self) -> Result<Option<Snapshot>> {
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut self.0, LINE).read_until(b'\n', &mut line);
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.last() != Some(&b'\n') => Ok(None),
            Ok(_) => serde_json::from_slice(&line).map(Some).map_err(|error| {
                Error::new(ErrorKind::Format, format!("what the program tells makes no sense: {error}"))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
