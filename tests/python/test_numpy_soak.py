"""NumPy managed for long and under stress: random work in threads that come and go, forks amidst it, and memory that is
refused at every point of whole programs. `METES_SOAK` is the number of seconds to go on for; without it, a short run of
fixed seeds.
"""

import os
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import collections, gc, os, pickle, io, random, sys, threading, time, warnings
import numpy as np
import metes as mt
m = mt.memory
mt.manage_numpy()
def live():
    gc.collect()
    s = m.stats()
    return s.current_bytes, s.current_count
"""

SOAK = """
class Shared:
    def __init__(self):
        self.lock, self.arrays = threading.Lock(), []
    def put(self, entry):
        with self.lock:
            self.arrays.append(entry)
    def take(self, pick):
        with self.lock:
            return self.arrays.pop(pick.randrange(len(self.arrays))) if self.arrays else None

def entry(pick):
    n, mark = int(10 ** pick.uniform(0, 5.2)), pick.randrange(250)
    how = pick.randrange(5)
    if how == 0:
        a = np.full((n // 10 + 1, 10), mark, "u1").T.astype("f4")
    elif how == 1:
        a = np.fromiter((mark for _ in range(min(n, 2000))), "i2")
    elif how == 2:
        a = np.zeros(n, "f8") + mark
    elif how == 3:
        a = np.full(2 * n, mark, "i4")[::2]
    else:
        a = np.concatenate([np.full(n, mark, "i8"), np.full(7, mark, "i8")])
    return a, mark

def check(found):
    a, mark = found
    assert (a == mark).all(), (a.shape, a.dtype, mark, a.ravel()[:20])

def work(shared, seed, steps):
    pick, own = random.Random(seed), []
    for _ in range(steps):
        how = pick.randrange(30)
        if how == 0:
            m.trim(pick.choice([None, 0, 1 << 20]))
        elif how == 1:
            try:
                with m.fail_after(pick.randrange(6), persistent=pick.random() < 0.5):
                    own.append(entry(pick))
            except MemoryError:
                pass
        elif how == 2:
            with m.budget("2 MiB", name="soak") as budget:
                try:
                    own += [entry(pick) for _ in range(9)]
                except MemoryError:
                    pass
                assert budget.current_bytes <= 2 << 20
        elif how == 3 and own:
            a, mark = own.pop()
            a = np.ascontiguousarray(a).reshape(-1).copy()
            n, before = int(10 ** pick.uniform(0, 6.4)), a.size
            a.resize(n, refcheck=False)
            assert (a[:before] == mark).all() and not a[before:].any()
        elif how == 4:
            a = np.array([pick.random() for _ in range(200)])
            assert (np.diff(np.sort(a, kind=pick.choice(["stable", "quicksort"]))) >= 0).all()
        elif how == 5:
            m.attribution(pick.choice(["counters", "sampled", "site", "stack"]))
        elif how < 12:
            found = shared.take(pick)
            found and check(found)
        elif how < 18 and own:
            shared.put(own.pop(pick.randrange(len(own))))
        elif how < 22 and own:
            check(own.pop())
        else:
            own.append(entry(pick))
    # Half of what it has dies with the thread, which leaves blocks at hand to the next.
    for found in own[::2]:
        shared.put(found)

def in_child(shared, seed):
    # The other threads are not here; what they held at hand must hurt nobody.
    try:
        shared.lock = threading.Lock()
        for found in list(shared.arrays[:20]):
            check(found)
        before = live()
        work(Shared(), seed, 60)
        m.trim()
        m.live()
        m.fragmentation()
        mine = threading.Thread(target=work, args=(Shared(), seed + 1, 60))
        mine.start()
        mine.join()
        gc.collect()
        del shared.arrays[:]
        now = live()
        assert now[1] <= before[1], (before, now)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

def round_of(seed):
    shared, failed = Shared(), []
    def run(seed):
        try:
            work(shared, seed, 120)
        except BaseException as error:
            failed.append((seed, error))
            raise
    for wave in range(3):
        threads = [threading.Thread(target=run, args=(100 * seed + 10 * wave + i,)) for i in range(4)]
        [t.start() for t in threads]
        for i in range(2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
            if pid == 0:
                in_child(shared, seed + i)
            assert os.waitpid(pid, 0)[1] == 0, seed
        [t.join() for t in threads]
        assert not failed, failed
    for found in shared.arrays:
        check(found)
    shared.arrays.clear()

round_of(0)
m.attribution("sampled")
gc.collect()
before, start, seed, seconds = live(), time.monotonic(), 1, float(os.environ.get("METES_SOAK", 0))
resident = []
while seed < 4 or time.monotonic() - start < seconds:
    round_of(seed)
    m.attribution("sampled")
    now = live()
    assert now == before, (seed, before, now)
    m.trim()
    s = m.stats()
    assert s.reserved_bytes <= s.current_bytes * 1.1 + (16 << 20), s
    resident.append(m.rss())
    seed += 1
assert resident[-1] <= 1.5 * resident[0] + (32 << 20), resident
print("rounds", seed)
"""

# Whole programs of NumPy: each gives something that can be compared.
PROGRAMS = """
rng = np.random.default_rng(5)
table = rng.random((400, 6))
labels = rng.integers(0, 9, 400)
text = io.StringIO("\\n".join(f"{i},{i * 0.5},{i % 3}" for i in range(300)))

def grouped():
    order = np.argsort(labels, kind="stable")
    keys, starts = np.unique(labels[order], return_index=True)
    sums = np.add.reduceat(table[order], starts)
    return keys.tolist(), (sums / np.bincount(labels)[keys][:, None]).round(9).tolist()

def fitted():
    x = np.column_stack([np.ones(400), table[:, :4]])
    beta, *_ = np.linalg.lstsq(x, table[:, 4], rcond=None)
    u, s, v = np.linalg.svd(x.T @ x)
    return beta.round(8).tolist(), s.round(6).tolist()

def filtered():
    spectrum = np.fft.rfft(table.ravel())
    spectrum[200:] = 0
    return float(np.fft.irfft(spectrum).std().round(9)), np.convolve(table[:, 0], np.hanning(9)).sum().round(9)

def read():
    text.seek(0)
    rows = np.loadtxt(text, delimiter=",", dtype=[("a", "i4"), ("b", "f8"), ("c", "i1")])
    # Not `rows.sort(order=...)`: where a record cannot be copied to be compared, NumPy goes on with a wrong order.
    rows = rows[np.lexsort((rows["a"], rows["c"]))]
    return rows["b"].cumsum()[::50].tolist(), np.char.add(rows["c"].astype("U3"), "!")[:3].tolist()

def stored():
    out = io.BytesIO()
    np.savez(out, table=table, labels=labels)
    out.seek(0)
    with np.load(out) as found:
        back = pickle.loads(pickle.dumps(found["table"][::2, 1:], protocol=5))
    return back.sum().round(9), np.isin(labels, [1, 2]).sum()

def masked():
    a = np.ma.masked_less(table, 0.3)
    return float(a.mean().round(9)), np.histogram2d(table[:, 0], table[:, 1], bins=5)[0].tolist()

def growing():
    kept = np.empty(0)
    for part in np.array_split(table[:, 2], 13):
        kept = np.append(kept, np.interp(part, [0, 0.5, 1], [0, 2, 3]))
    return np.percentile(kept, [5, 50, 95]).round(9).tolist(), np.polyfit(np.arange(400), kept, 2).round(9).tolist()

most, programs = 60, [grouped, fitted, filtered, read, stored, masked, growing]
"""

FAULTS = """
refused, finished = 0, 0
for program in programs:
    # What libraries keep from then on is there after a few calls.
    expected = [program() for _ in range(3)][-1]
    allocations = m.stats().total_count
    program()
    allocations = m.stats().total_count - allocations
    points = sorted({*range(0, allocations, max(allocations // most, 1)), *range(8), allocations + 5})
    for persistent in (False, True):
        for n in points:
            before = live()
            try:
                with m.fail_after(n, persistent):
                    assert program() == expected
                finished += 1
            except MemoryError:
                refused += 1
            after = live()
            assert after[0] <= before[0] and after[1] <= before[1], (program.__name__, n, before, after)
    assert program() == expected
assert refused > 50 and finished >= 2 * len(programs), (refused, finished)
print(refused, finished)
"""


def run(program, seconds=300):
    """Runs a program in a process of its own; its output."""
    environment = {k: v for k, v in os.environ.items() if k not in ("METES_MANAGE_NUMPY", "METES_MEM_LIMIT")}
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds + float(os.environ.get("METES_SOAK", 0)),
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_threads_that_come_and_go_and_forks_amidst_them():
    assert "rounds" in run(SOAK)


def test_programs_finish_or_say_that_memory_is_refused_and_leave_nothing():
    run(PROGRAMS + FAULTS)
