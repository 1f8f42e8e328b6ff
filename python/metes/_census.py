"""Arrays of NumPy's and Metes' that the program can reach, and who holds them.

Arrays take no part in garbage collection, so the collector does not list them. The census walks from the modules, then
from the variables of all running functions, then from whatever else the collector knows, level by level, and notes for
each object by whom it was reached first. The words for a way, such as `module.cache['a'][1]`, are found only for what
is shown (`_paths.py`). An array that only foreign code holds is not found, which is an answer too.
"""

from __future__ import annotations

import contextvars
import gc
import inspect
import sys
import threading
import types
from typing import NamedTuple

from . import _native, _paths

_MOST_HOLDERS = 4
_MOST_OBJECTS = 1 << 20

# Objects of these types refer to nothing that could hold an array.
_LEAVES = frozenset(
    {int, float, complex, bool, str, bytes, bytearray, type(None), type(...), range, slice, types.CodeType}
    | {types.BuiltinFunctionType, types.WrapperDescriptorType, types.MethodDescriptorType, types.GetSetDescriptorType}
    | {types.MemberDescriptorType, type(NotImplemented)}
)


class Root(NamedTuple):
    """Where a walk begins: a text, and whether it is a variable of a running function."""

    text: str
    variable: bool


class Found:
    """An array, and those who hold it."""

    __slots__ = ("_reached", "array", "held", "parents")

    def __init__(self, array, reached=None):
        self.array = array
        self.parents = []
        # By how many that are no arrays.
        self.held = 0
        # By whom everything was reached. Not the walk, which has this: who was found shall go at once.
        self._reached = reached or {}

    def reached_from(self, parent, arrays):
        """Notes one more holder; those that are no arrays are the better ones to name."""
        plain = not isinstance(parent, arrays)
        self.held += plain
        if plain and self.held <= _MOST_HOLDERS:
            self.parents.insert(self.held - 1, parent)
            del self.parents[_MOST_HOLDERS:]
        elif not plain and len(self.parents) < _MOST_HOLDERS:
            self.parents.append(parent)

    @property
    def holders(self):
        """Some of those who hold it, in words."""
        if not self.parents:
            return ["nobody that can be seen"]
        shown = self.parents[: self.held] or self.parents
        return list(dict.fromkeys(_paths.path(self.array, parent, self._reached) for parent in shown))

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
    ndarray = getattr(numpy, "ndarray", None)
    return (_native.Array, ndarray) if ndarray is not None else (_native.Array,)


def _referents(thing, arrays):
    """What an object refers to, the contents of object arrays and bases included."""
    if isinstance(thing, arrays):
        inside = [thing.base]
        if holds_objects(thing) and thing.size <= _MOST_OBJECTS:
            inside += thing.ravel(order="K").tolist() if thing.ndim else [thing.item()]
        return inside
    if isinstance(thing, memoryview):
        try:
            return (thing.obj,)
        except ValueError:
            return ()
    if isinstance(thing, threading.local):
        return (*gc.get_referents(thing), *vars(thing).values())
    if type(thing).__name__ in ("flatiter", "nditer"):
        return (getattr(thing, "base", None), *(getattr(thing, "operands", None) or ()))
    return gc.get_referents(thing)


def _is_own(frame):
    return str(frame.f_globals.get("__name__", "")).startswith("metes._")


def _is_module(frame):
    module = sys.modules.get(frame.f_globals.get("__name__"))
    return frame.f_locals is getattr(module, "__dict__", None)


def _frames(own):
    """The variables of all running functions with words for each, those of this package left out; the frames themselves
    are noted in `own`: what this package's own refer to is not to be found through them."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for thread, frame in sys._current_frames().items():
        while frame is not None:
            own.add(id(frame))
            if not _is_own(frame) and not _is_module(frame):
                main = thread == threading.main_thread().ident
                suffix = "" if main else f", thread {names.get(thread, thread)}"
                for name, value in _variables(frame):
                    yield value, Root(f"{name} in {frame.f_code.co_qualname}{suffix}", True)
            frame = frame.f_back


def _variables(frame):
    """The variables of a running function. Before Python 3.13 the frame keeps the dict that it shows; where nobody else
    has it, and no debugger works with it, it is emptied, so that what the function deletes later goes then."""
    mapping = frame.f_locals
    items = list(mapping.items())
    kept = type(mapping) is dict and frame.f_code.co_flags & inspect.CO_OPTIMIZED and frame.f_trace is None
    if kept and sys.getrefcount(mapping) <= 3:
        mapping.clear()
    return items


class Walk:
    """What was found: arrays by identity, and by whom each object was reached."""

    def __init__(self):
        self.arrays = {}
        self.parents = {}
        self._kept = []
        self._own = {id(self), id(self.arrays), id(self.parents), id(self._kept), id(self.__dict__)}

    def reach(self, starts):
        """Walks from objects with their parents, level by level."""
        arrays = kinds()
        parents, kept, own, leaves = self.parents, self._kept, self._own, _LEAVES | {Found, Walk, Root}
        level = starts
        while level:
            below = []
            for thing, parent in level:
                if type(thing) in leaves:
                    continue
                number = id(thing)
                if isinstance(thing, arrays):
                    found = self.arrays.get(number)
                    if found is None:
                        found = self.arrays[number] = Found(thing, parents)
                    found.reached_from(parent, arrays)
                if number in parents or number in own:
                    continue
                parents[number] = parent
                kept.append(thing)
                below.extend((child, thing) for child in _referents(thing, arrays))
            level = below

    def run(self):
        """Walks from modules, from running functions, and from the rest."""
        modules = sorted(sys.modules.items(), key=lambda item: item[0] != "__main__")
        self._own.add(id(modules))
        self.reach([(module, Root(name, False)) for name, module in modules])
        variables = contextvars.copy_context().items()
        self.reach([(value, Root(f"{variable.name} of the context", False)) for variable, value in variables])
        self.reach(list(_frames(self._own)))
        known, parents = gc.get_objects(), self.parents
        rest = [thing for thing in known if id(thing) not in parents and type(thing) is not types.FrameType]
        self._own |= {id(known), id(rest)}
        text = "a {} that no module or function reaches"
        self.reach([(thing, Root(text.format(type(thing).__name__), False)) for thing in rest])
        # What was walked through had to live meanwhile, so that no identity came twice.
        self._kept.clear()


def census():
    """The arrays that can be reached, by identity: `Found` each, with arrays inside object arrays and bases."""
    walk = Walk()
    walk.run()
    return walk.arrays


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
