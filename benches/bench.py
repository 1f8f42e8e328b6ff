"""Metes beside NumPy, numexpr and bottleneck, in turns in one process: tables of ratios.

Each ratio is the median over rounds of (time of Metes / time of NumPy): below 1 Metes is quicker. A round runs all
contestants one after the other, in turned order: what else the machine does meets all alike. With one thread, time is
the processor's, so that waiting for a busy machine does not count; with more it is the clock's. The bandwidth of the
memory is measured in the same run, for what large operations could reach. A run that was stopped goes on where it was.
"""

import argparse
import os
import sys
import time

import bandwidth
import contestants
import goals
import page
import table
from cases import ALL, CASES, LAYOUTS, SIZES
from results import KEYS, Results, key_of

QUICK = {"sizes": (8, 1_000, 100_000), "dtypes": ("float64",), "layouts": ("contiguous",), "rounds": 15}
WHOLE = {"sizes": SIZES, "dtypes": ALL, "layouts": LAYOUTS, "rounds": 31}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="float64, contiguous, three sizes, one thread: a first look"
    )
    parser.add_argument("--goals", action="store_true", help="only what the goals of the project speak of")
    parser.add_argument("--only", default="", help="operations or groups that contain this")
    parser.add_argument("--sizes", type=int, nargs="+", help="elements of the arrays, multiples of 4, from 8 on")
    parser.add_argument("--dtypes", nargs="+", choices=ALL)
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS)
    parser.add_argument("--threads", type=int, nargs="+", help="numbers of threads (1 and all; quick: 1)")
    parser.add_argument("--rounds", type=int, help="the most rounds of a cell")
    parser.add_argument("--seconds", type=float, default=0.0003, help="length of a batch; a short one runs through")
    parser.add_argument("--longest", type=float, default=2.0, help="seconds after which a cell has no more rounds")
    parser.add_argument("--afresh", action="store_true", help="forget what an interrupted run has measured")
    parser.add_argument("--out", default="target/bench", help="where results, JSON and the page go")
    args = parser.parse_args()
    for name, value in (QUICK if args.quick else WHOLE).items():
        setattr(args, name, getattr(args, name) or value)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    args.thread_counts = args.threads or ([1] if args.quick else sorted({1, cores}))
    return args


def chosen(args):
    """The cells to measure: (case, dtype, layout, size, threads)."""
    cells = [
        (case, dtype, layout, size, threads)
        for case in CASES
        if args.only in case.name or args.only in case.group
        for threads in args.thread_counts
        for dtype in args.dtypes
        if dtype in case.dtypes
        for layout in args.layouts
        if layout in case.layouts
        for size in args.sizes
        if size in case.sizes or size not in SIZES
    ]
    if args.goals:
        most = max(args.thread_counts)
        cells = [cell for cell in cells if goals.spoken_of(described(*cell), most)]
    return cells


def described(case, dtype, layout, size, threads):
    """What a cell is about, as it is kept."""
    return dict(zip(KEYS, (case.group, case.name, dtype, layout, size, threads), strict=True))


def progress(done, of, started, text):
    """One line on the terminal, written over by the next; nothing where nobody looks."""
    if sys.stderr.isatty():
        left = (time.monotonic() - started) / done * (of - done) if done else 0
        bar = "#" * (30 * done // of)
        sys.stderr.write(f"\r\x1b[K[{bar:<30}] {done}/{of}, {left / 60:.0f} min left: {text}")
        sys.stderr.flush()


def main():
    """Measures, prints the tables, writes JSON and the page."""
    args = arguments()
    os.makedirs(args.out, exist_ok=True)
    about = {"versions": contestants.versions(), "machine": bandwidth.machine(), "memory": bandwidth.measured()}
    print(table.head(about), flush=True)
    results = Results(os.path.join(args.out, "cells.jsonl"), bandwidth.state(), args.afresh)
    cells, started, shown = chosen(args), time.monotonic(), None
    for done, (case, dtype, layout, size, threads) in enumerate(cells):
        cell = described(case, dtype, layout, size, threads)
        key = key_of(cell)
        if shown not in (None, case):
            table.show_case(shown, results, args)
        shown = case
        if key not in results:
            progress(done, len(cells), started, f"{case.name}, {dtype}, {layout}, {size:,}, {threads} threads")
            contestants.use_threads(threads)
            args.threads = threads
            try:
                cell |= contestants.measure(case, dtype, layout, size, args)
            except (TypeError, NotImplementedError, ZeroDivisionError) as error:
                cell["failed"] = f"{type(error).__name__}: {error}"
            results.add(cell)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if shown:
        table.show_case(shown, results, args)
    print(goals.report(results.cells.values(), about["memory"]))
    json_path, page_path = (os.path.join(args.out, name) for name in ("bench.json", "bench.html"))
    results.write_json(json_path, about)
    page.write(page_path, about, results)
    print(f"\nAll numbers: {json_path}; plots: {page_path}")


if __name__ == "__main__":
    main()
