//! Format strings of the buffer protocol, and the kinds that they mean.

use metes_dtype::Kind;
use std::ffi::CStr;

macro_rules! text {
    ('F') => {
        "Zf\0"
    };
    ('D') => {
        "Zd\0"
    };
    ($char:literal) => {
        concat!($char, "\0")
    };
}

macro_rules! formats {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:tt, $category:ident))*) => {
        /// The format string of a kind, as NumPy writes it: `"d"`, `"Zd"`.
        pub(crate) fn format_of(kind: Kind) -> &'static CStr {
            let text = match kind { $(Kind::$kind => text!($type_char),)* };
            CStr::from_bytes_with_nul(text.as_bytes()).unwrap_or(c"B")
        }
    };
}
metes_dtype::for_each_kind!(formats);

/// The format string of elements that are not aligned, as NumPy writes it: of standard size, `"=q"`.
pub(crate) fn unaligned_format_of(kind: Kind) -> &'static CStr {
    match kind {
        Kind::I16 => c"=h",
        Kind::I32 => c"=i",
        Kind::I64 => c"=q",
        Kind::U16 => c"=H",
        Kind::U32 => c"=I",
        Kind::U64 => c"=Q",
        Kind::F16 => c"=e",
        Kind::F32 => c"=f",
        Kind::F64 => c"=d",
        Kind::C64 => c"=Zf",
        Kind::C128 => c"=Zd",
        Kind::Bool | Kind::I8 | Kind::U8 => format_of(kind),
    }
}

/// The kind that a format string and an item size mean in native byte order; `None` where Metes has none.
pub(crate) fn parse(format: &str, itemsize: usize) -> Option<Kind> {
    let bare = match format.strip_prefix(['>', '!']) {
        Some(bare) if itemsize == 1 => bare,
        Some(_) => return None,
        None => format.trim_start_matches(['@', '=', '<', '^']),
    };
    let family = match bare {
        "?" => 'b',
        "b" | "h" | "i" | "l" | "q" | "n" => 'i',
        "B" | "H" | "I" | "L" | "Q" | "N" | "c" => 'u',
        "e" | "f" | "d" => 'f',
        "Zf" | "Zd" => 'c',
        _ => return None,
    };
    Kind::ALL.iter().copied().find(|kind| kind.kind_char() == family && kind.size() == itemsize)
}
