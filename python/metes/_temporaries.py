"""Arrays that were made for nothing: where, in which expression, and what would have saved them.

The memory counts large blocks of NumPy's that were freed when few others had come since. What the line does says what
would help, and how much: its operators and calls are a tree, whose inner results are the temporaries.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _native
from ._copies import Table
from ._leaks import _size

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Temporary", "temporaries", "watch_temporaries"]

# From this size on NumPy itself writes the result of an operator over an operand that nobody else has.
_ELIDED = 256 * 1024

_PLACE = re.compile(r"^(.*):(\d+) ([^:]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Temporary:
    """Arrays of one place that went as soon as they came. What would be saved is estimated from the expression."""

    site: str
    expression: str
    count: int
    bytes: int
    saving: int
    """Bytes that would not be handed out with the remedy."""
    remedy: str
    fused: int = 0
    """Bytes that would not be handed out if the expression ran in one pass, without arrays in between."""
    with_out: int = 0
    """The same if its steps wrote to arrays that are kept for them, by `out=`."""
    in_place: int = 0
    """The same if steps wrote over operands that are temporaries themselves, beyond those where NumPy does so."""

    def __str__(self) -> str:
        return (
            f"{_size(self.bytes):>12} {self.count:>7,}  {self.site}  {self.expression}  "
            f"({self.remedy}: {_size(self.saving)} less)"
        )


class _Tree:
    """What the operations of a line are to each other."""

    def __init__(self, line, each):
        self.operations = self.over_temporaries = self.kept = 0
        try:
            tree = ast.parse(_statement(line))
        except (SyntaxError, ValueError):
            return
        for node in ast.walk(tree):
            if not self._makes(node):
                continue
            self.operations += 1
            inner = any(self._makes(operand) for operand in ast.iter_child_nodes(node))
            elided = isinstance(node, ast.BinOp | ast.UnaryOp) and each >= _ELIDED
            self.over_temporaries += inner and not elided and not isinstance(node, ast.Compare)
        self.kept = max((self._registers(node) for node in ast.walk(tree) if self._makes(node)), default=1)

    @staticmethod
    def _makes(node):
        return isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Call)

    def _registers(self, node):
        """How many arrays are needed at once to compute a node, the one for its result included."""
        needs = sorted((self._registers(child) for child in ast.iter_child_nodes(node)), reverse=True)
        inner = max((need + at for at, need in enumerate(need for need in needs if need)), default=0)
        return max(inner, 1) if self._makes(node) else inner


def _statement(line):
    """A line as a statement of its own: of `if …:` and its kind what is asked, of a return what is returned."""
    line = line.strip()
    for word in ("return ", "yield ", "assert ", "if ", "elif ", "while ", "for "):
        if line.startswith(word):
            line = line[len(word) :]
            if word == "for ":
                line = line.partition(" in ")[2]
            break
    return line.rstrip(":, ")


def _expression(site):
    match = _PLACE.match(site)
    return linecache.getline(match[1], int(match[2])).strip() if match else ""


def _temporary(site, count, size):
    expression, each = _expression(site), size // count
    tree = _Tree(expression, each)
    with_out = max(size - tree.kept * each, 0) if tree.operations else size
    in_place = size * tree.over_temporaries // max(tree.operations, 1)
    if tree.operations > 1:
        remedy, saving = "fuse it, or give out= to its steps", size
    else:
        remedy, saving = "give out=, or work in place", with_out
    return Temporary(site, expression, count, size, saving, remedy, size, with_out, in_place)


def _counted():
    return {site: (count, size) for site, count, size, _, _ in _native._memory_temporaries() if count}


def _table(counts, top):
    rows = [_temporary(site, count, size) for site, (count, size) in counts.items()]
    return Table(sorted(rows, key=lambda row: (-row.bytes, row.site))[:top])


def temporaries(top: int | None = 20) -> Table:
    """Large arrays of NumPy's that were freed when at most four others had been made since, by place, most first."""
    return _table(_counted(), top)


@contextlib.contextmanager
def watch_temporaries(top: int | None = 20) -> Generator[Table]:
    """Gives a table that has, once the `with` block is left, the `temporaries` of that block alone, of all threads.

    >>> import metes as mt
    >>> import numpy as np
    >>> mt.manage_numpy()
    >>> a = np.ones(100_000)
    >>> with mt.memory.watch_temporaries() as seen:
    ...     for _ in range(10):
    ...         total = float((np.sqrt(a) * 2).sum())
    >>> seen[0].count, seen[0].remedy
    (10, 'fuse it, or give out= to its steps')
    >>> mt.unmanage_numpy()
    """
    before, seen = _counted(), Table()
    try:
        yield seen
    finally:
        more = {}
        for site, (count, size) in _counted().items():
            old, old_size = before.get(site, (0, 0))
            if count > old:
                more[site] = (count - old, size - old_size)
        seen[:] = _table(more, top)
