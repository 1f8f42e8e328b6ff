"""What is told of NumPy's arrays: why it copied, which temporaries were for nothing, why memory was refused."""

import subprocess
import sys

import pytest
from metes import _made, _temporaries
from test_under_numpy import run

LINES = {
    "a.T.reshape(-1)": "reshape",
    "np.reshape(a.T, -1)": "reshape",
    "a.T.ravel()": "ravel",
    "np.ravel(a.T, order='C')": "ravel",
    "a[rows]": "index",
    "a[1:, rows]": "index",
    "a.take(rows, axis=0)": "index",
    "np.ascontiguousarray(a.T)": "order",
    "np.require(a.T, requirements=['C'])": "order",
    "np.asarray(a.T, **{'order': 'C'})": "conversion",
    "a.astype('f4')": "explicit",
    "a.copy()": "explicit",
    "np.array(a)": "explicit",
    "(a.T if rows else a).flatten()": "explicit",
    "(a\n .T\n .reshape(-1))": "reshape",
    "(lambda b: b.T.reshape(-1))(a)": "reshape",
}
NO_COPIES = ["a + 1", "np.zeros((300, 300))", "a.sum(axis=0, keepdims=True) * a", "np.sqrt(a)", "a[1:]", "a.T", "-a"]


def test_numpys_copies_are_told_from_its_results():
    run(
        """
        mt.manage_numpy()
        a, rows = np.ones((300, 300)), [1] * 100
        for line, reason in LINES.items():
            m.forget_copies()
            kept = eval(line)
            told = {row.name: (row.bytes, row.count) for row in m.copies()}
            assert told == {reason: (kept.nbytes, 1)}, (line, told)
            assert "<string>" in m.copies("site")[0].name, m.copies("site")
        for line in NO_COPIES:
            m.forget_copies()
            kept = eval(line)
            assert m.copies() == [], (line, m.copies())
        def loop():
            for _ in range(5):
                a.T.reshape(-1)
        m.forget_copies(); loop(); loop()
        assert [(row.name, row.count) for row in m.copies()] == [("reshape", 10)]
        loop()
        assert [(row.name, row.count) for row in m.copies()] == [("reshape", 15)]
        assert [row.name.split()[-1] for row in m.copies("site")] == ["loop"]
        m.attribution("counters")
        loop()
        assert [(row.name, row.count) for row in m.copies()] == [("reshape", 15)]
        """.replace("LINES", repr(LINES)).replace("NO_COPIES", repr(NO_COPIES))
    )


def test_a_capture_has_numpys_copies(tmp_path):
    script, capture = tmp_path / "copies.py", tmp_path / "copies.metes"
    script.write_text("import numpy as np\na = np.ones((400, 400))\nfor _ in range(4):\n    b = a.T.reshape(-1)\n")
    run(None, "-m", "metes", "run", "--quiet", "--profile", str(capture), str(script))
    done = run(None, "-m", "metes", "report", str(capture), "copies")
    assert "4 reshape" in done.stdout and "copies.py:4 <module>" in done.stdout, done.stdout


def test_an_instruction_that_is_not_in_the_code_makes_no_copies():
    assert _made.reason_of(run.__code__, 10**6) is None
    assert {_made.reason_of(run.__code__, at) for at in range(0, 200, 2)} <= {None}


def test_large_arrays_grow_within_a_limit_that_holds_one_of_them():
    run("""
        mt.manage_numpy()
        m.trim()
        room = m.stats().reserved_bytes
        m.set_limit(room + (64 << 20))
        before = live()
        a = np.arange(5 << 20)
        a.resize(7 << 20, refcheck=False)
        assert a[(5 << 20) - 1] == (5 << 20) - 1 and a[12345] == 12345 and not a[5 << 20 :].max()
        try:
            a.resize(9 << 20, refcheck=False)
        except MemoryError:
            assert "limit" in m.last_refusal() and a.size == 7 << 20 and a[12345] == 12345
        else:
            raise AssertionError
        del a
        # It grows by half each time.
        b = np.fromiter(iter(range(4 << 20)), "i8")
        assert b[-1] == (4 << 20) - 1
        del b
        assert live() == before
        m.set_limit(None)
    """)


def test_a_refusal_for_small_views_says_so():
    run("""
        mt.manage_numpy(limit="64 MiB")
        for make, error in ((np.ones, MemoryError), (mt.ones, mt.OutOfMemory)):
            pin = make(4 << 20)[:10]
            try:
                make(5 << 20)
            except error as refusal:
                assert refusal.cause == "pinned", refusal
                text = str(refusal)
                assert "cause: pinned; copy the small views" in text and "for 80 in __main__.pin" in text, text
                assert text.count("cause: ") == 1
                del pin
                assert refusal.cause == "pinned"
            else:
                raise AssertionError
            # Without it the request fits; with a whole array in its place it is the budget, as where it never fits.
            assert make(5 << 20).sum() == 5 << 20
            held = make(4 << 20)
            for size in (5 << 20, 9 << 20):
                try:
                    make(size)
                except error as refusal:
                    assert refusal.cause == "budget", refusal
                else:
                    raise AssertionError
            del held
        pin = np.ones(4 << 20)[:10]
        with m.budget("1 MiB", name="b"):
            try:
                np.ones(1 << 20)
            except MemoryError as refusal:
                # What a budget was charged for is not what the view keeps.
                assert refusal.cause == "budget", refusal
    """)


def test_a_refusal_for_gaps_says_so():
    run("""
        mt.manage_numpy()
        m.trim()
        room = m.stats().reserved_bytes
        small = [np.ones(200) for _ in range(40_000)][::7]
        m.trim()
        m.set_limit(room + (24 << 20))
        live_bytes = m.stats().current_bytes
        try:
            big = np.ones((room + (24 << 20) - live_bytes - (2 << 20)) // 8)
        except MemoryError as refusal:
            assert refusal.cause == "fragmented", refusal
            assert "free what lies between" in str(refusal)
        else:
            raise AssertionError
        gaps = m.fragmentation()
        assert gaps.gap_bytes > 10 << 20 and gaps.unusable_for(1 << 20) == 1 and gaps.unusable_for(1000) < 0.5, gaps
        assert gaps.runs == sorted(gaps.runs, reverse=True) and sum(gaps.runs) >= gaps.gap_bytes - (1 << 20)
        assert 0 < gaps.inequality < 1 and 0 < gaps.external < 1 and 0 <= gaps.unusable <= 1
        assert "free runs" in str(gaps)
    """)


def test_errors_without_words_are_explained_where_nobody_catches_them():
    program = """
        mt.manage_numpy(limit="8 MiB")
        def grow():
            np.ones(10).resize(10**7, refcheck=False)
        thread = threading.Thread(target=grow)
        thread.start()
        thread.join()
        grow()
    """
    said = run(program, code=1).stderr
    assert said.count("refused: limit 8.0 MiB") == 2, said
    run("""
        before = sys.excepthook, threading.excepthook
        mt.manage_numpy()
        mt.manage_numpy()
        mt.unmanage_numpy()
        assert (sys.excepthook, threading.excepthook) == before
        mt.manage_numpy()
        theirs = lambda *_: None
        sys.excepthook = theirs
        mt.unmanage_numpy()
        assert sys.excepthook is theirs and threading.excepthook is before[1]
    """)


def test_temporaries_of_a_block_of_code(tmp_path):
    script = tmp_path / "watched.py"
    script.write_text(
        """
import numpy as np
import metes as mt
m = mt.memory
mt.manage_numpy()
a = b = np.ones(100_000)
def other():
    return float((a + 1).sum())
other()
with m.watch_temporaries() as seen:
    assert seen == []
    for _ in range(10):
        total = float((np.sqrt(a) * 2 + np.exp(b)).sum())
    for _ in range(10):
        np.add(a, 1)
lines = {row.expression: row for row in seen}
assert len(seen) == 2, seen
many = lines["total = float((np.sqrt(a) * 2 + np.exp(b)).sum())"]
assert (many.count, many.bytes, many.fused) == (20, 16_000_000, 16_000_000), many
assert many.saving == many.fused and "fuse" in many.remedy
assert 0 < many.with_out < many.bytes and 0 <= many.in_place < many.bytes, many
one = lines["np.add(a, 1)"]
assert one.count >= 8 and one.with_out == one.bytes - 800_000 == one.saving, one
assert m.temporaries()[0].bytes >= many.bytes and "less)" in str(seen)
"""
    )
    run(None, str(script))


@pytest.mark.parametrize(
    ("line", "operations", "kept"),
    [
        ("r = a * 2.0 + np.sqrt(b * 3.0) - c * a", 6, 2),
        ("return a + b", 1, 1),
        ("if (a > 0).all():", 2, 1),
        ("for x in a * 2:", 1, 1),
        ("(a + b) * (c + d) / ((e - f) * (g - h))", 7, 3),
        ("not python at all (", 0, 0),
    ],
)
def test_a_line_is_a_tree_of_operations(line, operations, kept):
    tree = _temporaries._Tree(line, 100)
    assert (tree.operations, tree.kept) == (operations, kept)


def test_the_module_works_without_numpy():
    program = """
import sys
sys.modules["numpy"] = None
import metes as mt
assert mt.memory.copies() is not None and mt.memory.temporaries() == [] and mt.memory.fragmentation().unusable >= 0
try:
    with mt.memory.budget(1000, name="b"):
        mt.zeros(1000)
except mt.OutOfMemory as error:
    assert error.cause == "budget" and error.requested == 8000 and "cause: budget" in str(error)
    assert mt.OutOfMemory("x").cause is None and str(mt.OutOfMemory("x")) == "x"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


BUDGETS = """
import asyncio, contextlib
if MANAGED:
    mt.manage_numpy()
made = np.ones if MANAGED else mt.ones
async def hold(n, pause):
    with m.budget("5 MiB", name=f"task{n}") as b:
        kept = [made(100_000)]
        await asyncio.sleep(pause)
        kept.append(made(100_000) + 1)
        kept.append(await asyncio.to_thread(made, 100))
        seen = b.current_bytes
        try:
            made(1_000_000)
        except MemoryError as error:
            assert f'budget "task{n}"' in str(error), error
        else:
            raise AssertionError
        return seen, kept
async def child(b):
    kept = made(1000)
    assert b.current_bytes == 8000
    await asyncio.sleep(0.02)
    return kept, made(10)
async def main():
    for bytes_of, _ in await asyncio.gather(*(hold(i, 0.01 * (3 - i)) for i in range(3))):
        assert bytes_of == 1_600_800, bytes_of
    with m.budget("1 MiB", name="around") as outer:
        with m.budget("1 MiB", name="inner") as inner:
            task = asyncio.create_task(child(inner))
            await asyncio.sleep(0.01)
        # The task goes on after the inner one has ended: what it makes now is the outer one's.
        kept = await task
        assert (inner.current_bytes, outer.current_bytes) == (8000, 8080)
    free = made(10**6)
before = live()
asyncio.run(main())
assert live() == before

def generate(name):
    with m.budget("1 MiB", name=name) as b:
        yield b
        yield made(1000)
        yield b.current_bytes
first, second = generate("first"), generate("second")
a, b = next(first), next(second)
kept = [next(first), next(second)]
assert [next(first), next(second)] == [16000, 16000]
first.close()
more = made(500)
assert b.current_bytes == 20000 and a.current_bytes == 20000
second.close()
last = made(10)
assert b.current_bytes == 20000
del kept, more, last, first, second
threads = []
def work():
    threads.append(made(1000))
with m.budget("1 MiB", name="mine") as b:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert b.current_bytes == 0
    mine = made((2000, 10))
    assert b.current_bytes == 160_000
    if MANAGED:
        # Lanes are sorted without the interpreter, in a buffer.
        np.sort(mine, axis=0)
        assert b.peak_bytes >= 336_000, b.peak_bytes
del threads, mine
gc.collect()
assert m.stats().current_count <= before[1]
"""


@pytest.mark.parametrize("managed", [True, False])
def test_budgets_are_of_tasks_not_of_what_runs_between(managed):
    run(BUDGETS.replace("MANAGED", str(managed)))
