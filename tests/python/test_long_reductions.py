"""Reductions of long lines and wide tables: their tree as defined, NaN that is passed over, answers found early."""

import metes as mt
import numpy as np
import pytest

LEAF = FAN = 128


@pytest.fixture(autouse=True)
def default_threads():
    yield
    mt.set_num_threads(None)


def uneven(*shape):
    """Values whose sums depend on the order in which they are added."""
    random = np.random.default_rng(len(shape) + shape[0])
    return random.normal(size=shape) * 10.0 ** random.integers(-8, 8, shape)


def merged(states):
    """What a level of the tree makes of the states below it, a branch at a time."""
    while len(states) > 1:
        branches = []
        for start in range(0, len(states), FAN):
            branch = np.zeros_like(states[0])
            for state in states[start : start + FAN]:
                branch = branch + state
            branches.append(branch)
        states = branches
    return states[0]


def of_leaf(values):
    """The sum of a leaf: sixteen lanes, then their halves."""
    lanes = np.zeros(16)
    for start in range(0, len(values), 16):
        part = values[start : start + 16]
        lanes[: len(part)] += part
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return lanes[0]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("n", [2_000, 2_048, 16_384, 20_011, 150_003])
def test_sums_follow_the_tree(n, threads):
    a = uneven(n)
    mt.set_num_threads(threads)
    expected = merged([of_leaf(a[start : start + LEAF]) for start in range(0, n, LEAF)])
    assert float(mt.sum(mt.asarray(a))) == expected


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(3, 20_000), (133, 5_001), (300, 1_030), (1_000, 200)])
def test_sums_of_columns_follow_the_tree(shape, threads):
    a = uneven(*shape)
    mt.set_num_threads(threads)
    expected = merged(list(a)) if len(a) > FAN else merged([np.zeros(shape[1]), *a])
    assert np.array_equal(np.asarray(mt.sum(mt.asarray(a), axis=0)), expected)
    strided = mt.asarray(np.repeat(a, 2, axis=1))[:, ::2]
    assert np.array_equal(np.asarray(mt.sum(strided, axis=0)), expected)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.7, 1.0])
@pytest.mark.parametrize("threads", [1, 2])
def test_extremes_beside_nan(kind, axis, share, threads):
    random = np.random.default_rng(7)
    a = random.normal(size=(150, 2_900)).astype(kind)
    a[random.random(a.shape) < share] = np.nan
    a[:2] = 1  # no column is empty
    a[:, :2] = 2
    x = mt.asarray(a)
    mt.set_num_threads(threads)
    for name in ("nanmax", "nanmin", "nanargmax", "nanargmin", "max", "min", "argmax", "argmin"):
        ours, theirs = getattr(mt, name)(x, axis=axis), getattr(np, name)(a, axis=axis)
        assert np.array_equal(np.asarray(ours), theirs, equal_nan=True), name
    mask = random.random(a.shape) < 0.5
    for name, start in (("nanmax", -9), ("nanmin", 9)):
        ours = getattr(mt, name)(x, axis=axis, where=mt.asarray(mask), initial=start)
        theirs = getattr(np, name)(a, axis=axis, where=mask, initial=start)
        assert np.array_equal(np.asarray(ours), theirs, equal_nan=True), name


def test_nothing_but_nan():
    a = np.full((3, 5_000), np.nan)
    x = mt.asarray(a)
    for axis in (None, 0, 1):
        with pytest.warns(RuntimeWarning, match="All-NaN"):
            assert np.isnan(np.asarray(mt.nanmax(x, axis=axis))).all()
        with pytest.raises(ValueError, match="All-NaN"):
            mt.nanargmin(x, axis=axis)


@pytest.mark.parametrize("kind", ["i1", "u2", "i4", "u8", "f2", "f4", "f8", "c16"])
@pytest.mark.parametrize("order", ["rising", "falling", "even"])
def test_first_positions_in_long_lines(kind, order):
    a = np.arange(40_000)
    a = {"rising": a, "falling": -a, "even": a * 0}[order].astype(kind)
    x = mt.asarray(a)
    for name in ("argmax", "argmin", "max", "min"):
        assert getattr(mt, name)(x) == getattr(np, name)(a)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("kind", ["?", "f8", "i2"])
def test_some_and_every_value_of_many(kind, threads):
    mt.set_num_threads(threads)
    shape = (200, 6_000)
    spots = [(0, 0), (0, 5_999), (1, 3), (127, 2_047), (128, 0), (150, 2_048), (199, 5_999)]
    for empty, name in ((0, "any"), (1, "all")):
        for spot in [None, *spots]:
            a = np.full(shape, empty, kind)
            if spot:
                a[spot] = 1 - empty
            x = mt.asarray(a)
            for axis in (None, 0, 1):
                theirs = getattr(np, name)(a, axis=axis)
                assert np.array_equal(np.asarray(getattr(mt, name)(x, axis=axis)), theirs), (name, spot, axis)
            assert bool(getattr(mt, name)(x[:, ::2])) == getattr(np, name)(a[:, ::2])
        half = np.full(shape, 1 - empty, kind)
        for axis in (None, 0, 1):
            theirs = getattr(np, name)(half, axis=axis)
            assert np.array_equal(np.asarray(getattr(mt, name)(mt.asarray(half), axis=axis)), theirs)
