"""The pytest plugin: limits of memory as marks, the peak of every test, comparison with an earlier run.

It is found by pytest where Metes is installed. Tests without a mark are not measured unless an option asks for it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any

MARKS = {
    "limit_peak(size)": "the test fails where more bytes of arrays are live at once than before it",
    "limit_leaks(size=0)": "the test fails where it leaves more bytes of arrays live than that",
    "limit_pinned(size=0)": "the test fails where its views keep more bytes of larger blocks alive than they show",
    "limit_copies(size=0)": "the test fails where more bytes are copied without being asked for",
    "max_allocations(n)": "the test fails where it makes more blocks",
}

_NAMES = tuple(name.split("(")[0] for name in MARKS)


def pytest_addoption(parser: Any) -> None:
    """The options, in a group of their own."""
    group = parser.getgroup("metes", "memory of arrays (Metes)")
    group.addoption("--metes-memory", action="store_true", help="print the peak of every test, the largest first")
    group.addoption(
        "--fail-on-increase",
        nargs="?",
        const="0%",
        metavar="SHARE",
        help="fail tests whose peak is larger than in the baseline by more than SHARE (such as 2%%; 0%% by default)",
    )
    group.addoption(
        "--metes-baseline",
        default="metes-baseline.json",
        metavar="FILE",
        help="the file of peaks to compare with (metes-baseline.json by default)",
    )
    group.addoption("--metes-write-baseline", action="store_true", help="write the peaks of this run to that file")


def pytest_configure(config: Any) -> None:
    """Makes the marks known, and measures where that is asked for."""
    for mark, about in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {about}")
    config.pluginmanager.register(_Meter(config), "metes-meter")


@pytest.fixture
def fail_allocation():
    """`with fail_allocation(n):` refuses allocation `n` (from 0) of arrays; `persistent=True` all from then on."""
    from metes import memory

    return memory.fail_after


@pytest.fixture
def fail_every_allocation():
    """`fail_every_allocation(function)` calls it again and again, each time with one more allocation granted.

    Each call must raise `MemoryError` and leave nothing behind, until one passes; gives its result.
    """
    return _fail_every


def _fail_every(function, most=1000):
    from metes import memory

    for n in range(most):
        gc.collect()
        before = memory.stats().current_bytes
        try:
            with memory.fail_after(n):
                return function()
        except MemoryError:
            pass
        gc.collect()
        left = memory.stats().current_bytes - before
        assert left <= 0, f"when allocation {n} failed, {_text(left)} were left behind"
    raise AssertionError(f"the function still asks for memory after {most} allocations")


def _text(count):
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            return f"{count:,} bytes" if unit == "bytes" else f"{count:,.2f} {unit}"
        count /= 1024
    return ""


def _share(text):
    number = float(str(text).strip().removesuffix("%"))
    if not 0 <= number < float("inf"):
        raise ValueError
    return number / 100


class _Meter:
    """Measures tests and keeps what was measured."""

    def __init__(self, config):
        self.config = config
        self.peaks = {}
        self.baseline = {}
        self.share = None
        text = config.getoption("--fail-on-increase")
        if text is not None:
            self.share, self.baseline = self._read(text)
        self.always = bool(
            config.getoption("--metes-memory") or config.getoption("--metes-write-baseline") or text is not None
        )

    def _read(self, text):
        path = Path(self.config.getoption("--metes-baseline"))
        try:
            share = _share(text)
        except ValueError:
            raise pytest.UsageError(f"--fail-on-increase: {text!r} is no share such as 2%") from None
        if not path.exists() and self.config.getoption("--metes-write-baseline"):
            return share, {}
        try:
            peaks = json.loads(path.read_text(encoding="utf-8"))["peaks"]
            return share, {str(name): int(peak) for name, peak in peaks.items()}
        except OSError as error:
            words = f"--fail-on-increase: {path} cannot be read ({error}); write it with --metes-write-baseline"
            raise pytest.UsageError(words) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise pytest.UsageError(f"--fail-on-increase: {path} is no baseline of peaks") from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Runs a test and checks its limits; a test that fails for itself is not judged."""
        limits = {name: mark for name in _NAMES if (mark := item.get_closest_marker(name))}
        if not limits and not self.always:
            return (yield)
        from metes import memory

        limits = {name: _limit(name, mark, memory) for name, mark in limits.items()}
        capture = None
        with contextlib.ExitStack() as stack:
            if "limit_peak" in limits or "limit_leaks" in limits:
                directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="metes-"))
                capture = os.path.join(directory, "test.metes")
            measured = yield from _measured(memory, capture, limits)
            self.peaks[item.nodeid] = measured["limit_peak"]
            failures = list(_judge(measured, limits, memory, capture))
            failures += self._increase(item.nodeid, measured["limit_peak"])
        if failures:
            pytest.fail("\n".join(failures), pytrace=False)
        return measured["result"]

    def _increase(self, name, peak):
        before = self.baseline.get(name)
        if self.share is None or before is None or peak <= before * (1 + self.share):
            return
        more = f" (+{100 * (peak - before) / before:.1f} %)" if before else ""
        yield f"peak {_text(peak)}, {_text(before)} in the baseline{more}"

    def pytest_sessionfinish(self, session):
        """Writes the baseline."""
        if self.config.getoption("--metes-write-baseline") and self.peaks:
            path = Path(self.config.getoption("--metes-baseline"))
            known = {**self.baseline, **self.peaks}
            text = json.dumps({"peaks": dict(sorted(known.items()))}, indent=1) + "\n"
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
                reporter = self.config.pluginmanager.get_plugin("terminalreporter")
                reporter.write_line(f"--metes-write-baseline: {path} cannot be written ({error})", red=True)

    def pytest_terminal_summary(self, terminalreporter):
        """Prints the table of peaks."""
        if not self.config.getoption("--metes-memory") or not self.peaks:
            return
        terminalreporter.section("peaks of array memory", sep="-")
        rows = sorted(self.peaks.items(), key=lambda row: (-row[1], row[0]))
        for name, peak in rows:
            before = self.baseline.get(name)
            change = "" if before is None else f"{peak - before:+,}"
            terminalreporter.write_line(f"{_text(peak):>14} {change:>14}  {name}")


def _limit(name, mark, memory):
    """What a mark allows, as a number."""
    value = mark.args[0] if mark.args else next(iter(mark.kwargs.values()), 0)
    if name in ("limit_peak", "max_allocations") and not (mark.args or mark.kwargs):
        raise pytest.UsageError(f"the mark {name} needs its limit")
    try:
        return int(value) if name == "max_allocations" or value == 0 else memory._size(value)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"the mark {name}: {error}") from None


def _pinned(memory):
    return {id(row.view): row.pinned - row.logical for row in memory.pinned(ratio=1.0001, min_bytes=1)}


def _unasked(memory):
    return sum(row.bytes for row in memory.copies() if row.name != "explicit")


def _measured(memory, capture, limits):
    """Runs the test and gives what it did, by the names of the marks."""
    gc.collect()
    pins = _pinned(memory) if "limit_pinned" in limits else {}
    copied = _unasked(memory)
    before = memory.stats()
    memory.reset_peak()
    with memory.profile(capture, pins=False) if capture else contextlib.nullcontext():
        result = yield
        peak = memory.stats().peak_bytes
        gc.collect()
    after = memory.stats()
    left = _pinned(memory) if "limit_pinned" in limits else {}
    return {
        "result": result,
        "limit_peak": max(peak - before.current_bytes, 0),
        "limit_leaks": after.current_bytes - before.current_bytes,
        "limit_pinned": sum(waste for view, waste in left.items() if view not in pins),
        "limit_copies": _unasked(memory) - copied,
        "max_allocations": after.total_count - before.total_count,
    }


_WORDS = {
    "limit_peak": "peak {}, allowed {}",
    "limit_leaks": "{} left live, allowed {}",
    "limit_pinned": "{} kept alive by views of less, allowed {}",
    "limit_copies": "{} copied without being asked for, allowed {}",
    "max_allocations": "{} blocks made, allowed {}",
}


def _judge(measured, limits, memory, capture):
    """What was exceeded, in sentences, with what helps to find why."""
    for name, limit in limits.items():
        if measured[name] <= limit:
            continue
        text = str if name == "max_allocations" else _text
        yield f"{name}: " + _WORDS[name].format(text(measured[name]), text(limit))
        if name == "limit_peak":
            yield memory.describe(capture, "table").rstrip()
        elif name == "limit_leaks":
            yield memory.describe(capture, "leaks").rstrip()
        elif name == "limit_pinned":
            yield str(memory.pinned(ratio=1.0001, min_bytes=1))
        elif name == "limit_copies":
            yield str(memory.copies("site"))
