//! [`Temporary`]: a file under another name until it is complete.
//!
//! A program that is killed leaves a `.part` file beside the target, never a target that is half written. The bytes are
//! not forced to the disk: after a loss of power the file may be missing or short, which readers notice.

use crate::at;
use metes_memory::Result;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that takes its name on [`Temporary::commit`] and is removed otherwise.
pub(crate) struct Temporary {
    pub file: File,
    /// Where it is written; none where that is the target itself.
    path: Option<PathBuf>,
    target: PathBuf,
}

impl Temporary {
    /// A file that is to replace `target`, or the file that it links to. What is no plain file (a pipe, a device) is not
    /// replaced but written to.
    pub(crate) fn create(target: &Path) -> Result<Temporary> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let mut permissions = None;
        if let Ok(known) = fs::metadata(&target) {
            let old = File::options().write(true).open(&target).map_err(|e| at(&target, e))?;
            if !known.is_file() {
                return Ok(Temporary { file: old, path: None, target });
            }
            permissions = Some(known.permissions());
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let unique = format!(".{name}.{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = target.with_file_name(unique);
        let file = File::create_new(&path).map_err(|e| at(&target, e))?;
        let temporary = Temporary { file, path: Some(path), target };
        if let Some(permissions) = permissions {
            temporary.file.set_permissions(permissions).map_err(|e| at(&temporary.target, e))?;
        }
        Ok(temporary)
    }

    /// Gives the complete file its name.
    pub(crate) fn commit(mut self) -> Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, &self.target).map_err(|e| at(&self.target, e))?;
            self.path = None;
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
