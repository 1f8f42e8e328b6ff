//! [`Steps`]: a chore as a list of named steps, one line each, with a table of times at the end.

use crate::{Result, root};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs steps and remembers how long each took.
pub struct Steps {
    taken: Vec<(String, Duration)>,
    /// Failures so far, where the steps after one still run.
    failures: Option<Vec<String>>,
}

impl Steps {
    /// No step yet; the first failure is the last step.
    pub fn new() -> Steps {
        Steps { taken: Vec::new(), failures: None }
    }

    /// No step yet; all steps run, and `close` tells all failures.
    pub fn independent() -> Steps {
        Steps { taken: Vec::new(), failures: Some(Vec::new()) }
    }

    /// Runs `body` as the step `name`. Its text, if any, is shown at the end of the step's line.
    pub fn step(&mut self, name: &str, body: impl FnOnce() -> Result<String>) -> Result<()> {
        print!("{name:<44}");
        flush();
        let start = Instant::now();
        let result = body();
        let took = start.elapsed();
        self.taken.push((name.to_owned(), took));
        match result {
            Ok(note) if note.is_empty() => println!("ok {:>8}", seconds(took)),
            Ok(note) => println!("ok {:>8}  {note}", seconds(took)),
            Err(message) => {
                println!("FAILED after {}", seconds(took));
                let message = format!("\n{}\n\n{name}: failed", message.trim_end());
                match &mut self.failures {
                    Some(failures) => failures.push(message),
                    None => return Err(message),
                }
            }
        }
        Ok(())
    }

    /// Runs a command as a step; its output is shown where it fails.
    pub fn command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.step(name, || quietly(command).map(|_| String::new()))
    }

    /// Prints what took longest and the sum; the failures, where there were any.
    pub fn close(self, line: &str) -> Result<()> {
        let total: Duration = self.taken.iter().map(|(_, took)| *took).sum();
        let mut longest: Vec<_> = self.taken.iter().filter(|(_, took)| took.as_secs() >= 1).collect();
        longest.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        if longest.len() > 1 {
            println!("\nlongest steps:");
        }
        for (name, took) in longest.iter().take(8).filter(|_| longest.len() > 1) {
            println!("{:>8}  {name}", seconds(*took));
        }
        let failures = self.failures.unwrap_or_default();
        if !failures.is_empty() {
            return Err(failures.join("\n"));
        }
        println!("\n{line} ({} steps, {})", self.taken.len(), seconds(total));
        Ok(())
    }
}

/// Runs a command at the root with its output kept; the output, or all of it as the error where the command fails.
pub fn quietly(command: &mut Command) -> Result<String> {
    let shown = describe(command);
    let output = command
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{shown}: cannot be started: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("$ {shown}\n{}{}{}", text(&output.stdout), text(&output.stderr), output.status))
}

/// Runs a command at the root with its output going to the user.
pub fn openly(command: &mut Command) -> Result<()> {
    flush();
    let shown = describe(command);
    let status =
        command.current_dir(root()).status().map_err(|error| format!("{shown}: cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}

/// `cargo` with plain output.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
    // Cargo sets variables for the program that it runs; a cargo inside must not take them for its own.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME" {
            command.env_remove(name);
        }
    }
    command
}

fn describe(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn flush() {
    // A closed standard output is no reason to stop a chore.
    let _ = std::io::stdout().flush();
}
