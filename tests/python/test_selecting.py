"""take, put and their kin, where elements are true, positions, diagonals and triangles: against NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, shapes, values

A = np.arange(24.0).reshape(2, 3, 4)[:, ::-1]
I = np.arange(12).reshape(3, 4)
MODES = ["raise", "wrap", "clip"]


def equal(result, expected):
    """Arrays, tuples and lists of arrays, None."""
    if isinstance(expected, (tuple, list)):
        assert type(result) is type(expected)
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            equal(one, other)
    elif expected is None:
        assert result is None
    else:
        same(result, expected)


def both(call, *arrays):
    """The same call with both packages, and what it does to its arrays."""
    theirs = [np.array(a, order="K") if isinstance(a, np.ndarray) else a for a in arrays]
    mine = [mt.array(a) if isinstance(a, np.ndarray) else a for a in arrays]
    try:
        expected = call(np, *theirs)
    except Exception as error:
        with pytest.raises(mt.AxisError if isinstance(error, np.exceptions.AxisError) else type(error)):
            call(mt, *mine)
        theirs = arrays
    else:
        equal(call(mt, *mine), expected)
    for one, other in zip(mine, theirs, strict=True):
        if isinstance(other, np.ndarray):
            same(one, other)


CALLS = [
    lambda m, a, i: m.take(a, [[0, -1], [5, 2]]),
    lambda m, a, i: m.take(a, 3),
    lambda m, a, i: m.take(a, [], axis=1),
    lambda m, a, i: m.take(a, [1, 0, -1], axis=-1),
    lambda m, a, i: m.take(a, [100]),
    lambda m, a, i: m.take(a, [4], axis=2),
    lambda m, a, i: m.take(a, [0], axis=3),
    lambda m, a, i: m.take(a, [True, False]),
    lambda m, a, i: m.take(a, m.asarray([0.0])),
    lambda m, a, i: m.take(a, [0], mode="none"),
    lambda m, a, i: m.take(m.zeros(0), [0], mode="wrap"),
    lambda m, a, i: m.take(m.zeros((2, 0)), [0], axis=0),
    lambda m, a, i: m.take(m.zeros((0, 0)), [0], axis=1, mode="wrap"),
    lambda m, a, i: m.take(m.zeros((0, 3)), [5], axis=1),
    lambda m, a, i: m.take(a, [0, 1], out=m.zeros(2)),
    lambda m, a, i: m.take(a, [0, 1], out=m.zeros(2, dtype="float32")),
    lambda m, a, i: m.take(i, [0, 1], out=m.zeros(2)),
    lambda m, a, i: m.take(a, [0, 1], out=m.zeros(3)),
    lambda m, a, i: m.take(i, i[0], axis=1, mode="clip", out=i),
    lambda m, a, i: m.put(a, [0, -1, 7], [1, 2]),
    lambda m, a, i: m.put(i, i[:, 0], -i),
    lambda m, a, i: m.put(a, [24], 0),
    lambda m, a, i: m.put(a, [[25, -27]], [1, 2], mode="wrap"),
    lambda m, a, i: m.put(a, [25, -27], [1, 2], mode="clip"),
    lambda m, a, i: m.put(a, [1], []),
    lambda m, a, i: m.put(a.T, [1, 2, 2], [5, 6, 7]),
    lambda m, a, i: m.take_along_axis(a, m.asarray([[[0, 1, 1, 2]]]), 1),
    lambda m, a, i: m.take_along_axis(a, m.asarray([[[0], [1], [-1]]]), 2),
    lambda m, a, i: m.take_along_axis(i, i.argsort(axis=0), axis=0),
    lambda m, a, i: m.take_along_axis(i, m.asarray([3, 2]), None),
    lambda m, a, i: m.take_along_axis(i, m.asarray([[3, 2]]), None),
    lambda m, a, i: m.take_along_axis(i, m.asarray([3, 2]), 0),
    lambda m, a, i: m.take_along_axis(i, m.asarray([[3, 2]]), 0),
    lambda m, a, i: m.take_along_axis(i, m.asarray([[3.0]]), 0),
    lambda m, a, i: m.take_along_axis(i, m.asarray([[3] * 4]), 0),
    lambda m, a, i: m.put_along_axis(i, m.asarray([[0, 1, 2, 2]]), -1, 0),
    lambda m, a, i: m.put_along_axis(i, i % 4, i[:, ::-1], 1),
    lambda m, a, i: m.put_along_axis(i, m.asarray([5, 6]), m.asarray([50, 60]), None),
    lambda m, a, i: m.choose(i % 3, [i, -i, 7]),
    lambda m, a, i: m.choose([0, 1, 1], [[1, 2, 3], [4.5, 5, 6]]),
    lambda m, a, i: m.choose([0, 2], [[1, 2], [4, 5]]),
    lambda m, a, i: m.choose([0, -1], [[1, 2], [4, 5]]),
    lambda m, a, i: m.choose([0, -1, 9], [[1, 2, 3], [4, 5, 6]], mode="wrap"),
    lambda m, a, i: m.choose([0, -1, 9], [[1, 2, 3], [4, 5, 6]], mode="clip"),
    lambda m, a, i: m.choose(i % 2, [i, i.T]),
    lambda m, a, i: m.choose(i % 2, [i[::-1], -i], out=i),
    lambda m, a, i: m.choose([0, 1], [[1, 2], [4.5, 5]], out=m.zeros(2, dtype="int64")),
    lambda m, a, i: m.compress([0, 1, 1], i, axis=0),
    lambda m, a, i: m.compress([0, 1], i, axis=1),
    lambda m, a, i: m.compress([0, 1], i),
    lambda m, a, i: m.compress([0, 1, 1, 0, 0], i, axis=0),
    lambda m, a, i: m.compress([0, 1, 1, 1], i, axis=0),
    lambda m, a, i: m.compress([[1]], i),
    lambda m, a, i: m.compress([0, 1, 1], i, axis=0, out=m.zeros((2, 4), dtype="int64")),
    lambda m, a, i: m.compress([0, 1, 1], i, axis=0, out=m.zeros((2, 3), dtype="int64")),
    lambda m, a, i: m.extract(i % 3 == 0, i),
    lambda m, a, i: m.extract(i % 3, i.T),
    lambda m, a, i: m.extract([0, 1], i),
    lambda m, a, i: m.extract([0] * 13 + [1], i),
    lambda m, a, i: m.place(i, i > 5, [100, 200]),
    lambda m, a, i: m.place(i, i > 5, []),
    lambda m, a, i: m.place(i, i > 50, []),
    lambda m, a, i: m.place(i, [1], [2]),
    lambda m, a, i: m.place(a, a % 2, -a),
    lambda m, a, i: m.putmask(i, i > 5, [100, 200, 300]),
    lambda m, a, i: m.putmask(i, i > 5, i[::-1]),
    lambda m, a, i: m.putmask(a.T, a.T > 5, [-1.5, 2]),
    lambda m, a, i: m.putmask(i, [1], 0),
    lambda m, a, i: m.putmask(i, i > 5, []),
    lambda m, a, i: m.putmask(i, i > 5, 2.5),
    lambda m, a, i: m.where(i % 5),
    lambda m, a, i: m.where(i > 5, i, -1),
    lambda m, a, i: m.where(i > 5, i),
    lambda m, a, i: m.nonzero(m.asarray(5)),
    lambda m, a, i: m.argwhere(m.asarray(5)),
    lambda m, a, i: m.flatnonzero(m.asarray(5)),
    lambda m, a, i: m.count_nonzero(i % 3, axis=0),
    lambda m, a, i: m.count_nonzero(a, axis=(0, 2), keepdims=True),
    lambda m, a, i: m.count_nonzero(i % 3, keepdims=True),
    lambda m, a, i: m.unravel_index([5, 11, 0], (3, 4)),
    lambda m, a, i: m.unravel_index(m.asarray([[5, 11]]), (3, 2, 2), order="F"),
    lambda m, a, i: m.unravel_index([12], (3, 4)),
    lambda m, a, i: m.unravel_index([-1], (3, 4)),
    lambda m, a, i: m.unravel_index([1.5], (3, 4)),
    lambda m, a, i: m.unravel_index([], (3, 4)),
    lambda m, a, i: m.unravel_index(m.asarray([], dtype="int8"), (3, 0)),
    lambda m, a, i: m.ravel_multi_index(([1, 2], [[1], [3]]), (3, 4)),
    lambda m, a, i: m.ravel_multi_index(i[:, :2] % 3, (3, 4, 5), order="F"),
    lambda m, a, i: m.ravel_multi_index(([1, 3], [1, 3]), (3, 4)),
    lambda m, a, i: m.ravel_multi_index(([1, -1], [1, 3]), (3, 4)),
    lambda m, a, i: m.ravel_multi_index(([1, -1], [1, 9]), (3, 4), mode=("wrap", "clip")),
    lambda m, a, i: m.ravel_multi_index((1, 2, 3), (3, 4)),
    lambda m, a, i: m.diag(i),
    lambda m, a, i: m.diag(i, 2),
    lambda m, a, i: m.diag(i, -5),
    lambda m, a, i: m.diag(i[0], -2),
    lambda m, a, i: m.diag(a),
    lambda m, a, i: m.diagflat(i, 1),
    lambda m, a, i: m.tri(3),
    lambda m, a, i: m.tri(3, 5, -1, dtype="int16"),
    lambda m, a, i: m.tri(5, 3, 1, dtype=bool),
    lambda m, a, i: m.tril([1, 2, 3]),
    lambda m, a, i: m.fill_diagonal(i, [7, 8]),
    lambda m, a, i: m.fill_diagonal(i.T, -1),
    lambda m, a, i: m.fill_diagonal(i.T, -1, wrap=True),
    lambda m, a, i: m.fill_diagonal(a, 0),
    lambda m, a, i: m.fill_diagonal(a[:, :2, :2], [1, 2]),
    lambda m, a, i: m.fill_diagonal(i[0], 1),
    lambda m, a, i: i.take([1, -1], axis=1),
    lambda m, a, i: i.put([1, -1], 5),
    lambda m, a, i: i.nonzero(),
    lambda m, a, i: i.compress([1, 0, 1], axis=1),
    lambda m, a, i: (i % 2).choose([i, 0]),
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_calls(number):
    both(CALLS[number], A, I)


@given(st.data())
def test_take_and_put(data):
    shape = data.draw(shapes(max_dims=3, max_side=4, min_dims=1))
    array = np.arange(np.prod(shape)).reshape(shape, order=data.draw(st.sampled_from("CF"))).astype("int16")
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    indices = np.array(data.draw(st.lists(st.integers(-6, 6), max_size=5)), dtype="int8")
    # NumPy never comes back from wrapping around an empty axis of an array that is empty along another one too.
    mode = data.draw(st.sampled_from(MODES if array.size else ["raise", "clip"]))
    both(lambda m, a, i: m.take(a, i, axis=axis, mode=mode), array, indices)
    new = np.array(data.draw(st.lists(st.integers(-99, 99), max_size=4)), dtype="int16")
    both(lambda m, a, i, v: m.put(a, i, v, mode=mode), array, indices, new)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_truth(kind, layout):
    array = LAYOUTS[layout](values(kind))
    mine = mt.asarray(array)
    same(mt.count_nonzero(mine), np.asarray(np.count_nonzero(array), dtype="int64"))
    same(mt.flatnonzero(mine), np.flatnonzero(array))
    same(mt.argwhere(mine), np.argwhere(array))
    if array.ndim:
        equal(mt.nonzero(mine), np.nonzero(array))
        same(mt.extract(mine, mine), np.extract(array, array))
        same(mt.count_nonzero(mine, axis=1), np.count_nonzero(array, axis=1))


@given(st.integers(0, 6), st.integers(0, 6), st.integers(-7, 7), st.sampled_from(["C", "F"]))
def test_triangles(rows, columns, k, order):
    array = np.arange(1, 1 + 2 * rows * columns).reshape((2, rows, columns), order=order)
    both(lambda m, a: [m.tril(a, k), m.triu(a, k), m.tri(rows, columns, k)], array)
    both(lambda m, a: [m.diag(a, k), m.tril_indices(rows, k, columns), m.triu_indices(rows, k, columns)], array[0])
    both(lambda m, a: [m.tril_indices_from(a, k), m.triu_indices_from(a, k)], array[0])


def test_a_diagonal_is_a_read_only_view():
    mine = mt.asarray(np.arange(9).reshape(3, 3).copy())
    view = mt.diag(mine)
    assert mt.shares_memory(view, mine)
    assert not view.flags.writeable


def test_out_of_take_needs_no_buffer():
    a, i, out = mt.arange(100_000.0), mt.arange(100_000)[::-1], mt.zeros(100_000)
    for mode in MODES:
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        assert mt.take(a, i, out=out, mode=mode) is out
        assert mt.memory.stats().peak_bytes - before < 4096
    assert out[0] == 99_999


@pytest.mark.parametrize("n", [100, 9000, 21_000, 60_000, 300_000])
@pytest.mark.parametrize("kind", ["float64", "int32", "uint8", "complex128", "int16"])
def test_many_positions(n, kind):
    """The short way, the way without a list of offsets, and both on threads: what NumPy takes and puts."""
    random = np.random.default_rng(n)
    theirs = random.integers(0, 200, n).astype(kind)
    places = random.integers(-n, n, n)
    for a, where in ((theirs, places), (theirs[::-2], places % (n // 2)), (theirs, places.reshape(2, -1)[:, ::3])):
        ours = mt.array(theirs)[:: a.strides[0] // a.itemsize] if a is not theirs else mt.array(theirs)
        for index in (mt.asarray(where), mt.array(where), mt.array(where.astype("int32"))):
            same(ours[index], a[where])
            same(mt.take(ours, index), np.take(a, where))
        values = random.integers(0, 200, where.shape).astype(kind)
        expected, own = a.copy(), mt.array(ours)
        expected[where] = values
        own[mt.asarray(where)] = mt.asarray(values)
        same(own, expected)
        np.put(expected, where, values[:1])
        mt.put(own, mt.asarray(where), mt.asarray(values[:1]))
        same(own, expected)
    for wrong in (n, -n - 1):
        places[-1] = wrong
        before = own.tolist()
        for call in (lambda: mt.array(theirs)[mt.array(places)], lambda: own.__setitem__(mt.array(places), 1)):
            with pytest.raises(IndexError, match=f"index {wrong} is out of bounds"):
                call()
        assert own.tolist() == before


@pytest.mark.parametrize("kind", ["float64", "int32", "bool", "complex64", "uint8"])
def test_counting_on_threads(kind):
    theirs = np.random.default_rng(1).integers(0, 3, (700, 1999)).astype(kind)
    for view in (theirs, theirs.T, theirs[::-3, ::2], theirs.reshape(-1), np.broadcast_to(theirs[0], (900, 1999))):
        for threads in (1, 2, 3):
            mt.set_num_threads(threads)
            assert int(mt.count_nonzero(mt.asarray(view))) == np.count_nonzero(view)
    mt.set_num_threads(None)
