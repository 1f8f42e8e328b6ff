"""Arithmetic of elements that lie in their own objects: as that of arrays without axes, to the bit, the warning and the
error."""

import operator
import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metes import memory

KINDS = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]
VALUES = [0, 1, 2, 3, 7, 100, -1, -5, 127, 255, 0.5, -0.0, 1e30, 1e-30, 1e300, 65504.0, np.inf, -np.inf, np.nan, 2**31]
NUMBERS = [0, 1, 2, -1, 3, 255, 256, 2**40, -(2**63), 2**64, 10**30, 0.0, 0.5, 2.0, -1.5, 1e39, 1e308, np.inf, np.nan]
NUMBERS += [True, False, 1j, 2 + 0j, complex(np.nan, 1)]
BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
BINARY += [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
BINARY += [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge, divmod]
BINARY += [mt.maximum, mt.hypot, mt.copysign, mt.logaddexp, mt.nextafter, mt.fmod, mt.gcd, mt.logical_and]
UNARY = [
    operator.neg,
    operator.pos,
    abs,
    operator.invert,
    mt.sqrt,
    mt.exp,
    mt.log,
    mt.sin,
    mt.isnan,
    mt.sign,
    mt.square,
]
UNARY += [mt.logical_not, mt.reciprocal, mt.floor, mt.conjugate, mt.signbit]


def array(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = np.array(VALUES).astype(kind)
    return mt.asarray(values)


ARRAYS = {kind: array(kind) for kind in KINDS}


def said(work):
    """What comes of it: dtype and bytes, or the error; and the warnings."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            results = work()
        except Exception as error:
            answer = type(error), str(error)
        else:
            answer = [
                (r.dtype, r.shape, r.tobytes(), r.flags.writeable) if isinstance(r, mt.Array) else r
                for r in (results if isinstance(results, tuple) else (results,))
            ]
    return answer, [(w.category, str(w.message)) for w in heard]


def both(kind, at):
    """An element in its own object, and the same in an array without axes."""
    return ARRAYS[kind][at], ARRAYS[kind][at : at + 1].reshape(())


places = st.integers(0, len(VALUES) - 1)
kinds = st.sampled_from(KINDS)


@given(st.sampled_from(BINARY), kinds, places, st.sampled_from(NUMBERS), st.booleans())
def test_an_element_and_a_number(function, kind, at, number, swap):
    element, whole = both(kind, at)
    pair = (lambda x: (number, x)) if swap else (lambda x: (x, number))
    assert said(lambda: function(*pair(element))) == said(lambda: function(*pair(whole)))


@given(st.sampled_from(BINARY), kinds, places, st.none() | kinds, places, st.booleans())
def test_two_elements(function, kind, at, other, to, swap):
    element, whole = both(kind, at)
    second, second_whole = both(other or kind, to)
    expected = said(lambda: function(whole, second_whole))
    assert said(lambda: function(element, second)) == expected
    mixed = (element, second_whole) if swap else (whole, second)
    assert said(lambda: function(*mixed)) == expected


@given(st.sampled_from(UNARY), kinds, places)
def test_one_element(function, kind, at):
    element, whole = both(kind, at)
    assert said(lambda: function(element)) == said(lambda: function(whole))


@given(kinds, places, st.sampled_from(NUMBERS))
def test_what_is_computed_is_an_element_too(kind, at, number):
    def twice(x):
        y = (x + number) * number
        y += x
        return -y

    element, whole = both(kind, at)
    assert said(lambda: twice(element)) == said(lambda: twice(whole))


def test_it_is_booked_where_it_was_computed():
    a = mt.asarray([1.5, 2.5])
    before = memory.stats()
    kept = [a[0] + 1.0 for _ in range(1000)]
    assert memory.stats().current_bytes - before.current_bytes == 8000
    assert next(row.bytes for row in memory.live(by="op") if row.name == "arithmetic") >= 8000
    shown = [x[...] for x in kept]
    del kept
    assert memory.stats().current_bytes - before.current_bytes == 8000
    assert shown[999] == 2.5 and shown[0].base is not None
    del shown
    assert memory.stats().current_bytes == before.current_bytes
    with pytest.raises(mt.OutOfMemory), memory.budget(4, name="tiny"):
        a[0] + 1.0
    with mt.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide"):
        a[0] / 0.0
