"""DLPack both ways on the same bytes; NumPy is partner and oracle, ctypes makes tensors that no library would."""

import ctypes
import gc

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, same, values


class Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class Legacy(ctypes.Structure):
    _fields_ = (("tensor", Tensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p))


class Versioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    )


DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
api = ctypes.pythonapi
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
api.PyCapsule_GetName.restype = ctypes.c_char_p
api.PyCapsule_GetName.argtypes = [ctypes.py_object]
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Provider:
    """A tensor of six float64 by hand, with any field changed."""

    def __init__(self, major=1, flags=0, versioned=True, shape=(2, 3), strides=(3, 1), **fields):
        self.bytes = (ctypes.c_double * 6)(*range(6))
        self.shape = (ctypes.c_int64 * len(shape))(*shape)
        self.strides = (ctypes.c_int64 * len(strides))(*strides) if strides is not None else None
        self.deleted = 0
        self.deleter = DELETER(self.delete)
        self.managed = Versioned() if versioned else Legacy()
        if versioned:
            self.managed.major, self.managed.flags = major, flags
        self.managed.deleter = ctypes.cast(self.deleter, ctypes.c_void_p).value
        tensor = self.managed.tensor
        tensor.data, tensor.device_type, tensor.ndim = ctypes.addressof(self.bytes), 1, len(shape)
        tensor.code, tensor.bits, tensor.lanes = 2, 64, 1
        tensor.shape = ctypes.cast(self.shape, ctypes.POINTER(ctypes.c_int64))
        if self.strides is not None:
            tensor.strides = ctypes.cast(self.strides, ctypes.POINTER(ctypes.c_int64))
        for name, value in fields.items():
            setattr(tensor, name, value)
        self.name = b"dltensor_versioned" if versioned else b"dltensor"
        self.calls = []

    def delete(self, _):
        self.deleted += 1

    def __dlpack_device__(self):
        return (self.managed.tensor.device_type, 0)

    def __dlpack__(self, **keywords):
        self.calls.append(keywords)
        return api.PyCapsule_New(ctypes.addressof(self.managed), self.name, None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_round_trip(kind, layout):
    theirs = LAYOUTS[layout](values(kind))
    if layout == "broadcast" or layout == "misaligned":
        theirs.flags.writeable = layout == "misaligned"
    ours = mt.from_dlpack(theirs)
    same(ours, theirs)
    assert ours.flags.writeable == theirs.flags.writeable
    back = np.from_dlpack(ours)
    same(back, theirs)
    if theirs.size:
        assert back.strides == theirs.strides
        assert np.shares_memory(back, theirs)
    assert back.flags.writeable == theirs.flags.writeable


def test_devices():
    a = mt.arange(3)
    assert a.__dlpack_device__() == np.arange(3).__dlpack_device__() == (1, 0)
    assert mt.shares_memory(mt.from_dlpack(a, device="cpu"), a)
    with pytest.raises(ValueError, match="device"):
        mt.from_dlpack(a, device="gpu")


def outcome(call):
    try:
        return type(call()).__name__
    except Exception as error:
        return type(error)


QUESTIONS = [
    {},
    {"stream": 1},
    {"stream": None},
    {"max_version": (1, 0)},
    {"max_version": (0, 8)},
    {"max_version": (2, 1)},
    {"max_version": 1},
    {"max_version": (1, 0, 0)},
    {"dl_device": (1, 0)},
    {"dl_device": (2, 0)},
    {"dl_device": 1},
    {"dl_device": (1,)},
    {"copy": True},
    {"copy": False},
    {"copy": None, "max_version": (1, 1)},
]


@pytest.mark.parametrize("keywords", QUESTIONS, ids=str)
@pytest.mark.parametrize("kind", ["plain", "read-only", "odd strides"])
def test_answers_as_numpy_does(keywords, kind):
    theirs = np.arange(8, dtype="int16")
    if kind == "odd strides":
        theirs = np.ndarray((3,), "int16", theirs.data, 0, (3,))
    theirs.flags.writeable = kind != "read-only"
    ours = mt.asarray(theirs)
    assert outcome(lambda: ours.__dlpack__(**keywords)) == outcome(lambda: theirs.__dlpack__(**keywords))


def test_names_of_capsules():
    a = mt.arange(3)
    assert api.PyCapsule_GetName(a.__dlpack__()) == b"dltensor"
    assert api.PyCapsule_GetName(a.__dlpack__(max_version=(1, 0))) == b"dltensor_versioned"


@pytest.mark.parametrize("versioned", [False, True])
def test_what_a_capsule_says(versioned):
    a = mt.arange(24, dtype="int32").reshape(4, 6)[::-2, 1::2]
    keywords = {"max_version": (1, 3)} if versioned else {}
    capsule = a.__dlpack__(**keywords)
    structure, name = (Versioned, b"dltensor_versioned") if versioned else (Legacy, b"dltensor")
    managed = structure.from_address(api.PyCapsule_GetPointer(capsule, name))
    tensor = managed.tensor
    assert (tensor.ndim, tensor.code, tensor.bits, tensor.lanes, tensor.byte_offset) == (2, 0, 32, 1, 0)
    assert tensor.shape[:2] == [2, 3]
    assert tensor.strides[:2] == [-12, 2]
    assert tensor.data == a.__array_interface__["data"][0]
    if versioned:
        assert (managed.major, managed.flags) == (1, 0)


@pytest.mark.parametrize("keywords", [{"max_version": (1, 0)}, {"copy": True}, {"copy": True, "max_version": (1, 0)}])
def test_flags(keywords):
    a = mt.arange(3)
    a.flags.writeable = False
    capsule = a.__dlpack__(**keywords)
    if "max_version" in keywords:
        managed = Versioned.from_address(api.PyCapsule_GetPointer(capsule, b"dltensor_versioned"))
        assert managed.flags == (2 if "copy" in keywords else 1)


def test_a_capsule_is_taken_once():
    class Once:
        capsule = mt.arange(5).__dlpack__(max_version=(1, 0))

        def __dlpack__(self, **_):
            return self.capsule

        def __dlpack_device__(self):
            return (1, 0)

    taken = mt.from_dlpack(Once())
    assert api.PyCapsule_GetName(Once.capsule) == b"used_dltensor_versioned"
    with pytest.raises(ValueError, match="taken"):
        mt.from_dlpack(Once())
    assert taken.tolist() == [0, 1, 2, 3, 4]
    del taken, Once
    gc.collect()


def test_an_export_outlives_the_array():
    before = mt.memory.stats().current_bytes
    out = np.from_dlpack(mt.arange(1000, dtype="int64"))
    assert mt.memory.stats().current_bytes - before == 8000
    np.testing.assert_array_equal(out, np.arange(1000))
    del out
    assert mt.memory.stats().current_bytes == before


def test_a_capsule_nobody_takes_gives_its_bytes_back():
    before = mt.memory.stats().current_bytes
    capsule = mt.zeros(1000).__dlpack__()
    assert mt.memory.stats().current_bytes > before
    del capsule
    assert mt.memory.stats().current_bytes == before


@pytest.mark.parametrize("versioned", [False, True])
def test_a_tensor_by_hand(versioned):
    provider = Provider(versioned=versioned)
    ours = mt.from_dlpack(provider)
    assert ours.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert provider.calls == [{"max_version": (1, 0)}]
    part = ours[1]
    part[0] = 7
    del ours
    gc.collect()
    assert (provider.deleted, provider.bytes[3]) == (0, 7)
    del part
    gc.collect()
    assert provider.deleted == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"strides": None}, [[0, 1, 2], [3, 4, 5]]),
        ({"byte_offset": 16, "shape": (2, 2), "strides": (2, 1)}, [[2, 3], [4, 5]]),
        ({"byte_offset": 40, "strides": (-3, -1)}, [[5, 4, 3], [2, 1, 0]]),
        ({"shape": (), "strides": ()}, 0),
        ({"shape": (2, 0), "strides": (9, 9), "data": None}, [[], []]),
        ({"shape": (2, 3), "strides": (0, 1)}, [[0, 1, 2], [0, 1, 2]]),
        ({"code": 5, "bits": 128, "shape": (3,), "strides": (1,)}, [1j, 2 + 3j, 4 + 5j]),
    ],
)
def test_fields_by_hand(fields, expected):
    assert mt.from_dlpack(Provider(**fields)).tolist() == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"major": 2},
        {"device_type": 2},
        {"lanes": 2},
        {"bits": 80},
        {"code": 4, "bits": 16},
        {"ndim": 65},
    ],
    ids=str,
)
def test_refusals_as_numpys(fields):
    ours, theirs = Provider(**fields), Provider(**fields)
    expected = outcome(lambda: np.from_dlpack(theirs))
    assert outcome(lambda: mt.from_dlpack(ours)) == expected
    assert issubclass(expected, Exception)
    assert ours.deleted == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"ndim": -1},
        {"shape": (-1, 3)},
        {"shape": (2**62, 2**62)},
        {"strides": (2**62, 1)},
        {"strides": (2**60, 1), "shape": (2**59, 3)},
        {"data": None},
    ],
    ids=str,
)
def test_hostile_tensors_are_refused(fields):
    with pytest.raises((ValueError, RuntimeError)):
        mt.from_dlpack(Provider(**fields))


def test_read_only_is_kept():
    ours = mt.from_dlpack(Provider(flags=1))
    assert not ours.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        ours.flags.writeable = True
    assert mt.from_dlpack(Provider(flags=1), copy=True).flags.writeable


def test_copies_on_request():
    a = mt.arange(3)
    assert not mt.shares_memory(mt.from_dlpack(a, copy=True), a)
    assert mt.shares_memory(mt.from_dlpack(a, copy=False), a)
    provider = Provider()
    copied = mt.from_dlpack(provider, copy=True)
    assert provider.calls == [{"max_version": (1, 0), "copy": True}]
    assert copied.base is None
    gc.collect()
    assert provider.deleted == 1


def test_providers_without_keywords_are_asked_again():
    class Old:
        def __dlpack__(self):
            return mt.arange(3).__dlpack__()

    assert mt.from_dlpack(Old()).tolist() == [0, 1, 2]
    with pytest.raises(TypeError):
        mt.from_dlpack(Old(), copy=True)


def test_what_is_no_provider():
    with pytest.raises(AttributeError, match="__dlpack__"):
        mt.from_dlpack([1, 2])
    for kind in ("M8[s]", object, ">i4", "U3"):
        with pytest.raises((BufferError, RuntimeError)):
            mt.from_dlpack(np.zeros(3, kind))
