//! The libraries that are given Metes arrays: installing them, and telling which could not be had.

use crate::python::Venv;
use crate::steps::{Steps, quietly};
use crate::{Result, root};
use std::path::Path;

const LIST: &str = "tests/clients/requirements.txt";
/// Wheels alone: a gate does not compile other projects. Without a network the answer shall come soon.
const INSTALL: &[&str] = &[
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--only-binary=:all:",
    "--retries=1",
    "--timeout=15",
];

/// Installs the libraries and runs their tests on the package in `site`.
pub fn test(steps: &mut Steps, venv: &Venv, site: &Path) -> Result<()> {
    steps.step("clients: install", || install(venv))?;
    let mut pytest = venv.command(&["-m", "pytest", "-p", "no:cacheprovider", "-rs", "tests/clients"]);
    pytest.env("PYTHONPATH", site);
    steps.step("clients: SciPy, scikit-learn, Dask and others", || Ok(told(&quietly(&mut pytest)?)))
}

/// Runs the tests of NumPy under management on the oldest NumPy that can be managed, where that can be had.
pub fn oldest_numpy(steps: &mut Steps, venv: &Venv, site: &Path) -> Result<()> {
    steps.step("the oldest NumPy that is managed: 1.26", || {
        let other = venv.beside("target/numpy-1.26")?;
        under_numpy(&other, "numpy==1.26.*", site)
    })
}

/// The same on a newer Python with its newest NumPy, where one is found: the package is built once for all of them, but
/// reads frames of the interpreter, which differ.
pub fn newer_python(steps: &mut Steps, venv: &Venv, site: &Path) -> Result<()> {
    steps.step("a newer Python, with its newest NumPy", || match venv.newer("target/python-newer")? {
        Some(other) => under_numpy(&other, "numpy", site),
        None => Ok("left out: none is found; METES_NEWER_PYTHON may name one".to_owned()),
    })
}

fn under_numpy(venv: &Venv, numpy: &str, site: &Path) -> Result<String> {
    if !["numpy", "pytest", "hypothesis"].iter().all(|one| is_there(venv, one))
        && let Err(output) = quietly(venv.command(INSTALL).args([numpy, "pytest>=8", "hypothesis"]))
    {
        return Ok(format!("left out: {}", reason(&output)));
    }
    let tests = ["under_numpy", "numpy_answers", "run"].map(|name| format!("tests/python/test_{name}.py"));
    let mut pytest = venv.command(&["-m", "pytest", "-p", "no:cacheprovider"]);
    Ok(told(&quietly(pytest.args(tests).env("PYTHONPATH", site))?))
}

/// Installs what is missing, all at once or else one by one; names what could not be had, and why.
fn install(venv: &Venv) -> Result<String> {
    let text = std::fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let missing: Vec<&str> = lines.filter(|line| !is_there(venv, line)).collect();
    if missing.is_empty() {
        return Ok("already there".to_owned());
    }
    if quietly(venv.command(INSTALL).args(&missing)).is_ok() {
        return Ok(format!("{} installed", missing.len()));
    }
    let alone = |line| Some((line, reason(&quietly(venv.command(INSTALL).arg(line)).err()?)));
    let refused: Vec<(&str, String)> = missing.iter().copied().filter_map(alone).collect();
    let shown = refused.iter().map(|(line, why)| format!("\n    {line} is left out: {why}"));
    Ok(format!("{} installed{}", missing.len() - refused.len(), shown.collect::<String>()))
}

/// Whether a distribution is installed, whatever its version: what is there already is somebody's choice.
fn is_there(venv: &Venv, line: &str) -> bool {
    let name = line.split(['<', '>', '=', '[']).next().unwrap_or(line);
    quietly(&mut venv.command(&["-c", &format!("import importlib.metadata as m; m.version('{name}')")])).is_ok()
}

/// The last line in which pip names an error.
fn reason(output: &str) -> String {
    let line = output.lines().rev().find(|line| line.starts_with("ERROR:"));
    line.unwrap_or("pip failed").trim_start_matches("ERROR:").trim().to_owned()
}

/// The closing line, and before it each client that was skipped, with the reason.
fn told(output: &str) -> String {
    let closing = output.lines().last().unwrap_or_default().trim_matches(['=', ' ']);
    let skipped = output.lines().filter(|line| line.starts_with("SKIPPED")).map(|line| format!("\n    {line}"));
    format!("{closing}{}", skipped.collect::<String>())
}
