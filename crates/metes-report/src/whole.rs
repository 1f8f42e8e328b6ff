//! Files that are whole or not there: a page or an export that a full disk cuts short would look like one.

use metes_memory::{Error, Result};
use std::fs;
use std::path::Path;

/// Writes a file beside its place and moves it there. What is no file (a pipe, a terminal) is written to as it is.
///
/// Errors: `Io`, naming the file; what was there before is still there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, bytes).map_err(|error| Error::from(error).context(path.display()))
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link stays one: the file that it names is written.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    let name = target.file_name().filter(|_| before.as_ref().is_none_or(fs::Metadata::is_file));
    let Some(name) = name else { return fs::write(&target, bytes) };
    let beside = target.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| {
        if let Some(before) = &before {
            fs::set_permissions(&beside, before.permissions())?;
        }
        fs::rename(&beside, &target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let directory = std::env::temp_dir().join(format!("metes-whole-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("page.html");
        for text in ["one", "two"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(write(&directory, b"a directory").is_err());
        assert!(write(&directory.join("none/page.html"), b"").is_err_and(|error| error.to_string().contains("none")));
        write(Path::new("/dev/null"), b"no file").unwrap();
        let names: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["page.html"]);
        fs::remove_dir_all(directory).unwrap();
    }
}
