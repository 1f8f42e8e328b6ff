"""Lazy arrays: the same values as eager ones, a peak known beforehand to the byte, files read once."""

import io
import re
import signal

import metes as mt
import numpy as np
import pytest
from layouts import same


@pytest.fixture
def source(tmp_path):
    """A compressed member of some hundred rows, and the same values in memory."""
    data = np.random.default_rng(0).normal(size=(400, 300)).astype(np.float32)
    path = tmp_path / "data.npz"
    np.savez_compressed(path, data=data, flags=data > 0, row=np.arange(300.0))
    return path, data


def peak_of(plan_or_lazy, *others):
    """The predicted peak, and what the ledger saw while computing."""
    plan = mt.plan(plan_or_lazy, *others)
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    results = mt.compute(plan_or_lazy, *others)
    return plan.peak_bytes, mt.memory.stats().peak_bytes - before, results


BODIES = {
    "arithmetic": lambda m, x: x * 2 - 1,
    "reversed operators": lambda m, x: 1 - 2 / (x + 10),
    "functions": lambda m, x: m.sqrt(m.abs(x)) + m.floor(x),
    "comparison": lambda m, x: (x > 0) & ~(x > 1),
    "index": lambda m, x: x[10:200, ::3] + x[10:200, 1::3],
    "index with numbers": lambda m, x: x[:, 5] * x[:, -1],
    "new axis": lambda m, x: x[:, None, :] + 1,
    "cast": lambda m, x: x.astype("float64") * 3,
    "in-memory operand": lambda m, x: x * (m.arange(300.0) / 300),
    "sum": lambda m, x: x.astype("float64").sum(axis=0),
    "max": lambda m, x: (x * x).max(axis=1),
    "all axes": lambda m, x: x.astype("float64").mean(),
    "keepdims": lambda m, x: x.min(axis=0, keepdims=True),
    "centred": lambda m, x: x - x.astype("float64").mean(axis=0),
    "argmax": lambda m, x: x.argmax(axis=1),
    "any of": lambda m, x: (x > 3).any(axis=0),
    "blocks": lambda m, x: x.reshape(40, 10, 30, 10).astype("float64").mean(axis=(1, 3)),
    "blocks max": lambda m, x: x.reshape(40, 10, 300).max(axis=1),
    "variance": lambda m, x: x.astype("float64").var(axis=0),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("form", ["memory", "member", "npy"])
def test_values_and_peak(source, tmp_path, name, form):
    path, data = source
    if form == "npy":
        np.save(tmp_path / "data.npy", data)
        lazy = mt.open(tmp_path / "data.npy")
    else:
        lazy = mt.open(path)["data"] if form == "member" else mt.lazy(mt.asarray(data))
    expected = BODIES[name](np, data)
    value = BODIES[name](mt, lazy)
    assert isinstance(value, mt.LazyArray)
    assert value.shape == expected.shape
    assert value.dtype == mt.dtype(expected.dtype.name)
    predicted, seen, result = peak_of(value)
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-5, atol=1e-6)
    assert seen == predicted


def test_small_limit_means_small_parts(source):
    path, data = source
    want = data.astype(np.float64).sum(axis=0)
    free = mt.memory.stats().current_bytes
    lazy = mt.open(path)["data"].astype("float64").sum(axis=0)
    wide = lazy.plan().peak_bytes
    with mt.memory.budget("300 KiB"):
        plan = lazy.plan()
        assert plan.peak_bytes <= 300 * 1024 < data.nbytes
        result = lazy.compute()
    assert wide >= plan.peak_bytes
    same(result, want, ulps=64)
    del result
    assert mt.memory.stats().current_bytes == free


def test_results_do_not_depend_on_the_limit(source):
    path, _ = source
    sums = set()
    for limit in ("200 KiB", "300 KiB", "1 MiB", None):
        lazy = mt.open(path)["data"].sum()
        if limit is None:
            sums.add(float(lazy.compute()))
        else:
            with mt.memory.budget(limit):
                sums.add(float(lazy.compute()))
    assert len(sums) == 1


def test_a_limit_too_small_for_one_part(source):
    path, _ = source
    lazy = mt.open(path)["data"].sum(axis=0)
    with mt.memory.budget("2 KiB"), pytest.raises(mt.OutOfMemory, match=r"\d") as refusal:
        lazy.compute()
    assert refusal.value.limit is not None
    assert refusal.value.requested > 0


def test_one_pass_for_several_results(source):
    path, data = source
    lazy = mt.open(path)["data"]
    total, top = lazy.astype("float64").sum(), lazy.max(axis=0)
    text = str(mt.plan(total, top))
    assert re.search(r"\b1 pass\b", text), text
    assert re.search(r"\b2 pass", str(mt.plan(lazy - lazy.mean(axis=0)))), "a mean must be known before it is taken off"
    predicted, seen, (one, two) = peak_of(total, top)
    assert seen == predicted
    np.testing.assert_allclose(float(one), data.astype(np.float64).sum(), rtol=1e-12)
    same(two, data.max(axis=0))


def test_plan_says_what_it_does(source):
    path, _ = source
    plan = mt.open(path)["data"].sum(axis=0).plan()
    text = str(plan)
    assert "sum" in text and "data" in text and "peak" in text
    assert isinstance(plan.peak_bytes, int) and plan.peak_bytes > 0


def test_attributes(source):
    path, data = source
    lazy = mt.open(path)["data"]
    assert (lazy.shape, lazy.ndim, lazy.size, lazy.nbytes) == (data.shape, 2, data.size, data.nbytes)
    assert lazy.dtype == mt.dtype("float32")
    assert "data.npz" in repr(lazy) and "(400, 300)" in repr(lazy)
    assert len(lazy) == 400
    assert lazy.T.shape == (300, 400)
    assert lazy.transpose(1, 0).shape == (300, 400)
    assert lazy[None].shape == (1, 400, 300)
    assert lazy[:1].squeeze().shape == (300,)
    with pytest.raises(ValueError, match=r"lazy|compute"):
        bool(lazy > 0)
    with pytest.raises(TypeError):
        len(lazy.sum())
    with pytest.raises(mt.AxisError):
        lazy.sum(axis=2)
    with pytest.raises(ValueError):
        lazy + mt.ones(7)


def test_numpy_takes_a_lazy_array(source):
    path, data = source
    np.testing.assert_array_equal(np.asarray(mt.open(path)["data"]), data)


def test_compute_into_an_array(source):
    path, data = source
    out = mt.empty((300,), dtype="float32")
    assert mt.open(path)["data"].max(axis=0).compute(out=out) is out
    same(out, data.max(axis=0))
    with pytest.raises(ValueError, match=r"\(300,\)"):
        mt.open(path)["data"].max(axis=0).compute(out=mt.empty(5))


def test_progress_goes_to_stderr_in_few_lines(source, capfd):
    path, _ = source
    mt.compute(mt.open(path)["data"].sum(), progress=True)
    captured = capfd.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert 1 <= len(lines) <= 10
    assert "100" in lines[-1] and "%" in lines[-1]


def test_control_c_stops_a_computation(tmp_path):
    """A signal handler that raises ends the pass, and what the pass held is given back."""
    np.savez_compressed(tmp_path / "long.npz", data=np.zeros((2000, 5000), np.float32))
    lazy = mt.open(tmp_path / "long.npz")["data"]
    for _ in range(20):
        lazy = mt.sin(lazy)
    live = mt.memory.stats().current_bytes
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            lazy.sum().compute()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert mt.memory.stats().current_bytes == live


def test_a_cut_member_fails_in_the_pass(tmp_path):
    whole = io.BytesIO()
    np.savez_compressed(whole, data=np.random.default_rng(0).normal(size=(500, 50)))
    raw = bytearray(whole.getvalue())
    raw[len(raw) // 2] ^= 0xFF
    path = tmp_path / "bad.npz"
    path.write_bytes(raw)
    lazy = mt.open(path)["data"].sum(axis=0)
    with pytest.raises((ValueError, OSError), match=r"bad.npz.*data"):
        lazy.compute()


def test_save_streams(source, tmp_path):
    path, data = source
    target = tmp_path / "out.npy"
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    with mt.memory.budget("300 KiB"):
        mt.save(target, mt.open(path)["data"] * 2)
    assert mt.memory.stats().peak_bytes - before <= 300 * 1024
    np.testing.assert_array_equal(np.load(target), data * 2)
