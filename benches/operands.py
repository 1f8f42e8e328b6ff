"""The arrays that statements speak of, the same values for each contestant.

Layouts: *contiguous* (one dimension, or two where a statement speaks of an axis), *strided* (every second element of a
longer one), *transposed* (two dimensions; `a` lies in the other order than `b`), *broadcast* (two dimensions; `a` is
one row, stretched).
"""

import numpy as np

LAYOUTS = ("contiguous", "strided", "transposed", "broadcast")


def table_shape(size):
    """The factors of a size that lie closest to a square."""
    rows = max(rows for rows in range(1, int(size**0.5) + 1) if size % rows == 0)
    return rows, size // rows


def values_of(dtype, size, seed):
    """Positive numbers whose sums, products and powers stay in range."""
    random = np.random.default_rng(seed)
    if dtype == "bool":
        return random.random(size) < 0.5
    if dtype.startswith("complex"):
        return random.uniform(0.5, 1.5, size) + 1j * random.uniform(0.5, 1.5, size)
    if dtype.startswith("float"):
        return random.uniform(0.5, 1.5, size).astype(dtype)
    return random.integers(1, 100, size).astype(dtype)


def laid_out(module, values, layout, first, shape):
    """The values as an array of a module in a layout; `first` is whether the operand is `a`."""
    if layout == "strided":
        return module.asarray(np.repeat(values, 2).reshape(*shape[:-1], -1)).copy()[..., ::2]
    if layout == "transposed" and first:
        return module.asarray(values.reshape(shape[::-1])).copy().T
    if layout == "broadcast" and first:
        return module.broadcast_to(module.asarray(values[: shape[1]]).copy(), shape)
    return module.asarray(values.reshape(shape)).copy()


def wanted(statement, names):
    """The names among these that a statement speaks of."""
    words = set("".join(c if c.isalnum() or c == "_" else " " for c in statement).split())
    return [name for name in names if name in words]


def operands(module, case, dtype, layout, size):
    """A dict of what the case speaks of, nothing else, so that ten million elements are not made in vain."""
    seed = size + len(dtype)
    a = values_of(dtype, size, seed)
    table = layout in ("transposed", "broadcast") or "axis" in case.statement
    shape = table_shape(size) if table else (size,)
    random = np.random.default_rng(seed + 9)
    of_values = {"b": 1, "c": 2}
    other = "float32" if dtype == "float64" else "float64" if dtype != "complex128" else "complex64"
    side = int(size**0.5)
    makers = {
        "a": lambda: laid_out(module, a, layout, True, shape),
        "x": lambda: laid_out(module, a, layout if not table else "contiguous", True, (size,)),
        "mask": lambda: module.asarray((random.random(size) < 0.5).reshape(shape)).copy(),
        "nothing": lambda: module.asarray(np.zeros(shape, bool)).copy(),
        "places": lambda: module.asarray(random.integers(0, size, size)).copy(),
        "values": lambda: a.tolist(),
        "number": lambda: a.dtype.type(2).item(),
        "low": lambda: a.dtype.type(np.quantile(a[:1000], 0.2)).item(),
        "high": lambda: a.dtype.type(np.quantile(a[:1000], 0.8)).item(),
        "other": lambda: getattr(module, other),
        "whole": lambda: module.asarray(np.arange(size)).copy(),
        "table": lambda: module.asarray(a.reshape(table_shape(size))).copy(),
        "row": lambda: module.asarray(a[: table_shape(size)[1]]).copy(),
        "square": lambda: module.asarray(a[: side * side].reshape(side, side)).copy(),
    }
    for name, step in of_values.items():
        makers[name] = lambda step=step: laid_out(module, values_of(dtype, size, seed + step), layout, False, shape)
    texts = " ".join((case.statement, case.metes, case.numexpr, case.bottleneck))
    return {name: makers[name]() for name in wanted(texts, makers)}
