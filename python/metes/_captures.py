"""Captures of a program's memory: recorded, shown, drawn; and programs that others may look at while they run."""

from __future__ import annotations

import atexit
import contextlib
import os
from typing import TYPE_CHECKING

from . import _made, _native
from ._copies import pinned

if TYPE_CHECKING:
    from collections.abc import Generator

    from ._types import Path

__all__ = ["describe", "profile", "report", "watchable"]


class Recording:
    """A capture that ends once, in the process that began it, and at the latest when the program does."""

    def __init__(self, path, pins=True):
        self.path = os.fspath(path)
        self._process, self._pins = os.getpid(), pins
        self._recorder = _native._Recorder(self.path)
        atexit.register(self.stop)

    def stop(self):
        """Notes what small views keep alive, and completes the file."""
        atexit.unregister(self.stop)
        recorder, self._recorder = self._recorder, None
        if recorder is None or os.getpid() != self._process:
            return
        _made.judge()
        recorder.close()
        try:
            if self._pins:
                recorder.pinned([(row.holder, row.logical, row.pinned) for row in pinned()])
        finally:
            recorder.stop()


@contextlib.contextmanager
def profile(path: Path, pins: bool = True, mode: str | None = None) -> Generator[None]:
    """Records every allocation of arrays inside the `with` block in the capture file `path`.

    A program that is killed leaves a capture that reads up to its last moments. `pins` says whether to look at the end
    for small views that keep large blocks alive, which goes through all objects of the interpreter. `mode` is how much
    to find out meanwhile about where arrays are made (see `attribution`): with "stack", trees and flame graphs show all
    that called.

    >>> import metes as mt, os, tempfile
    >>> capture = os.path.join(tempfile.mkdtemp(), "run.metes")
    >>> with mt.memory.profile(capture):
    ...     _ = mt.ones(1 << 17).sum()
    >>> print(mt.memory.describe(capture, "table"))
    at the peak    share     blocks  made at
       1.00 MiB  ...
    """
    before = _native._memory_attribution(mode) if mode is not None else None
    try:
        recording = Recording(path, pins)
        try:
            yield
        finally:
            recording.stop()
    finally:
        if before is not None:
            _native._memory_attribution(before)


def describe(capture: Path, view: str = "summary") -> str:
    """What a capture says, as text of at most a hundred columns.

    `view` is "summary", "table", "tree", "flame", "timeline", "temporaries", "copies", "pins", "leaks" or "map".
    """
    return _native._report_view(os.fspath(capture), view)


def report(capture: Path, html: Path, against: Path | None = None) -> None:
    """Writes a self-contained HTML page about a capture.

    It shows live bytes over time by where they were made, a flame graph of the peak, a map of the memory, and tables of
    who held what, of temporaries, copies, pinned blocks and leaks. `against` is an older capture to compare with.
    """
    _native._report_page(os.fspath(capture), os.fspath(html), None if against is None else os.fspath(against))


def watchable() -> None:
    """Lets `metes top PID` of the same user look at this process from now on; costs nothing until somebody does."""
    _native._watchable(True)
    atexit.unregister(_unwatchable)
    atexit.register(_unwatchable)


def _unwatchable():
    _native._watchable(False)
