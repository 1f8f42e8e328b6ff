"""Open file objects: what is written to one, NumPy reads, and the other way round; damaged ones are refused."""

import io

import metes as mt
import numpy as np
import pytest
from layouts import same

ARRAYS = {
    "C": np.arange(24.0).reshape(2, 3, 4),
    "F": np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
    "strided": np.arange(40, dtype="c8").reshape(5, 8)[::-2, ::3],
    "scalar": np.array(True),
    "empty": np.zeros((0, 3), "u1"),
    "blocks": np.arange(200_000.0).reshape(400, 500)[:, ::2],
}


def rewound(file):
    file.seek(0)
    return file


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_go_through_a_file_object(name):
    x = ARRAYS[name]
    ours, theirs = io.BytesIO(), io.BytesIO()
    mt.save(ours, mt.asarray(x))
    np.save(theirs, x)
    assert ours.getvalue() == theirs.getvalue()
    same(mt.load(rewound(theirs)), x)


def test_one_file_holds_several(tmp_path):
    with open(tmp_path / "several.npy", "wb") as file:
        mt.save(file, [1, 2])
        mt.save(file, 3.5)
    with open(tmp_path / "several.npy", "rb") as file:
        assert mt.load(file).tolist() == [1, 2] and mt.load(file).item() == 3.5
        with pytest.raises(EOFError):
            mt.load(file)


@pytest.mark.parametrize("save", ["savez", "savez_compressed"])
def test_archives_go_through_a_file_object(save):
    ours, theirs = io.BytesIO(), io.BytesIO()
    getattr(mt, save)(ours, mt.arange(3), b=mt.ones((2, 2)))
    getattr(np, save)(theirs, np.arange(3), b=np.ones((2, 2)))
    with np.load(rewound(ours)) as read:
        assert read["arr_0"].tolist() == [0, 1, 2] and read["b"].shape == (2, 2)
    with mt.load(rewound(theirs)) as read:
        assert sorted(read.keys()) == ["arr_0", "b"] and "b" in read and len(read) == 2
        assert read["arr_0"].tolist() == [0, 1, 2] and {x.shape for x in read.values()} == {(3,), (2, 2)}
        with pytest.raises(KeyError):
            read["c"]


@pytest.mark.parametrize("end", [0, 3, 7, 9, 60, 128, 135])
def test_files_that_end_too_soon_are_refused(end):
    file = io.BytesIO()
    mt.save(file, mt.arange(3))
    with pytest.raises((ValueError, EOFError)):
        mt.load(io.BytesIO(file.getvalue()[:end]))


def test_lying_headers_are_refused():
    head = mt._native._npy_header(mt.float64, (1 << 60,), False)
    with pytest.raises((MemoryError, ValueError)):
        mt.load(io.BytesIO(head + b"x"))
    with pytest.raises(ValueError):
        mt.load(io.BytesIO(head[:8] + b"\xff\xff" + head[10:]))


def test_a_memmap_is_told_by_its_bytes(tmp_path):
    a = mt.memmap(tmp_path / "a.bin", "f8", "w+", offset=16, shape=(3,))
    assert isinstance(a, mt.memmap) and isinstance(a[1:], mt.memmap)
    assert not isinstance(a + 1, mt.memmap) and not hasattr(a + 1, "filename")
    assert (a.filename, a.offset, a.mode) == (str(tmp_path / "a.bin"), 16, "r+")
    with open(tmp_path / "a.bin", "rb") as file:
        b = mt.memmap(file, "f8", "r", 16)
    assert b.mode == "r" and b.tolist() == [0, 0, 0]


def test_flat_takes_values():
    for value in (5, [1, 2], np.arange(12.0), np.arange(20)):
        ours, theirs = mt.zeros((3, 4)).T, np.zeros((3, 4)).T
        ours.flat = value
        theirs.flat = value
        same(ours, theirs)
    with pytest.raises(AttributeError):
        del ours.flat


AT = {
    "mask": lambda a: (a % 3) == 0,
    "two arrays": lambda a: ([0, 0, 1], [1, 1, 2]),
    "array and slice": lambda a: ([0, 0, -1], slice(1, None)),
    "slice and array": lambda a: (slice(None), [1, 1, 2]),
    "with a new axis": lambda a: (None, [0, 0]),
    "with an ellipsis": lambda a: (..., [3, 3]),
    "row mask": lambda a: a[:, 0] > 3,
    "broadcast": lambda a: ([[0], [2]], [1, 1]),
    "outside": lambda a: ([0, 5], [0, 0]),
}


@pytest.mark.parametrize("key", AT)
@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[::-1, ::-1], lambda a: a[:, ::2]])
def test_ufunc_at_takes_any_index(key, view):
    theirs, ours = np.arange(24.0).reshape(3, 8), mt.arange(24.0).reshape(3, 8)
    index = AT[key](view(theirs))
    error = None
    try:
        np.add.at(view(theirs), index, 2.5)
    except IndexError as raised:
        error = raised
    if error:
        with pytest.raises(IndexError):
            mt.add.at(view(ours), index, 2.5)
    else:
        mt.add.at(view(ours), index, 2.5)
        mt.negative.at(view(ours), index)
        np.negative.at(view(theirs), index)
    same(ours, theirs)


@pytest.mark.parametrize("name", ["less", "less_equal", "equal", "not_equal", "greater", "greater_equal"])
def test_comparing_functions_take_any_integer(name):
    for huge in (2**200, -(2**200), 2**64):
        for kind in ("int8", "uint64", "float32"):
            x = np.arange(3).astype(kind)
            same(getattr(mt, name)(mt.asarray(x), huge), getattr(np, name)(x, huge))
            same(getattr(mt, name)(huge, mt.asarray(x)), getattr(np, name)(huge, x))
