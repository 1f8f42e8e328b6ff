"""The .npy format by its parts: headers, elements, files that are made as maps.

The functions for headers of each version are one here: a header says its version itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .. import _files, _native
from .._native import DType, asarray

if TYPE_CHECKING:
    from typing import Any

    from .._native import Array
    from .._types import ArrayLike, DTypeLike, Shape

__all__ = ["MAGIC_LEN", "MAGIC_PREFIX", "open_memmap", "read_array", "read_header", "write_array"]

MAGIC_PREFIX = b"\x93NUMPY"
MAGIC_LEN = len(MAGIC_PREFIX) + 2


def read_header(fp: Any) -> tuple[tuple[int, ...], bool, DType]:
    """Shape, whether the elements are in Fortran order, and their dtype; the open binary file then stands before them.

    >>> import io, metes as mt
    >>> file = io.BytesIO()
    >>> mt.save(file, mt.zeros((2, 3)))
    >>> _ = file.seek(0)
    >>> mt.lib.format.read_header(file)
    ((2, 3), False, dtype('float64'))
    """
    dtype, shape, fortran = _files._header(fp, _files._exactly(fp, len(MAGIC_PREFIX), "magic"))
    return shape, fortran, dtype


def read_array(fp: Any) -> Array:
    """The array from an open binary file, which then stands after it."""
    return _files._read(fp, _files._exactly(fp, len(MAGIC_PREFIX), "magic"))


def write_array(fp: Any, array: ArrayLike) -> None:
    """Writes header and elements to an open binary file."""
    _files._write(fp, asarray(array))


def open_memmap(
    filename: Any,
    mode: str = "r+",
    dtype: DTypeLike | None = None,
    shape: Shape | None = None,
    fortran_order: bool = False,
) -> Array:
    """The array over an .npy file, which the system reads when it is touched; with mode "w+" over a new one of zeros.

    >>> import metes as mt, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.npy")
    >>> made = mt.lib.format.open_memmap(path, "w+", "f8", (2, 3))
    >>> made[0] = 1
    >>> made.flush()
    >>> mt.load(path).sum().item()
    3.0
    """
    path = os.fspath(filename)
    if mode != "w+":
        return _native._load(path, mode)
    if shape is None:
        raise ValueError('open_memmap: mode "w+" needs a shape')
    lengths = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    dtype = DType("float64" if dtype is None else dtype)
    head = _native._npy_header(dtype, lengths, fortran_order)
    with open(path, "wb") as file:
        file.write(head)
    return _native._memmap(os.fsdecode(path), dtype, "r+", len(head), lengths, "F" if fortran_order else "C")


def __dir__() -> list[str]:
    return list(__all__)
