//! The Python type `Array`, from a slot table: its memory layout, its making and its end.
//!
//! An object is a header, a list of weak references, a flag, a `base` and an [`Array`]. A number that was taken from an array
//! is an object of its own without one: its bytes lie in the object, and the [`Array`] is made when somebody asks for it.
//! Dead objects go to small free lists, so that making an array costs no allocator call. The type cannot be subclassed and takes no part in
//! garbage collection: `base` is either an `Array` that owns its bytes or the provider of foreign bytes, so a cycle
//! needs a provider that refers back to the array; such a cycle is not collected, as it is not with NumPy's arrays.
//! The [`Array`] inside never changes after making; `writeable` alone does, hence an atomic.

use crate::fastcall::trap;
use crate::{attributes, buffer, index, methods, number};
use metes_array::{Array, Scalar};
use metes_dtype::Kind;
use metes_memory::Within;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

#[repr(C)]
struct ArrayObject {
    head: ffi::PyObject,
    weak: *mut ffi::PyObject,
    base: *mut ffi::PyObject,
    /// In the same room, or for an element in a box; null for one that nobody has asked for its array.
    array: Cell<*const Array>,
    /// The bytes of an element, as long as there is no array; they begin at a word.
    bits: [u8; 16],
    writeable: AtomicBool,
    /// The kind of an element; `None` for what is in a [`Whole`] room.
    element: Option<Kind>,
    /// Whether it was computed, and not taken from an array.
    computed: bool,
}

/// The room of an object that is no element.
#[repr(C)]
struct Whole {
    object: ArrayObject,
    /// `None` only while the object is made.
    array: Option<Array>,
}

macro_rules! accounts {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
        /// Where the bytes of elements are booked, by kind: of those that were taken from an array, and of those that were
        /// computed.
        static ELEMENTS: [[Within; Kind::COUNT]; 2] =
            [[$(Within::new("index", $name)),*], [$(Within::new("arithmetic", $name)),*]];
    };
}
metes_dtype::for_each_kind!(accounts);

#[inline]
fn account(kind: Kind, computed: bool) -> &'static Within {
    &ELEMENTS[usize::from(computed)][kind as usize]
}

impl ArrayObject {
    #[inline]
    fn array(&self) -> &Array {
        let array = self.array.get();
        if array.is_null() {
            return self.settle();
        }
        // SAFETY: it stays where it is as long as the object lives.
        unsafe { &*array }
    }

    /// Makes the array of an element: from now on its bytes are there.
    #[cold]
    fn settle(&self) -> &Array {
        let kind = self.element.expect("all others have an array");
        let made = Array::within(kind, self.bits, account(kind, self.computed));
        let made: &Array = Box::leak(Box::new(made));
        self.array.set(made);
        made
    }
}

static TYPE: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

/// Whether the object is an `Array`.
#[inline]
pub(crate) fn is_array(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is live.
    unsafe { ffi::Py_TYPE(object.as_ptr()) == TYPE.load(Ordering::Relaxed) }
}

#[inline]
fn find<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a ArrayObject> {
    // SAFETY: only this file makes objects of the type, completely filled; they live as long as the reference.
    is_array(object).then(|| unsafe { &*object.as_ptr().cast::<ArrayObject>() })
}

/// The array inside, if the object is one. Whether Python may write it is a separate matter: [`writeable`].
#[inline]
pub(crate) fn array_of<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a Array> {
    find(object).map(ArrayObject::array)
}

/// The bytes of the number that an object is in which they lie, and its kind.
#[inline]
pub(crate) fn bits<'a>(object: &'a Bound<'_, PyAny>) -> Option<(Kind, &'a [u8; 16])> {
    let found = find(object).filter(|found| found.array.get().is_null())?;
    found.element.map(|kind| (kind, &found.bits))
}

/// The number that an object is whose bytes lie in it, and its kind.
#[inline]
pub(crate) fn number(object: &Bound<'_, PyAny>) -> Option<(Kind, Scalar)> {
    // SAFETY: the bytes of an element of the kind.
    bits(object).map(|(kind, bits)| (kind, unsafe { Scalar::read(kind.into(), bits.as_ptr()) }))
}

/// The array inside the `self` of a slot or method.
#[inline(always)]
pub(crate) fn this<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<&'a Array> {
    match array_of(object) {
        Some(array) => Ok(array),
        None => Err(no_array(object)),
    }
}

#[cold]
fn no_array(object: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("expected a metes.Array, not {}", type_name(object)))
}

/// The name of an object's type, for messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

/// Whether Python may write through this object.
#[inline]
pub(crate) fn writeable(object: &Bound<'_, PyAny>) -> bool {
    find(object).is_some_and(|object| object.writeable.load(Ordering::Relaxed))
}

/// The array to write to, if Python may: else `ValueError` with this message.
pub(crate) fn target(object: &Bound<'_, PyAny>, refusal: &'static str) -> PyResult<Array> {
    target_ref(object, refusal).cloned()
}

/// The same, as it lies in the object.
#[inline]
pub(crate) fn target_ref<'a>(object: &'a Bound<'_, PyAny>, refusal: &'static str) -> PyResult<&'a Array> {
    let array = this(object)?;
    if writeable(object) { Ok(array) } else { Err(PyValueError::new_err(refusal)) }
}

/// Allows or forbids writing through this object. Allowing is refused where the bytes are read-only, where the view was
/// made read-only for good, and where the owner is not writeable now.
pub(crate) fn set_writeable(object: &Bound<'_, PyAny>, on: bool) -> PyResult<()> {
    let Some(found) = find(object) else { return this(object).map(|_| ()) };
    let owner = base(object).filter(is_array);
    if on && !(found.array().is_writeable() && owner.is_none_or(|owner| writeable(&owner))) {
        return Err(PyValueError::new_err("cannot set WRITEABLE flag to True of this array"));
    }
    found.writeable.store(on, Ordering::Relaxed);
    Ok(())
}

/// Whose bytes the array shows: `None` where it owns them.
#[inline]
pub(crate) fn base<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: `base` is null or a live object, kept by the array.
    find(object).and_then(|found| unsafe { Bound::from_borrowed_ptr_or_opt(object.py(), found.base) })
}

/// A new `Array` object. `base` is the provider of foreign bytes; `None` for an array that owns its own.
#[inline]
pub(crate) fn from_array<'py>(py: Python<'py>, array: Array, base: Option<Bound<'py, PyAny>>) -> Bound<'py, PyAny> {
    let writeable = array.is_writeable();
    create(py, array, base, writeable)
}

/// A new `Array` object that shows the bytes of the `Array` object `of`; its `base` follows NumPy's rule: views of views
/// refer to the owner, or to the array that imported foreign bytes.
#[inline]
pub(crate) fn view_of<'py>(of: &Bound<'py, PyAny>, array: Array) -> Bound<'py, PyAny> {
    let base = base(of).filter(is_array).unwrap_or_else(|| of.clone());
    let allowed = writeable(of) && array.is_writeable();
    create(of.py(), array, Some(base), allowed)
}

/// A new `Array` object that shows the bytes of the `Array` object `of`, as [`view_of`], of what `work` puts in its place;
/// `None` where it declines.
#[inline]
pub(crate) fn make_view<'py>(
    of: &Bound<'py, PyAny>,
    work: impl FnOnce(&mut Option<Array>) -> PyResult<bool>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    make_with(of.py(), writeable(of), || Some(base(of).filter(is_array).unwrap_or_else(|| of.clone())), work)
}

/// A view of `of` where the array shares its bytes, else a new array.
pub(crate) fn view_or_new<'py>(of: &Bound<'py, PyAny>, array: Array) -> Bound<'py, PyAny> {
    let shared = array_of(of).is_some_and(|source| source.buffer().same(array.buffer()));
    if shared { view_of(of, array) } else { from_array(of.py(), array, None) }
}

#[inline]
fn create<'py>(py: Python<'py>, array: Array, base: Option<Bound<'py, PyAny>>, on: bool) -> Bound<'py, PyAny> {
    // SAFETY: the room becomes an object at once.
    unsafe { finish(py, fill(ROOMS.room(py), Some(array)), base, on) }
}

/// A new `Array` object of the number at a place along every axis of an array, without an array of its own; `None` where it
/// must have one, or there is no such number.
#[inline]
pub(crate) fn element<'py>(py: Python<'py>, array: &Array, places: &[isize]) -> Option<Bound<'py, PyAny>> {
    lone(py, array.dtype().number()?, false, |bits| array.copy_bits(places, bits))
}

/// A new `Array` object of a number that was computed, likewise.
#[inline]
pub(crate) fn computed(py: Python<'_>, kind: Kind, bits: [u8; 16]) -> Option<Bound<'_, PyAny>> {
    lone(py, kind, true, |place| {
        *place = bits;
        true
    })
}

/// A new object of the number that `fill` writes where it stays: moved about, its bytes would be read in other pieces than
/// they were written in, which processors wait for.
#[inline]
fn lone(
    py: Python<'_>,
    kind: Kind,
    computed: bool,
    fill: impl FnOnce(&mut [u8; 16]) -> bool,
) -> Option<Bound<'_, PyAny>> {
    let object = SMALL_ROOMS.room(py).as_ptr().cast::<ArrayObject>();
    // SAFETY: the room is ours; it becomes an object at once, or is given back. Its bytes are written before they are lent.
    unsafe {
        (&raw mut (*object).bits).write([0; 16]);
        if !fill(&mut (*object).bits) || !account(kind, computed).take(kind.size()) {
            SMALL_ROOMS.give_back(py, object.cast());
            return None;
        }
        (&raw mut (*object).array).write(Cell::new(ptr::null()));
        (&raw mut (*object).element).write(Some(kind));
        (&raw mut (*object).computed).write(computed);
        Some(begin(py, object, None, true))
    }
}

/// A new `Array` object that owns what `work` puts in its place; `None` where it says that it declines. So the array is
/// written where it stays: moving one about costs more than computing with it, where it is small.
#[inline]
pub(crate) fn make<'py>(
    py: Python<'py>,
    work: impl FnOnce(&mut Option<Array>) -> PyResult<bool>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    make_with(py, true, || None, work)
}

#[inline]
fn make_with<'py>(
    py: Python<'py>,
    allowed: bool,
    base: impl FnOnce() -> Option<Bound<'py, PyAny>>,
    work: impl FnOnce(&mut Option<Array>) -> PyResult<bool>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    // SAFETY: the room is ours, and the place in it filled; it becomes an object, or is given back.
    unsafe {
        let room = fill(ROOMS.room(py), None);
        let done = work(&mut (*room).array);
        match (&done, &(*room).array) {
            (Ok(true), Some(array)) => {
                let on = allowed && array.is_writeable();
                Ok(Some(finish(py, room, base(), on)))
            }
            _ => {
                (*room).array = None;
                ROOMS.give_back(py, room.cast());
                done.map(|_| None)
            }
        }
    }
}

/// # Safety
/// The room is nobody else's.
#[inline]
unsafe fn fill(room: NonNull<c_void>, array: Option<Array>) -> *mut Whole {
    let room = room.as_ptr().cast::<Whole>();
    // SAFETY: the caller's promise; a room has this size.
    unsafe { (&raw mut (*room).array).write(array) };
    room
}

/// # Safety
/// A room whose array is there; it is nobody else's.
#[inline]
unsafe fn finish<'py>(
    py: Python<'py>,
    room: *mut Whole,
    base: Option<Bound<'py, PyAny>>,
    on: bool,
) -> Bound<'py, PyAny> {
    // SAFETY: the caller's promise; an array that is there begins where its `Option` does or after, and stays.
    unsafe {
        let object = &raw mut (*room).object;
        let array = (*room).array.as_ref().map_or(ptr::null(), ptr::from_ref);
        (&raw mut (*object).array).write(Cell::new(array));
        (&raw mut (*object).element).write(None);
        begin(py, object, base, on)
    }
}

/// # Safety
/// A room where what the object shows is there; it is nobody else's.
#[inline]
unsafe fn begin<'py>(
    py: Python<'py>,
    object: *mut ArrayObject,
    base: Option<Bound<'py, PyAny>>,
    on: bool,
) -> Bound<'py, PyAny> {
    // SAFETY: the caller's promise; `PyObject_Init` fills the header and counts a reference to the type; all other fields
    // are written before anybody sees the object.
    unsafe {
        (&raw mut (*object).weak).write(ptr::null_mut());
        (&raw mut (*object).base).write(base.map_or(ptr::null_mut(), Bound::into_ptr));
        (&raw mut (*object).writeable).write(AtomicBool::new(on));
        let object = ffi::PyObject_Init(object.cast(), TYPE.load(Ordering::Relaxed));
        Bound::from_owned_ptr(py, object)
    }
}

unsafe extern "C" fn dealloc(slf: *mut ffi::PyObject) {
    let object = slf.cast::<ArrayObject>();
    // SAFETY: CPython calls this once, when the last reference is gone: all fields are alive and nobody else's; the room is
    // of the kind that it was taken as.
    unsafe {
        let (py, class) = (Python::assume_attached(), ffi::Py_TYPE(slf));
        if !(*object).weak.is_null() {
            ffi::PyObject_ClearWeakRefs(slf);
        }
        let (base, array) = ((*object).base, (*object).array.get().cast_mut());
        match (*object).element {
            None => {
                trap((), |_| {
                    ptr::drop_in_place(&raw mut (*slf.cast::<Whole>()).array);
                    Ok(())
                });
                ROOMS.give_back(py, slf);
            }
            Some(kind) => {
                if array.is_null() {
                    account(kind, (*object).computed).give(kind.size(), slf as usize);
                } else {
                    trap((), |_| {
                        drop(Box::from_raw(array));
                        Ok(())
                    });
                }
                SMALL_ROOMS.give_back(py, slf);
            }
        }
        ffi::Py_XDECREF(base);
        ffi::Py_DECREF(class.cast());
    }
}

/// Rooms of dead objects, `N` at most, for `T`.
struct FreeList<T, const N: usize>(UnsafeCell<Rooms<N>>, PhantomData<fn() -> T>);

struct Rooms<const N: usize> {
    count: usize,
    all: [*mut c_void; N],
}

// SAFETY: used by attached threads only, of which there is one at a time: [`crate::turn`] refuses an interpreter
// without its lock, and PyO3 a second interpreter.
unsafe impl<T, const N: usize> Sync for FreeList<T, N> {}

static ROOMS: FreeList<Whole, 64> = FreeList::new();
static SMALL_ROOMS: FreeList<ArrayObject, 256> = FreeList::new();

impl<T, const N: usize> FreeList<T, N> {
    const fn new() -> FreeList<T, N> {
        FreeList(UnsafeCell::new(Rooms { count: 0, all: [ptr::null_mut(); N] }), PhantomData)
    }

    /// Memory for an object.
    #[inline]
    fn room(&self, py: Python<'_>) -> NonNull<c_void> {
        self.pop(py).unwrap_or_else(|| {
            // SAFETY: the thread is attached.
            let fresh = unsafe { ffi::PyObject_Malloc(size_of::<T>()) };
            NonNull::new(fresh).unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<T>()))
        })
    }

    /// # Safety
    /// A room of such an object, which is nobody's any more.
    #[inline]
    unsafe fn give_back(&self, py: Python<'_>, room: *mut ffi::PyObject) {
        // SAFETY: the caller's promise; a room is not at address 0.
        unsafe {
            if let Some(room) = self.push(py, NonNull::new_unchecked(room.cast())) {
                ffi::PyObject_Free(room.as_ptr());
            }
        }
    }

    #[inline]
    fn pop(&self, _: Python<'_>) -> Option<NonNull<c_void>> {
        // SAFETY: the thread is attached, and nothing below runs other code.
        let rooms = unsafe { &mut *self.0.get() };
        rooms.count = rooms.count.checked_sub(1)?;
        NonNull::new(rooms.all[rooms.count])
    }

    /// Keeps a room, or hands it back where there is no place.
    #[inline]
    fn push(&self, _: Python<'_>, room: NonNull<c_void>) -> Option<NonNull<c_void>> {
        // SAFETY: as above.
        let rooms = unsafe { &mut *self.0.get() };
        let Some(place) = rooms.all.get_mut(rooms.count) else { return Some(room) };
        *place = room.as_ptr();
        rooms.count += 1;
        None
    }
}

unsafe extern "C" fn new(
    _class: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    trap(ptr::null_mut(), |py| {
        // SAFETY: CPython passes a tuple and a dictionary or null, alive during the call.
        let (args, kwargs) =
            unsafe { (Bound::from_borrowed_ptr(py, args), Bound::from_borrowed_ptr_or_opt(py, kwargs)) };
        crate::convert::construct(args.cast()?, kwargs.as_ref().map(|k| k.cast()).transpose()?).map(Bound::into_ptr)
    })
}

/// One entry of the slot table.
pub(crate) fn slot(slot: c_int, function: *mut c_void) -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot, pfunc: function }
}

/// A table that CPython keeps for ever, ended by a zeroed entry.
pub(crate) fn leak<T>(mut table: Vec<T>, end: T) -> *mut c_void {
    table.push(end);
    Box::leak(table.into_boxed_slice()).as_mut_ptr().cast()
}

fn members() -> Vec<ffi::PyMemberDef> {
    vec![ffi::PyMemberDef {
        name: c"__weaklistoffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: std::mem::offset_of!(ArrayObject, weak) as ffi::Py_ssize_t,
        flags: ffi::Py_READONLY,
        doc: ptr::null(),
    }]
}

const DOC: &std::ffi::CStr =
    c"Array(object, dtype=None)\n--\n\nAn n-dimensional array: bytes, what one element is, and where each lies.";

/// Makes the type. Called once, when the module starts.
pub(crate) fn install(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let mut slots = vec![
        slot(ffi::Py_tp_new, new as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_hash, ffi::PyObject_HashNotImplemented as *mut c_void),
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(ffi::Py_tp_members, leak(members(), ffi::PyMemberDef::default())),
    ];
    slots.extend(attributes::slots());
    slots.extend(index::slots());
    slots.extend(number::slots());
    slots.push(slot(ffi::Py_tp_methods, leak(methods::table(), ffi::PyMethodDef::zeroed())));
    slots.extend(buffer::slots());
    slots.push(slot(0, ptr::null_mut()));
    let mut spec = ffi::PyType_Spec {
        name: c"metes.Array".as_ptr(),
        basicsize: size_of::<Whole>() as c_int,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE) as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the table ends in a zeroed entry, its functions have the types that their slots ask for, and what it
    // points to lives for ever.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
    TYPE.store(class.clone().into_ptr().cast(), Ordering::Release);
    Ok(class)
}
