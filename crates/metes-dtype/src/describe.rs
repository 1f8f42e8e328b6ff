//! Dtypes as text: type strings, and NumPy's `str` and `repr`, which can be read back.

use crate::{DType, Field, Form, Record, Sub};
use std::fmt;

impl DType {
    /// NumPy's type string with byte order: `"<f8"`, `"|S5"`, `"<M8[ns]"`, and `"|V12"` for fields.
    pub fn type_string(self) -> String {
        let order = match self.is_swapped() {
            None => '|',
            Some(false) => '<',
            Some(true) => '>',
        };
        format!("{order}{}", self.sized())
    }

    /// Kind and size, `"f8"`; text counts code points.
    fn sized(self) -> String {
        let count = match self.form() {
            Form::Text { chars, .. } => chars as usize,
            _ => self.size(),
        };
        let suffix = self.time().map_or_else(String::new, crate::Time::suffix);
        format!("{}{count}{suffix}", self.kind_char())
    }

    /// NumPy's name: `"float64"`, `"str160"`, `"datetime64[ns]"`, `"void96"`.
    pub fn full_name(self) -> String {
        let bits = |family: &str| match self.size() {
            0 => family.to_owned(),
            size => format!("{family}{}", 8 * size),
        };
        match self.form() {
            Form::Number(kind) | Form::Swapped(kind) => kind.name().to_owned(),
            Form::Bytes(_) => bits("bytes"),
            Form::Text { .. } => bits("str"),
            Form::Time(time) => format!("{}{}", time.family(), time.suffix()),
            Form::Void(_) | Form::Record(_) | Form::Sub(_) => bits("void"),
        }
    }

    /// What `dtype(...)` takes to make this again; `short` within fields.
    fn construction(self, short: bool) -> String {
        match self.form() {
            Form::Record(record) => record.structure(false),
            Form::Sub(sub) => sub.text(),
            Form::Number(crate::Kind::Bool) if short => "'?'".to_owned(),
            Form::Number(kind) if !short => format!("'{}'", kind.name()),
            Form::Bytes(0) => "'S'".to_owned(),
            Form::Void(0) => "'V'".to_owned(),
            Form::Time(time) => format!("'{}{}8{}'", if time.swapped { '>' } else { '<' }, time.char(), time.suffix()),
            Form::Text { chars: 0, swapped } => format!("'{}U'", if swapped { '>' } else { '<' }),
            _ => {
                let order = match self.is_swapped() {
                    None => "",
                    Some(false) => "<",
                    Some(true) => ">",
                };
                format!("'{order}{}'", self.sized())
            }
        }
    }

    /// NumPy's `repr`.
    pub fn repr(self) -> String {
        let aligned = self.record().is_some_and(Record::aligned);
        format!("dtype({}{})", self.construction(false), if aligned { ", align=True" } else { "" })
    }

    /// The value of `descr` in the header of an .npy file, as Python text.
    pub fn descr(self) -> String {
        match self.form() {
            Form::Record(record) => record.descr(),
            _ => format!("'{}'", self.type_string()),
        }
    }
}

impl Sub {
    fn text(&self) -> String {
        format!("({}, {})", self.base().construction(true), tuple(self.shape()))
    }
}

impl Record {
    /// Whether the structure can be told without offsets decides on the form, as in NumPy.
    fn structure(&self, say_aligned: bool) -> String {
        if !(say_aligned && self.aligned()) && self.is_packed() { self.list() } else { self.dictionary(say_aligned) }
    }

    fn list(&self) -> String {
        let item = |field: &Field| match field.dtype.form() {
            Form::Sub(sub) => {
                format!("({}, {}, {})", field.label(), sub.base().construction(true), tuple(sub.shape()))
            }
            _ => format!("({}, {})", field.label(), field.dtype.construction(true)),
        };
        format!("[{}]", joined(self.fields().iter().map(item)))
    }

    fn dictionary(&self, say_aligned: bool) -> String {
        let fields = self.fields();
        let names = joined(fields.iter().map(|f| quoted(&f.name)));
        let formats = joined(fields.iter().map(|f| f.dtype.construction(true)));
        let offsets = joined(fields.iter().map(|f| f.offset.to_string()));
        let title = |f: &Field| f.title.as_deref().map_or_else(|| "None".to_owned(), quoted);
        let titles = match fields.iter().any(|f| f.title.is_some()) {
            true => format!(", 'titles': [{}]", joined(fields.iter().map(title))),
            false => String::new(),
        };
        let aligned = if say_aligned && self.aligned() { ", 'aligned': True" } else { "" };
        format!(
            "{{'names': [{names}], 'formats': [{formats}], 'offsets': [{offsets}]{titles}, 'itemsize': {}{aligned}}}",
            self.itemsize()
        )
    }

    /// The list of fields with gaps as raw bytes without a name. Fields that do not follow each other have no such list;
    /// they are told in order of their offsets, overlapping ones as well as it goes.
    fn descr(&self) -> String {
        let mut fields: Vec<&Field> = self.fields().iter().collect();
        fields.sort_by_key(|f| f.offset);
        let mut end = 0;
        let mut items = Vec::new();
        let gap = |from: usize, to: usize| format!("('', '|V{}')", to - from);
        for field in fields {
            if field.offset > end {
                items.push(gap(end, field.offset));
            }
            let (base, shape) = field.dtype.flattened();
            let shape = if shape.is_empty() { String::new() } else { format!(", {}", tuple(shape)) };
            items.push(format!("({}, {}{shape})", field.label(), base.descr()));
            end = field.offset + field.dtype.size();
        }
        if self.itemsize() > end {
            items.push(gap(end, self.itemsize()));
        }
        format!("[{}]", items.join(", "))
    }

    /// Whether fields follow each other in memory, so that a list can tell them.
    pub fn is_ordered(&self) -> bool {
        let pairs = self.fields().windows(2);
        let nested = |f: &Field| f.dtype.flattened().0.record().is_none_or(Record::is_ordered);
        pairs.into_iter().all(|p| p[0].offset + p[0].dtype.size() <= p[1].offset) && self.fields().iter().all(nested)
    }
}

impl Field {
    fn label(&self) -> String {
        match &self.title {
            Some(title) => format!("({}, {})", quoted(title), quoted(&self.name)),
            None => quoted(&self.name),
        }
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", joined(shape.iter().map(usize::to_string))),
    }
}

/// Text as Python writes it between quotes.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() && u32::from(c) < 256 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// NumPy's `str`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form() {
            Form::Number(kind) => f.write_str(kind.name()),
            Form::Record(record) => f.write_str(&record.structure(true)),
            Form::Sub(sub) => f.write_str(&sub.text()),
            Form::Time(time) if !time.swapped => f.write_str(&self.full_name()),
            _ => f.write_str(&self.type_string()),
        }
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
