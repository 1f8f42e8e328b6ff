"""Writes the files of this directory with NumPy and zipfile: `python make.py` (made with NumPy 2.4.6).

The values count from 0, modulo 100, so that a reader can check them.
"""

import zipfile
from io import BytesIO

import numpy as np

KINDS = ["?", "b", "h", "i", "l", "B", "H", "I", "L", "e", "f", "d", "F", "D"]


def counting(shape, kind):
    size = int(np.prod(shape))
    return (np.arange(size) % 100).astype(kind).reshape(shape)


def header_bytes(array):
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    return file.getvalue()


def arrays():
    for kind in KINDS:
        yield f"kind_{np.dtype(kind)}", counting((2, 3), kind)
    for shape in [(), (0,), (5,), (1, 5), (2, 0, 3), (1234,)]:
        yield "shape_" + "x".join(map(str, shape)), counting(shape, "B")
    yield "fortran_2x3", np.asfortranarray(counting((2, 3), "i"))
    yield "fortran_2x3x15", np.asfortranarray(counting((2, 3, 15), "h"))
    # Headers whose text ends just before, at and just after a multiple of 64 bytes.
    for ones in range(7, 15):
        for last in (1, 10, 100):
            array = counting((1,) * ones + (last,), "B")
            text = header_bytes(array).rstrip()
            used = len(text) + 20 + 1
            if used % 64 in (63, 0, 1):
                yield f"edge_{used}", array


def main():
    members = dict(arrays())
    np.savez("plain.npz", **members)
    small = {name: members[name] for name in ("kind_float64", "shape_1234", "fortran_2x3x15")}
    np.savez_compressed("deflated.npz", **small)
    for version in ((2, 0), (3, 0)):
        with open(f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, counting((2, 3), "d"), version=version)
    others = {
        "big_endian": counting((3,), ">f8"),
        "object": np.array([1, "two", None], dtype=object),
        "structured": np.zeros(3, dtype=[("größe", "<f8"), ("n", "<i4")]),
        "text": np.array(["one", "two"]),
        "bytes": np.array([b"one", b"two"]),
        "dates": np.array(["2026-01-01"], dtype="M8[D]"),
        "raw": np.zeros(2, dtype="V5"),
    }
    for name, array in others.items():
        np.save(f"refused_{name}.npy" if name == "object" else f"other_{name}.npy", array)
    with zipfile.ZipFile("bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive, archive.open("x.npy", "w") as file:
        np.lib.format.write_array(file, counting((50,), "d"))
    with zipfile.ZipFile("twice.npz", "w") as archive:
        for shape in ((2,), (3,)):
            with archive.open("x.npy", "w") as file:
                np.lib.format.write_array(file, counting(shape, "d"))
        archive.writestr("notes.txt", "not an array")


if __name__ == "__main__":
    main()
