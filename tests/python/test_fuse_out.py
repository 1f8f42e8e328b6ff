"""Fused functions that write to arrays which exist, and sliding windows within them, beside NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metes.lib.stride_tricks import sliding_window_view as sliding

numpy_sliding = np.lib.stride_tricks.sliding_window_view


def measured(work):
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    work()
    return mt.memory.stats().peak_bytes - before


PLACES = {
    "apart": lambda x: mt.zeros(x.shape),
    "itself": lambda x: x,
    "backwards": lambda x: x[::-1],
    "turned": lambda x: x.T,
    "narrow": lambda x: mt.zeros(x.shape, dtype="f4"),
    "skipped": lambda x: mt.zeros((2 * x.shape[0], x.shape[1]))[::2],
}
BODIES = {
    "elementwise": lambda m, x: x * 2 + x,
    "turned": lambda m, x: x + x.T,
    "softmax": lambda m, x: m.exp(x - x.max()) / m.exp(x - x.max()).sum(),
    "centred": lambda m, x: x - x.mean(axis=0),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("n", [4, 90])
def test_results_go_where_they_are_wanted(body, place, n):
    work = BODIES[body]
    fused = mt.fuse(lambda x: work(mt, x))
    for _ in range(2):
        x = mt.asarray(np.random.default_rng(n).uniform(0.5, 1.5, size=(n, n)))
        out = PLACES[place](x)
        expected = work(np, np.asarray(x).copy()).astype(out.dtype.name)
        plan = fused.plan(x, out=out)
        assert measured(lambda x=x, out=out, fused=fused: fused(x, out=out)) == plan.peak_bytes
        np.testing.assert_allclose(np.asarray(out), expected, rtol=1e-5 if out.dtype == "f4" else 1e-12)


def test_out_is_returned_and_needs_no_array():
    axpy = mt.fuse(lambda a, b, c: a * b + c)
    a, b, c, out = (mt.ones(100_000) * i for i in range(4))
    assert axpy(a, b, c, out=out) is out
    assert axpy.plan(a, b, c, out=out).peak_bytes < mt.get_num_threads() * (256 << 10)
    assert axpy(a, b, c, out=c) is c
    np.testing.assert_array_equal(np.asarray(c), np.asarray(out))
    assert axpy(a, b, c, out=None) is not c


def test_the_function_is_traced_once_for_all_places():
    traces = []

    @mt.fuse
    def double(x):
        traces.append(1)
        return x * 2

    x = mt.arange(6.0)
    for out in (mt.zeros(6), mt.zeros(6, dtype="i4"), mt.zeros(12)[::2]):
        np.testing.assert_array_equal(np.asarray(double(x, out=out)), np.arange(6) * 2)
    assert double(x).tolist() == [0, 2, 4, 6, 8, 10]
    assert len(traces) == 1


def test_several_results():
    both = mt.fuse(lambda x: (x + 1, x.sum()))
    x, first, second = mt.arange(5.0), mt.zeros(5), mt.zeros(())
    outs = (first, second)
    assert both(x, out=outs) is outs
    assert (first.tolist(), second.item()) == ([1, 2, 3, 4, 5], 10)
    assert both(x, out=(x, second)) == (x, second)
    assert (x.tolist(), second.item()) == ([1, 2, 3, 4, 5], 10)


def test_a_parameter_out_is_the_functions_own():
    @mt.fuse
    def shifted(x, *, out):
        return x + out

    assert shifted(mt.ones(2), out=mt.ones(2)).tolist() == [2, 2]


def test_what_cannot_be_written():
    @mt.fuse
    def double(x):
        return x * 2

    x = mt.arange(4.0)
    fixed = mt.zeros(4)
    fixed.flags.writeable = False
    for out, error, words in (
        (mt.zeros(5), ValueError, r"double.*\(5,\).*\(4,\)"),
        (fixed, ValueError, "read-only"),
        ([1, 2, 3, 4], TypeError, "return arrays must be"),
        ((mt.zeros(4), mt.zeros(4)), TypeError, "double: out= has 2 arrays for 1 result"),
    ):
        with pytest.raises(error, match=words):
            double(x, out=out)
        with pytest.raises(error, match=words):
            double.plan(x, out=out)
    with pytest.raises(TypeError, match="2 results, in a tuple"):
        mt.fuse(lambda x: (x, x))(x, out=fixed.copy())
    with pytest.raises(TypeError, match="compute"):
        double(mt.lazy(x), out=mt.zeros(4))
    assert x.tolist() == [0, 1, 2, 3]


WINDOWED = {
    "mean": lambda view, x, n: view(x, n, axis=0).mean(axis=-1),
    "extremes": lambda view, x, n: view(x, n, axis=0).max(axis=-1) - view(x, n, axis=0).min(axis=-1),
    "of what is computed": lambda view, x, n: view(x * x + 1, n, axis=0).sum(axis=-1),
    "weighted": lambda view, x, n: (view(x, n, axis=0) * (np.arange(n) + 1.0)).sum(axis=-1),
    "both axes": lambda view, x, n: view(x, (n, 2)).sum(axis=(-1, -2)),
    "the same axis twice": lambda view, x, n: view(x, (n, 2), axis=(0, 0)).sum(axis=(-1, -2)),
    "of sums": lambda view, x, n: view(x.sum(axis=1), n).std(axis=-1),
    "turned": lambda view, x, n: view(x.T, n, axis=1).sum(axis=0),
}


def of(name, view, x, n):
    weights = np.arange(n) + 1.0
    if name == "weighted" and not isinstance(x, np.ndarray):
        return (view(x, n, axis=0) * mt.asarray(weights)).sum(axis=-1)
    return WINDOWED[name](view, x, n)


@given(st.sampled_from(sorted(WINDOWED)), st.integers(1, 7), st.integers(0, 60), st.integers(2, 5), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_windows(name, length, more, columns, seed):
    x = np.random.default_rng(seed).normal(size=(length + 1 + more, columns))
    expected = of(name, numpy_sliding, x, length)
    result = mt.fuse(lambda x: of(name, sliding, x, length))(mt.asarray(x))
    assert result.shape == expected.shape
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-11, atol=1e-11)
    lazy = of(name, sliding, mt.lazy(mt.asarray(x)), length)
    assert np.asarray(lazy.compute()).tobytes() == np.asarray(result).tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_windows_need_no_array(threads):
    mt.set_num_threads(threads)
    try:
        x = mt.asarray(np.random.default_rng(0).normal(size=100_000))
        for body in (
            lambda x: sliding(x, 50).mean(axis=-1),
            lambda x: (sliding(x, 50) * 2 + 1).max(axis=-1),
            lambda x: sliding(mt.sqrt(x * x), 7).sum(axis=-1) * 2,
        ):
            fused = mt.fuse(body)
            plan = fused.plan(x)
            peak = measured(lambda fused=fused: fused(x))
            assert peak == plan.peak_bytes
            assert peak <= 2 * x.nbytes + threads * (256 << 10)
    finally:
        mt.set_num_threads(None)


def test_windows_that_are_not_there(tmp_path):
    lazy = mt.lazy(mt.zeros((5, 4)))
    with pytest.raises(ValueError, match="larger than input"):
        sliding(lazy, 6, axis=0)
    with pytest.raises(ValueError, match="negative"):
        sliding(lazy, -1, axis=0)
    with pytest.raises(mt.AxisError, match="sliding_window_view: axis 2"):
        sliding(lazy, 2, axis=2)
    path = tmp_path / "rows.npy"
    np.save(path, np.arange(20.0).reshape(5, 4))
    rows = mt.open(path)
    with pytest.raises(NotImplementedError, match="parts in which the file is read"):
        sliding(rows, 2, axis=0)
    np.testing.assert_array_equal(
        np.asarray(sliding(rows, 2, axis=1).sum(axis=-1).compute()),
        numpy_sliding(np.arange(20.0).reshape(5, 4), 2, axis=1).sum(axis=-1),
    )
