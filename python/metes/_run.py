"""`metes run`: a program as `python` would run it, with NumPy's arrays in Metes' memory, and a summary at its end."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import importlib.util
import io
import os
import pkgutil
import runpy
import sys
import types
import warnings

from . import _last_words, _numpy, _refusals, memory

_STARTUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_startup")


def _parser():
    parser = argparse.ArgumentParser(
        prog="metes run",
        description="Run a Python program with NumPy's arrays in Metes' memory, and say at its end where it went.",
        usage="metes run [--limit SIZE] [--profile FILE.metes] [--attribution MODE] [--live] [--no-pool] [--quiet] "
        "(script.py | -m module) [args ...]",
        allow_abbrev=False,
    )
    parser.add_argument("--limit", metavar="SIZE", help='the most that arrays may hold: "2 GiB", "60%%"')
    parser.add_argument("--profile", metavar="FILE.metes", help="write a capture here")
    parser.add_argument("--attribution", choices=["counters", "sampled", "site", "stack"])
    parser.add_argument("--no-pool", action="store_true", help="keep no freed blocks to be used again")
    parser.add_argument("--live", action="store_true", help="show the memory on the terminal while the program runs")
    parser.add_argument("--shown", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--quiet", action="store_true", help="say nothing at the end")
    return parser


def _split(words):
    """The options, and the program with its arguments: what follows is not ours to read."""
    valued = {"--limit", "--profile", "--attribution"}
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in ("-m", "-", "--"):
        at += 2 if words[at] in valued else 1
    program = words[at + 1 :] if words[at : at + 1] == ["--"] else words[at:]
    return words[:at], program


def main(words):
    """Runs the program that the words after `run` name; returns the exit code, or lets the program's end pass."""
    parser = _parser()
    own, program = _split(words)
    options = parser.parse_args(own)
    if not program or program == ["-m"]:
        parser.error("there is no program to run")
    # A program that cannot begin is told of like Python does, and nothing of its memory is.
    begin, refused = _prepare(program)
    if begin is None:
        return refused
    if options.live:
        from . import _live

        return _live.run([word for word in own if word != "--live"] + program)
    if options.shown:
        # Its lines are looked at as they come, as if it wrote to the terminal.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        if options.attribution:
            memory.attribution(options.attribution)
        _numpy.manage_numpy(limit=options.limit, profile=options.profile, pool=not options.no_pool)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"metes: run: {error}", file=sys.stderr)
        return 1
    _manage_children(options)
    # The threads that write the capture and answer `metes top` are ours, and forks wait for them; Python (from 3.12 on)
    # would warn of them at each.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    said = None if options.quiet else _last_words.listen(options.profile)
    with contextlib.suppress(OSError):
        # For `metes top`.
        memory.watchable()
    memory.reset_peak()
    process = os.getpid()

    def ending():
        if os.getpid() != process:
            return
        try:
            _numpy._stop_recording()
        except OSError as error:  # A full disk, mostly; what was written until then reads.
            print(f"metes: run: the capture ends early: {error}", file=sys.stderr)
        if not options.quiet:
            _summarise(options)
        if said is not None:
            said[0] = 1

    # The last to run: what the program does at its own end is part of it.
    atexit.register(ending)
    _last_words.before_exit(ending)
    try:
        begin()
    except SystemExit:
        raise
    except BaseException as error:
        return _end_with(error)
    return 0


def _manage_children(options):
    """Has children that run Python do the same under the same limit, without a capture or a summary of their own."""
    words = [f"limit={options.limit}"] if options.limit else []
    words += ["pool=0"] if options.no_pool else []
    os.environ[_numpy._VARIABLE] = ",".join(words) or "1"
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = [_STARTUP, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    # Children find this package where this process did.
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    os.environ["METES_PACKAGE"] = package


def _prepare(program):
    """What runs the program, and None; or None where there is nothing to run, which is told, and the exit code."""
    if program[0] == "-m":
        return _prepare_module(program)
    path = program[0]
    try:
        if pkgutil.get_importer(path) is not None:
            return _prepare_folder(program)
        with io.open_code(os.path.abspath(path)) as file:
            text = file.read()
    except OSError as error:
        print(f"metes: run: can't open {path!r}: {error.strerror}", file=sys.stderr)
        return None, 2
    try:
        # The program's own `from __future__` statements count, not ours.
        code = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # A byte that is zero is a ValueError in older Pythons.
        sys.excepthook(type(error), error.with_traceback(None), None)
        return None, 1

    def begin():
        names = _fresh_main(program)
        sys.path[0] = os.path.dirname(os.path.realpath(path))
        names["__file__"] = path
        names["__cached__"] = None
        # What only fails inside the program shows the program's own lines.
        exec(code, names)

    return begin, None


def _prepare_folder(program):
    """Of a directory or an archive, which has a program where it has a module `__main__`."""
    if pkgutil.get_importer(program[0]).find_spec("__main__") is None:
        print(f"metes: run: can't find a '__main__' module in {program[0]!r}", file=sys.stderr)
        return None, 1

    def begin():
        _fresh_main(program)
        del sys.path[0]
        runpy.run_path(program[0], run_name="__main__")

    return begin, None


def _prepare_module(program):
    """Of a module. Only what it lies in is looked for: to find the rest would run that."""
    first = program[1].partition(".")[0]
    here, sys.path[0] = sys.path[0], os.getcwd()
    try:
        found = first and (first in sys.modules or importlib.util.find_spec(first) is not None)
    finally:
        sys.path[0] = here
    if not found:
        print(f"metes: run: no module named {program[1]!r}", file=sys.stderr)
        return None, 1

    def begin():
        _fresh_main(program[1:])
        sys.path[0] = os.getcwd()
        runpy._run_module_as_main(program[1], alter_argv=True)

    return begin, None


def _fresh_main(words):
    """A fresh `__main__` for the program, and `sys.argv` as it expects it; returns the names of the module."""
    main_module = types.ModuleType("__main__")
    main_module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main_module
    sys.argv[:] = words
    return main_module.__dict__


def _end_with(error):
    """Reports what the program did not catch as Python would; returns the exit code."""
    trace = error.__traceback__
    own = {__file__, runpy.__file__, "<frozen runpy>"}
    while trace is not None and trace.tb_frame.f_code.co_filename in own:
        trace = trace.tb_next
    error.__traceback__ = trace
    # What NumPy's `resize` and sorts raise says nothing; the program may have a hook of its own.
    _refusals._add_note(error)
    sys.excepthook(type(error), error, trace)
    if isinstance(error, KeyboardInterrupt):
        # The interpreter ends by the signal, as the shell expects; it has been reported.
        sys.excepthook = lambda *_: None
        raise error
    return 1


def _summarise(options):
    try:
        from . import _summary

        text = _summary.text(options.profile)
        print(text, file=sys.stderr, flush=True)
    except Exception as error:  # The program's own exit code counts.
        print(f"metes: run: no summary: {error!r}", file=sys.stderr)
