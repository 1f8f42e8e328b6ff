"""Large arrays that come and go: their blocks are handed out again at once, and the books tell it as it is."""

import subprocess
import sys

import metes as mt
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from metes import memory

KIB = 1 << 10
SIZES = [
    20 * KIB,
    32 * KIB,
    32 * KIB + 1,
    40 * KIB,
    80_000,
    81_000,
    96 * KIB,
    200 * KIB,
    500 * KIB,
    512 * KIB,
    600 * KIB,
]
STEPS = st.lists(st.tuples(st.sampled_from(["empty", "zeros", "copy", "drop", "trim", "limit"]), st.integers(0, 999)))


def cached_runs():
    return sum(run[1] for run in mt._native._memory_runs(10_000) if run[2] == "cached")


@given(STEPS)
def test_no_two_share_bytes_and_the_sums_are_right(steps):
    memory.trim()
    before, begin, held = memory.get_limit(), memory.stats(), []
    try:
        for number, (step, pick) in enumerate(steps):
            size = SIZES[pick % len(SIZES)]
            if step == "empty":
                held.append((mt.empty(size, dtype="uint8"), number % 251))
                held[-1][0][...] = number % 251
            elif step == "zeros":
                held.append((mt.zeros(size, dtype="uint8"), 0))
                assert not np.asarray(held[-1][0]).any()
            elif step == "copy" and held:
                held.append((held[pick % len(held)][0].copy(), held[pick % len(held)][1]))
            elif step == "drop" and held:
                held.pop(pick % len(held))
            elif step == "trim":
                memory.trim()
                assert cached_runs() == 0
            elif step == "limit":
                # What waits to be used again makes way.
                memory.set_limit(memory.stats().reserved_bytes + 4096)
                wanted = memory.stats().cached_bytes - 64 * KIB
                if wanted > 0:
                    held.append((mt.full(wanted, number % 251, dtype="uint8"), number % 251))
                memory.set_limit(before)
            now = memory.stats()
            assert now.current_bytes - begin.current_bytes == sum(a.nbytes for a, _ in held)
            assert now.current_count - begin.current_count == len(held)
            assert now.cached_bytes <= now.reserved_bytes
            assert cached_runs() <= now.cached_bytes
        for array, value in held:
            assert (np.asarray(array) == value).all()
    finally:
        memory.set_limit(before)


def test_one_that_was_dropped_is_handed_out_again():
    memory.trim()
    a = mt.empty(10_000)
    address, begin = a.__array_interface__["data"][0], memory.stats()
    del a
    after = memory.stats()
    assert (after.cached_bytes - begin.cached_bytes, after.reserved_bytes) == (80 * KIB, begin.reserved_bytes)
    assert [run for run in mt._native._memory_runs(10_000) if run[0] == address] == [(address, 80 * KIB, "cached")]
    b = mt.empty(9_900)
    assert b.__array_interface__["data"][0] == address
    now = memory.stats()
    assert now.cached_bytes == begin.cached_bytes
    assert now.reused_bytes - begin.reused_bytes == 79_200


MANY = """
import metes as mt
floor = mt.memory.stats().reserved_bytes
for size in range(40 << 10, 500 << 10, 4 << 10):
    a = mt.ones(size, dtype="uint8")
    del a
print(mt.memory.stats().reserved_bytes - floor)
"""


def test_a_program_sets_no_more_aside_than_it_used_at_once():
    done = subprocess.run([sys.executable, "-c", MANY], capture_output=True, text=True, timeout=120)
    # The last one, rounded, and what was set aside for small ones.
    assert int(done.stdout) <= 640 * KIB, done.stderr


OLD = """
import time
import metes as mt
from metes import memory
memory.set_decay(1)
for n in range(5):
    kept = [mt.ones(50_000 + 10_000 * k) for k in range(4)]
    del kept
before = memory.stats().cached_bytes
assert before >= 4 * 400_000, before
end = time.monotonic() + 60
while memory.stats().cached_bytes >= before // 2:
    assert time.monotonic() < end
    time.sleep(0.3)
    a = mt.ones(5_000)
    del a
memory.set_decay(0)
a = mt.ones(10_000)
del a
assert memory.stats().cached_bytes < 64 << 10, memory.stats()
print("gone")
"""


def test_what_nobody_wants_goes_back_while_others_are_used():
    done = subprocess.run([sys.executable, "-c", OLD], capture_output=True, text=True, timeout=120)
    assert done.stdout == "gone\n", done.stderr


NUMPY = """
import metes as mt, numpy as np
from metes import memory
mt.manage_numpy()
kept = [mt.ones(60_000) for _ in range(6)]
memory.trim()
memory.set_limit(memory.stats().reserved_bytes + (1 << 20))
del kept
a = np.ones(350_000)
try:
    np.ones(350_000)
except MemoryError:
    print("refused")
"""


def test_what_waits_makes_way_for_arrays_of_numpy():
    done = subprocess.run([sys.executable, "-c", NUMPY], capture_output=True, text=True, timeout=120)
    assert done.stdout == "refused\n", done.stderr
