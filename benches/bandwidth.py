"""The machine: its processor, the bandwidth of its memory, and the state of the programs that are measured on it."""

import hashlib
import json
import os
import platform
import subprocess

import contestants
import metes as mt


def machine():
    """The processor and how many cores of it are ours."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def measured():
    """Bytes per second by kind of access, from the program named in METES_BANDWIDTH; nothing where there is none."""
    program = os.environ.get("METES_BANDWIDTH")
    if not program:
        return {}
    return json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def state():
    """A name for the programs that are measured: cells of others are not gone on with."""
    text = json.dumps(contestants.versions(), sort_keys=True)
    with open(mt._native.__file__, "rb") as file:
        return hashlib.sha256(text.encode() + file.read()).hexdigest()[:16]
