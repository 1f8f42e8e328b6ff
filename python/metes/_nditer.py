"""`nditer`: several arrays walked together, element by element or run by run.

Left out: masked writing, and reductions in runs (`external_loop` over stretched results).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ._making import Making
from ._native import arange, asarray, broadcast_to, empty, put, take
from ._operands import BUFFER, FLAGS, Operand, read_only, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._native import Array, DType
    from ._types import Casting, Order

__all__ = ["nditer"]


class nditer(Making):
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
        if {"c_index", "f_index"} <= self._flags:
            raise ValueError("Iterator flags C_INDEX and F_INDEX cannot both be specified")
        if not given:
            raise ValueError("Must provide at least one operand")
        if "external_loop" in self._flags and (self._has_multi or self._has_index):
            raise ValueError("Iterator flag EXTERNAL_LOOP cannot be used if an index or multi-index is being tracked")
        if {"ranged", "external_loop"} <= self._flags and "buffered" not in self._flags:
            raise ValueError(
                "Iterator flag RANGED cannot be used with the flag EXTERNAL_LOOP unless BUFFERED is also enabled"
            )
        self._ops = [
            Operand(None if one is None else asarray(one), named)
            for one, named in zip(given, self._op_flags(given, op_flags), strict=True)
        ]
        self._closed = False
        self._operands: list[Array] | None = None
        # Where this one stands among nested ones: all of them, from which array each starts, and its own place.
        self._nest: tuple[list[nditer], list[list[Array]], int] | None = None
        self._shape_up(op_axes, itershape)
        self._choose_dtypes(op_dtypes)
        self._order_axes()
        self._allocate()
        self._convert()
        self._merge()
        self._range = (0, self.itersize)
        self._waits = {"buffered", "delay_bufalloc"} <= self._flags
        self._rewind()

    # ---- walking

    def reset(self) -> None:
        """Begins again, at the start of the range."""
        self._check()
        self._waits = False
        self._rewind()

    def _rewind(self):
        self._flush()
        self._at = self._range[0]
        self._started = False
        self._chunk = None
        self._follow()

    def _follow(self):
        """Has the iterator within this one begin anew where it stands now."""
        if self._nest is None or self.finished:
            return
        iterators, wholes, place = self._nest
        index = [i for outer in iterators[: place + 1] for i in outer._multi()]
        inner = iterators[place + 1]
        inner._flush()
        for op, whole in zip(inner._ops, wholes[place + 1], strict=True):
            own = tuple(0 if n == 1 else i for i, n in zip(index, whole.shape, strict=False))
            op.wide = whole[(*own, ...)]
        inner._rewind()

    def _go(self, at):
        self._flush()
        self._at, self._started = at, False
        self._follow()

    def _length(self):
        """How many elements this step is about."""
        if "external_loop" not in self._flags:
            return 1
        if "buffered" in self._flags:
            return min(self._size, self._range[1] - self._at)
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
            self._chunk = (self._at, min(self._at + self._size, self._range[1]))
            for other in self._ops:
                other.buffer = None
        start, stop = self._chunk
        if op.buffer is None:
            if op.reads:
                wide = op.wide if op.wide.shape == self._walk else broadcast_to(op.wide, self._walk)
                op.buffer = take(wide, arange(start, stop)).astype(op.dtype)
            else:
                op.buffer = empty((stop - start,), dtype=op.dtype)
        found = op.buffer if "external_loop" in self._flags else op.buffer[self._at - start, ...]
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
        self._at = min(self._at + self._length(), self._range[1])
        if self._chunk is not None and self._at >= self._chunk[1]:
            self._flush()
        self._started = True
        self._follow()
        return not self.finished

    @property
    def finished(self) -> bool:
        """Whether all has been walked."""
        return self._at >= self._range[1]

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._ready()
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
        self._ready()
        if self.finished:
            raise ValueError("Iterator is past the end")
        values = tuple(map(self._current, self._ops))
        return values[0] if self._alone else values

    def __getitem__(self, number: Any) -> Any:
        self._ready()
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
        return tuple(op.array for op in self._ops) if self._operands is None else tuple(self._operands)

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
        """How many elements have been walked; setting it goes there."""
        return self._at

    @iterindex.setter
    def iterindex(self, at: int) -> None:
        if not self._range[0] <= at < self._range[1]:
            raise IndexError(f"iterindex {at} is outside of the range {self._range}")
        self._go(at)

    @property
    def iterrange(self) -> tuple[int, int]:
        """The first step and the one after the last, of all that there are; with the flag `ranged` it can be set."""
        return self._range

    @iterrange.setter
    def iterrange(self, ends: tuple[int, int]) -> None:
        if "ranged" not in self._flags:
            raise ValueError("the range of an iterator can be set where it was made with the flag ranged")
        start, stop = ends
        if start < 0 or stop > self.itersize:
            raise ValueError(f"Out-of-bounds range [{start}, {stop}) of {self.itersize} steps")
        if start > stop:
            raise ValueError(f"Invalid range [{start}, {stop})")
        self._range = (start, stop)
        self._rewind()

    @property
    def has_delayed_bufalloc(self) -> bool:
        """Whether `reset` must be called before the first step, as `delay_bufalloc` asks."""
        return self._waits

    @property
    def iterationneedsapi(self) -> bool:
        """Whether elements are Python's objects, which they never are."""
        return False

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

    @multi_index.setter
    def multi_index(self, index: tuple[int, ...]) -> None:
        if not self._has_multi:
            raise ValueError("Iterator is not tracking a multi-index")
        if len(index) != len(self._shape):
            raise ValueError("Wrong number of indices")
        if any(not 0 <= i < n for i, n in zip(index, self._shape, strict=True)):
            raise IndexError(f"multi-index {tuple(index)} is out of bounds for shape {self._shape}")
        self._go(self._step_of(index))

    def _step_of(self, index):
        """Which step has an index."""
        at = 0
        for axis, n in zip(self._axes, self._walk, strict=True):
            at = at * n + (n - 1 - index[axis] if self._flipped[axis] else index[axis])
        return at

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

    @index.setter
    def index(self, position: int) -> None:
        if not self._has_index:
            raise ValueError("Iterator does not have an index")
        if not 0 <= position < self.itersize:
            raise IndexError(f"index {position} is out of bounds for {self.itersize} steps")
        index, axes = [0] * len(self._shape), range(len(self._shape))
        for axis in reversed(axes) if "c_index" in self._flags else axes:
            position, index[axis] = divmod(position, self._shape[axis])
        self._go(self._step_of(index))

    # ---- changing

    def copy(self) -> nditer:
        """Another iterator over the same operands, at the same step."""
        self._check()
        self._flush()
        other = object.__new__(nditer)
        vars(other).update(vars(self))
        other._ops = [op.copy() for op in self._ops]
        other._nest = None
        return other

    def _keeps_index(self, what):
        if not self._has_multi:
            raise RuntimeError(f"{what}: the iterator is not tracking a multi-index")

    def remove_axis(self, i: int) -> None:
        """Leaves an axis out: its first element is looked at alone. Begins again."""
        self._keeps_index("remove_axis")
        if not 0 <= i < len(self._shape):
            raise ValueError("axis out of bounds in iterator RemoveAxis")
        at = self._axes.index(i)
        for op in self._ops:
            first = op.wide.shape[at] - 1 if self._flipped[i] else 0
            op.wide = op.wide[(slice(None),) * at + (first, Ellipsis)]
        self._shape = self._shape[:i] + self._shape[i + 1 :]
        self._walk = self._full = self._walk[:at] + self._walk[at + 1 :]
        self._axes = [axis - (axis > i) for axis in self._axes if axis != i]
        self._flipped = self._flipped[:i] + self._flipped[i + 1 :]
        self.itersize: int = math.prod(self._walk)
        self._range = (0, self.itersize)
        self._rewind()

    def remove_multi_index(self) -> None:
        """Tracks no index any more, so that axes may be walked as one. Begins again."""
        self._keeps_index("remove_multi_index")
        self._has_multi = False
        self._collapse()
        self._rewind()

    def enable_external_loop(self) -> None:
        """Gives runs of elements from now on. Begins again."""
        if self._has_multi or self._has_index:
            raise ValueError("Iterator flag EXTERNAL_LOOP cannot be used if an index or multi-index is being tracked")
        self._flags = self._flags | {"external_loop"}
        self._rewind()

    # ---- ending

    def _check(self):
        if self._closed:
            raise ValueError("Iterator is closed")

    def _ready(self):
        self._check()
        if self._waits:
            raise ValueError("Iterator construction used delayed buffer allocation, and no reset has been done yet")

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
