"""Files of arrays: by path through the native module, and open file objects, which are read and written in blocks.

Of an open file nothing is known but that it can be read or written: so it is Python's, as are the archives in one. What
reads those is loaded when the first one is met.
"""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING

from . import _native
from ._native import Array, asarray, empty

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from typing import Any

    from ._types import ArrayLike, DTypeLike, Shape

__all__ = ["load", "memmap", "save", "savez", "savez_compressed"]

# Bytes that are read or written at a time.
_BLOCK = 1 << 18
_NPY = b"\x93NUMPY"


def save(file: Any, arr: ArrayLike, allow_pickle: bool = True, *, progress: bool = False) -> None:
    """Writes an array as an .npy file: to a path, where it appears when it is complete, or to an open binary file.

    A lazy array is computed in parts, to a path alone. `allow_pickle` is taken for NumPy's sake: nothing is
    ever pickled.

    >>> import io, metes as mt
    >>> file = io.BytesIO()
    >>> mt.save(file, mt.arange(3))
    >>> _ = file.seek(0)
    >>> mt.load(file).tolist()
    [0, 1, 2]
    """
    if hasattr(file, "write"):
        _write(file, asarray(arr))
    else:
        _native._save(os.fspath(file), arr, progress=progress)


def savez(file: Any, *arrays: ArrayLike, allow_pickle: bool = True, **named: ArrayLike) -> None:
    """Writes arrays as an .npz archive, those without a name as arr_0, arr_1, ...: to a path or an open binary file."""
    if hasattr(file, "write"):
        _write_archive(file, arrays, named, compressed=False)
    else:
        _native._savez(os.fspath(file), *arrays, **named)


def savez_compressed(file: Any, *arrays: ArrayLike, allow_pickle: bool = True, **named: ArrayLike) -> None:
    """As `savez`, with the members compressed."""
    if hasattr(file, "write"):
        _write_archive(file, arrays, named, compressed=True)
    else:
        _native._savez_compressed(os.fspath(file), *arrays, **named)


def load(
    file: Any,
    mmap_mode: str | None = None,
    allow_pickle: bool = False,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    *,
    max_header_size: int | None = None,
) -> Any:
    """Reads a file, by its path or open: an array for .npy, a mapping to arrays for .npz.

    With `mmap_mode` "r" (read only), "r+" (writes go to the file) or "c" (writes stay in memory) a file at a path is
    mapped.
    An open file stays after the array that was read, where the next one may begin. `allow_pickle` and what follows are
    taken for NumPy's sake: no object is ever read, and no header that is longer than NumPy reads.
    """
    if not hasattr(file, "read"):
        return _native._load(os.fspath(file), mmap_mode)
    if mmap_mode is not None:
        raise ValueError("load: only a file at a path can be mapped")
    start = file.read(len(_NPY))
    if start[:2] == b"PK":
        file.seek(-len(start), os.SEEK_CUR)
        import zipfile

        return _Archive(zipfile.ZipFile(file))
    if not start:
        raise EOFError("No data left in file")
    return _read(file, start)


def _write(file, array):
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    file.write(_native._npy_header(array.dtype, array.shape, fortran))
    line = array.T if fortran else array
    for part in _dense_parts(line):
        file.write(memoryview(part.reshape(-1).view("u1")) if part.nbytes else b"")


def _dense_parts(array):
    """The elements in C order, as dense arrays of about a block."""
    if array.flags.c_contiguous:
        yield from _pieces(array.reshape(-1))
    elif array.nbytes <= _BLOCK:
        yield array.copy()
    else:
        for row in array:
            yield from _dense_parts(row)


def _pieces(line):
    step = max(_BLOCK // max(line.itemsize, 1), 1)
    for start in range(0, line.size, step):
        yield line[start : start + step]


def _exactly(file, count, what):
    """So many bytes, though a file may give fewer at a time."""
    found = b""
    while len(found) < count:
        more = file.read(count - len(found))
        if not more:
            raise ValueError(f"load: the file ends within its {what}: {len(found)} of {count} bytes")
        found += more
    return found


def _header(file, start):
    """Dtype, shape and whether the order is Fortran's, of a file of which `start` was read."""
    head = start + _exactly(file, 8 - len(start), "magic")
    head += _exactly(file, 2 if head[6] == 1 else 4, "header length")
    length = int.from_bytes(head[8:], "little")
    if length > _native._npy_longest_header:
        raise ValueError(f"load: a header of {length} bytes, at most {_native._npy_longest_header} are read")
    return _native._npy_parse(head + _exactly(file, length, "header"))


def _read(file, start):
    dtype, shape, fortran = _header(file, start)
    array = empty(shape[::-1] if fortran else shape, dtype=dtype)
    for part in _pieces(array.reshape(-1)):
        block = memoryview(part.view("u1")) if part.nbytes else bytearray()
        block[:] = _exactly(file, len(block), "data")
    return array.T if fortran else array


def _write_archive(file, arrays, named, *, compressed):
    import zipfile

    members = {f"arr_{number}": array for number, array in enumerate(arrays)}
    for name in members.keys() & named.keys():
        raise ValueError(f"Cannot use un-named variables and keyword {name}")
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method, allowZip64=True) as archive:
        for name, array in (members | named).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                _write(member, asarray(array))


class _Archive:
    """The arrays of an .npz archive in an open file, by name; each is read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files = [name.removesuffix(".npy") for name in archive.namelist()]

    def __getitem__(self, name: str) -> Any:
        inside = next((n for n in (f"{name}.npy", name) if n in self._archive.NameToInfo), None)
        if inside is None:
            raise KeyError(f"no member '{name}', there are {', '.join(self.files)}")
        with self._archive.open(inside) as member:
            return _read(member, member.read(len(_NPY)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        return name in self.files or name in self._archive.NameToInfo

    def keys(self) -> list[str]:
        return list(self.files)

    def values(self) -> list[Any]:
        return [self[name] for name in self.files]

    def items(self) -> list[tuple[str, Any]]:
        return [(name, self[name]) for name in self.files]

    def close(self) -> None:
        self._archive.close()

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Mapped(type):
    """Whether an array shows a mapped file is a fact about its bytes, not about its class."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Array) and hasattr(value, "filename")


class memmap(metaclass=_Mapped):
    """The array over a file of plain elements, which the system reads when they are touched.

    Modes: 'r' reads, 'r+' writes to the file too, 'w+' makes it anew, 'c' keeps writes in memory. The array has
    `filename`, `offset`, `mode`, `flush()`, `close()` and `advise()`, and so have its views; results
    that are computed are plain arrays. Another program must not cut the file meanwhile.
    """

    def __new__(
        cls,
        filename: Any,
        dtype: DTypeLike = "uint8",
        mode: str = "r+",
        offset: int = 0,
        shape: Shape | None = None,
        order: str = "C",
    ) -> Any:
        path = filename if isinstance(filename, (str, bytes, os.PathLike)) else filename.name
        return _native._memmap(os.fsdecode(path), dtype, mode, operator.index(offset), shape, order)
