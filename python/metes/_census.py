"""Arrays of NumPy's and Metes' that the program can reach, and who holds them.

Arrays are invisible to the garbage collector, so they are found through what it does see: the variables of running
functions, and what containers refer to. An array that only foreign code holds is not found, which is an answer too.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass

from . import _native

_MOST_HOLDERS = 4


@dataclass(slots=True)
class Found:
    """An array, and some of those who hold it."""

    array: object
    holders: list

    @property
    def owner(self):
        """The array or other object that the bytes belong to."""
        owner = self.array
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        return owner


def kinds():
    """The classes of arrays."""
    numpy = sys.modules.get("numpy")
    return (_native.Array, numpy.ndarray) if numpy is not None else (_native.Array,)


def inside(value, holder, depth=0):
    """A value, and what is in it where the collector does not look into it for itself."""
    yield value, holder
    if depth < 4 and isinstance(value, dict | tuple) and not gc.is_tracked(value):
        named = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in list(named):
            yield from inside(item, f"{name!r} of {holder}", depth + 1)


def _named(container, names):
    """What a container refers to, each with a word about who does."""
    if isinstance(container, dict):
        of = names.get(id(container), "a dict")
        for name, value in list(container.items()):
            yield value, f"{name!r} in {of}"
    elif not isinstance(container, type(sys)):
        word = f"a {type(container).__name__}"
        for value in gc.get_referents(container):
            yield value, word


def reachable(but=()):
    """Every value that a container or a running function refers to, with a word about who does."""
    mine = set(but)
    for thread, frame in sys._current_frames().items():
        while frame is not None:
            own = frame.f_globals.get("__name__", "").startswith("metes._")
            if own:
                mine.add(id(frame))
            else:
                for name, value in frame.f_locals.items():
                    where = f"{name} in {frame.f_code.co_qualname}, thread {thread}"
                    yield from inside(value, where)
            frame = frame.f_back
    names = {
        id(vars(module)): f"module {name}" for name, module in list(sys.modules.items()) if hasattr(module, "__dict__")
    }
    for container in gc.get_objects():
        if id(container) in mine or isinstance(container, Found):
            continue
        for value, holder in _named(container, names):
            yield from inside(value, holder)


def census():
    """The arrays that can be reached, by identity: `Found` each, with arrays inside object arrays and bases."""
    classes, found, todo = kinds(), {}, []
    mine = {id(found), id(todo)}

    def add(array, holder):
        entry = found.get(id(array))
        if entry is None:
            found[id(array)] = Found(array, [holder])
            todo.append(array)
        elif len(entry.holders) < _MOST_HOLDERS and holder not in entry.holders:
            entry.holders.append(holder)

    for value, holder in reachable(mine):
        if isinstance(value, classes):
            add(value, holder)
        elif type(value).__name__ in ("flatiter", "memoryview", "generator", "nditer"):
            for name in ("base", "obj"):
                inner = getattr(value, name, None)
                if isinstance(inner, classes):
                    add(inner, f"a {type(value).__name__}, {holder}")
    while todo:
        array = todo.pop()
        base = array.base
        if isinstance(base, memoryview):
            base = base.obj
        if isinstance(base, classes):
            add(base, f"a view of shape {array.shape}")
        if holds_objects(array) and array.size <= 1 << 20:
            for item in array.flat:
                if isinstance(item, classes):
                    add(item, f"an object array of shape {array.shape}")
    return found


def holds_objects(array):
    """Whether it is an object array of NumPy's."""
    return not isinstance(array, _native.Array) and array.dtype.kind == "O"


def address(array):
    """The address of the first byte of an array that owns its bytes, else 0."""
    if isinstance(array, _native.Array):
        return 0
    if array.base is not None or not array.flags.owndata:
        return 0
    # Strides of an owner are not negative: the first element is the first byte.
    return array.__array_interface__["data"][0]


def extent(array):
    """The first byte and the one after the last that a NumPy array spans."""
    low = high = array.__array_interface__["data"][0]
    if array.size == 0:
        return low, low
    for length, step in zip(array.shape, array.strides, strict=True):
        if step < 0:
            low += (length - 1) * step
        else:
            high += (length - 1) * step
    return low, high + array.itemsize


def covered(extents):
    """Bytes in the union of extents."""
    total, end = 0, 0
    for low, high in sorted(extents):
        total += max(high - max(low, end), 0)
        end = max(end, high)
    return total


def in_cycle(array, most=20_000):
    """Whether an object array can be reached from what is in it."""
    seen, todo = {id(array)}, [item for item in array.flat if item is not None]
    while todo and len(seen) < most:
        value = todo.pop()
        if value is array:
            return True
        if id(value) in seen or isinstance(value, type | type(sys)):
            continue
        seen.add(id(value))
        if isinstance(value, kinds()):
            todo += list(value.flat) if holds_objects(value) else []
        else:
            todo += gc.get_referents(value)
    return False
