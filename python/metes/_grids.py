"""Grids of coordinates, and objects that make something of what stands between their brackets: `r_`, `mgrid`, `s_`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import (
    Array,
    DType,
    arange,
    asarray,
    broadcast_to,
    concatenate,
    empty,
    linspace,
    nonzero,
    power,
    result_type,
)

if TYPE_CHECKING:
    from typing import Any, Literal

    from ._types import ArrayLike, DTypeLike

__all__ = ["c_", "index_exp", "indices", "ix_", "meshgrid", "mgrid", "ogrid", "r_", "s_"]


def _narrow_linspace(start, stop, num, endpoint, retstep, axis):
    """`linspace` between floats narrower than Python's, computed as they are."""
    numbers = (bool, int, float, complex)
    dtype = result_type(*(end if isinstance(end, numbers) else asarray(end) for end in (start, stop)), 1.0)
    start, stop = asarray(start, dtype=dtype), asarray(stop, dtype=dtype)
    if dtype.str in ("<f8", "<c16"):
        return linspace(start, stop, num, endpoint, retstep, axis=axis)
    delta = stop - start
    parts = num - 1 if endpoint else num
    values = arange(num, dtype=dtype).reshape((-1,) + (1,) * delta.ndim)
    step = delta / parts if parts > 0 else delta * float("nan")
    if parts <= 0:
        values = values * delta
    elif (step == 0).any():
        # Steps that vanish are taken before they do.
        values = values / parts * delta
    else:
        values = values * step
    values += start
    if endpoint and num > 1:
        values[-1, ...] = stop
    if axis != 0:
        values = values.transpose(_to_place(values.ndim, axis))
    return (values, step) if retstep else values


def _narrow_logspace(start, stop, num, endpoint, base, axis):
    """`logspace` between floats narrower than Python's: as narrow as the exponents."""
    exponents = _narrow_linspace(start, stop, num, endpoint, False, 0)
    base = 10.0 if base is None else base
    missing = asarray(base).ndim + 1 - exponents.ndim
    if missing > 0 and asarray(base).ndim:
        exponents = exponents[(slice(None), *(None,) * missing)]
    values = power(base, exponents)
    return values.transpose(_to_place(values.ndim, axis)) if axis else values


def _to_place(ndim, axis):
    """The order of axes in which the first one stands at a place."""
    place = axis if axis >= 0 else axis + ndim
    return (*range(1, place + 1), 0, *range(place + 1, ndim))


def indices(dimensions: ArrayLike, dtype: DTypeLike | None = int, sparse: bool = False) -> Array | tuple[Array, ...]:
    """The indices of all places of an array of this shape: one array for each axis, together unless `sparse`.

    >>> import metes as mt
    >>> mt.indices((2, 2)).tolist()
    [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    dimensions = tuple(dimensions)
    steps = [
        arange(n, dtype=dtype).reshape(tuple(n if axis == other else 1 for other in range(len(dimensions))))
        for axis, n in enumerate(dimensions)
    ]
    if sparse:
        return tuple(steps)
    result = empty((len(dimensions), *dimensions), dtype=dtype)
    for axis, step in enumerate(steps):
        result[axis] = step
    return result


def ix_(*args: Any) -> tuple[Array, ...]:
    """Index arrays that select every combination of the given positions; masks stand for where they are true.

    >>> import metes as mt
    >>> a = mt.arange(10).reshape(2, 5)
    >>> a[mt.ix_([0, 1], [2, 4])].tolist()
    [[2, 4], [7, 9]]
    """
    out = []
    for axis, given in enumerate(args):
        positions = given if isinstance(given, Array) else asarray(given)
        if positions.size == 0 and not isinstance(given, Array):
            positions = positions.astype("int64")
        if positions.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if positions.dtype == DType("bool"):
            (positions,) = nonzero(positions)
        out.append(positions.reshape(tuple(-1 if axis == other else 1 for other in range(len(args)))))
    return tuple(out)


def meshgrid(
    *xi: ArrayLike, copy: bool | None = True, sparse: bool = False, indexing: Literal["xy", "ij"] = "xy"
) -> Array:
    """Coordinates of the grid over the given axes: one array for each; with `copy=False` views of the axes themselves.

    >>> import metes as mt
    >>> x, y = mt.meshgrid([1, 2, 3], [10, 20])
    >>> (x + y).tolist()
    [[11, 12, 13], [21, 22, 23]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    ndim = len(xi)
    places = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        places[0], places[1] = 1, 0
    flat = [asarray(x).reshape(-1) for x in xi]
    out = [
        x.reshape(tuple(-1 if place == other else 1 for other in range(ndim)))
        for x, place in zip(flat, places, strict=True)
    ]
    if not sparse:
        shape = [1] * ndim
        for x, place in zip(flat, places, strict=True):
            shape[place] = x.size
        out = [broadcast_to(x, tuple(shape)) for x in out]
    return tuple(x.copy() if copy else x for x in out)


def _span(key):
    """Start, stop, step of a slice, or start, stop, count where the step is complex."""
    start = 0 if key.start is None else key.start
    step = 1 if key.step is None else key.step
    return start, key.stop, step


def _axis(key):
    start, stop, step = _span(key)
    if isinstance(step, complex):
        return linspace(start, stop, int(abs(step)))
    return arange(start, stop, step)


class _Grid:
    """`mgrid` and `ogrid`: what stands between the brackets are slices; an imaginary step is a number of points."""

    __slots__ = ("_sparse",)

    def __init__(self, sparse: bool) -> None:
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return _axis(key)
        axes = [_axis(one) for one in key]
        if not axes:
            return () if self._sparse else empty((0,))
        dtype = result_type(*axes)
        ndim = len(axes)
        axes = [
            x.astype(dtype).reshape(tuple(-1 if axis == other else 1 for other in range(ndim)))
            for axis, x in enumerate(axes)
        ]
        if self._sparse:
            return tuple(axes)
        result = empty((ndim, *(x.size for x in axes)), dtype=dtype)
        for axis, x in enumerate(axes):
            result[axis] = x
        return result


class _Joiner:
    """`r_` and `c_`: joins what stands between the brackets; slices are ranges.

    A leading text says along which axis, how many axes there are at least, and where the axes of what has fewer go.
    """

    __slots__ = ("_axis", "_ndmin", "_place")

    def __init__(self, axis: int = 0, ndmin: int = 1, place: int = -1) -> None:
        self._axis, self._ndmin, self._place = axis, ndmin, place

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            raise NotImplementedError("r_: matrices are written with brackets here, not as text")
        key = key if isinstance(key, tuple) else (key,)
        axis, ndmin, place = self._axis, self._ndmin, self._place
        if key and isinstance(key[0], str):
            axis, ndmin, place = _directive(key[0], axis, ndmin, place)
            key = key[1:]
        weak = (bool, int, float, complex)
        dtype = result_type(
            *(one if type(one) in weak else _axis(one) if isinstance(one, slice) else asarray(one) for one in key)
        )
        return concatenate([_expanded(one, ndmin, place).astype(dtype, copy=False) for one in key], axis=axis)


def _directive(text, axis, ndmin, place):
    if text in ("r", "c"):
        raise NotImplementedError("r_: there is no matrix type; use arrays of two axes")
    numbers = text.split(",")
    try:
        numbers = [int(number) for number in numbers]
    except ValueError:
        raise ValueError(f"unknown special directive {text!r}") from None
    if len(numbers) > 3:
        raise ValueError(f"unknown special directive {text!r}")
    return tuple(numbers) + (axis, ndmin, place)[len(numbers) :]


def _expanded(one, ndmin, place):
    """An item of `r_` with at least `ndmin` axes: its own begin at `place`, or end there if it is negative."""
    part = _axis(one) if isinstance(one, slice) else asarray(one)
    if part.ndim == 0:
        return part.reshape((1,) * max(ndmin, 1))
    missing = ndmin - part.ndim
    if missing <= 0:
        return part
    before = missing + 1 + place if place < 0 else place
    before = min(max(before, 0), missing)
    return part.reshape((1,) * before + part.shape + (1,) * (missing - before))


class _Indexer:
    """`s_` and `index_exp`: gives what stands between the brackets."""

    __slots__ = ("_tuple",)

    def __init__(self, as_tuple: bool) -> None:
        self._tuple = as_tuple

    def __getitem__(self, key: Any) -> Any:
        return key if isinstance(key, tuple) or not self._tuple else (key,)


mgrid: _Grid = _Grid(sparse=False)
ogrid: _Grid = _Grid(sparse=True)
r_: _Joiner = _Joiner()
c_: _Joiner = _Joiner(axis=-1, ndmin=2, place=0)
s_: _Indexer = _Indexer(as_tuple=False)
index_exp: _Indexer = _Indexer(as_tuple=True)
