"""`OutOfMemory`, and what is found out about a refusal when somebody asks: whether small views keep what was wanted.

Loaded with the package: where memory is refused is no place to import anything.
"""

from __future__ import annotations

import sys


class OutOfMemory(MemoryError):  # noqa: N818
    """Memory refused by a limit or by the system.

    `requested`, `limit` and `live` are bytes, or None where unknown; `holders` lists (where made, bytes) of the
    largest; `cause` is one of budget, true, fragmented, pinned and foreign.
    """

    __module__ = "metes"

    @property
    def cause(self) -> str | None:
        """Why memory is short; looked at when it is first asked for, as is the error's text."""
        return judged(self)[0]

    def __str__(self) -> str:
        return judged(self)[1]


def judged(error):
    """The cause and the text of a refusal. Both were told when it happened; but only now is it looked whether the limit
    would do without the blocks that small views alone keep, since that goes through all objects of the program."""
    known = error.__dict__.get("_judged")
    if known is None:
        cause = error.__dict__.get("_shortage")
        text = error.__dict__.get("explanation") or MemoryError.__str__(error)
        known = (cause, text)
        # What pins hold is the program's; of what a budget was charged for, nothing is known.
        if cause in ("budget", "true") and ": limit " in text and error.requested <= error.limit:
            known = _pinned(error, text) or known
        error.__dict__["_judged"] = known
    return known


def _pinned(error, text):
    from . import _native, memory

    try:
        if error.limit != memory.get_limit():
            return None
        pins = memory.pinned()
    except MemoryError:
        return None
    spare = sum(pin.pinned - pin.logical for pin in pins)
    if error.live + error.requested - spare > error.limit:
        return None
    start, found, _ = text.rpartition("; cause: ")
    held = f"{pins[0].pinned:,} bytes for {pins[0].logical:,} in {pins[0].holder}"
    return "pinned", f"{start if found else text}; {_native._shortages['pinned']}: {held}"


def _says_nothing(error):
    return isinstance(error, MemoryError) and not isinstance(error, OutOfMemory) and not hasattr(error, "explanation")


def _add_note(error):
    """Says of an error of NumPy's without words why memory was refused, once."""
    from . import memory

    if _says_nothing(error) and (refused := memory.last_refusal()):
        error.add_note(refused)


def explain_uncaught():
    """Has errors without words that nobody catches say why memory was refused; returns what ends that."""
    import threading

    before, before_thread = sys.excepthook, threading.excepthook

    def excepthook(kind, error, trace):
        _add_note(error)
        before(kind, error, trace)

    def thread_excepthook(told):
        _add_note(told.exc_value)
        before_thread(told)

    def end():
        # Who came after us goes on to call ours, which does no harm.
        if sys.excepthook is excepthook:
            sys.excepthook = before
        if threading.excepthook is thread_excepthook:
            threading.excepthook = before_thread

    sys.excepthook, threading.excepthook = excepthook, thread_excepthook
    return end
