//! Building the Python package: in release mode into `.venv` for use, in the dev profile beside it for tests.

use crate::python::Venv;
use crate::steps::{cargo, quietly};
use crate::{Result, files, has_extension, root};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Builds the package in release mode and installs it into the environment, unless nothing changed since.
pub fn install(venv: &Venv) -> Result<String> {
    let (stamp, sources) = (venv.path("metes.stamp"), format!("{:016x}", fingerprint()));
    if std::fs::read_to_string(&stamp).is_ok_and(|before| before == sources) && imports(venv) {
        return Ok("unchanged".to_owned());
    }
    let mut command = venv.command(&["-m", "maturin", "develop", "--release", "--quiet"]);
    quietly(command.env("CARGO_TERM_COLOR", "never"))?;
    if !imports(venv) {
        return Err("the package was built and installed, but `import metes` fails".to_owned());
    }
    write(&stamp, &sources)?;
    Ok("built".to_owned())
}

/// Builds the extension in the dev profile, whose dependencies the Rust tests have compiled already, and puts the
/// package together in a directory of its own; returns that directory, for `PYTHONPATH`.
pub fn stage() -> Result<PathBuf> {
    quietly(&mut cargo(&["build", "--quiet", "--package", "metes-py"]))?;
    let site = root().join("target/xtask/site");
    // The directory may not be there yet; what matters is that nothing old is in it afterwards.
    let _ = std::fs::remove_dir_all(&site);
    let package = root().join("python");
    for file in files(&package, &|path| !has_extension(path, &["so", "pyc"])) {
        let below = file.strip_prefix(&package).expect("`files` returns what is below the directory");
        copy(&file, &site.join(below))?;
    }
    copy(&library(), &site.join("metes/_native.abi3.so"))?;
    Ok(site)
}

fn imports(venv: &Venv) -> bool {
    quietly(&mut venv.command(&["-c", "import metes"])).is_ok()
}

/// Where cargo puts the extension in the dev profile.
fn library() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let name = if cfg!(target_os = "macos") { "lib_native.dylib" } else { "lib_native.so" };
    root().join(target).join("debug").join(name)
}

/// A hash of all that the package is built from.
fn fingerprint() -> u64 {
    let root = root();
    let mut sources = files(&root.join("crates"), &|path| has_extension(path, &["rs", "toml", "html", "js", "css"]));
    sources.extend(["Cargo.toml", "Cargo.lock", "pyproject.toml"].map(|name| root.join(name)));
    let mut hasher = DefaultHasher::new();
    for path in sources {
        path.hash(&mut hasher);
        std::fs::read(&path).unwrap_or_default().hash(&mut hasher);
    }
    hasher.finish()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().expect("a file has a directory");
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| format!("copying {} to {}: {error}", from.display(), to.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
