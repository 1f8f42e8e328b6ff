"""Paired timing: contestants in turns, so that what else the machine does meets all alike."""

import ast
import math
import statistics
import time
import timeit

import metes as mt


def runner(statement, names, clock):
    """A function of a count that runs the statement so often and returns seconds; the names are locals of its loop."""
    setup = ", ".join(names) + ", = given" if names else "pass"
    return timeit.Timer(statement, setup, clock, globals={"given": tuple(names.values())}).timeit


def batch_size(run, seconds):
    """Calls that take about so many seconds."""
    count = 1
    while (took := run(count)) < seconds / 4 and count < 1 << 22:
        count *= 4
    return max(1, round(count * seconds / max(took, 1e-9)))


def paired(runs, rounds, seconds, longest, rest=0.0):
    """For each contestant the median nanoseconds of a call, and the median of its ratio to the contestant "numpy".

    A round runs all, in turned order; there are fewer rounds where they would take longer than `longest` seconds.
    Before each turn all rest for so many seconds.
    """
    count = batch_size(runs["numpy"], seconds)
    order = [name for name in runs if name in ("metes", "numpy") or works(runs[name])]
    runs["metes"](1)
    times = {name: [] for name in order}
    ends = time.monotonic() + longest
    for turn in range(rounds):
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            time.sleep(rest)
            times[name].append(runs[name](count))
        if turn >= 2 and time.monotonic() > ends:
            break
    found = {}
    for name, seconds_of in times.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(seconds_of, times["numpy"], strict=True))
        found[name] = {"ns": 1e9 * statistics.median(seconds_of) / count, "ratio": ratio}
    return found


def works(run):
    """Whether a contestant has the operation for these operands; some find out only when they are asked."""
    try:
        run(1)
    except Exception:
        return False
    return True


def memory(statement, names):
    """What one call does with memory: bytes held at the peak beyond its result, and the fewest bytes to be moved."""
    given = dict(names)
    arrays = [value for value in names.values() if isinstance(value, mt.Array)]
    read = sum(
        math.prod(n for n, stride in zip(a.shape, a.strides, strict=True) if stride) * a.itemsize for a in arrays
    )
    before = mt.memory.stats().current_bytes
    mt.memory.reset_peak()
    exec(statement if is_assignment(statement) else f"result = {statement}", given)
    peak = mt.memory.stats().peak_bytes
    kept = max(0, mt.memory.stats().current_bytes - before)
    return {"scratch": max(0, peak - before - kept), "moved": read + kept}


def is_assignment(statement):
    """Whether a statement stores into an operand."""
    return isinstance(ast.parse(statement).body[0], ast.Assign | ast.AugAssign)
