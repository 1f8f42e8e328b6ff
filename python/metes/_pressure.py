"""What happens when memory runs short: callbacks, and the words of a refusal."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from . import _native

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["on_failure", "on_pressure"]

# By name of the budget, what to do when it passes its soft limit.
_soft = {}


def on_failure(callback: Callable[[int], bool] | None) -> Callable[[int], bool] | None:
    """Has `callback(bytes)` called before a request is refused; where it returns true, the request is tried again.

    It may free arrays; it is called on the thread that allocates, not from within itself, and not where the interpreter
    is released. `None` for no callback. Returns the one before. What it raises is reported and counts as false.
    """
    return _native._memory_on_failure(callback)


def on_pressure(callback: Callable[[int, int], object] | None, at: float = 0.8) -> Callable[[int, int], object] | None:
    """Has `callback(used, limit)` called once each time that the bytes set aside pass the share `at` of the limit.

    `None` for no callback. Returns the one before.
    """
    if not 0 < at <= 1:
        raise ValueError(f"on_pressure: at must be above 0 and at most 1, not {at!r}")
    return _native._memory_on_pressure(callback, max(1, round(at * 1000)))


class SoftLimitWarning(ResourceWarning):
    """A budget holds more than its soft limit."""


def _passed(name, used):
    action = _soft.get(name, "warn")
    if callable(action):
        action(name, used)
    else:
        text = f"budget {name!r} holds {used:,} bytes, more than its soft limit"
        warnings.warn(text, SoftLimitWarning, stacklevel=2)


_native._memory_on_soft(_passed)


def _explanation(facts):
    """The words for a refusal under NumPy."""
    return facts["text"].removeprefix("numpy: ")
