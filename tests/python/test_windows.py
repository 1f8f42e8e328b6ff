"""Windows, `sinc` and `i0` against NumPy's."""

import metes as mt
import numpy as np
import pytest

near = np.testing.assert_allclose


@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hanning"])
@pytest.mark.parametrize("m", [-1, 0, 1, 2, 3, 5.5, 12, 101])
def test_windows(name, m):
    ours, theirs = getattr(mt, name)(m), getattr(np, name)(m)
    assert ours.dtype == theirs.dtype
    near(np.asarray(ours), theirs, atol=2e-15)


@pytest.mark.parametrize("beta", [0, 5, 14.0, 40])
@pytest.mark.parametrize("m", [0, 1, 2, 13, 100])
def test_kaiser(m, beta):
    near(np.asarray(mt.kaiser(m, beta)), np.kaiser(m, beta), rtol=1e-13)


def test_sinc():
    for x in (np.linspace(-4, 4, 41), np.arange(-2, 3), np.float32([0, 0.5]), np.float16([0, 0.5]), np.array([1j, 0])):
        theirs = np.sinc(x)
        ours = np.asarray(mt.sinc(x))
        assert ours.dtype == theirs.dtype
        near(ours, theirs, atol=4 * np.finfo(theirs.dtype).eps)
    assert mt.sinc(0).item() == 1


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i8"])
def test_i0(dtype):
    x = np.linspace(-80, 80, 321).astype(dtype)
    x = x[np.abs(x) < 11] if dtype == "f2" else x
    theirs = np.i0(x.astype("f8")).astype(np.i0(x).dtype)
    ours = np.asarray(mt.i0(x))
    assert ours.dtype == theirs.dtype
    near(ours, theirs, rtol=max(4e-15, 2 * np.finfo(theirs.dtype).eps))
    near(np.asarray(mt.i0([700.0, 20.0, 0.0])), np.i0([700.0, 20.0, 0.0]), rtol=1e-14)
    with pytest.raises(TypeError, match="complex"):
        mt.i0(1j)
