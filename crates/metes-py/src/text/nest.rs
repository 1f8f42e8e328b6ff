//! The brackets and line breaks of an array.

/// The brackets and line breaks around words that come in C order.
pub(super) struct Nest<'a> {
    pub words: &'a mut dyn Iterator<Item = String>,
    pub separator: &'a str,
    pub edge: Option<usize>,
}

impl Nest<'_> {
    /// The text of an array of this shape, whose lines begin after `indent` blanks and end before `width`.
    pub fn level(&mut self, shape: &[usize], indent: usize, width: usize) -> String {
        match shape {
            [] => self.words.next().unwrap_or_default(),
            [n] => self.row(*n, indent, width),
            [n, inner @ ..] => self.rows(*n, inner, indent, width),
        }
    }

    /// The items before the dots, if there are dots, and how many there are in all.
    fn shown(&self, n: usize) -> (Option<usize>, usize) {
        match self.edge {
            Some(edge) if n > 2 * edge => (Some(edge), 2 * edge),
            _ => (None, n),
        }
    }

    fn row(&mut self, n: usize, indent: usize, width: usize) -> String {
        let room = width.saturating_sub(self.separator.trim_end().chars().count().max(1));
        let mut lines = Lines { done: String::new(), line: " ".repeat(indent), indent, room };
        let (dots, shown) = self.shown(n);
        if shown == 0 {
            return "[...]".to_owned();
        }
        for index in 0..shown {
            if dots == Some(index) {
                lines.word("...");
                lines.line += self.separator;
            }
            lines.word(&self.words.next().unwrap_or_default());
            if index + 1 < shown {
                lines.line += self.separator;
            }
        }
        let text = lines.done + &lines.line;
        format!("[{}]", &text[indent..])
    }

    fn rows(&mut self, n: usize, inner: &[usize], indent: usize, width: usize) -> String {
        let line_end = format!("{}{}", self.separator.trim_end(), "\n".repeat(inner.len()));
        let margin = " ".repeat(indent);
        let (dots, shown) = self.shown(n);
        if shown == 0 {
            return "[...]".to_owned();
        }
        let mut parts = Vec::new();
        for index in 0..shown {
            if dots == Some(index) {
                parts.push(format!("{margin}..."));
            }
            parts.push(format!("{margin}{}", self.level(inner, indent + 1, width.saturating_sub(1))));
        }
        format!("[{}]", &parts.join(&line_end)[indent..])
    }
}

struct Lines {
    done: String,
    line: String,
    indent: usize,
    room: usize,
}

impl Lines {
    fn word(&mut self, word: &str) {
        // Bytes are at least as many as characters, and quicker to count.
        let fits =
            self.line.len() + word.len() <= self.room || self.line.chars().count() + word.chars().count() <= self.room;
        if !fits && self.line.len() > self.indent {
            self.done += self.line.trim_end();
            self.done.push('\n');
            self.line = " ".repeat(self.indent);
        }
        self.line += word;
    }
}
