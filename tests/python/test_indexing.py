"""Indexing by everything NumPy takes, in all placements: values, shapes, errors, and what memory it needs."""

import operator
import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, same, shapes, slices, values

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@st.composite
def arrays(draw, max_dims=5, max_side=4):
    """An array of NumPy: any order of axes, steps of both signs, stretched axes."""
    shape = draw(shapes(max_dims=max_dims, max_side=max_side))
    steps = [draw(st.sampled_from([1, 1, 2, -1, -2])) for _ in shape]
    room = [n * abs(step) for n, step in zip(shape, steps, strict=True)]
    kind = draw(st.sampled_from(["float64", "int32", "uint8", "int16", "complex128"]))
    array = np.arange(np.prod(room, dtype=int)).astype(kind).reshape(room, order=draw(st.sampled_from("CF")))
    return array[(*(slice(None, None, step) for step in steps), ...)]


@st.composite
def items(draw, shape):
    """An index: any mix of integers, slices, new axes, an ellipsis, index arrays and masks; at times a wrong one."""
    common = draw(shapes(max_dims=2, max_side=3))
    wrong = draw(st.integers(0, 19)) == 0
    out, axis = [], 0
    stop = draw(st.integers(0, len(shape)))
    while axis < stop:
        length = shape[axis]
        what = draw(st.sampled_from(["at", "slice", "array", "array", "list", "mask", "none", "bool", "scalar"]))
        low, high = (-length - wrong, length - 1 + wrong)
        if what in ("at", "scalar") and low <= high:
            at = draw(st.integers(low, high))
            out.append(np.int64(at) if what == "scalar" else at)
        elif what in ("array", "list") and low <= high:
            own = tuple(1 if draw(st.integers(0, 3)) == 0 else n for n in common[draw(st.integers(0, len(common))) :])
            flat = draw(st.lists(st.integers(low, high), min_size=int(np.prod(own)), max_size=int(np.prod(own))))
            dtype = draw(st.sampled_from(INTEGERS if min(flat, default=0) >= 0 else INTEGERS[:4]))
            index = np.array(flat, dtype).reshape(own)
            out.append(index.tolist() if what == "list" and index.size else index)
        elif what == "mask":
            axes = draw(st.integers(1, min(2, len(shape) - axis)))
            own = tuple(n + (wrong and draw(st.booleans())) for n in shape[axis : axis + axes])
            flat = draw(st.lists(st.booleans(), min_size=int(np.prod(own)), max_size=int(np.prod(own))))
            mask = np.array(flat, bool).reshape(own)
            out.append(mask.tolist() if draw(st.booleans()) and mask.size else mask)
            axis += axes - 1
        elif what == "none":
            out.append(None)
            continue
        elif what == "bool":
            out.append(draw(st.booleans()))
            continue
        else:
            out.append(draw(slices(length)))
        axis += 1
    if draw(st.integers(0, 3)) == 0:
        out.insert(draw(st.integers(0, len(out))), Ellipsis)
    if len(out) == 1 and draw(st.booleans()):
        return out[0]
    return tuple(out)


def attempt(call):
    """The result of a call, or the type of its exception."""
    try:
        return call(), None
    except Exception as error:
        return None, type(error)


def ours(array):
    """The same elements in the same layout, as an Array of its own bytes where it can be written."""
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    bases = base.copy(order="K")
    raw = mt.asarray(np.lib.stride_tricks.as_strided(bases, base.shape, base.strides))
    if array is base:
        return raw, bases
    offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    view = np.ndarray(array.shape, array.dtype, bases, offset, array.strides) if array.size else array.copy()
    return mt.asarray(view), view


@given(st.data())
def test_get(data):
    theirs = data.draw(arrays())
    index = data.draw(items(theirs.shape))
    expected, error = attempt(lambda: theirs[index])
    result, raised = attempt(lambda: mt.asarray(theirs)[index])
    assert raised is error
    if error is None:
        same(result, expected)


@given(st.data())
def test_set(data):
    theirs = data.draw(arrays().filter(lambda a: a.size))
    index = data.draw(items(theirs.shape))
    target, seen = ours(theirs)
    selected, _ = attempt(lambda: theirs[index])
    if selected is not None and np.ndim(selected) == 0:
        value = 7  # For a single element NumPy takes no sequence, Metes one of length 1.
    elif selected is None or data.draw(st.booleans()):
        value = data.draw(st.sampled_from([7, 2.5, [3], np.ones((1, 1))]))
    else:
        shape = np.shape(selected)
        shape = tuple(1 if data.draw(st.integers(0, 4)) == 0 else n for n in shape[data.draw(st.integers(0, 1)) :])
        value = (np.arange(np.prod(shape, dtype=int)) % 100 + 20).reshape(shape)
    copy = theirs.copy(order="K")
    _, error = attempt(lambda: operator.setitem(copy, index, value))
    _, raised = attempt(lambda: operator.setitem(target, index, value))
    assert raised is error
    same(seen, copy if error is None else theirs)


@given(st.data())
def test_set_from_itself(data):
    """Values, indices and masks that are the array's own bytes count as they were."""
    size = data.draw(st.integers(1, 6))
    start = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size)))
    for make in (
        lambda a: (a, a[::-1]),
        lambda a: (a[::-1], a),
        lambda a: (a[a], a),
        lambda a: (a > 1, a[a > 1][::-1]),
        lambda a: (a[1:], a[:-1]),
    ):
        theirs, mine = start.copy(), mt.array(start)
        index, value = make(theirs.copy())
        theirs[index] = value
        index, value = make(mine)
        mine[index] = value
        same(mine, theirs)
    mask = mt.array(start % 2 == 0)
    expected = np.asarray(mask).copy()
    expected[expected.copy()] = False
    mask[mask] = False
    same(mask, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_every_width(kind, dtype):
    theirs = values(kind)
    index = np.array([[0, 5], [2, 2]], dtype)
    mine = mt.array(theirs)
    same(mine[index], theirs[index])
    same(mine[:, index[0] % 5], theirs[:, index[0] % 5])
    same(mine[theirs != 0], theirs[theirs != 0])
    theirs[index[1:]] = theirs[:2]
    mine[index[1:]] = mine[:2].copy()
    same(mine, theirs)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 511, 512, 513, 1500])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.97, 1.0])
def test_blocks(size, share):
    """Lengths around those of blocks; masks of all densities."""
    random = np.random.default_rng([size, int(share * 100)])
    theirs = random.normal(size=size)
    mask = random.random(size) < share
    index = random.integers(-size, size, 2 * size)
    mine = mt.array(theirs)
    same(mine[mask], theirs[mask])
    same(mine[index], theirs[index])
    same(mine[::-1][mask[::-1]], theirs[::-1][mask[::-1]])
    tall = np.stack([theirs, -theirs, theirs + 1], axis=1)
    same(mt.array(tall)[mask], tall[mask])
    same(mt.array(tall)[:, [2, 0]], tall[:, [2, 0]])
    same(mt.array(tall.T)[:, mask], tall.T[:, mask])
    same(mt.array(tall.T)[1:, index], tall.T[1:, index])
    mine[mask] = np.arange(mask.sum())
    theirs[mask] = np.arange(mask.sum())
    same(mine, theirs)


@pytest.mark.parametrize(
    "index",
    [
        [5],
        [[0, -4]],
        (slice(None), [4]),
        ([0, 1], [0, 1, 2]),
        np.array([1.0]),
        [1.5],
        [None],
        ["a"],
        "a",
        1.0,
        np.float64(1),
        2**70,
        [2**70],
        [[1], [1, 2]],
        np.zeros((3, 3), bool),
        np.zeros((3, 4, 1), bool),
        np.zeros(2, bool),
        (False, [1, 2]),
        ([0], [0], [0]),
        (..., [0], ...),
        slice(None, None, 0),
        {0},
        object(),
        1j,
        b"a",
    ],
)
def test_errors(index):
    theirs = np.arange(12).reshape(3, 4)
    mine = mt.array(theirs)
    for call in (lambda a: a[index], lambda a: operator.setitem(a, index, 0)):
        with pytest.raises(Exception) as expected:
            call(theirs.copy())
        with pytest.raises(expected.type) as raised:
            call(mine)
        if expected.type is IndexError and not isinstance(index, (bytes, str, int)):
            assert str(raised.value).strip() == str(expected.value).strip()
    same(mine, theirs)


@pytest.mark.parametrize(
    ("index", "value"),
    [
        ([0, 1], [1, 2]),
        ([0, 1], [300, 1, 1, 1]),
        ([0, 1], [1j, 1, 1, 1]),
        ([0], 300),
        ([0], 1j),
        (np.arange(12).reshape(3, 4) > 5, [1, 2]),
        (np.arange(12).reshape(3, 4) > 5, [[1]]),
        (np.arange(12).reshape(3, 4) > 5, -1),
        (0, [300, 0, 0, 0]),
    ],
)
def test_wrong_values(index, value):
    theirs = np.arange(12, dtype="uint8").reshape(3, 4)
    mine = mt.array(theirs)
    with pytest.raises(Exception) as expected:
        theirs[index] = value
    with pytest.raises(expected.type):
        mine[index] = value
    same(mine, theirs)


def test_indices_are_checked_before_anything_is_written():
    theirs = np.arange(2000)
    mine = mt.array(theirs)
    index = np.append(np.arange(1999), 2000)
    for write in (lambda: operator.setitem(mine, index, 0),):
        with pytest.raises(IndexError, match="index 2000 is out of bounds for axis 0 with size 2000"):
            write()
        same(mine, theirs)


class Three:
    def __index__(self):
        return 3


def test_objects_as_indices():
    theirs, mine = np.arange(10), mt.arange(10)
    for index in (Three(), slice(Three(), None), (Three(),), np.uint8(3), np.bool_(True), ((1, 2),), []):
        same(mine[index], theirs[index])
    same(mine[mt.asarray([1, 2])], theirs[[1, 2]])
    same(mine[mt.asarray([True] * 10)], theirs)
    same(mt.asarray(5)[True], np.array(5)[True])
    same(mt.asarray(5)[...], np.array(5)[...])


def test_protocols():
    theirs, mine = np.arange(6).reshape(2, 3), mt.arange(6).reshape(2, 3)
    assert len(mine) == 2
    assert [row.tolist() for row in mine] == theirs.tolist()
    for value in (3, 9, 2.0, [3, 4, 5], "x", None):
        assert (value in mine) == (value in theirs)
    with pytest.raises(ValueError):
        operator.contains(mine, [1, 2])
    with pytest.raises(ValueError, match="cannot delete array elements"):
        del mine[0]
    for call in (len, iter):
        with pytest.raises(TypeError):
            call(mt.asarray(5))


def peak(call):
    """Bytes that a call needs beyond what it leaves."""
    call()
    mt.memory.reset_peak()
    start = mt.memory.stats().current_bytes
    result = call()
    left = mt.memory.stats().current_bytes
    assert left - start == (result.nbytes if isinstance(result, mt.Array) else 0)
    return mt.memory.stats().peak_bytes - left


N = 200_000


@pytest.mark.parametrize(
    "call",
    [
        lambda a, i, m, c: a[m],
        lambda a, i, m, c: a[i],
        lambda a, i, m, c: a[::-1][i],
        lambda a, i, m, c: a.reshape(-1, 2)[m[: N // 2]],
        lambda a, i, m, c: a.reshape(2, -1)[:, m[: N // 2]],
        lambda a, i, m, c: a.reshape(1, -1)[0, i],
        lambda a, i, m, c: c[m],
        lambda a, i, m, c: a[m, None],
        lambda a, i, m, c: operator.setitem(a, m, 1.0),
        lambda a, i, m, c: operator.setitem(a, i, c),
        lambda a, i, m, c: operator.setitem(a, (..., i), c),
    ],
)
def test_peak(call):
    """What is selected is all the memory that selecting takes: no positions, no converted indices."""
    a, c = mt.arange(float(N)), mt.asarray(np.arange(float(N)))
    i, m = mt.asarray((np.arange(N) * 7 % N).astype("int32")), mt.asarray(np.arange(N) % 3 == 0)
    assert peak(lambda: call(a, i, m, c)) <= 4096


@pytest.mark.parametrize("kind", ["f8", "i2", "?", "c16", ">i4", "U3", "S2", "M8[s]", "m8[D]", "V3"])
def test_an_element_keeps_its_value(kind):
    theirs = np.asarray([3, 0, 5, 7]).astype("S3" if kind == "V3" else kind).astype(kind)
    for shape in ((4,), (2, 2)):
        ours = mt.asarray(theirs.reshape(shape).copy())
        first, last = (0,) * len(shape), (-1,) * len(shape)
        key, end = (first[0], last[0]) if len(shape) == 1 else (first, last)
        ours[key], ours[end] = ours[end], ours[key]
        expected = theirs.reshape(shape).copy()
        expected[key], expected[end] = expected[end].copy(), expected[key].copy()
        assert ours.tolist() == expected.tolist()
    with pytest.raises(IndexError):
        ours[2, 0]
    zero = mt.asarray(theirs[0])
    held = zero[()]
    assert not mt.shares_memory(zero, held) and mt.shares_memory(zero, zero[...])


def test_elements_in_loops():
    a = mt.arange(4)
    for x in a:
        x += 10
    assert a.tolist() == [0, 1, 2, 3]
    kept = list(a)
    a[:] = 9
    assert [int(x) for x in kept] == [0, 1, 2, 3]
    a[2] += 1
    assert a.tolist() == [9, 9, 10, 9]
    b = mt.zeros((2, 3))
    assert mt.shares_memory(b[1, 2, ...], b) and not mt.shares_memory(b[1, 2], b)
    assert b[1, 2].flags.owndata and b[1, 2].base is None


def test_a_record_stays_a_view():
    s = mt.zeros(2, [("x", "i4"), ("y", "f8")])
    s[0]["y"] = 5
    assert s["y"].tolist() == [5.0, 0.0]


def outcome(module, dtype, shape, key, value, order):
    """What an assignment of one element leaves or raises, in arrays of three layouts."""
    base = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    a = (mt.asarray(base) if module is mt else base).copy()
    a = a[::-1] if order < 0 else a.T if order == 0 else a
    if value == "element":
        value = a[(1,) * len(shape)]
    with np.errstate(all="ignore"), mt.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            a[key] = value
        except (IndexError, OverflowError, ValueError, TypeError) as error:
            return type(error), np.asarray(a).tobytes()
    return np.asarray(a).tobytes()


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "u1", "?", "c16", ">f8", ">i8"])
@pytest.mark.parametrize("key", [(0, 1), (-1, -2), (2, 3), (-4, 0), (0, -5), (1,), 1, (True, 0), (1, 0, 0), (0, 1.0)])
def test_one_element_of_two_axes_is_assigned(dtype, key):
    for value in (2.5, 3, -1, True, 2**70, float("inf"), float("nan"), 1j, "element", np.float64(1.5), np.int8(-3)):
        for order in (1, 0, -1):
            expected, got = (outcome(module, dtype, (3, 4), key, value, order) for module in (np, mt))
            assert got == expected, (value, order)


def test_an_element_of_what_is_read_only_is_not_assigned():
    a = mt.zeros((2, 3, 4))
    a.flags.writeable = False
    for value in (1.5, 2, True):
        with pytest.raises(ValueError, match="read-only"):
            a[1, 2, 3] = value
    assert not a.any()
