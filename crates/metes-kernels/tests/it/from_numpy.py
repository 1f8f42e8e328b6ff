"""Writes numpy.txt, what NumPy answers: for the rows that the file has, and for those named as arguments.

python from_numpy.py [ROW...]
"""

import re
import sys
import warnings
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("numpy.txt")
KINDS = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
INF, NAN = np.inf, np.nan
TOP, LOW = 2**63 - 1, -(2**63)

ONE = {
    "bool": [0, 1],
    "int8": [0, 1, -1, 2, -3, 5, 100, 127, -127, -128],
    "uint8": [0, 1, 2, 5, 128, 200, 255],
    "int64": [0, -1, 2**62, TOP, LOW],
    "float64": [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 1e-5, 0.9, 100, 1e308, -1e308, 5e-324, INF, -INF, NAN],
    "complex128": [
        complex(*z)
        for z in [
            (0, 0),
            (1, 0),
            (-1, 0),
            (-1, -0.0),
            (0, 1),
            (0, -1),
            (2, 0.0),
            (2, -0.0),
            (-2, 0.0),
            (3, -4),
            (0.5, 0.25),
            (-0.5, 1e-9),
            (1 + 1e-9, 1e-5),
            (1e200, 1e200),
            (700, 1),
            (-800, 2),
            (INF, 1),
            (-INF, 1),
            (1, INF),
            (INF, INF),
            (NAN, 1),
            (1, NAN),
            (NAN, NAN),
        ]
    ],
}
TWO = {
    "bool": [(0, 0), (0, 1), (1, 0), (1, 1)],
    "int8": [
        (7, 2),
        (-7, 2),
        (7, -2),
        (-7, -2),
        (5, 0),
        (-5, 0),
        (0, 0),
        (-128, -1),
        (-128, 1),
        (127, 1),
        (100, 100),
        (2, 7),
        (3, 5),
        (-3, 5),
        (1, 8),
        (-1, 9),
        (12, 18),
        (-12, 18),
        (4, 4),
    ],
    "uint8": [(7, 2), (5, 0), (0, 0), (255, 1), (255, 255), (200, 100), (2, 8), (3, 5), (1, 9), (12, 18), (0, 1)],
    "int64": [(TOP, 1), (LOW, -1), (LOW, 1), (2**62, 2), (3, 39), (-7, 2), (1, 63), (1, 64)],
    "float64": [
        (7, 2),
        (-7, 2),
        (7, -2),
        (-7, -2),
        (6, 3),
        (-6, 3),
        (1, 0.0),
        (-1, 0.0),
        (1, -0.0),
        (0.0, 0.0),
        (0.0, 3),
        (-0.0, 3),
        (INF, 2),
        (2, INF),
        (-2, INF),
        (INF, -INF),
        (INF, INF),
        (NAN, 1),
        (1, NAN),
        (0.5, -1.5),
        (1e308, 10),
        (2, 0.5),
        (-8, 1 / 3),
        (2, -1074),
        (3, 3),
    ],
    "complex128": [
        (1 + 2j, 3 - 4j),
        (1 + 2j, 0j),
        (0j, 1 + 1j),
        (2 + 0j, 3 + 0j),
        (2j, -2 + 0j),
        (-1 + 0j, 0.5 + 0j),
        (1 + 1j, 1 - 1j),
        (1 + 1j, 1 + 1j),
        (complex(1, NAN), 2 + 0j),
        (complex(INF, 1), 1 + 1j),
        (1 + 0j, complex(0, INF)),
        (1.5 - 2.5j, 0.5 + 2j),
    ],
}
THREE = {
    "int8": [(5, 1, 3), (0, 1, 3), (2, 1, 3), (5, 3, 1)],
    "int64": [(5, 1, 3), (0, 1, 3), (2, 1, 3), (5, 3, 1)],
    "float64": [(5, 1, 3), (0, 1, 3), (2, 1, 3), (NAN, 1, 3), (2, NAN, 3), (2, 1, NAN), (5, 3, 1)],
    "complex128": [(5j, 1j, 3j), (1 + 0j, 2 + 0j, 3 + 0j)],
}
#: Comparisons of the two 64-bit integers, which are exact.
MIXED = {
    ("int64", "uint64"): [(TOP, TOP), (0, 0), (5, 7), (7, 5), (-1, 2**64 - 1), (LOW, 2**63)],
    ("uint64", "int64"): [(TOP, TOP), (0, 0), (5, 7), (7, 5), (2**64 - 1, -1), (2**63, LOW)],
}
LDEXP = [(1, 3), (1, -1074), (0.75, 1025), (1, 5000), (-1, -5000), (0.0, 9), (INF, -3), (NAN, 1)]
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


def operands(row):
    """Kinds and operands to try."""
    if row == "where":
        return
    if row == "ldexp":
        yield ("float64", "int64"), LDEXP
        return
    nin = 3 if row == "clip" else getattr(np, row).nin
    for kind, cases in (ONE, TWO, THREE)[nin - 1].items():
        if nin == 1:
            cases = [(case,) for case in cases]
        yield (kind,) * nin, [case for case in cases if told(row, kind, case)]
    if row in COMPARISONS:
        yield from MIXED.items()


def told(row, kind, case):
    """Whether NumPy's answer is one: not an error, nor different from machine to machine."""
    if row == "power" and kind.startswith("int"):
        return case[1] >= 0
    if row == "square" and kind == "complex128":
        return abs(case[0].real) < 1e200
    return not (row in ("maximum", "minimum", "fmax", "fmin") and case[0] == case[1] == 0)


def call(row, arrays):
    results = getattr(np, row)(*arrays)
    return results if isinstance(results, tuple) else (results,)


def has_loop(row, kinds):
    """Whether values of these kinds are computed as they are; integers divide into float64 without one."""
    types = "".join(np.dtype(kind).char for kind in kinds)
    uncast = row == "clip" or row == "divide" or row in COMPARISONS
    return (uncast and kinds[0] != "bool") or any(t.startswith(types + "->") for t in getattr(np, row).types)


def result(row, kind):
    """The type character of the first result, for ones of a kind."""
    ones = np.ones(1, kind)
    arrays = {"where": [np.ones(1, bool), ones, ones], "clip": [ones] * 3, "ldexp": [ones, np.ones(1, "int64")]}
    try:
        return call(row, arrays.get(row) or [ones] * getattr(np, row).nin)[0].dtype.char
    except TypeError:
        return "-"


def text(value):
    if isinstance(value, np.complexfloating):
        return f"{text(value.real)},{text(value.imag)}"
    if isinstance(value, np.floating):
        return repr(float(value)).removesuffix(".0")
    return str(int(value))


def lines(rows):
    yield f"# What NumPy {np.__version__} answers, written by from_numpy.py; the tests compare all of it."
    yield ""
    yield (
        "[results]  the type characters of the first result, for operands of each kind "
        "(where: beside a bool; ldexp: beside an int64); - for none"
    )
    yield "row".ljust(18) + " ".join(np.dtype(kind).char for kind in KINDS)
    for row in rows:
        yield row.ljust(18) + " ".join(result(row, kind) for kind in KINDS)
    yield ""
    yield "[values]  row, kinds of the inputs, then operands=results; parts of a complex value are joined by a comma"
    for row in rows:
        for kinds, cases in operands(row):
            if cases and has_loop(row, kinds):
                columns = [
                    np.array(column, kind) for kind, column in zip(kinds, zip(*cases, strict=False), strict=False)
                ]
                results = zip(*call(row, columns), strict=False)
                pairs = zip(zip(*columns, strict=False), results, strict=False)
                yield f"{row} {':'.join(kinds)} " + " ".join(
                    ":".join(map(text, a)) + "=" + ":".join(map(text, r)) for a, r in pairs
                )


def main():
    section = FILE.read_text().split("[results]")[1].split("\n\n")[0]
    rows = re.findall(r"^(\w+) ", section, re.M)[1:]
    warnings.simplefilter("ignore")
    FILE.write_text("\n".join(lines(rows + [row for row in sys.argv[1:] if row not in rows])) + "\n")


if __name__ == "__main__":
    main()
