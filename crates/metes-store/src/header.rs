//! The .npy header: a Python dictionary of three keys, parsed as exactly that.

use crate::format_error;
use metes_array::Dims;
use metes_dtype::{DType, Field, Record, Sub};
use metes_memory::{Error, ErrorKind, Result};
use std::io::Read;

/// The longest header that is read, in bytes.
pub const LONGEST_HEADER: usize = 64 * 1024;
/// How deep fields may be nested, and how many there may be.
const DEEPEST: usize = 32;
const MOST_FIELDS: usize = 4096;
const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes before the text of a version 1.0 header.
const PREFIX: usize = 10;

/// What an .npy file says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Element type.
    pub dtype: DType,
    /// Shape.
    pub shape: Dims,
    /// Whether the first axis is fastest.
    pub fortran: bool,
    /// Format version.
    pub version: (u8, u8),
    /// Bytes before the data.
    pub data_offset: usize,
}

impl Header {
    /// Reads a header; `name` is the file's for errors.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for anything but a well-formed header whose bytes fit the address space,
    /// [`ErrorKind::Unsupported`] for dtypes that Metes does not have.
    pub fn read(reader: &mut dyn Read, name: &str) -> Result<Header> {
        let mut start = [0; 8];
        take(reader, &mut start, name, "magic")?;
        if start[..6] != *MAGIC {
            return Err(format_error(
                name,
                "magic",
                format_args!("not an .npy file, it starts with {:?}", &start[..6]),
            ));
        }
        let version = (start[6], start[7]);
        let mut wide = [0; 4];
        let length_bytes = match version {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            (a, b) => return Err(format_error(name, "version", format_args!("{a}.{b} is not 1.0, 2.0 or 3.0"))),
        };
        take(reader, &mut wide[..length_bytes], name, "header length")?;
        let length = u32::from_le_bytes(wide) as usize;
        if length > LONGEST_HEADER {
            return Err(format_error(
                name,
                "header length",
                format_args!("{length} bytes, at most {LONGEST_HEADER} are read"),
            ));
        }
        let mut text = vec![0; length];
        take(reader, &mut text, name, "header")?;
        // Only names of fields are ever other than ASCII: in UTF-8 from version 3 on, before in Latin-1.
        let text = if version.0 >= 3 {
            String::from_utf8_lossy(&text).into_owned()
        } else {
            text.iter().map(|&byte| char::from(byte)).collect()
        };
        let parsed = Parser { name, rest: &text }.dictionary()?;
        let header = Header { version, data_offset: 8 + length_bytes + length, ..parsed };
        header.bytes(name)?;
        Ok(header)
    }

    /// Bytes of the data.
    pub(crate) fn bytes(&self, name: &str) -> Result<usize> {
        let size = self.shape.iter().map(|&n| n.max(1)).try_fold(self.dtype.size(), usize::checked_mul);
        match size.filter(|&s| isize::try_from(s).is_ok()) {
            Some(size) => Ok(if self.shape.contains(&0) { 0 } else { size }),
            None => {
                Err(format_error(name, "shape", format_args!("{} overflows", metes_array::shape_text(&self.shape))))
            }
        }
    }

    /// The shape in the order in which the file holds the elements: reversed for Fortran order.
    pub(crate) fn stored_shape(&self) -> Dims {
        let mut shape = self.shape.clone();
        if self.fortran {
            shape.reverse();
        }
        shape
    }

    /// The bytes of a header, as NumPy writes them: with room for the first stored axis to grow to 21
    /// digits, and at least one more space, so that the data starts at a multiple of 64.
    pub fn to_bytes(dtype: DType, shape: &[usize], fortran: bool) -> Vec<u8> {
        let text = format!(
            "{{'descr': {}, 'fortran_order': {}, 'shape': {}, }}",
            dtype.descr(),
            if fortran { "True" } else { "False" },
            metes_array::shape_text(shape)
        );
        let grows = if fortran { shape.last() } else { shape.first() };
        let growth = grows.map_or(0, |length| 21usize.saturating_sub(length.to_string().len()));
        // Versions as NumPy chooses them: 1 where the length fits 16 bits, 2 where it does not, 3 for names beyond Latin-1.
        let wide = text.len() + growth + 65 > usize::from(u16::MAX);
        let version = match text.chars().all(|c| u32::from(c) < 256) {
            true if wide => 2,
            true => 1,
            false => 3,
        };
        let mut text: Vec<u8> = match version {
            3 => text.into_bytes(),
            _ => text.chars().map(|c| u32::from(c) as u8).collect(),
        };
        let prefix = if version == 1 { PREFIX } else { PREFIX + 2 };
        let used = prefix + text.len() + growth + 1;
        let padding = growth + 64 - used % 64;
        text.extend(std::iter::repeat_n(b' ', padding));
        text.push(b'\n');
        let mut out = MAGIC.to_vec();
        out.extend([version, 0]);
        match version {
            1 => out.extend((text.len() as u16).to_le_bytes()),
            _ => out.extend((text.len() as u32).to_le_bytes()),
        }

        out.extend(text);
        out
    }
}

fn take(reader: &mut dyn Read, into: &mut [u8], name: &str, field: &str) -> Result<()> {
    reader.read_exact(into).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => format_error(name, field, "the file ends here"),
        // What a decoder found wrong comes through as it is.
        _ => e.downcast::<Error>().unwrap_or_else(|e| Error::from(e).context(name)),
    })
}

struct Parser<'a> {
    name: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn wrong(&self, what: &str) -> Error {
        let near: String = self.rest.chars().take(20).collect();
        format_error(self.name, "header", format_args!("{what} expected at {near:?}"))
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { Err(self.wrong(token)) }
    }

    fn string(&mut self) -> Result<&'a str> {
        let quote = if self.eat("'") {
            '\''
        } else if self.eat("\"") {
            '"'
        } else {
            return Err(self.wrong("a string"));
        };
        let end = self.rest.find(quote).ok_or_else(|| self.wrong("the end of a string"))?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Ok(text)
    }

    fn dictionary(mut self) -> Result<Header> {
        let (mut dtype, mut fortran, mut shape) = (None, None, None);
        self.expect("{")?;
        while !self.eat("}") {
            let key = self.string()?;
            self.expect(":")?;
            let again = match key {
                "descr" => dtype.replace(self.descr()?).is_some(),
                "fortran_order" => fortran.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.shape()?).is_some(),
                other => return Err(format_error(self.name, "header", format_args!("unknown key {other:?}"))),
            };
            if again {
                return Err(format_error(self.name, key, "given twice"));
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        self.skip();
        if !self.rest.is_empty() {
            return Err(self.wrong("the end"));
        }
        let missing = |key: &str| format_error(self.name, key, "missing from the header");
        Ok(Header {
            dtype: dtype.ok_or_else(|| missing("descr"))?,
            fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
            version: (1, 0),
            data_offset: 0,
        })
    }

    fn boolean(&mut self) -> Result<bool> {
        if self.eat("True") {
            return Ok(true);
        }
        if self.eat("False") {
            Ok(false)
        } else {
            Err(format_error(self.name, "fortran_order", "neither True nor False"))
        }
    }

    fn descr(&mut self) -> Result<DType> {
        self.skip();
        if self.rest.starts_with('[') {
            return self.fields(0);
        }
        let text = self.string()?;
        DType::parse(text).filter(|_| text.len() > 1).ok_or_else(|| {
            let why = match text.trim_start_matches(['<', '>', '|', '=']).chars().next() {
                Some('O') => "object arrays hold Python pickles, which Metes does not run",
                _ => "not a dtype of Metes",
            };
            Error::new(ErrorKind::Unsupported, format!("{}: descr: dtype {text:?}: {why}", self.name))
        })
    }

    /// A list of fields: name (or title and name), dtype, and the shape of small arrays. Raw bytes without a name are gaps.
    fn fields(&mut self, depth: usize) -> Result<DType> {
        let wrong = |name: &str, why: &str| format_error(name, "descr", why);
        if depth > DEEPEST {
            return Err(wrong(self.name, "fields are nested too deeply"));
        }
        self.expect("[")?;
        let (mut fields, mut end) = (Vec::<Field>::new(), 0usize);
        while !self.eat("]") {
            self.expect("(")?;
            let (title, label) = self.label()?;
            self.expect(",")?;
            self.skip();
            let mut dtype = if self.rest.starts_with('[') { self.fields(depth + 1)? } else { self.descr()? };
            if self.eat(",") {
                self.skip();
                if self.rest.starts_with('(') {
                    let shape = self.shape()?;
                    dtype = Sub::of(dtype, &shape).ok_or_else(|| wrong(self.name, "a field is too large"))?;
                    self.eat(",");
                }
            }
            self.expect(")")?;
            if !label.is_empty() {
                fields.push(Field { name: label.into(), title: title.map(Into::into), dtype, offset: end });
            }
            end = end.checked_add(dtype.size()).ok_or_else(|| wrong(self.name, "the fields are too large"))?;
            if fields.len() > MOST_FIELDS {
                return Err(wrong(self.name, "too many fields"));
            }
            if !self.eat(",") {
                self.expect("]")?;
                break;
            }
        }
        Record::at(fields, Some(end), false).map_err(|why| wrong(self.name, &why))
    }

    /// Title and name of a field.
    fn label(&mut self) -> Result<(Option<&'a str>, &'a str)> {
        if !self.eat("(") {
            return Ok((None, self.string()?));
        }
        let title = self.string()?;
        self.expect(",")?;
        let name = self.string()?;
        self.expect(")")?;
        Ok((Some(title), name))
    }

    fn shape(&mut self) -> Result<Dims> {
        let wrong = |what: String| format_error(self.name, "shape", what);
        let (name, mut shape) = (self.name, Dims::new());
        self.expect("(").map_err(|_| wrong("not a tuple".to_owned()))?;
        loop {
            if self.eat(")") {
                return Ok(shape);
            }
            self.skip();
            let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at(end);
            let length = digits.parse::<usize>().ok().filter(|&n| isize::try_from(n).is_ok());
            shape.push(
                length.ok_or_else(|| format_error(name, "shape", format_args!("length {digits:?} is not in range")))?,
            );
            self.rest = rest.strip_prefix('L').unwrap_or(rest);
            if shape.len() > metes_array::MAX_NDIM {
                return Err(format_error(name, "shape", "more than 64 axes"));
            }
            if !self.eat(",") {
                self.expect(")")?;
                if shape.len() == 1 {
                    return Err(format_error(name, "shape", "not a tuple"));
                }
                return Ok(shape);
            }
        }
    }
}
