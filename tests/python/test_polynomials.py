"""Polynomials against NumPy's."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

near = np.testing.assert_allclose
coefficients = st.lists(st.integers(-5, 5), min_size=1, max_size=6)


def agrees(ours, theirs):
    assert mt.asarray(ours).dtype == theirs.dtype
    near(np.asarray(ours), theirs, atol=1e-12)


@given(a=coefficients, b=coefficients, m=st.integers(0, 3), dtype=st.sampled_from(["i8", "i2", "f4", "f8", "c8"]))
def test_compositions(a, b, m, dtype):
    a = np.array(a, dtype)
    for name in ("polyadd", "polysub", "polymul"):
        agrees(getattr(mt, name)(a, b), getattr(np, name)(a, b))
    for x in ([0.5, -2.0], [[1, 2]], np.float32(3)):
        agrees(mt.polyval(a, x), np.asarray(np.polyval(a, x)))
    agrees(mt.polyval([a, a], [2] * len(a)), np.polyval(np.array([a, a]), np.array([2] * len(a))))
    agrees(mt.polyder(a, m), np.polyder(a, m))
    agrees(mt.polyint(a, m), np.polyint(a, m))
    agrees(mt.polyint(a, m, 2.0), np.polyint(a, m, 2.0))


@given(a=coefficients, b=coefficients.filter(lambda b: b[0] != 0))
def test_division(a, b):
    for ours, theirs in zip(mt.polydiv(a, b), np.polydiv(a, b), strict=True):
        agrees(ours, theirs)


@given(places=st.lists(st.integers(-4, 4), max_size=4, unique=True), at_zero=st.integers(0, 2))
def test_roots(places, at_zero):
    p = np.concatenate([[0.0], np.atleast_1d(np.poly(places)) * 3.0, np.zeros(at_zero)])
    found = np.sort(np.asarray(mt.roots(p)).real)
    near(found, np.sort([*places, *[0] * at_zero]), atol=1e-5)


def test_roots_of_nothing_and_dtypes():
    assert mt.roots([0, 0]).size == 0
    assert mt.roots(np.float32([1, 2, 5])).dtype == "complex64"
    with pytest.raises(ValueError, match="rank-1"):
        mt.roots([[1, 2]])


@pytest.mark.parametrize(
    "seq", [[], [1, 2], [0.5], [1j, -1j], [1j, 2], [[1, 2], [3, 4]], np.float32([1, 2]), np.float16([1, 2])]
)
def test_poly(seq):
    agrees(mt.poly(seq), np.asarray(np.poly(seq)))


X = np.linspace(0, 3, 12)


@pytest.mark.parametrize("deg", [0, 1, 3])
@pytest.mark.parametrize("y", [np.cos(X), np.stack([np.sin(X), X**2], axis=1)])
@pytest.mark.parametrize("keywords", [{}, {"w": X + 1}, {"full": True}, {"cov": True}, {"cov": "unscaled"}])
def test_polyfit(deg, y, keywords):
    ours, theirs = mt.polyfit(X, y, deg, **keywords), np.polyfit(X, y, deg, **keywords)
    if not isinstance(theirs, tuple):
        ours, theirs = (ours,), (theirs,)
    for one, other in zip(ours, theirs, strict=True):
        near(np.asarray(one), other, rtol=1e-8, atol=1e-10)
        assert np.asarray(one).shape == np.asarray(other).shape


@pytest.mark.parametrize(
    "bad",
    [
        lambda m: m.polyfit(X, X, -1),
        lambda m: m.polyfit(X[:0], X[:0], 1),
        lambda m: m.polyfit(X, X[1:], 1),
        lambda m: m.polyfit(X[None], X, 1),
        lambda m: m.polyfit(X, X, 1, w=X[1:]),
        lambda m: m.polyfit(X[:2], X[:2], 1, cov=True),
        lambda m: m.polyder([1], -1),
        lambda m: m.polyint([1], -1),
        lambda m: m.polyint([1], 3, [1, 2]),
        lambda m: m.poly([[1, 2]]),
    ],
)
def test_errors(bad):
    with pytest.raises((ValueError, TypeError)) as theirs:
        bad(np)
    with pytest.raises(type(theirs.value)) as ours:
        bad(mt)
    assert str(ours.value) == str(theirs.value)


def test_polyfit_warns_of_too_few_points():
    with pytest.warns(RuntimeWarning, match="poorly conditioned"):
        mt.polyfit([1.0, 1.0], [1.0, 1.0], 2)
