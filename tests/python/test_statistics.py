"""Averages, order statistics, NaN-skipping reductions, histograms and covariances against NumPy."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, values

REAL = [kind for kind in KINDS if not kind.startswith("complex")]
INEXACT = [kind for kind in KINDS if np.dtype(kind).kind in "fc"]
METHODS = [
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]


def quiet(call, *args, **kwargs):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*args, **kwargs)
        except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, RuntimeError) as error:
            return error


def to_metes(x):
    if isinstance(x, (list, tuple)) and any(isinstance(item, np.ndarray) for item in x):
        return type(x)(map(to_metes, x))
    return mt.asarray(x) if isinstance(x, np.ndarray) else x


def close(ours, theirs, dtype=True, like=np.float64):
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            close(our, their, like=like)
        return
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    if dtype:
        assert ours.dtype == theirs.dtype
    if theirs.dtype.kind in "fc":
        eps = max(np.finfo(theirs.dtype).eps, np.finfo(like).eps)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(ours, theirs, rtol=64 * eps, atol=64 * eps)
    else:
        np.testing.assert_array_equal(ours, theirs)


def compare(name, *args, **kwargs):
    """Asserts that Metes gives what NumPy gives, or raises where it raises."""
    theirs = quiet(getattr(np, name), *args, **kwargs)
    ours = quiet(getattr(mt, name), *map(to_metes, args), **{key: to_metes(x) for key, x in kwargs.items()})
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"NumPy raises {theirs!r}, Metes returns {ours}"
        return
    assert not isinstance(ours, Exception), f"Metes raises {ours!r}, NumPy returns {theirs!r}"
    floats = [x.dtype for x in args if isinstance(x, np.ndarray) and x.dtype.kind in "fc"]
    like = max(floats, key=lambda dtype: np.finfo(dtype).eps, default=np.float64)
    close(ours, theirs, like=like)


def tame(kind, nan=False):
    x = values(kind)
    if x.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            x = np.where(np.isfinite(x) & (np.abs(x) < 100), x, x.dtype.type(1.5))
        if nan:
            x[1, 2] = x[3, :] = x[0, 0] = np.nan
    elif x.dtype.kind in "iu":
        x = x % np.array(50, x.dtype)
    return x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmin", "nanmax", "nanmean", "nanvar", "nanstd"])
def test_reductions_without_nan(name, kind):
    x = tame(kind, nan=True)
    for label, layout in LAYOUTS.items():
        for axis in (None, 0, 1, (0, 1)) if label != "zero_d" else (None,):
            for keepdims in (False, True):
                compare(name, layout(x), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("name", ["nanargmin", "nanargmax"])
def test_places_without_nan(name):
    for kind in KINDS:
        x = tame(kind, nan=True)
        compare(name, x, axis=0)
        compare(name, x, axis=1)
        compare(name, np.delete(x, 3, 0), axis=1, keepdims=True)
        compare(name, x)


def test_reductions_without_nan_over_long_lanes():
    x = np.random.default_rng(0).normal(size=(3, 5000))
    x[np.random.default_rng(1).random(x.shape) < 0.3] = np.nan
    for name in ("nansum", "nanmin", "nanmean", "nanvar", "nanargmax", "nanmedian"):
        for axis in (None, 0, 1):
            for laid in (x, x[:, ::-1], np.asfortranarray(x)):
                compare(name, laid, axis=axis)
    compare("nanvar", x, axis=1, ddof=2)
    compare("nanstd", x, axis=0, ddof=1)
    compare("nansum", x, axis=1, where=np.arange(5000) % 2 == 0)
    compare("nanmax", x, axis=1, where=np.arange(5000) % 2 == 0, initial=0.5)


def test_empty_lanes_warn():
    x = mt.asarray(np.full((2, 3), np.nan))
    for name in ("nanmin", "nanmean", "nanvar"):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(getattr(mt, name)(x, axis=1)).all()
    with pytest.raises(ValueError, match="All-NaN"):
        mt.nanargmin(x)


@pytest.mark.parametrize("name", ["min", "max"])
def test_extremes_under_a_mask(name):
    for kind in REAL[1:]:
        compare(name, tame(kind), axis=0, initial=7, where=values("bool"))
        compare(name, tame(kind), initial=7, where=np.zeros((6, 5), bool))


@pytest.mark.parametrize("name", ["var", "std", "nanvar"])
def test_variance_about_a_mean(name):
    for kind in ("int16", "float32", "float64", "complex64", "complex128"):
        x = tame(kind)
        for axis in (0, 1, None):
            mean = np.mean(x, axis=axis, keepdims=True)
            compare(name, x, axis=axis, mean=mean)
            compare(name, x, axis=axis, mean=mean, ddof=1, keepdims=True)
        compare(name, x, axis=0, mean=np.mean(x, axis=0, keepdims=True), where=values("bool"))


@pytest.mark.parametrize("kind", KINDS)
def test_average_and_ptp(kind):
    x, w = tame(kind), np.arange(1.0, 31).reshape(6, 5)
    for axis in (None, 0, -1, (0, 1)):
        compare("average", x, axis=axis)
        compare("average", x, axis=axis, weights=w, returned=True, keepdims=True)
        if kind != "bool":
            compare("ptp", x, axis=axis)
    compare("average", x, axis=1, weights=w[0])
    compare("average", x, axis=1, weights=[1, 2, 3, 4, 0])
    compare("average", x, axis=0, weights=w[0])
    compare("average", x, weights=w * 0)
    compare("average", x, axis=(1, 0), weights=w.T)


@pytest.mark.parametrize("kind", REAL)
def test_median(kind):
    for x in (tame(kind), tame(kind)[:5], tame(kind, nan=True)):
        for label, layout in LAYOUTS.items():
            if kind == "bool" or label == "empty":
                continue
            for axis in (None, 0, 1, (0, 1)) if label != "zero_d" else (None,):
                for name in ("median", "nanmedian"):
                    compare(name, layout(x), axis=axis)
                    compare(name, layout(x), axis=axis, keepdims=True)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "float32", "float64"])
def test_quantile(kind, method):
    for x in (tame(kind), tame(kind, nan=True)):
        for q in (0.5, 0.0, 1.0, [0.1, 0.25, 0.5, 0.9], [[0.2, 0.6]]):
            for axis in (None, 0, -1):
                compare("quantile", x, q, axis=axis, method=method)
                compare("nanquantile", x, q, axis=axis, method=method)
        compare("percentile", x, [5, 50], axis=(0, 1), method=method, keepdims=True)


@given(data=st.data())
def test_quantiles_of_any_shape(data):
    shape = data.draw(
        st.sampled_from([(3, 4000), (4000, 3), (20, 30, 40), (1, 9000), (2, 2, 5000), (12000,), (100, 100)])
    )
    x = np.random.default_rng(sum(shape)).normal(size=shape)
    x = x.transpose(data.draw(st.permutations(range(x.ndim))))
    axis = data.draw(st.none() | st.integers(0, x.ndim - 1))
    compare("quantile", x, data.draw(st.sampled_from([0.3, [0.0, 0.99], [0.5, 0.25, 0.1]])), axis=axis)
    compare("median", x, axis=axis)


@pytest.mark.parametrize("kind", ["int8", "uint32", "int64", "uint64", "float16", "float32", "float64"])
def test_quantiles_of_a_long_lane(kind):
    """Found by counting: values near each other, far from each other, all equal, with NaN."""
    rng = np.random.default_rng(3)
    wide = rng.integers(0, 2**60, 20_001) if kind in ("int64", "uint64") else rng.normal(size=20_001) * 50
    for x in (wide.astype(kind), (wide % 3).astype(kind), np.ones(20_000, kind), np.arange(30_000).astype(kind)[::-1]):
        for name in ("median", "nanmedian"):
            compare(name, x)
        compare("quantile", x, [0.0, 0.25, 1.0, 0.75])
        compare("percentile", x, 30, method="lower")
        if kind.startswith("float"):
            holed = np.where(np.arange(x.size) % 5 == 0, np.nan, x).astype(kind)
            for name in ("median", "nanmedian"):
                compare(name, holed)
            compare("nanquantile", holed, [0.1, 0.9])
            compare("nanmedian", holed * np.nan)


@pytest.mark.parametrize("kind", ["int16", "float64"])
def test_weighted_quantile(kind):
    x, w = tame(kind), np.arange(30.0).reshape(6, 5) % 7
    for q in (0.5, [0.0, 0.2, 1.0]):
        compare("quantile", x, q, weights=w, method="inverted_cdf")
        compare("percentile", x, np.multiply(q, 100), axis=0, weights=w, method="inverted_cdf")
        compare("quantile", x, q, axis=1, weights=np.array([1, 2, 3, 4, 5]), method="inverted_cdf")
    compare("quantile", x, 0.5, weights=w)
    compare("quantile", x, 0.5, weights=-w, method="inverted_cdf")
    compare("quantile", x, 0.5, weights=w * 0, method="inverted_cdf")


def test_quantile_errors():
    x = np.arange(4.0)
    for q in (-0.1, 1.5, [0.5, np.nan]):
        compare("quantile", x, q)
    compare("percentile", x, 101)
    compare("quantile", x, 0.5, method="guess")
    compare("quantile", x + 1j, 0.5)
    compare("quantile", x, 0.5, axis=1)
    out = mt.empty(2)
    assert mt.quantile(mt.ones((3, 2)), 0.5, axis=0, out=out) is out


@pytest.mark.parametrize("kind", REAL[1:])
def test_histogram(kind):
    x = tame(kind)
    for layout in LAYOUTS.values():
        # NumPy finds the bins of float16 values in float16.
        for bins in (10, 1, 7, [0, 1, 5, 20], np.array([-3.5, 0, 0.25, 60]))[3 * (kind == "float16") :]:
            compare("histogram", layout(x), bins)
            # Edges of float16 and float32 are rounded in another order.
            if kind not in ("float16", "float32"):
                compare("histogram", layout(x), bins, density=True)
    if kind != "float16":
        compare("histogram", x, 5, range=(0, 10))
    w = np.arange(30.0).reshape(6, 5)
    for weights in (w, w.astype("float32"), w.astype("int64"), w + 1j):
        compare("histogram", x, [0, 1, 2, 9], weights=weights)
        compare("histogram", x, [0, 3, 6, 50], weights=weights)


@pytest.mark.parametrize("rule", ["auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt", "other"])
def test_bin_edges(rule):
    random = np.random.default_rng(3)
    for x in (random.normal(size=500), random.integers(0, 40, 300), np.ones(20), np.array([1.0, 2]), np.zeros(0)):
        compare("histogram_bin_edges", x, rule)
        compare("histogram_bin_edges", x, rule, range=(0, 2))
    compare("histogram", random.normal(size=500), rule)


def test_histogram_errors_and_ends():
    x = np.arange(10.0)
    for bins in (0, -1, [3, 2, 1], [[1, 2], [3, 4]], "sixteen"):
        compare("histogram", x, bins)
    compare("histogram", x, 5, range=(3, 1))
    compare("histogram", x, 5, range=(0, np.inf))
    compare("histogram", np.array([1.0, np.nan]), 5)
    compare("histogram", x, 5, weights=np.ones(3))
    compare("histogram", x, "auto", weights=np.ones(10))
    x = np.linspace(0, 1, 1001)
    for bins in (3, 10, 100, 999):
        compare("histogram", x, bins)
    compare("histogram", np.random.default_rng(0).normal(size=30_000), 50)


def test_histograms_in_more_dimensions():
    random = np.random.default_rng(5)
    points = random.normal(size=(400, 3))
    x, y = points[:, 0], points[:, 1]
    for bins in (4, [3, 5], [-1, 0, 2, 9], [np.array([-1.0, 0, 1]), 4], [[-1.0, 0, 1], [0, 1, 2, 3.0]]):
        compare("histogram2d", x, y, bins)
    compare("histogram2d", x, y, 4, density=True, weights=np.arange(400.0))
    compare("histogram2d", x, y, 4, range=[[-1, 1], [0, 2]])
    compare("histogramdd", points, 3)
    compare("histogramdd", points, (2, 3, 4), range=[(-1, 1), None, None], density=True)
    compare("histogramdd", [x, y], [2, 3])
    compare("histogramdd", points, (2, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_bincount(kind):
    x = np.abs(tame(kind)).ravel() if kind != "bool" else values(kind).ravel()
    compare("bincount", x)
    compare("bincount", x, minlength=70)
    compare("bincount", x, weights=np.arange(30.0))
    compare("bincount", x[::-2], np.arange(15))


def test_bincount_ends():
    for x in (np.zeros(0, int), np.array([-1, 2]), np.zeros((2, 2), int), np.array(3), [0, 5, 5]):
        compare("bincount", x)
    compare("bincount", np.arange(3), np.ones(4))
    compare("bincount", np.zeros(0, int), minlength=3)
    compare("bincount", np.arange(3), minlength=-1)
    compare("bincount", np.random.default_rng(0).integers(0, 300, 20_000))


@pytest.mark.parametrize("kind", KINDS)
def test_digitize(kind):
    x = tame(kind)
    for bins in ([0, 1, 2.5, 30], [30, 5, 5, -1], [1], [], [3, 1, 2], [1, 1, 1]):
        for right in (False, True):
            compare("digitize", x, np.array(bins, float), right=right)


@pytest.mark.parametrize("kind", KINDS)
def test_covariances(kind):
    x = tame(kind)
    for m in (x, x[0], x[:, ::-1], x.T):
        compare("cov", m)
        if m.ndim == 2:
            compare("corrcoef", m.astype("float64") + np.arange(m.size).reshape(m.shape) % 3)
            compare("cov", m, rowvar=False, bias=True)
    compare("cov", x[0], x[1])
    compare("cov", x, x[::-1], ddof=0)
    f, a = np.array([1, 2, 0, 3, 1]), np.array([0.5, 1, 2, 1, 3])
    compare("cov", x, fweights=f)
    compare("cov", x, aweights=a, ddof=0)
    compare("cov", x, aweights=a, fweights=f)
    compare("cov", x, aweights=-a)
    compare("cov", x, fweights=a)
    compare("cov", x, fweights=f[:3])
    compare("cov", x, dtype="float32" if x.dtype.kind != "c" else "complex64")


@pytest.mark.parametrize(
    ("call", "beside"),
    [
        (lambda a: mt.allclose(a, a), 0),
        (lambda a: mt.array_equal(a, a, equal_nan=True), 0),
        (lambda a: mt.isclose(a, a), 1 / 8),
        (lambda a: mt.nanmean(a), 0),
        (lambda a: mt.nanvar(a, axis=0), 0),
        (lambda a: mt.cov(a), 0),
        (lambda a: mt.median(a, axis=1), 0),
        (lambda a: mt.histogram(a, 20), 0),
        (lambda a: mt.average(a, axis=1, weights=a), 0),
        (lambda a: mt.clip(a, 0.2, 0.8), 1),
        (lambda a: mt.clip(a, 0.2, 0.8, out=a), 0),
        (lambda a: mt.round(a, 2), 1),
        (lambda a: mt.nan_to_num(a, copy=False), 0),
        (lambda a: mt.diff(a), 1),
        (lambda a: mt.gradient(a, axis=0), 1),
        (lambda a: mt.trapezoid(a), 0),
        (lambda a: mt.unwrap(a), 1),
        (lambda a: mt.interp(a, [0.0, 1.0], [1.0, 2.0]), 1),
    ],
)
def test_scratch_is_bounded(call, beside):
    """No more than blocks beside the result: fractions of the operand, which has a million bytes and more."""
    a = mt.asarray(np.random.default_rng(0).random((32, 6000)))
    with mt.memory.budget("1 GiB") as run:
        result = call(a)
    assert run.peak_bytes <= beside * a.nbytes + 300_000
    del result
