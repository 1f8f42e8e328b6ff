//! [`Temporary`]: a file under another name until it is complete.

use crate::at;
use metes_memory::Result;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that takes its name on [`Temporary::commit`] and is removed otherwise.
pub(crate) struct Temporary {
    pub file: File,
    path: PathBuf,
    target: PathBuf,
    done: bool,
}

impl Temporary {
    pub(crate) fn create(target: &Path) -> Result<Temporary> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let unique = format!(".{name}.{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = target.with_file_name(unique);
        let file = File::create_new(&path).map_err(|e| at(target, e))?;
        Ok(Temporary { file, path, target: target.to_owned(), done: false })
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the complete file its name.
    pub(crate) fn commit(mut self) -> Result<()> {
        self.file.sync_all().map_err(|e| at(&self.target, e))?;
        std::fs::rename(&self.path, &self.target).map_err(|e| at(&self.target, e))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
