"""How well what is set aside is used, and what gives it back.

The figures are over runs of free bytes: neighbouring free slots of small blocks, and freed large blocks that are kept.
"""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass, field

from . import _census, _native
from ._leaks import _size, pinned_numpy

__all__ = ["Compaction", "Fragmentation", "compact", "fragmentation"]

# Runs that are listed one by one; from here on those of a slab are taken together.
_RUNS = 1 << 18
# The request for which free runs are judged where NumPy has made none that is large.
_USUAL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fragmentation:
    """How much of what is set aside does not hold an array; parts are of 1."""

    requested: int
    allocated: int
    reserved: int
    cached: int
    gap_bytes: int
    """Free bytes between live small blocks, given back to the system or not."""
    largest_gap: int
    internal: float
    """Of what is handed out, lost to rounding."""
    retained: float
    """Of what is set aside, kept free."""
    external: float
    """Of the free bytes, what the largest run does not cover; 0 without any."""
    unusable: float
    """Of the free bytes, what requests of the sizes that NumPy has made so far could not use (see `unusable_for`)."""
    inequality: float
    """How uneven free runs are: 0 for one run, near 1 for many of about the same size."""
    blow_up: float
    """The most that was set aside at once, over the most that was asked for at once."""
    runs: list[int] = field(repr=False)
    """Bytes of each free run, the largest first."""

    def unusable_for(self, size: int) -> float:
        """Of the free bytes, the part in which no request of `size` bytes would fit."""
        return _unusable(self.runs, size)

    def __str__(self) -> str:
        return (
            f"{_size(self.requested)} requested, {_size(self.allocated)} handed out, {_size(self.reserved)} set aside\n"
            f"internal {self.internal:.1%}, retained {self.retained:.1%}, external {self.external:.1%}, "
            f"unusable {self.unusable:.1%}; {_size(self.gap_bytes)} in gaps, the largest {_size(self.largest_gap)}; "
            f"{len(self.runs):,} free runs; "
            f"set aside at most {self.blow_up:.2f} times what was asked for at most"
        )


def _unusable(runs, size):
    free = sum(runs)
    return 1 - sum(run // size * size for run in runs) / free if free else 0.0


def _weighted(runs):
    """The mean over the sizes that NumPy has asked for, each with its bytes."""
    weights = [(1 << power, count) for power, count in enumerate(_native._numpy_requests()) if count] or [(_USUAL, 1)]
    return sum(count * _unusable(runs, size) for size, count in weights) / sum(count for _, count in weights)


def fragmentation() -> Fragmentation:
    """How well what is set aside is used."""
    s = _native._memory_stats()
    gaps, largest = _native._memory_gaps()
    free = [size for _, size, state in _native._memory_runs(_RUNS) if state != "used"]
    free.sort(reverse=True)
    requested, allocated, reserved, total = s["requested_bytes"], s["allocated_bytes"], s["reserved_bytes"], sum(free)
    return Fragmentation(
        requested,
        allocated,
        reserved,
        s["cached_bytes"],
        gaps,
        largest,
        1 - requested / allocated if allocated > requested else 0.0,
        max(reserved - allocated, 0) / reserved if reserved else 0.0,
        1 - free[0] / total if total else 0.0,
        _weighted(free),
        1 - math.sqrt(sum(run * run for run in free)) / total if total else 0.0,
        s["peak_reserved_bytes"] / s["peak_bytes"] if s["peak_bytes"] else 1.0,
        free,
    )


@dataclass(frozen=True, slots=True)
class Compaction:
    """What `compact` did."""

    collected: int
    returned_bytes: int
    pinned_bytes: int
    """Bytes that would go if small views were copied; see `pinned`."""


def compact() -> Compaction:
    """Collects garbage, and gives every free page back to the system, also those between live arrays.

    No array moves: addresses may be known to others. What small views alone keep is only said.
    """
    collected = gc.collect()
    returned = _native._memory_trim()
    pins = pinned_numpy(_census.census())
    return Compaction(collected, returned, sum(pin.pinned - pin.logical for pin in pins))
