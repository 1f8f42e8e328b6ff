"""NumPy under Metes beside NumPy alone: programs in processes of their own, in turns; medians of the ratios.

python benches/under_numpy.py [--rounds N] [--quick]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

MODES = ["plain", "counters", "sampled", "site", "stack"]


def best(work, seconds, least=5):
    """The shortest time of one call, in ns, over batches."""
    work()
    begin, shortest, n = time.perf_counter(), float("inf"), 0
    loops = 1
    while True:
        start = time.perf_counter_ns()
        for _ in range(loops):
            work()
        took = (time.perf_counter_ns() - start) / loops
        shortest, n = min(shortest, took), n + 1
        if took * loops < 2e5:
            loops *= 2
        if n >= least and time.perf_counter() - begin > seconds:
            return shortest


def works(quick):
    import numpy as np

    def expression(mib):
        a, b, c = (np.ones(int(mib * 1e6) // 8) for _ in range(3))
        return lambda: a * 2.0 + b * 3.0 - c * a

    a8, a300, out300 = np.ones(8), np.ones(300), np.empty(300)

    def deep():
        return a300 + a300

    def deeper():
        return deep()

    sizes = [0.2, 0.8, 8] if quick else [0.2, 0.8, 3, 8, 32, 80]
    table = {f"expression {size:g} MB": expression(size) for size in sizes}
    table |= {
        "empty(8)": lambda: np.empty(8),
        "a8 + a8 (64 B)": lambda: a8 + a8,
        "a300 + a300 (2.4 kB), depth 3": lambda: deeper(),
        "add(a300, a300, out) (no block)": lambda: np.add(a300, a300, out300),
        "a300.max() (no block)": lambda: a300.max(),
        "a 4 kB copy kept for 50": lambda keep=[]: (keep.append(np.ones(512)), len(keep) > 50 and keep.clear()),
    }
    return table


def child(mode, quick):
    if mode not in ("plain", "memray"):
        import metes as mt

        mt.memory.attribution(mode)
        mt.manage_numpy()
    times = {name: best(work, 0.1 if quick else 0.3) for name, work in works(quick).items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peak": peak}))


def resident():
    """Bytes of physical memory now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def temporaries():
    """The most physical memory, beyond what was there, of a loop whose temporaries are of many sizes."""
    import numpy as np

    begin = resident()
    for i in range(300):
        a = np.ones(100_000 + 5000 * (i % 40))
        a = np.sqrt(a * 2.0 + 1.0) - a * a
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - begin


def survivors(trim):
    """Of 20,000 arrays of 20 kB one in a hundred stays, and one of 200 MB comes: bytes resident before a trim and
    after it, over bytes that live."""
    import numpy as np

    begin = resident()
    kept = [np.ones(5000, "i4") for _ in range(20_000)][::100]
    kept.append(np.ones(50_000_000, "i4"))
    live = sum(a.nbytes for a in kept)
    before = resident() - begin
    trim()
    after = resident() - begin
    kept.pop()
    trim()
    return before / live, after / live, (resident() - begin) / (live - 200_000_000)


def facts(mode, which):
    """What a process of a mode says of physical memory."""
    if mode != "plain":
        import metes as mt

        mt.manage_numpy()
    import numpy as np

    np.ones(10)
    trim = (lambda: None) if mode == "plain" else mt.memory.trim
    print(json.dumps({"loop": lambda: [temporaries() / 2**20], "survivors": lambda: survivors(trim)}[which]()))


def show_facts():
    names = {
        "loop": ["a loop with temporaries of many sizes: peak resident, MiB"],
        "survivors": [
            "1 % of small arrays, and a large one: resident / live",
            "the same, trimmed",
            "the small ones alone, trimmed",
        ],
    }
    print(f"{'':<62}{'plain':>10}{'managed':>10}")
    for which, rows in names.items():
        both = [run_facts(mode, which) for mode in ("plain", "managed")]
        for name, plain, managed in zip(rows, *both, strict=True):
            print(f"{name:<62}{plain:>10.2f}{managed:>10.2f}")


def run_facts(mode, which):
    words = [sys.executable, os.path.abspath(__file__), "--facts", mode, which]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def run(mode, quick):
    words = [os.path.abspath(__file__), "--child", mode, *(["--quick"] if quick else [])]
    if mode == "memray":
        with tempfile.TemporaryDirectory() as folder:
            before = ["-m", "memray", "run", "-q", "-o", os.path.join(folder, "capture")]
            done = subprocess.run([sys.executable, *before, *words], capture_output=True, text=True, check=True)
    else:
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--child", metavar="MODE", help=argparse.SUPPRESS)
    parser.add_argument("--facts", nargs=2, metavar="WORD", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.facts:
        facts(*options.facts)
        return
    if options.child:
        child(options.child, options.quick)
        return
    modes = MODES + (["memray"] if importlib.util.find_spec("memray") else [])
    rounds = [{mode: run(mode, options.quick) for mode in modes} for _ in range(options.rounds)]
    print(f"{'time / plain, median of ' + str(len(rounds)):<34}" + "".join(f"{mode:>10}" for mode in modes[1:]))
    for name in rounds[0]["plain"]["times"]:
        ratios = [
            statistics.median(one[mode]["times"][name] / one["plain"]["times"][name] for one in rounds)
            for mode in modes[1:]
        ]
        print(f"{name:<34}" + "".join(f"{ratio:>10.2f}" for ratio in ratios))
    peaks = [statistics.median(one[mode]["peak"] for one in rounds) for mode in modes]
    print(f"{'peak resident, MiB (plain first)':<34}" + "".join(f"{peak:>10.0f}" for peak in peaks))
    show_facts()


if __name__ == "__main__":
    main()
