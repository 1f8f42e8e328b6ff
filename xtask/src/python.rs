//! The project's own Python: finding an interpreter, making `.venv`, installing into it.

use crate::steps::quietly;
use crate::{Result, root};
use std::path::PathBuf;
use std::process::Command;

/// The NumPy that results are compared with: a later one answers otherwise in places.
pub const NUMPY: &str = "numpy==2.4.*";
/// The oldest Python that the package runs on.
const OLDEST: u32 = 11;
/// The newest one that is looked for by name.
const NEWEST: u32 = 16;

const TOO_OLD: &str = "Metes needs Python 3.11 or newer, and none was found on the PATH (looked for python3, python \
and python3.11 to python3.16). Install one, or name it in METES_PYTHON.";
const NO_VENV: &str = "is there, but its module `venv` (or `ensurepip`) is missing. On Debian and Ubuntu it comes with \
the package python3-venv.";

/// The virtual environment at the root of the repository.
pub struct Venv(PathBuf);

impl Venv {
    /// The environment, made where it is not there yet or its interpreter does not run.
    pub fn open() -> Result<Venv> {
        let venv = Venv(root().join(".venv"));
        if venv.works() {
            return Ok(venv);
        }
        let python = find()?;
        if quietly(Command::new(&python).args(["-c", "import venv, ensurepip"])).is_err() {
            return Err(format!("{python} {NO_VENV}"));
        }
        quietly(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&venv.0))?;
        Ok(venv)
    }

    /// Another environment of the same interpreter, made where it is not there yet.
    pub fn beside(&self, place: &str) -> Result<Venv> {
        let other = Venv(root().join(place));
        if !other.works() {
            quietly(Command::new(self.python()).args(["-m", "venv", "--clear"]).arg(&other.0))?;
        }
        Ok(other)
    }

    /// An environment of a newer interpreter than this one's, the newest that is found; `None` where there is none.
    pub fn newer(&self, place: &str) -> Result<Option<Venv>> {
        let Some(python) = self.find_newer() else { return Ok(None) };
        let other = Venv(root().join(place));
        if !other.works() {
            quietly(Command::new(python).args(["-m", "venv", "--clear"]).arg(&other.0))?;
        }
        Ok(Some(other))
    }

    /// The newest interpreter, or the one that `METES_NEWER_PYTHON` names, that can make environments and is newer.
    fn find_newer(&self) -> Option<String> {
        let own = quietly(&mut self.command(&["-c", "import sys; print(sys.version_info[1])"])).ok()?;
        let own: u32 = own.trim().parse().ok()?;
        let test = format!("import sys, venv, ensurepip; raise SystemExit(sys.version_info[:2] <= (3, {own}))");
        let versions = (own + 1..=NEWEST).rev().map(|minor| format!("python3.{minor}"));
        std::env::var("METES_NEWER_PYTHON")
            .into_iter()
            .chain(versions)
            .find(|python| quietly(Command::new(python).args(["-c", &test])).is_ok())
    }

    /// A path below the environment's directory.
    pub fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    /// The interpreter.
    pub fn python(&self) -> PathBuf {
        self.path("bin/python")
    }

    /// A command that runs the interpreter with `args`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.python());
        command.args(args).env("VIRTUAL_ENV", &self.0).env_remove("PYTHONHOME").env_remove("PYTHONPATH");
        command
    }

    /// Installs packages, without asking any index where all of `modules` are there; says what it did.
    pub fn install(&self, modules: &[&str], args: &[&str]) -> Result<String> {
        let found = modules.iter().map(|name| format!("find_spec('{name}') is not None")).collect::<Vec<_>>();
        let test = format!("from importlib.util import find_spec; raise SystemExit(not ({}))", found.join(" and "));
        if quietly(&mut self.command(&["-c", &test])).is_ok() {
            return Ok("already there".to_owned());
        }
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        quietly(self.command(&install).args(args))?;
        Ok("installed".to_owned())
    }

    fn works(&self) -> bool {
        let test = format!("import sys, pip; raise SystemExit(sys.version_info < (3, {OLDEST}))");
        self.python().exists() && quietly(&mut self.command(&["-c", &test])).is_ok()
    }
}

/// The first interpreter that is new enough.
fn find() -> Result<String> {
    let test = format!("import sys; raise SystemExit(sys.version_info < (3, {OLDEST}))");
    let versions = (OLDEST..=NEWEST).rev().map(|minor| format!("python3.{minor}"));
    std::env::var("METES_PYTHON")
        .into_iter()
        .chain(["python3".to_owned(), "python".to_owned()])
        .chain(versions)
        .find(|python| quietly(Command::new(python).args(["-c", &test])).is_ok())
        .ok_or_else(|| TOO_OLD.to_owned())
}
