"""Metes beside NumPy, in turns in one process: a table of ratios, below 1 where Metes is quicker.

Each cell is the median over rounds of (time of Metes / time of NumPy). A round runs both, one right after the other,
first the one and then the other in the next: what else the machine does meets both alike, and no absolute time is
claimed. The array of NumPy and that of Metes hold the same values.
"""

import argparse
import json
import statistics
import sys
import time

import metes as mt
import numpy as np

SIZES = (8, 100, 1_000, 10_000, 100_000, 1_000_000)
SECONDS_PER_BATCH = 0.002


def bound(value, function):
    """A call of `function` with a value made beforehand."""
    return lambda: function(value)


# Each takes the module and two float64 arrays of one dimension.
OPERATIONS = {
    "a + b": lambda m, a, b: lambda: a + b,
    "a * 2": lambda m, a, b: lambda: a * 2,
    "a += b": lambda m, a, b: lambda: a.__iadd__(b),
    "a == b": lambda m, a, b: lambda: a == b,
    "a[::2] + b[::2]": lambda m, a, b: lambda: a[::2] + b[::2],
    "sqrt(a)": lambda m, a, b: lambda: m.sqrt(a),
    "exp(a)": lambda m, a, b: lambda: m.exp(a),
    "a.sum()": lambda m, a, b: lambda: a.sum(),
    "a.max()": lambda m, a, b: lambda: a.max(),
    "sum(axis=0), 2-d": lambda m, a, b: bound(a.reshape(-1, 4), lambda a: a.sum(axis=0)),
    "a.astype(f4)": lambda m, a, b: lambda: a.astype("float32"),
    "a.copy()": lambda m, a, b: lambda: a.copy(),
    "zeros(n)": lambda m, a, b: bound(len(a), m.zeros),
    "a[1:-1] (a view)": lambda m, a, b: lambda: a[1:-1],
    "a.reshape(2, -1)": lambda m, a, b: lambda: a.reshape(2, -1),
}


def seconds(call, count):
    """Time of `count` calls."""
    rounds = range(count)
    start = time.perf_counter()
    for _ in rounds:
        call()
    return time.perf_counter() - start


def batch_size(call):
    """Calls that take about as long as a batch shall."""
    count = 1
    while (took := seconds(call, count)) < SECONDS_PER_BATCH / 4:
        count *= 4
    return max(1, round(count * SECONDS_PER_BATCH / took))


def pair(make, size, rounds):
    """Median nanoseconds of both, and the median of their ratios."""
    values = np.random.default_rng(size).uniform(0.5, 1.5, (2, size))
    theirs = make(np, *values.copy())
    ours = make(mt, *(mt.asarray(row).copy() for row in values))
    count = batch_size(theirs)
    seconds(ours, 1)
    times = []
    for turn in range(rounds):
        first, second = (ours, theirs) if turn % 2 else (theirs, ours)
        pair_of_times = seconds(first, count), seconds(second, count)
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
    parser.add_argument("--rounds", type=int, default=11, help="pairs of batches for each cell")
    parser.add_argument("--only", default="", help="operations whose name contains this")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="elements of the arrays, multiples of 4")
    parser.add_argument("--json", help="a file for all the numbers")
    args = parser.parse_args()
    chosen = {name: make for name, make in OPERATIONS.items() if args.only in name}
    print(f"Metes {mt.__version__} / NumPy {np.__version__}, float64; below 1 Metes is quicker\n")
    print(f"{'':<18}" + "".join(f"{size:>11,}" for size in args.sizes))
    results = []
    for name, make in chosen.items():
        row = []
        for size in args.sizes:
            progress(f"{name}, {size:,} elements")
            row.append(pair(make, size, args.rounds) | {"operation": name, "size": size})
        progress("")
        print(f"{name:<18}" + "".join(f"{cell['ratio']:>11.2f}" for cell in row), flush=True)
        results += row
    if args.json:
        with open(args.json, "w") as file:
            json.dump({"metes": mt.__version__, "numpy": np.__version__, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
