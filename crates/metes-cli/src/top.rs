//! `metes top`: a running program's memory on the screen.

use crate::{Answer, Stop};
use clap::Args;
use metes_report::{Watch, drawn};
use std::io::{IsTerminal, Write};

/// Watch the memory of a running program of yours: one under `metes run`, or one that called `memory.watchable()`
#[derive(Args)]
pub(crate) struct Top {
    /// The process's number
    #[arg(value_name = "PID")]
    pid: u32,
    /// Say once how it stands, as where the output is no terminal
    #[arg(long)]
    once: bool,
}

impl Top {
    pub(crate) fn run(self, answer: &mut Answer) -> Result<(), Stop> {
        let once = self.once || !std::io::stdout().is_terminal();
        watch(Watch::attach(self.pid)?, once, answer.out)
    }
}

/// Draws what a program tells until it ends, or once. The screen is drawn over, not replaced, so that whatever ends this
/// leaves the terminal as it should be.
fn watch(mut program: Watch, once: bool, out: &mut dyn Write) -> Result<(), Stop> {
    let mut clear = "\x1b[2J";
    while program.wait()? {
        if once {
            write!(out, "{}", program.screen(98, 48))?;
            return Ok(());
        }
        let (columns, rows) = size();
        write!(out, "{clear}{}", drawn(&program.screen(columns, rows.saturating_sub(1))))?;
        out.flush()?;
        clear = "";
    }
    if !once {
        writeln!(out, "the program has ended")?;
    }
    Ok(())
}

fn size() -> (usize, usize) {
    terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0.into(), height.0.into()))
}
