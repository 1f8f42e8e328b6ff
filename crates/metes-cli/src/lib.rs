//! The command line, as a library, so that the program and the script that comes with the Python package are one.
//!
//! A command writes its answer to the output it is given and returns what failed; texts, streams and exit codes are
//! decided here. Running programs under Metes' memory needs a Python interpreter: `run` hands over to the package there.

mod inspect;
mod report;
mod run;
mod top;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{ErrorKind, Write};

/// Everything went well.
pub const DONE: i32 = 0;
/// A command failed; the error output says why.
pub const FAILED: i32 = 1;
/// The arguments make no sense.
pub const USAGE: i32 = 2;

/// N-dimensional arrays with the memory under control.
#[derive(Parser)]
#[command(name = "metes", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
    Report(report::Report),
    Top(top::Top),
    Run(run::Run),
}

/// Runs the command line on the process's output and returns the exit code.
///
/// ```
/// assert_eq!(metes_cli::main_from(["metes", "inspect", "no-such-file.npy"].map(Into::into)), metes_cli::FAILED);
/// ```
pub fn main_from(args: impl IntoIterator<Item = OsString>) -> i32 {
    run(args, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}

/// As [`main_from`], writing to `out` and `err`.
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(usage) => {
            let to: &mut dyn Write = if usage.use_stderr() { err } else { out };
            let _ = write!(to, "{}", usage.render());
            return usage.exit_code();
        }
    };
    let mut answer = Answer { out, err, failed: false };
    let ended = match cli.command {
        Command::Inspect(command) => command.run(&mut answer),
        Command::Report(command) => command.run(&mut answer),
        Command::Top(command) => command.run(&mut answer),
        Command::Run(command) => command.run(),
    };
    match ended {
        // Who reads the output has read enough.
        Err(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(Stop::Output(error)) => answer.fail(&format!("the output cannot be written: {error}")),
        Err(Stop::Failure(error)) => answer.fail(error.message()),
        Ok(()) => {}
    }
    if answer.failed { FAILED } else { DONE }
}

/// Where a command's words go.
struct Answer<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    failed: bool,
}

impl Answer<'_> {
    fn fail(&mut self, message: &str) {
        self.failed = true;
        let _ = writeln!(self.err, "metes: {message}");
    }
}

/// Why a command stopped before its end.
enum Stop {
    Output(std::io::Error),
    Failure(metes::memory::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Output(error)
    }
}

impl From<metes::memory::Error> for Stop {
    fn from(error: metes::memory::Error) -> Stop {
        Stop::Failure(error)
    }
}
