"""`format_float_positional` and `format_float_scientific` against NumPy's."""

import metes as mt
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

SHARED = {
    "precision": st.sampled_from([None, 0, 1, 2, 3, 5, 8, 20]),
    "unique": st.booleans(),
    "trim": st.sampled_from("k.0-"),
    "sign": st.booleans(),
    "pad_left": st.sampled_from([None, 3, 10]),
    "min_digits": st.sampled_from([None, 0, 1, 3, 9]),
}
NUMBERS = st.one_of(
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.floats(width=16).map(np.float16),
    st.floats(-1000, 1000).map(lambda x: round(x, 3)),
    st.sampled_from([9.996, 99.995, 0.5, 1.5, 2.5, 0.05, 0.95, 1e22, 1e23, 5e-324, np.float32(1e-45)]),
)


def agree(name, x, options):
    try:
        theirs = getattr(np, name)(x, **options)
    except (ValueError, TypeError) as error:
        for ours in (x, mt.asarray(x)):
            with pytest.raises(type(error)):
                getattr(mt, name)(ours, **options)
        return
    assert getattr(mt, name)(x, **options) == theirs
    assert getattr(mt, name)(mt.asarray(x), **options) == theirs


@given(
    NUMBERS,
    st.fixed_dictionaries({**SHARED, "fractional": st.booleans(), "pad_right": st.sampled_from([None, 3, 10])}),
)
@example(99.995, {"precision": 2})
@example(1e300, {"min_digits": 0})
def test_positional(x, options):
    agree("format_float_positional", x, options)


@given(NUMBERS, st.fixed_dictionaries({**SHARED, "exp_digits": st.sampled_from([None, 1, 2, 3, 6])}))
@example(1e23, {"precision": 20, "unique": False})
def test_scientific(x, options):
    agree("format_float_scientific", x, options)


def test_what_is_refused():
    for x in ("a", 1j):
        with pytest.raises(TypeError):
            mt.format_float_positional(x)
    with pytest.raises(ValueError, match="precision must be >= 0"):
        mt.format_float_scientific(1.0, precision=-1)
    with pytest.raises(TypeError, match="trim"):
        mt.format_float_scientific(1.0, trim="x")
