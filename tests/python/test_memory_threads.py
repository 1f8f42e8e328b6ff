"""Many threads at once: right answers, exact counts, no writes lost between disjoint views."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import metes as mt
import numpy as np
import pytest

THREADS = 8


def run(work):
    """Runs `work(k)` in threads that start together; the results in order."""
    gate = threading.Barrier(THREADS)

    def body(k):
        gate.wait()
        return work(k)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(body, range(THREADS)))


def test_expressions_in_threads():
    shared = mt.arange(100_000, dtype="float64")

    def work(k):
        total = 0.0
        for _ in range(5):
            total += float(mt.sum(shared * k + k))
        return total

    base = float(np.arange(100_000.0).sum())
    assert run(work) == [5 * (base * k + k * 100_000) for k in range(THREADS)]


def test_disjoint_views_are_written_in_parallel():
    shared = mt.zeros((THREADS, 20_000))

    def work(k):
        row = shared[k]
        for _ in range(50):
            row += 1

    run(work)
    assert np.asarray(shared).min() == np.asarray(shared).max() == 50


def test_interleaved_views_are_written_in_parallel():
    shared = mt.zeros(THREADS * 5_000)

    def work(k):
        mine = shared[k::THREADS]
        for _ in range(50):
            mine += k

    run(work)
    np.testing.assert_array_equal(np.asarray(shared).reshape(-1, THREADS), [[50.0 * k for k in range(THREADS)]] * 5_000)


def test_conflicting_writers_lose_nothing():
    """Each `+=` is one operation: those of several threads on the same bytes happen one after another."""
    shared = mt.zeros(50_000, dtype="int64")

    def work(_):
        for _ in range(20):
            target = shared[:]
            target += 1

    run(work)
    assert np.asarray(shared).min() == np.asarray(shared).max() == 20 * THREADS


def test_blocks_freed_by_other_threads():
    before = mt.memory.stats()
    slots = [None] * THREADS

    def work(k):
        random = np.random.default_rng(k)
        for _ in range(300):
            slots[int(random.integers(THREADS))] = mt.full(int(random.integers(1, 5_000)), k)

    run(work)
    for slot in slots:
        values = np.asarray(slot)
        assert (values == values[0]).all()
    del slot, values
    slots.clear()
    after = mt.memory.stats()
    assert (after.current_bytes, after.current_count) == (before.current_bytes, before.current_count)
    assert after.total_count - before.total_count == 300 * THREADS


def test_a_limit_holds_among_threads():
    with mt.memory.budget("1 MiB") as scope:
        failed = []

        def work(k):
            for _ in range(200):
                try:
                    block = mt.empty(300_000, dtype="uint8")
                except mt.OutOfMemory:
                    failed.append(k)
                else:
                    del block

        work(0)
        assert not failed
        del scope


def test_the_peak_is_not_lost_among_threads():
    mt.memory.reset_peak()
    start = mt.memory.stats().current_bytes
    gate = threading.Barrier(THREADS)

    def work(_):
        block = mt.empty(1_000_000, dtype="uint8")
        gate.wait()
        return block.nbytes

    run(work)
    assert mt.memory.stats().peak_bytes - start >= THREADS * 1_000_000


def test_the_interpreter_runs_while_metes_works():
    """Long work lets go of the interpreter: another thread's counter moves on meanwhile."""
    ticks, done = [0], threading.Event()

    def tick():
        while not done.is_set():
            ticks[0] += 1

    a = mt.ones((3000, 1000))
    counter = threading.Thread(target=tick)
    counter.start()
    try:
        before = ticks[0]
        for _ in range(3):
            mt.exp(a, out=a)
        assert ticks[0] > before
    finally:
        done.set()
        counter.join()


@pytest.mark.parametrize("depth", [3])
def test_lazy_in_threads(tmp_path, depth):
    data = np.random.default_rng(0).normal(size=(300, 200))
    np.savez_compressed(tmp_path / "x.npz", x=data)
    archive = mt.open(tmp_path / "x.npz")

    def work(k):
        return float((archive["x"] * k).max().compute())

    assert run(work) == [float((data * k).max()) for k in range(THREADS)]


def test_short_and_long_operations_in_turns():
    """Some threads work with the interpreter, others without it, on arrays that all share; counts stay exact."""
    small, large = mt.arange(64.0), mt.ones(80_000)
    view = large[:64]
    before, interval = mt.memory.stats(), sys.getswitchinterval()

    def work(k):
        kept, total = [], 0.0
        for i in range(300):
            if (i + k) % 7 == 0:
                kept.append(large + large)
            kept.append(small[i % 64])
            kept.append(view + small)
            total += float(kept[-1][i % 64]) + sum(float(x) for x in small[:4])
            if len(kept) > 20:
                del kept[:15]
        return total

    sys.setswitchinterval(1e-6)
    try:
        totals = run(work)
    finally:
        sys.setswitchinterval(interval)
    expected = sum(1.0 + i % 64 + 6.0 for i in range(300))
    assert totals == [expected] * THREADS
    after = mt.memory.stats()
    assert (after.current_bytes, after.current_count) == (before.current_bytes, before.current_count)
    made = sum(300 * 3 + 300 * 4 + len([i for i in range(300) if (i + k) % 7 == 0]) for k in range(THREADS))
    assert after.total_count - before.total_count == made
    assert after.freed_count - before.freed_count == made
    assert small.flags.writeable
    small[:] = 0.0
