"""Metes beside NumPy, in turns in one process: a table of ratios, below 1 where Metes is quicker.

Each cell is the median over rounds of (time of Metes / time of NumPy). A round runs both, one right after the other,
first the one and then the other in the next: what else the machine does meets both alike, and no absolute time is
claimed. Time is the processor's: waiting for a busy machine does not count, and threads that work at once count each.
The arrays of NumPy and those of Metes hold the same values.
"""

import argparse
import json
import statistics
import sys
import time
import timeit

import metes as mt
import numpy as np

SIZES = (8, 100, 1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (8, 1_000, 100_000)

# What is measured: statements over the module `m`, two float64 arrays `a` and `b` of one dimension, `table`, which is
# `a` in rows of four, and `values`, the elements of `a` as a list.
OPERATIONS = (
    "a + b",
    "a + 1",
    "a += b",
    "a == b",
    "a[::2] + b[::2]",
    "m.sqrt(a)",
    "m.exp(a)",
    "a.sum()",
    "a.max()",
    "table.sum(axis=0)",
    "a.astype('float32')",
    "a.copy()",
    "m.zeros(len(a))",
    "m.asarray(values)",
    "a.reshape(2, -1)",
    "a[2:6]",
    "a[3]",
    "a[3] = 0.5",
)


def timer(statement, module, rows):
    """Runs the statement over arrays of this module; the names are locals of its loop, so that little else is timed."""
    a, b = (module.asarray(row).copy() for row in rows)
    given = (a, b, a.reshape(-1, 4), a.tolist())
    names = {"m": module, "given": given}
    return timeit.Timer(statement, "a, b, table, values = given", time.process_time, globals=names).timeit


def batch_size(run, seconds):
    """Calls that take about so many seconds."""
    count = 1
    while (took := run(count)) < seconds / 4:
        count *= 4
    return max(1, round(count * seconds / took))


def pair(statement, size, rounds, seconds):
    """Median nanoseconds of both, and the median of their ratios."""
    rows = np.random.default_rng(size).uniform(0.5, 1.5, (2, size))
    theirs, ours = timer(statement, np, rows), timer(statement, mt, rows)
    count = batch_size(theirs, seconds)
    ours(1)
    times = []
    for turn in range(rounds):
        first, second = (ours, theirs) if turn % 2 else (theirs, ours)
        pair_of_times = first(count), second(count)
        times.append(pair_of_times if turn % 2 else pair_of_times[::-1])
    nanoseconds = [1e9 * statistics.median(column) / count for column in zip(*times, strict=True)]
    return {
        "metes_ns": nanoseconds[0],
        "numpy_ns": nanoseconds[1],
        "ratio": statistics.median(ours / theirs for ours, theirs in times),
    }


def progress(text):
    """One line on the terminal, written over by the next; nothing where nobody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def main():
    """Measures, prints the table, writes JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer sizes and rounds: a first look")
    parser.add_argument("--rounds", type=int, help="pairs of batches for each cell (99; quick 25)")
    parser.add_argument("--seconds", type=float, default=0.0003, help="length of a batch; a short one runs through")
    parser.add_argument("--only", default="", help="operations that contain this")
    parser.add_argument("--sizes", type=int, nargs="+", help="elements of the arrays, multiples of 4, from 8 on")
    parser.add_argument("--json", help="a file for all the numbers")
    args = parser.parse_args()
    sizes = args.sizes or (QUICK_SIZES if args.quick else SIZES)
    rounds = args.rounds or (25 if args.quick else 99)
    chosen = [statement for statement in OPERATIONS if args.only in statement]
    print(f"Metes {mt.__version__} / NumPy {np.__version__}, float64; below 1 Metes is quicker\n")
    print(f"{'elements':<20}" + "".join(f"{size:>11,}" for size in sizes))
    results, started = [], time.monotonic()
    for number, statement in enumerate(chosen, 1):
        row = []
        for size in sizes:
            progress(f"{number} of {len(chosen)}, {time.monotonic() - started:.0f} s: {statement}, {size:,} elements")
            row.append(pair(statement, size, rounds, args.seconds) | {"operation": statement, "size": size})
        progress("")
        print(f"{statement:<20}" + "".join(f"{cell['ratio']:>11.2f}" for cell in row), flush=True)
        results += row
    if args.json:
        with open(args.json, "w") as file:
            json.dump({"metes": mt.__version__, "numpy": np.__version__, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
