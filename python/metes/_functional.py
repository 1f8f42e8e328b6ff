"""Python functions applied to arrays: along an axis, over axes, element by element; slopes along several axes."""

from __future__ import annotations

import functools
import inspect
import operator
import re
from typing import TYPE_CHECKING

from . import _native
from ._native import AxisError, asarray, broadcast_shapes, broadcast_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike, Axes

__all__ = ["apply_along_axis", "apply_over_axes", "gradient", "vectorize"]


def _axis(axis, ndim):
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def _places(shape):
    """All indices of a shape, in C order."""
    if 0 in shape:
        return
    index = [0] * len(shape)
    while True:
        yield tuple(index)
        for axis in reversed(range(len(shape))):
            index[axis] += 1
            if index[axis] < shape[axis]:
                break
            index[axis] = 0
        else:
            return


def apply_along_axis(func1d: Callable[..., Any], axis: Axes, arr: ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """What a function gives for each part of an array along an axis, in the place of that axis.

    >>> import metes as mt
    >>> mt.apply_along_axis(lambda lane: lane[::-1], 1, mt.arange(4).reshape(2, 2)).tolist()
    [[1, 0], [3, 2]]
    """
    arr = asarray(arr)
    axis = _axis(axis, arr.ndim)
    front, back = arr.shape[:axis], arr.shape[axis + 1 :]
    if 0 in front + back:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    result = None
    for at in _places(front + back):
        before, after = at[:axis], at[axis:]
        value = asarray(func1d(arr[(*before, slice(None), *after)], *args, **kwargs))
        if result is None:
            result = _native.empty((*front, *value.shape, *back), dtype=value.dtype)
        result[(*before, Ellipsis, *after)] = value
    return result


def apply_over_axes(func: Any, a: ArrayLike, axes: Any) -> Array:
    """A function `func(a, axis)` applied over axes, one after the other, which stay with length 1.

    >>> import metes as mt
    >>> mt.apply_over_axes(mt.sum, mt.ones((2, 3)), (0, 1)).shape
    (1, 1)
    """
    value = asarray(a)
    ndim = value.ndim
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        axis = _axis(axis, ndim)
        result = asarray(func(value, axis))
        if result.ndim == ndim - 1:
            shape = list(result.shape)
            shape.insert(axis, 1)
            result = result.reshape(tuple(shape))
        if result.ndim != ndim:
            raise ValueError("function is not returning an array of the correct shape")
        value = result
    return value


def gradient(f: ArrayLike, *varargs: ArrayLike, axis: Axes = None, edge_order: ArrayLike = 1) -> Any:
    """Slopes along axes by central differences; `varargs` are distances or places, one for all axes or one for each.

    >>> import metes as mt
    >>> mt.gradient(mt.asarray([1.0, 2.0, 4.0])).tolist()
    [1.0, 1.5, 2.0]
    """
    f = asarray(f)
    spacings = [_counted(asarray(step)) for step in varargs]
    if f.dtype.kind not in "mM":
        return _native._gradient(f, spacings, axis, edge_order)
    return _slopes_of_time(f, spacings, axis, edge_order)


def _unwrap_whole(p, discont, axis, period):
    """`unwrap` of integers with an integer period: nothing becomes a float."""
    steps = _native.diff(p, axis=axis)
    dtype = _native.result_type(steps, period)
    discont = period / 2 if discont is None else discont
    high, odd = divmod(period, 2)
    moved = _native.subtract(steps, -high)
    moved %= period
    moved = _native.add(moved, -high)
    if odd == 0:
        _native.copyto(moved, high, where=(moved == -high) & (steps > 0))
    moved = _native.subtract(moved, steps)
    _native.copyto(moved, 0, where=_native.abs(steps) < discont)
    result = p.astype(dtype)
    after = (*(slice(None),) * (axis % p.ndim), slice(1, None))
    result[after] = p[after] + _native.cumsum(moved, axis=axis)
    return result


def _counted(step):
    """Distances or places as numbers; spans as their counts."""
    return step.view("int64").astype("float64") if step.dtype.kind == "m" else step


def _slopes_of_time(f, spacings, axis, edge_order):
    from ._spans import gradient as slopes

    several = axis is None or isinstance(axis, (tuple, list))
    axes = [_axis(one, f.ndim) for one in (range(f.ndim) if axis is None else axis if several else (axis,))]
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    if len(spacings) not in (0, 1, len(axes)) or (len(spacings) == 1 and spacings[0].ndim and len(axes) > 1):
        raise TypeError("invalid number of arguments")
    steps = spacings or [asarray(1.0)]
    steps = steps if len(steps) == len(axes) else steps * len(axes)
    for one in axes:
        if f.shape[one] < edge_order + 1:
            raise ValueError("Shape of array too small to calculate a numerical gradient, at least")
    steps = [_even(step, f.shape[one]) for step, one in zip(steps, axes, strict=True)]
    found = slopes(f, steps, axes, edge_order)
    return found[0] if len(found) == 1 else tuple(found)


def _even(step, n):
    """The distance between places where it is one, else all distances."""
    if step.ndim == 0:
        return step.item()
    if step.ndim != 1 or step.shape[0] != n:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    distances = _native.diff(step.astype("float64"))
    return distances[0].item() if (distances == distances[0]).all() else distances


class vectorize:
    """A Python function that takes arrays, broadcast together, and is called for each element.

    >>> import metes as mt
    >>> mt.vectorize(lambda a, b: a if a > b else b)([1, 5], [3, 4]).tolist()
    [3, 5]
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any] | None = None,
        otypes: Any = None,
        doc: str | None = None,
        excluded: Any = None,
        cache: bool = False,
        signature: str | None = None,
    ) -> None:
        self.pyfunc: Callable[..., Any] | None = pyfunc
        self.cache: bool = cache
        self.signature: str | None = signature
        self.excluded: set[Any] = set() if excluded is None else set(excluded)
        if isinstance(otypes, str):
            otypes = list(otypes)
        self.otypes: list[_native.DType] | None = None if otypes is None else [_native.DType(t) for t in otypes]
        self._core = None if signature is None else _parse_signature(signature)
        self.__doc__ = doc
        if pyfunc is not None:
            self._name(doc)

    def _name(self, doc):
        functools.update_wrapper(self, self.pyfunc)
        self.__doc__ = doc if doc is not None else inspect.getdoc(self.pyfunc)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.pyfunc is None:
            if len(args) != 1 or kwargs:
                raise TypeError("vectorize() without a function is a decorator: it takes the function alone")
            self.pyfunc = args[0]
            self._name(self.__doc__)
            return self
        names = [name for name in kwargs if name not in self.excluded]
        given = [asarray(a) for at, a in enumerate(args) if at not in self.excluded]
        given += [asarray(kwargs[name]) for name in names]
        places = [at for at in range(len(args)) if at not in self.excluded]

        def call(values):
            positional, named = list(args), dict(kwargs)
            for at, value in zip(places, values, strict=False):
                positional[at] = value
            named.update(zip(names, values[len(places) :], strict=True))
            return self.pyfunc(*positional, **named)

        if not given:
            return self.pyfunc(*args, **kwargs)
        return self._with_cores(call, given) if self._core else self._elementwise(call, given)

    def _elementwise(self, call, given):
        shape = broadcast_shapes(*(a.shape for a in given))
        wide = [broadcast_to(a, shape) for a in given]
        if 0 in shape and self.otypes is None:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        results, single = None, True
        if 0 in shape:
            results = [_native.empty(shape, dtype=t) for t in self.otypes]
            single = len(results) == 1
        for at in _places(shape):
            values = call([a[at].item() for a in wide])
            if results is None:
                single = not isinstance(values, tuple)
                first = (values,) if single else values
                dtypes = self.otypes or [asarray(v).dtype for v in first]
                results = [_native.empty(shape, dtype=t) for t in dtypes]
            for result, value in zip(results, (values,) if single else values, strict=True):
                result[at] = asarray(value).astype(result.dtype)
        return results[0] if single else tuple(results)

    def _with_cores(self, call, given):
        inputs, outputs = self._core
        if len(inputs) != len(given):
            raise TypeError(f"wrong number of positional arguments: expected {len(inputs)}, got {len(given)}")
        sizes, loops = {}, []
        for a, core in zip(given, inputs, strict=True):
            if a.ndim < len(core):
                raise ValueError(
                    f"{a.ndim}-dimensional argument does not have enough dimensions for all core dimensions {core}"
                )
            split = a.ndim - len(core)
            loops.append(a.shape[:split])
            for name, size in zip(core, a.shape[split:], strict=True):
                if sizes.setdefault(name, size) != size:
                    raise ValueError(f"inconsistent size for core dimension {name!r}: {size} vs {sizes[name]}")
        shape = broadcast_shapes(*loops)
        wide = [broadcast_to(a, shape + a.shape[a.ndim - len(core) :]) for a, core in zip(given, inputs, strict=True)]
        results = None
        for at in _places(shape):
            values = call([a[at] if core else a[at].item() for a, core in zip(wide, inputs, strict=True)])
            values = values if len(outputs) > 1 else (values,)
            if len(values) != len(outputs):
                raise ValueError(f"wrong number of outputs from pyfunc: expected {len(outputs)}, got {len(values)}")
            values = [asarray(v) for v in values]
            if results is None:
                dtypes = self.otypes or [v.dtype for v in values]
                results = [_native.empty(shape + v.shape, dtype=t) for v, t in zip(values, dtypes, strict=True)]
            for result, value in zip(results, values, strict=True):
                result[at] = value
        if results is None:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        return results[0] if len(results) == 1 else tuple(results)


def _parse_signature(signature):
    """Names of the core axes of operands and results: `"(n),(n)->()"`."""
    text = re.sub(r"\s+", "", signature)
    group = r"\((?:\w+(?:,\w+)*)?\)"
    if not re.fullmatch(rf"{group}(?:,{group})*->{group}(?:,{group})*", text):
        raise ValueError(f"not a valid gufunc signature: {signature}")
    sides = [re.findall(group, side) for side in text.split("->")]
    return [[[name for name in part[1:-1].split(",") if name] for part in side] for side in sides]
