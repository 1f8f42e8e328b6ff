"""Small rules of NumPy's that belong to no other subject: what is warned of, discovered, refused, made by name."""

import io

import metes as mt
import numpy as np
import pytest


def outcome(xp, run):
    try:
        found = run(xp)
    except (ValueError, TypeError, OverflowError) as error:
        kinds = (ValueError, OverflowError, TypeError)
        return next(kind for kind in kinds if isinstance(error, kind))
    array = np.asarray(found)
    return array.dtype, array.shape, array.tobytes()


RULES = {
    "a fraction in integers": lambda xp: xp.add([1, 2], 1.5, dtype="i8"),
    "a fraction in integers, unsafe": lambda xp: xp.add([1, 2], 1.5, dtype="i8", casting="unsafe"),
    "a fraction by signature": lambda xp: xp.add([1, 2], 1.5, signature="ll->l"),
    "a complex number in floats": lambda xp: xp.add([1.0], 1j, dtype="f8"),
    "an integer in floats": lambda xp: xp.add([1.0], 1, dtype="f4"),
    "text as wide as integers": lambda xp: xp.array([1, -22, 333], dtype="U"),
    "text as wide as floats": lambda xp: xp.array([[1.5, 2], [1e300, 4]], dtype="S"),
    "text as wide as truths": lambda xp: xp.array([True, False], dtype="U"),
    "nothing as a float": lambda xp: xp.array([1, None, 3], dtype="f8"),
    "nothing as an integer": lambda xp: xp.array([1, None], dtype="i8"),
    "counts without a unit": lambda xp: xp.asarray([1, 2], dtype="M8"),
    "zeros in order F": lambda xp: xp.eye(2, 3, 1, order="F"),
    "bounds beyond": lambda xp: xp.clip(xp.array([0, 5, 255], dtype="u1"), -1, 300),
    "bounds beyond, turned": lambda xp: xp.clip(xp.array([0, 5], dtype="i1"), 300, -300),
    "rounded into": lambda xp: xp.round(xp.array([1.25, 2.5]), 1, xp.zeros(2)),
    "turned axes": lambda xp: xp.permute_dims(xp.ones((2, 3))),
    "like, with a shape by place": lambda xp: xp.zeros_like(xp.ones((2, 3)), "i4", "C", True, (4,)),
    "one element along an axis": lambda xp: xp.count_nonzero(xp.asarray(3), axis=0),
    "one element along no such axis": lambda xp: xp.count_nonzero(xp.asarray(3), axis=1),
    "a value by its dtype": lambda xp: [xp.float32(1.5), xp.int8(-3), xp.bool_(2), xp.complex128(1, 2)],
    "values by their dtype": lambda xp: xp.float32([1, 2]),
    "a value beyond its dtype": lambda xp: xp.int8(300),
    "a date": lambda xp: xp.asarray(xp.datetime64("2024-02-29")),
    "a date with a unit": lambda xp: xp.asarray(xp.datetime64("2024-02-29", "s")),
    "a span": lambda xp: xp.asarray(xp.timedelta64(3, "D")),
    "an array of a shape": lambda xp: xp.ndarray((0, 3), "i2"),
    "an array over bytes": lambda xp: xp.ndarray((2, 3), "u1", bytearray(range(9)), 2),
    "an array over bytes in order F": lambda xp: xp.ndarray((2, 3), "u1", bytes(range(9)), order="F"),
    "an array with strides": lambda xp: xp.ndarray((2,), "i4", bytearray(range(24)), 0, (12,)),
    "an array beyond its bytes": lambda xp: xp.ndarray((9,), "i4", bytearray(24)),
    "an array with strides beyond": lambda xp: xp.ndarray((3,), "i4", bytearray(24), 4, (12,)),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name):
    assert outcome(mt, RULES[name]) == outcome(np, RULES[name])


CASTS = {
    "astype": lambda xp, c: c.astype("f8"),
    "astype of many": lambda xp, c: xp.concatenate([c] * 9000).astype("f4"),
    "array": lambda xp, c: xp.array(c, dtype="f8"),
    "assigned": lambda xp, c: xp.zeros(2).__setitem__(slice(None), c),
    "assigned to a place": lambda xp, c: xp.zeros((2, 2)).__setitem__(0, c),
    "copied": lambda xp, c: xp.copyto(xp.zeros(2), c, casting="unsafe"),
}


@pytest.mark.parametrize("name", CASTS)
def test_lost_imaginary_parts(name):
    for xp in (np, mt):
        with pytest.warns(xp.exceptions.ComplexWarning, match="discards the imaginary part"):
            CASTS[name](xp, xp.asarray([1 + 2j, 3]))


def test_what_is_absent_says_why():
    for name, why in [("frompyfunc", "vectorize"), ("matrix", "subclasses"), ("ma", "NaN"), ("random", "asarray")]:
        assert not hasattr(mt, name)
        with pytest.raises(AttributeError, match=why):
            getattr(mt, name)


def test_files_take_numpys_arguments():
    file = io.BytesIO()
    mt.save(file, [1, 2], allow_pickle=False)
    file.seek(0)
    assert mt.load(file, allow_pickle=True, max_header_size=10_000).tolist() == [1, 2]


def test_limits():
    for kind in ("f2", "f4", "f8"):
        ours, theirs = mt.finfo(kind), np.finfo(kind)
        for name in ("precision", "nmant", "nexp", "iexp", "maxexp", "minexp", "machep", "negep", "epsneg"):
            assert getattr(ours, name) == getattr(theirs, name)
        assert np.dtype(kind).type(ours.resolution) == theirs.resolution
