"""Sorting, selecting and searching, against NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, values

STABLE = {"kind": "stable"}


def sample(kind, shape, seed=0):
    """Values with many ties, and NaN and both zeros where there are any."""
    random = np.random.default_rng([seed, len(kind)])
    if kind == "bool":
        return random.integers(0, 2, shape).astype(bool)
    x = random.integers(-4, 5, shape).astype(kind) if kind[0] != "u" else random.integers(0, 9, shape).astype(kind)
    if x.dtype.kind == "f":
        x = np.where(random.random(shape) < 0.15, np.nan, x).astype(kind)
        x = np.where(random.random(shape) < 0.15, -0.0, x).astype(kind)
    if x.dtype.kind == "c":
        x = x + 1j * random.integers(-2, 3, shape)
        x = np.where(random.random(shape) < 0.1, complex(np.nan, 1), x)
        x = np.where(random.random(shape) < 0.1, complex(1, np.nan), x)
        x = np.where(random.random(shape) < 0.1, complex(np.nan, np.nan), x).astype(kind)
    return x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_sort_in_every_layout(kind, layout):
    for make in (values, lambda kind: sample(kind, (6, 5))):
        theirs = LAYOUTS[layout](make(kind))
        ours = mt.asarray(theirs)
        for axis in (None, *range(-theirs.ndim, theirs.ndim)):
            same(mt.sort(ours, axis=axis, **STABLE), np.sort(theirs, axis=axis, **STABLE))
            same(mt.sort(ours, axis=axis), np.sort(theirs, axis=axis), zeros=False)
            same(mt.argsort(ours, axis=axis), np.argsort(theirs, axis=axis, **STABLE))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2, 33, 1000, 20_000])
def test_lengths(kind, n):
    theirs = sample(kind, n, seed=n)
    ours = mt.asarray(theirs)
    same(mt.sort(ours, stable=True), np.sort(theirs, **STABLE))
    same(mt.argsort(ours), np.argsort(theirs, **STABLE))
    for stable in (True, False):
        down = np.asarray(mt.argsort(ours, descending=True, stable=stable))
        same(down, n - 1 - np.argsort(theirs[::-1], **STABLE)[::-1])
        same(mt.sort(ours, descending=True, stable=stable), theirs[down], zeros=stable)


@pytest.mark.parametrize("kind", ["int64", "uint64", "float64", "int32", "float32", "int16", "float16"])
def test_wide_ranges(kind):
    """Keys that do not fit beside a place are settled by the values."""
    random = np.random.default_rng(1)
    bits = random.integers(0, 256, 5000 * np.dtype(kind).itemsize, dtype="uint8").view(kind)
    close = np.concatenate([bits[:9], np.full(3000, bits[9]) + random.integers(0, 3, 3000).astype(kind)])
    for theirs in (bits, close, np.sort(bits), np.sort(bits)[::-1], bits[::2]):
        ours = mt.asarray(theirs)
        same(mt.argsort(ours), np.argsort(theirs, **STABLE))
        same(mt.sort(ours), np.sort(theirs), zeros=False)
        for kth in (0, 17, len(theirs) // 2, -1):
            check_places(theirs, np.asarray(mt.argpartition(ours, kth)), [kth])
            check_partition(theirs, np.asarray(mt.partition(ours, kth)), [kth])


def check_partition(source, result, kth):
    ordered = np.sort(source)
    same(np.sort(result), ordered, zeros=False)
    for k in kth:
        k %= len(source)
        same(result[k : k + 1], ordered[k : k + 1], zeros=False)
        same(np.sort(result[:k]), ordered[:k], zeros=False)


def check_places(source, places, kth):
    assert places.dtype == np.int64
    assert sorted(places.tolist()) == list(range(len(source)))
    check_partition(source, source[places], kth)


@given(data=st.data())
def test_partition(data):
    kind = data.draw(st.sampled_from(KINDS))
    n = data.draw(st.integers(1, 60))
    theirs = sample(kind, n, seed=data.draw(st.integers(0, 99)))
    theirs = theirs[:: data.draw(st.sampled_from([1, 2, -1]))]
    kth = data.draw(st.lists(st.integers(-len(theirs), len(theirs) - 1), min_size=1, max_size=20))
    ours = mt.asarray(theirs)
    check_partition(theirs, np.asarray(mt.partition(ours, kth)), kth)
    check_places(theirs, np.asarray(mt.argpartition(ours, tuple(kth))), kth)
    copy = mt.array(ours)
    assert copy.partition(kth) is None
    check_partition(theirs, np.asarray(copy), kth)


def patterned(kind, n, pattern, random):
    """Values of the whole range of a kind, in one of the orders that sorts are known to stumble over."""
    bits = random.integers(0, 256, n * np.dtype(kind).itemsize, dtype="uint8").view(kind)
    if pattern == "few":
        return random.choice(bits[: max(1, min(n, 5))], n) if n else bits
    if pattern == "random":
        return bits
    ordered = np.sort(bits)
    if pattern == "sorted":
        return ordered
    if pattern == "reversed":
        return ordered[::-1].copy()
    if pattern == "pipe":
        return np.concatenate([ordered[::2], ordered[1::2][::-1]])
    if pattern == "nearly":
        ordered[:: max(1, n // 7)] = bits[:: max(1, n // 7)]
        return ordered
    return np.resize(ordered[:37], n) if n else bits  # "saw"


PATTERNS = ["random", "few", "sorted", "reversed", "pipe", "nearly", "saw"]
WIDE = ["int32", "uint32", "float32", "int64", "uint64", "float64", "int16", "uint16", "float16"]


@given(data=st.data())
def test_patterns(data):
    kind, pattern = data.draw(st.sampled_from(WIDE)), data.draw(st.sampled_from(PATTERNS))
    # About the sizes of networks, of blocks of vectors, and beyond.
    n = data.draw(st.sampled_from([0, 4, 8, 16, 32, 64, 128, 256, 512, 3000, 40_000])) + data.draw(st.integers(0, 9))
    theirs = patterned(kind, n, pattern, np.random.default_rng(data.draw(st.integers(0, 999))))
    step = data.draw(st.sampled_from([1, 1, -1, 2]))
    theirs = theirs[::step]
    ours = mt.asarray(theirs)
    same(mt.sort(ours), np.sort(theirs), zeros=False)
    same(mt.sort(ours, **STABLE), np.sort(theirs, **STABLE))
    same(mt.argsort(ours), np.argsort(theirs, **STABLE))
    same(mt.sort(ours, descending=True), down(theirs), zeros=False)
    same(mt.unique(ours), np.unique(theirs), zeros=False)
    if len(theirs):
        kth = data.draw(st.lists(st.integers(0, len(theirs) - 1), min_size=1, max_size=4))
        check_partition(theirs, np.asarray(mt.partition(ours, kth)), kth)


def down(x):
    missing = np.isnan(x)
    return np.concatenate([x[missing], np.sort(x[~missing])[::-1]])


@pytest.mark.parametrize("kind", WIDE)
def test_lanes_in_any_layout(kind):
    random = np.random.default_rng(5)
    cube = patterned(kind, 70 * 90 * 40, "random", random).reshape(70, 90, 40)
    for theirs in (cube, cube.T, cube[::-1, ::2, ::3]):
        ours = mt.asarray(theirs)
        for axis in range(3):
            same(mt.sort(ours, axis=axis), np.sort(theirs, axis=axis), zeros=False)
            same(mt.argsort(ours, axis=axis), np.argsort(theirs, axis=axis, **STABLE))
            place = theirs.shape[axis] // 2
            found = np.take(np.asarray(mt.partition(ours, place, axis=axis)), place, axis=axis)
            same(found, np.take(np.sort(theirs, axis=axis), place, axis=axis), zeros=False)


def test_partition_along_axes():
    theirs = sample("float64", (4, 5, 6))
    for axis in (0, 1, 2, None):
        result = np.asarray(mt.partition(mt.asarray(theirs), 2, axis=axis))
        expected = np.sort(theirs, axis=axis)
        same(np.take(result, 2, axis=axis or 0), np.take(expected, 2, axis=axis or 0), zeros=False)
        same(np.sort(result, axis=axis or 0), expected, zeros=False)


def test_in_place():
    for make in (lambda x: x, lambda x: x.T, lambda x: x[::-2, 1::2]):
        theirs = make(sample("float32", (7, 9)))
        ours = make(mt.array(sample("float32", (7, 9))))
        for axis in (0, 1):
            assert ours.sort(axis=axis, kind="stable") is None
            theirs.sort(axis=axis, kind="stable")
            same(ours, theirs)
    frozen = mt.broadcast_to(mt.arange(3), (2, 3))
    for call in (frozen.sort, lambda: frozen.partition(1)):
        with pytest.raises(ValueError, match="read-only"):
            call()


def test_a_dense_array_is_sorted_without_scratch():
    for kind in ("int64", "float64", "uint32", "float32", "complex128", "uint8", "int16", "float16"):
        a = mt.array(sample(kind, 100_000))
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        a.sort()
        a.partition([5, 70_000])
        assert mt.memory.stats().peak_bytes - before <= (1 << 20 if a.itemsize == 2 else 4096), kind
        mt.memory.reset_peak()
        places = mt.argsort(a)
        assert mt.memory.stats().peak_bytes - before <= places.nbytes + 4096, kind


@given(data=st.data())
def test_lexsort(data):
    shape = data.draw(st.sampled_from([(0,), (1,), (40,), (5, 8), (3, 4, 5)]))
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    keys = [sample(kind, shape, seed=i) for i, kind in enumerate(kinds)]
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    same(mt.lexsort([mt.asarray(k) for k in keys], axis=axis), np.lexsort(keys, axis=axis))


@given(data=st.data())
def test_searchsorted(data):
    kind, other = data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(KINDS))
    a = sample(kind, data.draw(st.integers(0, 40)), seed=3)
    v = sample(other, data.draw(st.sampled_from([(), (0,), (7,), (3, 4)])), seed=4)
    side = data.draw(st.sampled_from(["left", "right"]))
    step = data.draw(st.sampled_from([1, 2]))
    if data.draw(st.booleans()):
        order = np.argsort(a)
        result = mt.searchsorted(mt.asarray(a), mt.asarray(v), side=side, sorter=mt.asarray(order))
        same(result, np.asarray(np.searchsorted(a, v, side=side, sorter=order)))
    a = np.sort(a)[::step]
    same(mt.searchsorted(mt.asarray(a), mt.asarray(v), side=side), np.asarray(np.searchsorted(a, v, side=side)))
    same(mt.asarray(a).searchsorted(mt.asarray(v), side), np.asarray(a.searchsorted(v, side)))


def test_searchsorted_by_python_numbers():
    a = np.arange(5, dtype="uint8")
    for v in (3, 2.5, 300, -1):
        assert int(mt.searchsorted(mt.asarray(a), v)) == int(np.searchsorted(a, v))


def test_sort_complex():
    for x in (sample("float64", 20), sample("int8", 9), sample("complex64", (3, 5)), sample("float32", 6)):
        same(mt.sort_complex(mt.asarray(x)), np.sort_complex(x), zeros=False)


WRONG = [
    lambda m, a: m.sort(a, axis=2),
    lambda m, a: m.sort(a[0, 0], axis=-1) if m is np else m.sort(m.asarray(1.0), axis=-1),
    lambda m, a: m.sort(a, kind="bogo"),
    lambda m, a: m.sort(a, kind="stable", stable=True),
    lambda m, a: m.sort(a, order="x"),
    lambda m, a: m.argsort(a, axis=-3),
    lambda m, a: m.argsort(a, order="x"),
    lambda m, a: m.partition(a, 4),
    lambda m, a: m.partition(a, -5),
    lambda m, a: m.partition(a, 1, kind="quick"),
    lambda m, a: m.argpartition(a, [0, 9], axis=0),
    lambda m, a: m.lexsort([]),
    lambda m, a: m.lexsort([a, a[:1]]),
    lambda m, a: m.searchsorted(a, 1),
    lambda m, a: m.searchsorted(a[0], 1, side="middle"),
    lambda m, a: m.searchsorted(a[0], 1, sorter=m.asarray([0, 1])),
    lambda m, a: m.searchsorted(a[0], 1, sorter=m.asarray([0.0, 1, 2, 3])),
    lambda m, a: m.searchsorted(a[0], 1, sorter=m.asarray([9, 9, 9, 9])),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors(number):
    theirs = np.arange(12.0).reshape(3, 4)
    with pytest.raises(Exception) as expected:
        WRONG[number](np, theirs)
    with pytest.raises((expected.type, *expected.type.__mro__[1:2])):
        WRONG[number](mt, mt.asarray(theirs))


def test_zero_d():
    assert mt.argsort(mt.asarray(3.0)).tolist() == np.argsort(np.asarray(3.0)).tolist()
    same(mt.sort(mt.asarray(3.0), axis=None), np.sort(np.asarray(3.0), axis=None))
    same(mt.argsort(mt.asarray(3.0), axis=None), np.argsort(np.asarray(3.0), axis=None))
