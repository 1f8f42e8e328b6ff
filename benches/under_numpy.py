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

    a8, a300 = np.ones(8), np.ones(300)

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
    options = parser.parse_args()
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


if __name__ == "__main__":
    main()
