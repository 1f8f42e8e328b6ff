"""The type `Array` itself: what it is to the interpreter, and errors in NumPy's words."""

import copy
import gc
import inspect
import operator
import pickle
import threading
import weakref

import metes as mt
import numpy as np
import pytest


def pair(shape=(2, 3, 4)):
    theirs = np.arange(np.prod(shape), dtype="float64").reshape(shape)
    return mt.array(theirs), theirs


def outcome(call, array):
    try:
        call(array)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x[2],
        lambda x: x[-3],
        lambda x: x[0, 0, 0, 0],
        lambda x: x[..., ...],
        lambda x: x[1.5],
        lambda x: x["a"],
        lambda x: x[[1.5]],
        lambda x: x[np.array([5])],
        lambda x: x[np.array([True] * 3)],
        lambda x: x[::0],
        lambda x: x.reshape(5, 5),
        lambda x: x.reshape(-1, -1),
        lambda x: x.reshape(24, order="Q"),
        lambda x: x.item(),
        lambda x: x.item(100),
        lambda x: x.transpose(0, 1),
        lambda x: x.copy(foo=1),
        lambda x: bool(x),
        lambda x: bool(x[:0]),
        lambda x: float(x),
        lambda x: x.flags["Q"],
        lambda x: memoryview(x.T).cast("B"),
    ],
)
def test_refusals_read_as_numpys(call):
    ours, theirs = pair()
    refusal = outcome(call, ours)
    assert refusal is not None
    assert refusal == outcome(call, theirs)


@pytest.mark.parametrize(
    "key",
    [
        [0, 1],
        np.array([1, 0, -1]),
        np.array([[0, 1], [1, 1]]),
        np.array([True, False]),
        [True, False],
        np.array([], int),
        [],
        np.int64(1),
        np.arange(24).reshape(2, 3, 4) % 5 == 0,
        np.arange(6).reshape(2, 3) > 2,
    ],
)
def test_indexing_by_arrays_copies(key):
    ours, theirs = pair()
    assert np.array_equal(np.asarray(ours[key]), theirs[key])
    assert ours[key].dtype == theirs.dtype


def test_base_follows_numpys_rule():
    owner, _ = pair()
    view = owner[0]
    assert owner.base is None and view.base is owner and view[1:].base is owner
    provider = np.arange(6.0)
    imported = mt.asarray(provider)
    assert imported.base is provider and imported[1:].base is imported and imported[1:][1:].base is imported


def test_writeable_flag():
    array, _ = pair()
    view = array[0]
    array.flags.writeable = False
    for write in (lambda: array.__setitem__(0, 1), lambda: operator.iadd(array, 1), lambda: array.fill(3)):
        with pytest.raises(ValueError, match="read-only"):
            write()
    assert view.flags.writeable, "freezing an owner does not freeze views made before"
    late = array[0]
    with pytest.raises(ValueError, match="WRITEABLE"):
        late.flags.writeable = True
    array.setflags(write=True)
    late.flags.writeable = True
    assert not mt.asarray(b"12345678" and memoryview(b"12345678")).flags.writeable


def test_unhashable_but_weakly_referable():
    array, _ = pair()
    with pytest.raises(TypeError, match="unhashable"):
        hash(array)
    died = []
    reference = weakref.ref(array, lambda _: died.append(True))
    assert reference() is array
    del array
    assert reference() is None and died == [True]


def test_type_is_closed():
    with pytest.raises(TypeError):
        type("Sub", (mt.Array,), {})
    with pytest.raises(TypeError):
        mt.Array.extra = 1
    with pytest.raises(TypeError):
        mt.Array()


def test_every_method_has_a_signature_and_a_text():
    for name, method in vars(mt.Array).items():
        if type(method).__name__ == "method_descriptor":
            assert method.__doc__, name
            assert "self" in inspect.signature(method).parameters, name


def test_copies_and_pickle_keep_layout():
    ours, theirs = pair()
    for made in (copy.copy(ours.T), copy.deepcopy(ours.T), pickle.loads(pickle.dumps(ours.T))):
        assert np.array_equal(np.asarray(made), theirs.T) and made.flags.f_contiguous and made.base is None


def test_iteration_and_sequence_protocol():
    ours, theirs = pair((3, 2))
    assert [row.tolist() for row in ours] == theirs.tolist()
    assert len(ours) == 3 and [1, 2, 3, 4][mt.array(2)] == 3
    with pytest.raises(TypeError, match="0-d"):
        iter(ours[0, 0])


def test_foreign_bytes_are_released_from_any_thread():
    provider = bytearray(80)
    array = [mt.asarray(provider)]
    with pytest.raises(BufferError):
        provider.append(1)
    thread = threading.Thread(target=array.clear)
    thread.start()
    thread.join()
    gc.collect()
    provider.append(1)


def test_array_interface():
    ours, theirs = pair()

    class Holder:
        __array_interface__ = ours[:, ::-1].__array_interface__

    assert np.array_equal(np.asarray(Holder()), theirs[:, ::-1])
