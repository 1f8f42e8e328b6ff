"""Kinds, values and memory layouts that the differential tests run over; one list each, iterated everywhere."""

import numpy as np
from hypothesis import strategies as st

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


def values(kind, rows=6, columns=5, seed=0):
    """A C-contiguous array of a kind: ordinary values, and among them those where mistakes hide."""
    dtype = np.dtype(kind)
    random = np.random.default_rng([seed, dtype.num])
    count = rows * columns
    if dtype.kind == "b":
        flat = random.integers(0, 2, count).astype(bool)
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        flat = random.integers(max(info.min, -9), 10, count).astype(dtype)
        special = [0, 1, 2, info.max, info.min, info.max - 1, info.max // 2]
        flat[: len(special)] = np.array(special, dtype)
    else:
        flat = real_values(random, count, dtype)
        if dtype.kind == "c":
            flat = flat + 1j * random.uniform(-3, 3, count).astype(flat.dtype)
        flat = flat.astype(dtype)
    return random.permutation(flat).reshape(rows, columns)


def real_values(random, count, dtype):
    """Real values for a float or complex dtype; specials only where the result does not hang on the C library."""
    flat = random.uniform(-4, 4, count).astype(np.float64)
    flat[:4] = [0.0, 1.0, -1.0, 0.5]
    if dtype.kind == "f":
        tiny = float(np.finfo(dtype).tiny)
        special = [-0.0, np.inf, -np.inf, np.nan, 2.5, -2.5, tiny, float(np.finfo(dtype).max) / 2, 100.25]
        flat[4 : 4 + len(special)] = special
    return flat


def contiguous(x):
    return x


def strided(x):
    room = np.zeros((x.shape[0] * 2, x.shape[1] * 3), x.dtype)
    room[::2, ::3] = x
    return room[::2, ::3]


def negative(x):
    return np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1]


def broadcast(x):
    return np.broadcast_to(x[:1], x.shape)


def misaligned(x):
    room = bytearray(x.nbytes + 1)
    view = np.frombuffer(room, x.dtype, x.size, offset=1).reshape(x.shape)
    view[...] = x
    return view


def transposed(x):
    return np.ascontiguousarray(x.T).T


def empty(x):
    return x[:0]


def zero_d(x):
    return x[1, 1:2].reshape(())


LAYOUTS = {f.__name__: f for f in (contiguous, strided, negative, broadcast, misaligned, transposed, empty, zero_d)}


def shapes(max_dims=3, max_side=5, min_dims=0):
    """Shapes, lengths 0 and 1 among them."""
    return st.lists(st.integers(0, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


@st.composite
def slices(draw, length):
    """A slice of an axis, with any signs and out-of-range bounds."""
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = draw(st.none() | st.integers(-3, 3).filter(bool))
    return slice(draw(bound), draw(bound), step)


@st.composite
def indices(draw, shape):
    """A basic index into a shape: integers, slices, new axes, an ellipsis."""
    items = []
    for length in shape[: draw(st.integers(0, len(shape)))]:
        whole = draw(st.booleans()) and length > 0
        items.append(draw(st.integers(-length, length - 1)) if whole else draw(slices(length)))
        if draw(st.integers(0, 5)) == 0:
            items.append(None)
    if draw(st.integers(0, 3)) == 0:
        items.insert(draw(st.integers(0, len(items))), Ellipsis)
        if items.index(Ellipsis) != len(items) - 1 and not fits(items, shape):
            items.remove(Ellipsis)
    return tuple(items)


def fits(items, shape):
    """Whether NumPy takes the index for the shape."""
    try:
        np.empty(shape, bool)[tuple(items)]
    except IndexError:
        return False
    return True


def same(result, expected, ulps=0, zeros=True):
    """Asserts that two arrays have the same dtype, shape and values; floats within `ulps` of the last place.

    Zeros must have the same sign too, if `zeros`.
    """
    result, expected = np.asarray(result), np.asarray(expected)
    assert result.dtype == expected.dtype, f"dtype {result.dtype}, NumPy has {expected.dtype}"
    assert result.shape == expected.shape, f"shape {result.shape}, NumPy has {expected.shape}"
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(result, expected)
    elif ulps == 0:
        np.testing.assert_array_equal(result, expected)
        finite = np.isfinite(expected)
        if expected.dtype.kind == "f" and zeros:
            np.testing.assert_array_equal(np.signbit(result[finite]), np.signbit(expected[finite]))
    else:
        close(result, expected, ulps)


def close(result, expected, ulps):
    """Asserts equality up to `ulps` units in the last place; a complex number is measured by its modulus."""
    if expected.dtype.kind == "c":
        eps = np.finfo(expected.dtype).eps
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(result, expected, rtol=4 * ulps * eps, atol=ulps * np.finfo(expected.dtype).tiny)
        return
    with np.errstate(all="ignore"):
        special = ~np.isfinite(expected)
        np.testing.assert_array_equal(result[special], expected[special])
        wide = np.float64 if expected.dtype == np.float16 else np.longdouble
        error = np.abs(result[~special].astype(wide) - expected[~special].astype(wide))
        bound = ulps * np.spacing(np.abs(expected[~special])).astype(wide)
    assert (error <= bound).all(), f"{(error / (bound / ulps)).max()} ulp, {ulps} allowed"
