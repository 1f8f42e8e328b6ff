"""Instants and spans of time: carried without loss; what Metes does not compute with them is refused."""

import metes as mt
import numpy as np
import pytest

DTYPES = ["M8[s]", "m8[25us]", "M8[D]", "m8[ns]", ">M8[ms]", "m8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_carried_without_loss(dtype, tmp_path):
    theirs = np.array([5, -3, np.iinfo("i8").min, 0]).astype(np.dtype(dtype).newbyteorder("="))
    theirs = theirs.astype(dtype)
    ours = mt.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert np.asarray(ours).tobytes() == theirs.tobytes()
    assert np.shares_memory(np.asarray(ours), theirs)
    assert mt.sort(ours).tobytes() == np.sort(theirs).tobytes()
    assert np.asarray(ours == ours[::-1]).tolist() == (theirs == theirs[::-1]).tolist()
    assert np.asarray(ours < ours[::-1]).tolist() == (theirs < theirs[::-1]).tolist()
    assert ours.astype("i8").tolist() == theirs.astype("i8").tolist()
    assert mt.asarray(theirs.astype("i8")).astype(dtype).tobytes() == theirs.tobytes()
    mt.save(tmp_path / "a.npy", ours)
    np.save(tmp_path / "b.npy", theirs)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert mt.load(tmp_path / "b.npy").tobytes() == theirs.tobytes()


def test_what_is_refused():
    a = mt.asarray(np.array([1, 2], "M8[s]"))
    for wrong in [lambda: a + a, lambda: a * 2, lambda: mt.sum(a), lambda: mt.mean(a)]:
        with pytest.raises(TypeError):
            wrong()


TEXTS = ["2020-02-29", "1969-12-31T23:59:59", "0001-01-01", "9999-12-31T12:30", "2000-01", "NaT", "1066"]


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "7D", "25us"])
def test_calendar(unit):
    theirs = np.array(TEXTS, dtype=f"M8[{unit}]")
    ours = mt.asarray(TEXTS, dtype=f"M8[{unit}]")
    assert ours.dtype == theirs.dtype
    assert ours.tobytes() == theirs.tobytes()
    assert ours.tolist() == theirs.tolist()
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)
    assert [str(x) for x in ours] == [str(x) for x in theirs]
    for other in ["Y", "M", "W", "D", "h", "s", "ms"]:
        assert ours.astype(f"M8[{other}]").tobytes() == theirs.astype(f"M8[{other}]").tobytes(), other


@pytest.mark.parametrize("unit", ["W", "D", "h", "m", "s", "ms", "us", "ns", "3h"])
def test_spans(unit):
    counts = np.array([0, 1, -1, 86_400, -3601, np.iinfo("i8").min])
    theirs = counts.view(f"m8[{unit}]")
    ours = mt.asarray(counts).view(f"m8[{unit}]")
    assert ours.tolist() == theirs.tolist()
    assert repr(ours) == repr(theirs)
    assert [str(x) for x in ours] == [str(x) for x in theirs]
    for other in ["D", "h", "s", "ms", "7s"]:
        assert ours.astype(f"m8[{other}]").tobytes() == theirs.astype(f"m8[{other}]").tobytes(), other


def test_python_objects():
    import datetime as dt

    when = [dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.datetime(1, 1, 1)]
    assert mt.asarray(when, dtype="M8[us]").tolist() == when
    assert mt.asarray(when).dtype == "M8[us]"
    spans = [dt.timedelta(days=-1, microseconds=5), dt.timedelta(0)]
    assert mt.asarray(spans, dtype="m8[us]").tolist() == spans
    a = mt.zeros(2, "M8[D]")
    a[0] = "2001-02-03"
    a[1] = dt.date(1999, 9, 9)
    assert a.tolist() == [dt.date(2001, 2, 3), dt.date(1999, 9, 9)]
    a[1] = np.datetime64("2002-01-01T05", "h")
    assert a[1].item() == dt.date(2002, 1, 1)
    day, hours = np.datetime64("2001-01-01", "D"), np.timedelta64(3, "h")
    for values in (day, [day, np.datetime64("NaT")], hours, [hours, hours]):
        assert mt.asarray(values).dtype == np.asarray(values).dtype
        assert mt.asarray(values).tobytes() == np.asarray(values).tobytes()
    assert (a + hours).dtype == "M8[h]"
    assert (a + hours).tobytes() == (np.asarray(a) + hours).tobytes()
    raw = np.void(b"8 bytes!")
    assert mt.asarray(raw).dtype == raw.dtype
    for wrong in ["2001-02-30", "yesterday", "2001-1-1", "2001-01-01T25"]:
        with pytest.raises(ValueError):
            a[0] = wrong
    with pytest.raises(OverflowError):
        mt.asarray(["9999-01-01"], dtype="M8[D]").astype("M8[as]")


STEPS = ["M8[D]", "M8[s]", "m8[h]", "m8[25ms]", "m8[s]", "i8", "i4", "u8", "u1"]


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "maximum", "minimum", "less", "equal", "greater_equal"]
)
@pytest.mark.parametrize("a", STEPS)
@pytest.mark.parametrize("b", STEPS)
def test_arithmetic(name, a, b):
    left = np.array([5, -7, np.iinfo("i8").min, 0, 100_000])
    right = np.array([3, 2, 1, np.iinfo("i8").min, -90_000])
    left = left.astype(a) if a[0] in "iu" else left.view(a)
    right = right.astype(b) if b[0] in "iu" else right.view(b)
    try:
        theirs = getattr(np, name)(left, right)
    except TypeError:
        with pytest.raises(TypeError):
            getattr(mt, name)(mt.asarray(left), mt.asarray(right))
        return
    ours = getattr(mt, name)(mt.asarray(left), mt.asarray(right))
    assert ours.dtype == theirs.dtype
    assert ours.tobytes() == theirs.tobytes()


def test_arithmetic_with_python_numbers_and_alone():
    spans = np.array([1, -2, np.iinfo("i8").min]).view("m8[s]")
    ours = mt.asarray(spans)
    for f in [lambda a: a < 2, lambda a: a != 1, lambda a: a == -(2**63), lambda a: a > True]:
        assert f(ours).tolist() == f(spans).tolist()
    with pytest.raises(TypeError):
        assert (ours + 1.5).size
    for f in [lambda a: a + 1, lambda a: a * 1.5, lambda a: 3 * a, lambda a: -a, abs, lambda a: a - a[0]]:
        assert f(ours).dtype == f(spans).dtype
        assert f(ours).tobytes() == f(spans).tobytes()
    assert mt.isfinite(ours).tolist() == np.isfinite(spans).tolist()
    ours += 5
    assert ours.tobytes() == (spans + 0).tobytes()
    assert spans[0] == np.timedelta64(6, "s")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
@pytest.mark.parametrize("name", ["min", "max"])
def test_extremes(dtype, axis, name):
    counts = np.array([[5, -3, np.iinfo("i8").min, 0], [7, -9, 2, 0], [1, 1, -(2**62), 2**62]])
    theirs = counts.astype(np.dtype(dtype).newbyteorder("=")).astype(dtype)
    for part in (theirs, theirs[1:], theirs[:, ::-2], theirs[:, :2]):
        for keepdims in (False, True):
            expected = np.asarray(getattr(np, name)(part, axis=axis, keepdims=keepdims))
            ours = mt.asarray(getattr(mt, name)(mt.asarray(part), axis=axis, keepdims=keepdims))
            assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
            assert ours.tobytes() == expected.tobytes()
    assert getattr(mt.asarray(theirs), name)().tobytes() == getattr(theirs, name)().tobytes()
    lone = mt.asarray(theirs[1, 0])
    assert getattr(mt, name)(lone).tobytes() == lone.astype(np.asarray(theirs[1, 0]).dtype.str).tobytes()
    with pytest.raises(ValueError):
        getattr(mt, name)(mt.asarray(theirs[:0]))
    expected = np.asarray(getattr(np, name)(theirs, axis=axis, initial=3))
    assert mt.asarray(getattr(mt, name)(mt.asarray(theirs), axis=axis, initial=3)).tobytes() == expected.tobytes()
