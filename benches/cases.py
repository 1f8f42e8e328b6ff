"""What is measured: one list of operations, and on which dtypes and layouts each makes sense.

A statement speaks of the module `m` and of the names that `operands.py` makes: arrays `a`, `b`, `c` of one shape,
`mask`, `places` (random positions), `values` (a list), `number` (a Python number of the dtype), `x` of one dimension,
`whole` (integers), `table` of two dimensions and `row` (its first). Where Metes has another way to say a thing (a fused
function), or numexpr or bottleneck have the operation, the case says how.
"""

from dataclasses import dataclass

import operands

REALS = ("float64", "float32", "int64", "int32", "uint8")
NUMBERS = (*REALS, "complex128")
ALL = (*NUMBERS, "bool")
FLOATS = ("float64", "float32")
INEXACT = (*FLOATS, "complex128")

SIZES = (8, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
LAYOUTS = operands.LAYOUTS


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    group: str
    name: str
    statement: str
    dtypes: tuple = NUMBERS
    layouts: tuple = LAYOUTS
    metes: str = ""  # the statement for Metes, where it differs
    numexpr: str = ""  # an expression over a, b, c
    bottleneck: str = ""  # a statement over `bn`
    sizes: tuple = SIZES
    rest: float = 0.0  # seconds before each turn, where threads of a library wait in a loop for more work


FLAT = ("contiguous",)
LINES = ("contiguous", "strided")
LARGE = SIZES[3:]

CASES = (
    Case("arithmetic", "a + b", "a + b", ALL, numexpr="a + b"),
    Case("arithmetic", "a * 2", "a * number", numexpr="a * number"),
    Case("arithmetic", "a / b", "a / b", numexpr="a / b"),
    Case("arithmetic", "a += b", "a += b", layouts=LAYOUTS[:3]),
    Case("arithmetic", "-a", "-a", ("float64", "int64")),
    Case("arithmetic", "a // b", "a // b", REALS),
    Case("comparison", "a == b", "a == b", ALL, numexpr="a == b"),
    Case("comparison", "a < b", "a < b", REALS, numexpr="a < b"),
    Case("comparison", "a & b", "a & b", ("bool", "uint8", "int64"), numexpr="a & b"),
    Case("functions", "sqrt", "m.sqrt(a)", INEXACT, numexpr="sqrt(a)"),
    Case("functions", "exp", "m.exp(a)", INEXACT, numexpr="exp(a)"),
    Case("functions", "log", "m.log(a)", INEXACT, numexpr="log(a)"),
    Case("functions", "sin", "m.sin(a)", INEXACT, numexpr="sin(a)"),
    Case("functions", "tanh", "m.tanh(a)", INEXACT, numexpr="tanh(a)"),
    Case("functions", "a ** 1.5", "a ** 1.5", FLOATS, numexpr="a ** 1.5"),
    Case("functions", "arctan2", "m.arctan2(a, b)", FLOATS, numexpr="arctan2(a, b)"),
    Case("functions", "maximum", "m.maximum(a, b)", REALS),
    Case("functions", "clip", "m.clip(a, low, high)", REALS),
    Case("functions", "where", "m.where(mask, a, b)", ALL, numexpr="where(mask, a, b)"),
    Case("reductions", "sum", "m.sum(a)", ALL, numexpr="sum(a)"),
    Case("reductions", "sum(axis=0)", "m.sum(a, axis=0)", NUMBERS),
    Case("reductions", "sum(axis=-1)", "m.sum(a, axis=-1)", NUMBERS),
    Case("reductions", "mean", "m.mean(a)", NUMBERS),
    Case("reductions", "var", "m.var(a)", INEXACT),
    Case("reductions", "max", "m.max(a)", REALS, numexpr="max(a)"),
    Case("reductions", "max(axis=0)", "m.max(a, axis=0)", REALS),
    Case("reductions", "argmax", "m.argmax(a)", REALS),
    Case("reductions", "min(axis=-1)", "m.min(a, axis=-1)", REALS),
    Case("reductions", "argmax(axis=0)", "m.argmax(a, axis=0)", REALS),
    Case("reductions", "any", "m.any(nothing)", ("bool",)),
    Case("reductions", "nansum", "m.nansum(a)", FLOATS, bottleneck="bn.nansum(a)"),
    Case("reductions", "nanmean", "m.nanmean(a)", FLOATS, bottleneck="bn.nanmean(a)"),
    Case("reductions", "median", "m.median(a)", FLOATS, LINES, bottleneck="bn.median(a)"),
    Case("reductions", "cumsum", "m.cumsum(x)", NUMBERS, LINES),
    Case("moves", "copy", "a.copy()", ALL),
    Case("moves", "T.copy", "table.T.copy()", ("float64", "uint8"), FLAT),
    Case("moves", "astype", "a.astype(other)", ALL),
    Case("moves", "concatenate", "m.concatenate([a, b])", ("float64", "uint8"), ("contiguous", "transposed")),
    Case("moves", "take", "m.take(x, places)", ALL, FLAT),
    Case("moves", "a[mask]", "a[mask]", ALL, LINES),
    Case("moves", "a[mask] = 0", "a[mask] = 0", ("float64", "uint8"), LINES),
    Case("moves", "nonzero", "m.nonzero(mask)", ("bool",), LINES),
    Case("sorting", "sort", "m.sort(x)", REALS, LINES),
    Case("sorting", "argsort", "m.argsort(x)", REALS, LINES),
    Case("sorting", "unique", "m.unique(x)", REALS, LINES),
    Case(
        "sorting", "partition", "m.partition(x, len(x) // 2)", REALS, LINES, bottleneck="bn.partition(x, len(x) // 2)"
    ),
    Case("small", "a[2:6]", "x[2:6]", ("float64",), LINES),
    Case("small", "a[3]", "x[3]", ("float64",), LINES),
    Case("small", "a2[0, 1]", "table[0, 1]", ("float64",), FLAT),
    Case("small", "a[3] = y", "x[3] = number", ("float64",), LINES),
    Case("small", "a[2:6] = y", "x[2:6] = number", ("float64",), FLAT),
    Case("small", "a[:] = b", "x[:] = b", ("float64",), FLAT),
    Case("small", "a[places]", "x[places]", ("float64",), FLAT),
    Case("small", "a[::2] + b[::2]", "a[::2] + b[::2]", ("float64",), FLAT),
    Case("small", "whole + a", "whole + a", ("float64",), FLAT),
    Case("small", "table + row", "table + row", ("float64",), FLAT),
    Case("small", "table.sum(axis=0)", "table.sum(axis=0)", ("float64",), FLAT),
    Case("small", "add(out=)", "m.add(a, b, out=b)", ("float64",), FLAT),
    Case("small", "a.item(3)", "x.item(3)", ("float64",), FLAT),
    Case("small", "a.tolist()", "x.tolist()", ("float64",), FLAT),
    Case("small", "array(a)", "m.array(a)", ("float64",), FLAT),
    Case("small", "asarray(a)", "m.asarray(a)", ("float64",), FLAT),
    Case("small", "ravel", "a.ravel()", ("float64",), FLAT),
    Case("small", "stack", "m.stack([a, b])", ("float64",), FLAT),
    Case("small", "dot", "m.dot(x, b)", ("float64",), FLAT),
    Case("small", "array_equal", "m.array_equal(a, b)", ("float64",), FLAT),
    Case("small", "reshape", "x.reshape(2, -1)", ("float64",), FLAT),
    Case("small", "a.T", "a.T", ("float64",)),
    Case("small", "a2[:, 1]", "table[:, 1]", ("float64",), FLAT),
    Case("small", "list(a)", "list(x)", ("float64",), FLAT, sizes=SIZES[:4]),
    Case("small", "zeros", "m.zeros(len(x))", ("float64",), FLAT),
    Case("small", "empty", "m.empty(len(x))", ("float64",), FLAT),
    Case("small", "norm", "m.linalg.norm(x)", ("float64",), FLAT),
    Case("small", "small @ small", "square @ square", ("float64",), FLAT, sizes=SIZES[:3]),
    Case("small", "asarray(list)", "m.asarray(values)", ("float64", "int64"), FLAT),
    Case(
        "products",
        "matmul",
        "square @ square",
        ("float64", "float32", "complex128", "int64"),
        FLAT,
        sizes=LARGE[:3],
        rest=0.1,
    ),
    Case("fused", "a*b + c", "a*b + c", FLOATS, metes="fused.multiply_add(a, b, c)", numexpr="a*b + c"),
    Case(
        "fused", "sqrt(a*a + b*b)", "m.sqrt(a*a + b*b)", FLOATS, metes="fused.length(a, b)", numexpr="sqrt(a*a + b*b)"
    ),
    Case("fused", "z-score", "(a - m.mean(a)) / m.std(a)", FLOATS, metes="fused.z_score(a)"),
    Case("fused", "softmax", "softmax(a)", FLOATS, metes="fused.softmax(a)"),
)
