"""What was copied and why, what was widened, and which small views keep large blocks alive.

The native module counts; here are the tables, and the search for views through what the interpreter can reach.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _census, _made, _native

if TYPE_CHECKING:
    from collections.abc import Generator

    from ._types import ArrayLike

__all__ = [
    "Copied",
    "Pinned",
    "Sizes",
    "Table",
    "Widened",
    "copies",
    "deny_copies",
    "deny_widening",
    "forget_copies",
    "pinned",
    "sizes",
    "widenings",
]


class Table(list[Any]):
    """Rows, the largest first; prints as a table."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) if self else "nothing"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Copied:
    """Copies that have a place or a reason in common."""

    name: str
    bytes: int
    count: int

    def __str__(self) -> str:
        return f"{self.bytes:>20,} {self.count:>8,}  {self.name}"


@dataclass(frozen=True, slots=True)
class Widened:
    """Operands of one dtype that promotion widened at one place: bytes are what the results took more."""

    site: str
    from_: str
    to: str
    bytes: int
    count: int

    def __str__(self) -> str:
        return f"{self.bytes:>20,} {self.count:>8,}  {self.from_} to {self.to}  {self.site}"


def copies(by: str = "reason") -> Table:
    """Bytes and counts of copies so far, by "reason" or by "site"; small ones have no site.

    Where NumPy is managed, also what it copied in blocks of 64 KiB and more: what `reshape`, `ravel`, an index,
    `ascontiguousarray`, `asarray` and their kind made at a line of the program, since views would have needed no block,
    and what `copy`, `array`, `astype` and `flatten` were asked for ("explicit"). Copies inside NumPy's operators and in
    compiled libraries cannot be told from results, and are not in it.

    >>> import metes as mt
    >>> mt.memory.forget_copies()
    >>> mt.zeros((8, 8)).T.reshape(-1).origin
    'copied by reshape: strides (8, 64) of shape (8, 8) cannot express shape (64,)'
    >>> mt.memory.copies()
                     512        1  reshape
    """
    if by not in ("reason", "site"):
        raise ValueError(f"copies: by must be 'reason' or 'site', not {by!r}")
    _made.judge()
    sums = {}
    for site, reason, count_bytes, count in _native._memory_copies():
        name = reason if by == "reason" else site or "small copies"
        before = sums.get(name, (0, 0))
        sums[name] = (before[0] + count_bytes, before[1] + count)
    rows = sorted(((name, *row) for name, row in sums.items()), key=lambda row: (-row[1], row[0]))
    return Table(Copied(*row) for row in rows)


def widenings() -> Table:
    """Where results became wider than an operand, and by how many bytes; Python numbers never widen arrays."""
    return Table(Widened(*row) for row in _native._memory_widenings())


def forget_copies() -> None:
    """Starts `copies` and `widenings` anew."""
    _native._numpy_forget_made()
    _native._memory_forget_copies()


@contextlib.contextmanager
def _denied(what):
    _native._memory_deny(what, True)
    try:
        yield
    finally:
        _native._memory_deny(what, False)


def deny_copies() -> Generator[None]:
    """Inside the `with` block, on this thread, copies that nobody asked for raise `ValueError` and say why.

    `copy`, `flatten` and `astype` are asked for, as is whatever is given `copy=True`.

    >>> import metes as mt
    >>> with mt.memory.deny_copies():
    ...     mt.zeros((2, 3)).T.reshape(-1)
    Traceback (most recent call last):
    ...
    ValueError: copy of 48 bytes denied: reshape: strides (8, 24) of shape (3, 2) cannot express shape (6,)
    """
    return _denied("copies")


def deny_widening() -> Generator[None]:
    """Inside the `with` block, on this thread, results that promotion makes wider than an operand raise `TypeError`."""
    return _denied("widening")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Four sizes of an array in bytes; `owned + shared == pinned`."""

    logical: int
    """Of its elements, as if each had bytes of its own."""
    owned: int
    """That go when this array goes."""
    pinned: int
    """Of the block that it keeps alive."""
    shared: int
    """Of the block, where others keep it alive too."""


def sizes(a: ArrayLike) -> Sizes:
    """The four sizes of an array.

    >>> import metes as mt
    >>> mt.memory.sizes(mt.zeros(1000)[:10])
    Sizes(logical=80, owned=8000, pinned=8000, shared=0)
    """
    logical, block, shared = _native._memory_sizes(a)
    return Sizes(logical, 0 if shared else block, block, block if shared else 0)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A small view that keeps a large block alive."""

    view: object
    logical: int
    pinned: int
    holder: str

    def __str__(self) -> str:
        return f"{self.pinned:>20,} for {self.logical:,} bytes  {self.holder}"


def pinned(ratio: float = 4, min_bytes: int = 1 << 16) -> Table:
    """Views that keep blocks of at least `min_bytes` alive for less than 1/`ratio` of them, most bytes first.

    A view counts where nothing but views refers to its base. Views are found through the containers and running
    functions of the interpreter. `compact` makes a copy of such a view, so that the block can go.
    """
    found, rows = _census.census(), []
    for entry in found.values():
        view = entry.array
        if not isinstance(view, _native.Array) or not isinstance(view.base, _native.Array):
            continue
        logical, block, _ = _native._memory_sizes(view)
        base = found.get(id(view.base))
        if block >= min_bytes and logical * ratio < block and (base is None or not base.held):
            rows.append(Pinned(view, logical, block, entry.holders[0]))
    from . import _leaks

    rows += _leaks.pinned_numpy(found, min_bytes, ratio)
    return Table(sorted(rows, key=lambda row: -row.pinned))
