//! Type strings read back: all but fields, which are lists.

use crate::{ByteOrder, DType, Form, Kind, Time};

impl DType {
    /// The dtype of a name or a type string: `"float64"`, `">f8"`, `"S5"`, `"datetime64[ns]"`, `"V8"`.
    ///
    /// ```
    /// use metes_dtype::DType;
    /// assert_eq!(DType::parse(">f8").unwrap().type_string(), ">f8");
    /// assert_eq!(DType::parse("M8[25us]").unwrap().to_string(), "datetime64[25us]");
    /// assert!(DType::parse("O").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<DType> {
        if let Some(kind) = Kind::parse(text) {
            return Some(DType::of(kind));
        }
        let (order, bare) = match text.chars().next()? {
            '>' | '!' => (ByteOrder::Foreign, &text[1..]),
            '<' | '=' | '|' => (ByteOrder::Native, &text[1..]),
            _ => (ByteOrder::Native, text),
        };
        let named = bare.len() < text.len();
        let found = match Kind::parse(bare).filter(|k| !named || bare != k.name()) {
            Some(kind) => Some(DType::of(kind)),
            None => sized(bare).or_else(|| time(bare)),
        };
        found.map(|dtype| dtype.ordered(order))
    }
}

fn sized(text: &str) -> Option<DType> {
    let count = |digits: &str| -> Option<usize> {
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        if digits.is_empty() { Some(0) } else { plain.then(|| digits.parse().ok()).flatten() }
    };
    match text {
        "str" | "str_" | "unicode" => return DType::text(0),
        "bytes" | "bytes_" => return DType::bytes(0),
        "void" => return DType::void(0),
        "c" => return DType::bytes(1),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix(['S', 'a']) {
        return DType::bytes(count(digits)?);
    }
    if let Some(digits) = text.strip_prefix('U') {
        return DType::text(count(digits)?);
    }
    DType::void(count(text.strip_prefix('V')?)?)
}

fn time(text: &str) -> Option<DType> {
    const NAMES: [(&str, bool); 6] =
        [("datetime64", false), ("timedelta64", true), ("M8", false), ("m8", true), ("M", false), ("m", true)];
    let (name, span) = NAMES.iter().find(|(name, _)| text.starts_with(name))?;
    Time::with_suffix(*span, &text[name.len()..]).map(|time| DType::from_form(Form::Time(time)))
}
