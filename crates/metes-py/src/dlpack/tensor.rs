//! The structures of DLPack's C interface, and its types of elements.

use metes_dtype::{Category, DType, Kind};
use std::ffi::{CStr, c_void};

/// Type and number of the only device: the CPU.
pub(super) const CPU: (i32, i32) = (1, 0);

/// The version that is written; readers take every version with the same major number.
pub(super) const VERSION: Version = Version { major: 1, minor: 0 };

/// A flag of [`Versioned`]: the elements may not be written.
pub(super) const READ_ONLY: u64 = 1;
/// A flag of [`Versioned`]: the elements were copied for the consumer.
pub(super) const COPIED: u64 = 2;

#[repr(C)]
pub(super) struct Element {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

#[repr(C)]
pub(super) struct Tensor {
    pub data: *mut c_void,
    pub device: (i32, i32),
    pub ndim: i32,
    pub element: Element,
    pub shape: *mut i64,
    pub strides: *mut i64,
    pub byte_offset: u64,
}

#[repr(C)]
pub(super) struct Version {
    pub major: u32,
    pub minor: u32,
}

/// A tensor without a version.
#[repr(C)]
pub(super) struct Legacy {
    pub tensor: Tensor,
    pub context: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut Legacy)>,
}

/// A tensor with a version and flags.
#[repr(C)]
pub(super) struct Versioned {
    pub version: Version,
    pub context: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    pub flags: u64,
    pub tensor: Tensor,
}

/// A structure that a capsule carries.
pub(super) trait Managed: Sized + 'static {
    /// The capsule's name before anybody has taken the tensor.
    const NAME: &'static CStr;
    /// Its name afterwards.
    const USED: &'static CStr;
    /// The structure around a tensor.
    fn new(tensor: Tensor, context: *mut c_void, flags: u64, deleter: unsafe extern "C" fn(*mut Self)) -> Self;
    /// What `new` got, or the tensor's provider gave.
    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)>;
    /// What the deleter works on.
    fn context(&self) -> *mut c_void;
}

impl Managed for Legacy {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";
    fn new(tensor: Tensor, context: *mut c_void, _: u64, deleter: unsafe extern "C" fn(*mut Legacy)) -> Legacy {
        Legacy { tensor, context, deleter: Some(deleter) }
    }
    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Legacy)> {
        self.deleter
    }
    fn context(&self) -> *mut c_void {
        self.context
    }
}

impl Managed for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";
    fn new(
        tensor: Tensor,
        context: *mut c_void,
        flags: u64,
        deleter: unsafe extern "C" fn(*mut Versioned),
    ) -> Versioned {
        Versioned { version: VERSION, context, deleter: Some(deleter), flags, tensor }
    }
    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Versioned)> {
        self.deleter
    }
    fn context(&self) -> *mut c_void {
        self.context
    }
}

/// DLPack's number for a family of elements.
fn code(category: Category) -> Option<u8> {
    Some(match category {
        Category::Signed => 0,
        Category::Unsigned => 1,
        Category::Float => 2,
        Category::Complex => 5,
        Category::Bool => 6,
        Category::Other => return None,
    })
}

impl Element {
    /// The element type of a dtype; `None` for all but numbers in native byte order.
    pub fn of(dtype: DType) -> Option<Element> {
        let kind = dtype.number()?;
        Some(Element { code: code(kind.category())?, bits: (8 * kind.size()) as u8, lanes: 1 })
    }

    /// The dtype of an element type; `None` where Metes has none.
    pub fn dtype(&self) -> Option<DType> {
        let fits = |kind: &&Kind| code(kind.category()) == Some(self.code) && 8 * kind.size() == usize::from(self.bits);
        Kind::ALL.iter().find(fits).filter(|_| self.lanes == 1).map(|kind| DType::of(*kind))
    }
}
