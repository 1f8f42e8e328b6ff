//! How much memory there is: sizes as people write them, the container's limit, the machine's, the process's own use.

use crate::{Error, ErrorKind, Result};
use std::fs::read_to_string;
use std::path::Path;

/// Bytes of `"64 MiB"`, `"2 GB"`, `"1000"`, or of `"60%"` of what the container or machine has.
///
/// ```
/// assert_eq!(metes_memory::parse_size("64 MiB")?, 64 << 20);
/// assert_eq!(metes_memory::parse_size("1.5 kB")?, 1500);
/// # Ok::<(), metes_memory::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Value`] for text that is no size.
pub fn parse_size(text: &str) -> Result<usize> {
    let wrong = || {
        Error::new(ErrorKind::Value, format!("{text:?} is no size; write 67108864, \"64 MiB\", \"2 GB\" or \"60%\""))
    };
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 1.0,
        "%" => machine_memory() as f64 / 100.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number * scale;
    if bytes.is_finite() && bytes < isize::MAX as f64 { Ok(bytes as usize) } else { Err(wrong()) }
}

/// Bytes as people read them: `"64.0 MiB"`.
pub fn size_text(bytes: usize) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}

/// Bytes that this process may use: the container's limit (cgroup version 2 or 1), or what the machine has.
pub fn machine_memory() -> usize {
    let machine = status_line("/proc/meminfo", "MemTotal:").unwrap_or(usize::MAX);
    container_limit().map_or(machine, |limit| limit.min(machine))
}

/// Bytes that the machine could give now without swapping.
pub fn available_memory() -> Option<usize> {
    status_line("/proc/meminfo", "MemAvailable:")
}

/// Physical memory of this process now, and at most so far.
pub fn resident() -> (usize, usize) {
    let of = |key| status_line("/proc/self/status", key).unwrap_or(0);
    (of("VmRSS:"), of("VmHWM:"))
}

fn status_line(path: &str, key: &str) -> Option<usize> {
    let text = read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_whitespace().next()?.parse::<usize>().ok()? * 1024)
}

fn container_limit() -> Option<usize> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    groups
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let path = path.trim_start_matches('/');
            match controllers {
                "" => lowest(Path::new("/sys/fs/cgroup"), path, "memory.max"),
                c if c.split(',').any(|c| c == "memory") => {
                    lowest(Path::new("/sys/fs/cgroup/memory"), path, "memory.limit_in_bytes")
                }
                _ => None,
            }
        })
        .min()
}

/// The lowest limit of a group and those that it lies in.
fn lowest(root: &Path, path: &str, file: &str) -> Option<usize> {
    let group = root.join(path);
    group
        .ancestors()
        .take_while(|dir| dir.starts_with(root))
        .filter_map(|dir| read_to_string(dir.join(file)).ok()?.trim().parse::<usize>().ok())
        .filter(|&limit| limit < 1 << 60)
        .min()
}
