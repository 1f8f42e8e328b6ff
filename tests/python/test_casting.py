"""Promotion and casting: the whole tables, and values, against NumPy."""

import warnings

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, same, values

LEVELS = ["no", "equiv", "safe", "same_kind", "unsafe"]


def test_promotion_table():
    for a in KINDS:
        for b in KINDS:
            expected = np.promote_types(a, b)
            assert mt.promote_types(a, b).name == expected.name
            assert mt.result_type(mt.dtype(a), mt.dtype(b)).name == expected.name


def test_weak_scalars_in_result_type():
    for kind in KINDS:
        for scalar in (True, 1, 1.5, 1j):
            assert mt.result_type(mt.dtype(kind), scalar).name == np.result_type(np.dtype(kind), scalar).name
            assert mt.result_type(mt.ones(2, dtype=kind), scalar).name == np.result_type(np.ones(2, kind), scalar).name


@pytest.mark.parametrize("level", LEVELS)
def test_can_cast_table(level):
    for a in KINDS:
        for b in KINDS:
            assert mt.can_cast(a, b, casting=level) == np.can_cast(a, b, casting=level), (a, b)


def test_can_cast_refuses_numbers_and_unknown_levels():
    with pytest.raises(TypeError):
        mt.can_cast(1, "int8")
    with pytest.raises(ValueError):
        mt.can_cast("int8", "int16", casting="maybe")


@pytest.mark.parametrize("source", KINDS)
def test_astype_values(source):
    for label, layout in LAYOUTS.items():
        x = layout(values(source))
        for target in KINDS:
            y = in_range(x, target)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                expected = y.astype(target)
                same(mt.asarray(y).astype(target), expected), (label, target)


def in_range(x, target):
    """Floats that have an integer value in the target: what others become is undefined in C and so in NumPy."""
    if x.dtype.kind in "fc" and np.dtype(target).kind in "iu":
        with np.errstate(all="ignore"):
            low = 0 if np.dtype(target).kind == "u" else -100
            inside = np.isfinite(x) & (x.real >= low) & (x.real < 100)
        return np.where(inside, x, x.dtype.type(3.7))
    return x


@pytest.mark.parametrize("level", LEVELS)
def test_astype_levels(level):
    for a in KINDS:
        for b in KINDS:
            x = mt.ones(3, dtype=a)
            if np.can_cast(a, b, level):
                assert x.astype(b, casting=level).dtype == mt.dtype(b)
            else:
                with pytest.raises(TypeError, match=f"{a}.*{b}"):
                    x.astype(b, casting=level)


def test_astype_same_value():
    same(mt.asarray([1.0, 2.0]).astype("int8", casting="same_value"), np.array([1, 2], "int8"))
    for bad in ([1.5], [300.0], [np.nan]):
        with pytest.raises(ValueError):
            mt.asarray(bad).astype("int8", casting="same_value")


def test_astype_without_copy_returns_the_same_object():
    x = mt.ones(3)
    assert x.astype("float64", copy=False) is x
    assert x.astype("float64") is not x
    assert not mt.shares_memory(x.astype("float64"), x)


@pytest.mark.parametrize("kind", KINDS)
def test_in_place_follows_same_kind(kind):
    for other in KINDS:
        if kind == "bool":
            continue
        theirs, ours = np.ones(3, kind), mt.ones(3, dtype=kind)
        try:
            theirs += np.ones(3, other)
        except TypeError:
            with pytest.raises(TypeError, match=kind):
                ours += mt.ones(3, dtype=other)
            same(ours, np.ones(3, kind))
        else:
            ours += mt.ones(3, dtype=other)
            same(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_assignment_of_python_numbers(kind):
    for number in (True, 5, -1, 300, 2**40, 2.75, 1e300, 1j, float("nan")):
        theirs, ours = np.zeros(2, kind), mt.zeros(2, dtype=kind)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                theirs[0] = number
            except (TypeError, ValueError, OverflowError) as expected:
                with pytest.raises(type(expected)):
                    ours[0] = number
                continue
            ours[0] = number
        same(ours, theirs)


def test_limits():
    for kind in KINDS:
        if np.dtype(kind).kind in "iu":
            ours, theirs = mt.iinfo(kind), np.iinfo(kind)
            assert (ours.min, ours.max, ours.bits) == (theirs.min, theirs.max, theirs.bits)
        elif np.dtype(kind).kind in "fc":
            ours, theirs = mt.finfo(kind), np.finfo(kind)
            for name in ("eps", "max", "min", "smallest_normal", "bits", "tiny", "smallest_subnormal"):
                assert float(getattr(ours, name)) == float(getattr(theirs, name)), (kind, name)
    with pytest.raises(ValueError):
        mt.iinfo("float64")
    with pytest.raises(ValueError):
        mt.finfo("int8")


KIND_NAMES = ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"]


@pytest.mark.parametrize("name", KIND_NAMES)
def test_isdtype(name):
    for kind in KINDS:
        assert mt.isdtype(mt.dtype(kind), name) == np.isdtype(np.dtype(kind), name)
    assert mt.isdtype(mt.dtype("int8"), (mt.dtype("int8"), "bool"))
    with pytest.raises(ValueError):
        mt.isdtype(mt.dtype("int8"), "round")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([0, 1, 255], "uint8"),
        ([-1, 127], "int8"),
        ([-1, 128], "int16"),
        ([0, 70_000], "int32"),
        ([0, 2**40], "int64"),
        ([0.5, 1.5], "float16"),
        ([0.1], "float64"),
        ([1e30], "float64"),
        ([2.0**100], "float32"),
        ([1 + 1j], "complex64"),
        ([True], "bool"),
    ],
)
def test_suggest_dtype(items, expected):
    """The narrowest dtype of the same family that holds every value, and what it saves."""
    x = mt.asarray(items)
    suggestion = mt.suggest_dtype(x)
    assert suggestion.dtype == mt.dtype(expected)
    assert suggestion.saved_bytes == x.nbytes - x.size * mt.dtype(expected).itemsize
    same(x.astype(suggestion.dtype).astype(x.dtype), np.asarray(x))
