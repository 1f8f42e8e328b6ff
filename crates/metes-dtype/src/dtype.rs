//! [`DType`]: what one element is, in two words that are copied; what does not fit them is interned ([`Record`], [`Sub`]).
//!
//! Native numbers are a variant of their own, so that a loop's question "is this the kind I take" stays one comparison.

use crate::{Category, Kind, Record, Sub, Time};

/// The type of an array's elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DType(Form);

/// The forms that a dtype has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// A number in the machine's byte order.
    Number(Kind),
    /// A number of several bytes in the other byte order.
    Swapped(Kind),
    /// This many bytes, zeros at the end not counted.
    Bytes(u32),
    /// Unicode text: code points of four bytes each, zeros at the end not counted.
    Text {
        /// How many code points there is room for.
        chars: u32,
        /// Whether they are in the other byte order.
        swapped: bool,
    },
    /// An instant or a span of time.
    Time(Time),
    /// This many bytes without a meaning.
    Void(u32),
    /// Fields.
    Record(&'static Record),
    /// A small array. No array has such elements: they become axes of it.
    Sub(&'static Sub),
}

/// The largest element, in bytes.
pub const MAX_ITEMSIZE: usize = i32::MAX as usize;

impl DType {
    /// The dtype of a kind, in native byte order.
    #[inline]
    pub const fn of(kind: Kind) -> DType {
        DType(Form::Number(kind))
    }

    /// The dtype of a form; numbers of one byte have but one order.
    pub const fn from_form(form: Form) -> DType {
        match form {
            Form::Swapped(kind) if kind.size() == 1 => DType(Form::Number(kind)),
            form => DType(form),
        }
    }

    /// Bytes of a width; `None` beyond [`MAX_ITEMSIZE`].
    pub fn bytes(width: usize) -> Option<DType> {
        (width <= MAX_ITEMSIZE).then_some(DType(Form::Bytes(width as u32)))
    }

    /// Text of so many code points; `None` beyond [`MAX_ITEMSIZE`].
    pub fn text(chars: usize) -> Option<DType> {
        (chars <= MAX_ITEMSIZE / 4).then_some(DType(Form::Text { chars: chars as u32, swapped: false }))
    }

    /// Bytes without a meaning; `None` beyond [`MAX_ITEMSIZE`].
    pub fn void(width: usize) -> Option<DType> {
        (width <= MAX_ITEMSIZE).then_some(DType(Form::Void(width as u32)))
    }

    /// What it is.
    #[inline]
    pub const fn form(self) -> Form {
        self.0
    }

    /// The kind of a number in native byte order: what loops take. `None` for all else.
    #[inline]
    pub const fn number(self) -> Option<Kind> {
        match self.0 {
            Form::Number(kind) => Some(kind),
            _ => None,
        }
    }

    /// The kind of a number in either byte order.
    #[inline]
    pub const fn any_number(self) -> Option<Kind> {
        match self.0 {
            Form::Number(kind) | Form::Swapped(kind) => Some(kind),
            _ => None,
        }
    }

    /// The family, of numbers in either byte order.
    #[inline]
    pub const fn category(self) -> Category {
        match self.any_number() {
            Some(kind) => kind.category(),
            None => Category::Other,
        }
    }

    /// Whether it is an integer of some width and sign, in either byte order.
    pub const fn is_integer(self) -> bool {
        matches!(self.category(), Category::Signed | Category::Unsigned)
    }

    /// The fields, where there are any.
    pub const fn record(self) -> Option<&'static Record> {
        match self.0 {
            Form::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The time that it measures, if it does.
    pub const fn time(self) -> Option<Time> {
        match self.0 {
            Form::Time(time) => Some(time),
            _ => None,
        }
    }

    /// Bytes of one element.
    #[inline]
    pub const fn size(self) -> usize {
        match self.0 {
            Form::Number(kind) | Form::Swapped(kind) => kind.size(),
            Form::Bytes(width) | Form::Void(width) => width as usize,
            Form::Text { chars, .. } => 4 * chars as usize,
            Form::Time(_) => 8,
            Form::Record(record) => record.itemsize(),
            Form::Sub(sub) => sub.itemsize(),
        }
    }

    /// Alignment in bytes of one element.
    #[inline]
    pub const fn align(self) -> usize {
        match self.0 {
            Form::Number(kind) | Form::Swapped(kind) => kind.align(),
            Form::Bytes(_) | Form::Void(_) => 1,
            Form::Text { .. } => 4,
            Form::Time(_) => 8,
            Form::Record(record) => record.align(),
            Form::Sub(sub) => sub.base().align(),
        }
    }

    /// What it is called in the books of memory: `"float64"`, and one word for what has many widths, units or fields.
    #[inline]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Form::Number(kind) | Form::Swapped(kind) => kind.name(),
            Form::Bytes(_) => "bytes",
            Form::Text { .. } => "str",
            Form::Time(time) => time.family(),
            Form::Void(_) => "void",
            Form::Record(_) | Form::Sub(_) => "record",
        }
    }

    /// NumPy's kind character: one of `biufcSUMmV`.
    pub const fn kind_char(self) -> char {
        match self.0 {
            Form::Number(kind) | Form::Swapped(kind) => kind.kind_char(),
            Form::Bytes(_) => 'S',
            Form::Text { .. } => 'U',
            Form::Time(time) => time.char(),
            Form::Void(_) | Form::Record(_) | Form::Sub(_) => 'V',
        }
    }

    /// Where the bytes of fields are: start and length of each run of them. `None` where no byte lies between, which is
    /// so for all that is no record.
    pub fn covered(self) -> Option<Vec<(usize, usize)>> {
        if !matches!(self.0, Form::Record(_) | Form::Sub(_)) {
            return None;
        }
        let mut runs = Vec::new();
        self.runs(0, &mut runs);
        runs.sort_unstable();
        let mut met: Vec<(usize, usize)> = Vec::new();
        for (start, len) in runs {
            match met.last_mut() {
                Some((first, wide)) if start <= *first + *wide => *wide = (*wide).max(start + len - *first),
                _ => met.push((start, len)),
            }
        }
        (self.size() > 0 && met != [(0, self.size())]).then_some(met)
    }

    fn runs(self, at: usize, into: &mut Vec<(usize, usize)>) {
        match self.0 {
            Form::Record(record) => record.fields().iter().for_each(|f| f.dtype.runs(at + f.offset, into)),
            Form::Sub(sub) if sub.base().covered().is_some() => {
                let width = sub.base().size();
                (0..sub.itemsize() / width).for_each(|i| sub.base().runs(at + i * width, into));
            }
            _ if self.size() > 0 => into.push((at, self.size())),
            _ => {}
        }
    }

    /// Whether every part is in the machine's byte order, or has none.
    pub fn is_native(self) -> bool {
        self == self.native()
    }

    /// The same in the machine's byte order.
    pub fn native(self) -> DType {
        self.ordered(ByteOrder::Native)
    }

    /// The same in another byte order, its fields too.
    pub fn ordered(self, order: ByteOrder) -> DType {
        let swapped = |is: bool| match order {
            ByteOrder::Native => false,
            ByteOrder::Foreign => true,
            ByteOrder::Other => !is,
        };
        match self.0 {
            Form::Number(kind) if swapped(false) => DType::from_form(Form::Swapped(kind)),
            Form::Swapped(kind) if !swapped(true) => DType::of(kind),
            Form::Text { chars, swapped: is } => DType(Form::Text { chars, swapped: swapped(is) }),
            Form::Time(time) => DType(Form::Time(Time { swapped: swapped(time.swapped), ..time })),
            Form::Record(record) => DType(Form::Record(record.mapped(|dtype| dtype.ordered(order)))),
            Form::Sub(sub) => Sub::of(sub.base().ordered(order), sub.shape()).unwrap_or(self),
            _ => self,
        }
    }

    /// The order of the bytes of one element; `None` where there is none to tell, or many.
    pub const fn is_swapped(self) -> Option<bool> {
        match self.0 {
            Form::Number(kind) if kind.size() == 1 => None,
            Form::Number(_) => Some(false),
            Form::Swapped(_) => Some(true),
            Form::Text { swapped, .. } => Some(swapped),
            Form::Time(time) => Some(time.swapped),
            Form::Bytes(_) | Form::Void(_) | Form::Record(_) | Form::Sub(_) => None,
        }
    }

    /// Whether elements are plain bytes, without numbers among them whose order would matter.
    pub const fn is_flexible(self) -> bool {
        matches!(self.0, Form::Bytes(_) | Form::Text { .. } | Form::Void(_) | Form::Record(_) | Form::Sub(_))
    }

    /// The dtype of an array's elements, and the axes that a small array adds to it.
    pub fn flattened(self) -> (DType, &'static [usize]) {
        match self.0 {
            Form::Sub(sub) => (sub.base(), sub.shape()),
            _ => (self, &[]),
        }
    }
}

/// A byte order to change to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The machine's: little-endian, on all that Metes runs on.
    Native,
    /// Not the machine's.
    Foreign,
    /// The other one than now.
    Other,
}

impl PartialEq<Kind> for DType {
    #[inline]
    fn eq(&self, kind: &Kind) -> bool {
        matches!(self.0, Form::Number(own) if own as u8 == *kind as u8)
    }
}

impl From<Kind> for DType {
    #[inline]
    fn from(kind: Kind) -> DType {
        DType::of(kind)
    }
}
