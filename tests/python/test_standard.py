"""What the array API standard asks of the namespace itself."""

import inspect

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, same, values

INFO = mt.__array_namespace_info__()


def test_versions():
    assert mt.__array_api_version__ == "2025.12"
    a = mt.arange(3)
    for version in (None, "2021.12", "2025.12"):
        assert a.__array_namespace__(api_version=version) is mt
    with pytest.raises(ValueError, match=r"1999\.01"):
        a.__array_namespace__(api_version="1999.01")


def test_devices():
    assert INFO.default_device() in INFO.devices()
    for make in (
        lambda device: mt.asarray(1, device=device),
        lambda device: mt.zeros(2, device=device),
        lambda device: mt.full_like(mt.zeros(2), 3, device=device),
        lambda device: mt.linspace(0, 1, 3, device=device),
        lambda device: mt.eye(2, device=device),
        lambda device: mt.astype(mt.zeros(2), "int8", device=device),
        lambda device: INFO.dtypes(device=device),
        lambda device: INFO.default_dtypes(device=device),
    ):
        make("cpu")
        make(None)
        with pytest.raises(ValueError, match="gpu"):
            make("gpu")


def test_every_function_that_makes_arrays_takes_a_device():
    makers = "arange array asarray empty empty_like eye full full_like linspace ones ones_like zeros zeros_like"
    for name in makers.split():
        assert "device" in inspect.signature(getattr(mt, name)).parameters, name


@pytest.mark.parametrize("kind", [None, "bool", "integral", "numeric", ("bool", "complex floating"), ()])
def test_dtypes_of_a_kind_as_numpys(kind):
    ours, theirs = INFO.dtypes(kind=kind), np.__array_namespace_info__().dtypes(kind=kind)
    assert ours == theirs
    assert all(
        isinstance(dtype, mt.DType) and mt.isdtype(dtype, kind or ("bool", "numeric")) for dtype in ours.values()
    )


def test_unknown_kinds():
    with pytest.raises(ValueError, match="nice"):
        INFO.dtypes(kind="nice")


def test_defaults_and_capabilities_as_numpys():
    theirs = np.__array_namespace_info__()
    assert INFO.default_dtypes() == theirs.default_dtypes()
    assert INFO.capabilities() == theirs.capabilities()


@pytest.mark.parametrize("k", [2**63, -(2**63) - 1, 2**200, 2, -2, 0])
def test_diagonals_beyond_everything(k):
    same(mt.eye(3, k=k), np.eye(3, k=k))


BOUNDS = st.none() | st.integers(-5, 5)


@given(st.sampled_from([kind for kind in KINDS if kind[0] in "if"]), BOUNDS, BOUNDS, st.booleans())
def test_clip(kind, low, high, as_array):
    theirs = values(kind)

    def bound(value):
        return value if value is None or not as_array else np.array([value] * theirs.shape[1], kind)

    low, high = bound(low), bound(high)
    same(mt.clip(mt.asarray(theirs), low, high), np.clip(theirs, low, high), zeros=False)
    out = mt.zeros(theirs.shape, dtype=kind)
    assert mt.clip(mt.asarray(theirs), low, high, out=out) is out
    same(out, np.clip(theirs, low, high), zeros=False)


def test_clip_of_lazy_arrays_and_by_numpys_names():
    a = mt.arange(6)
    lazy = mt.lazy(a)
    assert mt.clip(lazy, 1, 4).compute().tolist() == [1, 1, 2, 3, 4, 4]
    assert mt.clip(lazy, max=4).compute().tolist() == [0, 1, 2, 3, 4, 4]
    assert mt.clip(lazy) is lazy
    assert mt.clip(a, a_min=2, a_max=3).tolist() == [2, 2, 2, 3, 3, 3]
    with pytest.raises(TypeError, match="lazy"):
        mt.clip(lazy, 1, 2, out=a)


@pytest.mark.parametrize("kind", KINDS)
def test_parts(kind):
    theirs = values(kind)
    ours = mt.asarray(theirs)
    same(mt.real(ours), np.real(theirs))
    same(mt.imag(ours), np.imag(theirs))
    assert mt.shares_memory(mt.real(ours), ours)


@pytest.mark.parametrize(
    "thing", [2.5, True, 3j, "a", None, [], [[1, 2], [3, 4]], np.float32(2), np.zeros((2, 3)), (1j, 2)]
)
def test_questions_as_numpys(thing):
    assert mt.isscalar(thing) == np.isscalar(thing)
    if thing is None or isinstance(thing, str):
        return
    for name in ("ndim", "shape", "size", "iscomplexobj", "isrealobj"):
        assert getattr(mt, name)(thing) == getattr(np, name)(thing), name


def test_sizes_along_axes():
    a = mt.zeros((2, 3, 4))
    assert [mt.size(a, axis) for axis in (None, 0, -1, (0, 2), ())] == [24, 2, 4, 8, 1]
    assert np.shape(a) == (2, 3, 4)
    assert (np.ndim(a), np.size(a)) == (3, 24)
    with pytest.raises(IndexError):
        mt.size(a, 3)


@pytest.mark.parametrize("name", ["arctanh", "arctan", "arcsinh", "arcsin", "arccosh", "arccos", "sqrt", "log", "exp"])
def test_nan_beside_numbers_of_any_size(name):
    parts = [np.nan, 0.0, 1.0, 1e20, 1.3e154, 1.3e300]
    theirs = np.array([complex(a, b) for a in parts for b in parts if np.isnan(a) or np.isnan(b)])
    with np.errstate(all="ignore"), mt.errstate(all="ignore"):
        same(getattr(mt, name)(mt.asarray(theirs)), getattr(np, name)(theirs))
