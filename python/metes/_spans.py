"""What is computed with time and has no loop of its own: quantiles, products with counts, slopes, histograms.

The native functions come here where an operand is time. NaT makes NaT, and is left out where NaN would be.
"""

from __future__ import annotations

from . import _native
from ._native import (
    DType,
    arange,
    asarray,
    clip,
    concatenate,
    empty,
    floor,
    isnat,
    ones,
    searchsorted,
    sort,
    take,
    where,
)

_SHIFTS = {"add", "subtract"}
_EXTREMES = {"maximum", "minimum"}


def at(name, array, key, values):
    """`ufunc.at` of time: that of its counts. No time (NaT) stays none, and makes none."""
    dtype = array.dtype
    values = asarray(values)
    wanted = _span_of(dtype) if name in _SHIFTS else dtype
    whole = values.dtype.kind in "biu" and wanted.kind == "m"
    if name not in _SHIFTS | _EXTREMES or not (whole or values.dtype.kind == wanted.kind):
        raise TypeError(f"ufunc {name!r} has no at() for elements of {dtype} and {values.dtype}")
    values = values.astype(wanted.newbyteorder("="))
    counts, changes = array.view(dtype.str[0] + "i8"), values.view("i8")
    work = getattr(_native, name)
    if name == "minimum":
        work.at(counts, key, changes)
    elif name == "maximum":
        # One less, NaT is the highest.
        keys = counts.astype("i8") - 1
        work.at(keys, key, changes - 1)
        counts[...] = keys + 1
    else:
        none = isnat(array)
        work.at(counts, key, changes)
        if isnat(values).any():
            _native.logical_or.at(none, key, isnat(values))
        array[none] = None


# The two numbers by which methods place a quantile between its neighbours.
_PLACES = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


def _span_of(dtype):
    """The dtype of differences of these elements."""
    return DType(dtype.str.replace("M8", "m8"))


def quantile(a, q, axes, method, keepdims, skip):
    """Quantiles of instants or spans, q between 0 and 1, along axes or over all."""
    kept = [axis for axis in range(a.ndim) if axes is not None and axis not in axes]
    gone = [axis for axis in range(a.ndim) if axis not in kept]
    lanes = a.transpose((*kept, *gone)).reshape((*(a.shape[axis] for axis in kept), -1))
    if lanes.shape[-1] == 0:
        raise IndexError(f"quantile: no elements along the axes of an array of shape {a.shape}")
    lanes = sort(lanes, axis=-1)
    missing = isnat(lanes).sum(axis=-1)
    if skip:
        result = empty(q.shape + lanes.shape[:-1], dtype=a.dtype)
        for at in _native_places(lanes.shape[:-1]):
            n = lanes.shape[-1] - int(missing[at])
            result[(Ellipsis, *at)] = _at(lanes[at][: max(n, 1)], q, method)
    else:
        result = _at(lanes, q, method)
        result[..., missing > 0] = None
    if keepdims:
        shape = [1 if axis in gone else n for axis, n in enumerate(a.shape)]
        result = result.reshape(q.shape + tuple(shape))
    return result


def _native_places(shape):
    from ._iterate import ndindex

    return ndindex(*shape)


def _at(lanes, q, method):
    """The quantiles of sorted lanes, along the first axes."""
    n = lanes.shape[-1]
    if method in _PLACES:
        alpha, beta = _PLACES[method]
        place = n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method == "linear":
        place = (n - 1) * q
    else:
        # Whole places, or halfway between two.
        place = asarray(_native.quantile(arange(n, dtype="float64"), q, method=method))
    low = floor(place)
    part = (place - low).reshape(q.shape + (1,) * (lanes.ndim - 1))
    first, second = (clip(at, 0, n - 1).astype("int64") for at in (low, low + 1))
    below, above = (_front(take(lanes, at, axis=-1), q.ndim) for at in (first, second))
    gap = above - below
    return where(part >= 0.5, above - gap * (1 - part), below + gap * part)


def _front(a, count):
    """The last axes, so many, moved to the front."""
    split = a.ndim - count
    return a.transpose((*range(split, a.ndim), *range(split)))


def product(name, a, b, *rest):
    """A function of two operands whose terms are products: one of spans, the other of whole numbers."""
    span = a if a.dtype.kind == "m" else b
    lost = isnat(span)
    counts = where(lost, 0, span.view("int64"))
    run = getattr(_native, name)

    def of(times, other):
        return run(*((times, other) if span is a else (other, times)), *rest)

    other = (b if span is a else a).astype("int64")
    result = asarray(of(counts, other))
    if lost.any():
        nothing = asarray(of(lost.astype("int64"), ones(other.shape, dtype="int64"))) > 0
        result = where(nothing, -(1 << 63), result)
    return result.view(span.dtype)


def gradient(f, spacings, axes, edge_order):
    """Slopes of instants and spans along axes: spans by the step."""
    f = f.view(_span_of(f.dtype)) if f.dtype.kind == "M" else f
    return [_slope(f, step, axis, edge_order) for step, axis in zip(spacings, axes, strict=True)]


def _slope(f, step, axis, order):
    """By central differences; `step` is a number, or the distances between the places."""

    def part(*ends):
        return f[(slice(None),) * axis + (slice(*ends),)]

    n, out = f.shape[axis], empty(f.shape, dtype=f.dtype)

    def put(value, *ends):
        out[(slice(None),) * axis + (slice(*ends),)] = value

    even = getattr(step, "ndim", 0) == 0
    if even:
        put((part(2, None) - part(None, -2)) / (2.0 * step), 1, -1)
    else:
        one, two = (d.reshape((-1,) + (1,) * (f.ndim - axis - 1)) for d in (step[:-1], step[1:]))
        a, b, c = -two / (one * (one + two)), (two - one) / (one * two), one / (two * (one + two))
        put(part(None, -2) * a + part(1, -1) * b + part(2, None) * c, 1, -1)
    first, last = (step, step) if even else (step[0], step[-1])
    if order == 1:
        put((part(1, 2) - part(0, 1)) / first, 0, 1)
        put((part(n - 1, n) - part(n - 2, n - 1)) / last, n - 1, n)
        return out
    if even:
        ends = (-1.5 / step, 2.0 / step, -0.5 / step), (0.5 / step, -2.0 / step, 1.5 / step)
    else:
        (d, e), (g, h) = (step[0], step[1]), (step[-2], step[-1])
        ends = (
            (-(2.0 * d + e) / (d * (d + e)), (d + e) / (d * e), -d / (e * (d + e))),
            (h / (g * (g + h)), -(h + g) / (g * h), (2.0 * h + g) / (h * (g + h))),
        )
    for at, (a, b, c) in zip((0, n - 3), ends, strict=True):
        value = part(at, at + 1) * a + part(at + 1, at + 2) * b + part(at + 2, at + 3) * c
        put(value, *((0, 1) if at == 0 and c is ends[0][2] else (n - 1, n)))
    return out


def histogram(a, edges, weights):
    """How many elements lie between edges, or what they weigh."""
    if edges.ndim != 1:
        raise ValueError("`bins` must be 1d, when an array")
    if (edges[:-1] > edges[1:]).any():
        raise ValueError("`bins` must increase monotonically, when an array")
    line = a.reshape(-1)
    if weights is None:
        line, totals = sort(line), None
    else:
        order = _native.argsort(line)
        line, totals = (
            line[order],
            concatenate([weights.reshape(-1)[:1] * 0, _native.cumsum(weights.reshape(-1)[order])]),
        )
    ends = concatenate([searchsorted(line, edges[:-1], "left"), searchsorted(line, edges[-1:], "right")])
    counts = ends if totals is None else totals[ends]
    return _native.diff(counts), edges
