"""Teaches the functions of einops to take Metes arrays.

    metes.lib.einops.register()
    einops.rearrange(metes.zeros((2, 3)), "a b -> b a").shape      # (3, 2)

einops looks for what it can compute with among the subclasses of its `AbstractBackend`, so that being one is enough.
Without this, `einops.array_api` takes Metes arrays as it takes those of any library that follows the standard.
"""

from __future__ import annotations

from typing import Any

import metes

__all__ = ["register"]


_registered: list[type] = []


def register() -> type:
    """Makes the functions of einops take Metes arrays from now on; returns the class that they ask."""
    if _registered:
        return _registered[0]
    from einops._backends import AbstractBackend

    class _Metes(AbstractBackend):
        """What einops asks of a library of arrays, answered by Metes."""

        framework_name = "metes"

        def is_appropriate_type(self, tensor: object) -> bool:
            return isinstance(tensor, metes.Array)

        def from_numpy(self, x: Any) -> Any:
            return metes.asarray(x)

        def to_numpy(self, x: Any) -> Any:
            return x.__array__()

        def arange(self, start: int, stop: int) -> Any:
            return metes.arange(start, stop)

        def stack_on_zeroth_dimension(self, tensors: list) -> Any:
            return metes.stack(tensors)

        def tile(self, x: Any, repeats: Any) -> Any:
            return metes.tile(x, repeats)

        def concat(self, tensors: list, axis: int) -> Any:
            return metes.concat(tensors, axis=axis)

        def is_float_type(self, x: Any) -> bool:
            return metes.isdtype(x.dtype, ("real floating", "complex floating"))

        def add_axis(self, x: Any, new_position: int) -> Any:
            return metes.expand_dims(x, axis=new_position)

        def einsum(self, pattern: str, *x: Any) -> Any:
            return metes.einsum(pattern, *x)

    # Its list of subclasses holds them weakly.
    _registered.append(_Metes)
    return _Metes
