"""Arrays whose elements were asked to be small arrays, such as those of `"3i4"`: their axes come last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import asarray, empty

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array, DType

__all__: list[str] = []


def filled(values: Any, dtype: DType, inner: tuple[int, ...]) -> Array:
    """Every value fills a small array of the shape `inner`, every tuple is one."""
    shape = _shape(values)
    made = empty((*shape, *inner), dtype)
    _fill(made, values, len(shape), len(inner))
    return made


def _shape(values: Any) -> tuple[int, ...]:
    if isinstance(values, tuple):
        return ()
    if not isinstance(values, list):
        return asarray(values).shape
    shapes = {_shape(value) for value in values}
    if len(shapes) > 1:
        raise ValueError(f"small arrays are not nested alike: shapes {sorted(shapes)} stand in one list")
    return (len(values), *(shapes.pop() if shapes else ()))


def _fill(into: Array, values: Any, depth: int, inner: int) -> None:
    if isinstance(values, list):
        for place, value in enumerate(values):
            _fill(into[place], value, depth - 1, inner)
    elif isinstance(values, tuple):
        into[...] = asarray(values)
    else:
        found = asarray(values)
        into[...] = found[(..., *(None,) * inner)] if depth else found
