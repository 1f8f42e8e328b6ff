//! Format strings of the buffer protocol beyond one number: byte orders, text, raw bytes, fields (PEP 3118).

use metes_dtype::{ByteOrder, DType, Field, Form, Kind, Record, Sub};

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

/// The format of a dtype; `None` for time, and for fields with titles or out of order, which no format can tell.
pub(super) fn format_of(dtype: DType) -> Option<String> {
    let order = if dtype.is_swapped() == Some(true) { ">" } else { "" };
    Some(match dtype.form() {
        Form::Number(kind) | Form::Swapped(kind) => format!("{order}{}", letters(kind)),
        Form::Bytes(width) => format!("{width}s"),
        Form::Text { chars, .. } => format!("{order}{chars}w"),
        Form::Void(width) => format!("{width}x"),
        Form::Time(_) => return None,
        Form::Sub(sub) => {
            let shape: Vec<String> = sub.shape().iter().map(usize::to_string).collect();
            format!("({}){}", shape.join(","), format_of(sub.base())?)
        }
        Form::Record(record) => fields(record)?,
    })
}

/// Whether buffers can say what elements of this dtype are.
///
/// Raw bytes alone they can, but NumPy takes such a format for a record without fields: it is to ask for the interface.
pub(crate) fn can_show(dtype: DType) -> bool {
    dtype.number().is_some() || !matches!(dtype.form(), Form::Void(_)) && format_of(dtype).is_some()
}

/// Fields in explicit byte order, so that no reader adds gaps of its own.
fn fields(record: &Record) -> Option<String> {
    let mut text = String::from("T{");
    let mut end = 0;
    for field in record.fields() {
        let gap = field.offset.checked_sub(end)?;
        text.push_str(&"x".repeat(gap));
        if field.name.contains(':') || field.title.is_some() {
            return None;
        }
        let own = format_of(field.dtype)?;
        let (shape, rest) = match own.find(')') {
            Some(at) if own.starts_with('(') => own.split_at(at + 1),
            _ => ("", own.as_str()),
        };
        let order = if rest.starts_with(['>', 'T']) { "" } else { "<" };
        text.push_str(&format!("{shape}{order}{rest}:{}:", field.name));
        end = field.offset + field.dtype.size();
    }
    text.push_str(&"x".repeat(record.itemsize() - end));
    text.push('}');
    Some(text)
}

/// A kind's letters of standard size.
fn letters(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "?",
        Kind::I8 => "b",
        Kind::I16 => "h",
        Kind::I32 => "i",
        Kind::I64 => "q",
        Kind::U8 => "B",
        Kind::U16 => "H",
        Kind::U32 => "I",
        Kind::U64 => "Q",
        Kind::F16 => "e",
        Kind::F32 => "f",
        Kind::F64 => "d",
        Kind::C64 => "Zf",
        Kind::C128 => "Zd",
    }
}

/// The dtype of a format whose items have so many bytes; `None` for what Metes lacks or what contradicts itself.
pub(super) fn parse(format: &str, itemsize: usize) -> Option<DType> {
    let mut reader = Reader { rest: format, order: '@', depth: 0 };
    let dtype = reader.fields(true)?;
    // What is missing may be anywhere: older ctypes leave all gaps out.
    (dtype.size() == itemsize).then_some(dtype)
}

struct Reader<'a> {
    rest: &'a str,
    /// Byte order, and whether sizes and gaps are the machine's.
    order: char,
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn digits(&mut self) -> Option<usize> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().ok()
    }

    /// Fields up to the end, or the closing brace; one without a name that is alone at the top is itself the dtype.
    fn fields(&mut self, top: bool) -> Option<DType> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let (mut fields, mut end, mut align) = (Vec::<Field>::new(), 0usize, 1usize);
        while !self.rest.is_empty() && (top || !self.rest.starts_with('}')) {
            let (dtype, padding) = self.item()?;
            let name = if self.eat(':') {
                let (name, rest) = self.rest.split_once(':')?;
                self.rest = rest;
                Some(name.to_owned())
            } else {
                None
            };
            if self.order == '@' && !padding {
                align = align.max(dtype.align());
                end = end.next_multiple_of(dtype.align());
            }
            if !padding || name.is_some() {
                let name = name.unwrap_or_default();
                fields.push(Field { name: name.into(), title: None, dtype, offset: end });
            }
            end = end.checked_add(dtype.size())?;
        }
        self.depth -= 1;
        if self.order == '@' && !end.is_multiple_of(align) {
            // The native rules fill such a record up. NumPy states what fills it after it where another field follows, and
            // not at all at the end of the element; so within others it may mean either, and there are no guesses.
            if self.depth > 1 {
                return None;
            }
            end = end.next_multiple_of(align);
        }
        if let [one] = fields.as_slice()
            && top
            && one.name.is_empty()
        {
            return Some(one.dtype);
        }
        if top && fields.is_empty() && end > 0 {
            return DType::void(end);
        }
        for (i, field) in fields.iter_mut().enumerate().filter(|(_, field)| field.name.is_empty()) {
            field.name = format!("f{i}").into();
        }
        Record::at(fields, Some(end), false).ok()
    }

    /// One item: its dtype, and whether it is only a gap.
    fn item(&mut self) -> Option<(DType, bool)> {
        let mut shape: Vec<usize> = Vec::new();
        if self.eat('(') {
            loop {
                shape.push(self.digits()?);
                if self.eat(')') {
                    break;
                }
                self.eat(',').then_some(())?;
            }
        }
        while self.rest.starts_with(['@', '=', '<', '>', '^', '!']) {
            self.order = self.next()?;
        }
        let count = if self.rest.starts_with(|c: char| c.is_ascii_digit()) { Some(self.digits()?) } else { None };
        if self.eat('T') {
            self.eat('{').then_some(())?;
            let dtype = self.fields(false)?;
            self.eat('}').then_some(())?;
            shape.extend(count);
            return Some((Sub::of(dtype, &shape)?, false));
        }
        let letter = self.next()?;
        let many = count.unwrap_or(1);
        let (dtype, padding) = match letter {
            'x' => (DType::void(many)?, true),
            's' | 'p' => (DType::bytes(many)?, false),
            'c' => (DType::bytes(1)?, false),
            'w' => (DType::text(many)?, false),
            'Z' => (self.number(letter)?, false),
            _ => (self.number(letter)?, false),
        };
        if !matches!(letter, 'x' | 's' | 'p' | 'w') {
            shape.extend(count);
        }
        let foreign = matches!(self.order, '>' | '!');
        let dtype = dtype.ordered(if foreign { ByteOrder::Foreign } else { ByteOrder::Native });
        Some((Sub::of(dtype, &shape)?, padding))
    }

    fn number(&mut self, letter: char) -> Option<DType> {
        let native = matches!(self.order, '@' | '^');
        Some(DType::of(match letter {
            '?' => Kind::Bool,
            'b' => Kind::I8,
            'B' => Kind::U8,
            'h' => Kind::I16,
            'H' => Kind::U16,
            'i' => Kind::I32,
            'I' => Kind::U32,
            'l' if !native => Kind::I32,
            'L' if !native => Kind::U32,
            'l' | 'q' | 'n' => Kind::I64,
            'L' | 'Q' | 'N' => Kind::U64,
            'e' => Kind::F16,
            'f' => Kind::F32,
            'd' => Kind::F64,
            'Z' => match self.next()? {
                'f' => Kind::C64,
                'd' => Kind::C128,
                _ => return None,
            },
            _ => return None,
        }))
    }
}
