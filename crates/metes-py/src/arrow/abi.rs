//! The two structures of Arrow's C data interface, and its names of element types.

use metes_dtype::{DType, Kind};
use std::ffi::{CStr, c_char, c_void};

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

/// Arrow's name of a dtype.
pub(super) fn format_of(dtype: DType) -> Option<&'static CStr> {
    FORMATS.iter().find(|(kind, _)| dtype == *kind).map(|(_, format)| *format)
}

/// The dtype that Arrow's name means.
pub(super) fn parse(format: &CStr) -> Option<DType> {
    FORMATS.iter().find(|(_, known)| *known == format).map(|(kind, _)| DType::of(*kind))
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
