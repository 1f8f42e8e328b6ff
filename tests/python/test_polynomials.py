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


def plain(value):
    """A result as a form that both sides have."""
    if type(value).__name__ == "poly1d":
        return "poly1d", plain(value.coeffs), value.variable
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, (mt.Array, np.ndarray, np.generic)):
        return np.asarray(value)
    return value


def check_alike(ours, theirs):
    if isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            check_alike(*pair)
    else:
        assert ours == theirs


OBJECTS = {
    "sum": lambda m, p, q: p + q,
    "difference": lambda m, p, q: p - q,
    "product": lambda m, p, q: p * q,
    "quotient": lambda m, p, q: p / q,
    "with lists": lambda m, p, q: [p + [1, 2], [1, 2, 3] - p, [1, 2] * p],
    "with numbers": lambda m, p, q: [2 * p, p * 2, p / 2, p + 1, 1 - p],
    "power": lambda m, p, q: p**3,
    "signs": lambda m, p, q: [-p, +p],
    "equal": lambda m, p, q: [bool(p == p), bool(p != p), bool(p == p + 1), p == 3],
    "text": lambda m, p, q: [str(p), repr(p), str(m.poly1d(p, variable="zz"))],
    "values": lambda m, p, q: [p(2), p([1, 2.5]), p(q)],
    "calculus": lambda m, p, q: [p.integ(), p.integ(2, [1, 2]), p.deriv(), p.deriv(2)],
    "parts": lambda m, p, q: [len(p), list(p), p[0], p[1], p[50], p[-1], p.order, p.o, p.variable, p.c, p.coef],
    "functions": lambda m, p, q: [m.polyadd(p, [1]), m.polysub([1], p), m.polymul(p, q), m.polydiv(p, q)],
    "more functions": lambda m, p, q: [m.polyder(p), m.polyint(p), m.polyval(p, 3), m.polyval([1, 2], p)],
    "array": lambda m, p, q: m.asarray(p),
    "from zeros": lambda m, p, q: [m.poly1d([1, 2], r=True), m.poly1d(0), m.poly1d([0, 0])],
}
COEFFICIENTS = st.one_of(
    st.lists(st.integers(-3, 3), min_size=1, max_size=4),
    st.lists(st.sampled_from([0.0, 1.5, -2.25, 1e5]), min_size=1, max_size=4),
    st.lists(st.sampled_from([0, 1 + 2j, -3j, 2]), min_size=1, max_size=4),
    st.lists(st.integers(1, 9), min_size=30, max_size=30),
)


@pytest.mark.parametrize("name", OBJECTS)
@given(COEFFICIENTS, st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_objects(name, p, q):
    run = OBJECTS[name]
    with np.errstate(all="ignore"):
        theirs = plain(run(np, np.poly1d(p), np.poly1d(q)))
    check_alike(plain(run(mt, mt.poly1d(p), mt.poly1d(q))), theirs)


def test_objects_refuse():
    p = mt.poly1d([1, 2])
    for wrong in (lambda: p**-1, lambda: p**1.5, lambda: mt.poly1d([[1]])):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(AttributeError):
        p.coeffs = [1]
    with pytest.raises(ValueError, match="negative powers"):
        p[-1] = 2
    with pytest.raises(TypeError):
        hash(p)
    p[3], p[0] = 5, 9
    p.coeffs += 1
    assert p.coeffs.tolist() == [6, 1, 2, 10]
