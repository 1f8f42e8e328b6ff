//! [`Watch`]: what a running program has told so far, as screens of text.

use crate::live::{LiveReader, Snapshot};
use crate::screen::screen;
use metes_memory::Result;
use std::collections::VecDeque;

/// Moments that the curve remembers.
const HISTORY: usize = 200;

/// A program that is looked at, and what it has told.
pub struct Watch {
    reader: LiveReader,
    history: VecDeque<Snapshot>,
}

impl Watch {
    /// Attaches to the process of a number. Errors: as [`LiveReader::attach`].
    pub fn attach(pid: u32) -> Result<Watch> {
        Ok(Watch { reader: LiveReader::attach(pid)?, history: VecDeque::new() })
    }

    /// Waits for the next moment, some times a second; `false` when the program has ended.
    pub fn wait(&mut self) -> Result<bool> {
        let Some(now) = self.reader.moment()? else { return Ok(false) };
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(now);
        Ok(true)
    }

    /// The last moment that was told.
    pub fn last(&self) -> Option<&Snapshot> {
        self.history.back()
    }

    /// How the program stands, as `rows` lines of at most `columns` characters.
    pub fn screen(&mut self, columns: usize, rows: usize) -> String {
        screen(self.history.make_contiguous(), columns, rows)
    }
}

/// A screen as what draws it over the one before: each line with what stood right of it erased, and what stood below.
pub fn drawn(screen: &str) -> String {
    format!("\x1b[H{}\x1b[J", screen.replace('\n', "\x1b[K\r\n"))
}
