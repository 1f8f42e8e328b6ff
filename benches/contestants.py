"""Who runs against whom: Metes and NumPy always, numexpr and bottleneck where they have the operation."""

import contextlib
import functools
import time

import fused
import metes as mt
import numpy as np
import timing
from operands import operands

with contextlib.suppress(ImportError):
    import numexpr
with contextlib.suppress(ImportError):
    import bottleneck


def use_threads(count):
    """Sets the threads of all who have some."""
    mt.set_num_threads(count)
    if "numexpr" in globals():
        numexpr.set_num_threads(count)


def measure(case, dtype, layout, size, options):
    """One cell of the table: times of all contestants in nanoseconds, their ratios to NumPy, Metes' memory."""
    # Threads that work at once count each in processor time, so that only one thread is timed by it.
    clock = time.process_time if options.threads == 1 else time.perf_counter
    make = functools.partial(operands, case=case, dtype=dtype, layout=layout, size=size)
    theirs, ours = make(np), make(mt)
    special = {"m": np} | ({"softmax": fused.softmax_of(np)} if "softmax" in case.statement else {})
    statement = case.metes or case.statement
    runs = {
        "numpy": timing.runner(case.statement, theirs | special, clock),
        "metes": timing.runner(statement, ours | {"m": mt, "fused": fused}, clock),
    }
    if case.numexpr and "numexpr" in globals() and dtype != "uint8":
        names = {name: array for name, array in theirs.items() if name in case.numexpr}
        given = {"evaluate": numexpr.evaluate, "text": case.numexpr, "names": names}
        runs["numexpr"] = timing.runner("evaluate(text, names)", given, clock)
    if case.bottleneck and "bottleneck" in globals():
        runs["bottleneck"] = timing.runner(case.bottleneck, theirs | {"bn": bottleneck}, clock)
    found = timing.paired(runs, options.rounds, options.seconds, options.longest, case.rest)
    return {"times": found} | timing.memory(statement, ours | {"m": mt, "fused": fused})


def versions():
    """Names and versions of those present."""
    found = {"metes": mt.__version__, "numpy": np.__version__}
    for name in ("numexpr", "bottleneck"):
        if name in globals():
            found[name] = globals()[name].__version__
    return found
