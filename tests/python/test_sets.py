"""Arrays as sets, against NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same
from test_sorting import sample

REAL = [kind for kind in KINDS if not kind.startswith("complex")]


def pairs(result, expected):
    result, expected = (x if isinstance(x, tuple) else (x,) for x in (result, expected))
    assert len(result) == len(expected)
    for ours, theirs in zip(result, expected, strict=True):
        same(ours, theirs, zeros=False)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_unique(kind, layout):
    theirs = LAYOUTS[layout](sample(kind, (6, 5)))
    ours = mt.asarray(theirs)
    for flags in ((), (True,), (False, True), (False, False, True), (True, True, True)):
        pairs(mt.unique(ours, *flags), np.unique(theirs, *flags))
    if kind.startswith("float"):
        pairs(mt.unique(ours, True, True, True, equal_nan=False), np.unique(theirs, True, True, True, equal_nan=False))


@pytest.mark.parametrize("kind", ["int64", "bool", "uint8", "float64"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_unique_along_an_axis(kind, axis):
    theirs = np.random.default_rng(5).integers(0, 2, (4, 3, 2)).astype(kind)
    theirs = np.concatenate([theirs, theirs], axis=axis)
    pairs(
        mt.unique(mt.asarray(theirs), True, True, True, axis=axis),
        tuple(np.ravel(x) if i == 2 else x for i, x in enumerate(np.unique(theirs, True, True, True, axis=axis))),
    )
    pairs(mt.unique(mt.asarray(theirs), axis=axis), np.unique(theirs, axis=axis))


def test_unique_by_names():
    theirs = np.asarray([[3.0, np.nan, 1.0], [3.0, np.nan, 2.0]])
    ours = mt.asarray(theirs)
    for name in ("unique_all", "unique_counts", "unique_inverse"):
        result, expected = getattr(mt, name)(ours), getattr(np, name)(theirs)
        assert result._fields == expected._fields
        pairs(tuple(result), tuple(expected))
    same(mt.unique_values(ours), np.unique(theirs, equal_nan=False))


@given(data=st.data())
def test_isin(data):
    kinds = data.draw(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)))
    theirs = [
        sample(kind, data.draw(st.sampled_from([(0,), (1,), (30,), (4, 6)])), seed=i) for i, kind in enumerate(kinds)
    ]
    ours = [mt.asarray(x) for x in theirs]
    invert = data.draw(st.booleans())
    expected = np.isin(*theirs, invert=invert)
    same(mt.isin(*ours, invert=invert), expected)
    same(mt.isin(*ours, invert=invert, kind="sort"), expected)
    if all(x.dtype.kind in "iub" for x in theirs):
        same(mt.isin(*ours, invert=invert, kind="table"), expected)
    same(mt.isin(ours[0][::-1], ours[1].T, invert=invert), np.isin(theirs[0][::-1], theirs[1], invert=invert))


def test_isin_of_the_largest_integers():
    signed = np.array([-1, -(2**63), 2**63 - 1, 0, 5])
    unsigned = np.array([2**64 - 1, 2**63, 2**63 - 1, 0, 5], "uint64")
    assert mt.isin(mt.asarray(signed), mt.asarray(unsigned[3:])).tolist() == [False, False, False, True, True]
    assert mt.isin(mt.asarray(unsigned), mt.asarray(signed[3:])).tolist() == [False, False, False, True, True]
    assert mt.isin(mt.asarray(unsigned), mt.asarray(signed[:1])).tolist() == [False] * 5
    assert mt.isin(mt.asarray(signed), mt.asarray(unsigned[:1])).tolist() == [False] * 5
    assert mt.isin(mt.asarray(signed), mt.asarray(signed[:3])).tolist() == [True, True, True, False, False]
    with pytest.raises(ValueError, match="table"):
        mt.isin(mt.ones(3), mt.ones(3), kind="table")
    with pytest.raises(ValueError):
        mt.isin(mt.ones(3), mt.ones(3), kind="hash")


FUNCTIONS = ["union1d", "intersect1d", "setdiff1d", "setxor1d"]


@given(data=st.data(), name=st.sampled_from(FUNCTIONS))
def test_sets(data, name):
    kinds = data.draw(st.tuples(st.sampled_from(REAL), st.sampled_from(REAL)))
    if {"uint64"} & set(kinds) and any(kind.startswith("int") for kind in kinds):
        kinds = ("uint64", "uint64")
    theirs = [
        sample(kind, data.draw(st.sampled_from([(0,), (1,), (30,), (4, 6)])), seed=i) for i, kind in enumerate(kinds)
    ]
    ours = [mt.asarray(x) for x in theirs]
    pairs(getattr(mt, name)(*ours), getattr(np, name)(*theirs))
    if name != "union1d":
        theirs = [np.unique(x)[::-1] for x in theirs]
        ours = [mt.asarray(x) for x in theirs]
        pairs(getattr(mt, name)(*ours, assume_unique=True), getattr(np, name)(*theirs, assume_unique=True))


@pytest.mark.parametrize("kind", ["int64", "float32", "uint8"])
def test_intersect_places(kind):
    theirs = [sample(kind, (5, 6), seed=1), sample(kind, 40, seed=2)]
    ours = [mt.asarray(x) for x in theirs]
    pairs(mt.intersect1d(*ours, return_indices=True), np.intersect1d(*theirs, return_indices=True))


def test_memory_stays_small():
    a = mt.asarray(np.random.default_rng(0).integers(0, 50, 100_000))
    b = mt.array(a[:1000])
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes

    def peak(call):
        mt.memory.reset_peak()
        call()
        return (mt.memory.stats().peak_bytes - before) / a.nbytes

    assert peak(lambda: mt.unique(a)) < 1.1
    assert peak(lambda: mt.isin(a, b)) < 0.2
    assert peak(lambda: mt.isin(a, b, kind="sort")) < 0.2
    assert peak(lambda: mt.unique(a, return_inverse=True)) < 2.1


@given(
    st.integers(0, 3),
    st.sampled_from([1, 3, -1, -2]),
    st.sampled_from(["f8", "f4", "i2", "u1", "c16", "?", ">i4", "S3"]),
)
def test_distinct_values_among_many(seed, step, kind):
    """Few or many, in more elements than are looked at together; zeros keep the sign of the first."""
    random = np.random.default_rng(seed)
    for most in (3, 1000, 1 << 62):
        values = random.integers(0, most, 70_000 * abs(step)).astype("f8") - 1
        values[random.integers(0, values.size, 5)] = np.nan if kind in ("f8", "f4", "c16") else 0
        with np.errstate(all="ignore"):
            theirs = values.astype(kind)[::step]
        ours = mt.asarray(theirs)
        np.testing.assert_array_equal(np.asarray(mt.unique(ours)), np.unique(theirs))
        np.testing.assert_array_equal(np.asarray(mt.unique(ours[:50])), np.unique(theirs[:50]))
    signs = np.where(np.arange(100_000) % 2 == 0, -0.0, 0.0)
    assert mt.signbit(mt.unique(mt.asarray(signs))).tolist() == [True]
    assert mt.signbit(mt.unique(mt.asarray(-signs))).tolist() == [False]


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    "kind", ["int64", "uint64", "int32", "float64", "float32", "float16", "complex64", "complex128"]
)
def test_isin_of_many(kind, invert):
    random = np.random.default_rng(8)
    wide = 1 << 62 if kind in ("int64", "uint64") else 1 << 30

    def draw(count):
        x = random.integers(0, wide, count).astype(kind) if kind[0] in "iu" else random.normal(size=count).astype(kind)
        if kind[0] in "fc":
            x[::7] = np.nan
            x[::11], x[::13] = 0.0, -0.0
        return x

    others = draw(40000)
    values = np.concatenate([draw(30000), others[::3], others[::-5], [0]]).astype(kind)
    random.shuffle(values)
    for count in (1, 9, 1000, 14336, 14337, 40000):
        for stride in (1, -1):
            expected = np.isin(values[::stride], others[:count][::stride], invert=invert)
            same(mt.isin(mt.asarray(values)[::stride], mt.asarray(others)[:count][::stride], invert=invert), expected)
    few = others[:1000].reshape(10, 100)
    same(mt.isin(mt.asarray(values[:24].reshape(4, 6)), mt.asarray(few)), np.isin(values[:24].reshape(4, 6), few))
