"""The methods of every row of two values, `reduce` to `outer`, for every kind and layout, against NumPy."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, values

ROWS = {row.__name__: row for row in mt.ufuncs() if row.nin == 2 and row.nout == 1}
# Functions whose values both sides may round in another way, step after step.
ROUGH = {
    "power",
    "float_power",
    "arctan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "add",
    "multiply",
    "divide",
    "nextafter",
    "subtract",
}
# NumPy's own answer for these depends on the code path: an integer divided by 0, a shift by too much.
SMALL = {"power", "float_power", "left_shift", "right_shift", "ldexp", "lcm", "gcd"}


# NumPy 2.4's vector loops of these read values ahead of the results that they depend on, so that its methods give wrong
# values. Here they are compared with one call after the other.
BROKEN = {"power", "float_power", "arctan2"}


class Stepwise:
    """The methods of a NumPy ufunc by calls on slices, one after the other."""

    def __init__(self, ufunc):
        self.ufunc = ufunc
        self.outer = ufunc.outer

    def reduce(self, x, axis):
        if axis is None or x.ndim == 0 or x.shape[axis] == 0:
            return self.ufunc.reduce(x, axis=axis)
        return self.accumulate(x, axis).take(-1, axis)

    def accumulate(self, x, axis):
        if x.ndim == 0 or x.shape[axis] == 0:
            return self.ufunc.accumulate(x, axis=axis)
        steps = [x.take(0, axis).astype(self.ufunc(x[:1], x[:1]).dtype)]
        for i in range(1, x.shape[axis]):
            steps.append(self.ufunc(steps[-1], x.take(i, axis)))
        return np.stack(steps, axis)

    def reduceat(self, x, places, axis):
        if x.ndim == 0 or x.shape[axis] == 0:
            return self.ufunc.reduceat(x, places, axis=axis)
        ends = [max(stop, start + 1) for start, stop in zip(places, [*places[1:], x.shape[axis]], strict=True)]
        parts = [self.reduce(x.take(range(*pair), axis), axis) for pair in zip(places, ends, strict=True)]
        return np.stack(parts, axis)


def reference(name):
    """The ufunc of NumPy, its methods mended where they need it."""
    return Stepwise(getattr(np, name)) if name in BROKEN else getattr(np, name)


def quiet(call, *args, **kwargs):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*args, **kwargs)
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            return error


def close(name, ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if theirs.dtype.kind in "fc" and (name in ROUGH or theirs.dtype == np.float16):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        # NumPy keeps float16 wider from step to step in some of its loops; here each step is rounded.
        bound = 0.02 if theirs.dtype == np.float16 else 256 * np.finfo(theirs.dtype).eps
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound)
    else:
        same(ours, theirs, zeros=False)


def compare(name, method, x, *args, **kwargs):
    theirs = quiet(getattr(reference(name), method), x, *args, **kwargs)
    args = [mt.asarray(a) if isinstance(a, np.ndarray) else a for a in args]
    kwargs = {key: mt.asarray(a) if isinstance(a, np.ndarray) else a for key, a in kwargs.items()}
    ours = quiet(getattr(ROWS[name], method), mt.asarray(x), *args, **kwargs)
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"NumPy raises {theirs!r}, Metes returns {ours}"
        assert isinstance(theirs, type(ours)) or isinstance(ours, type(theirs)), f"NumPy {theirs!r}, Metes {ours!r}"
        return
    assert not isinstance(ours, Exception), f"Metes raises {ours!r}, NumPy returns {theirs!r}"
    close(name, ours, theirs)


def operand(name, kind):
    """Values that can be folded without overflow or values that are the C library's choice."""
    x = values(kind)
    if x.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            x = np.where(np.isfinite(x) & (np.abs(x) < 3) & (np.abs(x) > 0.1), x, x.dtype.type(1.5))
    elif name in SMALL and x.dtype.kind in "iu":
        x = np.abs(x % np.array(4, x.dtype)) + np.array(1, x.dtype)
    elif name in ("floor_divide", "remainder", "fmod") and x.dtype.kind in "iu":
        x = np.where(x == 0, np.array(3, x.dtype), x)
    return x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_rows(name, kind):
    x = operand(name, kind)
    for label, layout in LAYOUTS.items():
        laid = layout(x)
        for axis in (0, 1) if label != "zero_d" else (0,):
            if name != "ldexp":
                compare(name, "reduce", laid, axis=axis)
            compare(name, "accumulate", laid, axis=axis)
            compare(name, "reduceat", laid, [0, 2, 1, 1, 3], axis=axis)
    compare(name, "reduce", x, axis=None)
    compare(name, "outer", x[0], x[:, :2])


@given(data=st.data())
def test_reduce(data):
    """Any axes, masks, initial values, dtypes and outputs, over rows that cover both ways of folding."""
    name = data.draw(
        st.sampled_from(["add", "multiply", "maximum", "fmin", "logical_and", "bitwise_or", "subtract", "hypot"])
    )
    kind = data.draw(st.sampled_from(KINDS))
    x = np.stack([operand(name, kind)] * data.draw(st.integers(0, 2)) or [operand(name, kind)[:0]])
    x = x.transpose(data.draw(st.permutations(range(3))))[:: data.draw(st.sampled_from([1, -1, 2]))]
    axes = st.none() | st.integers(-3, 2) | st.sets(st.integers(0, 2)).map(tuple)
    kwargs = {"axis": data.draw(axes), "keepdims": data.draw(st.booleans())}
    if data.draw(st.booleans()):
        kwargs["initial"] = data.draw(st.sampled_from([None, 1, 0, 3]))
    if data.draw(st.booleans()):
        kwargs["where"] = np.random.default_rng(1).integers(0, 2, x.shape[1:]).astype(bool)
    if data.draw(st.booleans()):
        kwargs["dtype"] = data.draw(st.sampled_from(["int64", "float64", "complex128", "bool"]))
    compare(name, "reduce", x, **kwargs)


@given(data=st.data())
def test_long_axes(data):
    length = data.draw(st.sampled_from([1, 2, 63, 64, 1023, 1024, 1025, 2500]))
    name = data.draw(st.sampled_from(["maximum", "bitwise_xor", "subtract", "add", "gcd"]))
    x = np.random.default_rng(length).integers(-50, 50, (length, data.draw(st.sampled_from([1, 3, 70]))))
    x = x.astype(data.draw(st.sampled_from(["int32", "int64"])))
    x = data.draw(st.sampled_from([x, x.T, x[::-1], x[:, ::-1]]))
    axis = data.draw(st.integers(0, 1))
    compare(name, "reduce", x, axis=axis)
    compare(name, "accumulate", x, axis=axis)
    places = data.draw(st.lists(st.integers(0, x.shape[axis] - 1), max_size=9))
    compare(name, "reduceat", x, np.array(places, np.int64), axis=axis)


@pytest.mark.parametrize("name", ["add", "maximum", "subtract"])
@pytest.mark.parametrize("kind", ["int8", "float32", "float64"])
def test_out(name, kind):
    x = operand(name, kind)
    row, theirs = ROWS[name], getattr(np, name)
    # NumPy rounds to an integer `out` between the steps.
    for wanted in ("int64", "float32", "float64", "int16") if kind == "int8" else ("float32", "float64"):
        calls = [("reduce", (), x.shape[1:]), ("accumulate", (), x.shape), ("reduceat", ([0, 3],), (2, *x.shape[1:]))]
        for method, args, shape in calls:
            expected, out = np.empty(shape, wanted), mt.empty(shape, dtype=wanted)
            getattr(theirs, method)(x, *args, out=expected)
            assert getattr(row, method)(mt.asarray(x), *args, out=out) is out
            close(name, out, expected)
            assert getattr(row, method)(mt.asarray(x), *args, out=(out,)) is out
        with pytest.raises(ValueError):
            row.reduce(mt.asarray(x), out=mt.empty(x.shape[1] + 1))
        with pytest.raises(ValueError):
            row.accumulate(mt.asarray(x), out=mt.empty((9, 9)))


@pytest.mark.parametrize("axis", [0, 1])
def test_accumulate_over_itself(axis):
    """`out=` may be the operand, or overlap it in any way."""
    for shift in (slice(None), slice(None, None, -1)):
        x = np.arange(30.0).reshape(5, 6)
        ours = mt.array(x)
        expected = np.add.accumulate(x[shift].copy(), axis=axis)
        mt.add.accumulate(ours[shift], axis=axis, out=ours)
        np.testing.assert_array_equal(ours, expected)
    ours = mt.arange(8)
    mt.add.accumulate(ours[:-1], out=ours[1:])
    np.testing.assert_array_equal(ours, [0, 0, 1, 3, 6, 10, 15, 21])
    mt.add.reduceat(ours, [0, 2, 4, 5], out=ours[::2])
    np.testing.assert_array_equal(np.asarray(ours)[::2], [0, 4, 6, 46])


def test_errors():
    x = mt.ones((2, 3))
    for call, error in [
        (lambda: mt.sin.reduce(x), ValueError),
        (lambda: mt.divmod.accumulate(x), ValueError),
        (lambda: mt.sin.outer(x, x), ValueError),
        (lambda: mt.add.accumulate(x, axis=None), ValueError),
        (lambda: mt.add.accumulate(x, axis=(0, 1)), ValueError),
        (lambda: mt.add.accumulate(mt.asarray(1)), TypeError),
        (lambda: mt.add.reduceat(mt.asarray(1), [0]), TypeError),
        (lambda: mt.add.reduceat(x, [2]), IndexError),
        (lambda: mt.add.reduceat(x, [-1]), IndexError),
        (lambda: mt.add.reduceat(x, 1), ValueError),
        (lambda: mt.add.reduce(x, axis=2), mt.AxisError),
        (lambda: mt.add.reduce(x, axis=(0, 0)), ValueError),
        (lambda: mt.maximum.reduce(mt.ones((0, 2))), ValueError),
        (lambda: mt.maximum.reduce(x, where=[True, False, True]), ValueError),
        (lambda: mt.power.reduce(mt.asarray([2, -1])), ValueError),
        (lambda: mt.add.reduce(mt.lazy(x)), TypeError),
    ]:
        with pytest.raises(error):
            call()
    with pytest.raises(ValueError, match="'subtract' is not reorderable"):
        mt.subtract.reduce(x, axis=(0, 1))
    assert mt.maximum.reduce(mt.ones((0, 2)), axis=1).shape == (0,)


def test_attributes():
    for name, row in ROWS.items():
        theirs = getattr(np, name)
        assert row.identity == theirs.identity and type(row.identity) is type(theirs.identity), name
        assert row.ntypes == len(row.types) and row.signature is None
    assert mt.sin.identity is None


def test_signature():
    for args, kwargs in [
        ((1.0, 2), {"signature": "dd->d"}),
        ((np.float32(1), 2), {"signature": (None, None, "f8")}),
        ((np.arange(3), 2), {"signature": ("f4", "f4", None), "casting": "unsafe"}),
        ((np.arange(3), 2), {"signature": "bb->b", "casting": "unsafe"}),
        ((np.arange(3), 2), {"signature": "bb->b"}),
        ((1, 2), {"signature": "d"}),
        ((1, 2), {"signature": ("d", "d")}),
        ((1, 2), {"signature": "dd->d", "dtype": "f8"}),
        ((1, 2), {"signature": "dd->l"}),
        ((1, 2), {"subok": False}),
    ]:
        theirs, ours = quiet(np.add, *args, **kwargs), quiet(mt.add, *map(mt.asarray, args), **kwargs)
        if isinstance(theirs, Exception):
            assert isinstance(ours, type(theirs)) or isinstance(theirs, type(ours)), f"{theirs!r}, {ours!r}"
        else:
            same(ours, theirs)
    same(mt.less(1, 2, signature="dd->?"), np.less(1, 2, signature="dd->?"))


def test_reduce_where_the_operands_differ():
    """NumPy folds integers by ldexp as if there were two of them."""
    same(mt.ldexp.reduce(mt.asarray([3, 2, 4])), np.ldexp(np.ldexp(3.0, 2), 4))


def test_outer():
    for a, b in [(2, [1, 2]), ([1.5, 2], 3), (np.ones((2, 0)), [1]), (np.arange(6).reshape(2, 3), np.arange(4.0))]:
        same(mt.multiply.outer(a, b), np.multiply.outer(a, b))
    same(mt.divmod.outer([7, 8], [2, 3])[1], np.divmod.outer([7, 8], [2, 3])[1])
    out = mt.empty((2, 3))
    assert mt.add.outer([1, 2], [1, 2, 3], out=out) is out
    same(out, np.add.outer([1, 2], [1.0, 2, 3]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "logical_xor", "divide"])
def test_at(name, kind):
    """Repeated indices count repeatedly, whatever the dtypes; rows of arrays with more axes likewise."""
    x = operand(name, kind)
    for index in ([0, 2, 2, -1], [[0, 0], [1, 3]], slice(1, 4), 2, (slice(None), 1), []):
        for b in (x[1, 1], 2, np.float32(1.5)):
            for laid in (x[:, 0].copy(), x[:, ::2], x[::-1]):
                if isinstance(index, tuple) and laid.ndim == 1:
                    continue
                theirs, ours = laid.copy(), mt.array(laid)
                index = np.array(index, int) if isinstance(index, list) else index
                failed = quiet(getattr(np, name).at, theirs, index, b)
                outcome = quiet(ROWS[name].at, ours, mt.asarray(index) if isinstance(index, np.ndarray) else index, b)
                assert (failed is None) == (outcome is None), f"NumPy {failed!r}, Metes {outcome!r}"
                if failed is None:
                    close("add", ours, theirs)


def test_at_errors_and_overlap():
    x = mt.arange(4)
    with pytest.raises(IndexError, match="4"):
        mt.add.at(x, [0, 4], 1)
    same(x, np.arange(4))
    with pytest.raises(ValueError):
        mt.add.at(x, [0])
    with pytest.raises(ValueError):
        mt.negative.at(x, [0], 1)
    with pytest.raises(ValueError):
        mt.divmod.at(x, [0], 1)
    mt.negative.at(x, [1, 2, 2])
    same(x, [0, -1, 2, 3])
    mt.add.at(x, [0, 0, 1, 1], x)
    same(x, [-1, 4, 2, 3])


def test_numpy_calls_the_methods():
    a = mt.arange(6).reshape(2, 3)
    for result in (np.add.reduce(a, axis=1), np.add.accumulate(a), np.add.outer(a, [1]), np.add.reduceat(a, [0, 1])):
        assert isinstance(result, mt.Array)
    same(np.add.reduce(a, axis=1, keepdims=True), [[3], [12]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "nancumsum", "nancumprod"])
def test_cumulative(name, kind):
    x = operand("add", kind)
    if x.dtype.kind in "fc":
        x[1, 2] = np.nan
    for label, layout in LAYOUTS.items():
        for axis in (None, 0, -1) if label != "zero_d" else (None, 0):
            for dtype in (None, "float64") if kind != "complex64" else (None,):
                kwargs = {"axis": axis, "dtype": dtype}
                if kind == "complex128" and dtype:
                    continue
                theirs = quiet(getattr(np, name), layout(x), **kwargs)
                ours = quiet(getattr(mt, name), mt.asarray(layout(x)), **kwargs)
                assert not isinstance(ours, Exception), ours
                close("multiply", ours, theirs)
    if "nan" not in name:
        close("multiply", getattr(mt.asarray(x), name)(axis=1), getattr(x, name)(axis=1))


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_cumulative_of_the_standard(name):
    ours, theirs = getattr(mt, name), getattr(np, name)
    for kind in KINDS:
        x = operand("add", kind)
        for initial in (False, True):
            for axis in (0, 1):
                close(
                    "multiply",
                    ours(mt.asarray(x.T), axis=axis, include_initial=initial),
                    theirs(x.T, axis=axis, include_initial=initial),
                )
            close("multiply", ours(mt.asarray(x[0]), include_initial=initial), theirs(x[0], include_initial=initial))
    out = mt.empty((7, 5))
    assert ours(mt.ones((6, 5)), axis=0, include_initial=True, out=out) is out
    with pytest.raises(ValueError):
        ours(mt.ones((2, 2)))


def test_cumulative_over_itself():
    x = mt.arange(6).reshape(2, 3)
    mt.cumsum(x.T, axis=0, out=x.T)
    np.testing.assert_array_equal(x, [[0, 1, 3], [3, 7, 12]])
    flat = mt.asarray(np.array([1.0, np.nan, 2]))
    mt.nancumsum(flat, out=flat)
    np.testing.assert_array_equal(flat, [1, 1, 3])


@pytest.mark.parametrize(
    "call",
    [
        lambda a: mt.cumsum(a.T),
        lambda a: mt.cumsum(a, axis=0, dtype="float64"),
        lambda a: mt.nancumsum(a.T, axis=1),
        lambda a: mt.cumulative_sum(a, axis=1, include_initial=True),
        lambda a: mt.hypot.accumulate(a, axis=1),
    ],
)
def test_cumulative_takes_no_more_than_its_result(call):
    a = mt.ones((500, 400), dtype="float32")
    with mt.memory.budget("1 GiB") as run:
        result = call(a)
    assert run.peak_bytes <= result.nbytes + 2**15
