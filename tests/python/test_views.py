"""Views: base, strides, flags, slices, and when reshape copies, against NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, indices, same, shapes, values


def counting(shape, dtype="int64"):
    """The same array twice: NumPy's, and Metes' own."""
    theirs = np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)
    return theirs, mt.array(theirs)


def look_alike(ours, theirs):
    """Asserts equal header and values; the stride of an axis of length 1 means nothing."""
    assert ours.shape == theirs.shape
    if theirs.size:
        steps = zip(ours.strides, theirs.strides, ours.shape, strict=True)
        assert all(ours == theirs for ours, theirs, length in steps if length > 1)
    for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS", "WRITEABLE"):
        assert ours.flags[flag] == theirs.flags[flag], flag
    same(ours, theirs)


@given(data=st.data(), shape=shapes())
def test_basic_indexing(data, shape):
    theirs, ours = counting(shape)
    for _ in range(2):
        index = data.draw(indices(theirs.shape))
        theirs, ours = theirs[index], ours[index]
        if not isinstance(theirs, np.ndarray):
            assert int(ours) == int(theirs)
            return
        look_alike(ours, theirs)


@pytest.mark.parametrize("index", [3, -4, (0, 5), (0, 0, 0), (..., ...), slice(None, None, 0), "a", 1.0, (slice(0.5),)])
def test_bad_indices(index):
    theirs, ours = counting((3, 5))
    with pytest.raises(Exception) as expected:
        theirs[index]
    with pytest.raises(expected.type):
        ours[index]


@given(data=st.data(), shape=shapes())
def test_assignment_through_views(data, shape):
    theirs, ours = counting(shape)
    index = data.draw(indices(shape))
    theirs[index] = -1
    ours[index] = -1
    same(ours, theirs)


def test_base_is_exact():
    a = mt.arange(24).reshape(4, 6)
    owner = a.base if a.base is not None else a
    for view in (a[1:], a[1:][::-1], a.T, a.reshape(6, 4), mt.broadcast_to(a, (2, 4, 6)), mt.squeeze(a[None])):
        assert view.base is owner
        assert mt.shares_memory(view, a)
    assert a.copy().base is None
    assert not mt.shares_memory(a.copy(), a)


def test_a_view_keeps_its_bytes_alive():
    before = mt.memory.stats().current_bytes
    view = mt.arange(1000, dtype="int64")[10:12]
    assert mt.memory.stats().current_bytes - before >= 8000
    same(view, np.array([10, 11]))
    del view
    assert mt.memory.stats().current_bytes == before


@pytest.mark.parametrize("layout", LAYOUTS)
def test_header_of_imported_arrays(layout):
    theirs = LAYOUTS[layout](values("float64"))
    ours = mt.asarray(theirs)
    assert (ours.shape, ours.ndim, ours.size, ours.itemsize, ours.nbytes) == (
        theirs.shape,
        theirs.ndim,
        theirs.size,
        theirs.itemsize,
        theirs.nbytes,
    )
    if theirs.size:
        assert ours.strides == theirs.strides
        assert ours.flags["ALIGNED"] == theirs.flags["ALIGNED"]
    assert ours.flags["WRITEABLE"] == theirs.flags["WRITEABLE"]
    same(ours, theirs)


@given(data=st.data())
def test_reshape_copies_exactly_when_numpy_does(data):
    shape = data.draw(st.sampled_from([(4, 6), (2, 3, 4), (24,), (1, 24), (6, 1, 4), (0, 3)]))
    theirs, ours = counting(shape)
    order = data.draw(st.permutations(range(len(shape))))
    theirs, ours = theirs.transpose(order), ours.transpose(*order)
    index = data.draw(indices(theirs.shape))
    if not isinstance(theirs[index], np.ndarray):
        return
    theirs, ours = theirs[index], ours[index]
    sizes = [n for n in range(1, theirs.size + 1) if theirs.size % n == 0] or [1]
    first = data.draw(st.sampled_from(sizes))
    target = data.draw(st.sampled_from([(-1,), (first, -1), (-1, first)]))
    how = data.draw(st.sampled_from("CFA"))
    try:
        expected = theirs.reshape(target, order=how)
    except ValueError:
        with pytest.raises(ValueError):
            ours.reshape(target, order=how)
        return
    result = ours.reshape(target, order=how)
    same(result, expected)
    if theirs.size:
        assert mt.shares_memory(result, ours) == np.shares_memory(expected, theirs)


def test_reshape_copy_argument():
    a = mt.arange(6).reshape(2, 3)
    assert not mt.shares_memory(a.reshape(6, copy=True), a)
    with pytest.raises(ValueError, match=r"copy|view"):
        a.T.reshape(6, copy=False)
    with pytest.raises(ValueError, match=r"\(4,\)|4"):
        a.reshape(4)
    with pytest.raises(ValueError):
        a.reshape(-1, -1)


CALLS = {
    "transpose": lambda m, a: m.transpose(a),
    "permute": lambda m, a: m.transpose(a, (1, 2, 0)),
    "swapaxes": lambda m, a: m.swapaxes(a, 0, -1),
    "moveaxis": lambda m, a: m.moveaxis(a, 0, -1),
    "moveaxis2": lambda m, a: m.moveaxis(a, (0, 1), (2, 0)),
    "flip": lambda m, a: m.flip(a),
    "flip1": lambda m, a: m.flip(a, axis=1),
    "expand_dims": lambda m, a: m.expand_dims(a, 1),
    "expand_dims2": lambda m, a: m.expand_dims(a, (0, -1)),
    "squeeze": lambda m, a: m.squeeze(a[:, None, :1]),
    "squeeze1": lambda m, a: m.squeeze(a[:, None], axis=1),
    "ravel": lambda m, a: m.ravel(a),
    "ravelT": lambda m, a: m.ravel(m.transpose(a)),
    "ravelK": lambda m, a: m.ravel(m.transpose(a), order="K"),
    "reshape": lambda m, a: m.reshape(a, (4, -1)),
    "broadcast_to": lambda m, a: m.broadcast_to(a[0], (5, 3, 4)),
    "concatenate": lambda m, a: m.concatenate([a, a[:, :1]], axis=1),
    "concatenate_flat": lambda m, a: m.concatenate([a, a[:, :1]], axis=None),
    "stack": lambda m, a: m.stack([a, a + 1], axis=-1),
    "where": lambda m, a: m.where(a > 5, a, 0.5),
    "tile_free_copy": lambda m, a: m.copy(m.transpose(a)),
}


@pytest.mark.parametrize("name", CALLS)
def test_manipulation(name):
    theirs, ours = counting((2, 3, 4))
    expected, result = CALLS[name](np, theirs), CALLS[name](mt, ours)
    look_alike(result, expected)
    assert mt.shares_memory(result, ours) == np.shares_memory(expected, theirs)


ORDERS = [(kind, order) for kind in ("contiguous", "strided", "negative", "transposed") for order in "CFAK"]


@pytest.mark.parametrize(("layout", "order"), ORDERS)
def test_copy_orders(layout, order):
    theirs = LAYOUTS[layout](values("int32"))
    look_alike(mt.copy(mt.asarray(theirs), order=order), np.copy(theirs, order=order))
    look_alike(mt.asarray(theirs).astype("float64", order=order), theirs.astype("float64", order=order))
    look_alike(mt.empty_like(mt.asarray(theirs), order=order)[:0], np.empty_like(theirs, order=order)[:0])


def test_broadcast_helpers():
    a, b = mt.broadcast_arrays(mt.ones((3, 1)), mt.ones(4))
    assert a.shape == b.shape == (3, 4)
    assert mt.broadcast_shapes((3, 1), (4,), (2, 1, 1)) == (2, 3, 4)
    with pytest.raises(ValueError, match=r"\(3,\).*\(4,\)"):
        mt.broadcast_shapes((3,), (4,))
    with pytest.raises(ValueError):
        mt.broadcast_to(mt.ones(3), (4,))


def test_join_errors():
    with pytest.raises(ValueError):
        mt.concat([])
    with pytest.raises(ValueError, match=r"\(2, 3\)|3"):
        mt.concat([mt.ones((2, 3)), mt.ones((2, 4))], axis=0)
    with pytest.raises(mt.AxisError):
        mt.concat([mt.ones(3)], axis=1)
    with pytest.raises(ValueError):
        mt.stack([mt.ones(3), mt.ones(4)])


def test_read_only_stays_read_only():
    frozen = mt.asarray(np.broadcast_to(np.arange(3.0), (2, 3)))
    with pytest.raises(ValueError, match=r"read-only|read only"):
        frozen[0, 0] = 1
    with pytest.raises(ValueError, match=r"read-only|read only"):
        frozen += 1


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.arange(5),
        lambda m: m.arange(2, 9, 3),
        lambda m: m.arange(9, 2, -2),
        lambda m: m.arange(0.0, 1.0, 0.1),
        lambda m: m.arange(3, dtype="float32"),
        lambda m: m.arange(5, 2),
        lambda m: m.linspace(0, 1, 7),
        lambda m: m.linspace(-3, 5, 4, endpoint=False),
        lambda m: m.linspace(2, 2, 1),
        lambda m: m.eye(3),
        lambda m: m.eye(3, 5, k=-1, dtype="int32"),
        lambda m: m.zeros((2, 0, 3)),
        lambda m: m.ones((2, 3), dtype="complex64"),
        lambda m: m.full((2, 2), 7),
        lambda m: m.full(3, 2.5, dtype="float16"),
        lambda m: m.full_like(m.ones((2, 3), dtype="int8"), 5),
        lambda m: m.zeros_like(m.ones((2, 3), dtype="int8"), dtype="float32"),
        lambda m: m.ones_like(m.zeros(3)),
        lambda m: m.asarray([[1, 2], [3, 4]]),
        lambda m: m.asarray([True, False]),
        lambda m: m.asarray([[1, 2.5], [3, 1j]]),
        lambda m: m.asarray(5),
        lambda m: m.asarray([]),
        lambda m: m.asarray([[], []]),
        lambda m: m.asarray([1, 2], dtype="uint8"),
        lambda m: m.frombuffer(b"\1\2\3\4\5\6\7\10", dtype="int16"),
        lambda m: m.frombuffer(b"\1\2\3\4\5\6\7\10", dtype="uint8", count=3, offset=2),
    ],
)
def test_creation(call):
    expected = call(np)
    result = call(mt)
    same(result, expected, ulps=1)
    assert result.flags["WRITEABLE"] == expected.flags["WRITEABLE"]


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.asarray([[1, 2], [3]]),
        lambda m: m.asarray([1, 2], copy=False),
        lambda m: m.zeros(-1),
        lambda m: m.frombuffer(b"123", dtype="int16"),
        lambda m: m.frombuffer(b"1234", dtype="int16", offset=5),
        lambda m: m.asarray([300], dtype="uint8"),
        lambda m: m.ones(3, dtype="no such dtype"),
        lambda m: m.linspace(0, 1, -1),
    ],
)
def test_creation_errors(call):
    with pytest.raises(Exception) as expected:
        call(np)
    with pytest.raises(expected.type):
        call(mt)


def test_arange_without_a_step():
    for step in (0, 0.0, -0.0, False):
        with pytest.raises(ZeroDivisionError, match="step"):
            mt.arange(0, 5, step)


def test_asarray_copies_only_when_asked():
    theirs = np.arange(3.0)
    assert np.shares_memory(np.asarray(mt.asarray(theirs)), theirs)
    ours = mt.asarray(theirs)
    assert mt.asarray(ours) is ours
    assert not mt.shares_memory(mt.array(ours), ours)
    assert not np.shares_memory(np.asarray(mt.asarray(theirs, copy=True)), theirs)
    with pytest.raises(ValueError):
        mt.asarray(theirs, dtype="int32", copy=False)
