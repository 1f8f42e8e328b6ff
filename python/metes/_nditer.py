"""`nditer`: several arrays walked together, element by element or run by run.

Left out: ranges of the iteration, masked writing, and reductions in runs (`external_loop` over stretched results).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ._native import (
    DType,
    arange,
    asarray,
    broadcast_shapes,
    broadcast_to,
    can_cast,
    empty,
    put,
    result_type,
    shares_memory,
    take,
)
from ._operands import BUFFER, FLAGS, OP_FLAGS, Operand, order_of_axes, read_only, strides_of, unknown, with_axes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._native import Array
    from ._types import Casting, Order

__all__ = ["nditer"]


class nditer:
    """Walks arrays together, in the order in which they lie in memory unless `order` says otherwise.

    Each step gives 0-d views (or, with the flag `external_loop`, views with one axis) of all of them; writing to those
    of operands with `readwrite` or `writeonly` writes to the arrays. With `buffered` they may be casts, written back
    when the iterator moves on or is closed: use it as a context manager then.

    >>> import metes as mt
    >>> a = mt.arange(4).reshape(2, 2)
    >>> with mt.nditer([a, None]) as it:
    ...     for x, y in it:
    ...         y[...] = x * 10
    ...     print(it.operands[1].tolist())
    [[0, 10], [20, 30]]
    """

    def __init__(
        self,
        op: Any,
        flags: Any = None,
        op_flags: Any = None,
        op_dtypes: Any = None,
        order: Order = "K",
        casting: Casting = "safe",
        op_axes: Any = None,
        itershape: Any = None,
        buffersize: Any = 0,
    ) -> None:
        self._flags = unknown("global flag", flags or (), FLAGS)
        self._casting, self._order = casting, order
        self._size = int(buffersize) or BUFFER
        given = list(op) if isinstance(op, (list, tuple)) else [op]
        self._alone = not isinstance(op, (list, tuple)) or len(given) == 1
        self._has_multi = "multi_index" in self._flags
        self._has_index = not self._flags.isdisjoint({"c_index", "f_index"})
        if "external_loop" in self._flags and (self._has_multi or self._has_index):
            raise ValueError("Iterator flag EXTERNAL_LOOP cannot be used if an index or multi-index is being tracked")
        self._ops = [
            Operand(None if one is None else asarray(one), named)
            for one, named in zip(given, self._op_flags(given, op_flags), strict=True)
        ]
        self._closed = False
        self._shape_up(op_axes, itershape)
        self._choose_dtypes(op_dtypes)
        self._order_axes()
        self._allocate()
        self._convert()
        self._merge()
        self.reset()

    # ---- making

    @staticmethod
    def _op_flags(given, op_flags):
        if op_flags is None:
            return [{"writeonly", "allocate"} if one is None else {"readonly"} for one in given]
        if op_flags and isinstance(op_flags[0], str):
            op_flags = [op_flags] * len(given)
        if len(op_flags) != len(given):
            raise ValueError("op_flags must be a tuple or array of per-op flag-tuples")
        out = []
        for one, names in zip(given, op_flags, strict=True):
            names = unknown("per-operand flag", [names] if isinstance(names, str) else names, OP_FLAGS)
            if not names & {"readonly", "readwrite", "writeonly"}:
                if names != {"allocate"}:
                    raise ValueError(
                        "None of the iterator flags READWRITE, READONLY, or WRITEONLY were specified for an operand"
                    )
                names = names | {"writeonly"}
            if one is None and "allocate" not in names:
                raise ValueError("Iterator input op for output is NULL, and ALLOCATE was not specified")
            out.append(names)
        return out

    def _shape_up(self, op_axes, itershape):
        for number, op in enumerate(self._ops):
            axes = op_axes[number] if op_axes is not None else None
            if op.array is None:
                continue
            if op.writes and not op.array.flags.writeable:
                raise ValueError("output array is read-only")
            op.view = op.array if axes is None else with_axes(op.array, axes)
        wanted = [op.view.shape for op in self._ops if op.view is not None]
        if itershape is not None:
            wanted.append(tuple(n if n >= 0 else 1 for n in itershape))
        try:
            self._shape = tuple(broadcast_shapes(*wanted)) if wanted else ()
        except ValueError:
            shapes = " ".join(str(shape) for shape in wanted)
            raise ValueError(f"operands could not be broadcast together with shapes {shapes}") from None
        ndim = len(self._shape)
        for op in self._ops:
            if op.view is None:
                continue
            stretched = op.view.shape != self._shape
            if stretched and "no_broadcast" in op.flags:
                raise ValueError(f"non-broadcastable operand with shape {op.view.shape} doesn't match {self._shape}")
            if stretched and op.writes and "reduce_ok" not in self._flags:
                text = "output operand requires a reduction along dimension" if op_axes else "non-broadcastable output"
                raise ValueError(
                    f"{text} operand with shape {op.view.shape} doesn't match the broadcast shape {self._shape}"
                )
            if stretched and op.writes and "external_loop" in self._flags:
                raise NotImplementedError("nditer: reductions are not done in runs; leave out external_loop")
            op.view = op.view.reshape((1,) * (ndim - op.view.ndim) + op.view.shape)
        if 0 in self._shape and "zerosize_ok" not in self._flags:
            raise ValueError("Iteration of zero-sized operands is not enabled")

    def _choose_dtypes(self, op_dtypes):
        if op_dtypes is None:
            op_dtypes = [None] * len(self._ops)
        elif isinstance(op_dtypes, (str, type, DType)):
            op_dtypes = [op_dtypes] * len(self._ops)
        if len(op_dtypes) != len(self._ops):
            raise ValueError("op_dtypes must have one entry per operand")
        inputs = [op.array.dtype for op in self._ops if op.array is not None]
        common = result_type(*inputs) if inputs else None
        for op, dtype in zip(self._ops, op_dtypes, strict=True):
            fallback = common if op.array is None or "common_dtype" in self._flags else op.array.dtype
            op.dtype = DType(dtype) if dtype is not None else fallback
            if op.dtype is None:
                raise TypeError("nditer: an allocated operand needs a dtype")

    def _order_axes(self):
        ndim = len(self._shape)
        strides = [strides_of(op.view) for op in self._ops if op.view is not None]
        self._axes = list(range(ndim))
        self._flipped = [False] * ndim
        arrays = [op.array for op in self._ops if op.array is not None]
        fortran = all(array.flags.f_contiguous for array in arrays)
        if self._order == "F" or (self._order == "A" and fortran):
            self._axes.reverse()
        elif self._order == "K":
            self._axes = order_of_axes(strides, ndim)
            # As NumPy has it, an allocated operand never runs backwards.
            for axis in range(ndim if len(arrays) == len(self._ops) else 0):
                steps = [s[axis] for s in strides]
                self._flipped[axis] = any(step < 0 for step in steps) and all(step <= 0 for step in steps)
        elif self._order not in ("A", "C"):
            raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {self._order!r})")

    def _allocate(self):
        back = sorted(range(len(self._axes)), key=self._axes.__getitem__)
        for op in self._ops:
            if op.array is None:
                op.array = empty(tuple(self._shape[axis] for axis in self._axes), dtype=op.dtype).transpose(tuple(back))
                op.view = op.array

    def _convert(self):
        """What needs a cast: buffered, or copied where the flags allow it."""
        for number, op in enumerate(self._ops):
            have, want = op.array.dtype, op.dtype
            op.cast = have != want
            if op.cast:
                for used, source, into in ((op.reads, have, want), (op.writes, want, have)):
                    if used and not can_cast(source, into, self._casting):
                        which = "Iterator operand" if used is op.reads else "Iterator requested dtype for operand"
                        raise TypeError(
                            f"{which} {number} dtype could not be cast from {source!r} to {into!r} "
                            f"according to the rule '{self._casting}'"
                        )
                if "buffered" not in self._flags:
                    wanted = "updateifcopy" if op.writes else "copy"
                    if not op.flags & {wanted, "updateifcopy"}:
                        raise TypeError(
                            "Iterator operand required copying or buffering, "
                            "but neither copying nor buffering was enabled"
                        )
                    if op.writes:
                        op.buffer = op.view
                    op.view = op.view.astype(want)
                    op.array = op.view if not op.writes else op.array
            elif "copy_if_overlap" in self._flags and not op.writes:
                written = [other.array for other in self._ops if other.writes]
                if any(shares_memory(op.array, other) for other in written):
                    op.view = op.view.copy()

    def _merge(self):
        """The views in the order of the walk, and merged axes where no index is wanted."""
        for op in self._ops:
            walk = tuple(
                slice(None, None, -1 if flipped and n > 1 else 1)
                for flipped, n in zip(self._flipped, op.view.shape, strict=True)
            )
            op.wide = op.view[(*walk, ...)].transpose(tuple(self._axes))
        self._walk = tuple(self._shape[axis] for axis in self._axes)
        self._full = self._walk
        self.itersize: int = math.prod(self._walk)
        if self._has_multi or self._has_index or not self.itersize:
            return
        strides = [strides_of(op.wide) for op in self._ops]
        groups = []
        for axis, n in enumerate(self._walk):
            if n == 1:
                continue
            if groups and all(s[groups[-1][-1]] == s[axis] * n for s in strides):
                groups[-1].append(axis)
            else:
                groups.append([axis])
        merged = tuple(math.prod(self._walk[axis] for axis in group) for group in groups) or (
            (1,) if self._walk else ()
        )
        for op in self._ops:
            own = tuple(math.prod(op.wide.shape[axis] for axis in group) for group in groups) or (1,) * len(merged)
            op.wide = op.wide.reshape(own, copy=False)
        self._walk = merged

    # ---- walking

    def reset(self) -> None:
        """Begins again."""
        self._flush()
        self._at = 0
        self._started = False
        self._chunk = None

    def _length(self):
        """How many elements this step is about."""
        if "external_loop" not in self._flags:
            return 1
        if "buffered" in self._flags:
            return min(self._size, self.itersize - self._at)
        return self._walk[-1] if self._walk else 1

    def _index(self):
        index, left = [], self._at
        for n in reversed(self._walk):
            index.append(left % n)
            left //= n
        return index[::-1]

    def _current(self, op):
        if "buffered" in self._flags and (op.cast or "external_loop" in self._flags):
            return self._buffered(op)
        index = self._index()
        own = [0 if n == 1 else i for i, n in zip(index, op.wide.shape, strict=True)]
        if "external_loop" in self._flags and own:
            run = op.wide[tuple(own[:-1])]
            found = run if run.shape[0] == self._walk[-1] else broadcast_to(run, (self._walk[-1],))
        else:
            found = op.wide[(*own, ...)]
            found = found.reshape((1,)) if "external_loop" in self._flags else found
        return found if op.writes else read_only(found)

    def _buffered(self, op):
        """A piece of an operand, cast; written back when the iterator leaves it."""
        if self._chunk is None or not self._chunk[0] <= self._at < self._chunk[1]:
            self._flush()
            self._chunk = (self._at, min(self._at + self._size, self.itersize))
            for other in self._ops:
                other.buffer = None
        start, stop = self._chunk
        if op.buffer is None:
            if op.reads:
                wide = op.wide if op.wide.shape == self._walk else broadcast_to(op.wide, self._walk)
                op.buffer = take(wide, arange(start, stop)).astype(op.dtype)
            else:
                op.buffer = empty((stop - start,), dtype=op.dtype)
        found = op.buffer if "external_loop" in self._flags else op.buffer[self._at - start]
        return found if op.writes else read_only(found)

    def _flush(self):
        if getattr(self, "_chunk", None) is None:
            return
        for op in self._ops:
            if op.writes and op.buffer is not None:
                put(op.wide, arange(*self._chunk), op.buffer.astype(op.array.dtype))
                op.buffer = None
        self._chunk = None

    def iternext(self) -> bool:
        """Moves on; whether there is anything."""
        self._check()
        self._at = min(self._at + self._length(), self.itersize)
        if self._chunk is not None and self._at >= self._chunk[1]:
            self._flush()
        self._started = True
        return not self.finished

    @property
    def finished(self) -> bool:
        """Whether all has been walked."""
        return self._at >= self.itersize

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._check()
        if self._started:
            self.iternext()
        self._started = True
        if self.finished:
            self._flush()
            raise StopIteration
        return self.value

    @property
    def value(self) -> Any:
        """The views of this step: one, or a tuple."""
        self._check()
        if self.finished:
            raise ValueError("Iterator is past the end")
        values = tuple(map(self._current, self._ops))
        return values[0] if self._alone else values

    def __getitem__(self, number: Any) -> Array:
        self._check()
        if self.finished:
            raise ValueError("Iterator is past the end")
        if isinstance(number, slice):
            return tuple(self._current(op) for op in self._ops[number])
        return self._current(self._ops[number])

    def __setitem__(self, number: Any, value: Any) -> None:
        self[number][...] = value

    def __len__(self) -> int:
        return self.nop

    # ---- looking

    @property
    def nop(self) -> int:
        """Number of operands."""
        return len(self._ops)

    @property
    def operands(self) -> tuple[Array, ...]:
        """The arrays, allocated ones too."""
        self._check()
        return tuple(op.array for op in self._ops)

    @property
    def dtypes(self) -> tuple[DType, ...]:
        """The dtypes of the views."""
        return tuple(op.dtype for op in self._ops)

    @property
    def itviews(self) -> tuple[Array, ...]:
        """The operands in the order of the walk."""
        return tuple(op.wide if op.wide.shape == self._walk else broadcast_to(op.wide, self._walk) for op in self._ops)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that is walked."""
        return self._shape if self._has_multi else self._walk

    @property
    def ndim(self) -> int:
        """Number of axes that are walked."""
        return len(self._walk)

    @property
    def has_multi_index(self) -> bool:
        """Whether `multi_index` is tracked."""
        return self._has_multi

    @property
    def has_index(self) -> bool:
        """Whether `index` is tracked."""
        return self._has_index

    @property
    def iterindex(self) -> int:
        """How many elements have been walked."""
        return self._at

    def _multi(self):
        index = [0] * len(self._shape)
        for axis, i in zip(self._axes, self._index(), strict=True):
            index[axis] = self._shape[axis] - 1 - i if self._flipped[axis] else i
        return tuple(index)

    @property
    def multi_index(self) -> tuple[int, ...]:
        """The index of this step along each axis."""
        if not self._has_multi:
            raise ValueError("Iterator is not tracking a multi-index")
        if self.finished:
            raise ValueError("Iterator is past the end")
        return self._multi()

    @property
    def index(self) -> int:
        """The position of this step in C or F order."""
        if not self._has_index:
            raise ValueError("Iterator does not have an index")
        if self.finished:
            raise ValueError("Iterator is past the end")
        axes = range(len(self._shape))
        position = 0
        for axis in axes if "c_index" in self._flags else reversed(axes):
            position = position * self._shape[axis] + self._multi()[axis]
        return position

    # ---- ending

    def _check(self):
        if self._closed:
            raise ValueError("Iterator is closed")

    def close(self) -> None:
        """Writes back what is in buffers and copies."""
        if self._closed:
            return
        self._flush()
        if "buffered" not in self._flags:
            for op in self._ops:
                if op.cast and op.writes:
                    op.buffer[...] = op.view
        self._closed = True

    def __enter__(self) -> nditer:
        self._check()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
