"""Fourier transforms against NumPy's: lengths, axes, norms, precisions, layouts, `out=`, and what they need."""

import gc

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same

EPS = {"complex64": 2e-6, "float32": 2e-6, "float16": 1e-3, "complex128": 5e-15, "float64": 5e-15}
ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL = ["fft2", "ifft2", "fftn", "ifftn", "rfft2", "irfft2", "rfftn", "irfftn"]
NORMS = st.sampled_from([None, "backward", "ortho", "forward"])


def signal(kind, shape, seed=0):
    dtype = np.dtype(kind)
    random = np.random.default_rng([seed, *shape])
    x = random.uniform(-2, 2, shape)
    if dtype.kind == "c":
        x = x + 1j * random.uniform(-2, 2, shape)
    if dtype.kind in "iub":
        x = np.abs(x * 20) if dtype.kind != "b" else x > 0
    return x.astype(dtype)


def close(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    size = np.abs(theirs).max(initial=1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=8 * EPS[theirs.dtype.name] * size)


def both(name, a, *args, **kwargs):
    try:
        expected = getattr(np.fft, name)(a, *args, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        with pytest.raises(TypeError if isinstance(error, TypeError) else (ValueError, IndexError)):
            getattr(mt.fft, name)(mt.asarray(a), *args, **kwargs)
        return
    close(getattr(mt.fft, name)(mt.asarray(a), *args, **kwargs), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ONE)
def test_kinds(name, kind):
    # A power of two: NumPy scales float16 by a number rounded to float16.
    both(name, signal(kind, (3, 9 if name in ("irfft", "hfft") else 16)))


@given(
    name=st.sampled_from(ONE),
    n=st.sampled_from([1, 2, 3, 4, 5, 8, 12, 17, 37, 64, 100, 211]),
    points=st.sampled_from([None, 1, 2, 7, 16, 50, 101]),
    norm=NORMS,
    axis=st.sampled_from([0, 1, 2, -1, -2, -3]),
    kind=st.sampled_from(["float64", "float32", "complex128", "complex64"]),
)
def test_lengths(name, n, points, norm, axis, kind):
    if kind.startswith("complex") and name in ("rfft", "ihfft"):
        kind = "float64"
    shape = [2, 3, 4]
    shape[axis] = n
    both(name, signal(kind, tuple(shape)), points, axis, norm)


@pytest.mark.parametrize("n", [1024, 1009, 4096, 5000, 65537, 99991])
def test_long_lines(n):
    a = signal("float64", (n,))
    for name in ("fft", "rfft"):
        both(name, a)
    close(mt.fft.irfft(mt.fft.rfft(a), n), a)
    close(mt.fft.ifft(mt.fft.fft(a)), a.astype("complex128"))
    mt.fft.forget_plans()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["fft", "rfft", "irfft"])
def test_layouts(name, layout):
    a = LAYOUTS[layout](signal("float64", (6, 5)))
    for axis in (0, 1):
        both(name, a, axis=axis)


@given(
    name=st.sampled_from(SEVERAL),
    shape=st.lists(st.sampled_from([1, 2, 3, 5, 8]), min_size=1, max_size=3).map(tuple),
    data=st.data(),
    norm=NORMS,
)
def test_several_axes(name, shape, data, norm):
    kind = data.draw(st.sampled_from(["float32", "float64"] + ["complex128"] * (not name.startswith("r"))))
    axes = data.draw(
        st.none() | st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=3, unique=True).map(tuple)
    )
    s = data.draw(st.none() | st.lists(st.sampled_from([1, 2, 4, 6, -1]), min_size=1, max_size=3).map(tuple))
    if axes is None and name.endswith("2"):
        axes = (-2, -1)
    if s is not None and axes is None:
        s = None
    both(name, signal(kind, shape), s, axes, norm)


def test_out():
    a = signal("complex128", (4, 6))
    for name, shape, dtype in (
        ("fft", (4, 6), "complex128"),
        ("ifft", (4, 6), "complex64"),
        ("fftn", (4, 6), "complex128"),
        ("irfft", (4, 10), "float64"),
        ("irfftn", (4, 10), "float32"),
        ("hfft", (4, 10), "float64"),
    ):
        for out in (np.empty(shape, dtype), np.empty(shape[::-1], dtype).T, np.empty((8, 30), dtype)[::2, : shape[1]]):
            ours = mt.array(out)[...]
            assert getattr(mt.fft, name)(a, out=ours) is ours
            close(ours, getattr(np.fft, name)(a, out=out))
    real = signal("float64", (4, 6))
    for name in ("rfft", "ihfft", "rfftn"):
        ours = mt.empty((4, 4), dtype="complex128")
        assert getattr(mt.fft, name)(real, out=ours) is ours
        close(ours, getattr(np.fft, name)(real))
    for wrong in (mt.empty((4, 5), dtype="complex128"), mt.empty((4, 6))):
        with pytest.raises((TypeError, ValueError)):
            mt.fft.fft(a, out=wrong)


@pytest.mark.parametrize("axis", [0, 1])
def test_out_is_the_input(axis):
    a = signal("complex128", (30, 40))
    for view in (lambda x: x, lambda x: x.T, lambda x: x[::-1], lambda x: x[:, ::-1]):
        ours = mt.array(a)
        mt.fft.fft(ours, axis=axis, out=view(ours) if view(ours).shape == ours.shape else ours)
        expected = a.copy()
        into = view(expected) if view(expected).shape == a.shape else expected
        into[...] = np.fft.fft(a, axis=axis)
        close(ours, expected)
    ours = mt.array(a)
    close(mt.fft.ifftn(ours, out=ours), np.fft.ifftn(a))
    ours = mt.array(a)
    mt.fft.fft(ours[:-1], axis=axis, out=ours[1:])
    close(ours[1:], np.fft.fft(a[:-1], axis=axis))


def test_nothing_is_zeros():
    same(mt.fft.fft(mt.ones((0, 3)), 4, axis=0), np.zeros((4, 3), "complex128"))
    same(mt.fft.rfft(mt.ones((3, 0)), 4), np.zeros((3, 3), "complex128"))
    same(mt.fft.fftn(mt.ones((0, 3)), axes=(1,)), np.zeros((0, 3), "complex128"))


def test_frequencies():
    for n in (1, 2, 5, 8):
        for d in (1.0, 0.25, 3):
            same(mt.fft.fftfreq(n, d), np.fft.fftfreq(n, d))
            same(mt.fft.rfftfreq(n, d), np.fft.rfftfreq(n, d))
    assert mt.fft.fftfreq(4, dtype="float32", device="cpu").dtype == mt.float32
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError):
            mt.fft.fftfreq(wrong)
    with pytest.raises(ValueError):
        mt.fft.rfftfreq(4, device="elsewhere")


@given(
    shape=st.lists(st.integers(0, 6), min_size=1, max_size=3).map(tuple),
    data=st.data(),
    name=st.sampled_from(["fftshift", "ifftshift"]),
)
def test_shifts(shape, data, name):
    a = np.arange(np.prod(shape, dtype=int), dtype="int16").reshape(shape)
    axes = data.draw(st.none() | st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3).map(tuple))
    same(getattr(mt.fft, name)(mt.asarray(a), axes), getattr(np.fft, name)(a, axes))


def test_errors():
    a = mt.ones((3, 4))
    for call in (
        lambda: mt.fft.fft(a, 0),
        lambda: mt.fft.fft(mt.ones(0)),
        lambda: mt.fft.fft(a, axis=2),
        lambda: mt.fft.fft(mt.ones(())),
        lambda: mt.fft.irfft(mt.ones(1)),
        lambda: mt.fft.fft(a, norm="best"),
        lambda: mt.fft.fftn(a, s=(1, 2, 3), axes=(0, 1)),
        lambda: mt.fft.fft2(mt.ones(4)),
        lambda: mt.fft.rfftn(mt.ones(())),
        lambda: mt.fft.fftshift(a, axes=5),
    ):
        with pytest.raises((ValueError, IndexError)):
            call()
    for call in (lambda: mt.fft.rfft(a * 1j), lambda: mt.fft.fft(a, 2.5), lambda: mt.fft.fftn(a, s=3)):
        with pytest.raises(TypeError):
            call()


def test_what_transforms_need():
    """Beside the result a few lines; in place on the input nothing but them. Plans are counted, and bounded."""
    mt.fft.forget_plans()
    a, out = mt.ones((500, 400), dtype="complex128"), mt.empty((500, 400), dtype="complex128")
    mt.fft.fft2(a)
    gc.collect()
    for call in (
        lambda: mt.fft.fft2(a, out=out),
        lambda: mt.fft.fft2(a, out=a),
        lambda: mt.fft.fft(out, axis=0, out=out),
    ):
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        call()
        assert mt.memory.stats().peak_bytes - before < a.nbytes / 3
    count, size = mt.fft.kept_plans()
    assert count == 2 and 0 < size < 100_000
    before = mt.memory.stats().current_bytes
    for n in range(1, 200):
        mt.fft.fft(mt.ones(n))
    count, kept = mt.fft.kept_plans()
    assert count <= 64 and mt.memory.stats().current_bytes - before == kept - size
    mt.fft.forget_plans()
    assert mt.fft.kept_plans() == (0, 0)


LONG = [16384, 3 << 13, 5**6, 7**5, 2 * 3**9, 12000, 10007, 2 * 8209]
POINTS = {"irfft": lambda n: n // 2 + 1, "hfft": lambda n: n // 2 + 1}


def far(name, a, *args, **kwargs):
    """Long lines: errors count as part of the whole line."""
    theirs = getattr(np.fft, name)(a, *args, **kwargs)
    ours = np.asarray(getattr(mt.fft, name)(mt.asarray(a), *args, **kwargs))
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    assert np.linalg.norm(ours - theirs) <= 2 * EPS[theirs.dtype.name] * np.linalg.norm(theirs)


@pytest.mark.parametrize("n", LONG)
@pytest.mark.parametrize("name", ONE)
def test_lines_in_their_result(name, n):
    for kind in ("float64", "complex128", "float32", "complex64", "int16"):
        if name in ("rfft", "ihfft") and kind.startswith("c"):
            continue
        far(name, signal(kind, (POINTS.get(name, int)(n),)), n)


@given(
    name=st.sampled_from(ONE),
    n=st.sampled_from([8194, 9000, 12288, 15625, 16807]),
    given=st.sampled_from([0, 1, 77, 4500, 8999, 20001]),
    kind=st.sampled_from(["float64", "float32", "complex128", "complex64", "uint8"]),
    norm=NORMS,
    layout=st.sampled_from(["plain", "step", "back", "columns"]),
)
def test_lines_in_pieces(name, n, given, kind, norm, layout):
    if name in ("rfft", "ihfft") and kind.startswith("c"):
        kind = "float64"
    a = signal(kind, (2, given + 1))
    steps = {
        "plain": a,
        "step": np.repeat(a, 2, axis=1)[:, ::2],
        "back": a[::-1, ::-1],
        "columns": np.asfortranarray(a).T,
    }
    far(name, steps[layout], n, axis=0 if layout == "columns" else -1, norm=norm)


def test_long_lines_into_results():
    a = signal("complex128", (3, 12000))
    expected = np.fft.fft(a)
    for out in (mt.zeros((3, 12000), dtype=complex), mt.zeros((12000, 3), dtype=complex).T):
        view = out[:, ::-1]
        assert mt.fft.fft(a, out=view) is view
        close(view, expected)
    for x in (mt.asarray(a.copy()), mt.asarray(a.T.copy()).T):
        mt.fft.fft(x, out=x)
        close(x, expected)
    real = mt.zeros((3, 24000))
    mt.fft.irfft(a, 24000, out=real[:, :])
    close(real, np.fft.irfft(a, 24000))
    before = signal("float64", (30000,))
    x = mt.asarray(before.copy())
    mt.fft.fft(x[6000:], out=x[:24000].view("complex128"), n=12000)
    close(x[:24000].view("complex128"), np.fft.fft(before[6000:], 12000))


def test_long_lines_are_as_exact_as_numpys():
    n = 1 << 14
    a = signal("float64", (n,))
    exact = np.fft.fft(a.astype(np.longdouble))
    assert exact.dtype == np.clongdouble
    for name, of in (("fft", exact), ("rfft", exact[: n // 2 + 1])):
        error = [np.linalg.norm(np.asarray(getattr(m.fft, name)(a)) - of) for m in (mt, np)]
        assert error[0] <= 1.5 * error[1]
