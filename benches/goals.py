"""The goals of the project, and which cells reach them.

A goal speaks of float64 in contiguous arrays. *Time* is Metes' by another's, at most so much; *share* is what a row
moves of the bandwidth that was measured in the same run, at least so much. Whatever its time, no row of any dtype or
layout may hold more than its result and `SCRATCH` bytes for each thread.
"""

import statistics
from dataclasses import dataclass

SCRATCH = 256 << 10

ARITHMETIC = ("a + b", "a * 2", "a / b", "a += b", "a < b")
SUMS = ("sum", "sum(axis=0)", "sum(axis=-1)", "mean")
EXTREMES = ("max", "max(axis=0)", "min(axis=-1)", "argmax", "argmax(axis=0)")
MOVED = ("a[mask]", "take", "T.copy", "astype", "concatenate", "where", "clip")


@dataclass(frozen=True)
class Goal:
    """What some operations are to reach at some sizes."""

    title: str
    sizes: tuple
    names: tuple
    limit: float
    beside: str = "numpy"  # or "numexpr"; "bandwidth" is a share
    one_thread: bool = False

    def of(self, cell, most):
        """Whether the goal speaks of a cell, where `most` threads are all."""
        plain = cell["dtype"] == "float64" and cell["layout"] == "contiguous"
        threads = 1 if self.one_thread else most
        return plain and cell["threads"] == threads and cell["size"] in self.sizes and cell["name"] in self.names

    def found(self, cell, memory):
        """The figure of a cell, and whether it is good enough; None where it was not measured."""
        times = cell.get("times", {})
        if self.beside == "bandwidth":
            if not memory or not cell.get("moved") or "metes" not in times:
                return None
            share = cell["moved"] / times["metes"]["ns"] * 1e9 / max(memory.values())
            return share, share >= self.limit
        if self.beside not in times:
            return None
        ratio = times["metes"]["ratio"]
        if self.beside != "numpy":
            ratio = times["metes"]["ns"] / times[self.beside]["ns"]
        return ratio, ratio <= self.limit


FEW, CACHED, MILLION, MANY = (8, 100, 1_000), (10_000, 100_000), (1_000_000,), (10_000_000,)
LARGE = MILLION + MANY
CURVES = ("exp", "log", "sin", "tanh", "a ** 1.5")
LONG_FUSED = ("sqrt(a*a + b*b)", "z-score", "softmax")
SMALL = ("a + b", "a * 2", "a == b", "a += b", "sum", "a[2:6]", "a[3]", "a2[0, 1]", "a[3] = y", "reshape", "copy")

GOALS = (
    Goal("8 to 1,000: arithmetic, comparison, sum, slicing, elements, reshape, copy", FEW, SMALL, 0.6),
    Goal("10,000 to 100,000, one thread: arithmetic", CACHED, ARITHMETIC, 0.8, one_thread=True),
    Goal("from 10,000: exp, log, sin, tanh, power", CACHED + LARGE, CURVES, 0.35),
    Goal("1,000,000: arithmetic", MILLION, ARITHMETIC, 1.0),
    Goal("10,000,000: arithmetic", MANY, ARITHMETIC, 0.5),
    Goal("1,000,000: fused a*b + c", MILLION, ("a*b + c",), 0.75),
    Goal("1,000,000: fused length, z-score, softmax", MILLION, LONG_FUSED, 0.45),
    Goal("10,000,000: fused", MANY, ("a*b + c", *LONG_FUSED), 0.3),
    Goal("10,000,000: fused, beside numexpr", MANY, ("a*b + c", "sqrt(a*a + b*b)"), 0.7, "numexpr"),
    Goal("10,000,000: fused a*b + c, of the bandwidth", MANY, ("a*b + c",), 0.85, "bandwidth"),
    Goal("from 1,000,000: sum, mean, extremes and their places", LARGE, SUMS + EXTREMES, 0.5),
    Goal("from 1,000,000: var", LARGE, ("var",), 0.25),
    Goal("from 1,000,000: sort, argsort, unique", LARGE, ("sort", "argsort", "unique"), 0.8),
    Goal("from 1,000,000: mask, take, transpose, astype, concatenate, where, clip", LARGE, MOVED, 0.6),
    Goal("1,000 x 1,000: matmul", MILLION, ("matmul",), 1.05),
)


def spoken_of(cell, most):
    """Whether any goal speaks of a cell."""
    return any(goal.of(cell, most) for goal in GOALS)


def report(cells, memory):
    """The goals, how many of their cells reach them, and those that miss them; and what holds too much memory."""
    cells = list(cells)
    most = max((cell["threads"] for cell in cells), default=1)
    lines = ["\nGoals (float64, contiguous, most threads where nothing else is said)"]
    for goal in GOALS:
        figures = {}
        for cell in cells:
            if goal.of(cell, most) and (found := goal.found(cell, memory)):
                figures[f"{cell['name']} at {cell['size']:,}"] = found
        if not figures:
            continue
        sign, reached = ">=" if goal.beside == "bandwidth" else "<=", sum(good for _, good in figures.values())
        middle = statistics.median(figure for figure, _ in figures.values())
        lines.append(f"  {goal.title:<76} {sign} {goal.limit:<5} {reached:>3} of {len(figures):<3} median {middle:.2f}")
        missed = [f"{name}: {figure:.2f}" for name, (figure, good) in figures.items() if not good]
        lines += [f"      {', '.join(missed[at : at + 4])}" for at in range(0, len(missed), 4)]
    return "\n".join([*lines, scratch(cells)])


def scratch(cells):
    """The rows that hold more memory beside their result than they may."""
    told = [cell for cell in cells if "scratch" in cell]
    over = [cell for cell in told if cell["scratch"] > SCRATCH * cell["threads"]]
    title = "All rows, dtypes and layouts: result and 256 KiB for each thread"
    lines = [f"  {title:<85} {len(told) - len(over):>3} of {len(told)}"]
    for cell in over:
        where = f"{cell['name']}, {cell['dtype']}, {cell['layout']}, {cell['size']:,}, {cell['threads']} threads"
        lines.append(f"      {where}: {cell['scratch']:,} bytes")
    return "\n".join(lines)
