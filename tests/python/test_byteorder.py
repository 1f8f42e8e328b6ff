"""Numbers in the other byte order: shared without a copy, computed with block by block, kept where values only move."""

import io

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

KINDS = ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def swapped(kind, n=7):
    values = np.arange(n) * 3 - (0 if kind[0] == "u" else 5)
    return values.astype(">" + kind)


def equal(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(np.asarray(ours), theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_no_copy_either_way(kind):
    theirs = swapped(kind)
    ours = mt.asarray(theirs)
    equal(ours, theirs)
    ours[1] = 9
    assert theirs[1] == 9
    assert np.shares_memory(np.asarray(ours), theirs)
    assert memoryview(ours).format[0] == ">"
    assert not ours.dtype.isnative
    assert ours.tolist() == theirs.tolist()
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["add", "multiply", "less", "equal", "maximum"])
def test_arithmetic_is_native(kind, name):
    theirs = swapped(kind)
    ours = mt.asarray(theirs)
    with np.errstate(all="ignore"), mt.errstate(all="ignore"):
        for a, b in [(theirs, theirs), (theirs, theirs.astype(kind)), (theirs, 2), (theirs[::-2], theirs[:4])]:
            left = mt.asarray(a)
            right = mt.asarray(b) if isinstance(b, np.ndarray) else b
            equal(getattr(mt, name)(left, right), getattr(np, name)(a, b))
    equal(mt.negative(ours), np.negative(theirs))


@pytest.mark.parametrize("kind", KINDS)
def test_reductions_and_order(kind):
    theirs = swapped(kind).reshape(1, 7)[:, ::-1]
    ours = mt.asarray(theirs)
    for name in ["sum", "min", "max", "prod", "argmax", "any", "cumsum"]:
        with np.errstate(all="ignore"), mt.errstate(all="ignore"):
            assert np.all(np.asarray(getattr(mt, name)(ours, axis=1)) == getattr(np, name)(theirs, axis=1)), name
    equal(mt.sort(ours), np.sort(theirs))
    equal(mt.argsort(ours), np.argsort(theirs, kind="stable"))
    equal(mt.asarray(np.sort(theirs)), np.sort(theirs))
    flat = np.sort(theirs.ravel())
    equal(mt.searchsorted(mt.asarray(flat), ours[0]), np.searchsorted(flat, theirs[0]))
    assert mt.count_nonzero(ours) == np.count_nonzero(theirs)


@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.booleans(), st.booleans())
def test_casts(a, b, first, second):
    theirs = swapped(a).astype((">" if first else "<") + a)
    theirs = np.abs(theirs) if theirs.dtype.kind != "c" or b[0] == "c" else np.abs(theirs.real).astype(theirs.dtype)
    theirs = theirs.astype((">" if first else "<") + a)
    to = (">" if second else "<") + b
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.astype(to)
        equal(mt.asarray(theirs).astype(to), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_in_place_and_out(kind):
    theirs, ours = swapped(kind), mt.asarray(swapped(kind))
    with np.errstate(all="ignore"), mt.errstate(all="ignore"):
        theirs += 2
        ours += 2
        equal(ours, theirs)
        theirs[1:] *= theirs[:-1]
        ours[1:] *= ours[:-1]
        equal(ours, theirs)
        np.add(theirs, theirs, out=theirs)
        mt.add(ours, ours, out=ours)
        equal(ours, theirs)
    theirs[::2] = 1
    ours[::2] = 1
    theirs[[1, 3]] = [4, 5]
    ours[[1, 3]] = [4, 5]
    equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_swapping(kind):
    theirs = swapped(kind)
    ours = mt.asarray(theirs)
    equal(ours.byteswap(), theirs.byteswap())
    native = ours.byteswap().view(ours.dtype.newbyteorder())
    equal(native, theirs.byteswap().view(theirs.dtype.newbyteorder()))
    assert native.dtype.isnative
    equal(ours.real, theirs.real)


def test_files(tmp_path):
    theirs = swapped("f4").reshape(7, 1)
    np.save(tmp_path / "theirs.npy", theirs)
    equal(mt.load(tmp_path / "theirs.npy"), theirs)
    equal(mt.open(tmp_path / "theirs.npy").compute(), theirs)
    mt.save(tmp_path / "ours.npy", mt.asarray(theirs))
    equal(mt.asarray(np.load(tmp_path / "ours.npy")), theirs)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()
    assert io.BytesIO


@pytest.mark.parametrize("kind", ["f4", "f8", "c16"])
def test_linear_algebra_and_statistics(kind):
    theirs = (np.eye(3) * 4 + 1).astype(">" + kind)
    ours = mt.asarray(theirs)
    np.testing.assert_allclose(np.asarray(mt.linalg.inv(ours)), np.linalg.inv(theirs.astype(kind)), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(ours @ ours), theirs.astype(kind) @ theirs.astype(kind), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(mt.fft.fft(ours)), np.fft.fft(theirs.astype(kind)), rtol=1e-4, atol=1e-5)
    if kind != "c16":
        assert float(mt.median(ours)) == float(np.median(theirs))
    assert complex(mt.mean(ours)) == pytest.approx(complex(np.mean(theirs)))


def test_indices():
    index = np.array([2, 0], ">i8")
    equal(mt.arange(4)[mt.asarray(index)], np.arange(4)[index])
    equal(mt.take(mt.arange(4), mt.asarray(index)), np.take(np.arange(4), index))
