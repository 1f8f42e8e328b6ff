"""Questions about arrays and dtypes, and integers as text, against NumPy's."""

import itertools

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metes import _kinds


@pytest.mark.parametrize("name", ["isreal", "iscomplex", "isposinf", "isneginf"])
@pytest.mark.parametrize("x", [[1.0, np.inf, -np.inf, np.nan], [1, 2], [1 + 1j, 2, complex(1, np.nan)], True])
def test_elements(name, x):
    try:
        expected = getattr(np, name)(x)
    except TypeError as error:
        with pytest.raises(TypeError, match=str(error)):
            getattr(mt, name)(x)
        return
    assert np.asarray(getattr(mt, name)(x)).tolist() == np.asarray(expected).tolist()


def test_out_of_infinities():
    out = mt.empty(2, dtype="bool")
    assert mt.isneginf([-np.inf, 1.0], out) is out
    assert mt.isposinf([-np.inf, np.inf], out=out).tolist() == [False, True]


def test_layout_and_iteration():
    assert mt.isfortran(mt.zeros((2, 3)).T)
    assert not mt.isfortran(mt.zeros((2, 3)))
    assert not mt.isfortran(mt.zeros(3))
    assert mt.iterable([])
    assert mt.iterable(mt.zeros(2))
    assert not mt.iterable(3)


@given(number=st.integers(-300, 300), width=st.none() | st.integers(0, 12), base=st.integers(1, 37))
def test_numbers_as_text(number, width, base):
    for name, args in (("binary_repr", (number, width)), ("base_repr", (number, base, 2)), ("base_repr", (number,))):
        try:
            expected = getattr(np, name)(*args)
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error)):
                getattr(mt, name)(*args)
        else:
            assert getattr(mt, name)(*args) == expected


NAMES = [name for name in _kinds.__all__ if isinstance(getattr(mt, name), mt.DType)]
FAMILIES = [name for name in _kinds.__all__ if isinstance(getattr(mt, name), type)]


@pytest.mark.parametrize("name", NAMES)
def test_other_names_of_dtypes(name):
    assert np.dtype(getattr(mt, name).name) == np.dtype(getattr(np, name))


CODES = ["?", "i1", "u8", "f2", "f8", "c8", "i4"]


def test_families():
    for code, family in itertools.product(CODES, FAMILIES):
        expected = np.issubdtype(code, getattr(np, family))
        assert mt.issubdtype(code, getattr(mt, family)) == expected
        assert mt.issubdtype(code, getattr(np, family)) == expected
    for one, other in itertools.product(CODES, CODES):
        assert mt.issubdtype(one, other) == np.issubdtype(one, other)
    for one, other in itertools.product(FAMILIES, FAMILIES):
        assert mt.issubdtype(getattr(mt, one), getattr(mt, other)) == np.issubdtype(
            getattr(np, one), getattr(np, other)
        )
    assert mt.issubdtype(mt.ones(1).dtype, float)
    assert not mt.issubdtype(mt.floating, mt.float64)
    with pytest.raises(TypeError, match="family"):
        mt.floating(1)


@pytest.mark.parametrize(
    "value",
    [0, 255, 256, -1, -128, -129, 2**31, -(2**31), 2**63, True, 1.5, 64999.0, 65000.0, 1e30, 1e39, np.inf, np.nan, 1j]
    + [1e39j, np.float32(1e30), np.int32(7), np.float16(2), np.array([1, 2], "i4"), np.complex64(1)],
)
def test_min_scalar_type(value):
    assert mt.min_scalar_type(value) == np.min_scalar_type(value)
