"""Fused functions: the values of unfused ones, on any number of threads; one trace; a peak known to the byte."""

import threading

import metes as mt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def default_threads():
    yield
    mt.set_num_threads(None)


def zscore(m, x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def softmax(m, x):
    e = m.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_of_all(m, x):
    e = m.exp(x - x.max())
    return e / e.sum()


def softmax_by_column(m, x):
    e = m.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


def scaled_curve(m, x):
    e = m.tanh(x)
    return (e - e.mean(axis=0)) / e.std(axis=0) + e.max(axis=1, keepdims=True) * e


def distances(m, x):
    return ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=-1)


def windows(m, x):
    return (x[2:] + x[1:-1] + x[:-2]) / 3


BODIES = {
    "product and sum": lambda m, x: x * x + 1,
    "root": lambda m, x: m.sqrt(x * x + x.T.copy().T * 2) if m is np else m.sqrt(x * x + x * 2),
    "where": lambda m, x: m.where(x > 0.9, x * 2, -x),
    "cast": lambda m, x: (x * 3).astype("i4") + x.astype("f4"),
    "views": lambda m, x: x[::-1, ::2] - x[:, 1::2].T.T if x.shape[1] % 2 == 0 else x[::-1],
    "sum": lambda m, x: (x + 1).sum(axis=1),
    "all": lambda m, x: (x * x).sum(),
    "first axis": lambda m, x: m.abs(x).max(axis=0),
    "zscore": zscore,
    "softmax": softmax,
    "softmax of all": softmax_of_all,
    "softmax by column": softmax_by_column,
    "scaled curve": scaled_curve,
    "distances": distances,
    "windows": windows,
    "place": lambda m, x: (x * 2).argmin(axis=1),
    "constant": lambda m, x: x * 0 + 7.5,
    "itself": lambda m, x: x,
    "turned": lambda m, x: (x.T + 1).T * 2,
}


def arrays(shape, seed=0):
    x = np.random.default_rng(seed).uniform(0.5, 1.5, size=shape)
    return {
        "dense": x,
        "turned": np.asfortranarray(x),
        "skipped": np.repeat(x, 2, axis=0)[::2],
        "backwards": x[::-1, ::-1].copy()[::-1, ::-1],
        "narrow": x.astype("f4"),
    }


@pytest.mark.parametrize("name", BODIES)
def test_as_numpy_and_as_unfused(name):
    body = BODIES[name]
    fused = mt.fuse(lambda x: body(mt, x))
    for shape in ((6, 8), (40, 50), (1, 6), (3, 2)):
        for x in arrays(shape).values():
            if name == "root" and x.dtype == "f4":
                continue
            expected = body(np, x) if name != "root" else np.sqrt(x * x + x * 2)
            result = fused(mt.asarray(x))
            assert (result.shape, result.dtype.name) == (np.shape(expected), expected.dtype.name)
            tolerance = 1e-5 if expected.dtype == np.float32 else 1e-11
            np.testing.assert_allclose(np.asarray(result), expected, rtol=tolerance, atol=tolerance)


KEPT = ["softmax", "softmax of all", "softmax by column", "scaled curve"]
EXACT = ["product and sum", "where", "cast", "sum", "all", "first axis", "zscore", *KEPT, "distances", "windows"]


@pytest.mark.parametrize("name", EXACT)
def test_the_bits_of_the_unfused_on_any_number_of_threads(name):
    body = BODIES[name]
    x = mt.asarray(np.random.default_rng(1).normal(size=(700, 300) if name != "distances" else (300, 6)))
    expected = np.asarray(body(mt, x)).tobytes()
    fused = mt.fuse(lambda x: body(mt, x))
    for n in range(1, 5):
        mt.set_num_threads(n)
        assert np.asarray(fused(x)).tobytes() == expected


def measured(work):
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    result = work()
    return mt.memory.stats().peak_bytes - before, result


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", BODIES)
def test_the_peak_is_known(name, threads):
    mt.set_num_threads(threads)
    body = BODIES[name]
    fused = mt.fuse(lambda x: body(mt, x))
    for shape in ((6, 8), (500, 400)) if name != "distances" else ((6, 8), (300, 5)):
        for x in arrays(shape).values():
            x = mt.asarray(x)
            plan = fused.plan(x)
            peak, result = measured(lambda x=x: fused(x))
            assert peak == plan.peak_bytes
            passes_on = sum(8 * s[0] for s in [shape]) * 6 + shape[1] * 64
            assert peak <= result.nbytes + threads * (256 << 10) + passes_on
            lazy = body(mt, mt.lazy(x))
            assert measured(lazy.compute)[0] == lazy.plan().peak_bytes


def kept_values(plan):
    return str(plan).count("kept where a result will be")


@pytest.mark.parametrize("name", KEPT)
def test_what_is_folded_is_kept_where_the_result_will_be(name):
    body = BODIES[name]
    fused = mt.fuse(lambda x: body(mt, x))
    for shape in ((80, 60), (3, 4000), (4000, 3), (9000, 1)):
        for x in arrays(shape).values():
            x = mt.asarray(x)
            plan = fused.plan(x)
            assert kept_values(plan) == 1, str(plan)
            before = np.asarray(x).tobytes()
            peak, result = measured(lambda x=x: fused(x))
            assert peak == plan.peak_bytes
            assert np.asarray(result).tobytes() == np.asarray(body(mt, x)).tobytes()
            assert np.asarray(x).tobytes() == before


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_kept_values_past_the_caches(dtype):
    x = mt.asarray(np.random.default_rng(2).normal(size=(2, 2_200_001)).astype(dtype))[:, 1:]
    for body in (softmax, softmax_of_all, softmax_by_column):
        expected = body(mt, x)
        for threads in (1, 2):
            mt.set_num_threads(threads)
            result = mt.fuse(lambda x, body=body: body(mt, x))(x)
            assert bool((result == expected).all())


def test_what_is_not_kept():
    x = mt.asarray(np.random.default_rng(3).normal(size=(80, 100)))
    # Cheap values, values of another dtype or shape, few values, results in an array that exists.
    bodies = (
        lambda x: (x - 1) / (x - 1).sum(),
        lambda x: (mt.exp(x) / mt.exp(x).sum()).astype("f4"),
        lambda x: (x[:, None, :] - mt.exp(x).sum()).sum(axis=1),
    )
    for body in bodies:
        fused = mt.fuse(body)
        assert kept_values(fused.plan(x)) == 0
        np.testing.assert_array_equal(np.asarray(fused(x)), np.asarray(body(x)))
    assert kept_values(mt.fuse(lambda x: softmax(mt, x)).plan(x[:20])) == 0
    expected = softmax(mt, x)
    out = x.copy()
    lazy = softmax(mt, mt.lazy(out))
    assert lazy.compute(out=out) is out
    np.testing.assert_array_equal(np.asarray(out), np.asarray(expected))


def test_kept_values_of_one_of_several_results():
    @mt.fuse
    def both(x):
        e = mt.exp(x - x.max())
        total = e.sum()
        return e / total, total, e * 2

    x = mt.asarray(np.random.default_rng(4).normal(size=(90, 70)))
    plan = both.plan(x)
    peak, (share, total, twice) = measured(lambda: both(x))
    assert peak == plan.peak_bytes
    e = mt.exp(x - x.max())
    for result, expected in ((share, e / e.sum()), (total, e.sum()), (twice, e * 2)):
        assert np.asarray(result).tobytes() == np.asarray(expected).tobytes()


def test_one_trace_for_arrays_alike():
    traces = []

    @mt.fuse
    def body(x, y, factor=2, *, flag=False):
        """Some words."""
        traces.append((x.dtype, factor, flag))
        return -x * factor + y if flag else x * factor + y

    x, y = mt.arange(6.0), mt.ones(6)
    for _ in range(3):
        assert body(x, y).tolist() == [1, 3, 5, 7, 9, 11]
        assert body(x + 1, y=y).tolist() == [3, 5, 7, 9, 11, 13]
    assert len(traces) == 2
    assert body(x, y, 3).tolist() == [1, 4, 7, 10, 13, 16]
    assert body(x, y, 3.0).tolist() == [1, 4, 7, 10, 13, 16]
    assert body(x, y, flag=True).tolist() == [1, -1, -3, -5, -7, -9]
    assert body(x.astype("f4"), y).dtype == y.dtype
    assert body(np.arange(6.0), np.ones(6)).tolist() == body(x, y).tolist()
    assert len(traces) == 6
    assert (body.__name__, body.__doc__) == ("body", "Some words.")


def test_a_kept_plan_holds_no_arguments():
    fused = mt.fuse(lambda x: (x + 1).sum())
    before = mt.memory.stats().current_bytes
    fused(mt.ones(100_000))
    assert mt.memory.stats().current_bytes == before


def test_constants_are_read_when_it_runs():
    weights = mt.ones(3)
    fused = mt.fuse(lambda x: x * weights)
    x = mt.arange(3.0)
    assert fused(x).tolist() == [0, 1, 2]
    weights[1] = 5
    assert fused(x).tolist() == [0, 5, 2]


COPYING = {
    "an argument": lambda m, x: x.T.reshape(-1) + 1,
    "a formula": lambda m, x: (x.T * 2 + x.T).reshape(-1) - 1,
    "a cast": lambda m, x: x.astype("f4").T.reshape(-1),
    "rows of a row": lambda m, x: m.broadcast_to(x[0], x.shape).reshape(-1) * 2,
    "a reduction": lambda m, x: (x.reshape(x.shape[0], 2, -1).sum(axis=0).T.reshape(-1)) ** 2,
    "what is stretched": lambda m, x: m.broadcast_to(x.max(axis=0), x.shape).reshape(-1).sum(),
    "an intermediate": lambda m, x: ((x - x.mean(axis=1, keepdims=True)).T.reshape(x.shape) * x).sum(axis=0),
}


@pytest.mark.parametrize("name", COPYING)
def test_reshapes_that_no_view_can_express(name):
    traces = []

    def traced(x):
        traces.append(x.shape)
        return COPYING[name](mt, x)

    fused = mt.fuse(traced)
    for number, start in enumerate((0.0, 10.0)):
        x = mt.arange(start, start + 1000).reshape(20, 50)
        expected = COPYING[name](mt, x)
        peak, result = measured(lambda x=x: fused(x))
        assert np.array_equal(np.asarray(result), np.asarray(expected))
        assert np.asarray(result).dtype == np.asarray(expected).dtype
        assert len(traces) == 1 or number == 0
        assert fused.plan(x).peak_bytes == peak
        assert measured(COPYING[name](mt, mt.lazy(x)).compute)[0] == peak
    assert peak <= 3 * 8000 + (32 << 10)
    with mt.memory.deny_copies(), pytest.raises(ValueError, match=r"copy of .* denied: reshape: .* shape \("):
        fused(x)


def test_constants_are_copied_when_it_runs():
    weights = mt.zeros((2, 3))
    fused = mt.fuse(lambda x: x + weights.T.reshape(-1))
    lazy = mt.fuse(lambda x: x + mt.lazy(weights).T.reshape(-1))
    x = mt.arange(6.0)
    assert lazy(x).tolist() == [0, 1, 2, 3, 4, 5]
    weights[1, 0] = 5
    assert lazy(x).tolist() == [0, 6, 2, 3, 4, 5]
    assert fused(x).tolist() == [0, 6, 2, 3, 4, 5]


def test_several_results():
    fused = mt.fuse(lambda x: (x.mean(), x.var(), x - 1, x))
    x = np.random.default_rng(0).normal(size=(30, 4))
    for _ in range(2):
        mean, var, less, same = fused(mt.asarray(x))
        np.testing.assert_allclose(float(mean), x.mean())
        np.testing.assert_allclose(float(var), x.var())
        assert np.array_equal(np.asarray(less), x - 1)
        assert np.array_equal(np.asarray(same), x)
        assert not mt.shares_memory(same, mt.asarray(x))
    assert fused.plan(mt.asarray(x)).peak_bytes > 0


def test_arguments_that_share_bytes():
    fused = mt.fuse(lambda x, y: x * 10 + y)
    x = mt.arange(10.0)
    assert fused(x[:5], x[5:]).tolist() == [5, 16, 27, 38, 49]
    assert fused(x[5:], x[:5]).tolist() == [50, 61, 72, 83, 94]
    assert fused(mt.ones(5), mt.zeros(5)).tolist() == [10] * 5


def test_methods_and_nesting():
    class Model:
        factor = 3

        @mt.fuse
        def run(self, x):
            return inner(x) * self.factor

    inner = mt.fuse(lambda x: x + 1)
    assert Model().run(mt.arange(3.0)).tolist() == [3, 6, 9]
    assert inner(mt.lazy(mt.arange(3.0))).compute().tolist() == [1, 2, 3]


def test_control_flow_on_traced_values():
    x = mt.arange(3.0)
    for body in (
        lambda x: x if x.sum() > 1 else -x,
        lambda x: list(x),
        lambda x: x * float(x.sum()),
        lambda x: x[int(x.sum())],
        lambda x: x.compute() + 1,
        lambda x: np.asarray(x) + 1,
    ):
        with pytest.raises(TypeError, match=r"traced|iterated"):
            mt.fuse(body)(x)
    with pytest.raises(TypeError, match="argument 1"):
        mt.fuse(lambda x: bool(x > 1))(x)


def test_errors_name_the_operation():
    def mismatched(x, y):
        return mt.add(x, y)

    with pytest.raises(ValueError, match="add") as raised:
        mt.fuse(mismatched)(mt.ones(3), mt.ones(4))
    assert "mismatched" in "".join(entry.name for entry in raised.traceback)
    for wrong in (None, {"a": 1}):
        with pytest.raises(TypeError, match="returned"):
            mt.fuse(lambda x, wrong=wrong: wrong)(mt.ones(3))
    with pytest.raises(TypeError, match="expected a function"):
        mt.fuse(3)
    with mt.memory.budget(1000), pytest.raises(MemoryError):
        mt.fuse(lambda x: x + 1)(mt.ones(100))


def test_the_plan_says_how():
    fused = mt.fuse(lambda x, y: mt.sqrt(x * x + y * y))
    text = str(fused.plan(mt.ones(300_000), mt.ones(300_000)))
    for word in ("sqrt", "argument 1", "argument 2", "steps", "blocks of", "register", "thread", "peak"):
        assert word in text


OUTS = {
    "itself": lambda a: a,
    "backwards": lambda a: a[::-1],
    "turned": lambda a: a.T,
    "narrow": lambda a: mt.zeros(a.shape, dtype="f4"),
    "apart": lambda a: mt.zeros(a.shape),
}


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("n", [5, 400])
def test_out_may_be_what_is_read(out, n):
    bodies = [
        lambda m, x: x * 2 + 1,
        lambda m, x: x + x.T,
        lambda m, x: x - x.mean(axis=0),
        lambda m, x: x[::-1] * x,
        lambda m, x: softmax(m, x),
    ]
    for body in bodies:
        a = mt.asarray(np.random.default_rng(0).normal(size=(n, n)))
        target = OUTS[out](a)
        expected = body(np, np.array(a)).astype(target.dtype.name)
        lazy = body(mt, mt.lazy(a))
        assert lazy.compute(out=target) is target
        np.testing.assert_allclose(np.asarray(target), expected, rtol=1e-6, atol=1e-6)


def test_out_in_place_needs_no_array():
    a = mt.ones((500, 500))
    lazy = mt.lazy(a) * 2 + 1
    peak, _ = measured(lambda: lazy.compute(out=a))
    assert peak < 1 << 20
    assert float(a.sum()) == 3 * 250_000
    with pytest.raises(ValueError, match="out has shape"):
        lazy.compute(out=mt.ones(3))


def test_calls_from_many_threads():
    fused = mt.fuse(lambda x: (x * 2).sum() + x)
    x = mt.ones(200_000)
    results = []

    def call():
        results.extend(float(fused(x)[0]) for _ in range(10))

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == [400_001.0] * 40


LEAVES = st.sampled_from(["x", "y", "x[::-1]", "y.T", "1.5", "2"])


@st.composite
def formulas(draw, depth=4):
    """A formula over two square arrays."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(LEAVES)
    left = draw(formulas(depth=depth - 1))
    kind = draw(st.sampled_from(["+", "-", "*", "abs", "where", "max", "sum", "cast"]))
    if kind in "+-*":
        return f"({left} {kind} {draw(formulas(depth=depth - 1))})"
    inner = f"(x + {left})"
    return {
        "abs": f"m.abs({inner})",
        "where": f"m.where({inner} > y, {inner}, {draw(formulas(depth=depth - 1))})",
        "max": f"{inner}.max(axis=0)",
        "sum": f"{inner}.sum(axis=1, keepdims=True)",
        "cast": f"{inner}.astype('f4')",
    }[kind]


@given(formulas(), st.integers(1, 3), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_formulas(formula, threads, seed):
    rng = np.random.default_rng(seed)
    x, y = (mt.asarray(rng.integers(-9, 9, size=(12, 12)).astype("f8")) for _ in range(2))
    body = eval(f"lambda m, x, y: (x * 0 + {formula})")
    mt.set_num_threads(threads)
    fused = mt.fuse(lambda x, y: body(mt, x, y))
    expected = body(mt, x, y)
    plan = fused.plan(x, y)
    peak, result = measured(lambda: fused(x, y))
    assert (peak, result.dtype) == (plan.peak_bytes, expected.dtype)
    assert np.asarray(result).tobytes() == np.asarray(expected).tobytes()
