//! `metes top`: a running program's memory on the screen.

use crate::{Answer, Stop};
use clap::Args;
use metes_report::{LiveReader, Snapshot, screen};
use std::io::{IsTerminal, Write};

/// Moments that the curve remembers.
const HISTORY: usize = 200;

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
        watch(LiveReader::attach(self.pid)?, once, answer.out)
    }
}

/// Draws what a program tells until it ends, or once. The screen is drawn over, not replaced, so that whatever ends this
/// leaves the terminal as it should be.
pub(crate) fn watch(mut reader: LiveReader, once: bool, out: &mut dyn Write) -> Result<(), Stop> {
    let mut history: Vec<Snapshot> = Vec::new();
    while let Some(now) = reader.moment()? {
        if history.len() == HISTORY {
            history.remove(0);
        }
        history.push(now);
        if once {
            write!(out, "{}", screen(&history, 98, 48))?;
            return Ok(());
        }
        let (columns, rows) = size();
        let clear = if history.len() == 1 { "\x1b[2J" } else { "" };
        // Home, the lines with what stood right of them erased, and what stood below.
        let text = screen(&history, columns, rows.saturating_sub(1)).replace('\n', "\x1b[K\n");
        write!(out, "{clear}\x1b[H{text}\x1b[J")?;
        out.flush()?;
    }
    if !once {
        writeln!(out, "the program has ended")?;
    }
    Ok(())
}

fn size() -> (usize, usize) {
    terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0.into(), height.0.into()))
}
