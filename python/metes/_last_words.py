"""What is said of a program that ends without coming to its end: by `os._exit`, by a signal, for want of memory.

`os._exit` is asked to wait a moment. For everything else there is a second process, which looks on as `metes top` does;
if the program goes and has said nothing, it tells how things stood when it last looked.
"""

from __future__ import annotations

import functools
import mmap
import os
import select
import sys

from . import _native

_PAUSE = 50  # ms
_ROWS = 5


def before_exit(ending):
    """Has `ending()` called before `os._exit` ends this process."""
    leave, process = os._exit, os.getpid()

    @functools.wraps(leave)
    def _exit(status):
        try:
            if os.getpid() == process:
                ending()
        finally:
            leave(status)

    os._exit = _exit


def listen(profile):
    """Starts the process that looks on; returns a byte to set by which it knows that all has been said, or `None`."""
    said = mmap.mmap(-1, mmap.PAGESIZE)
    program = os.getpid()
    try:
        handle = os.pidfd_open(program)
        child = os.fork()
    except (OSError, AttributeError):
        return None
    if child:
        os.close(handle)
        # Its child is nobody's: the program shall not find one that it did not start.
        os.waitpid(child, 0)
        return said
    try:
        os.setsid()
        if os.fork() == 0:
            _look_on(program, handle, said, profile)
    finally:
        os._exit(0)


def _look_on(program, handle, said, profile):
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    ended = select.poll()
    ended.register(handle, select.POLLIN)
    watch = None
    while watch is None and not ended.poll(_PAUSE):
        try:
            watch = _native._Watch(program)
        except OSError:
            continue
    if watch is not None:
        while watch.wait():
            pass
        ended.poll()
    if not said[0]:
        print(_text(watch.last() if watch else None, profile), file=sys.stderr, flush=True)


def _text(last, profile):
    from ._summary import place, section, size

    lines = ["metes: the program ended without coming to its end"]
    if last is not None:
        lines.append(
            f"  when last seen, arrays held {size(last['live'])} in {last['count']:,} blocks, at most "
            f"{size(last['peak'])}, of {size(last['total'])} in {last['total_count']:,} made"
        )
        sites = [row for row in last["sites"] if row[1]][:_ROWS]
        lines += section("held by place:", [f"{size(n):>12} {count:>7,}  {place(name)}" for name, n, count in sites])
    if profile is not None:
        lines.append(f"capture, up to the last moments: {profile}; `metes report {profile}` reads it")
    return "\n".join(lines)
