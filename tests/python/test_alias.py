"""In-place and `out=` on overlapping views give what a full copy of the inputs would give."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import same

SIZE = 24


@st.composite
def windows(draw, length):
    """Two views of `length` elements of one buffer, as (start, step)."""

    def one():
        step = draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))
        span = abs(step) * (length - 1)
        low = draw(st.integers(0, SIZE - 1 - span))
        return (low if step > 0 else low + span), step

    return one(), one()


def view(buffer, window, length):
    start, step = window
    stop = start + step * length
    return buffer[start : stop if stop >= 0 else None : step]


OPERATIONS = ["add", "subtract", "multiply", "maximum"]


@given(data=st.data(), length=st.integers(1, 8), name=st.sampled_from(OPERATIONS))
def test_out_overlaps_inputs(data, length, name):
    (first, second), third = data.draw(windows(length)), data.draw(windows(length))[0]
    source = np.arange(SIZE, dtype=np.int64) ** 2 % 31
    expected = source.copy()
    result = getattr(np, name)(view(source, first, length).copy(), view(source, second, length).copy())
    view(expected, third, length)[...] = result
    ours = mt.array(source)
    getattr(mt, name)(view(ours, first, length), view(ours, second, length), out=view(ours, third, length))
    same(ours, expected)


@given(data=st.data(), length=st.integers(1, 8))
def test_in_place(data, length):
    first, second = data.draw(windows(length))
    source = np.arange(SIZE, dtype=np.float64)
    expected = source.copy()
    view(expected, first, length)[...] += view(source, second, length).copy()
    ours = mt.array(source)
    target = view(ours, first, length)
    target += view(ours, second, length)
    same(ours, expected)


# Widths that no unit of a move has, and records whose fields leave bytes between them.
WIDE = ["S3", "S5", "U2", "S12", [("a", "i4"), ("b", "f8")], [("a", "f8"), ("b", "c16")], "S40"]


def numbered(count, dtype):
    """Elements that are told apart: their numbers as text, or in each field."""
    dtype = np.dtype(dtype)
    return np.array([str(i) if dtype.names is None else (i,) * len(dtype.names) for i in range(count)], dtype)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@given(data=st.data(), length=st.integers(1, 8))
def test_assignment_of_wide_elements(dtype, data, length):
    first, second = data.draw(windows(length))
    source = numbered(SIZE, dtype)
    expected = source.copy()
    view(expected, first, length)[...] = view(source, second, length).copy()
    ours = mt.array(source)
    view(ours, first, length)[...] = view(ours, second, length)
    assert np.asarray(ours).tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_tables_of_wide_elements_turn_in_place(dtype):
    for turn in (lambda a: a.T, lambda a: a[::-1], lambda a: a[::-1, ::-1], lambda a: a.T[::-1, ::-1]):
        source = numbered(25, dtype).reshape(5, 5)
        expected = turn(source).copy()
        ours = mt.array(source)
        before = mt.memory.stats().current_bytes
        mt.memory.reset_peak()
        ours[...] = turn(ours)
        assert mt.memory.stats().peak_bytes == before
        assert np.asarray(ours).tobytes() == expected.tobytes()


def test_fields_that_meet_leave_the_bytes_between_them():
    source = np.array([(i, -i, 2 * i) for i in range(6)], [("a", "i2"), ("b", "i4"), ("c", "i8")])
    expected, ours = source.copy(), mt.array(source)
    for move in (lambda v: v.__setitem__(slice(1, None), v[:-1]), lambda v: v.__setitem__(slice(None), v[::-1])):
        move(expected[["a", "c"]])
        move(ours[["a", "c"]])
        assert np.asarray(ours).tolist() == expected.tolist()


@given(data=st.data(), length=st.integers(1, 8))
def test_assignment(data, length):
    first, second = data.draw(windows(length))
    source = np.arange(SIZE, dtype=np.int32)
    expected = source.copy()
    view(expected, first, length)[...] = view(source, second, length).copy()
    ours = mt.array(source)
    target = view(ours, first, length)
    target[...] = view(ours, second, length)
    same(ours, expected)


@given(data=st.data(), length=st.integers(1, 6))
def test_other_dtype_on_the_same_bytes(data, length):
    """Casting while writing onto the input: narrow results must not run ahead of wide inputs, nor behind."""
    first, second = data.draw(windows(length))
    source = np.arange(SIZE, dtype=np.float32)
    bytes_ = source.tobytes()
    theirs = np.frombuffer(bytearray(bytes_), np.float32)
    expected = theirs.copy()
    view(expected.view(np.int32), first, length)[...] = (view(theirs, second, length) * 2).astype(np.int32)
    ours = mt.asarray(theirs)
    mt.multiply(view(ours, second, length), 2, out=view(ours.view("int32"), first, length), casting="unsafe")
    same(ours, expected)


def test_transposed_square_onto_itself():
    source = np.arange(36.0).reshape(6, 6)
    ours = mt.array(source)
    ours += ours.T
    same(ours, source + source.T)
    ours = mt.array(source)
    ours[...] = ours.T
    same(ours, source.T)


@st.composite
def cubes(draw):
    """Two views of one shape of a buffer: moved, reversed or with exchanged axes."""
    side, deep = draw(st.integers(1, 5)), draw(st.integers(1, 4))

    def cut(start, count, step):
        last = start + step * (count - 1)
        return slice(start, last + (1 if step > 0 else -1) if last > 0 or step > 0 else None, step)

    def one():
        steps = [draw(st.sampled_from([-1, 1, 1])) for _ in range(3)]
        starts = [draw(st.integers(0, 2)) for _ in range(3)]
        counts = [deep, side, side]
        at = [start + (count - 1 if step < 0 else 0) for start, count, step in zip(starts, counts, steps, strict=True)]
        axes = draw(st.sampled_from([(0, 1, 2), (0, 2, 1)]))
        return tuple(map(cut, at, counts, steps)), axes

    return one(), one()


@given(
    pair=cubes(),
    way=st.sampled_from(["assign", "add", "subtract", "cast"]),
    order=st.sampled_from(["C", "F"]),
    kind=st.sampled_from(["i1", "i4", "f8", "c16"]),
)
def test_views_of_several_axes(pair, way, order, kind):
    """Elements moved, reversed, or of exchanged axes, need no copy: and are the same as with one."""
    (first, first_axes), (second, second_axes) = pair
    source = np.arange(6 * 7 * 7).reshape(6, 7, 7).astype(kind, order=order)
    expected, ours = source.copy("K"), mt.array(source, order="K")
    target, other = ours[first].transpose(first_axes), ours[second].transpose(second_axes)
    wanted, read = expected[first].transpose(first_axes), source[second].transpose(second_axes)
    if way == "assign":
        wanted[...] = read
        target[...] = other
    elif way == "cast":
        np.add(wanted, read, out=wanted, dtype="c16", casting="unsafe")
        mt.add(target, other, out=target, dtype="c16", casting="unsafe")
    else:
        getattr(np, way)(wanted.copy(), read, out=wanted)
        getattr(mt, way)(target, other, out=target)
    same(ours, expected)


@pytest.mark.parametrize("n", [1, 7, 300, 40_001])
@pytest.mark.parametrize("onto", ["up", "down", "reversed", "exchanged", "turned"])
def test_large_views_in_parts(n, onto):
    """More than one part, of lengths that no part divides."""
    side = int(n**0.5) + 1
    source = np.arange(side * side, dtype=np.float64).reshape(side, side)
    views = {
        "up": lambda a: (a[1:], a[:-1]),
        "down": lambda a: (a[:-1], a[1:]),
        "reversed": lambda a: (a, a[::-1, ::-1]),
        "exchanged": lambda a: (a, a.T),
        "turned": lambda a: (a, a[::-1, ::-1].T),
    }[onto]
    expected, ours = source.copy(), mt.array(source)
    (target, other), (wanted, _) = views(ours), views(expected)
    wanted += views(source)[1]
    target += other
    same(ours, expected)
    wanted[...] = views(expected.copy())[1]
    target[...] = other
    same(ours, expected)


def test_reduction_onto_its_input():
    source = np.arange(12.0).reshape(3, 4)
    ours = mt.array(source)
    mt.sum(ours, axis=0, out=ours[1])
    same(ours[1], source.sum(axis=0))


def test_disjoint_interleaved_views_take_no_scratch():
    ours = mt.ones(200_000)
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    even, odd = ours[::2], ours[1::2]
    even += odd
    assert mt.memory.stats().peak_bytes - before < 64 * 1024
    same(ours[:4], np.array([2.0, 1.0, 2.0, 1.0]))


def test_shares_memory_is_exact():
    a = mt.arange(100)
    assert not mt.shares_memory(a[::2], a[1::2])
    assert mt.may_share_memory(a[::2], a[1::2])
    assert mt.shares_memory(a[::2], a[::3])
    assert not mt.may_share_memory(a[:50], a[50:])
    assert not mt.shares_memory(a, mt.arange(100))


@given(data=st.data(), left=st.integers(1, 8), right=st.integers(1, 8))
def test_shares_memory_against_numpy(data, left, right):
    first, second = data.draw(windows(left))[0], data.draw(windows(right))[0]
    theirs = np.arange(SIZE)
    ours = mt.asarray(theirs)
    a, b = view(theirs, first, left), view(theirs, second, right)
    assert mt.shares_memory(view(ours, first, left), view(ours, second, right)) == np.shares_memory(a, b)
