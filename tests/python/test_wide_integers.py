"""Integers at the edge of their range: comparisons are exact, arithmetic with what does not fit is refused."""

import operator

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
EDGES = [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**63), -(2**63) - 1, 10**30]
edges = st.sampled_from(EDGES) | st.integers(-(2**70), 2**70)
signed = st.lists(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**63 - 1, -(2**63), 2**53, 0, -1]), max_size=5)
unsigned = st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([2**64 - 1, 2**63, 2**53 + 1, 0]), max_size=5)


@given(signed, edges)
def test_int64_against_python(values, number):
    a = mt.asarray(np.array(values, "int64"))
    for compare in COMPARISONS:
        assert compare(a, number).tolist() == [compare(v, number) for v in values]
        assert compare(number, a).tolist() == [compare(number, v) for v in values]


@given(unsigned, edges)
def test_uint64_against_python(values, number):
    a = mt.asarray(np.array(values, "uint64"))
    for compare in COMPARISONS:
        assert compare(a, number).tolist() == [compare(v, number) for v in values]
        assert compare(mt.lazy(a), number).compute().tolist() == [compare(v, number) for v in values]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "uint32", "bool"])
def test_narrow_integers_against_python(kind):
    values = [0, 1] if kind == "bool" else [0, 1, np.iinfo(kind).max, np.iinfo(kind).min]
    a = mt.asarray(np.array(values, kind))
    for number in EDGES:
        for compare in COMPARISONS:
            assert compare(a, number).tolist() == [compare(int(v), number) for v in np.asarray(a)], (number, compare)


@given(signed, unsigned)
def test_signed_against_unsigned(a, b):
    size = min(len(a), len(b))
    a, b = a[:size], b[:size]
    x, y = mt.asarray(np.array(a, "int64")), mt.asarray(np.array(b, "uint64"))
    for compare in COMPARISONS:
        assert compare(x, y).tolist() == [compare(i, j) for i, j in zip(a, b, strict=True)]
        assert compare(y, x).tolist() == [compare(j, i) for i, j in zip(a, b, strict=True)]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64"])
def test_arithmetic_with_what_does_not_fit_is_refused(kind):
    a = mt.ones(3, dtype=kind)
    for number in (int(np.iinfo(kind).max) + 1, int(np.iinfo(kind).min) - 1):
        for work in (operator.add, operator.mul, operator.floordiv):
            with pytest.raises(OverflowError, match="out of bounds"):
                work(a, number)
            with pytest.raises(OverflowError):
                work(np.ones(3, kind), number)
        with pytest.raises(OverflowError):
            a += number


@pytest.mark.parametrize("kind", ["int64", "uint64", "float64", "bool"])
def test_integers_beyond_everything(kind):
    a = np.array([0, 1], kind)
    for number in (2**200, -(2**200), 2**5000, -(2**5000)):
        for compare in COMPARISONS:
            assert compare(mt.asarray(a), number).tolist() == [compare(v, number) for v in a.tolist()]
            assert compare(number, mt.asarray(a)).tolist() == [compare(number, v) for v in a.tolist()]
    with pytest.raises(OverflowError):
        mt.asarray(a) + 2**200


def test_floats_meet_large_integers_as_floats():
    a = np.array([1e30, -1e30, 2.0**64])
    for number in EDGES:
        for compare in COMPARISONS:
            assert compare(mt.asarray(a), number).tolist() == compare(a, number).tolist()
