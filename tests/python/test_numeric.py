"""Differences, slopes, areas, interpolation, convolution, rounding, closeness against NumPy; functions over arrays."""

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, same, values
from test_statistics import close, compare, quiet, tame


@pytest.mark.parametrize("kind", KINDS)
def test_differences(kind):
    x = tame(kind)
    for label, layout in LAYOUTS.items():
        for axis in (0, -1) if label != "zero_d" else (0,):
            for n in (0, 1, 2, 3):
                compare("diff", layout(x), n, axis=axis)
    compare("diff", x, prepend=x[:, :2], append=x[:, :1])
    compare("diff", x, axis=0, prepend=x[1, 1], append=x[:3])
    compare("diff", x, 2, prepend=np.float64(3), append=x[:, :1])
    compare("diff", x, prepend=x[:2])
    compare("diff", x, -1)
    if kind != "bool":
        compare("ediff1d", x)
        compare("ediff1d", x, to_begin=x[0], to_end=x[0, :1])
        compare("ediff1d", x[:0])
    compare("ediff1d", np.arange(3), to_end=1.5)


@pytest.mark.parametrize("kind", ["int32", "float32", "float64", "complex64", "complex128"])
def test_gradient(kind):
    x = tame(kind)
    for order in (1, 2):
        compare("gradient", x, edge_order=order)
        compare("gradient", x, 2.0, edge_order=order)
        compare("gradient", x, 2.0, 0.5, edge_order=order)
        compare("gradient", x, np.array([0.0, 1, 3, 4, 4.5, 7]), np.array([0, 1.0, 2, 4, 8]), edge_order=order)
        compare("gradient", x, axis=1, edge_order=order)
        compare("gradient", x, axis=(1, 0), edge_order=order)
        compare("gradient", x[0], np.array([0, 1.0, 2, 4, 8]), edge_order=order)
        compare("gradient", x[:2, 0], edge_order=order)
    compare("gradient", x, edge_order=3)
    compare("gradient", x, 1.0, 2.0, 3.0)
    compare("gradient", x, np.arange(4.0), axis=0)


@pytest.mark.parametrize("kind", KINDS)
def test_trapezoid(kind):
    x = tame(kind)
    for axis in (0, -1):
        compare("trapezoid", x, axis=axis)
        compare("trapezoid", x, dx=0.5, axis=axis)
        compare("trapezoid", x, np.arange(x.shape[axis]) ** 2.0, axis=axis)
    compare("trapezoid", x, np.arange(30.0).reshape(6, 5) % 4)


def test_interp():
    x = np.array([[-1.0, 0, 0.3], [np.nan, 2.5, 9], [3, np.inf, -np.inf]])
    xp, fp = np.array([0, 1.0, 2, 3]), np.array([1.0, -1, 5, 2])
    compare("interp", x, xp, fp)
    compare("interp", x[::-1, ::2], xp, fp, left=-7, right=np.nan)
    compare("interp", x, xp, fp * 1j + 2)
    compare("interp", x, xp, fp, left=1j)
    compare("interp", x[0], np.array([190, -190, 350, -350.0]), np.array([5, 10, 3, 4.0]), period=360)
    compare("interp", 1.5, [1, 2, 3], [3, 2, 0])
    compare("interp", x, xp, fp[:3])
    compare("interp", x, xp[:0], fp[:0])
    compare("interp", x, xp, fp, period=0)
    compare("interp", np.linspace(-1, 4, 20_000), xp, fp)
    compare("interp", 0.5, [0.0, 1.0], [np.inf, np.inf])


@pytest.mark.parametrize("kind", KINDS)
def test_convolution(kind):
    x = tame(kind).ravel()
    for n, m in [(7, 3), (3, 7), (4, 4), (1, 5), (6, 2), (2, 6), (1, 1)]:
        for mode in ("full", "same", "valid"):
            for name in ("convolve", "correlate"):
                a, v = x[:n], x[10 : 10 + m]
                ours, theirs = getattr(mt, name)(mt.asarray(a), mt.asarray(v), mode), getattr(np, name)(a, v, mode)
                ours, theirs = np.asarray(ours), np.asarray(theirs)
                assert ours.dtype == theirs.dtype
                if theirs.dtype.kind in "fc":
                    bound = 64 * np.finfo(theirs.dtype).eps
                    np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound * 16)
                else:
                    np.testing.assert_array_equal(ours, theirs)
    compare("convolve", x[:0], x)
    compare("convolve", x.reshape(6, 5), x)
    compare("convolve", x, x, "some")


@pytest.mark.parametrize("kind", KINDS)
def test_rounding(kind):
    x = values(kind)
    for decimals in (0, 1, 2, -1):
        if kind == "bool" and decimals:
            continue
        theirs, ours = quiet(np.round, x, decimals), quiet(mt.around, mt.asarray(x), decimals)
        if kind in ("int64", "uint64") and decimals < 0:
            x = tame(kind)
            theirs, ours = np.round(x, decimals), mt.around(mt.asarray(x), decimals)
        close(ours, theirs)
        close(mt.asarray(x).round(decimals), theirs)
    compare("fix", x)


@pytest.mark.parametrize("kind", KINDS)
def test_nan_to_num(kind):
    x = values(kind)
    if x.dtype.kind == "c":
        x[0, 0], x[1, 1], x[2, 2] = np.nan + 1j, complex(np.inf, -np.inf), complex(2, np.nan)
    for layout in LAYOUTS.values():
        same(mt.nan_to_num(mt.asarray(layout(x))), np.nan_to_num(layout(x)))
    same(mt.nan_to_num(mt.asarray(x), nan=3, posinf=7, neginf=-1.5), np.nan_to_num(x, nan=3, posinf=7, neginf=-1.5))
    ours = mt.array(x)
    assert mt.nan_to_num(ours, copy=False) is ours
    same(ours, np.nan_to_num(x))


@pytest.mark.parametrize("kind", KINDS)
def test_angles(kind):
    x = tame(kind)
    compare("angle", x)
    compare("angle", x, deg=True)
    same(mt.real_if_close(mt.asarray(x)), np.real_if_close(x))
    near = x.real + (1e-15j if np.dtype(kind) == np.complex128 else 0)
    same(mt.real_if_close(mt.asarray(near)), np.real_if_close(near))
    same(mt.real_if_close(mt.asarray(near), tol=1e-30), np.real_if_close(near, tol=1e-30))


def test_unwrap():
    x = np.random.default_rng(0).uniform(-10, 10, (7, 9))
    for axis in (0, 1):
        for laid in (x, x.T.copy().T, x[::-1], x.astype("float32"), (x * 9).astype(int)):
            compare("unwrap", laid, axis=axis)
        compare("unwrap", x, discont=5, axis=axis)
        compare("unwrap", x, axis=axis, period=4.0)
    compare("unwrap", np.array([0, np.pi, -np.pi, 0]))
    compare("unwrap", x[:0])
    compare("unwrap", x[:1], axis=0)


@pytest.mark.parametrize("kind", KINDS)
def test_clip(kind):
    x = tame(kind)
    low, high = x.dtype.type(1), x[0]
    for bounds in [(low, high), (low, None), (None, high), (high, low), (0, 1), (None, None)]:
        compare("clip", x, *bounds)
        compare("clip", x, min=bounds[0], max=bounds[1])
        if bounds[0] is bounds[1] is None and kind == "bool":
            continue
        close(mt.asarray(x).clip(*map(mt_or_none, bounds)), np.clip(x, *bounds))
    if kind == "bool":
        return
    out = mt.empty_like(mt.asarray(x))
    assert mt.clip(mt.asarray(x), 0, 1, out=out) is out
    close(out, np.clip(x, 0, 1, out=np.empty_like(x)))
    compare("clip", x, 1, 2, max=3)


def mt_or_none(bound):
    return bound if bound is None or isinstance(bound, int) else mt.asarray(bound)


@pytest.mark.parametrize("kind", KINDS)
def test_closeness(kind):
    x = values(kind)
    y = x.copy()
    if x.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            y = (x * (1 + np.arange(30).reshape(6, 5) % 3 * x.dtype.type(6e-6))).astype(kind)
    for layout in LAYOUTS.values():
        for equal_nan in (False, True):
            same(
                mt.isclose(mt.asarray(layout(x)), mt.asarray(layout(y)), equal_nan=equal_nan),
                np.isclose(layout(x), layout(y), equal_nan=equal_nan),
            )
            args = (layout(x), layout(x))
            assert mt.allclose(*map(mt.asarray, args), equal_nan=equal_nan) is np.allclose(*args, equal_nan=equal_nan)
            assert mt.array_equal(*map(mt.asarray, args), equal_nan=equal_nan) is np.array_equal(
                *args, equal_nan=equal_nan
            )
    same(mt.isclose(mt.asarray(x), 1), np.isclose(x, 1))
    same(
        mt.isclose(1.0, mt.asarray(x), rtol=0.5, atol=mt.asarray(y[0] * 0 + 1)),
        np.isclose(1.0, x, rtol=0.5, atol=y[0] * 0 + 1),
    )


def test_equality_of_shapes():
    for a, b in [((2, 3), (3,)), ((2, 3), (2, 3)), ((2, 3), (2,)), ((), ()), ((0, 2), (0, 2)), ((1,), (3,))]:
        a, b = np.ones(a), np.ones(b)
        assert mt.array_equal(a, b) is np.array_equal(a, b)
        assert mt.array_equiv(a, b) is np.array_equiv(a, b)
    assert mt.allclose(1.0, 1.0 + 1e-9) is True
    assert mt.isclose(np.inf, np.inf).item() is True
    assert mt.array_equal([1, 2], [[1], [2, 3]]) is False
    with pytest.raises(ValueError):
        mt.allclose(mt.ones(2), mt.ones(3))


def test_vectorize():
    def larger(a, b=1):
        """The larger one."""
        return a if a > b else b

    for args in [([1, 5], [3, 4]), ([[1], [2]], [1.5, 0]), (3, 4), ([1, 2],)]:
        same(mt.vectorize(larger)(*args), np.vectorize(larger)(*args))
    ours, theirs = mt.vectorize(larger, otypes=[float]), np.vectorize(larger, otypes=[float])
    same(ours([1, 2], b=2), theirs([1, 2], b=2))
    same(ours(mt.ones((0, 2))), theirs(np.ones((0, 2))))
    assert ours.__doc__ == "The larger one." and ours.__name__ == "larger"
    two = mt.vectorize(lambda a: (a, a * 0.5))([1, 2])
    same(two[1], np.array([0.5, 1]))
    power = mt.vectorize(lambda p, x: p[0] + x, excluded=[0])
    same(power([10, 20], [1, 2]), np.array([11, 12]))
    same(
        mt.vectorize(lambda a, b: a.sum() + b.sum(), signature="(n),(m)->()")(np.ones((2, 3)), np.ones(4)),
        np.array([7.0, 7.0]),
    )
    same(mt.vectorize(lambda a: a[::-1], signature="(n)->(n)")([[1, 2], [3, 4]]), np.array([[2, 1], [4, 3]]))
    with pytest.raises(ValueError):
        mt.vectorize(larger)(mt.ones(0), 1)
    with pytest.raises(ValueError):
        mt.vectorize(larger, signature="(n->()")

    @mt.vectorize
    def half(a):
        return a / 2

    same(half([1, 2]), np.array([0.5, 1.0]))


def test_apply_along_and_over_axes():
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in (0, 1, -1):
        same(mt.apply_along_axis(lambda v: v[::-1], axis, x), np.apply_along_axis(lambda v: v[::-1], axis, x))
        same(mt.apply_along_axis(mt.sum, axis, x), np.apply_along_axis(np.sum, axis, x))
        same(
            mt.apply_along_axis(lambda v: mt.outer(v, v) if hasattr(mt, "outer") else mt.multiply.outer(v, v), axis, x),
            np.apply_along_axis(lambda v: np.multiply.outer(v, v), axis, x),
        )
    same(mt.apply_over_axes(mt.sum, x, (0, 2)), np.apply_over_axes(np.sum, x, (0, 2)))
    with pytest.raises(ValueError):
        mt.apply_along_axis(mt.sum, 3, x)
