"""What is computed with time, asked of both: arithmetic, reductions, order, ranges, days of business."""

import warnings

import metes as mt
import numpy as np
import pytest
from elements import alike
from hypothesis import given
from hypothesis import strategies as st


class On:
    """Spans and instants for one of the two."""

    def __init__(self, xp):
        self.xp = xp
        self.x, self.y = self.m([7, -7, "NaT", 0]), self.m([2, 2, 2, 0])
        self.t = self.A([True, True, False, True])

    def A(self, values, **how):
        return self.xp.array(values, **how)

    def m(self, values, unit="s"):
        return self.xp.array(np.array(values, f"m8[{unit}]"))

    def M(self, values, unit="D"):
        return self.xp.array(np.array(values, f"M8[{unit}]"))


CASES = {
    "a1": lambda o: o.x / o.y,
    "a2": lambda o: o.x // o.y,
    "a3": lambda o: o.x % o.y,
    "a4": lambda o: divmod(o.x, o.y),
    "a5": lambda o: o.x * 1.5,
    "a6": lambda o: o.x * o.A([1.9, np.nan, 2, 1]),
    "a7": lambda o: o.x / 2,
    "a8": lambda o: o.x / 2.5,
    "a9": lambda o: o.x // 2,
    "b1": lambda o: o.x // 2.5,
    "b2": lambda o: o.x % 2,
    "b3": lambda o: o.x / 0,
    "b4": lambda o: o.x / 0.0,
    "b5": lambda o: o.x / o.A([2, 2, 2, 2]),
    "b6": lambda o: 1.5 * o.x,
    "b7": lambda o: o.x * True,
    "b8": lambda o: o.x * o.A(np.array([1, 2, 3, 4], "u8")),
    "b9": lambda o: o.x / o.A(np.array([1, 2, 3, 4], "u8")),
    "c1": lambda o: 5 / o.x,
    "c2": lambda o: o.x / o.m([1, 1, 1, 1], "ms"),
    "c3": lambda o: o.x * o.x,
    "c4": lambda o: abs(o.x),
    "c5": lambda o: o.xp.sign(o.x),
    "c6": lambda o: o.xp.sum(o.x),
    "c7": lambda o: o.xp.sum(o.x[:2]),
    "c8": lambda o: o.xp.mean(o.x[:2]),
    "c9": lambda o: o.xp.mean(o.m([7, -8, 0, 0])),
    "d1": lambda o: o.xp.mean(o.m([-7, 0])),
    "d2": lambda o: o.xp.mean(o.x),
    "d3": lambda o: o.xp.median(o.m([1, 2, 4, 7])),
    "d4": lambda o: o.xp.median(o.m([-1, -2])),
    "d5": lambda o: o.xp.median(o.x),
    "d6": lambda o: o.xp.median(o.m([-1, -2, -5, -9])),
    "d7": lambda o: o.xp.cumsum(o.x),
    "d8": lambda o: o.xp.cumsum(o.x[:2]),
    "d9": lambda o: o.xp.std(o.x),
    "e1": lambda o: o.xp.var(o.x),
    "e2": lambda o: o.xp.prod(o.x),
    "e3": lambda o: o.xp.nansum(o.x),
    "e4": lambda o: o.xp.nanmean(o.x),
    "e5": lambda o: o.xp.nanmedian(o.x),
    "e6": lambda o: o.xp.ptp(o.x[:2]),
    "e7": lambda o: o.xp.ptp(o.M(["2020", "2021"], "Y")),
    "e8": lambda o: o.xp.diff(o.x),
    "f1": lambda o: o.xp.floor(o.x),
    "f2": lambda o: o.xp.rint(o.x),
    "f4": lambda o: o.x + 1,
    "f5": lambda o: o.x + 1.5,
    "f6": lambda o: o.xp.sum(o.x[:0]),
    "f7": lambda o: o.xp.mean(o.x[:0]),
    "f8": lambda o: o.xp.max(o.x[:0]),
    "f9": lambda o: o.xp.searchsorted(o.m([1, 2, 3]), 2),
    "g1": lambda o: o.xp.histogram(o.m([1, 2, 3]), bins=o.m([0, 2, 5])),
    "g2": lambda o: o.xp.histogram(o.m([1, 2, 3]), bins=2),
    "g3": lambda o: o.xp.histogram(o.M(["2020", "2022"], "Y"), bins=o.M(["2019", "2021", "2023"], "Y")),
    "g4": lambda o: o.xp.digitize(o.m([1, 2, 3]), o.m([2, 3])),
    "g5": lambda o: o.xp.interp(o.m([1]), o.m([0, 2]), [0, 1.0]),
    "g6": lambda o: o.xp.mean(o.M(["2020"], "Y")),
    "g7": lambda o: o.xp.median(o.M(["2020"], "Y")),
    "g8": lambda o: o.xp.sum(o.M(["2020"], "Y")),
    "g9": lambda o: o.xp.remainder(o.x, o.y),
    "h1": lambda o: o.xp.fmod(o.x, o.y),
    "h2": lambda o: o.xp.power(o.x, 2),
    "h3": lambda o: o.xp.logical_and(o.x, o.x),
    "h4": lambda o: o.xp.logical_not(o.x),
    "h5": lambda o: o.xp.sum(o.x, where=o.t),
    "h6": lambda o: o.xp.minimum(o.x, 3),
    "h7": lambda o: o.xp.add.reduce(o.x[:2]),
    "h8": lambda o: o.xp.maximum.accumulate(o.x),
    "h9": lambda o: o.xp.subtract.outer(o.x[:2], o.y[:2]),
    "i2": lambda o: o.xp.isfinite(o.x),
    "i3": lambda o: o.xp.isnat(o.x),
    "i4": lambda o: o.xp.isnat(o.A([1.0])),
    "i5": lambda o: o.xp.nanmin(o.x),
    "i6": lambda o: o.xp.nanmax(o.m(["NaT"])),
    "i7": lambda o: o.xp.nan_to_num(o.x),
    "i8": lambda o: o.xp.unique(o.m(["NaT", "NaT", 1])),
    "i9": lambda o: o.xp.isin(o.m(["NaT", 1]), o.m(["NaT", 1])),
    "j1": lambda o: o.x == 1,
    "j2": lambda o: o.x < 1,
    "j3": lambda o: o.M(["2020"], "Y") == 1,
    "j4": lambda o: o.M(["2020"], "Y") == "2020",
    "j5": lambda o: o.M(["2020"], "Y") == "abc",
    "j6": lambda o: o.x == "a",
    "j7": lambda o: o.A(["a"]) == 1,
    "j8": lambda o: o.A([b"a"]) == o.A(["a"]),
    "k1": lambda o: o.xp.min(o.x, where=o.t, initial=100),
    "k2": lambda o: o.xp.max(o.x),
    "k3": lambda o: o.xp.max(o.x[:2], keepdims=True),
    "k4": lambda o: o.xp.argmax(o.x),
    "k5": lambda o: o.xp.argmin(o.x),
    "k6": lambda o: o.xp.nanargmin(o.x),
    "k7": lambda o: o.xp.nanargmax(o.x),
    "k8": lambda o: o.xp.clip(o.x, -3, 3),
    "k9": lambda o: o.xp.clip(o.x, o.m(-3), o.m(3)),
    "l1": lambda o: o.xp.clip(o.M(["2020", "2021"], "Y"), o.M("2021", "Y"), None),
    "l2": lambda o: o.xp.fmax(o.x, o.y),
    "l3": lambda o: o.xp.fmin(o.x, o.y),
    "l4": lambda o: o.xp.quantile(o.m([1, 2, 3, 10]), 0.3),
    "l6": lambda o: o.xp.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]"),
    "l7": lambda o: o.xp.arange(o.M("2024-01-01"), o.M("2024-01-05")),
    "l8": lambda o: o.xp.arange(o.M("2024-01-01"), o.M("2024-01-09"), o.m(2, "D")),
    "l9": lambda o: o.xp.arange(o.m(0), o.m(10), o.m(3)),
    "m1": lambda o: o.xp.arange(o.m(5)),
    "m2": lambda o: o.xp.arange(o.M("2024-01"), o.M("2024-01-09")),
    "m3": lambda o: o.xp.linspace(o.M("2024-01-01"), o.M("2024-01-09"), 3),
    "m4": lambda o: o.xp.arange(0, 5, dtype="m8[s]"),
    "m5": lambda o: o.xp.arange(o.M("2024-01-01"), 5),
    "m6": lambda o: o.xp.arange("2024-01", "2024-04", dtype="M8[D]"),
    "m7": lambda o: o.A(["2024-01-01T12"], dtype="M8"),
    "m8": lambda o: o.xp.array(["2024-01", "2024-01-01T12:00"], dtype="datetime64"),
    "m9": lambda o: o.A(np.array(["2024-01-05", "x"], "U10"))[:1].astype("M8"),
    "n1": lambda o: o.A(["a", "b"]) + o.A(["xx", "y"]),
    "n2": lambda o: o.A(["a", "b"]) + "z",
    "n3": lambda o: "z" + o.A(["a", "b"]),
    "n4": lambda o: o.A(["a"]) + o.A([b"a"]),
    "n5": lambda o: o.A([1]) + o.A(["a"]),
    "n6": lambda o: o.A(["a"]) * 2,
    "n7": lambda o: o.xp.sum(o.A(["a", "b"])),
    "n8": lambda o: o.xp.isin(o.A(["a", "b"]), ["a"]),
    "n9": lambda o: o.xp.argmax(o.A(["a", "b", "b"])),
    "o1": lambda o: o.xp.diff(o.M(["2020-01-01", "2020-02-01"])),
    "o2": lambda o: o.xp.gradient(o.x),
    "o3": lambda o: o.xp.trapezoid(o.x),
    "o4": lambda o: o.xp.cumulative_sum(o.x),
    "o5": lambda o: o.xp.nancumsum(o.x),
    "o6": lambda o: o.xp.count_nonzero(o.x),
    "o7": lambda o: o.xp.digitize(o.M(["2020"], "Y"), o.M(["2019", "2021"], "Y")),
    "o8": lambda o: o.xp.histogram_bin_edges(o.m([1, 2, 3]), bins=o.m([0, 2, 5])),
    "o9": lambda o: o.xp.max(o.x, initial=5),
    "p1": lambda o: o.xp.array(["2020", "2021"], dtype="M8[Y]").astype("M8[D]").astype("i8"),
    "p2": lambda o: o.xp.datetime_data("M8[25us]"),
    "p3": lambda o: o.xp.datetime_as_string(o.M(["2020-01-01", "NaT"], "s")),
    "p4": lambda o: o.xp.datetime_as_string(o.M(["2020-01-01"], "s"), unit="D"),
    "p5": lambda o: o.xp.datetime_as_string(o.M(["2020-01-01"], "s"), timezone="UTC"),
    "p6": lambda o: o.xp.datetime_as_string(o.M(["2020-01-01T10"], "s"), unit="D", casting="safe"),
    "p7": lambda o: o.xp.datetime_as_string(o.M(["2020-01-01T10", "NaT"], "h"), unit="auto"),
    "p8": lambda o: o.xp.busday_count("2011-01", "2011-02"),
    "p9": lambda o: o.xp.busday_offset("2011-10", 0, roll="forward"),
    "q1": lambda o: o.xp.is_busday(
        ["2011-07-01", "2011-07-02", "2011-07-18"], holidays=["2011-07-01", "2011-07-04", "2011-07-17"]
    ),
    "q2": lambda o: o.xp.busday_offset(["2011-03-20", "NaT"], 2, roll="forward", weekmask="Sun Mon"),
    "q3": lambda o: o.xp.searchsorted(o.M(["2019", "2021"], "Y"), o.M("2020", "Y")),
    "q4": lambda o: o.xp.where(o.t, o.x, o.y),
    "q5": lambda o: o.xp.select([o.t], [o.x]),
    "q6": lambda o: o.xp.select([o.t], [o.x], o.y),
    "q7": lambda o: o.xp.repeat(o.x, 2),
    "q8": lambda o: o.x.astype("f8"),
    "q9": lambda o: o.x.astype(bool),
    "r1": lambda o: o.x.mean(),
    "r2": lambda o: o.x.sum(axis=0, keepdims=True),
    "r3": lambda o: o.x.min(),
    "r4": lambda o: o.x.cumsum(),
    "r5": lambda o: o.x.argmax(),
    "r6": lambda o: o.x.clip(0, 5),
    "r7": lambda o: o.xp.round(o.x),
    "r8": lambda o: o.xp.sort(o.x),
    "r9": lambda o: o.xp.median(o.x.reshape(2, 2), axis=0),
    "s1": lambda o: o.xp.any(o.x),
    "s2": lambda o: o.xp.all(o.x),
    "s3": lambda o: o.xp.sum(o.x.reshape(2, 2), axis=1),
    "s4": lambda o: o.xp.mean(o.x.reshape(2, 2), axis=1),
    "s5": lambda o: o.xp.mean(o.x.reshape(2, 2), axis=1, where=o.t.reshape(2, 2)),
    "s6": lambda o: o.xp.sum(o.x, dtype="m8[ms]"),
    "s7": lambda o: o.x - o.M("2020-01-01", "s"),
    "s8": lambda o: o.M("2020-01-01", "s") - o.x,
    "s9": lambda o: o.x + o.M("2020-01-01", "s"),
    "u1": lambda o: o.xp.tril(o.x),
    "u2": lambda o: o.xp.nanmean(o.m([1, 2])),
    "u3": lambda o: o.xp.percentile(o.m([1, 2, 3, 10]), 50),
    "u4": lambda o: o.xp.dot(o.x, o.A([1, 2, 3, 4])),
    "u5": lambda o: o.xp.convolve(o.x[:2], o.A([1, 2])),
    "u6": lambda o: o.xp.cumprod(o.x),
    "u7": lambda o: o.xp.isclose(o.x, o.x),
    "u8": lambda o: o.xp.array_equal(o.x, o.x, equal_nan=True),
    "u9": lambda o: o.xp.array_equal(o.A(["a"]), o.A([1])),
    "v1": lambda o: o.xp.ediff1d(o.x),
    "v2": lambda o: o.xp.std(o.x[:2]),
    "v3": lambda o: o.xp.trim_zeros(o.x),
    "v4": lambda o: o.xp.flatnonzero(o.x),
    "v5": lambda o: o.xp.positive(o.x),
    "v6": lambda o: o.xp.negative(o.x),
    "v7": lambda o: o.xp.equal(o.x, o.y),
    "v8": lambda o: o.xp.floor_divide(o.x, o.y),
    "v9": lambda o: o.xp.true_divide(o.x, o.y),
}

# What is refused here and not by NumPy: products and interpolation of spans.
REFUSED = ["o3", "o8"]
# What NumPy has otherwise: the place of NaT as that of the least that is there; products without a unit.
OTHERWISE = ["k6", "k7", "u4", "u5"]


def outcome(case, xp):
    with warnings.catch_warnings(), np.errstate(all="ignore"), mt.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return CASES[case](On(xp)), None
        except Exception as error:
            return None, error


@pytest.mark.parametrize("case", [case for case in CASES if case not in OTHERWISE])
def test_time_is_computed_with(case):
    (theirs, refused), (ours, error) = outcome(case, np), outcome(case, mt)
    if case in REFUSED:
        assert refused is None
        assert isinstance(error, (TypeError, ValueError))
    elif refused is not None:
        assert error is not None, f"{ours!r}, NumPy raises {refused!r}"
    elif error is not None:
        raise error
    else:
        alike(ours, theirs)


def test_places_of_what_is_there():
    spans = mt.asarray(np.array(["NaT", 3, -1], "m8[s]"))
    assert mt.nanargmin(spans).item() == 2
    assert mt.nanargmax(spans).item() == 1


METHODS = [
    *("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf"),
    *("closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased"),
]


@pytest.mark.parametrize("method", METHODS)
@given(
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=6),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
    st.sampled_from([None, 0, 1, (0, 1)]),
    st.sampled_from(["m8[s]", "M8[D]"]),
)
def test_quantiles(method, values, q, axis, dtype):
    a = np.array(values).reshape(2, 3).astype(dtype)
    theirs = np.quantile(a, q, axis=axis, method=method)
    ours = mt.quantile(mt.asarray(a), q, axis=axis, method=method)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(np.asarray(ours), theirs)


LOST = np.array([[5, "NaT", 8], [100, 7, 1]], "m8[ms]")
FOUND = {
    "quantile": lambda xp, a: xp.quantile(a, [0.1, 0.5], axis=1),
    "nanquantile": lambda xp, a: xp.nanquantile(a, [0.2, 0.5], axis=0),
    "nanpercentile": lambda xp, a: xp.nanpercentile(a, 40),
    "keepdims": lambda xp, a: xp.percentile(a, 40, axis=1, keepdims=True),
    "gradient": lambda xp, a: xp.gradient(a, axis=1),
    "gradients": lambda xp, a: xp.gradient(a),
    "slopes by place": lambda xp, a: xp.gradient(a, [0, 1, 4], axis=1, edge_order=2),
    "slopes over spans": lambda xp, a: xp.gradient([1.0, 4.0, 9.0], a[1]),
    "histogram": lambda xp, a: xp.histogram(a[1], bins=a[1][[2, 1, 0]]),
    "weighted": lambda xp, a: xp.histogram(a[1], bins=a[1][[2, 0]], weights=[1, 2, 4]),
    "instants": lambda xp, a: xp.gradient(a.view("M8[ms]")[1]),
    "no elements": lambda xp, a: xp.quantile(a[:0], 0.5),
    "too few": lambda xp, a: xp.gradient(a[:1]),
}


@pytest.mark.parametrize("name", FOUND)
def test_order_and_slopes(name):
    run = FOUND[name]
    try:
        theirs = run(np, LOST)
    except (ValueError, IndexError) as error:
        with pytest.raises(type(error)):
            run(mt, mt.asarray(LOST))
        return
    pairs = zip(
        *((x if isinstance(x, (tuple, list)) else [x]) for x in (run(mt, mt.asarray(LOST)), theirs)), strict=True
    )
    for mine, one in pairs:
        assert mine.dtype == one.dtype
        np.testing.assert_array_equal(np.asarray(mine), one)


PRODUCTS = {
    "dot": lambda xp, a, b: xp.dot(a, b),
    "dot turned": lambda xp, a, b: xp.dot(b.T, a.T),
    "inner": lambda xp, a, b: xp.inner(a, b.T),
    "convolve": lambda xp, a, b: xp.convolve(a[0], b[:, 0]),
    "correlate": lambda xp, a, b: xp.correlate(a[0], b[:, 0], "full"),
    "correlate turned": lambda xp, a, b: xp.correlate(b[:, 0], a[0], "same"),
}


@pytest.mark.parametrize("name", PRODUCTS)
@given(st.lists(st.integers(-99, 99), min_size=12, max_size=12), st.booleans())
def test_products_with_counts(name, values, truths):
    a, b = np.array(values[:6]).reshape(2, 3), np.array(values[6:]).reshape(3, 2)
    b = b > 0 if truths else b
    ours = PRODUCTS[name](mt, mt.asarray(a.astype("m8[s]")), mt.asarray(b))
    # NumPy forgets the unit.
    assert ours.dtype == mt.dtype("m8[s]")
    np.testing.assert_array_equal(np.asarray(ours).view("i8"), PRODUCTS[name](np, a, b.astype("i8")))


def test_products_of_what_is_no_time():
    a = mt.asarray(np.array([1, "NaT"], "m8[s]"))
    assert mt.isnat(mt.dot(a, [1, 1])) and mt.isnat(mt.convolve(a, [1, 2])).tolist() == [False, True, True]
    for wrong in (lambda: mt.dot(a, a), lambda: mt.dot(a, [1.5, 2]), lambda: mt.dot(a.view("M8[s]"), [1, 2])):
        with pytest.raises(TypeError):
            wrong()
