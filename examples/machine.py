"""What the machine says about processes and memory; and NumPy in a process of its own."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

# NumPy holds the mask, its inverse, and their product with the weights in float64 at once, and needs some air.
BYTES_PER_CELL = 13


def proc(file, field):
    """A field of a file below /proc in bytes, or `None` where the system has none."""
    try:
        lines = pathlib.Path("/proc", file).read_text().splitlines()
    except OSError:
        return None
    found = [line.split() for line in lines if line.startswith(field + ":")]
    return 1024 * int(found[0][1]) if found else None


def peak_rss():
    """The most physical memory that this process has held, in bytes."""
    peak = proc("self/status", "VmHWM")
    if peak is not None:
        return peak
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run_numpy(path):
    """The share of land, peak and time of the NumPy program; `None`, with a sentence, where it cannot run."""
    with zipfile.ZipFile(path) as members:
        cells = members.getinfo("mask.npy").file_size
    needed, available = cells * BYTES_PER_CELL, proc("meminfo", "MemAvailable")
    if available is not None and available < needed:
        print(f"\nNumPy needs {needed / 1e9:.0f} GB for this, {available / 1e9:.1f} GB are free: left out.")
        return None
    program = pathlib.Path(__file__).with_name("land_numpy.py")
    run = subprocess.run([sys.executable, program, os.fspath(path)], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        last = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
        print(f"\nThe NumPy program did not finish: {last}")
        return None
    return json.loads(run.stdout)
