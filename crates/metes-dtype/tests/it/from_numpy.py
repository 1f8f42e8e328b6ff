"""Writes numpy.txt, what NumPy answers about dtypes: python from_numpy.py"""

from pathlib import Path

import numpy as np

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
LEVELS = ("no", "equiv", "safe", "same_kind", "unsafe")


def strictest(a, b):
    return next(level for level in LEVELS if np.can_cast(a, b, level))


def table(columns, entry):
    yield [""] + columns
    for row in KINDS:
        yield [row] + [entry(row, column) for column in columns]


def finfo(kind):
    info = np.finfo(kind)
    values = [info.max, info.eps, info.smallest_normal, info.smallest_subnormal]
    return [kind, info.bits, info.nmant, info.precision] + [float(value) for value in values]


def iinfo(kind):
    return [kind, np.iinfo(kind).min, np.iinfo(kind).max]


SCALARS = {"int": 1, "float": 1.0, "complex": 1j}
SECTIONS = {
    "[promote]  row and column meet in": table(KINDS, lambda a, b: np.promote_types(a, b).name),
    "[weak]  an array of the row's dtype with a Python int, float, complex": table(
        list(SCALARS), lambda a, scalar: np.result_type(np.zeros(1, a), SCALARS[scalar]).name
    ),
    "[cast]  the strictest level at which the row's dtype casts to the column's": table(KINDS, strictest),
    "[finfo]  bits, mantissa bits, precision, max, eps, smallest normal, smallest subnormal": map(finfo, KINDS[9:12]),
    "[iinfo]  min, max": map(iinfo, KINDS[1:9]),
}


def main():
    lines = [f"# What NumPy {np.__version__} answers, written by from_numpy.py; the tests compare all of it."]
    for title, rows in SECTIONS.items():
        lines += ["", title]
        lines += [
            "".join(str(entry).ljust(12) + " " * (len(str(entry)) > 11) for entry in row).rstrip() for row in rows
        ]
    Path(__file__).with_name("numpy.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
