"""Iterators over elements and indices, grids, and what is chosen by conditions: against NumPy."""

import copy
import operator
import pickle

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import same, shapes
from test_selecting import both, equal

GRIDS = [
    lambda m: m.indices((2, 3)),
    lambda m: m.indices((2, 3), dtype="int16"),
    lambda m: m.indices((2, 3), sparse=True),
    lambda m: m.indices(()),
    lambda m: m.ix_([0, 2], [True, False, True], m.arange(2)),
    lambda m: m.ix_([], [1]),
    lambda m: m.ix_([[1]]),
    lambda m: m.meshgrid([1, 2, 3], [10, 20]),
    lambda m: m.meshgrid([1, 2, 3], [10, 20], [0.5], indexing="ij"),
    lambda m: m.meshgrid([1, 2, 3], [10, 20], sparse=True),
    lambda m: m.meshgrid([1, 2, 3], [10, 20], copy=False),
    lambda m: m.meshgrid([1, 2], indexing="no"),
    lambda m: m.meshgrid(5),
    lambda m: m.mgrid[0:3, 1:7:2],
    lambda m: m.mgrid[-1:1:5j],
    lambda m: m.mgrid[0:1:3j, 0:2],
    lambda m: m.mgrid[:4],
    lambda m: m.ogrid[0:3, 1:7:2],
    lambda m: m.ogrid[0:1:3j, 0:2],
    lambda m: m.r_[1:4, 0, 4],
    lambda m: m.r_[0:1:3j, [2.5, 3]],
    lambda m: m.r_["0,2", [1, 2], [3, 4]],
    lambda m: m.r_["1,2,0", [1, 2], [3, 4]],
    lambda m: m.r_["-1", [[1, 2]], [[3, 4]]],
    lambda m: m.r_["x", [1]],
    lambda m: m.c_[[1, 2], [3, 4]],
    lambda m: m.c_[1:4, [5, 6, 7]],
    lambda m: m.c_[[[1, 2]], [[3, 4]]],
    lambda m: m.s_[1:3],
    lambda m: m.s_[1:3, ...],
    lambda m: m.index_exp[1],
    lambda m: m.index_exp[1, None],
    lambda m: m.diag_indices(3, 3),
    lambda m: m.diag_indices_from(m.zeros((3, 3))),
    lambda m: m.diag_indices_from(m.zeros((3, 2))),
    lambda m: m.mask_indices(4, m.triu, 1),
    lambda m: m.select([m.arange(5) < 2, m.arange(5) > 3], [m.arange(5), m.arange(5) * 2.5], 7),
    lambda m: m.select([m.asarray([[True], [False]])], [m.arange(3, dtype="int8")]),
    lambda m: m.select([m.arange(3)], [m.arange(3)]),
    lambda m: m.select([], []),
    lambda m: m.select([m.arange(3) > 1], []),
    lambda m: m.piecewise(m.arange(5.0), [m.arange(5) < 2, m.arange(5) > 3], [lambda x: x * 2, -1]),
    lambda m: m.piecewise(m.arange(5), m.arange(5) < 2, [lambda x, k: x * k, 9], 3),
    lambda m: m.piecewise(m.arange(5), [m.arange(5) < 2], [1, 2, 3]),
]


def bare(value):
    """Slices, numbers and ellipses as they are."""
    return isinstance(value, (slice, int, type(...), type(None)))


@pytest.mark.parametrize("number", range(len(GRIDS)))
def test_grids(number):
    try:
        expected = GRIDS[number](np)
    except Exception as error:
        with pytest.raises(type(error)):
            GRIDS[number](mt)
        return
    result = GRIDS[number](mt)
    if bare(expected) or (isinstance(expected, tuple) and any(map(bare, expected))):
        assert result == expected
    else:
        equal(result, expected)


FLAT = [
    lambda a: a.flat[3],
    lambda a: a.flat[-1],
    lambda a: a.flat[24],
    lambda a: a.flat[2:9:3],
    lambda a: a.flat[::-5],
    lambda a: a.flat[[1, 5, -2]],
    lambda a: a.flat[...],
    lambda a: a.flat[(2,)],
    lambda a: a.flat[1, 2],
    lambda a: a.flat.__setitem__(3, 7),
    lambda a: a.flat.__setitem__(slice(2, 9), [1, 2]),
    lambda a: a.flat.__setitem__(slice(None), [1, 2, 3]),
    lambda a: a.flat.__setitem__([1, 5, -2], [1, 2]),
    lambda a: a.flat.__setitem__(30, 7),
    lambda a: a.flat.copy(),
]


@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a.T, lambda a: a[:, ::-1], lambda a: a[..., :1]])
@pytest.mark.parametrize("number", range(len(FLAT)))
def test_flat(number, turn):
    both(lambda m, a: FLAT[number](turn(a)), np.arange(24.0).reshape(2, 3, 4))
    theirs = turn(np.arange(24.0).reshape(2, 3, 4))
    mine = turn(mt.arange(24.0).reshape(2, 3, 4))
    assert [float(x) for x in mine.flat] == theirs.ravel().tolist()
    assert len(mine.flat) == theirs.size
    mask = theirs.ravel() % 2 == 0
    same(mine.flat[mask], theirs.flat[mask])
    mine.flat[mask] = theirs.flat[mask] = -1
    same(mine, theirs)


def test_flat_moves():
    mine, theirs = mt.zeros((2, 2)).flat, np.zeros((2, 2)).flat
    for _ in range(3):
        next(mine), next(theirs)
        assert (mine.index, mine.coords) == (theirs.index, theirs.coords)


@given(shapes(max_dims=3, max_side=3))
def test_indices_and_elements(shape):
    assert list(mt.ndindex(*shape)) == list(np.ndindex(*shape))
    assert list(mt.ndindex(shape)) == list(np.ndindex(shape))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape, order="F")
    result = [(index, int(x)) for index, x in mt.ndenumerate(mt.asarray(array))]
    assert result == [(index, int(x)) for index, x in np.ndenumerate(array)]


def test_broadcast():
    mine, theirs = (m.broadcast(m.arange(3), m.arange(2).reshape(2, 1), 5) for m in (mt, np))
    for name in ("shape", "size", "ndim", "nd", "numiter", "index"):
        assert getattr(mine, name) == getattr(theirs, name)
    assert [[int(x) for x in row] for row in mine] == [[int(x) for x in row] for row in theirs]
    assert mine.index == theirs.index
    mine.reset()
    assert mine.index == 0
    with pytest.raises(ValueError):
        mt.broadcast([1, 2], [1, 2, 3])


def walked(m, arrays, **options):
    """What an iterator gives: values, indices, and the allocated operands."""
    seen = []
    with m.nditer(arrays if len(arrays) > 1 else arrays[0], **options) as it:
        for values in it:
            values = values if isinstance(values, tuple) else (values,)
            flags = options.get("flags", [])
            seen.append(
                (
                    [np.asarray(x).tolist() for x, given in zip(values, arrays, strict=True) if given is not None],
                    it.multi_index if "multi_index" in flags else None,
                    it.index if "c_index" in flags or "f_index" in flags else None,
                )
            )
            for x, op in zip(values, it.operands, strict=True):
                if op.flags.writeable and not np.shares_memory(np.asarray(op), np.asarray(arrays[0])):
                    x[...] = np.asarray(values[0]) * 2 + 1
        outs = [np.asarray(op) for op in it.operands]
        strides = [op.strides for op in it.operands]
    return seen, outs, strides


@given(st.data())
def test_nditer_order(data):
    shape = data.draw(shapes(max_dims=3, max_side=3).filter(lambda s: 0 not in s))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).transpose(data.draw(st.permutations(range(len(shape)))))
    array = array[(*(slice(None, None, data.draw(st.sampled_from([1, -1]))) for _ in array.shape), ...)]
    order = data.draw(st.sampled_from("KCFA"))
    for flags in ([], ["multi_index"], ["c_index"], ["f_index"], ["external_loop"], ["external_loop", "buffered"]):
        options = {"order": order, "flags": flags, "buffersize": 5 if "buffered" in flags else 0}
        mine, theirs = walked(mt, [mt.asarray(array)], **options)[0], walked(np, [array], **options)[0]
        if "buffered" in flags:
            # How long runs are is up to the package.
            mine, theirs = ([x for (run,), *_ in seen for x in run] for seen in (mine, theirs))
        assert mine == theirs, flags
    if array.ndim:
        pair = [array, array[..., :1, :] if array.ndim > 1 else array[:1]]
        theirs = walked(np, [*pair, None], flags=["multi_index"], order=order)
        mine = walked(mt, [*map(mt.asarray, pair), None], flags=["multi_index"], order=order)
        assert mine[0] == theirs[0]
        same(mine[1][2], theirs[1][2])
        assert mine[2][2] == theirs[2][2]


def test_nditer_writes():
    for m in (mt, np):
        a = m.asarray(np.arange(6).reshape(2, 3).copy())
        with m.nditer(a, op_flags=["readwrite"]) as it:
            for x in it:
                x[...] = 2 * x
        assert a.tolist() == [[0, 2, 4], [6, 8, 10]]
        with m.nditer(
            a,
            flags=["external_loop", "buffered"],
            op_flags=["readwrite"],
            op_dtypes=["float64"],
            casting="unsafe",
            buffersize=4,
        ) as it:
            runs = []
            for x in it:
                runs.append(x.shape[0])
                x[...] = x / 2 + 0.5
        assert a.tolist() == [[0, 1, 2], [3, 4, 5]], m
        total = m.zeros((2, 1), dtype="int64")
        with m.nditer([a, total], ["reduce_ok"], [["readonly"], ["readwrite"]]) as it:
            for x, y in it:
                y[...] += x
        assert total.tolist() == [[3], [12]]
        with m.nditer([a, None], flags=["external_loop"], op_axes=[[1, 0], None]) as it:
            for x, y in it:
                y[...] = x
            assert it.operands[1].tolist() == [[0, 3], [1, 4], [2, 5]]


BAD = [
    {"flags": ["nothing"]},
    {"flags": ["external_loop", "multi_index"]},
    {"op_flags": ["nothing"]},
    {"op_flags": []},
    {"op_dtypes": ["float32"]},
    {"op_dtypes": ["float32"], "flags": ["buffered"]},
    {"order": "Q"},
]


@pytest.mark.parametrize("axes", [[0, -1], [-1, 0], [1, 0], [-1, -1]])
@pytest.mark.parametrize("turned", [False, True])
def test_nditer_allocates_along_its_own_axes(axes, turned):
    def sums(m):
        a = m.reshape(m.arange(6), (2, 3))
        a = a.T if turned else a
        flags = [["readonly"], ["readwrite", "allocate"]]
        with m.nditer([a, None], flags=["reduce_ok"], op_flags=flags, op_axes=[[0, 1], axes]) as it:
            it.operands[1][...] = 0
            for x, y in it:
                y[...] += x
            return it.operands[1]

    same(sums(mt), sums(np))


@pytest.mark.parametrize(
    ("flags", "op", "axes"),
    [
        ([], "readwrite", [0, -1]),
        (["reduce_ok"], "writeonly", [0, -1]),
        (["reduce_ok"], "readwrite", [0, 0]),
        (["reduce_ok"], "readwrite", [0]),
    ],
)
def test_nditer_refuses_axes_of_what_it_allocates(flags, op, axes):
    for m in (np, mt):
        with pytest.raises(ValueError):
            m.nditer([m.ones((2, 3)), None], flags, [["readonly"], [op, "allocate"]], op_axes=[[0, 1], axes])


@pytest.mark.parametrize("options", BAD)
def test_nditer_errors(options):
    for array in (np.arange(3.0), np.zeros(0)):
        with pytest.raises(Exception) as expected:
            np.nditer(array, **options)
        with pytest.raises(expected.type):
            mt.nditer(mt.asarray(array), **options)
    with pytest.raises(ValueError):
        mt.nditer(mt.zeros(0))
    assert list(mt.nditer(mt.zeros(0), flags=["zerosize_ok"])) == []


def test_a_closed_nditer():
    it = mt.nditer(mt.arange(3))
    assert [int(x) for x in it] == [0, 1, 2]
    it.reset()
    assert it.iternext()
    assert int(it[0]) == 1
    it.close()
    with pytest.raises(ValueError):
        next(it)


ITERATED = [
    np.arange(5.0),
    np.arange(10, dtype=">i4")[::-3],
    np.arange(12.0).reshape(3, 4).T,
    np.zeros((0, 3)),
    np.zeros((2, 0, 3)),
    np.array([True, False]),
    np.array(["b", "cd"]),
    np.array([(1, 2.0), (3, 4.0)], dtype="i4,f8"),
    np.array([(1, 2.0), (3, 4.0)], dtype="i4,f8")[1],
]


@pytest.mark.parametrize("array", ITERATED, ids=lambda array: f"{array.dtype}{array.shape}")
def test_iterators(array):
    ours, theirs = iter(mt.asarray(array)), iter(array)
    for left in range(len(array), 0, -1):
        assert operator.length_hint(ours) == left
        rest = [list(copy.copy(ours)), list(pickle.loads(pickle.dumps(ours)))]
        assert [len(one) for one in rest] == [left, left]
        mine, other = next(ours), next(theirs)
        assert np.array_equal(np.asarray(mine), np.asarray(other))
        assert all(np.array_equal(np.asarray(one[0]), np.asarray(other)) for one in rest)
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(ours)
        assert (operator.length_hint(ours), list(copy.copy(ours)), list(ours)) == (0, [], [])


def test_iterated_elements_are_copies_and_rows_are_views():
    line, table = mt.arange(3.0), mt.zeros((2, 2))
    for element in line:
        element += 10
    for row in table:
        row += 1
    assert line.tolist() == [0.0, 1.0, 2.0]
    assert table.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_an_iterator_outlives_its_array_and_goes_where_it_is_told():
    it = iter(mt.arange(5))
    next(it)
    state = it.__reduce__()
    assert state[2] == 1
    it.__setstate__(3)
    assert [int(x) for x in it] == [3, 4]
    it.__setstate__(0)
    assert list(it) == []
    with pytest.raises(TypeError):
        type(it)()
    with pytest.raises(TypeError):
        iter(mt.asarray(1.0))
