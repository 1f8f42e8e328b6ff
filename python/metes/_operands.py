"""What `nditer` walks: its operands and flags, and the order of their axes."""

from __future__ import annotations

from ._native import broadcast_to

FLAGS = {
    "buffered",
    "c_index",
    "common_dtype",
    "copy_if_overlap",
    "delay_bufalloc",
    "external_loop",
    "f_index",
    "grow_inner",
    "growinner",
    "multi_index",
    "ranged",
    "reduce_ok",
    "refs_ok",
    "zerosize_ok",
}
OP_FLAGS = {
    "aligned",
    "allocate",
    "contig",
    "copy",
    "nbo",
    "no_broadcast",
    "no_subtype",
    "overlap_assume_elementwise",
    "readonly",
    "readwrite",
    "updateifcopy",
    "writeonly",
}
BUFFER = 8192


class Operand:
    """One array: what it is, whether it is read and written, and how it is walked."""

    __slots__ = ("array", "axes", "buffer", "cast", "dtype", "flags", "reads", "view", "wide", "writes")

    def __init__(self, array, flags):
        self.array, self.flags = array, flags
        self.writes = not flags.isdisjoint({"readwrite", "writeonly"})
        self.reads = "writeonly" not in flags
        self.axes = self.view = self.wide = self.dtype = self.buffer = self.cast = None

    def copy(self):
        """The same operand, walked on its own."""
        other = object.__new__(Operand)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other


def unknown(kind, names, known):
    for name in names:
        if name not in known:
            raise ValueError(f'Unexpected iterator {kind} "{name}"')
    return set(names)


def order_of_axes(strides, ndim):
    """The axes outermost first as they lie in memory; where operands disagree, or nothing says, C order wins."""
    inner_first = list(range(ndim))[::-1]
    for i in range(1, ndim):
        axis, place = inner_first[i], i
        for j in range(i - 1, -1, -1):
            pairs = [(abs(s[axis]), abs(s[inner_first[j]])) for s in strides if s[axis] and s[inner_first[j]]]
            if not pairs:
                continue
            if any(inner <= outer for outer, inner in pairs):
                break
            place = j
        inner_first.insert(place, inner_first.pop(i))
    return inner_first[::-1]


def strides_of(view):
    """Strides, 0 along axes of length 1, which say nothing."""
    return [0 if n == 1 else step for n, step in zip(view.shape, view.strides, strict=True)]


def read_only(view):
    return broadcast_to(view, view.shape)


def with_axes(array, axes):
    """The array with its axes at the places of the iterator's; -1 or None is a new one."""
    own = [axis for axis in axes if axis is not None and axis >= 0]
    rest = [axis for axis in range(array.ndim) if axis not in own]
    if any(array.shape[axis] != 1 for axis in rest):
        raise ValueError("nditer: op_axes must name every axis that is longer than 1")
    array = array.transpose((*own, *rest)).reshape(tuple(array.shape[axis] for axis in own), copy=False)
    return array[tuple(None if axis is None or axis < 0 else slice(None) for axis in axes)]
