"""How `nditer` is made: what it takes, the shape that is walked, dtypes, the order of axes, what must be converted."""

from __future__ import annotations

import math

from ._native import DType, broadcast_shapes, can_cast, empty, result_type, shares_memory
from ._operands import OP_FLAGS, order_of_axes, strides_of, unknown, with_axes


class Making:
    """The first half of `nditer`: each method is one step, in their order."""

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
            axes = op.axes = op_axes[number] if op_axes is not None else None
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
        for number, op in enumerate(self._ops):
            if op.array is not None:
                continue
            axes = range(len(self._shape)) if op.axes is None else op.axes
            axes = [-1 if axis is None else axis for axis in axes]
            self._check_axes(number, op, axes)
            # Its own axes, in the order of the walk.
            walked = [axes[axis] for axis in self._axes if axes[axis] >= 0]
            shape = tuple(self._shape[axes.index(own)] for own in walked)
            op.array = empty(shape, dtype=op.dtype).transpose(tuple(map(walked.index, range(len(walked)))))
            op.view = op.array if op.axes is None else with_axes(op.array, op.axes)

    def _check_axes(self, number, op, axes):
        """Whether an operand with these axes can be allocated."""
        own = sorted(axis for axis in axes if axis >= 0)
        if len(axes) != len(self._shape) or own != list(range(len(own))):
            raise ValueError(
                f"nditer: op_axes[{number}] is {axes}: an allocated operand needs an entry for each of the "
                f"{len(self._shape)} axes, and its own axes from 0 on, each once"
            )
        if any(axis < 0 and n > 1 for axis, n in zip(axes, self._shape, strict=True)):
            if "reduce_ok" not in self._flags or not op.reads:
                raise ValueError(
                    f"output operand {number} requires a reduction, but the reduction is not enabled: "
                    "it takes the flag reduce_ok and an operand that is readwrite"
                )
            if "external_loop" in self._flags:
                raise NotImplementedError("nditer: reductions are not done in runs; leave out external_loop")

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
        if not (self._has_multi or self._has_index):
            self._collapse()

    def _collapse(self):
        """Axes that lie one behind the other become one."""
        if not self.itersize:
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
