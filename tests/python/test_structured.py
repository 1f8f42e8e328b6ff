"""Records: fields as views, assignment, comparison, order, files, exchange and the functions over fields."""

import ctypes
import pickle

import metes as mt
import numpy as np
import numpy.lib.recfunctions as theirs_rec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metes.lib import recfunctions as rec

DTYPES = [
    [("a", "i4"), ("b", "f8")],
    [("a", "i1"), ("b", "f8", (2,)), ("c", "S3")],
    np.dtype([("a", "i1"), ("b", "f8"), ("c", "U2")], align=True),
    [("a", [("x", "i2"), ("y", ">f4")]), ("b", "?")],
    {"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [8, 0], "itemsize": 24},
]


def filled(dtype, n=5):
    dtype = np.dtype(dtype)
    array = np.zeros(n, dtype)

    def fill(view):
        if view.dtype.names:
            for name in view.dtype.names:
                fill(view[name])
        elif view.dtype.kind in "SU":
            view[...] = np.resize(np.array(["x", "yz", "a", "ab", "b"]), view.shape)
        else:
            view[...] = np.resize(np.arange(view.size)[::-1] % 3, view.shape)

    fill(array)
    return array


def equal(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert np.all(np.asarray(ours) == theirs)


def plain(value):
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return value.tolist() if hasattr(value, "tolist") else value


@pytest.fixture(params=range(len(DTYPES)))
def pair(request):
    theirs = filled(DTYPES[request.param])
    return mt.asarray(theirs), theirs


def test_no_copy_either_way(pair):
    ours, theirs = pair
    equal(ours, theirs)
    assert np.shares_memory(theirs, np.asarray(ours))
    back = np.asarray(mt.asarray(theirs).copy())
    assert back.dtype == theirs.dtype
    assert np.all(back == theirs)


def test_fields_are_views(pair):
    ours, theirs = pair
    for name in theirs.dtype.names:
        equal(ours[name], theirs[name])
        assert ours[name].strides == theirs[name].strides
        assert mt.shares_memory(ours, ours[name])
    names = list(theirs.dtype.names)[::-1]
    equal(ours[names], theirs[names])
    assert repr(ours[names].dtype) == repr(theirs[names].dtype)
    equal(ours[1:][names[:1]], theirs[1:][names[:1]])
    equal(ours[::-2][names[0]], theirs[::-2][names[0]])


def test_records_are_indexable(pair):
    ours, theirs = pair
    one, other = ours[1], theirs[1]
    assert len(one) == len(other)
    assert plain(one.item()) == plain(other.item())
    for i, name in enumerate(theirs.dtype.names):
        assert plain(one[name]) == plain(other[name])
        assert plain(one[i]) == plain(other[i])
    assert [plain(v) for v in one] == [plain(v) for v in other]
    assert plain(tuple(map(plain, ours.tolist()))) == plain(tuple(map(plain, theirs.tolist())))


def test_printing(pair):
    ours, theirs = pair
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)
    assert repr(ours.reshape(5, 1)) == repr(theirs.reshape(5, 1))


def test_assignment(pair):
    ours, theirs = mt.asarray(pair[1].copy()), pair[1].copy()
    ours[0] = pair[1][3].item()
    theirs[0] = pair[1][3].item()
    ours[1] = ours[4]
    theirs[1] = theirs[4]
    ours[2:4] = ours[:1]
    theirs[2:4] = theirs[:1]
    name = theirs.dtype.names[0]
    ours[name][...] = ours[name][::-1].copy()
    theirs[name][...] = theirs[name][::-1].copy()
    ours[[0, 1]] = ours[[3, 4]]
    theirs[[0, 1]] = theirs[[3, 4]]
    equal(ours, theirs)


def test_assignment_by_tuples_and_scalars():
    dtype = [("a", "i4"), ("b", "f8"), ("c", "U3")]
    ours, theirs = mt.zeros(4, dtype), np.zeros(4, dtype)
    for array in (ours, theirs):
        array[0] = (1, 2.5, "abcdef")
        array["a"] = [4, 3, 2, 1]
        array["c"][1:3] = "zz"
        array[["a", "b"]] = (7, 8)
        array[3] = 5
    equal(ours, theirs)
    equal(mt.asarray([(1, 2, "x"), (3, 4, "yy")], dtype=dtype), np.array([(1, 2, "x"), (3, 4, "yy")], dtype=dtype))
    for wrong in [(1, 2), (1, 2, "x", 4)]:
        with pytest.raises(ValueError, match="could not assign tuple of length"):
            ours[0] = wrong
    before = ours.copy()
    with pytest.raises((ValueError, TypeError)):
        ours[0] = (1, "no number", "x")
    equal(ours, np.asarray(before))
    with pytest.raises(ValueError, match="no field of name nope"):
        ours["nope"]
    with pytest.raises(KeyError):
        ours[["a", "nope"]]


GAPS = {
    "slice": lambda xp, part, new: part.__setitem__(slice(1, 4), new[:3]),
    "all": lambda xp, part, new: part.__setitem__(..., new),
    "reversed": lambda xp, part, new: part.__setitem__(..., part[::-1]),
    "one": lambda xp, part, new: part.__setitem__(2, new[0]),
    "places": lambda xp, part, new: part.__setitem__([3, 0], new[:2]),
    "mask": lambda xp, part, new: part.__setitem__(xp.asarray([True, False, True, True, False]), new[:3]),
    "copyto": lambda xp, part, new: xp.copyto(part, new),
    "where": lambda xp, part, new: xp.copyto(part, new, where=xp.asarray([True, False, True, True, False])),
    "put": lambda xp, part, new: xp.put(part, xp.asarray([4, 1]), new[:2]),
    "place": lambda xp, part, new: xp.place(part, xp.asarray([True, False, True, True, False]), new),
    "putmask": lambda xp, part, new: xp.putmask(part, xp.asarray([True, False, True, True, False]), new),
    "fill": lambda xp, part, new: part.__setitem__(slice(1, 3), new[0]),
    "tuple": lambda xp, part, new: part.__setitem__(slice(None, None, 2), (7, 8)),
}


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("write", GAPS)
def test_what_lies_between_fields_stays(write, dense):
    whole = filled([("a", "i4"), ("b", "f8"), ("c", "U3"), ("d", [("x", "i1"), ("y", "i2")], (2,))])
    other = filled([("a", "i4"), ("c", "f8")] if dense else whole.dtype)
    other["a"] += 100
    ours = mt.asarray(whole.copy())
    values = other if dense else other[::-1][["a", "b"]]
    before = whole.copy()
    part = ours[["a", "b"]]
    given = mt.asarray(values.copy())
    if dense:
        given = given.astype(part.dtype)
    GAPS[write](mt, part, given)
    for name in "cd":
        assert np.array_equal(np.asarray(ours[name]), before[name]), name
    plain = np.rec.fromarrays([before["a"], before["b"]], names="a,b").view(np.ndarray)
    new = np.rec.fromarrays([values[name] for name in values.dtype.names], names="a,b").view(np.ndarray)
    GAPS[write](np, plain, new.astype(plain.dtype))
    for name in "ab":
        assert np.array_equal(np.asarray(ours[name]), plain[name]), name
    assert not np.array_equal(plain, np.rec.fromarrays([before["a"], before["b"]], names="a,b"))


def test_comparison(pair):
    ours, theirs = pair
    equal(ours == ours[::-1], theirs == theirs[::-1])
    equal(ours != ours[::-1], theirs != theirs[::-1])
    equal(ours == ours[0], theirs == theirs[0])
    with pytest.raises(TypeError):
        _ = ours == mt.zeros(5, [("other", "i4")])


@pytest.mark.parametrize("dtype", [DTYPES[0], DTYPES[2]])
def test_order(dtype):
    theirs = filled(dtype, 9)
    ours = mt.asarray(theirs)
    equal(mt.sort(ours), np.sort(theirs))
    equal(mt.argsort(ours), np.argsort(theirs, kind="stable"))
    for order in [["b"], ["b", "a"], "a"]:
        equal(mt.sort(ours, order=order), np.sort(theirs, order=order))
        equal(mt.argsort(ours, order=order), np.argsort(theirs, order=order, kind="stable"))
    with pytest.raises(ValueError, match="unknown field name"):
        mt.sort(ours, order="nope")
    copy = mt.asarray(theirs.copy())
    copy.sort(order="b")
    equal(copy, np.sort(theirs, order="b"))
    equal(mt.unique(ours), np.unique(theirs))


def test_casts():
    theirs = filled([("a", "i4"), ("b", "f8"), ("c", "i2", (2,))])
    ours = mt.asarray(theirs)
    for to in [
        [("a", "f4"), ("b", "i2"), ("c", "f8", (2,))],
        [("x", ">i4"), ("y", "f8"), ("z", "i2", (2,))],
        np.dtype([("a", "i1"), ("b", "f8"), ("c", "i8", (2,))], align=True),
    ]:
        equal(ours.astype(to), theirs.astype(to))
    with pytest.raises(TypeError):
        ours.astype("f8")
    equal(mt.concatenate([ours, ours]), np.concatenate([theirs, theirs]))


def test_files(pair, tmp_path):
    ours, theirs = pair
    try:
        np.save(tmp_path / "theirs.npy", theirs)
    except ValueError:
        with pytest.raises(ValueError, match="out of order"):
            mt.save(tmp_path / "ours.npy", ours)
        return
    mt.save(tmp_path / "ours.npy", ours)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()
    equal(mt.load(tmp_path / "theirs.npy"), np.load(tmp_path / "theirs.npy"))
    equal(mt.load(tmp_path / "theirs.npy", mmap_mode="r"), np.load(tmp_path / "theirs.npy"))
    mt.savez(tmp_path / "ours.npz", r=ours)
    equal(mt.load(tmp_path / "ours.npz")["r"], theirs)


def test_exchange(pair):
    ours, theirs = pair
    assert pickle.loads(pickle.dumps(ours)).dtype == theirs.dtype
    equal(pickle.loads(pickle.dumps(ours, protocol=5)), theirs)
    try:
        _ = theirs.dtype.descr
    except ValueError:
        # A description cannot tell fields out of order, and NumPy's then has no fields at all.
        assert not hasattr(ours, "__array_interface__")
        return
    interface = ours.__array_interface__
    assert interface["typestr"] == theirs.__array_interface__["typestr"]

    class Provider:
        __array_interface__ = theirs.__array_interface__
        keep = theirs

    if theirs.dtype.names and not theirs.dtype.hasobject:
        equal(mt.asarray(Provider()).view(theirs.dtype), theirs)


def test_formats_of_ctypes():
    class Point(ctypes.Structure):
        _fields_ = (("x", ctypes.c_int8), ("y", ctypes.c_double), ("z", ctypes.c_int16 * 3))

    points = (Point * 3)(Point(1, 2.5), Point(3, 4.5))
    if "x<d" not in memoryview(points).format and ":<d" in memoryview(points).format:
        # Older Pythons leave the gaps out of the format, which then contradicts the size of an item.
        with pytest.raises(TypeError, match="no data type for buffer format"):
            mt.asarray(points)
        return
    ours, theirs = mt.asarray(points), np.asarray(points)
    assert [f[1] for f in ours.dtype.fields.values()] == [f[1] for f in theirs.dtype.fields.values()]
    assert ours["y"].tolist() == [2.5, 4.5, 0.0]


@given(st.booleans(), st.booleans())
def test_repacking(align, recurse):
    inner = np.dtype([("x", "i1"), ("y", "f8")], align=True)
    theirs = filled(np.dtype([("a", "i1"), ("b", inner), ("c", "i2", (3,))], align=True))
    ours = mt.asarray(theirs)
    if align and recurse:
        # NumPy forgets the alignment of what it repacked within; these fields lie as in C already.
        equal(rec.repack_fields(ours, True, True), theirs)
        return
    equal(rec.repack_fields(ours, align, recurse), theirs_rec.repack_fields(theirs, align, recurse))
    equal(rec.repack_fields(ours[["c", "a"]], align), theirs_rec.repack_fields(theirs[["c", "a"]], align))
    assert rec.repack_fields(ours.dtype, align, recurse) == theirs_rec.repack_fields(theirs.dtype, align, recurse)


def test_tables():
    theirs = filled([("a", "f4"), ("b", "f4"), ("c", "f4", (2,))])
    ours = mt.asarray(theirs)
    table = rec.structured_to_unstructured(ours)
    equal(table, theirs_rec.structured_to_unstructured(theirs))
    assert mt.shares_memory(table, ours)
    assert not mt.shares_memory(rec.structured_to_unstructured(ours, copy=True), ours)
    equal(rec.structured_to_unstructured(ours, dtype="f8"), theirs_rec.structured_to_unstructured(theirs, dtype="f8"))
    back = rec.unstructured_to_structured(table.copy(), ours.dtype)
    equal(back, theirs)
    mixed = filled([("a", "i4"), ("b", [("x", "f8"), ("y", "i2", (2,))])])
    equal(rec.structured_to_unstructured(mt.asarray(mixed)), theirs_rec.structured_to_unstructured(mixed))
    plain = np.arange(12.0).reshape(4, 3)
    equal(
        rec.unstructured_to_structured(mt.asarray(plain), names=["x", "y", "z"]),
        theirs_rec.unstructured_to_structured(plain, names=["x", "y", "z"]),
    )
    dtype = np.dtype([("a", "i4"), ("b", "f8", (2,))])
    equal(rec.unstructured_to_structured(mt.asarray(plain), dtype), theirs_rec.unstructured_to_structured(plain, dtype))
    with pytest.raises(ValueError, match="length of the last dimension"):
        rec.unstructured_to_structured(mt.asarray(plain), dtype=[("a", "i4")])
    with pytest.raises(ValueError, match="no fields"):
        rec.structured_to_unstructured(mt.asarray(plain))


@pytest.mark.parametrize("dtype", ["i4,f8", "i4,f8,U3", "i1,i2", "S3", "U5", "V7"])
@pytest.mark.parametrize("function", ["place", "putmask", "put"])
def test_writing_elements_of_any_width(function, dtype):
    size = np.dtype(dtype).itemsize
    theirs, values = (np.arange(k, k + 5 * size, dtype="u1") % 100 for k in (1, 101))
    theirs, values = theirs.view(f"V{size}"), values.view(f"V{size}")
    ours, given = mt.asarray(theirs.copy()), mt.asarray(values.copy())
    where = [True, False, True, True, False] if function != "put" else [4, 1, 0]
    getattr(mt, function)(ours, mt.asarray(where), given)
    getattr(np, function)(theirs, np.array(where), values)
    assert ours.tobytes() == theirs.tobytes()


def patterns():
    """Sequences on which sorting by division does well, badly, or has nothing to do."""
    rising = np.arange(600)
    rng = np.random.default_rng(7)
    yield from (rising, rising[::-1], np.zeros(600, int), rising % 2, np.minimum(rising, rising[::-1]))
    yield from (np.concatenate([rising[::2], rising[1::2][::-1]]), rng.integers(0, 40, 600), rng.permutation(600))
    # What the median of three meets its worst choice on, again and again.
    killer = np.arange(600)
    for i in range(2, 600):
        killer[[i, i // 2]] = killer[[i // 2, i]]
    yield killer


@pytest.mark.parametrize("kind", ["U3", ">U3", "S4", "V8", "records", "swapped records"])
def test_elements_without_loops_are_sorted_where_they_lie(kind):
    for numbers in patterns():
        words = [f"{n:03}" for n in numbers]
        if "records" in kind:
            fields = [("s", "U3"), ("n", "i8"), ("x", ">f4" if "swapped" in kind else "f4")]
            theirs = np.array([(word, n % 7, n) for word, n in zip(words, numbers, strict=True)], fields)
        elif kind == "V8":
            theirs = numbers.astype(">i8").view("V8")
        else:
            theirs = np.array(words).astype(kind)
        rows = theirs.reshape(30, 20)
        order = np.argsort(theirs, kind="stable") if kind != "V8" else np.argsort(numbers, kind="stable")
        ours = mt.array(theirs)
        assert ours.argsort().tolist() == order.tolist()
        for wanted, descending in ((theirs[order], False), (theirs[order[::-1]], True)):
            assert mt.sort(ours, descending=descending).tolist() == wanted.tolist()
            gaps = mt.array(np.repeat(theirs, 2))
            part, between = (gaps[::-2], gaps[::2]) if descending else (gaps[::2], gaps[1::2])
            part[...], before = ours, between.tolist()
            part.sort(descending=descending)
            assert part.tolist() == wanted.tolist()
            assert between.tolist() == before
        if kind != "V8":
            for axis in (0, 1):
                table = mt.array(rows)
                assert mt.sort(table, axis=axis).tolist() == np.sort(rows, axis=axis).tolist()
                assert mt.argsort(table, axis=axis).tolist() == np.argsort(rows, axis=axis, kind="stable").tolist()


def test_sorting_fields_leaves_the_others():
    table = mt.array([(3, 30, 0.5), (1, 10, 1.5), (2, 20, 2.5)], dtype=[("a", "i4"), ("b", "i4"), ("c", "f8")])
    table[["a", "c"]].sort()
    assert table.tolist() == [(1, 30, 1.5), (2, 10, 2.5), (3, 20, 0.5)]


def test_sorting_records_and_text_takes_no_scratch():
    words = np.array([f"{n * 7919 % 100_003:06}" for n in range(100_000)])
    for theirs in (words, words.astype("S"), np.array([(w, i) for i, w in enumerate(words)], "U6,i8")):
        ours = mt.array(theirs)
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        ours.sort()
        assert mt.memory.stats().peak_bytes - before <= 4096
        assert ours.tolist() == np.sort(theirs).tolist()
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    places = ours.argsort()
    assert mt.memory.stats().peak_bytes - before <= places.nbytes + 4096
