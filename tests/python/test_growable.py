"""`GrowableArray` against a Python list of rows."""

import gc

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

steps = st.lists(
    st.tuples(st.just("append"), st.integers(-99, 99))
    | st.tuples(st.just("extend"), st.integers(0, 9))
    | st.tuples(st.just("reserve"), st.integers(0, 30))
    | st.tuples(st.just("shrink"), st.just(0)),
    max_size=30,
)


@given(steps, st.sampled_from([(), (2,), (2, 0), (3, 2)]), st.integers(0, 5))
def test_against_a_list(steps, tail, capacity):
    rows, model = mt.GrowableArray("int32", shape_tail=tail, capacity=capacity), []
    assert rows.capacity == capacity
    for what, n in steps:
        if what == "append":
            row = np.full(tail, n, "int32")
            rows.append(row)
            model.append(row)
        elif what == "extend":
            more = np.arange(n * int(np.prod(tail)), dtype="int32").reshape(n, *tail)
            rows.extend(more)
            model.extend(more)
        elif what == "reserve":
            rows.reserve(n)
            assert rows.capacity >= len(model) + n
        else:
            rows.shrink()
            assert rows.capacity == len(model)
        expected = np.array(model, "int32").reshape(len(model), *tail)
        assert rows.shape == expected.shape
        assert len(rows) == len(model)
        np.testing.assert_array_equal(np.asarray(rows.view()), expected)


def test_growth_is_amortised():
    rows = mt.GrowableArray("float64")
    mt.memory.forget_copies()
    for i in range(10_000):
        rows.append(i)
    moves = {row.name: row for row in mt.memory.copies()}["growth"]
    assert moves.count < 30
    assert moves.bytes < 3 * 80_000
    assert rows.view().tolist() == list(range(10_000))


def test_a_block_that_is_looked_at_does_not_move():
    rows = mt.GrowableArray("float64", shape_tail=(2,), capacity=4)
    rows.append([1.0, 2.0])
    view = rows.view()
    for _ in range(3):
        rows.append(0)
    part = rows.view()[:2]
    for grow in (lambda: rows.append(0), lambda: rows.reserve(1), lambda: rows.extend(mt.ones((5, 2)))):
        with pytest.raises(BufferError, match=r"3 arrays or exports still show it.*\(4, 2\), \(1, 2\)"):
            grow()
    assert rows.shape == (4, 2)
    part[0, 0] = 7
    assert view.tolist() == [[7.0, 2.0]]
    del view
    foreign = np.asarray(part)
    del part
    with pytest.raises(BufferError):
        rows.append(0)
    del foreign
    gc.collect()
    rows.append(3)
    assert rows.view().tolist() == [[7.0, 2.0], [0, 0], [0, 0], [0, 0], [3, 3]]


def test_memory_is_counted_and_given_back():
    before = mt.memory.stats().current_bytes
    rows = mt.GrowableArray("float64", capacity=1000)
    assert mt.memory.stats().current_bytes - before == 8000
    rows.append(1)
    rows.shrink()
    assert mt.memory.stats().current_bytes - before == 8
    with mt.memory.fail_after(0), pytest.raises(mt.OutOfMemory):
        rows.append(2)
    assert rows.view().tolist() == [1.0]


def test_refusals():
    rows = mt.GrowableArray("uint8", shape_tail=(2,))
    for work, error in [
        (lambda: rows.append([1, 2, 3]), ValueError),
        (lambda: rows.append(300), OverflowError),
        (lambda: rows.append("text"), TypeError),
        (lambda: rows.extend(1), TypeError),
        (lambda: rows.extend([[1, 2, 3]]), ValueError),
        (lambda: rows.reserve(2**63 - 1), ValueError),
        (lambda: mt.GrowableArray("float64", shape_tail=(2**40, 2**40)), ValueError),
    ]:
        with pytest.raises(error):
            work()
    assert len(rows) == 0
    assert repr(rows).startswith("GrowableArray(dtype=uint8, shape=(0, 2)")
    with mt.memory.deny_copies():
        rows.extend(mt.ones((9, 2), dtype="uint8"))
        with pytest.raises(ValueError, match="growth"):
            rows.extend(mt.ones((90, 2), dtype="uint8"))
