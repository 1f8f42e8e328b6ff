"""Every row of the table of reductions against NumPy: axes, keepdims, dtypes, where, out, degrees of freedom."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, values

NAMES = [row.__name__ for row in mt.reductions()]
AXES = [None, 0, 1, -1, (0, 1), ()]
INDEX = {"argmin", "argmax"}
# Kinds in which a few thousand values between -50 and 50 can be summed; NumPy overflows in float16.
WIDE = [kind for kind in KINDS[4:] if kind != "float16"]
# Sums are pairwise on both sides but over another tree; float16 and float32 means accumulate wider here or there.
ULPS = dict.fromkeys(["sum", "prod", "mean", "var", "std"], 16)


def quiet(call, *args, **kwargs):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*args, **kwargs)
        except (TypeError, ValueError) as error:
            return error


def compare(name, x, *, terms=1, **kwargs):
    theirs = quiet(getattr(np, name), x, **kwargs)
    ours = quiet(getattr(mt, name), mt.asarray(x), **kwargs)
    if isinstance(theirs, Exception):
        assert isinstance(ours, (TypeError, ValueError)), f"NumPy raises {theirs!r}, Metes returns {ours}"
        return
    assert not isinstance(ours, Exception), f"Metes raises {ours!r}, NumPy returns {theirs!r}"
    approximately(ours, theirs, name, terms)


def approximately(ours, theirs, name, terms=1):
    theirs = np.asarray(theirs)
    bound = ULPS.get(name, 0)
    if bound and theirs.dtype.kind in "fc":
        ours = np.asarray(ours)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        # Cancellation: the error of a sum is relative to the sum of the magnitudes, here up to 30 values of about 4.
        # Along the first axis NumPy adds one value after the other, so its own error grows with their number.
        bound = max(bound, terms)
        eps = np.finfo(theirs.dtype).eps
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(ours, theirs, rtol=bound * eps, atol=bound * eps * 128)
    else:
        same(ours, theirs)


def finite(kind, name=None):
    """Values whose sums do not overflow: what is compared is arithmetic, not the order of infinities.

    Integers keep their extremes, except for what is computed in floats.
    """
    x = values(kind)
    if x.dtype.kind in "fc" or (x.dtype.kind in "iu" and name in ("mean", "var", "std")):
        with np.errstate(all="ignore"):
            x = np.where(np.isfinite(x) & (np.abs(x) < 100) & (np.abs(x) >= 0), x, x.dtype.type(1.5))
    return x


def axes_of(name):
    return [a for a in AXES if not (name in INDEX and isinstance(a, tuple))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_row(name, kind):
    x = finite(kind, name)
    for label, layout in LAYOUTS.items():
        for axis in axes_of(name) if label != "zero_d" else [None]:
            for keepdims in (False, True):
                compare(name, layout(x), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["min", "max", "argmin", "argmax", "any", "all"])
def test_nan_and_signed_zero(name, kind):
    for row in ([1, np.nan, 0], [np.nan, np.nan, 1], [0.0, -0.0, 0.0], [-0.0, 0.0], [np.inf, -np.inf]):
        x = np.array(row, kind)
        result, expected = np.asarray(getattr(mt, name)(mt.asarray(x))), getattr(np, name)(x)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std"])
def test_dtype(name):
    for kind in KINDS:
        for wanted in ("float64", "complex128") + (("int64", "float32") if name in ("sum", "prod") else ()):
            if np.can_cast(kind, wanted, "same_kind"):
                compare(name, finite(kind, name), axis=0, dtype=wanted)


@pytest.mark.parametrize("name", ["sum", "prod", "any", "all", "mean"])
def test_where(name):
    mask = values("bool")
    mask[0] = True
    for kind in KINDS:
        x = finite(kind)
        theirs = quiet(getattr(np, name), x, axis=0, where=mask)
        approximately(getattr(mt, name)(mt.asarray(x), axis=0, where=mt.asarray(mask)), theirs, name)


@pytest.mark.parametrize("name", ["min", "max"])
def test_where_needs_an_initial_value(name):
    x, mask = mt.asarray(finite("float64")), mt.asarray(values("bool"))
    with pytest.raises(ValueError, match=r"initial|identity"):
        getattr(mt, name)(x, where=mask)


@pytest.mark.parametrize("name", ["sum", "prod", "min", "max"])
def test_initial(name):
    for kind in ("int16", "uint8", "float32", "float64", "complex64"):
        compare(name, finite(kind), axis=1, initial=3)
        compare(name, finite(kind)[:0], axis=0, initial=3)


@pytest.mark.parametrize("name", ["var", "std"])
def test_degrees_of_freedom(name):
    x = finite("float64")
    for correction in (0, 1, 1.5, 29):
        approximately(
            getattr(mt, name)(mt.asarray(x), correction=correction), getattr(np, name)(x, ddof=correction), name
        )
        approximately(getattr(mt, name)(mt.asarray(x), ddof=correction), getattr(np, name)(x, ddof=correction), name)


@pytest.mark.parametrize("name", NAMES)
def test_out(name):
    x = mt.asarray(finite("float64"))
    plain = getattr(mt, name)(x, axis=0)
    out = mt.empty_like(plain)
    assert getattr(mt, name)(x, axis=0, out=out) is out
    same(out, plain)


@pytest.mark.parametrize("name", ["min", "max", "argmin", "argmax"])
def test_nothing_has_no_extreme(name):
    with pytest.raises(ValueError):
        getattr(mt, name)(mt.empty((0, 3)), axis=0)
    assert getattr(mt, name)(mt.empty((0, 3)), axis=1).shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_axis_errors(name):
    reduce = getattr(mt, name)
    with pytest.raises(mt.AxisError, match=r"2"):
        reduce(mt.ones((2, 3)), axis=2)
    with pytest.raises(IndexError):
        reduce(mt.ones((2, 3)), axis=-3)
    if name not in INDEX:
        with pytest.raises(ValueError, match=r"duplicate"):
            reduce(mt.ones((2, 3)), axis=(0, 0))


@given(data=st.data())
def test_long_and_oddly_shaped(data):
    """Lengths around the leaves of the summation tree, any axes, any strides."""
    length = data.draw(st.sampled_from([1, 7, 8, 127, 128, 129, 255, 256, 257, 1000, 4097]))
    other = data.draw(st.integers(1, 3))
    name = data.draw(st.sampled_from(NAMES))
    x = np.random.default_rng(length).integers(-50, 50, (length, other)).astype(data.draw(st.sampled_from(WIDE)))
    x = x if name != "prod" else np.sign(x)
    x = x[:: data.draw(st.sampled_from([1, -1, 2]))]
    x = x.T if data.draw(st.booleans()) else x
    compare(name, x, terms=length, axis=data.draw(st.sampled_from(axes_of(name))))


def test_sum_does_not_depend_on_layout():
    """The same values in the same order give the same bits, however they lie in memory."""
    x = np.random.default_rng(1).normal(size=100_003)
    wide = np.zeros(2 * x.size)
    wide[::2] = x
    forms = [x, wide[::2], x[::-1].copy()[::-1], x.reshape(1, -1), x.reshape(-1, 1)]
    sums = {float(mt.sum(mt.asarray(form))) for form in forms}
    assert len(sums) == 1


def test_sum_is_pairwise():
    x = np.full(10_000_000, 0.1, np.float32)
    assert abs(float(mt.sum(mt.asarray(x))) - 1e6) < 1.0
