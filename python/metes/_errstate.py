"""What happens when a loop divides by zero, overflows, underflows or has no valid result: as NumPy's `errstate`.

Each of the four is ignored, warned of, raised, printed, or given to a function; a setting belongs to the context
(`contextvars`) that makes it, so that threads and tasks do not disturb each other.
"""

from __future__ import annotations

import contextlib
import contextvars
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["errstate", "geterr", "geterrcall", "seterr", "seterrcall"]

_DEFAULT = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_MODES = ("ignore", "warn", "raise", "call", "print", "log")

# The kernels' flag, NumPy's number, and the words of each, in the order in which they are reported.
_FLAGS = (
    ("divide", 1, 1, "divide by zero"),
    ("over", 2, 2, "overflow"),
    ("under", 16, 4, "underflow"),
    ("invalid", 4, 8, "invalid value"),
)

_state = contextvars.ContextVar("metes_errstate", default=(_DEFAULT, None))


def _modes(given):
    """The settings that `given` makes of those of now."""
    every = given.pop("all", None)
    modes = dict(_state.get()[0])
    for name in modes:
        mode = given[name] if given[name] is not None else every
        if mode is None:
            continue
        if mode not in _MODES:
            raise ValueError(f"{name}: {mode!r} is not one of {', '.join(_MODES)}")
        modes[name] = mode
    return modes


def geterr() -> dict[str, str]:
    """How each kind of floating-point error is treated now.

    >>> import metes as mt
    >>> mt.geterr()
    {'divide': 'warn', 'over': 'warn', 'under': 'ignore', 'invalid': 'warn'}
    """
    return dict(_state.get()[0])


def seterr(
    all: str | None = None,
    divide: str | None = None,
    over: str | None = None,
    under: str | None = None,
    invalid: str | None = None,
) -> dict[str, str]:
    """Sets how errors are treated ("ignore", "warn", "raise", "call", "print", "log") and returns what was."""
    before, call = _state.get()
    _state.set((_modes({"all": all, "divide": divide, "over": over, "under": under, "invalid": invalid}), call))
    return dict(before)


def geterrcall() -> Any:
    """The function (for "call") or object with a method `write` (for "log") that errors are given to."""
    return _state.get()[1]


def _checked(call):
    if call is not None and not callable(call) and not callable(getattr(call, "write", None)):
        raise ValueError("Only callable can be used as callback")
    return call


def seterrcall(func: Any) -> Any:
    """Sets the function (for "call") or object with a method `write` (for "log") of this context; gives what was."""
    modes, before = _state.get()
    _state.set((modes, _checked(func)))
    return before


class errstate(contextlib.ContextDecorator):
    """Settings of `seterr` for a `with` block or a function.

    >>> import metes as mt
    >>> with mt.errstate(divide="raise"):
    ...     mt.ones(2) / 0
    Traceback (most recent call last):
    ...
    FloatingPointError: divide by zero encountered in divide
    """

    _keep = object()

    def __init__(
        self,
        *,
        call: Any = _keep,
        all: str | None = None,
        divide: str | None = None,
        over: str | None = None,
        under: str | None = None,
        invalid: str | None = None,
    ) -> None:
        self._given = {"all": all, "divide": divide, "over": over, "under": under, "invalid": invalid}
        self._call = call
        self._tokens = []

    def __enter__(self) -> Any:
        call = geterrcall() if self._call is self._keep else _checked(self._call)
        self._tokens.append(_state.set((_modes(dict(self._given)), call)))

    def __exit__(self, *_: object) -> None:
        _state.reset(self._tokens.pop())


def _report(name, flags):
    """Treats what the loops of `name` noticed."""
    modes, call = _state.get()
    for kind, flag, number, words in _FLAGS:
        if not flags & flag or modes[kind] == "ignore":
            continue
        text = f"{words} encountered in {name}"
        match modes[kind]:
            case "warn":
                warnings.warn(text, RuntimeWarning, stacklevel=2)
            case "raise":
                raise FloatingPointError(text)
            case "print":
                print(f"Warning: {text}", file=sys.stderr)
            case "call" | "log" if call is None:
                raise NameError(f"{modes[kind]} specified for {words} in {name}, but no function or object is set")
            case "call":
                call(words, number)
            case "log":
                call.write(f"Warning: {text}\n")
