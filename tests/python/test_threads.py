"""Work shared among threads: the same bits on any number of them, after a fork, and in calls from several threads."""

import multiprocessing
import os
import subprocess
import sys
import threading

import metes as mt
import numpy as np
import pytest

N = 300_000


@pytest.fixture(autouse=True)
def default_threads():
    yield
    mt.set_num_threads(None)


def on_threads(work):
    """What `work` gives on 1 to 4 threads, as bytes."""
    results = []
    for n in range(1, 5):
        mt.set_num_threads(n)
        results.append(np.asarray(work()).tobytes())
    return results


def values(*shape):
    return mt.asarray(np.random.default_rng(3).normal(size=shape) * 10.0 ** np.arange(shape[-1] % 7 + 1).sum())


def test_numbers_of_threads():
    before = mt.get_num_threads()
    assert before >= 1
    assert mt.set_num_threads(3) == before
    assert mt.get_num_threads() == 3
    assert mt.set_num_threads(None) == 3
    assert mt.get_num_threads() == before
    for wrong in (0, -2):
        with pytest.raises(ValueError, match="set_num_threads"):
            mt.set_num_threads(wrong)
    with pytest.raises(TypeError):
        mt.set_num_threads("many")


@pytest.mark.parametrize(("text", "expected"), [("3", 3), ("1", 1), ("none", None), ("0", None)])
def test_the_variable(text, expected):
    code = "import metes as mt; print(mt.get_num_threads())"
    env = {**os.environ, "METES_NUM_THREADS": text}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert int(out.stdout) == (expected or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    "work",
    [
        lambda a: a + a,
        lambda a: mt.sqrt(mt.abs(a)) + 1,
        lambda a: (a > 0).astype("i4") + a[::-1],
        lambda a: a.sum(),
        lambda a: a.var(),
        lambda a: a.reshape(-1, 6).mean(axis=0),
        lambda a: a.reshape(-1, 6).sum(axis=1),
        lambda a: a.reshape(6, -1).max(axis=1),
        lambda a: a.reshape(500, -1).T.argmin(axis=0),
        lambda a: a.astype("f4"),
        lambda a: a.reshape(600, 500).T.copy(),
    ],
)
def test_the_same_bits(work):
    a = values(N)
    assert len(set(on_threads(lambda: work(a)))) == 1


def test_warnings_of_other_threads():
    a = mt.ones(N)
    for at in (0, N // 2, N - 1):
        b = mt.ones(N)
        b[at] = 0
        for n in (1, 2, 4):
            mt.set_num_threads(n)
            with pytest.warns(RuntimeWarning, match="divide by zero"):
                a / b


def in_child(queue):
    a = mt.arange(float(N))
    queue.put((float((a + a).sum()), mt.get_num_threads()))


def test_a_forked_child_has_threads_of_its_own():
    a = mt.arange(float(N))
    mt.set_num_threads(4)
    expected = float((a + a).sum())
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=in_child, args=(queue,)) for _ in range(2)]
    for child in children:
        child.start()
    results = [queue.get(timeout=60) for _ in children]
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert results == [(expected, 4)] * 2
    assert float((a + a).sum()) == expected


def test_disjoint_views_are_written_from_many_threads():
    mt.set_num_threads(3)
    whole = mt.zeros((8, N))
    expected = np.arange(8.0)[:, None] + np.arange(float(N))

    def write(i):
        for _ in range(3):
            whole[i] = mt.arange(float(N)) + i

    writers = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert np.array_equal(np.asarray(whole), expected)


def test_a_budget_holds_for_all_threads():
    a = mt.ones((N,), dtype="f4")
    b = mt.ones((N,), dtype="f8")
    mt.set_num_threads(4)
    with mt.memory.budget(N * 8 + 4 * (256 << 10)):
        assert float((a + b)[-1]) == 2.0
    with mt.memory.budget(N * 8 - 1), pytest.raises(MemoryError):
        a + b
    assert float((a + b).sum()) == 2.0 * N


@pytest.mark.parametrize("kind", ["f8", "u1", "c16", "S3", "V24"])
def test_large_copies_are_shared(kind):
    """Dense, transposed, reversed, with gaps, broadcast: the same bytes on any number of threads, and no others."""
    theirs = np.random.default_rng(5).integers(0, 255, (257, 129, 24), dtype="u1")
    theirs = np.ascontiguousarray(np.broadcast_to(theirs[:, :, None, :], (257, 129, 2, 24)))
    theirs = theirs.reshape(257, -1).view(kind if kind != "S3" else "V3").view("V3" if kind == "S3" else kind)
    for laid in (
        theirs,
        theirs.T,
        theirs[::-1],
        theirs[:, ::3].T,
        theirs[::-2, ::-1],
        np.broadcast_to(theirs, (3, *theirs.shape)),
    ):
        raw = laid.view(f"V{laid.itemsize}") if laid.dtype.kind in "fc" else laid
        ours = mt.asarray(raw)
        expected = np.ascontiguousarray(raw).tobytes()
        assert set(on_threads(ours.copy)) == {expected}
        frame = mt.zeros((raw.shape[0] + 2, *raw.shape[1:]), ours.dtype)
        for n in (1, 3):
            mt.set_num_threads(n)
            frame[1:-1] = ours
            assert np.asarray(frame[1:-1]).tobytes() == expected
            assert not any(np.asarray(frame[0]).tobytes()) and not any(np.asarray(frame[-1]).tobytes())


@pytest.mark.parametrize("name", ["exp", "log", "sin", "tanh", "power", "arctan2", "expm1"])
def test_long_functions_are_shared_sooner(name):
    row = getattr(mt, name)
    for n in (16_383, 16_385, 40_001):
        values = np.random.default_rng(n).normal(size=n)
        values[::997] = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, 5e-324][n % 7]
        a, b = mt.asarray(values), mt.asarray(values[::-1].copy())
        with mt.errstate(all="ignore"):
            assert len(set(on_threads(lambda: row(a) if row.nin == 1 else row(a, b)))) == 1  # noqa: B023
            half = mt.zeros(n)
            assert len(set(on_threads(lambda: row(*[a, b][: row.nin], out=half)))) == 1  # noqa: B023
            parts = [row(*[x[i : i + 1000] for x in (a, b)[: row.nin]]) for i in range(0, n, 1000)]
            assert np.concatenate([np.asarray(p) for p in parts]).tobytes() == np.asarray(half).tobytes()


def test_operators_take_part():
    """The short way of dense operands is for what one thread does alone: a long power keeps several busy at once."""
    a = mt.asarray(np.random.default_rng(1).normal(size=1 << 18))
    assert len(set(on_threads(lambda: abs(a) ** a))) == 1
    assert len(set(on_threads(lambda: -a % 3.0))) == 1
    mt.set_num_threads(2)
    threads = set(threading.enumerate())
    tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else None
    b = abs(a) ** a
    assert b.shape == a.shape and set(threading.enumerate()) == threads
    assert tasks is None or len(os.listdir("/proc/self/task")) >= 2


@pytest.mark.parametrize("kind", ["f8", "f4", "c16", "c8", "i8", "i4", "u1"])
@pytest.mark.parametrize(
    "shape", [(260, 250, 240), (3, 700, 900), (900, 700, 3), (1, 2000, 400), (2000, 400, 1), (129, 64, 1030)]
)
def test_products_are_shared(kind, shape):
    """Of matrices in either order, of stacks, into rows and into columns: the same bits on any number of threads."""
    m, k, n = shape
    random = np.random.default_rng(m)
    numbers = [
        random.integers(-9, 9, s).astype(kind) if kind[0] in "iu" else random.normal(size=s).astype(kind)
        for s in ((m, k), (k, n))
    ]
    theirs = numbers[0] @ numbers[1]
    a, b = map(mt.asarray, numbers)
    turned = mt.zeros((n, m), dtype=kind).T
    for work in (
        lambda: a @ b,
        lambda: a.T.copy().T @ b,
        lambda: a @ b.T.copy().T,
        lambda: mt.matmul(a, b, out=turned),
        lambda: mt.stack([a] * 3) @ b,
    ):
        results = on_threads(work)
        assert len(set(results)) == 1
        got = np.frombuffer(results[0], kind)[: m * n].reshape(m, n)
        assert np.allclose(got, theirs, rtol=1e-3 if kind in ("f4", "c8") else 1e-9, atol=1e-3)


def test_stacks_of_small_products_are_shared():
    stack = np.random.default_rng(4).normal(size=(700, 20, 20))
    for kind in ("f8", "f4", "i8", "i2"):
        a = mt.asarray((stack * 100).astype(kind))
        results = on_threads(lambda: a @ a)  # noqa: B023
        assert len(set(results)) == 1
        theirs = np.asarray(a) @ np.asarray(a)
        assert np.allclose(np.frombuffer(results[0], kind).reshape(theirs.shape), theirs, rtol=1e-4, atol=1)


def test_selections_are_shared():
    """Positions, rows, several index arrays, masks, turned and reversed; gathered, and masks also scattered."""
    random = np.random.default_rng(6)
    theirs = random.normal(size=(500, 600))
    flat = theirs.ravel()
    places = random.integers(-flat.size, flat.size, 200_003)
    table = random.integers(0, 500, (300, 301))
    mask = random.random(theirs.shape) < 0.3
    picks = (
        (flat, places),
        (flat[::-3], places[::7] // 4),
        (theirs, places % 500),
        (theirs, (table, table[::-1] % 600)),
        (theirs, (slice(None, None, 40), table)),
        (theirs, mask),
        (theirs.T, mask.T),
        (theirs[:, ::-1], mask),
        (theirs[:, :300], (mask[:, 3])),
        (flat, mask.ravel()),
        (theirs.astype("u1"), mask),
        (theirs.astype("c16"), ~mask),
    )
    for array, index in picks:
        expected = array[index].tobytes()
        ours = mt.asarray(array)
        key = (
            tuple(mt.asarray(i) if isinstance(i, np.ndarray) else i for i in index)
            if isinstance(index, tuple)
            else mt.asarray(index)
        )
        assert set(on_threads(lambda: ours[key])) == {expected}  # noqa: B023
        if not isinstance(index, tuple) and index.dtype == bool:
            for value in (7, mt.asarray(array[index][::-1].copy())):
                wanted = array.copy()
                wanted[index] = np.asarray(value)

                def stored(value=value, ours=ours, key=key):
                    target = ours.copy()
                    target[key] = value
                    return target

                assert set(on_threads(stored)) == {np.ascontiguousarray(wanted).tobytes()}


def test_the_first_index_out_of_bounds_is_named():
    a = mt.arange(1000)
    places = np.zeros(400_000, "i8")
    places[[150_000, 390_000]] = [1234, 5678]
    for n in (1, 2, 4):
        mt.set_num_threads(n)
        with pytest.raises(IndexError, match="1234"):
            a[mt.asarray(places)]


@pytest.mark.parametrize("name", ["sum", "mean", "var", "max", "min", "argmax", "argmin", "prod"])
@pytest.mark.parametrize("shape", [(700, 900), (3000, 130), (150, 5000), (40, 30, 400)])
def test_columns_are_folded_alike(name, shape):
    """Many rows at once or few, with NaN, equal values and zeros of both signs; positions are of the first."""
    values = np.random.default_rng(shape[0]).integers(-4, 5, shape).astype("f8")
    values[values == 0] *= -1
    values[-3, 5] = np.nan
    for kind in ("f8", "f4"):
        a = mt.asarray(values.astype(kind))
        with mt.errstate(all="ignore"):
            results = on_threads(lambda: getattr(mt, name)(a, axis=0))  # noqa: B023
        assert len(set(results)) == 1
        with np.errstate(all="ignore"):
            theirs = getattr(np, name)(values.astype(kind), axis=0)
        got = np.frombuffer(results[0], theirs.dtype).reshape(theirs.shape)
        assert np.allclose(got, theirs, rtol=1e-4 if kind == "f4" else 1e-12, equal_nan=True)


@pytest.mark.parametrize(
    "name", ["nansum", "nanmean", "nanvar", "nanmax", "nanmin", "nanargmax", "nanargmin", "nanprod"]
)
def test_reductions_without_nan_are_shared(name):
    """Few NaN, many, whole leaves of them; what is left out keeps its place, so that threads may begin anywhere."""
    random = np.random.default_rng(8)
    for share in (0.0, 0.001, 0.5, 0.97):
        theirs = random.normal(size=N) * 10.0 ** random.integers(-3, 3, N)
        theirs[random.random(N) < share] = np.nan
        theirs[1000:70_000] = np.nan
        a = mt.asarray(theirs)
        for work in (lambda x: x, lambda x: x[::-1], lambda x: x.reshape(3, -1)[:, 1:]):
            with mt.errstate(all="ignore"), np.errstate(all="ignore"):
                results = on_threads(lambda: getattr(mt, name)(work(a)))  # noqa: B023
                expected = getattr(np, name)(work(theirs))
            assert len(set(results)) == 1
            got = np.frombuffer(results[0], expected.dtype)[0]
            assert np.isclose(got, expected, rtol=1e-9, atol=1e-9)


def test_sums_under_masks_are_shared():
    random = np.random.default_rng(9)
    theirs = random.normal(size=(3, N // 3))
    for share in (0.0, 0.01, 0.5, 1.0):
        mask = random.random(theirs.shape) < share
        mask[:, 500:2000] = False
        a, where = mt.asarray(theirs), mt.asarray(mask)
        for axis in (None, 0, 1):
            results = on_threads(lambda: mt.sum(a, axis=axis, where=where))  # noqa: B023
            assert len(set(results)) == 1
            expected = np.sum(theirs, axis=axis, where=mask)
            assert np.allclose(np.frombuffer(results[0]), expected)


@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "c16"])
def test_results_beyond_the_caches(kind):
    """Results from 16 MiB on are written in another way: every byte of them, wherever they begin, and no other."""
    n = (17 << 20) // np.dtype(kind).itemsize
    theirs = np.random.default_rng(10).integers(0, 100, n + 3).astype(kind)
    a = mt.asarray(theirs).copy()
    works = (
        lambda m, x: x + x,
        lambda m, x: x[3:] + x[:-3],
        lambda m, x: x[::-1] + 1,
        lambda m, x: x.copy(),
        lambda m, x: m.concatenate([x[: n // 2], x, x[1:]]),
        lambda m, x: x[: n // 17 * 17].reshape(17, -1)[:, 1:].copy(),
        lambda m, x: m.where(x > 50, x, x[:1]),
        lambda m, x: x * 3,
        lambda m, x: 3 + x,
        lambda m, x: m.maximum(x, 50) if kind == "c16" else m.clip(x, 10, 60),
        lambda m, x: x[: n // 17 * 17].reshape(17, -1) + x[:17, None],
        lambda m, x: x[: n // 400 * 400].reshape(-1, 400) + x[: n // 400, None],
    )
    for work in works:
        expected = np.ascontiguousarray(work(np, theirs))
        for threads in (1, 2):
            mt.set_num_threads(threads)
            assert np.array_equal(np.asarray(work(mt, a)), expected)
    frame = mt.zeros(n + 13, dtype=kind)
    for at in (1, 5):
        frame[...] = 0
        mt.add(a[:n], a[3:], out=frame[at : n + at])
        got = np.asarray(frame)
        assert not got[:at].any() and not got[n + at :].any()
        assert np.array_equal(got[at : n + at], theirs[:n] + theirs[3:])
    converted = np.asarray(a.astype("f8"))
    assert np.array_equal(converted, theirs.astype("f8")) if kind != "c16" else converted.size
