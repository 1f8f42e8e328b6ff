"""Who holds which array, of Metes and of NumPy, in words that one would write; and no leak where there is none."""

import gc
import random
import sys
import threading
import types

import metes as mt
import numpy as np
import pytest
from metes import memory
from metes._leaks import _rises


@pytest.fixture
def module():
    """A module of the program, which holds arrays."""
    made = types.ModuleType("census_example")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]
    vars(made).clear()


class Slots:
    __slots__ = ("inner",)


class Box:
    def __init__(self, value):
        self.value = value


def holders_of(nbytes):
    """Who holds the arrays of a size that nothing else here has."""
    return [row.holder for row in memory.arrays(None) if row.bytes == nbytes]


MAKERS = pytest.mark.parametrize("make", [mt.zeros, np.zeros], ids=["metes", "numpy"])


@MAKERS
def test_ways_are_what_one_would_write(module, make):
    module.cache = {"a": [None, make(100_003, dtype="int8")]}
    module.box = Box(make(100_005, dtype="int8"))
    module.slot = Slots()
    module.slot.inner = (make(100_007, dtype="int8"),)
    module.plain = make(100_009, dtype="int8")
    expected = {
        100_003: "census_example.cache['a'][1]",
        100_005: "census_example.box.value",
        100_007: "census_example.slot.inner[0]",
        100_009: "census_example.plain",
    }
    assert {size: holders_of(size) for size in expected} == {size: [way] for size, way in expected.items()}


@MAKERS
def test_variables_of_functions_hold(make):
    local = [make(100_011, dtype="int8")]
    assert holders_of(100_011) == ["local[0] in test_variables_of_functions_hold"]
    del local
    assert holders_of(100_011) == []


def test_variables_of_other_threads_and_of_generators_hold():
    ready, go = threading.Event(), threading.Event()

    def work():
        inside = np.zeros(100_013, dtype="int8")
        ready.set()
        go.wait()
        del inside

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    ready.wait()
    ways = holders_of(100_013)
    go.set()
    thread.join()
    assert len(ways) == 1 and "inside in" in ways[0] and "worker" in ways[0]

    def generate():
        inside = np.zeros(100_015, dtype="int8")
        yield 1
        del inside

    generator = generate()
    next(generator)
    ways = holders_of(100_015)
    generator.close()
    assert len(ways) == 1 and ways[0].startswith("generator")


def test_closures_and_object_arrays_hold():
    def outer():
        inside = mt.zeros(100_017, dtype="int8")
        return lambda: inside

    function = outer()
    assert holders_of(100_017) == ["function.closure[0] in test_closures_and_object_arrays_hold"]
    box = np.empty(2, dtype=object)
    box[1] = {"x": mt.zeros(100_025, dtype="int8")}
    (way,) = holders_of(100_025)
    assert way.startswith("box[…]['x']")
    del function, outer, box


@MAKERS
def test_the_census_leaves_nothing_behind(make):
    held = make(100_027, dtype="int8")
    before = sys.getrefcount(held)
    gc.disable()
    try:
        assert holders_of(100_027)
        memory.explain(held)
        memory.pinned()
        assert sys.getrefcount(held) == before
    finally:
        gc.enable()
    assert locals()["held"] is held


@MAKERS
def test_pinned_finds_views_of_both(module, make):
    module.corner = make((1000, 1000))[:2, :2]
    rows = [row for row in memory.pinned() if row.pinned == 8_000_000]
    assert [row.holder for row in rows] == ["census_example.corner"]
    del rows


def test_views_that_together_show_the_block_pin_nothing(module):
    whole = np.zeros((1000, 1000))
    module.parts = [whole[i * 100 : (i + 1) * 100] for i in range(10)]
    del whole
    assert not [row for row in memory.pinned() if row.pinned == 8_000_000]
    del module.parts[1:]
    assert [row.pinned for row in memory.pinned() if row.pinned == 8_000_000] == [8_000_000]


def test_an_explanation_names_the_others_and_what_helps(module):
    module.base = mt.zeros(5000)
    module.views = {"even": module.base[::2]}
    told = memory.explain(module.base)
    assert told.holders == ["census_example.base"]
    assert told.shared == ["census_example.views['even'], shape (2500,)"]
    assert "shares bytes with census_example.views['even']" in str(told)
    module.corner = np.zeros((40, 1000))[1]
    assert "it keeps 312,000 bytes alive that it does not show; copy() lets them go" in str(
        memory.explain(module.corner)
    )
    module.small = mt.ones(1000, dtype="int64")
    assert any("would hold its values in 7,000 bytes less" in line for line in memory.explain(module.small).advice)


def replace(step, state):
    state["x"] = np.zeros(200_000) + step


def temporary(step, state):
    return float((np.ones(200_000) * step + 1).sum())


def full_cache(step, state):
    state.setdefault(step % 3, np.zeros(150_000))


def ring(step, state):
    state[step % 5] = np.zeros(150_000 + step % 5)


def generator(step, state):
    return sum(float(part.sum()) for part in (np.ones(150_000 + i) for i in range(5)))


def metes_too(step, state):
    state["n"] = mt.ones(200_000) * step


def sawtooth(step, state):
    state.setdefault("list", []).append(np.zeros(150_000))
    if len(state["list"]) > 3:
        state["list"].clear()


def threads(step, state):
    thread = threading.Thread(target=temporary, args=(step, state))
    thread.start()
    thread.join()


@pytest.fixture
def managed():
    """NumPy managed, and no marks of others."""
    from metes import _leaks

    was = mt.numpy_is_managed()
    mt.manage_numpy()
    _leaks._marks.clear()
    yield
    _leaks._marks.clear()
    if not was:
        mt.unmanage_numpy()


STEADY = [replace, temporary, full_cache, ring, generator, metes_too, sawtooth, threads]


@pytest.mark.parametrize("body", STEADY, ids=lambda body: body.__name__)
def test_a_steady_loop_raises_no_alarm(module, managed, body):
    module.state = {}
    before = {leak.site for leak in memory.leaks()}
    for step in range(24):
        body(step, module.state)
        memory.mark()
    assert [leak for leak in memory.leaks() if leak.site not in before or leak.kind == "growing"] == []


def test_a_cache_that_fills_and_stays_does_not_grow(module, managed):
    module.cache = []
    for step in range(24):
        if step < 8:
            module.cache.append(np.zeros(200_009))
        memory.mark()
    assert "growing" not in {leak.kind for leak in memory.leaks()}


def test_growth_is_found(module, managed):
    module.grown = []
    for _ in range(10):
        module.grown.append(np.zeros(200_007))
        memory.mark()
    rows = [leak for leak in memory.leaks() if leak.kind == "growing"]
    assert len(rows) == 1 and "apart_census.py" in rows[0].site


def test_chance_seldom_looks_like_growth():
    generator = random.Random(7)
    for length in (6, 10, 20, 40):
        alarms = sum(_rises([generator.randrange(1000) for _ in range(length)]) for _ in range(1000))
        assert alarms <= 20, f"{alarms} of 1000 series of {length}"
    assert _rises(list(range(6))) and _rises([i + generator.random() for i in range(30)])
    assert not _rises([5] * 30) and not _rises(list(range(10, 0, -1)))
