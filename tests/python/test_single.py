"""Single elements, whose bytes lie in their own objects until an array is asked for: NumPy's answers, and exact books
at every step."""

import contextlib
import copy
import ctypes
import gc
import operator
import pickle
import threading
import weakref

import metes as mt
import numpy as np
import pytest

DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]
VALUES = [0, 1, 2, 3, 100]


def two(dtype):
    theirs = np.array(VALUES).astype(dtype)
    return mt.asarray(theirs).copy(), theirs


def books():
    stats = mt.memory.stats()
    return stats.current_bytes, stats.current_count


def more(before, size, count=1):
    return before[0] + count * size, before[1] + count


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_element_is_counted_from_its_first_moment_to_its_last(dtype):
    ours, theirs = two(dtype)
    size, before = theirs.itemsize, books()
    total = mt.memory.stats().total_count
    one = ours[3]
    assert books() == more(before, size)
    array = one.reshape(1)  # now there is an array of it
    assert books() == more(before, size)
    assert mt.memory.stats().total_count == total + 1
    assert array.base is one and one.base is None
    array[0] = 2
    assert one == ours[2]
    del one
    assert books() == more(before, size)
    del array
    assert books() == before


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_element_is_what_numpy_has(dtype):
    ours, theirs = two(dtype)
    for at in range(-len(VALUES), len(VALUES)):
        one, other = ours[at], theirs[at]
        assert one.dtype == other.dtype.name and one.shape == () and one.ndim == 0 and one.nbytes == other.nbytes
        assert one.item() == other.item() and type(one.item()) is type(other.item())
        assert bool(one) == bool(other) and repr(one.item()) == repr(other.item()) and str(one) == str(other)
        assert one.flags.owndata and one.flags.writeable and one.flags.aligned and one.flags.c_contiguous
        assert np.asarray(one).dtype == other.dtype and np.asarray(one) == other
        for convert in (int, float, operator.index, complex):
            answers = []
            for value in (one, other):
                with np.errstate(all="ignore"), contextlib.suppress(Exception):
                    answers.append(convert(value))
            if theirs.dtype.kind != "b" and not (theirs.dtype.kind == "c" and convert is not complex):
                assert len(answers) in (0, 2) and answers[:1] == answers[1:]
    assert [x.item() for x in ours] == theirs.tolist()
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        ours[5]
    with pytest.raises(IndexError, match="index -6 is out of bounds for axis 0 with size 5"):
        ours[-6]


def test_floats_keep_every_bit():
    theirs = np.array([0x7FF8_0000_0000_0123, 0x8000_0000_0000_0000, 0x7FF0_0000_0000_0000, 1], np.uint64)
    ours = mt.asarray(theirs).copy().view("float64")
    for at, bits in enumerate(theirs):
        assert ours[at].view("uint64").item() == bits
        assert float(ours[at]).hex() == float(theirs.view("float64")[at]).hex()
    assert bool(ours[0]) and not bool(ours[1])


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "complex128"])
def test_all_that_asks_for_an_array_gets_one(dtype):
    ours, theirs = two(dtype)
    expected = theirs[3]

    def from_address(one):
        buffer = (ctypes.c_char * one.nbytes).from_address(one.ctypes.data)
        return np.frombuffer(bytes(buffer), theirs.dtype)[0]

    ways = {
        "buffer": lambda one: np.frombuffer(memoryview(one).cast("B"), theirs.dtype)[0],
        "interface": lambda one: np.asarray(one)[()],
        "dlpack": lambda one: np.from_dlpack(one)[()],
        "pickle": lambda one: np.asarray(pickle.loads(pickle.dumps(one)))[()],
        "copy": lambda one: np.asarray(copy.deepcopy(one))[()],
        "address": from_address,
        "view": lambda one: np.asarray(one.view())[()],
        "cast": lambda one: np.asarray(one.astype("complex128")).astype(theirs.dtype)[()],
        "sum": lambda one: np.asarray(mt.max(one))[()],
        "bytes": lambda one: np.frombuffer(one.tobytes(), theirs.dtype)[0],
    }
    before = books()
    for name, way in ways.items():
        if not (name == "sum" and dtype == "complex128"):
            assert way(ours[3]) == expected, name
    gc.collect()
    assert books() == before


def test_an_element_keeps_its_value_and_takes_a_new_one():
    ours = mt.arange(5.0)
    one = ours[3]
    ours[3] = 8
    assert one == 3 and float(one) == 3
    one[...] = 7
    assert float(one) == 7 and ours[3] == 8
    one += 1
    assert float(one) == 8
    one[()] = 9
    assert one.item() == 9
    one = ours[2]
    one.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        one[...] = 1
    assert float(one) == 2


def test_elements_of_views_and_of_what_others_hold():
    theirs = np.arange(24.0).reshape(2, 3, 4)
    for ours in (mt.asarray(theirs), mt.asarray(theirs).copy()):
        for at in np.ndindex(2, 3, 4):
            assert float(ours[at]) == theirs[at] and float(ours[:, ::-1][at]) == theirs[:, ::-1][at]
        assert [[float(x) for x in row] for row in ours[1]] == theirs[1].tolist()
    held = memoryview(bytearray(8))
    assert int(mt.asarray(held)[1]) == 0


@pytest.mark.parametrize("dtype", ["int64", "float64", "bool"])
def test_elements_as_operands_positions_and_values(dtype):
    ours, theirs = two(dtype)
    assert (ours[3] + ours[4]) == (theirs[3] + theirs[4])
    assert (ours + ours[3]).tolist() == (theirs + theirs[3]).tolist()
    assert (ours[3] + 1).dtype == np.asarray(theirs[3] + 1).dtype.name
    assert bool(ours[3] == ours[3]) and (ours[4] in ours)
    if dtype == "int64":
        assert ours[ours[3]] == theirs[theirs[3]] and VALUES[ours[3]] == VALUES[3]
    target = ours.copy()
    target[0] = ours[3]
    assert target[0] == ours[3]
    target = mt.zeros(3, "float32")
    target[1] = ours[3]
    assert float(target[1]) == float(theirs[3])


def test_many_elements_at_once_and_the_limit():
    before = mt.memory.stats()
    ours = mt.arange(20_000.0)
    every = list(ours)
    stats = mt.memory.stats()
    assert stats.current_bytes - before.current_bytes == 2 * ours.nbytes
    assert stats.current_count - before.current_count == 1 + len(every)
    # What is set aside for them is under the limit.
    assert stats.reserved_bytes >= before.current_bytes + ours.nbytes + 16 * len(every)
    assert [float(x) for x in every[::997]] == list(range(0, 20_000, 997))
    del every
    with contextlib.suppress(mt.OutOfMemory):
        old = mt.memory.set_limit(mt.memory.stats().reserved_bytes + 100_000)
        try:
            mt.memory.trim()
            kept = []
            with pytest.raises(mt.OutOfMemory):
                kept.extend(ours[i % 20_000] for i in range(10_000_000))
        finally:
            mt.memory.set_limit(old)
        assert len(kept) * 16 <= mt.memory.stats().reserved_bytes
        assert [float(x) for x in kept[:3]] == [0, 1, 2]
        del kept
    del ours
    mt.memory.trim()
    after = mt.memory.stats()
    assert (after.current_bytes, after.current_count) == (before.current_bytes, before.current_count)


def test_budgets_and_refusals_see_each_element():
    ours = mt.arange(1000.0)
    with mt.memory.budget("1 KiB", name="elements") as budget:
        kept = []
        with pytest.raises(mt.OutOfMemory):
            kept.extend(ours)
        assert len(kept) == 128 and budget.current_bytes == 1024
    outside = ours[3]
    del kept
    with mt.memory.budget(None, name="later") as budget:
        assert float(outside) == 3 and budget.current_bytes == 0
        assert float(outside + 1) == 4
        del outside
    with mt.memory.fail_after(0), pytest.raises(mt.OutOfMemory):
        ours[3]


def test_elements_that_end_elsewhere():
    ours = mt.arange(1000.0)
    before = books()
    kept = list(ours)
    views = [one.reshape(1) for one in kept[::2]]

    def end():
        with mt.memory.budget(None, name="other"):
            kept.clear()
            views.clear()

    thread = threading.Thread(target=end)
    thread.start()
    big = mt.zeros(4_000_000)
    mt.sort(big)  # without the interpreter's lock
    thread.join()
    del big
    assert books() == before


def test_groups_name_elements_by_operation_and_dtype():
    def held(by):
        return {h.name: h.bytes for h in mt.memory.live(by=by, top=100)}

    ours = mt.arange(10.0)
    before = held("op").get("index", 0), held("dtype")["float64"]
    kept = list(ours)
    assert (held("op")["index"], held("dtype")["float64"]) == (before[0] + 80, before[1] + 80)
    kept[0].reshape(1)
    assert (held("op")["index"], held("dtype")["float64"]) == (before[0] + 80, before[1] + 80)
    assert kept[0].size == 1 and mt.memory.sizes(kept[1]).owned == 8


def test_weak_references():
    ours = mt.arange(3.0)
    ended = []
    one = ours[1]
    seen = weakref.ref(one, lambda _: ended.append(1))
    assert seen() is one
    del one
    assert ended == [1] and seen() is None
