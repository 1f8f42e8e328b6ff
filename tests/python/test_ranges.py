"""Evenly spaced values: `arange` and `linspace` against NumPy to the bit, and what they refuse."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, same

floats = st.floats(-50, 50) | st.sampled_from([-0.0, 0.1, 0.3, 1e-3, 1 / 3, 5e-324])
numbers = st.integers(-50, 50) | floats
wide = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**40), 2**40)
parts = st.floats(-1e3, 1e3) | st.sampled_from([-0.0, 1e308, -1e308, 5e-324, np.inf, np.nan])


def outcome(make):
    """What a call makes, or the type of what it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(make())
        except (ValueError, OverflowError, TypeError, ZeroDivisionError) as error:
            return type(error)


def agree(ours, theirs):
    if isinstance(theirs, type):
        assert ours is theirs, (ours, theirs)
    else:
        assert not isinstance(ours, type), ours
        same(ours, theirs)
        assert ours.tobytes() == theirs.tobytes() or np.isnan(theirs).any()


def modest(start, stop, step):
    """Whether the range is short enough to be made in a test."""
    try:
        return abs((stop - start) / step) < 1e4
    except (ZeroDivisionError, OverflowError):
        return True


@given(numbers, numbers, numbers, st.sampled_from([None, *KINDS]))
def test_arange(start, stop, step, kind):
    if modest(start, stop, step):
        agree(
            outcome(lambda: mt.arange(start, stop, step, dtype=kind)),
            outcome(lambda: np.arange(start, stop, step, dtype=kind)),
        )


@given(wide, wide, wide)
def test_arange_of_wild_bounds(start, stop, step):
    if modest(start, stop, step):
        agree(outcome(lambda: mt.arange(start, stop, step)), outcome(lambda: np.arange(start, stop, step)))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(1, 50), st.booleans())
def test_a_range_of_integers_has_the_length_of_pythons(start, stop, count, down):
    # A step beyond int64 makes the range one of float64.
    step = min(max(abs(stop - start) // count, 1), 2**63 - 1) * (-1 if down else 1)
    expected = range(start, stop, step)
    assert mt.arange(start, stop, step).tolist() == list(expected)


def test_the_length_is_exact_where_division_of_floats_rounds():
    assert mt.arange(0, 10**18 + 1, 10**17).shape == (11,)


@pytest.mark.parametrize("kind", KINDS)
def test_values_beyond_a_dtype(kind):
    for bounds in [
        (250, 260),
        (0, 600, 300),
        (0, -3, -1),
        (254.5, 260.5),
        (0, 3, 0.5),
        (-3, 0, 0.5),
        (0, 2),
        (1e10, 1e10 + 2),
    ]:
        agree(outcome(lambda b=bounds: mt.arange(*b, dtype=kind)), outcome(lambda b=bounds: np.arange(*b, dtype=kind)))


@given(
    parts, parts, st.integers(0, 60), st.booleans(), st.sampled_from([None, "float16", "float32", "float64", "bool"])
)
def test_linspace(start, stop, num, endpoint, kind):
    agree(
        outcome(lambda: mt.linspace(start, stop, num, endpoint=endpoint, dtype=kind)),
        outcome(lambda: np.linspace(start, stop, num, endpoint=endpoint, dtype=kind)),
    )


@given(st.complex_numbers(max_magnitude=1e3), st.complex_numbers(max_magnitude=1e3), st.integers(0, 40), st.booleans())
def test_linspace_between_complex_numbers(start, stop, num, endpoint):
    ours = outcome(lambda: mt.linspace(start, stop, num, endpoint=endpoint))
    agree(ours, outcome(lambda: np.linspace(start, stop, num, endpoint=endpoint)))


@given(
    st.integers(-100, 100), st.integers(-100, 100), st.integers(0, 60), st.sampled_from(["int8", "int64", "float32"])
)
def test_linspace_of_whole_numbers(start, stop, num, kind):
    agree(
        outcome(lambda: mt.linspace(start, stop, num, dtype=kind)),
        outcome(lambda: np.linspace(start, stop, num, dtype=kind)),
    )


def test_axes_are_named_once():
    a = mt.zeros((1, 1))
    for call in (lambda: mt.squeeze(a, (0, -2)), lambda: a.squeeze((0, 0)), lambda: mt.flip(a, (0, -2))):
        with pytest.raises(ValueError, match=r"duplicate|repeated"):
            call()
