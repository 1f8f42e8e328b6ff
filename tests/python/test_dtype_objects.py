"""Dtypes beyond native numbers: made, described, compared, promoted and cast as NumPy's are."""

import pickle

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

PLAIN = [
    "?",
    "i1",
    "<i4",
    ">i4",
    ">u2",
    "f8",
    ">f4",
    "c8",
    ">c16",
    "S5",
    "U3",
    ">U3",
    "V7",
    "M8[ns]",
    ">m8[25us]",
    "m8",
]
STRUCTURED = [
    [("a", "i4"), ("b", "f8")],
    [("a", "i1"), ("b", ">f8", (2,)), ("c", "S3")],
    [("a", [("x", "i2"), ("y", "U2")]), ("b", "?", (2, 3))],
    [(("title", "a"), "i4"), ("b", "i4")],
    [("it's", "i4"), ("ünicode", "f4")],
    "i4,f8,S3",
    "i4,(2,3)f8",
    ">i4, 3u1",
    {"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [8, 0], "itemsize": 24},
    {"names": ["a", "b"], "formats": ["i1", "i4"], "aligned": True},
    {"a": ("i4", 0), "b": ("f8", 8)},
    [],
]
ATTRIBUTES = [
    "name kind char num str byteorder itemsize alignment isnative isalignedstruct hasobject names shape ndim flags"
][0].split()


def same(ours, theirs):
    for name in ATTRIBUTES:
        if name == "byteorder":
            assert ours.byteorder.replace("=", "<") == theirs.byteorder.replace("=", "<")
            continue
        assert getattr(ours, name) == getattr(theirs, name), name
    # NumPy remembers in repr that native order was asked for by name; it is the same dtype.
    told = theirs if theirs.names is not None or theirs.subdtype else np.dtype(theirs.str)
    assert repr(ours) == repr(told)
    assert str(ours) == str(told)
    assert ours == theirs
    assert len(ours) == len(theirs)
    assert np.dtype(ours.__numpy_dtype__) == theirs
    if theirs.names is None:
        assert ours.fields is None
        return
    assert list(ours.fields) == list(theirs.fields)
    for name, told in theirs.fields.items():
        assert ours.fields[name][0] == told[0]
        assert ours.fields[name][1:] == told[1:]
        same(ours[name], theirs[name])


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("given", PLAIN + STRUCTURED, ids=str)
def test_dtypes_describe_themselves(given, align):
    theirs = np.dtype(given, align=align)
    same(mt.dtype(given, align=align), theirs)
    same(mt.dtype(theirs), theirs)
    ours = mt.dtype(theirs)
    assert pickle.loads(pickle.dumps(ours)) == ours
    assert repr(pickle.loads(pickle.dumps(ours))) == repr(ours)
    for order in "<>=S|":
        if theirs.names and len(theirs.fields) > len(theirs.names):
            # NumPy loses titles here.
            assert ours.newbyteorder(order).names == theirs.newbyteorder(order).names
            continue
        same(ours.newbyteorder(order), theirs.newbyteorder(order))
    try:
        descr = theirs.descr
    except ValueError:
        with pytest.raises(ValueError):
            _ = ours.descr
    else:
        assert ours.descr == descr


@pytest.mark.parametrize("given", PLAIN)
def test_equal_dtypes_hash_alike(given):
    assert hash(mt.dtype(given)) == hash(np.dtype(given))
    assert len({mt.dtype(given), np.dtype(given)}) == 1


def test_records_are_equal_by_structure():
    a, b = mt.dtype([("a", "i4"), ("b", "i4")]), mt.dtype({"names": ["a", "b"], "formats": ["i4", "i4"]})
    assert a == b and hash(a) == hash(b)
    assert a == mt.dtype([("a", "i4"), ("b", "i4")], align=True)
    assert a != mt.dtype([("b", "i4"), ("a", "i4")])


fields = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(PLAIN), st.sampled_from([(), (2,), (2, 3)])),
    min_size=1,
    max_size=4,
    unique_by=lambda field: field[0],
)


@given(fields, st.booleans(), st.booleans())
def test_layouts_of_fields(wanted, align, nested):
    wanted = [("outer", wanted), ("z", "i1")] if nested else wanted
    same(mt.dtype(wanted, align=align), np.dtype(wanted, align=align))


@pytest.mark.parametrize("first", PLAIN + STRUCTURED[:3] + ["i8", "u8"], ids=str)
@pytest.mark.parametrize("second", PLAIN + STRUCTURED[:3] + ["i8", "u8"], ids=str)
def test_promotion_and_casting(first, second):
    a, b = np.dtype(first), np.dtype(second)
    times = {a.kind, b.kind} & {"M", "m"} and a != b
    for casting in ["no", "equiv", "safe", "same_kind", "unsafe"]:
        theirs = np.can_cast(a, b, casting)
        assert mt.can_cast(mt.dtype(a), mt.dtype(b), casting) == theirs, (casting, first, second)
    try:
        met = np.promote_types(a, b)
    except TypeError:
        with pytest.raises(TypeError):
            mt.promote_types(first, second)
    else:
        assert mt.promote_types(first, second) == met or times


@pytest.mark.parametrize("given", ["O", object, np.dtype("O"), [("a", "O")]])
def test_objects_are_refused_by_name(given):
    with pytest.raises(TypeError, match="object"):
        mt.dtype(given)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ([("a", "i4"), ("a", "f4")], ValueError),
        ([("a",)], TypeError),
        ([("a", "nope")], TypeError),
        (("i4", (2**20, 2**20)), ValueError),
        ({"names": ["a"], "formats": []}, ValueError),
        ({"names": ["a"], "formats": ["i8"], "itemsize": 4}, ValueError),
        ("M8[fortnight]", TypeError),
        ("S99999999999", TypeError),
        ("i4,nope", TypeError),
    ],
    ids=str,
)
def test_what_is_no_dtype(wrong, error):
    with pytest.raises(error):
        mt.dtype(wrong)


NO_LOOP = [
    lambda a: a + a,
    lambda a: a + 1,
    lambda a: mt.sum(a),
    lambda a: mt.mean(a),
    lambda a: mt.cumsum(a),
    lambda a: mt.isnan(a),
    lambda a: mt.median(a),
    lambda a: mt.histogram(a),
    lambda a: mt.quantile(a, 0.5),
    lambda a: mt.fft.fft(a),
    lambda a: mt.linalg.inv(a.reshape(2, 2)),
    lambda a: mt.matmul(a, a),
    lambda a: mt.einsum("i,i", a, a),
    lambda a: mt.var(a),
    lambda a: mt.add.reduce(a),
    lambda a: mt.add.accumulate(a),
    lambda a: mt.add.at(a, [0], a[:1]),
    lambda a: mt.arange(0, 3, dtype=a.dtype),
    lambda a: mt.lazy(a) + 1,
    lambda a: float(a[0]),
    lambda a: mt.nan_to_num(a) + 1,
    lambda a: mt.interp(a, a, a),
    lambda a: mt.bincount(a),
    lambda a: a.__dlpack__(),
    lambda a: mt.vecdot(a, a),
    lambda a: mt.suggest_dtype(a),
    lambda a: a.astype("c16"),
    lambda a: mt.convolve(a, a),
    lambda a: mt.cov(a),
]


@pytest.mark.parametrize("dtype", ["V3", [("a", "i4"), ("b", "U2")]], ids=str)
@pytest.mark.parametrize("number", range(len(NO_LOOP)))
def test_operations_without_a_loop_say_so(number, dtype):
    array = mt.zeros(4, dtype=dtype)
    with pytest.raises((TypeError, ValueError, BufferError)):
        NO_LOOP[number](array)


MOVES = [
    lambda m, a: a.copy(),
    lambda m, a: a[::-2],
    lambda m, a: a[[0, 2, 0]],
    lambda m, a: m.take(a, [[1], [3]]),
    lambda m, a: m.concatenate([a, a[:2]]),
    lambda m, a: m.repeat(a, [1, 0, 2, 1]),
    lambda m, a: m.roll(a, 1),
    lambda m, a: m.tile(a, 2),
    lambda m, a: m.flip(a),
    lambda m, a: m.stack([a, a], axis=1).T,
    lambda m, a: a.reshape(2, 2).T.copy(),
    lambda m, a: m.where(m.asarray([True, False, True, False]), a, a[::-1]),
    lambda m, a: a[m.asarray([True, False, True, True])],
    lambda m, a: m.broadcast_to(a, (3, 4)),
    lambda m, a: m.delete(a, 1),
    lambda m, a: m.zeros_like(a),
    lambda m, a: m.asfortranarray(a.reshape(2, 2)) if hasattr(m, "asfortranarray") else a.reshape(2, 2),
]


@pytest.mark.parametrize("dtype", [*PLAIN, "S1", "V3", "V24", "U1", [("a", "i4"), ("b", "U2")]], ids=str)
@pytest.mark.parametrize("move", range(len(MOVES)))
def test_moves_of_any_width(move, dtype):
    size = np.dtype(dtype).itemsize
    raw = np.arange(4 * size, dtype="u1") % 2 if np.dtype(dtype).kind in "?b" else np.arange(4 * size, dtype="u1")
    theirs = (raw % 100).astype("u1").view(dtype)
    ours = mt.asarray(theirs)
    a, b = MOVES[move](mt, ours), MOVES[move](np, theirs)
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    assert a.tobytes() == b.tobytes()


def test_letters_in_words():
    for letter in [*np.typecodes["All"].replace("M", "").replace("m", "").replace("n", "").replace("N", ""), "S1"]:
        if letter not in "epP":
            assert mt.typename(letter) == np.typename(letter)
    for letters in ("d", "dfS", "abceh", "fd", "Fd", "FdD", "i8", "", ["f", np.zeros(2, "F")], [np.zeros(2), "F"]):
        assert mt.mintypecode(letters) == np.mintypecode(letters)
    assert mt.mintypecode([mt.zeros(2, dtype="f4"), "i"]) == "f"
    assert mt.mintypecode("hi", "ih", "?") == np.mintypecode("hi", "ih", "?")
