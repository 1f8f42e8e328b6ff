"""What `Array.ctypes` gives: an array's address, shape and strides as foreign functions take them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array


class Pointers:
    """The address of an array's first element, and its shape and strides, as objects of the module `ctypes`.

    >>> import ctypes, metes as mt
    >>> a = mt.arange(3.0)
    >>> a.ctypes.data_as(ctypes.POINTER(ctypes.c_double))[2]
    2.0
    """

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    @property
    def data(self) -> int:
        """The address as a number, which keeps nothing alive."""
        return self._array.__array_interface__["data"][0]

    @property
    def shape(self) -> Any:
        """The shape as an array of `c_ssize_t`; None for an array without axes."""
        return self.shape_as(ctypes.c_ssize_t)

    @property
    def strides(self) -> Any:
        """The strides in bytes as an array of `c_ssize_t`; None for an array without axes."""
        return self.strides_as(ctypes.c_ssize_t)

    @property
    def _as_parameter_(self) -> Any:
        return self.data_as(ctypes.c_void_p)

    def data_as(self, obj: Any) -> Any:
        """The address as a pointer type; the pointer keeps the array."""
        pointer = ctypes.cast(self.data, obj)
        pointer._array = self._array
        return pointer

    def shape_as(self, obj: Any) -> Any:
        """The shape as an array of a type of integers; None for an array without axes."""
        shape = self._array.shape
        return (obj * len(shape))(*shape) if shape else None

    def strides_as(self, obj: Any) -> Any:
        """The strides in bytes as an array of a type of integers; None for an array without axes."""
        strides = self._array.strides
        return (obj * len(strides))(*strides) if strides else None
