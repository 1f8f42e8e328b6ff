"""Iterators over elements and indices, as NumPy has them: `flat`, `ndindex`, `ndenumerate`, `broadcast`.

They are Python, one step an element: for loops that must look at single elements. What they do in bulk, as in
`flat[1:3] = x`, goes to the native module.
"""

from __future__ import annotations

import itertools
import operator
from typing import TYPE_CHECKING

from ._native import (
    Array,
    arange,
    asarray,
    broadcast_shapes,
    broadcast_to,
    extract,
    place,
    put,
    putmask,
    take,
    unravel_index,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar

    from ._types import ArrayLikes, DTypeLike, Shape

__all__ = ["broadcast", "flatiter", "ndenumerate", "ndindex"]


class flatiter:
    """All elements of an array in C order, whatever its layout; what `Array.flat` gives.

    >>> import metes as mt
    >>> a = mt.asarray([[1, 2], [3, 4]]).T
    >>> a.flat[1:3].tolist()
    [3, 2]
    """

    __slots__ = ("_at", "base")

    def __init__(self, base: Any) -> None:
        self.base: Any = base
        self._at = 0

    @property
    def index(self) -> Any:
        """The position of the next element."""
        return self._at

    @property
    def coords(self) -> Any:
        """The indices of the next element along each axis."""
        if self._at == self.base.size:
            return (self.base.shape[0], *([0] * (self.base.ndim - 1))) if self.base.ndim else ()
        return tuple(operator.index(i) for i in unravel_index(self._at, self.base.shape))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._at >= self.base.size:
            raise StopIteration
        self._at += 1
        return take(self.base, self._at - 1)

    def __len__(self) -> int:
        return self.base.size

    def copy(self) -> Any:
        """The elements as a new array with one axis."""
        return self.base.copy().reshape(-1)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Any:
        return self.base.reshape(-1).__array__(dtype, copy=copy)

    def __eq__(self, other: Any) -> Any:
        return self.base.reshape(-1) == other

    __hash__: ClassVar[None] = None

    def _key(self, key):
        """A position, a slice, or an index array."""
        if isinstance(key, tuple):
            if len(key) != 1:
                raise IndexError("unsupported iterator index")
            (key,) = key
        if key is Ellipsis:
            return slice(None)
        if isinstance(key, slice) or (hasattr(key, "__index__") and not hasattr(key, "shape")):
            return key if isinstance(key, (slice, bool)) else operator.index(key)
        given = key
        key = asarray(key)
        if key.dtype.kind not in "iub" and not (key.size == 0 and isinstance(given, list)):
            raise IndexError("unsupported iterator index")
        return key if key.size or key.dtype.kind in "iub" else key.astype("int64")

    def _positions(self, key):
        return arange(*key.indices(self.base.size)) if isinstance(key, slice) else key

    def _line(self):
        """The elements along one axis, if a view can show them so."""
        return self.base.reshape(-1) if self.base.flags.c_contiguous else None

    def __getitem__(self, key: Any) -> Any:
        key = self._key(key)
        if isinstance(key, Array) and key.dtype.kind == "b":
            return extract(self._mask(key), self.base)
        line = self._line()
        if isinstance(key, slice) and line is not None:
            return line[key].copy()
        return take(self.base, self._positions(key))

    def _mask(self, key):
        if key.ndim == 0:
            raise IndexError("unsupported iterator index")
        if key.shape != (self.base.size,):
            raise IndexError(
                f"boolean index did not match indexed array; {self.base.size} elements, boolean of shape {key.shape}"
            )
        return key

    def __setitem__(self, key: Any, value: Any) -> None:
        key = self._key(key)
        line = self._line()
        if isinstance(key, Array) and key.dtype.kind == "b":
            place(self.base, self._mask(key).reshape(self.base.shape), value)
        elif isinstance(key, slice) and (line is not None or key == slice(None)):
            target = self.base if key == slice(None) else line[key]
            putmask(target, broadcast_to(True, target.shape), value)
        else:
            put(self.base, self._positions(key), value)


class ndindex:
    """All index tuples of a shape, in C order.

    >>> import metes as mt
    >>> list(mt.ndindex(1, 2))
    [(0, 0), (0, 1)]
    """

    __slots__ = ("_steps",)

    def __init__(self, *shape: Shape) -> None:
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            (shape,) = shape
        shape = [operator.index(n) for n in shape]
        if any(n < 0 for n in shape):
            raise ValueError("negative dimensions are not allowed")
        self._steps = itertools.product(*map(range, shape))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._steps)


class ndenumerate:
    """Index tuples and elements of an array, in C order.

    >>> import metes as mt
    >>> [(index, int(x)) for index, x in mt.ndenumerate([[5, 6]])]
    [((0, 0), 5), ((0, 1), 6)]
    """

    __slots__ = ("_indices", "iter")

    def __init__(self, arr: Any) -> None:
        self.iter: flatiter = flatiter(asarray(arr))
        self._indices = ndindex(self.iter.base.shape)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._indices), next(self.iter)


class broadcast:
    """Arrays stretched to one shape, and their elements together, in C order.

    >>> import metes as mt
    >>> pairs = mt.broadcast([[1], [2]], [10, 20])
    >>> pairs.shape, [int(x) * int(y) for x, y in pairs]
    ((2, 2), [10, 20, 20, 40])
    """

    __slots__ = ("_at", "iters", "shape", "size")

    def __init__(self, *arrays: ArrayLikes) -> None:
        parts = []
        for array in arrays:
            parts.extend([it.base for it in array.iters] if isinstance(array, broadcast) else [asarray(array)])
        self.shape: tuple[int, ...] = tuple(broadcast_shapes(*(part.shape for part in parts)))
        self.iters: tuple[flatiter, ...] = tuple(flatiter(broadcast_to(part, self.shape)) for part in parts)
        self.size: int = 1
        for n in self.shape:
            self.size *= n
        self._at = 0

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    nd = ndim

    @property
    def numiter(self) -> int:
        """Number of arrays."""
        return len(self.iters)

    @property
    def index(self) -> Any:
        """The position of the next elements."""
        return self._at

    def reset(self) -> None:
        """Begins again."""
        self._at = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._at >= self.size:
            raise StopIteration
        self._at += 1
        return tuple(take(it.base, self._at - 1) for it in self.iters)
