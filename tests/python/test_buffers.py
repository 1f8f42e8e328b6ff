"""The buffer protocol, asked in every way that C code may ask; NumPy answers beside us."""

import ctypes
import gc
import itertools

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, values


class View(ctypes.Structure):
    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    )


get = ctypes.pythonapi.PyObject_GetBuffer
get.argtypes = [ctypes.py_object, ctypes.POINTER(View), ctypes.c_int]
release = ctypes.pythonapi.PyBuffer_Release
release.argtypes = [ctypes.POINTER(View)]

# What C code asks for by name.
FLAGS = {
    "simple": 0x0,
    "writable": 0x1,
    "format": 0x4,
    "nd": 0x8,
    "strides": 0x18,
    "c contiguous": 0x38,
    "f contiguous": 0x58,
    "any contiguous": 0x98,
    "indirect": 0x118,
    "contig": 0x9,
    "contig ro": 0x8,
    "strided": 0x19,
    "records": 0x1D,
    "records ro": 0x1C,
    "full": 0x11D,
    "full ro": 0x11C,
}


def ask(array, flags):
    """What a request gives, as values; `None` where it is refused."""
    view = View()
    try:
        get(array, view, flags)
    except (BufferError, ValueError):
        return None
    numbers = {
        name: None if not getattr(view, name) else getattr(view, name)[: view.ndim] for name in ("shape", "strides")
    }
    facts = {name: getattr(view, name) for name in ("len", "itemsize", "readonly", "format")}
    facts["ndim"] = view.ndim if numbers["shape"] is not None else None
    release(view)
    return facts | numbers | {"suboffsets": bool(view.suboffsets)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("read_only", [False, True])
def test_every_request_as_numpys(layout, flags, read_only):
    theirs = LAYOUTS[layout](values("int32"))
    theirs = theirs.view()
    if read_only:
        theirs.flags.writeable = False
    ours = mt.asarray(theirs)
    result, expected = ask(ours, FLAGS[flags]), ask(theirs, FLAGS[flags])
    if theirs.size == 0 and expected:
        del result["strides"], expected["strides"]
    assert result == expected


@pytest.mark.parametrize("kind", KINDS)
def test_formats_as_numpys(kind):
    theirs = values(kind)
    ours = mt.asarray(theirs)
    assert memoryview(ours).format == memoryview(theirs).format
    odd = LAYOUTS["misaligned"](theirs)
    assert memoryview(mt.asarray(odd)).format == memoryview(odd).format
    assert mt.asarray(memoryview(odd)).dtype == theirs.dtype
    again = np.asarray(memoryview(ours))
    assert again.dtype == theirs.dtype


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_views_are_released_in_any_order(order):
    before = mt.memory.stats().current_bytes
    a = mt.arange(1000)
    views = [memoryview(a), memoryview(a[::2]), memoryview(a.reshape(10, 100).T)]
    del a
    for place in order:
        assert mt.memory.stats().current_bytes > before
        assert (views[place][1] if views[place].ndim == 1 else views[place][1, 0]) == [1, 2, 1][place]
        views[place].release()
    gc.collect()
    assert mt.memory.stats().current_bytes == before


def test_exporters_with_release_are_blocked_as_long_as_we_look():
    source = bytearray(8)
    ours = mt.asarray(source)
    part = ours[2:]
    del ours
    with pytest.raises(BufferError):
        source.append(1)
    del part
    gc.collect()
    source.append(1)


@pytest.mark.parametrize("code", "?bBhHiIlLqQfd")
def test_formats_of_the_standard_library(code):
    view = memoryview(bytearray(range(1, 17))).cast(code)
    assert mt.asarray(view).tolist() == np.asarray(view).tolist()
    assert mt.asarray(view).dtype == np.asarray(view).dtype


@pytest.mark.parametrize(
    "dtype", [">i4", "S3", "U2", ">U2", "V3", [("a", "i4"), ("b", ">f8", (2,)), ("c", "S2")]], ids=str
)
def test_other_formats(dtype):
    theirs = np.zeros(2, dtype)
    ours = mt.asarray(memoryview(theirs))
    assert ours.dtype == theirs.dtype
    if theirs.dtype.kind == "V" and not theirs.dtype.names:
        # No format can tell NumPy of raw bytes alone, so it is sent to the interface.
        with pytest.raises(ValueError, match="in a buffer"):
            memoryview(ours)
        assert np.asarray(ours).dtype == theirs.dtype
        return
    assert mt.asarray(memoryview(ours)).dtype == theirs.dtype
    if dtype == "V3":
        # NumPy takes its own arrays out of views again; the format itself it reads as a record without fields.
        assert memoryview(ours).format == memoryview(theirs).format
    else:
        assert np.asarray(memoryview(ours)).dtype == theirs.dtype


def test_formats_we_lack():
    with pytest.raises(TypeError, match="no data type for buffer format"):
        mt.asarray(memoryview(np.zeros(2, "g")))
