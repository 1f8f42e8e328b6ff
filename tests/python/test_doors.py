"""The doors that NumPy's users and code in C come through: pointers, parts of elements, the interface as a structure,
`__array__` and its `copy=`, flags, names that stand for others, what is loaded when."""

import ctypes
import io
import pickle
import subprocess
import sys

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

KINDS = ["?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", "c8", "c16", ">f4", ">i8", "S3", "U2", ">U2", "V5"]


@pytest.mark.parametrize("kind", KINDS)
def test_array_struct_both_ways(kind):
    theirs = (np.arange(12).reshape(3, 4) % 2).astype("S5" if kind == "V5" else kind)
    theirs = theirs.view(kind)

    class Only:
        def __init__(self, array):
            self.__array_struct__ = array.__array_struct__

    ours = mt.asarray(Only(theirs[:, ::-2]))
    assert str(ours.dtype) == str(theirs.dtype) and ours.tolist() == theirs[:, ::-2].tolist()
    assert np.shares_memory(np.asarray(ours), theirs)
    if "U" in kind:
        # NumPy takes the bytes for characters.
        return
    back = np.asarray(Only(mt.asarray(theirs).T))
    assert back.dtype == theirs.dtype and back.strides == theirs.T.strides and back.tolist() == theirs.T.tolist()


def test_array_struct_refuses():
    class Wrong:
        __array_struct__ = 3

    with pytest.raises(ValueError, match="invalid __array_struct__"):
        mt.asarray(Wrong())
    # Neither has a place for units, or for fields in another order than their bytes.
    assert not hasattr(mt.zeros(2, "M8[s]"), "__array_struct__")
    late = mt.DType({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 0]})
    assert not hasattr(mt.zeros(2, late), "__array_struct__")
    frozen = mt.ones(2)
    frozen.flags.writeable = False
    kept = frozen.__array_struct__
    del frozen
    assert "capsule" in repr(kept)


def test_ctypes():
    a = mt.arange(12.0).reshape(3, 4)
    pointer = a[1:].ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    assert pointer[3] == 7.0
    assert a.ctypes.data == a.__array_interface__["data"][0]
    assert (list(a.ctypes.shape), list(a.ctypes.strides)) == ([3, 4], [32, 8])
    assert mt.asarray(1.0).ctypes.shape is None
    held = mt.full(3, 5.0).ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    assert held[2] == 5.0
    memset = ctypes.memset
    memset(a.ctypes, 0, a.nbytes)
    assert a.sum().item() == 0.0


@pytest.mark.parametrize(("kind", "part", "offset"), [("c16", "f8", 8), ("i4", "u1", 3), ("f8", "(2,)i4", 0)])
def test_fields_of_elements(kind, part, offset):
    theirs = np.arange(6).astype(kind).reshape(2, 3)[:, ::-1]
    ours = mt.asarray(theirs.copy())[:, :]
    assert mt.asarray(theirs).getfield(part, offset).tolist() == theirs.getfield(part, offset).tolist()
    expected = theirs.copy()
    expected.setfield(1, part, offset)
    ours.setfield(1, part, offset)
    assert ours.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="reach beyond"):
        ours.getfield(part, ours.itemsize)
    with pytest.raises(ValueError, match="non-negative"):
        ours.getfield(part, -1)
    ours.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        ours.setfield(1, part, offset)


def test_dumps(tmp_path):
    a = mt.arange(6).reshape(2, 3).T
    assert pickle.loads(a.dumps()).tolist() == a.tolist()
    a.dump(tmp_path / "a.pickle")
    with (tmp_path / "a.pickle").open("rb") as file:
        assert pickle.load(file).tolist() == a.tolist()
    file = io.BytesIO()
    a.dump(file)
    assert pickle.loads(file.getvalue()).tolist() == a.tolist()


def test_wrap():
    assert isinstance(mt.ones(2).__array_wrap__(np.ones(3)), mt.Array)


class Spy:
    def __init__(self):
        self.calls = []

    def __array__(self, dtype=None, copy=None):
        self.calls.append((dtype, copy))
        return np.ones(2)


class Old:
    held = np.ones(2)

    def __array__(self):
        return self.held


def test_array_method_is_told_of_copies():
    for copy, told in ((None, None), (True, True), (False, False)):
        ours, theirs = Spy(), Spy()
        mt.asarray(ours, copy=copy)
        np.asarray(theirs, copy=copy)
        assert ours.calls == theirs.calls == [(None, told)]
    spy = Spy()
    mt.array(spy)
    assert spy.calls == [(None, True)]
    assert mt.shares_memory(mt.asarray(Old()), Old.held)
    assert not mt.shares_memory(mt.array(Old()), Old.held)
    with pytest.raises(ValueError, match="copy"):
        mt.asarray(Old(), copy=False)
    with pytest.raises(ValueError, match="copy"):
        mt.asarray(np.float64(2), copy=False)
    zero = np.array(3.0)
    assert mt.shares_memory(mt.asarray(zero, copy=False), zero)

    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("broken inside")

    with pytest.raises(TypeError, match="broken inside"):
        mt.array(Broken())


def test_flags():
    for shape in ((3,), (2, 3), (), (0, 2)):
        for turn in (False, True):
            ours, theirs = mt.ones(shape), np.ones(shape)
            ours, theirs = (ours.T, theirs.T) if turn else (ours, theirs)
            assert ours.flags.num == theirs.flags.num
    a = mt.ones(3)
    a.flags.aligned = True
    a.flags.writebackifcopy = False
    with pytest.raises(ValueError, match="WRITEBACKIFCOPY"):
        a.flags.writebackifcopy = True
    with pytest.raises(ValueError, match="ALIGNED"):
        a.flags.aligned = False


def test_sizes_of_objects():
    a = mt.ones(1000)
    assert sys.getsizeof(a) - sys.getsizeof(a[:]) >= 8000
    assert sys.getsizeof(a[:]) < 300


def test_nothing_to_squeeze():
    a = mt.ones((2, 3))
    assert a.squeeze() is a and mt.squeeze(a) is a
    assert a[:1].squeeze() is not a


@pytest.mark.parametrize("other", [None, "a", b"a"])
def test_equal_to_what_no_element_is(other):
    for a, b in ((mt.arange(3), np.arange(3)), (mt.ones(()), np.ones(()))):
        assert (a == other).tolist() == (b == other).tolist()
        assert (a != other).tolist() == (b != other).tolist()
    with pytest.raises(TypeError):
        _ = mt.arange(3) < other


def test_dtypes_in_order():
    names = ["?", "i1", "u1", "i4", "f4", "f8", "c8", ">f8", "S3", "U3"]
    for a in names:
        for b in names:
            x, y, u, v = mt.DType(a), mt.DType(b), np.dtype(a), np.dtype(b)
            assert (x < y, x <= y, x > y, x >= y) == (u < v, u <= v, u > v, u >= v), (a, b)
    assert mt.DType("f8") * 3 == np.dtype("f8") * 3 and 1 * mt.DType("f8") == mt.DType("f8")


def test_small_arrays_become_axes():
    inner = ("f4", (2, 3))
    for make in ("zeros", "ones", "empty"):
        for order in "CF":
            ours, theirs = getattr(mt, make)(4, inner, order), getattr(np, make)(4, inner, order)
            assert ours.shape == theirs.shape == (4, 2, 3) and ours.dtype == "f4"
    assert mt.full((2,), 7, inner).tolist() == np.full((2,), 7, inner).tolist()
    a = np.arange(6, dtype="f8").reshape(2, 3)
    assert mt.asarray(a).T.view(("i4", (2,))).tolist() == a.T.view(("i4", (2,))).tolist()
    with pytest.raises(ValueError, match="bytes of an element"):
        mt.asarray(a).view(("i4", (3,)))


def test_out_of_dots():
    assert mt.add(1, 2, out=...).tolist() == 3
    assert mt.sum(mt.arange(3), out=...).tolist() == 3


def test_bounded_work():
    a = mt.ones(6)
    assert not mt.shares_memory(a[::2], a[1::2], max_work=-1)
    assert mt.may_share_memory(a[::2], a[1::2]) and not mt.may_share_memory(a[::2], a[1::2], max_work=1)
    for wrong in (-2, -3):
        with pytest.raises(ValueError, match="Invalid value for max_work"):
            mt.shares_memory(a, a, max_work=wrong)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_results_lie_as_the_array_does(shape, data):
    axes = data.draw(st.permutations(range(len(shape))))
    back = slice(None, None, data.draw(st.sampled_from([1, -1])))
    theirs = np.arange(np.prod(shape), dtype="f8").reshape(shape)
    ours = mt.asarray(theirs.copy()).transpose(axes)[back]
    theirs = theirs.transpose(axes)[back]
    reduced = tuple(data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True)))
    keep, where = data.draw(st.booleans()), data.draw(st.sampled_from([True, theirs % 3 != 0]))
    for name in ("sum", "max", "mean", "any"):
        more = {"initial": -1.0} if name == "max" else {}
        more |= {} if where is True else {"where": where}
        with np.errstate(all="ignore"), mt.errstate(all="ignore"):
            expected = getattr(np, name)(theirs, axis=reduced, keepdims=keep, **more)
            given_where = {} if where is True else {"where": mt.asarray(where)}
            found = getattr(mt, name)(ours, axis=reduced, keepdims=keep, **(more | given_where))
        expected = np.asarray(expected)
        np.testing.assert_array_equal(np.asarray(found), expected)
        if where is not True:
            # The layout of the mask has a say too, there.
            continue
        told = [(n, step) for n, step in zip(expected.shape, expected.strides, strict=True) if n > 1]
        assert [(n, step) for n, step in zip(found.shape, found.strides, strict=True) if n > 1] == told


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_bounds_of_bytes(shape, data):
    theirs = np.arange(np.prod(shape, dtype=int), dtype="i4").reshape(shape)
    key = tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1, -2]))) for _ in shape)
    low, high = np.lib.array_utils.byte_bounds(theirs[key])
    at, end = mt.lib.array_utils.byte_bounds(mt.asarray(theirs)[key])
    assert end - at == high - low
    if theirs.size:
        assert (at, end) == (low, high)


def test_axes_from_the_front():
    for ours, theirs in ((mt.lib.array_utils, np.lib.array_utils),):
        assert ours.normalize_axis_tuple([-1, 0], 3) == theirs.normalize_axis_tuple([-1, 0], 3)
        assert ours.normalize_axis_tuple((1, 1), 3, allow_duplicate=True) == (1, 1)
    with pytest.raises(ValueError, match="repeated axis"):
        mt.lib.array_utils.normalize_axis_tuple((1, -2), 3)
    with pytest.raises(mt.exceptions.AxisError, match="out of bounds"):
        mt.lib.array_utils.normalize_axis_index(3, 3)


@pytest.mark.parametrize("fortran", [False, True])
def test_maps_are_made_as_npy(tmp_path, fortran):
    paths = [tmp_path / "ours.npy", tmp_path / "theirs.npy"]
    for module, path in zip((mt, np), paths, strict=True):
        made = module.lib.format.open_memmap(path, "w+", "f4", (2, 3), fortran)
        made[...] = [[1, 2, 3], [4, 5, 6]]
        made.flush()
        del made
    assert paths[0].read_bytes() == paths[1].read_bytes()
    seen = mt.lib.format.open_memmap(paths[0], "r")
    assert seen.tolist() == [[1, 2, 3], [4, 5, 6]] and not seen.flags.writeable
    seen.close()
    with paths[0].open("rb") as file:
        assert mt.lib.format.read_header(file) == ((2, 3), fortran, mt.float32)
        file.seek(0)
        assert mt.lib.format.read_array(file).tolist() == [[1, 2, 3], [4, 5, 6]]
    written = io.BytesIO()
    mt.lib.format.write_array(written, mt.load(paths[0]))
    assert written.getvalue() == paths[0].read_bytes()
    with pytest.raises(ValueError, match="shape"):
        mt.lib.format.open_memmap(tmp_path / "no.npy", "w+")


def test_archives_as_numpy_has_them(tmp_path):
    mt.savez(tmp_path / "a.npz", mt.ones(2), b=mt.zeros(1))
    with mt.load(tmp_path / "a.npz") as archive:
        assert sorted(archive.files) == ["arr_0", "b"]
    archive.close()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sqrt", [-4.0, 9.0]),
        ("sqrt", [4, 9]),
        ("sqrt", [-4, 9]),
        ("log", [-1.0, 2.0]),
        ("log2", [8.0, -2.0]),
        ("log10", [100.0, -10.0]),
        ("arccos", [2.0, 0.5]),
        ("arcsin", [0.5]),
        ("arcsin", [-3.0]),
        ("arctanh", [2.0, 0.5]),
    ],
)
def test_complex_where_nothing_real_is(name, values):
    ours, theirs = getattr(mt.emath, name)(values), getattr(np.emath, name)(values)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-14)


def test_powers_and_logarithms():
    np.testing.assert_allclose(np.asarray(mt.emath.power([-2, 4], 0.5)), np.emath.power([-2, 4], 0.5))
    assert mt.emath.power([2, 4], -2).tolist() == np.emath.power([2, 4], -2).tolist()
    np.testing.assert_allclose(np.asarray(mt.emath.logn(2, [4, -8])), np.emath.logn(2, [4, -8]))


@pytest.mark.parametrize("kinds", [("f4", "f4"), ("f4", "i2"), ("c8", "f8"), ("f2", "f2"), ("i8",), ("f4", "c8")])
def test_common_type(kinds):
    assert mt.common_type(*(mt.ones(1, k) for k in kinds)) == np.dtype(np.common_type(*(np.ones(1, k) for k in kinds)))
    with pytest.raises(TypeError, match="non-numeric"):
        mt.common_type(mt.asarray("a"))


def test_parts_are_loaded_when_asked_for():
    code = """
import sys
import metes as mt
loaded = [name for name in sys.modules if name.startswith("metes.")]
assert sorted(loaded) == ["metes._index", "metes._native", "metes._refusals"], loaded
assert not {"typing", "threading", "inspect", "dataclasses", "numpy", "re"} & set(sys.modules) - before
assert "polyfit" in dir(mt) and "annotations" not in dir(mt)
mt.polyfit
assert "metes._polynomials" in sys.modules and "polyfit" in vars(mt)
assert mt.ndarray is mt.Array
try:
    mt.nothing
except AttributeError as error:
    assert "nothing" in str(error)
names = {}
exec("from metes import *", names)
assert set(mt.__all__) <= set(names)
"""
    code = "import sys; before = set(sys.modules)\n" + code
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
