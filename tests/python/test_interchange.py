"""Bytes in and out without a copy: the buffer protocol, `__array__`, NumPy's own functions on our arrays."""

import array
import copy
import ctypes
import gc
import pickle
import weakref

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, same, values


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_through_numpy_and_back_on_the_same_bytes(kind, layout):
    theirs = LAYOUTS[layout](values(kind))
    ours = mt.asarray(theirs)
    back = np.asarray(ours)
    same(back, theirs)
    assert back.strides == theirs.strides or theirs.size == 0
    if theirs.size:
        assert np.shares_memory(back, theirs)
    assert mt.memory.stats().current_bytes == mt.memory.stats().current_bytes


@pytest.mark.parametrize("kind", KINDS)
def test_memoryview(kind):
    ours = mt.array(values(kind))
    with memoryview(ours) as view:
        assert view.shape == ours.shape
        assert view.strides == ours.strides
        assert view.itemsize == ours.itemsize
        assert not view.readonly
        assert view.tobytes() == np.asarray(ours).tobytes()


def test_writes_are_seen_on_both_sides():
    theirs = np.zeros(4)
    ours = mt.asarray(theirs)
    ours[1] = 5
    theirs[2] = 7
    same(ours, np.array([0.0, 5, 7, 0]))
    same(theirs, np.array([0.0, 5, 7, 0]))
    np.add(np.asarray(ours), 1, out=np.asarray(ours))
    assert float(ours[0]) == 1.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: bytearray(b"\0" * 16),
        lambda: array.array("d", [1.0, 2.0]),
        lambda: (ctypes.c_int32 * 4)(1, 2, 3, 4),
        lambda: memoryview(b"abcdefgh").cast("h"),
        lambda: memoryview(bytearray(24)).cast("B", (4, 6))[::2],
    ],
)
def test_buffers_of_the_standard_library(make):
    source = make()
    ours, theirs = mt.asarray(source), np.asarray(source)
    same(ours, theirs)
    assert ours.flags["WRITEABLE"] == theirs.flags["WRITEABLE"]
    assert np.shares_memory(np.asarray(ours), theirs)


@pytest.mark.parametrize("imported", [mt.asarray, mt.from_dlpack])
def test_an_import_keeps_its_owner_alive(imported):
    class Owned(np.ndarray):
        pass

    theirs = np.arange(10.0).view(Owned)
    watch = weakref.ref(theirs)
    view = imported(theirs)[2:5]
    del theirs
    gc.collect()
    assert watch() is not None
    same(view, np.array([2.0, 3, 4]))
    del view
    gc.collect()
    assert watch() is None


def test_an_export_keeps_the_bytes_alive():
    before = mt.memory.stats().current_bytes
    out = np.asarray(mt.arange(1000, dtype="int64"))
    assert mt.memory.stats().current_bytes - before == 8000
    np.testing.assert_array_equal(out, np.arange(1000))
    del out
    assert mt.memory.stats().current_bytes == before


def test_read_only_buffers():
    frozen = mt.asarray(memoryview(b"abcd"))
    assert not frozen.flags["WRITEABLE"]
    assert memoryview(frozen).readonly
    with pytest.raises((ValueError, BufferError)):
        np.asarray(frozen)[0] = 1


def test_array_protocol():
    a = mt.arange(4, dtype="int32")
    assert np.array(a, dtype="float64").dtype == np.float64
    assert not np.shares_memory(np.array(a, copy=True), np.asarray(a))
    same(np.asarray(a, copy=False), np.arange(4, dtype="int32"))
    with pytest.raises(ValueError):
        np.asarray(a, dtype="float64", copy=False)


def test_objects_with_the_array_protocol_come_in():
    class Holder:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3, dtype="int16")

    same(mt.asarray(Holder()), np.arange(3, dtype="int16"))


def test_numpy_functions_take_our_arrays():
    a = mt.asarray([3.0, 1.0, 2.0])
    np.testing.assert_array_equal(np.negative(a), [-3, -1, -2])
    assert np.sum(np.asarray(a)) == 6.0
    np.testing.assert_array_equal(np.asarray(a) + a, [6, 2, 4])
    np.testing.assert_array_equal(np.asarray(a + np.ones(3)), [4, 2, 3])


def test_numpy_scalars_are_strong():
    assert (mt.ones(2, dtype="float32") * np.float64(2)).dtype == mt.float64
    assert (mt.ones(2, dtype="float32") * 2.0).dtype == mt.float32


def test_arrays_of_objects_are_refused():
    with pytest.raises(TypeError, match="object"):
        mt.asarray(np.array([object()]))


def test_copy_module_and_pickle():
    a = mt.arange(6).reshape(2, 3)
    for again in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a)), pickle.loads(pickle.dumps(a.T)).T):
        same(again, np.arange(6).reshape(2, 3))
        assert not mt.shares_memory(again, a)


def test_conversions_to_python():
    assert float(mt.asarray(2.5)) == 2.5
    assert int(mt.asarray([7])[0]) == 7
    assert complex(mt.asarray(1j)) == 1j
    assert bool(mt.asarray(True)) is True
    assert [10, 20, 30][mt.asarray(1)] == 20
    assert mt.asarray([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match=r"ambiguous"):
        bool(mt.ones(2))
    with pytest.raises(TypeError):
        float(mt.ones(2))
