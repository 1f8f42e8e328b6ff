"""Text and bytes of fixed width: made, indexed, assigned, compared, ordered, exchanged."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

words = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4), max_size=8)
raws = st.lists(st.binary(max_size=4).map(lambda b: b.rstrip(b"\0")), max_size=8)


def equal(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert np.asarray(ours).tolist() == theirs.tolist()


@given(st.one_of(words, raws), st.data())
def test_like_numpy(values, data):
    theirs = np.array(values, dtype=None if values else "U1")
    ours = mt.asarray(values, dtype=None if values else "U1")
    equal(ours, theirs)
    assert ours.tolist() == theirs.tolist()
    assert repr(ours) == repr(theirs)
    equal(mt.sort(ours), np.sort(theirs))
    equal(mt.argsort(ours), np.argsort(theirs, kind="stable"))
    equal(mt.unique(ours), np.unique(theirs))
    other = theirs[::-1]
    for name in ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
        equal(getattr(mt, name)(ours, ours[::-1]), getattr(np, name)(theirs, other))
    if values:
        at = data.draw(st.integers(-len(values), len(values) - 1))
        assert ours[at] == theirs[at]
        assert type(ours[at]) is type(values[0])
        equal(ours == values[at], theirs == values[at])
        found = mt.searchsorted(mt.sort(ours), ours)
        equal(found, np.searchsorted(np.sort(theirs), theirs))


@pytest.mark.parametrize("n", range(60, 76))
def test_lines_break_by_characters(n):
    for values in (["é" * (n // 2), "ü" * (n - n // 2)], ["¡", "x" * (n - 5)]):
        assert repr(mt.asarray(values)) == repr(np.array(values))
        assert str(mt.asarray(values)) == str(np.array(values))


def test_assignment_truncates():
    ours, theirs = mt.asarray(["abc", "d"]), np.array(["abc", "d"])
    for array in (ours, theirs):
        array[0] = "xyzuv"
        array[1] = 17
    equal(ours, theirs)
    ours[:] = "q"
    theirs[:] = "q"
    equal(ours, theirs)
    with pytest.raises(UnicodeEncodeError):
        mt.zeros(1, "S3")[0] = "é"


@pytest.mark.parametrize("a", ["S3", "U3", ">U3", "S5", "U2"])
@pytest.mark.parametrize("b", ["S3", "U3", ">U3", "S5", "U2"])
def test_widths_and_orders(a, b):
    theirs = np.array(["abc", "x", ""]).astype(a)
    equal(mt.asarray(theirs).astype(b), theirs.astype(b))


def test_unsized_dtypes_find_their_width():
    equal(mt.asarray(["a", "bcd"], dtype="U"), np.array(["a", "bcd"], dtype="U"))
    equal(mt.asarray(["a", "bcd"], dtype="S"), np.array(["a", "bcd"], dtype="S"))
    equal(mt.asarray([b"a", b"bcd"], dtype="S2"), np.array([b"a", b"bcd"], dtype="S2"))
    equal(mt.zeros(2, "S"), np.zeros(2, "S"))
    assert mt.asarray("abc").dtype == "<U3"


def test_what_has_no_loop():
    text = mt.asarray(["a", "b"])
    for wrong in [lambda: text + 1, lambda: text * 2, lambda: mt.sum(text)]:
        with pytest.raises(TypeError):
            wrong()


def test_files(tmp_path):
    for values in (["abc", "é"], [b"abc", b"x"]):
        theirs = np.array(values)
        mt.save(tmp_path / "a.npy", mt.asarray(values))
        np.save(tmp_path / "b.npy", theirs)
        assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
        equal(mt.load(tmp_path / "b.npy"), theirs)
        assert np.shares_memory(np.asarray(mt.asarray(theirs)), theirs)
