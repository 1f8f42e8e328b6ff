"""Sums of products against NumPy: every kind and layout, stacks, axes, `out=` that overlaps, and what they need."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same

# Relative to the sum of magnitudes: products of up to a few hundred terms, added in another order.
EPS = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-13, "complex64": 2e-5, "complex128": 1e-13}
# Lengths on both sides of what the library gets, and of a block.
LENGTHS = st.sampled_from([0, 1, 2, 3, 5, 8, 17, 40])


def numbers(kind, shape, seed=0):
    dtype = np.dtype(kind)
    random = np.random.default_rng([seed, dtype.num, *shape])
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return random.integers(info.min, info.max, shape, dtype, endpoint=True)
    x = random.uniform(-2, 2, shape)
    if dtype.kind == "c":
        x = x + 1j * random.uniform(-2, 2, shape)
    return x.astype(dtype)


def near(ours, theirs, scale=1.0):
    """The same dtype and shape; integers exactly, floats within their precision times `scale`."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if theirs.dtype.kind not in "fc":
        same(ours, theirs)
        return
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=EPS[theirs.dtype.name] * 400 * scale)


def both(name, *args, module=(mt, np), **kwargs):
    """Calls NumPy's function and ours: the same result, or an error of the same type."""
    ours, theirs = (getattr(m, name) for m in module)
    given = [mt.asarray(x) if isinstance(x, np.ndarray) else x for x in args]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected = theirs(*args, **kwargs)
    except (IndexError, TypeError, ValueError) as error:
        with pytest.raises(TypeError if isinstance(error, TypeError) else (ValueError, IndexError)):
            ours(*given, **kwargs)
        return None
    near(ours(*given, **kwargs), expected)
    return expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_matmul_of_every_kind_and_layout(kind, layout):
    place = LAYOUTS[layout]
    a, b = place(numbers(kind, (9, 7))), numbers(kind, (7, 6), 1)
    if a.ndim == 2:
        both("matmul", a, b[: a.shape[1]])
        both("matmul", b.T, a.T)
        both("matmul", place(np.ascontiguousarray(numbers(kind, (40, 40)))), numbers(kind, (40, 40), 1))


@given(kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), n=LENGTHS, k=LENGTHS, m=LENGTHS)
def test_matmul_promotes(kinds, n, k, m):
    a, b = numbers(kinds[0], (n, k)), numbers(kinds[1], (k, m))
    if {"float16", "int8", "uint8", "bool"} >= set(kinds):
        a, b = a % 2 if a.dtype.kind != "b" else a, b % 2 if b.dtype.kind != "b" else b
    with np.errstate(all="ignore"):
        expected = np.matmul(a, b)
    scale = max(1.0, float(np.abs(a).max(initial=1)) * float(np.abs(b).max(initial=1)))
    near(mt.matmul(mt.asarray(a), mt.asarray(b)), expected, scale)


STACKS = [
    ((3, 2), (2,)),
    ((2,), (2, 3)),
    ((2,), (2,)),
    ((4, 3, 2), (2, 5)),
    ((4, 3, 2), (4, 2, 5)),
    ((4, 1, 3, 2), (6, 2, 5)),
    ((3, 2), (7, 1, 2, 5)),
    ((0, 3, 2), (2, 5)),
    ((3, 0), (0, 5)),
    ((2, 20, 30), (2, 30, 10)),
    ((5, 2, 2), (2,)),
    ((2,), (5, 2, 3)),
    ((3, 2), (3, 2)),
    ((3, 2, 2), (4, 2, 2)),
    ((), (2, 2)),
]


@pytest.mark.parametrize(("left", "right"), STACKS)
@pytest.mark.parametrize("kind", ["float64", "int32", "complex64", "float16"])
def test_stacks(left, right, kind):
    a, b = numbers(kind, left), numbers(kind, right)
    both("matmul", a, b)
    both("dot", a, b)
    both("inner", a, b)
    both("vecdot", a, b)
    both("vecdot", a, np.ascontiguousarray(a[::-1] if a.ndim else a))
    both("matvec", a, b)
    both("vecmat", a, b)


def test_axes():
    a, b = numbers("complex128", (3, 4, 5)), numbers("complex128", (5, 3, 6))
    both("matmul", a, b, axes=[(1, 2), (0, 2), (-1, 0)])
    both("matmul", a, b, axes=[(0, 2), (0, 2), (1, 2)])
    both("matmul", a, b, axes=[(1, 2), (0, 2)])
    both("vecdot", a, a, axis=1)
    both("vecdot", a, a, axes=[0, 0])
    both("vecdot", a, a, axes=[0, 0, ()])
    both("matvec", a, b, axes=[(0, 2), 0, 0])
    both("vecmat", b, a, axes=[0, (2, 0), 1])


def test_out_and_casting():
    a, b = numbers("float32", (4, 40)), numbers("float64", (40, 6))
    for dtype in ("float64", "float32", "complex128"):
        for out in (np.empty((4, 6), dtype), np.empty((6, 4), dtype).T, np.empty((8, 12), dtype)[::-2, ::2]):
            ours = mt.array(out)[...]
            assert mt.matmul(a, b, out=ours) is ours
            near(ours, np.matmul(a, b, out=out))
    both("matmul", a, b, dtype="float32")
    both("matmul", a, b, order="F")
    assert mt.matmul(a, b, order="F").flags.f_contiguous
    wide = mt.empty((3, 4, 6))
    near(mt.matmul(a, b, out=wide), np.matmul(a, b, out=np.empty((3, 4, 6))))
    for wrong in (mt.empty((4, 5)), mt.empty((4, 6), dtype="int64"), mt.asarray(np.broadcast_to(0.0, (4, 6)))):
        with pytest.raises((TypeError, ValueError)):
            mt.matmul(a, b, out=wrong)
    with pytest.raises(TypeError):
        mt.matmul(a, b, out=mt.empty((4, 6), dtype="float32"), casting="safe")


def test_operators():
    a, b = numbers("int16", (5, 5)), numbers("int16", (5, 5), 1)
    same(mt.asarray(a) @ b, a @ b)
    same(a @ mt.asarray(b), a @ b)
    same(np.matmul(a, mt.asarray(b)), a @ b)
    ours = mt.array(a)
    ours @= b
    same(ours, a @ b)
    with pytest.raises(ValueError, match="number"):
        ours @ 2
    with pytest.raises(ValueError, match="inplace"):
        ours @= ours[0]
    with pytest.raises(TypeError):
        ours @ "text"
    with pytest.raises(TypeError):
        ours @= np.ones((5, 5))


@st.composite
def windows(draw, n):
    """A view of n x n elements of a buffer of 2n x 2n: offsets, steps, transposed or not."""
    steps = [draw(st.sampled_from([1, 2, -1])) for _ in range(2)]
    starts = [draw(st.integers(0, 2 * n - abs(s) * (n - 1) - 1)) for s in steps]
    cut = []
    for start, step in zip(starts, steps, strict=True):
        stop = start + step * n
        index = slice(start, stop, step)
        if step < 0:
            index = slice(start + n - 1, start - 1 if start else None, -1)
        cut.append(index)
    return tuple(cut), draw(st.booleans())


@given(data=st.data(), n=st.sampled_from([1, 3, 9]), kind=st.sampled_from(["int64", "float64", "float16"]))
def test_overlapping_out(data, n, kind):
    source = numbers(kind, (2 * n, 2 * n)) if kind != "float16" else np.round(numbers(kind, (2 * n, 2 * n)))
    views = [data.draw(windows(n)) for _ in range(3)]
    expected, ours = source.copy(), mt.array(source)

    def view(buffer, window):
        part = buffer[window[0]]
        return part.T if window[1] else part

    a, b, out = (view(expected, window) for window in views)
    out[...] = np.matmul(a.copy(), b.copy())
    mt.matmul(*(view(ours, window) for window in views[:2]), out=view(ours, views[2]))
    near(ours, expected)


@given(stacked=st.booleans(), n=st.sampled_from([2, 30, 300]), kind=st.sampled_from(["int32", "float64"]))
def test_in_place_by_blocks(stacked, n, kind):
    shape = (2, n, n) if stacked and n < 300 else (n, n)
    a, b = numbers(kind, shape) % 10, numbers(kind, shape, 1) % 10
    for left, right, into in ((0, 1, 0), (0, 1, 1), (0, 0, 0)):
        ours = [mt.array(a), mt.array(b)]
        mt.matmul(ours[left], ours[right], out=ours[into])
        near(ours[into], np.matmul((a, b)[left], (a, b)[right]), 10)


def peak(call):
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    call()
    return mt.memory.stats().peak_bytes - before


def test_no_operand_is_copied():
    """What is needed beyond the result: a block for each thread, of what is packed, converted or held back."""
    n = 1000
    b, c = mt.ones((n, n)), mt.ones((n, n), dtype="float32")
    out, whole = mt.empty((n, n)), 8 * n * n
    both_halves = mt.ones((n, 2 * n))
    small, block = 64 << 10, (256 << 10) * mt.get_num_threads()
    assert peak(lambda: mt.matmul(b, b, out=out)) <= block
    assert peak(lambda: mt.matmul(b.T, b[::-1], out=out[:, ::-1])) <= block
    assert peak(lambda: mt.matmul(both_halves[:, ::2], b, out=both_halves[:, 1::2])) <= block
    assert peak(lambda: mt.matmul(b, b, out=b)) <= whole + block
    assert peak(lambda: mt.matmul(b, out, out=b)) <= block
    assert peak(lambda: mt.matmul(out, b, out=b)) <= block
    assert peak(lambda: mt.matmul(c, b, out=out)) <= block
    assert peak(lambda: mt.matmul(c, b)) <= whole + block
    assert peak(lambda: mt.tensordot(b.reshape(10, 100, 1000), b.reshape(1000, 10, 100), ([2], [0]))) <= whole + block
    assert peak(lambda: mt.einsum("ij,ij->", b, out)) <= small
    assert peak(lambda: mt.vdot(b.T, out.T)) <= small


@pytest.mark.parametrize("kind", ["float64", "int8", "bool", "complex64", "float16"])
def test_products_of_any_shapes(kind):
    a, b, c = numbers(kind, (2, 3, 4)), numbers(kind, (4, 3, 2), 1), numbers(kind, (3, 3), 2)
    both("outer", a, c)
    both("kron", c, a)
    both("kron", a[0], numbers(kind, ()))
    both("vdot", a, np.moveaxis(a, 0, 1))
    both("vdot", a, a[:, ::-1])
    both("vdot", a, c)
    for axes in (0, 1, 2, 3, ([0, 1], [2, 1]), (0, 2), ([0], [0]), ([0, 0], [2, 2]), ([0, 1], [2])):
        both("tensordot", a, b, axes=axes)
    for offset in (-2, -1, 0, 1, 3, 9):
        both("trace", a, offset, 0, 2)
    both("trace", c, dtype="float64")
    both("cross", c, c[::-1])
    both("cross", a[..., :3], c[0], axisc=0)
    both("cross", c, c[::-1], axis=0)
    both("dot", a, 3)
    both("inner", 2, c)
    same(mt.asarray(c).trace(1), c.trace(1))
    near(mt.asarray(c).dot(c), c.dot(c))


def test_errors_of_products():
    x = mt.ones((2, 2))
    for call in (
        lambda: mt.dot(x, x, out=mt.empty((2, 2), dtype="float32")),
        lambda: mt.dot(x, x, out=mt.empty((3, 2))),
        lambda: mt.dot(x, x, out=mt.empty((2, 2)).T[:, ::-1]),
        lambda: mt.cross(x, x),
        lambda: mt.tensordot(x, x, -1),
        lambda: mt.trace(x[0]),
        lambda: mt.trace(x, axis1=1, axis2=1),
        lambda: mt.matmul(x, x, axes=[(0, 1), (0, 1)]),
        lambda: mt.vecdot(x, x, axis=0, axes=[0, 0]),
    ):
        with pytest.raises(ValueError):
            call()


def test_not_a_number_stays():
    for n in (2, 20):
        a = np.zeros((n, n))
        a[0, 1], a[1, 0] = np.nan, np.inf
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(np.isnan(mt.asarray(a) @ a), np.isnan(a @ a))
