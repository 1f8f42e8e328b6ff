"""Mapped files: NumPy's modes, and no way to reach bytes that are gone."""

import gc
import os

import metes as mt
import numpy as np
import pytest
from layouts import same


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "elements.bin"
    np.arange(24, dtype="int32").tofile(path)
    return path


def outcome(call):
    """Shape, flags and elements of what a call makes; whether it fails instead."""
    try:
        made = call()
    except (ValueError, OSError, TypeError):
        return "refused"
    facts = (made.shape, str(made.dtype), made.flags["C_CONTIGUOUS"], made.flags["WRITEABLE"], made.tolist())
    del made
    gc.collect()
    return facts


CASES = [
    {},
    {"dtype": "int32"},
    {"dtype": "int32", "offset": 8},
    {"dtype": "int32", "offset": 3},
    {"dtype": "int32", "offset": 96},
    {"dtype": "int32", "shape": (4, 6)},
    {"dtype": "int32", "shape": (4, 6), "order": "F"},
    {"dtype": "int16", "shape": 5, "offset": 7},
    {"dtype": "int32", "shape": (5, 6)},
    {"dtype": "int32", "shape": (0, 6)},
    {"dtype": "float64", "shape": ()},
    {"dtype": "int32", "shape": (2,), "offset": 200},
]


@pytest.mark.parametrize("mode", ["r", "r+", "w+", "c", "readonly", "readwrite", "write", "copyonwrite", "x"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_modes_as_numpys(tmp_path, mode, case):
    results, files = [], []
    for module in (np, mt):
        path = tmp_path / module.__name__
        np.arange(24, dtype="int32").tofile(path)
        results.append(outcome(lambda module=module, path=path: module.memmap(path, mode=mode, **case)))
        files.append(path.read_bytes())
    if case == {"dtype": "int32", "offset": 96}:
        assert results[1] in ("refused", ((0,), "int32", True, mode not in ("r", "readonly"), []))
        return
    assert results[1] == results[0]
    if case.get("shape") == (0, 6):
        assert len(files[1]) <= len(files[0]), "NumPy leaves a byte in an empty file"
    elif results[0] != "refused":
        assert files[1] == files[0]


@pytest.mark.parametrize(("mode", "kept"), [("r+", True), ("c", False)])
def test_writes(path, mode, kept):
    a = mt.memmap(path, "int32", mode)
    a[3] = -7
    a.flush()
    assert (np.fromfile(path, "int32")[3] == -7) == kept
    assert int(a[3]) == -7


def test_read_only(path):
    a = mt.memmap(path, "int32", "r")
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        a.flags.writeable = True


def test_a_made_file_is_written(tmp_path):
    path = tmp_path / "new.bin"
    a = mt.memmap(path, "float64", "w+", shape=(3, 4), order="F", offset=5)
    a[...] = np.arange(12).reshape(3, 4)
    a.close()
    assert path.stat().st_size == 5 + 96
    same(np.memmap(path, "float64", "r", 5, (3, 4), "F"), np.arange(12.0).reshape(3, 4))


def test_bad_arguments(path):
    with pytest.raises(ValueError, match="negative"):
        mt.memmap(path, offset=-1)
    with pytest.raises(ValueError, match="shape must be given"):
        mt.memmap(path, mode="w+")


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        mt.memmap(tmp_path / "none", mode="r")


EXPORTS = {
    "view": lambda a: a[1:],
    "transposed": lambda a: a.T,
    "memoryview": memoryview,
    "numpy": np.asarray,
    "dlpack": lambda a: np.from_dlpack(a),
    "capsule": lambda a: a.__dlpack__(),
    "arrow": lambda a: a.__arrow_c_array__(),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_close_is_refused_while_others_see_the_bytes(path, name):
    a = mt.memmap(path, "int32")
    other = EXPORTS[name](a)
    with pytest.raises(BufferError, match="close"):
        a.close()
    assert int(a.sum()) == 276, "a refused close changes nothing"
    del other
    gc.collect()
    a.close()


USES = {
    "item": lambda a: a[0],
    "sum": lambda a: a.sum(),
    "add": lambda a: a + 1,
    "assign": lambda a: a.__setitem__(slice(None), 1),
    "copy": lambda a: a.copy(),
    "repr": repr,
    "list": lambda a: a.tolist(),
    "numpy": lambda a: np.asarray(a),
    "memoryview": memoryview,
    "dlpack": lambda a: a.__dlpack__(),
    "arrow": lambda a: a.__arrow_c_array__(),
    "interface": lambda a: a.__array_interface__,
}


@pytest.mark.parametrize("name", USES)
def test_after_close_every_use_is_an_error(path, name):
    a = mt.memmap(path, "int32")
    a.close()
    with pytest.raises(BufferError, match=r"clos"):
        USES[name](a)
    with pytest.raises(ValueError, match="closed before"):
        a.close()
    assert a.shape == (24,)


def test_a_file_is_gone_after_close_but_not_before(path):
    a = mt.memmap(path, "int32")
    os.unlink(path)
    assert a.tolist() == list(range(24))
    a.close()


def test_a_mapped_file_is_not_made_anew(path):
    a = mt.memmap(path, "int32", "r")
    for other in (path, path.parent / "." / path.name):
        with pytest.raises(BufferError, match="mapped already"):
            mt.memmap(other, "int32", "w+", shape=2)
    assert a.tolist() == list(range(24))
    a.close()
    assert mt.memmap(path, "int32", "w+", shape=2).tolist() == [0, 0]


def test_saving_over_a_mapped_file_leaves_the_map(tmp_path):
    path = tmp_path / "a.npy"
    mt.save(path, mt.arange(10))
    a = mt.load(path, mmap_mode="r+")
    mt.save(path, mt.zeros(3))
    assert a.tolist() == list(range(10))
    assert mt.load(path).tolist() == [0, 0, 0]
    a.close()


def test_only_maps_have_files():
    for name in ("flush", "close"):
        with pytest.raises(ValueError, match="no mapped file"):
            getattr(mt.arange(3), name)()


def test_advice(path):
    a = mt.memmap(path, "int32")
    for advice in ("sequential", "random", "willneed", "dontneed", "normal"):
        a[0] += 1
        a.advise(advice)
    assert a.tolist() == [5, *range(1, 24)]
    with pytest.raises(ValueError, match="none of"):
        a.advise("please")
    with pytest.raises(ValueError, match="lose its changes"):
        mt.memmap(path, "int32", "c").advise("dontneed")


def test_mapped_bytes_are_shown_apart(path):
    before = mt.memory.stats()
    a = mt.memmap(path, "int32")
    now = mt.memory.stats()
    assert (now.mapped_bytes - before.mapped_bytes, now.current_bytes) == (96, before.current_bytes)
    del a
    assert mt.memory.stats().mapped_bytes == before.mapped_bytes
