"""`metes run --live`: the program runs as a child, and the terminal shows how its memory stands until it ends.

What the program writes to the terminal is kept meanwhile: its last lines stand below, all of it follows at the end.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from . import _native

# Handed on where they were meant for this process alone; what a terminal sends reaches the program by itself.
_PASSED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
_FROM_A_PROCESS = 0  # SI_USER
_PAUSE = 0.05
_TAIL = 8192


def run(words):
    """Runs `metes run` with these words as a child; returns its exit code, or ends by the signal that it ended by."""
    terminal = next((fd for fd in (2, 1) if os.isatty(fd)), None)
    if terminal is None:
        print("metes: run: there is no terminal to show the memory on", file=sys.stderr)
        return _end(_start(words, {}).wait())
    with tempfile.TemporaryFile("a+b", buffering=0) as kept:
        streams = {name: kept for name, fd in (("stdout", 1), ("stderr", 2)) if os.isatty(fd)}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED)
        child = _start(["--shown", *words], streams, lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before))
        try:
            _show(child, terminal, kept)
        finally:
            _write_out(kept, terminal)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return _end(child.returncode)


def _start(words, streams, first=None):
    flags = subprocess._args_from_interpreter_flags()
    return subprocess.Popen([sys.executable, *flags, "-m", "metes", "run", *words], **streams, preexec_fn=first)


def _show(child, terminal, kept):
    """Draws until the child has ended, and hands signals on to it."""
    watch, clear, ended = None, "\x1b[2J", False
    while child.poll() is None:
        told = signal.sigtimedwait(_PASSED, _PAUSE if watch is None or ended else 0)
        if told is not None and told.si_code == _FROM_A_PROCESS:
            child.send_signal(told.si_signo)
        if watch is None:
            watch = _attach(child.pid)
            continue
        try:
            # It may become another program, which says nothing, or the terminal may go.
            ended = ended or not watch.wait()
            if not ended:
                _draw(watch, terminal, kept, clear)
        except OSError:
            ended = True
        clear = ""


def _draw(watch, terminal, kept, clear):
    columns, rows = (size or usual for size, usual in zip(os.get_terminal_size(terminal), (80, 24), strict=True))
    tail = _last_lines(kept, columns, rows // 4)
    screen = watch.screen(columns, max(rows - 2 - len(tail), 1))
    _write(terminal, (clear + screen + "\r\n".join(["", *tail])).encode(errors="replace"))


def _attach(pid):
    try:
        return _native._Watch(pid)
    except OSError:
        return None


def _last_lines(kept, columns, most):
    """The last lines of what the program has written, as they can be shown."""
    length = os.fstat(kept.fileno()).st_size
    text = os.pread(kept.fileno(), _TAIL, max(0, length - _TAIL)).decode(errors="replace")
    lines = [line.rsplit("\r", 1)[-1] for line in text.rstrip("\r\n").split("\n")] if text else []
    return ["".join(c for c in line if c.isprintable())[: columns - 1] for line in lines[-most:]]


def _write_out(kept, terminal):
    """Writes all that was kept, below the screen."""
    _write(terminal, b"\r\n")
    kept.seek(0)
    with os.fdopen(os.dup(terminal), "wb") as out:
        shutil.copyfileobj(kept, out)


def _write(terminal, text):
    while text:
        text = text[os.write(terminal, text) :]


def _end(code):
    """The exit code for one of a child's, if it has one."""
    if code >= 0:
        return code
    # The child has left a core file, if there is to be one.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -code)
    return 128 - code
