"""What Python and NumPy ask of arrays by protocol: NumPy's functions, pickles, the array interface, dtypes, numbers."""

import copy
import gc
import itertools
import math
import operator
import pickle
import weakref

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, shapes, values

# NumPy's functions


def test_numpy_functions_call_ours():
    a = mt.arange(6).reshape(2, 3)
    for result, expected in (
        (np.transpose(a), np.arange(6).reshape(2, 3).T),
        (np.concatenate([a, np.ones((1, 3))]), np.concatenate([np.arange(6).reshape(2, 3), np.ones((1, 3))])),
        (np.stack((a, a), axis=-1), np.stack((np.arange(6).reshape(2, 3),) * 2, axis=-1)),
        (np.where(a > 2, a, -1), np.where(np.arange(6).reshape(2, 3) > 2, np.arange(6).reshape(2, 3), -1)),
        (np.sum(a, axis=1, keepdims=True), np.array([[3], [12]])),
        (np.reshape(a, (3, 2)), np.arange(6).reshape(3, 2)),
        (np.zeros_like(a), np.zeros((2, 3), int)),
        (np.clip(a, 1, 4), np.arange(6).reshape(2, 3).clip(1, 4)),
    ):
        assert isinstance(result, mt.Array)
        same(result, expected)


def test_out_and_keywords():
    a, out = mt.arange(3.0), mt.zeros(3)
    assert np.add(a, 1, out=out) is out
    assert out.tolist() == [1, 2, 3]
    theirs = np.zeros(3)
    assert np.multiply(a, a, out=theirs) is theirs
    assert theirs.tolist() == [0, 1, 4]
    assert np.add(a, 1, where=mt.asarray([True, False, True]), out=mt.zeros(3)).tolist() == [1, 0, 3]
    total = mt.zeros(())
    assert np.sum(a, out=total) is total
    assert float(total) == 3
    assert np.add(a, 1, dtype="float32").dtype == mt.float32


def test_what_we_lack_is_named():
    with pytest.raises(TypeError, match=r"metes has no function row_stack.*asarray"):
        mt.zeros(1).__array_function__(np.lib._shape_base_impl.row_stack, (mt.Array,), (mt.zeros(1),), {})
    with pytest.raises(TypeError, match=r"hermitian_of_nothing"):

        def hermitian_of_nothing():
            pass

        hermitian_of_nothing.__module__ = "numpy.linalg"
        mt.zeros(1).__array_function__(hermitian_of_nothing, (mt.Array,), (), {})


def test_strangers_come_first():
    class Stranger:
        def __array_function__(self, func, types, args, kwargs):
            return "theirs"

        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return "theirs"

        def __radd__(self, other):
            return "added"

    assert np.concatenate([mt.arange(3), Stranger()]) == "theirs"
    assert np.add(mt.arange(3), Stranger()) == "theirs"
    assert mt.arange(3) + Stranger() == "added"


OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "ge", "eq", "ne"]


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_numpys_arrays_on_either_side(name):
    theirs = np.array([[3, 1, 2]]), np.array([[2.0], [4.0]])
    ours = tuple(mt.asarray(x) for x in theirs)
    method = f"__{name}__"
    expected = getattr(theirs[0], method)(theirs[1])
    function = getattr(operator, name)
    for a, b in ((ours[0], theirs[1]), (theirs[0], ours[1]), ours):
        result = function(a, b)
        assert isinstance(result, mt.Array)
        same(result, expected)


def test_numpys_arrays_take_ours_in_place():
    theirs = np.arange(3.0)
    same_array = theirs
    same_array += mt.ones(3)
    assert same_array is theirs
    assert theirs.tolist() == [1, 2, 3]


# Pickles


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("protocol", [2, 5])
def test_pickles(kind, layout, protocol):
    theirs = LAYOUTS[layout](values(kind))
    again = pickle.loads(pickle.dumps(mt.asarray(theirs), protocol))
    same(again, theirs)
    assert again.flags.writeable == theirs.flags.writeable
    mine = mt.asarray(theirs)
    assert not mt.shares_memory(again, mine)


@given(shapes(), st.randoms())
def test_pickles_out_of_band_share_the_bytes(shape, random):
    axes = random.sample(range(len(shape)), len(shape))
    a = mt.array(np.arange(math.prod(shape), dtype="int32").reshape(shape)).transpose(axes)
    buffers = []
    stream = pickle.dumps(a, 5, buffer_callback=buffers.append)
    again = pickle.loads(stream, buffers=buffers)
    same(again, np.asarray(a))
    assert len(stream) < 400
    assert a.size == 0 or mt.shares_memory(again, a)


def test_read_only_survives():
    a = mt.arange(100)
    a.flags.writeable = False
    for protocol in range(6):
        assert not pickle.loads(pickle.dumps(a, protocol)).flags.writeable
    buffers = []
    stream = pickle.dumps(a[::2], 5, buffer_callback=buffers.append)
    assert not pickle.loads(stream, buffers=buffers).flags.writeable


def test_buffers_of_others_are_shown():
    a = mt.arange(4, dtype="int16")
    buffers = []
    stream = pickle.dumps(a, 5, buffer_callback=buffers.append)
    room = bytearray(buffers[0].raw())
    again = pickle.loads(stream, buffers=[room])
    again[0] = 9
    assert room[0] == 9
    assert pickle.loads(stream, buffers=[bytes(room)]).tolist() == [9, 1, 2, 3]


@pytest.mark.parametrize(
    "state",
    [
        (b"1234567", "int32", (2,), None, True),
        (b"12345678", "int32", (3,), None, True),
        (b"12345678", "int32", (-2,), None, True),
        (b"12345678", "int32", (2,), [1], True),
        (b"12345678", "int32", (2, 1), [0, 0], True),
        (b"12345678", "object", (2,), None, True),
    ],
)
def test_damaged_pickles_are_refused(state):
    with pytest.raises((ValueError, TypeError)):
        mt._native._rebuild(*state)


# The array interface


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_interface_as_numpys(kind, layout):
    theirs = LAYOUTS[layout](values(kind))
    ours, expected = mt.asarray(theirs).__array_interface__, dict(theirs.__array_interface__)
    if theirs.size == 0:
        del ours["data"], expected["data"]
    assert ours == expected


class Described:
    """Only the array interface of an array."""

    def __init__(self, array, **changes):
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, **changes}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_import_by_interface(kind, layout):
    theirs = LAYOUTS[layout](values(kind))
    ours = mt.asarray(Described(theirs))
    same(ours, theirs)
    assert ours.flags.writeable == theirs.flags.writeable
    assert theirs.size == 0 or np.shares_memory(np.asarray(ours), theirs)


def test_an_interface_keeps_its_owner_alive():
    provider = Described(np.arange(10.0))
    watch = weakref.ref(provider)
    view = mt.asarray(provider)[3:]
    del provider
    gc.collect()
    assert watch() is not None
    assert view.tolist() == list(range(3, 10))
    del view
    gc.collect()
    assert watch() is None


def test_an_interface_with_a_buffer():
    theirs = np.arange(6, dtype="int32")
    for data, expected in ((bytearray(theirs.tobytes()), True), (theirs.tobytes(), False)):
        provider = Described(theirs, data=data, offset=8, shape=(2, 2), strides=None)
        ours = mt.asarray(provider)
        assert ours.tolist() == [[2, 3], [4, 5]]
        assert ours.flags.writeable == expected
    with pytest.raises(ValueError, match="outside"):
        mt.asarray(Described(theirs, data=bytearray(8), shape=(3,)))


@pytest.mark.parametrize(
    "changes",
    [
        {"typestr": "|O"},
        {"shape": (2**62, 2**62)},
        {"strides": (1, 2)},
        {"strides": (2**62,)},
        {"shape": (-1,)},
        {"data": (0, False)},
        {"data": 5},
    ],
    ids=str,
)
def test_bad_interfaces_are_refused(changes):
    with pytest.raises((ValueError, TypeError)):
        mt.asarray(Described(np.arange(6, dtype="int32"), **changes))


# __array__


@pytest.mark.parametrize("dtype", [None, "float64", "int16", np.dtype("float32")])
@pytest.mark.parametrize("copied", [None, True, False])
def test_array_as_numpys(dtype, copied):
    theirs = np.arange(5.0)
    ours = mt.asarray(theirs)
    try:
        expected = theirs.__array__(dtype, copy=copied)
    except ValueError:
        expected = None
    if copied is False and dtype not in (None, "float64"):
        with pytest.raises(ValueError, match="copy"):
            ours.__array__(dtype, copy=False)
        return
    result = ours.__array__(dtype, copy=copied)
    assert type(result) is np.ndarray
    same(result, expected)
    assert np.shares_memory(result, theirs) == (copied is not True and dtype in (None, "float64"))


def test_asarray_shares():
    a = mt.arange(6).reshape(2, 3)[:, ::-1]
    assert np.asarray(a).__array_interface__["data"] == a.__array_interface__["data"]
    assert mt.asarray(a) is a
    with pytest.raises(ValueError, match="copy"):
        np.asarray(a, dtype="float32", copy=False)


# dtypes


ATTRIBUTES = [
    "name",
    "kind",
    "char",
    "num",
    "str",
    "itemsize",
    "alignment",
    "byteorder",
    "type",
    "isnative",
    "hasobject",
    "names",
    "fields",
    "subdtype",
]


@pytest.mark.parametrize("kind", KINDS)
def test_dtypes_are_numpys(kind):
    ours, theirs = getattr(mt, kind), np.dtype(kind)
    assert np.dtype(ours) is theirs
    assert ours == theirs
    assert theirs == ours
    assert hash(ours) == hash(theirs)
    assert {theirs: 1}[ours] == {ours: 1}[theirs] == 1
    assert ours == theirs.type
    assert theirs.type == ours
    assert ours == kind == str(ours)
    assert mt.dtype(theirs) is mt.dtype(theirs.type) is mt.dtype(theirs.str) is mt.dtype(theirs.char) is ours
    for name in ATTRIBUTES:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert repr(ours) == repr(theirs)
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert copy.deepcopy(ours) is ours or copy.deepcopy(ours) == ours


@pytest.mark.parametrize("other", [None, bool, int, float, complex, "int", "float", "intp", "u1", "=f4", "<c16"])
def test_dtypes_by_other_names(other):
    assert mt.dtype(other) == np.dtype(other)


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(KINDS, 2)))
def test_dtypes_differ(a, b):
    assert getattr(mt, a) != np.dtype(b)
    assert np.dtype(b) != getattr(mt, a)
    assert getattr(mt, a) != b


@pytest.mark.parametrize("other", ["object", "U3000000000", ">i5", "M8[x]", np.dtype("O"), "nothing", 3, np.ndarray])
def test_dtypes_we_lack(other):
    with pytest.raises(TypeError, match="no data type"):
        mt.dtype(other)
    assert mt.float64 != other


# Numbers and sequences


def test_arrays_have_no_hash():
    assert mt.Array.__hash__ is None
    with pytest.raises(TypeError, match="unhashable"):
        hash(mt.arange(3))


@pytest.mark.parametrize("value", [2.5, -0.5, 7, True, 1e10])
def test_rounding_a_number(value):
    assert round(mt.asarray(value)) == round(value)
    assert type(round(mt.asarray(value))) is int


def test_rounding_arrays():
    same(round(mt.asarray([0.125, 2.5])), np.round([0.125, 2.5]))
    same(round(mt.asarray([0.125, 2.5]), 1), np.round([0.125, 2.5], 1))
    assert float(round(mt.asarray(0.125), 2)) == 0.12


def test_formats():
    assert f"{mt.asarray(2.5):8.3f}" == "   2.500"
    assert f"{mt.asarray(255):x}" == "ff"
    assert f"{mt.arange(3)}" == "[0 1 2]"
    with pytest.raises(TypeError, match="format"):
        format(mt.arange(3), ".2f")


def test_sequences():
    a = mt.arange(6).reshape(2, 3)
    assert len(a) == 2
    assert [row.tolist() for row in a] == [[0, 1, 2], [3, 4, 5]]
    assert 4 in a
    assert 9 not in a
    for shapeless in (len, list):
        with pytest.raises(TypeError):
            shapeless(mt.asarray(1))
    assert a.item(1, 2) == a.item((1, 2)) == a.item(5) == a.item(-1) == 5
    with pytest.raises(ValueError, match="size 1"):
        a.item()
    assert a.to_device("cpu") is a
    assert a.device == "cpu"
    with pytest.raises(ValueError, match="cpu"):
        a.to_device("gpu")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_bytes(layout, order):
    theirs = LAYOUTS[layout](values("float32"))
    if order != "K":
        assert mt.asarray(theirs).tobytes(order) == theirs.tobytes(order)
    assert mt.asarray(theirs).tobytes() == theirs.tobytes()
