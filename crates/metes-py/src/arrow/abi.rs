//! The two structures of Arrow's C data interface, and its names of element types.

use metes_dtype::{DType, Form, Kind, Time, Unit};
use std::ffi::{CStr, CString, c_char, c_void};

/// Arrow's names of types. Complex numbers have none.
const FORMATS: &[(Kind, &CStr)] = &[
    (Kind::Bool, c"b"),
    (Kind::I8, c"c"),
    (Kind::U8, c"C"),
    (Kind::I16, c"s"),
    (Kind::U16, c"S"),
    (Kind::I32, c"i"),
    (Kind::U32, c"I"),
    (Kind::I64, c"l"),
    (Kind::U64, c"L"),
    (Kind::F16, c"e"),
    (Kind::F32, c"f"),
    (Kind::F64, c"g"),
];

/// Arrow's letters of units of time.
const UNITS: [(Unit, char); 4] = [(Unit::Second, 's'), (Unit::Milli, 'm'), (Unit::Micro, 'u'), (Unit::Nano, 'n')];

/// Arrow's name of a dtype: instants are without a zone, text and raw bytes of fixed width are binary.
pub(super) fn format_of(dtype: DType) -> Option<CString> {
    let text = match dtype.form() {
        Form::Number(own) => {
            return FORMATS.iter().find(|(kind, _)| *kind == own).map(|(_, format)| (*format).to_owned());
        }
        Form::Time(time) if is_days(time) => "tdD".to_owned(),
        Form::Time(time) if !time.swapped && time.multiple == 1 => {
            let (_, letter) = UNITS.iter().find(|(unit, _)| *unit == time.unit)?;
            if time.span { format!("tD{letter}") } else { format!("ts{letter}:") }
        }
        Form::Bytes(width) | Form::Void(width) if width > 0 => format!("w:{width}"),
        _ => return None,
    };
    CString::new(text).ok()
}

/// Whether an instant is a count of days, for which Arrow has 32 bits.
pub(super) fn is_days(time: Time) -> bool {
    !time.span && !time.swapped && time.multiple == 1 && time.unit == Unit::Day
}

/// The dtype of the offsets of Arrow's text of this name.
pub(super) fn offsets_of(format: &CStr) -> Option<Kind> {
    if format == c"u" {
        return Some(Kind::I32);
    }
    (format == c"U").then_some(Kind::I64)
}

/// The dtype that Arrow's name means; instants in a zone are counted in universal time, as all are.
pub(super) fn parse(format: &CStr) -> Option<DType> {
    if let Some((kind, _)) = FORMATS.iter().find(|(_, known)| *known == format) {
        return Some(DType::of(*kind));
    }
    let text = format.to_str().ok()?;
    if let Some(width) = text.strip_prefix("w:") {
        return width.parse().ok().filter(|&width| width > 0).and_then(DType::void);
    }
    if text == "tdD" {
        return Some(DType::from_form(Form::Time(Time::new(false, Unit::Day))));
    }
    let (span, rest) = match (text.strip_prefix("tD"), text.strip_prefix("ts")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return None,
    };
    let (unit, _) = UNITS.iter().find(|(_, letter)| rest.starts_with(*letter))?;
    let ends = if span { rest.len() == 1 } else { rest[1..].starts_with(':') };
    ends.then(|| DType::from_form(Form::Time(Time::new(span, *unit))))
}

#[repr(C)]
pub(super) struct Schema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut Schema,
    pub dictionary: *mut Schema,
    pub release: Option<unsafe extern "C" fn(*mut Schema)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub(super) struct Column {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut Column,
    pub dictionary: *mut Column,
    pub release: Option<unsafe extern "C" fn(*mut Column)>,
    pub private_data: *mut c_void,
}

/// A structure that a capsule carries, and that is over when its `release` is null.
pub(super) trait Carried {
    /// The name of its capsule.
    const NAME: &'static CStr;

    /// Releases what the structure holds, unless that was done or it was moved out.
    ///
    /// # Safety
    /// `this` is a structure of this type.
    unsafe fn release(this: *mut Self);
}

macro_rules! carried {
    ($type:ident, $name:literal) => {
        impl Carried for $type {
            const NAME: &'static CStr = $name;
            unsafe fn release(this: *mut $type) {
                // SAFETY: the caller's promise; `release` is there exactly while the structure is alive.
                unsafe {
                    if let Some(release) = (*this).release {
                        release(this);
                    }
                }
            }
        }
    };
}
carried!(Schema, c"arrow_schema");
carried!(Column, c"arrow_array");
