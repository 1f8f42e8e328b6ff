"""The memory of arrays: limits and budgets, exact counts, who holds what, profiles.

>>> import metes as mt
>>> before = mt.memory.stats().current_bytes
>>> a = mt.zeros(1000)
>>> mt.memory.stats().current_bytes - before
8000
"""

from __future__ import annotations

import contextlib
import contextvars
import operator
import os
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from . import _native, _pressure
from ._captures import describe, profile, report, watchable
from ._copies import (
    Copied,
    Pinned,
    Sizes,
    Table,
    Widened,
    copies,
    deny_copies,
    deny_widening,
    forget_copies,
    pinned,
    sizes,
    widenings,
)
from ._fragmentation import Compaction, Fragmentation, compact, fragmentation
from ._leaks import (
    ArrayRecord,
    Difference,
    Explanation,
    Leak,
    Snapshot,
    arrays,
    diff,
    explain,
    leaks,
    mark,
    snapshot,
    tag,
)
from ._pressure import SoftLimitWarning, _soft, on_failure, on_pressure
from ._temporaries import Temporary, temporaries, watch_temporaries

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

__all__ = [
    "ArrayRecord",
    "Budget",
    "Compaction",
    "Copied",
    "Difference",
    "Explanation",
    "Fragmentation",
    "Holder",
    "Leak",
    "Live",
    "Pinned",
    "Sizes",
    "Snapshot",
    "SoftLimitWarning",
    "Stats",
    "Table",
    "Temporary",
    "Widened",
    "arrays",
    "attribution",
    "budget",
    "compact",
    "copies",
    "deny_copies",
    "deny_widening",
    "describe",
    "diff",
    "explain",
    "fail_after",
    "forget_copies",
    "fragmentation",
    "get_limit",
    "last_refusal",
    "leaks",
    "live",
    "mark",
    "on_failure",
    "on_pressure",
    "pinned",
    "profile",
    "report",
    "reset_peak",
    "rss",
    "set_decay",
    "set_limit",
    "sizes",
    "snapshot",
    "stats",
    "tag",
    "temporaries",
    "trim",
    "watch_temporaries",
    "watchable",
    "widenings",
]


def _size(size):
    """Bytes for a number of them, or for text such as "64 MiB" or "60%"; `None` stays `None`."""
    if size is None:
        return None
    text = size if isinstance(size, str) else str(operator.index(size))
    if text.strip().endswith("%") and float(text.strip()[:-1]) > 100:
        raise ValueError(f"{size!r} is more than there is")
    return _native._memory_size(text)


def set_limit(limit: int | str | None) -> int | None:
    """Sets the most bytes that arrays may hold in this program and returns the limit before.

    `limit` is a number of bytes, text ("64 MiB", "2 GB", "60%" of what the container or machine has), or `None` for no
    limit. What passes the limit is refused with `OutOfMemory` before anything is allocated.
    """
    return _native._memory_set_limit(_size(limit))


def get_limit() -> int | None:
    """The limit in bytes, or `None`."""
    return _native._memory_get_limit()


# The innermost budget of each task.
_scopes = contextvars.ContextVar("metes_budget", default=None)
_native._memory_scopes(_scopes)


class Budget:
    """What `budget` gives: how much of it is used."""

    def __init__(self, scope: Any, name: str) -> None:
        self._scope = scope
        self.name = name

    @property
    def current_bytes(self) -> int:
        """Live bytes charged to it."""
        return self._scope.used()[0]

    @property
    def peak_bytes(self) -> int:
        """The most bytes that were charged to it at once."""
        return self._scope.used()[1]


@contextlib.contextmanager
def budget(
    limit: int | str | None,
    name: str = "budget",
    soft: int | str | None = None,
    on_exceed: str | Callable[[str, int], object] = "warn",
) -> Generator[Budget]:
    """A limit for what is allocated inside the `with` block by this thread or task, under the limits around it.

    A task of `asyncio` that is started inside is under it too, a thread that is started inside is not.

    Blocks that outlive the `with` block stay charged to it until they are freed. What passes the `soft` limit is
    allowed: the first time `on_exceed` is called with the budget's name and bytes, or a `SoftLimitWarning` given.
    Gives a `Budget`.

    >>> import metes as mt
    >>> with mt.memory.budget("1 MiB", name="small"):
    ...     mt.zeros(1 << 20)
    Traceback (most recent call last):
    ...
    metes.OutOfMemory: ...
    """
    if on_exceed != "warn" and not callable(on_exceed):
        raise ValueError(f"budget: on_exceed must be 'warn' or a function, not {on_exceed!r}")
    scope = _native._MemoryScope(_size(limit), str(name), _size(soft))
    if soft is not None:
        _soft[str(name)] = on_exceed
    around = _scopes.get()
    scope.enter()
    _scopes.set(scope)
    try:
        yield Budget(scope, str(name))
    finally:
        scope.exit()
        # Another may have begun meanwhile, where a generator holds this one.
        if _scopes.get() is scope:
            _scopes.set(around)


def _mib(count):
    return f"{count / 2**20:,.3f} MiB" if count >= 2**20 else f"{count / 2**10:,.2f} KiB"


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of the ledger, in bytes as requested where the name does not say otherwise; prints as a table."""

    current_bytes: int
    peak_bytes: int
    total_bytes: int
    current_count: int
    freed_bytes: int
    peak_count: int
    total_count: int
    freed_count: int
    requested_bytes: int
    allocated_bytes: int
    reserved_bytes: int
    cached_bytes: int
    foreign_bytes: int
    mapped_bytes: int
    reused_bytes: int = 0
    peak_reserved_bytes: int = 0
    """The most that was set aside at once."""
    unmanaged_bytes: int = 0
    """Physical memory beyond what is set aside for arrays: the interpreter's, and what libraries hold."""

    def __str__(self) -> str:
        rows = [(field.name, getattr(self, field.name)) for field in fields(self)]
        text = (f"{name:<16}{n:>20,}" + (f"{_mib(n):>18}" if name.endswith("_bytes") else "") for name, n in rows)
        return "\n".join(text)


def stats() -> Stats:
    """What is live, what was, and what it costs: a `Stats`."""
    counts = _native._memory_stats()
    return Stats(**counts, unmanaged_bytes=max(_native._memory_rss() - counts["reserved_bytes"], 0))


def reset_peak() -> None:
    """Sets `peak_bytes` to what is live now."""
    _native._memory_reset_peak()


@dataclass(frozen=True, slots=True)
class Holder:
    """Live blocks that have something in common: the place, the operation, the scope or the dtype."""

    name: str
    bytes: int
    count: int


class Live(list["Any"]):
    """Holders, the largest first; prints as a table."""

    def __str__(self) -> str:
        if not self:
            return "no live arrays"
        return "\n".join(f"{_mib(h.bytes):>18} {h.count:>8,}  {h.name}" for h in self)

    __repr__ = __str__


_GROUPS = ("site", "op", "scope", "dtype")


def live(by: str = "site", top: int | None = 20) -> Live:
    """The largest holders of live bytes by "site", "op", "scope" or "dtype", as a list that prints as a table."""
    if by not in _GROUPS:
        raise ValueError(f"live: by must be one of {', '.join(_GROUPS)}, not {by!r}")
    return Live(Holder(*row) for row in _native._memory_live(by, sys.maxsize if top is None else top))


def attribution(mode: str | None = None) -> str:
    """Sets how much is found out about where arrays are made, and returns what was before.

    "counters": nothing; "sampled", as it is at first: the place of every block of 64 KiB and more, and of small ones of
    NumPy's by samples; "site": the place of every block; "stack": the place, and all that called it. `None` only asks.
    """
    return _native._memory_attribution(mode)


def trim(target: int | str | None = None) -> int:
    """Gives cached bytes back to the system and returns how many; with `target` only what is set aside above that.

    Small blocks that other threads keep at hand follow when those next make or free an array, or end.
    """
    if target is None:
        return _native._memory_trim()
    now = stats()
    return _native._memory_trim(max(_size(target) - (now.reserved_bytes - now.cached_bytes), 0))


def last_refusal() -> str:
    """Why memory was last refused to NumPy on this thread, where no error has said so yet; else an empty text.

    NumPy's `resize`, its sorts and its readers of pickles raise a `MemoryError` without words.
    """
    facts = _native._numpy_refusal()
    return _pressure._explanation(facts) if facts is not None else ""


def set_decay(seconds: int, background: bool = False) -> int:
    """Sets after how many seconds freed blocks that nobody wanted go back to the system; returns the number before.

    At first it is 5. Usually the next operation on blocks of that sort sees to it. For programs that rest after much
    work, `background` starts a thread that does; a later call without it ends the thread, and the child of a fork has
    none.
    """
    if seconds < 0:
        raise ValueError(f"set_decay: seconds must not be negative, not {seconds}")
    return _native._memory_set_decay(seconds, background)


@contextlib.contextmanager
def fail_after(n: int, persistent: bool = False) -> Generator[None]:
    """For tests: inside the `with` block on this thread, allocation number `n`, counted from 0, is refused.

    That one alone, or all from then on if `persistent`. Of NumPy's, where it is managed, those of at most 32 bytes do
    not count: NumPy does not look whether it got a single element.
    """
    memory = _native._FailAfter(n, persistent)
    memory.enter()
    try:
        yield
    finally:
        memory.exit()


def rss() -> int:
    """Bytes of physical memory that the process holds now."""
    return _native._memory_rss()


def _limit_from_environment():
    text = os.environ.get("METES_MEM_LIMIT", "")
    if text:
        try:
            set_limit(None if text.strip().lower() == "none" else text)
        except ValueError as error:
            raise ValueError(f"METES_MEM_LIMIT: {error}") from None


_limit_from_environment()
