"""`repr`, `str` and `format` of arrays: the very text that NumPy prints."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

KINDS = ["bool", "int8", "int64", "uint16", "uint64", "float16", "float32", "float64", "complex64", "complex128"]


def alike(theirs):
    ours = mt.array(theirs)
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_any_values(data, kind):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
    alike(data.draw(hnp.arrays(kind, shape)))


@given(
    values=st.lists(
        st.floats(-1000, 1000).map(lambda x: round(x, 2)) | st.sampled_from([0.1, -0.0, 1e-4, 99.5]), max_size=40
    )
)
def test_short_decimals(values):
    alike(np.array(values))
    alike(np.array(values, dtype="float32"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(1001,), (40, 30), (4, 4, 4, 20), (7, 200), (200, 7), (2, 501), (1, 1, 1, 1), (0,), (2, 0)]
)
def test_long_arrays_are_cut_and_lines_wrapped(kind, shape):
    count = int(np.prod(shape))
    alike((np.arange(count) % 120).reshape(shape).astype(kind))


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, 1.0, -np.inf],
        [np.inf, 1e20],
        [1e-320, 1.0],
        [1e8, 1.5],
        [99999999.0],
        [1 / 3, 2 / 3, 1e3],
        [0.1 + 0.2],
        [1 + 2j, complex(np.nan, -np.inf), 0j],
        [1e-10 + 1j, -1e10j],
    ],
)
def test_odd_numbers(values):
    alike(np.array(values))
    alike(np.array(values[0]))


def test_format():
    array = mt.array([1.0, 2.5])
    assert f"{array[1]:.3f}" == "2.500"
    assert f"{array}" == "[1.  2.5]"
    with pytest.raises(TypeError, match="format"):
        format(array, ".2f")
