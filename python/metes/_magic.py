"""`%load_ext metes` and `%%metes`: the memory of one notebook cell, reported below it."""

from __future__ import annotations

import ast
import contextlib
import os
import shlex
import sys
import tempfile

from . import _native
from ._captures import describe, profile


class CellReport:
    """What a cell did to the memory: a picture in notebooks, text elsewhere."""

    def __init__(self, text: str, html: str) -> None:
        self._text = text
        self._html = html

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._html

    def _repr_pretty_(self, printer, cycle) -> None:
        printer.text(self._text)


def _parse(line):
    """The view, and the file to keep the capture in."""
    words = shlex.split(line)
    keep = None
    if "-o" in words:
        place = words.index("-o")
        if place + 1 == len(words):
            raise ValueError("%%metes -o FILE: the file is missing")
        keep = os.path.abspath(words[place + 1])
        del words[place : place + 2]
    if len(words) > 1:
        raise ValueError(f"%%metes [VIEW] [-o FILE]: too many words in {line!r}")
    view = (words or ["summary"])[0]
    _native._report_check_view(view)
    return view, keep


def _report(path, view):
    text, html = describe(path, view), _native._report_inline(path)
    if "numpy" in sys.modules and not _native._numpy_managed():
        missing = "NumPy's arrays are not in it: `metes.manage_numpy()` would count those made from then on."
        text, html = f"{text}\n{missing}", f"{html}<p>{missing}</p>"
    return CellReport(text, html)


def _run(shell, cell):
    """Runs a cell in the user's names; gives the value of its last expression."""
    source = shell.transform_cell(cell)
    name = shell.compile.cache(source)
    body = ast.parse(source, name).body
    last = ast.Expression(body.pop().value) if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), shell.user_ns)
    return None if last is None else eval(compile(last, name, "eval"), shell.user_ns)


def _register(shell):
    def metes(line, cell):
        """%%metes [VIEW] [-o FILE]: runs the cell and reports its memory; keeps the capture in FILE."""
        from IPython.display import display

        view, keep = _parse(line)
        with contextlib.ExitStack() as stack:
            path = keep or os.path.join(stack.enter_context(tempfile.TemporaryDirectory()), "cell.metes")
            try:
                with profile(path):
                    return _run(shell, cell)
            finally:
                display(_report(path, view))

    shell.register_magic_function(metes, "cell", "metes")


def load_ipython_extension(shell) -> None:
    """Adds `%%metes` to a shell."""
    _register(shell)


def unload_ipython_extension(shell) -> None:
    """Takes it away."""
    shell.magics_manager.magics["cell"].pop("metes", None)
