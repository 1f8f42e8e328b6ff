"""Arrays of elements that are no native numbers, in any layout, made twice: once for NumPy, once for Metes."""

import metes as mt
import numpy as np
from hypothesis import strategies as st

TEXTS = ["", "a", "ab", "\0a", "a\0b", "Zz9", "ä", "\U0001f600x", "longer than it fits", "-12", " 1.5 ", "True"]
WORDS = [b"", b"a", b"ab", b"\0a", b"a\0b", b"Zz9", b"\xff\xfe", b"longer than it fits", b"-12", b" 1.5 ", b"True"]
COUNTS = [0, 1, -1, 7, 365, -719_468, 10_957, 2**31, -(2**31), 2**52, -(2**52), np.iinfo("i8").min, 12, 40]
REALS = [0.0, -0.0, 1.0, -1.5, 2.0, np.nan, np.inf, 100.25, 3.0]

TEXT = ["U1", "U3", "U7", ">U3", "U16", "U17", "U33"]
BYTES = ["S1", "S3", "S7", "S16", "S17", "S33"]
TIME = ["M8[D]", "M8[s]", ">M8[ns]", "M8[Y]", "M8[25us]", "M8[h]", "m8[D]", "m8[ns]", ">m8[s]", "m8[M]", "m8[7m]", "m8"]
SWAPPED = [">i2", ">i4", ">i8", ">u2", ">u4", ">u8", ">f2", ">f4", ">f8", ">c8", ">c16"]
VOID = ["V1", "V3", "V7", "V16", "V33"]
RECORDS = [
    np.dtype([("a", "i4"), ("b", "f8")]),
    np.dtype([("a", "i1"), ("b", "f8", (2,)), ("c", "S3")]),
    np.dtype([("a", "i1"), ("b", ">f8"), ("c", "U2")], align=True),
    np.dtype([("a", [("x", "i2"), ("y", ">f4", (2, 1))]), ("b", "?"), ("t", "M8[D]")]),
    np.dtype({"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [8, 16], "itemsize": 33}),
    np.dtype([("only", "i8")]),
    np.dtype([("v", "V3"), ("n", "u1")]),
]
FAMILIES = {
    "text": [np.dtype(d) for d in TEXT],
    "bytes": [np.dtype(d) for d in BYTES],
    "instant": [np.dtype(d) for d in TIME if "M" in d[:2]],
    "span": [np.dtype(d) for d in TIME if "m" in d[:2]],
    "swapped": [np.dtype(d) for d in SWAPPED],
    "void": [np.dtype(d) for d in VOID],
    "record": RECORDS,
}


def family(dtype):
    kind = np.dtype(dtype).kind
    if kind == "V":
        return "record" if dtype.names else "void"
    return {"U": "text", "S": "bytes", "M": "instant", "m": "span"}.get(kind, "swapped")


def values(dtype, n, random):
    """So many elements in a row, special ones among them."""
    array = np.zeros(n, dtype)
    put(array, random)
    return array


def put(view, random):
    dtype = view.dtype
    if dtype.names:
        for name in dtype.names:
            put(view[name], random)
        return
    if dtype.kind == "V":
        made = [bytes(random.choice([0, 1, 255]) for _ in range(dtype.itemsize)) for _ in range(view.size)]
        view[...] = np.array(made, dtype).reshape(view.shape)
        return
    pool = {"U": TEXTS, "S": WORDS, "M": COUNTS, "m": COUNTS, "i": [0, 1, -1, 2, 100, -7]}
    pool |= {"u": [0, 1, 2, 100, 65535 if dtype.itemsize > 1 else 255], "b": [False, True], "f": REALS, "c": REALS}
    some = [random.choice(pool[dtype.kind]) for _ in range(view.size)]
    if dtype.kind in "Mm":
        view[...] = np.array(some, "i8").view(dtype.newbyteorder("=")).reshape(view.shape)
    else:
        view[...] = np.array(some, dtype).reshape(view.shape)


def whole(random, dtype, shape):
    return values(dtype, int(np.prod(shape)), random).reshape(shape)


def layout(random, dtype, shape):
    """Such an array behind strides that are negative, zero, of a field's width, transposed, or plain."""
    how = random.choice(["plain", "reversed", "transposed", "strided", "field", "broadcast", "misaligned"])
    if how == "reversed":
        back = tuple(slice(None, None, random.choice([1, -1])) for _ in shape)
        room = np.empty(shape, dtype)[back]
    elif how == "transposed":
        room = np.empty(shape[::-1], dtype).T
    elif how == "strided":
        room = np.empty(tuple(2 * n + 1 for n in shape), dtype)[tuple(slice(1, None, 2) for _ in shape)]
    elif how == "field":
        room = np.zeros(shape, [("before", "u1"), ("it", dtype), ("after", "u2")])["it"]
    elif how == "broadcast" and shape:
        return np.broadcast_to(whole(random, dtype, (1, *shape[1:])), shape)
    elif how == "misaligned":
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        room = np.frombuffer(bytearray(size + 1), "u1")[1:].view(dtype).reshape(shape)
    else:
        room = np.empty(shape, dtype)
    room[...] = whole(random, dtype, shape)
    return room


def twin(array):
    """The same elements in the same layout, in memory of their own, as an array of Metes."""
    low, high = np.lib.array_utils.byte_bounds(array)
    if array.size == 0:
        return mt.asarray(np.empty(array.shape, array.dtype))
    import ctypes

    start = array.__array_interface__["data"][0]
    room = bytearray(ctypes.string_at(low, high - low))
    view = np.ndarray(array.shape, array.dtype, room, start - low, array.strides)
    if not array.flags.writeable:
        view.flags.writeable = False
    return mt.asarray(view)


def shapes():
    return st.sampled_from([(), (0,), (1,), (4,), (6,), (2, 3), (3, 0), (3, 1, 2)])


class DifferentError(AssertionError):
    """Ours is not what NumPy has."""


def alike(ours, theirs, where=""):
    """Raises unless both say the same: dtype, shape and elements, bit by bit but for NaN and padding."""
    if isinstance(theirs, (tuple, list)) and not isinstance(ours, (mt.Array, np.ndarray)):
        if (type(theirs) is list and type(ours) is not list) or len(ours) != len(theirs):
            raise DifferentError(f"{where}: {ours!r}, NumPy has {theirs!r}")
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            alike(a, b, f"{where}[{i}]")
        return
    if isinstance(theirs, (np.ndarray, np.generic)) or isinstance(ours, mt.Array):
        a, b = np.asarray(ours), np.asarray(theirs)
        # An element that Python has too: its width and byte order are not told by it.
        loose = not isinstance(ours, mt.Array) or isinstance(theirs, np.generic)
        if a.dtype != b.dtype and not (loose and a.dtype.kind == b.dtype.kind):
            raise DifferentError(f"{where}: dtype {a.dtype!r}, NumPy has {b.dtype!r}")
        if a.shape != b.shape:
            raise DifferentError(f"{where}: shape {a.shape}, NumPy has {b.shape}")
        elements(a, b, where)
        return
    if isinstance(theirs, float) and theirs != theirs:
        if ours == ours:
            raise DifferentError(f"{where}: {ours!r}, NumPy has {theirs!r}")
        return
    if type(ours) is not type(theirs) or (ours != theirs and repr(ours) != repr(theirs)):
        raise DifferentError(f"{where}: {ours!r}, NumPy has {theirs!r}")


def elements(a, b, where):
    if b.dtype.names:
        for name in b.dtype.names:
            elements(a[name], b[name], f"{where}.{name}")
        return
    if b.dtype.kind in "fc":
        x, y = a.astype(b.dtype.newbyteorder("=")), b.astype(b.dtype.newbyteorder("="))
        same = np.array_equal(x, y, equal_nan=True)
    elif b.dtype.kind in "SUMmiu":
        same = a.astype(b.dtype).tobytes() == b.tobytes()
    else:
        same = a.tobytes() == b.tobytes()
    if not same:
        raise DifferentError(f"{where}: {a!r}, NumPy has {b!r}")
