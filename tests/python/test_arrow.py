"""Arrow's C data interface. ctypes reads and makes the structures, so that no Arrow library is needed."""

import ctypes
import gc

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, same, values


class Schema(ctypes.Structure):
    pass


class Column(ctypes.Structure):
    pass


Schema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)
Column._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
api = ctypes.pythonapi
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Provider:
    """A column of int32 by hand, with any field changed."""

    def __init__(self, elements=b"", valid=None, form=b"i", length=None, **fields):
        self.elements = ctypes.create_string_buffer(elements, max(len(elements), 1))
        self.valid = ctypes.create_string_buffer(valid, len(valid)) if valid else None
        address = ctypes.addressof(self.valid) if valid else None
        self.buffers = (ctypes.c_void_p * 2)(address, ctypes.addressof(self.elements))
        self.released = []
        self.release_schema = RELEASE(lambda address: self.release(Schema, address))
        self.release_column = RELEASE(lambda address: self.release(Column, address))
        self.schema = Schema(format=form, name=b"", release=ctypes.cast(self.release_schema, ctypes.c_void_p).value)
        self.column = Column(
            length=len(elements) // 4 if length is None else length,
            n_buffers=2,
            buffers=ctypes.cast(self.buffers, ctypes.POINTER(ctypes.c_void_p)),
            release=ctypes.cast(self.release_column, ctypes.c_void_p).value,
        )
        for name, value in fields.items():
            setattr(self.column if hasattr(self.column, name) else self.schema, name, value)

    def release(self, structure, address):
        structure.from_address(address).release = None
        self.released.append(structure.__name__)

    def __arrow_c_array__(self, requested_schema=None):
        return (
            api.PyCapsule_New(ctypes.addressof(self.schema), b"arrow_schema", None),
            api.PyCapsule_New(ctypes.addressof(self.column), b"arrow_array", None),
        )


def structures(array):
    """The two structures of an export, with the capsules that own them."""
    capsules = array.__arrow_c_array__()
    schema = Schema.from_address(api.PyCapsule_GetPointer(capsules[0], b"arrow_schema"))
    column = Column.from_address(api.PyCapsule_GetPointer(capsules[1], b"arrow_array"))
    return schema, column, capsules


FORMATS = dict(zip(KINDS, b"b c s i l C S I L e f g".split(), strict=False))


@pytest.mark.parametrize("kind", FORMATS)
def test_round_trip(kind):
    theirs = values(kind).reshape(-1)
    for part in (theirs, theirs[3:], theirs[::2], theirs[::-1], theirs[:0]):
        ours = mt.array(part)
        again = mt.from_arrow(ours)
        same(again, part)
        assert not again.flags.writeable
        if kind != "bool" and part.size:
            assert mt.shares_memory(again, ours)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_the_capsules_say(kind):
    ours = mt.array(values(kind).reshape(-1))[1:]
    schema, column, capsules = structures(ours)
    assert schema.format == FORMATS[kind]
    assert (column.length, column.null_count, column.offset) == (29, 0, 0)
    assert (column.n_buffers, column.n_children) == (2, 0)
    assert column.buffers[0] is None
    address = ours.__array_interface__["data"][0]
    assert (column.buffers[1] == address) == (kind != "bool")
    del capsules


def test_booleans_are_packed():
    theirs = np.arange(21) % 3 == 0
    _, column, capsules = structures(mt.array(theirs))
    packed = ctypes.string_at(column.buffers[1], 3)
    assert packed == np.packbits(theirs, bitorder="little").tobytes()
    for offset in range(12):
        provider = Provider(packed, form=b"b", length=9, offset=offset)
        same(mt.from_arrow(provider), theirs[offset : offset + 9])
    del capsules


def test_an_export_outlives_the_array_and_ends_with_its_capsules():
    before = mt.memory.stats().current_bytes
    array = mt.arange(100)
    _, column, capsules = structures(array)
    del array
    assert ctypes.cast(column.buffers[1], ctypes.POINTER(ctypes.c_int64))[99] == 99
    del capsules
    assert mt.memory.stats().current_bytes == before


def test_a_consumer_may_release_first():
    before = mt.memory.stats().current_bytes
    schema, column, capsules = structures(mt.arange(100))
    for structure in (schema, column):
        RELEASE(structure.release)(ctypes.addressof(structure))
        assert structure.release is None
    assert mt.memory.stats().current_bytes == before
    del capsules


def test_an_import_is_released_with_its_last_view():
    provider = Provider(np.arange(6, dtype="int32").tobytes(), offset=2, length=3)
    part = mt.from_arrow(provider)[1:]
    assert part.tolist() == [3, 4]
    assert provider.column.release is None, "the column was moved out of its capsule"
    assert "Column" not in provider.released
    del part
    gc.collect()
    assert "Column" in provider.released


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"valid": b"\x3d", "null_count": 1}, ValueError, "1 of 6 elements are null"),
        ({"valid": b"\x15", "null_count": -1}, ValueError, "3 of 6 elements are null"),
        ({"valid": b"\xfd", "null_count": -1, "offset": 1, "length": 5}, ValueError, "1 of 5"),
        ({"form": b"u"}, ValueError, "2 buffers"),
        ({"form": b"vu"}, TypeError, "no data type"),
        ({"form": b"+l", "n_children": 1}, TypeError, "no data type"),
        ({"n_buffers": 3}, ValueError, "3 buffers"),
        ({"length": -1}, ValueError, "length -1"),
        ({"offset": -1}, ValueError, "offset -1"),
        ({"length": 2**62}, ValueError, "too big"),
    ],
)
def test_refusals(fields, error, words):
    elements = np.arange(6, dtype="int32").tobytes()
    with pytest.raises(error, match=words):
        mt.from_arrow(Provider(elements, **fields))


def test_all_valid_is_no_null():
    elements = np.arange(6, dtype="int32").tobytes()
    assert mt.from_arrow(Provider(elements, valid=b"\x3f", null_count=-1)).tolist() == list(range(6))


@pytest.mark.parametrize(("shape", "kind"), [((2, 2), "int8"), ((), "int8"), ((2,), "complex64")])
def test_what_arrow_cannot_say(shape, kind):
    with pytest.raises((ValueError, TypeError), match="Arrow"):
        mt.zeros(shape, dtype=kind).__arrow_c_array__()


def test_what_is_no_provider():
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        mt.from_arrow([1, 2])


@pytest.mark.parametrize("dtype", ["M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "m8[s]", "m8[ns]"])
@pytest.mark.parametrize("counts", [[1, 2, 3], [1, np.iinfo("i8").min, 3], []])
def test_time(dtype, counts):
    theirs = np.array(counts, "i8").view(dtype)
    for part in (theirs, theirs[::-1], theirs[1:]):
        ours = mt.asarray(part)
        schema, column, capsules = structures(ours)
        unit = np.datetime_data(part.dtype)[0][0]
        assert schema.format.decode() == (f"ts{unit}:" if dtype[0] == "M" else f"tD{unit}")
        missing = np.isnat(part)
        assert column.null_count == missing.sum()
        if missing.any():
            bits = ctypes.string_at(column.buffers[0], 1)
            assert bits == np.packbits(~missing, bitorder="little").tobytes()
        del capsules
        again = mt.from_arrow(ours)
        assert again.dtype == part.dtype
        assert again.tobytes() == part.tobytes()
        if part.size and not missing.any() and part.flags.c_contiguous:
            assert mt.shares_memory(again, ours)


def test_nulls_are_no_time():
    elements = np.arange(4, dtype="i8").tobytes()
    provider = Provider(elements, valid=b"\x0b", form=b"tsu:UTC", length=3, offset=1, null_count=-1)
    assert mt.from_arrow(provider).tolist() == np.array([1, "NaT", 3], "M8[us]").tolist()


@pytest.mark.parametrize("dtype", ["S3", "V5"])
def test_bytes_of_fixed_width(dtype):
    theirs = np.array([b"ab", b"c"], dtype)
    schema, _, capsules = structures(mt.asarray(theirs))
    assert schema.format.decode() == f"w:{theirs.itemsize}"
    del capsules
    again = mt.from_arrow(mt.asarray(theirs))
    assert again.dtype == f"V{theirs.itemsize}"
    assert again.tobytes() == theirs.tobytes()
    for wrong in (b"w:", b"w:0", b"w:-1", b"w:x", b"ts", b"tsx:", b"tD", b"tDss"):
        with pytest.raises(TypeError, match="no data type"):
            mt.from_arrow(Provider(b"1234", form=wrong))


def test_dtypes_without_a_name():
    for dtype in ("M8[M]", "M8[25us]", ">M8[s]", [("a", "i4")]):
        with pytest.raises(TypeError, match="no type"):
            mt.zeros(2, dtype).__arrow_c_array__()


class Words(Provider):
    """A column of text by hand."""

    def __init__(self, ends, text, form=b"u", valid=None, **fields):
        super().__init__(form=form, length=len(ends) - 1, valid=valid)
        self.ends = np.array(ends, "i4" if form == b"u" else "i8")
        self.text = ctypes.create_string_buffer(text, max(len(text), 1))
        self.three = (ctypes.c_void_p * 3)(self.buffers[0], self.ends.ctypes.data, ctypes.addressof(self.text))
        self.column.buffers = ctypes.cast(self.three, ctypes.POINTER(ctypes.c_void_p))
        self.column.n_buffers = 3
        for name, value in fields.items():
            setattr(self.column, name, value)


@pytest.mark.parametrize("words", [["a", "", "bcd"], ["\u00e9\u4e2d\U0001f600", "x"], [], [""]])
@pytest.mark.parametrize("order", ["<", ">"])
def test_text(words, order):
    theirs = np.array(words, "U4").astype(f"{order}U4")
    for part in (theirs, theirs[::-1], theirs[1:]):
        ours = mt.asarray(part)
        schema, column, capsules = structures(ours)
        assert schema.format == b"u" and column.n_buffers == 3 and column.null_count == 0
        ends = ctypes.cast(column.buffers[1], ctypes.POINTER(ctypes.c_int32))[: part.size + 1]
        assert ctypes.string_at(column.buffers[2], ends[-1]) == "".join(part.tolist()).encode()
        assert np.diff(ends).tolist() == [len(word.encode()) for word in part.tolist()]
        del capsules
        assert mt.from_arrow(ours).tolist() == part.tolist()


@pytest.mark.parametrize("form", [b"u", b"U"])
def test_text_of_others(form):
    whole = Words([0, 1, 3, 3], b"a\xc3\xa9", form=form)
    found = mt.from_arrow(whole)
    assert found.tolist() == ["a", "\u00e9", ""] and found.dtype == mt.dtype("U1")
    assert mt.from_arrow(Words([9, 9, 0, 2, 4], b"abcd", form=form, offset=2, length=2)).tolist() == ["ab", "cd"]
    assert mt.from_arrow(Words([0], b"", form=form)).tolist() == []


@pytest.mark.parametrize(
    ("ends", "text", "more", "words"),
    [
        ([0, 2, 1], b"ab", {}, "row 0 has the offsets 0 and 2"),
        ([-1, 2], b"ab", {}, "row 0 has the offsets -1"),
        ([0, -1], b"ab", {}, "the offset -1"),
        ([0, 1, 2], b"\xc3\xa9", {}, "row 0 is no UTF-8"),
        ([0, 1, 2], b"ab", {"valid": b"\x01", "null_count": 1}, "1 of 2 elements are null"),
        ([0, 1], b"a", {"n_buffers": 2}, "2 buffers"),
    ],
)
def test_text_that_is_refused(ends, text, more, words):
    with pytest.raises(ValueError, match=words):
        mt.from_arrow(Words(ends, text, **more))


def test_what_is_no_character():
    with pytest.raises(ValueError, match="no character"):
        mt.asarray(np.array(["\ud800"])).__arrow_c_array__()


def test_days():
    theirs = np.array(["2024-02-29", "1969-12-31", "NaT"], "M8[D]")
    for part in (theirs, theirs[:2], theirs[::-1], theirs[:0]):
        ours = mt.asarray(part)
        schema, column, capsules = structures(ours)
        assert schema.format == b"tdD" and column.null_count == np.isnat(part).sum()
        days = ctypes.cast(column.buffers[1], ctypes.POINTER(ctypes.c_int32))[: part.size]
        assert [d for d, lost in zip(days, np.isnat(part), strict=True) if not lost] == [
            int(d) for d in part[~np.isnat(part)].astype("i8")
        ]
        del capsules
        again = mt.from_arrow(ours)
        assert again.dtype == part.dtype and again.tobytes() == part.tobytes()
    provider = Provider(
        np.arange(4, dtype="i4").tobytes(), valid=b"\x0b", form=b"tdD", length=3, offset=1, null_count=-1
    )
    assert mt.from_arrow(provider).tolist() == np.array([1, "NaT", 3], "M8[D]").tolist()
    with pytest.raises(OverflowError, match="date32"):
        mt.asarray(np.array([2**40], "M8[D]")).__arrow_c_array__()
