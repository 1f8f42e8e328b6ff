"""NumPy's arrays in Metes' memory: programs in processes of their own, since what is managed is the whole process."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import gc, os, sys, threading
import numpy as np
import metes as mt
m = mt.memory
def live():
    gc.collect()
    s = m.stats()
    return s.current_bytes, s.current_count
"""


def run(program, *args, env=None, code=0, prelude=PRELUDE):
    """Runs a program; its output."""
    environment = {k: v for k, v in os.environ.items() if k not in ("METES_MANAGE_NUMPY", "METES_MEM_LIMIT")}
    done = subprocess.run(
        [sys.executable, *args, *([] if program is None else ["-c", prelude + textwrap.dedent(program)])],
        env=environment | (env or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    return done


def test_arrays_are_counted_and_outlive_both_ends():
    run("""
        old = [np.ones(n) for n in (3, 300, 30_000, 300_000)]
        before = live()
        mt.manage_numpy()
        mt.manage_numpy()
        assert mt.numpy_is_managed()
        a, b, c = np.zeros(1000), np.arange(10), np.ones((1000, 1000))
        assert live() == (before[0] + 8000 + 80 + 8_000_000, before[1] + 3), live()
        assert a.ctypes.data % 64 == b.ctypes.data % 64 == c.ctypes.data % 64 == 0
        del old
        a.resize(50_000, refcheck=False)
        assert not a.any() and live()[0] == before[0] + 400_000 + 80 + 8_000_000
        mt.unmanage_numpy()
        assert not mt.numpy_is_managed()
        d = np.ones(5000)
        assert live()[1] == before[1] + 3
        b.resize(7000, refcheck=False)
        assert (c.sum(), d.sum(), b[:10].sum()) == (1e6, 5000, 45)
        del a, b, c, d
        assert live() == before
        mt.manage_numpy()
        assert live()[0] == before[0] and np.ones(10).sum() == 10
    """)


def test_every_thread_is_managed():
    run("""
        import asyncio, concurrent.futures, _thread
        mt.manage_numpy()
        np.random.default_rng(0).integers(1, 5)
        before = live()
        kept, failed = [], []
        def work(seed):
            random = np.random.default_rng(seed)
            for _ in range(200):
                n = int(random.integers(1, 40_000))
                a = np.full(n, seed, "i4")
                if not (np.sort(a + 1) == seed + 1).all():
                    failed.append(n)
            kept.append(np.ones(1000))
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        [t.start() for t in threads]; [t.join() for t in threads]
        done = threading.Event()
        _thread.start_new_thread(lambda: (kept.append(np.ones(1000)), done.set()), ())
        done.wait()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            kept += pool.map(lambda _: np.ones(1000), range(5))
        async def job():
            kept.append(np.ones(1000))
            kept.append(await asyncio.to_thread(np.ones, 1000))
        asyncio.run(job())
        assert not failed and len(kept) == 12
        got = live()
        assert got == (before[0] + 12 * 8000, before[1] + 12), (got, before)
        del kept[:]
        assert live() == before
    """)


def test_a_fork_of_a_program_with_threads_computes_on():
    run("""
        mt.manage_numpy()
        stop = threading.Event()
        def busy():
            while not stop.is_set():
                x = [np.ones(n) for n in (1, 100, 1000, 10_000, 200_000)]
        threads = [threading.Thread(target=busy) for _ in range(3)]
        [t.start() for t in threads]
        mine = np.arange(1000)
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                x = [np.ones(n) for n in (1, 100, 1000, 10_000, 200_000)]
                m.trim(); m.live(); m.stats()
                os._exit(int(sum(a.sum() for a in x) != 211_101 or mine.sum() != 499_500))
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        [t.join() for t in threads]
    """)


def test_children_are_managed_by_the_environment(tmp_path):
    script = tmp_path / "spawn.py"
    script.write_text(
        textwrap.dedent("""
        import multiprocessing, metes as mt, numpy as np
        def child(n):
            return mt.numpy_is_managed(), mt.memory.get_limit(), float(np.ones(n).sum())
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(child, [1000])[0])
        """)
    )
    done = run(None, str(script), env={"METES_MANAGE_NUMPY": "limit=300 MiB"})
    assert done.stdout.split("\n")[0] == f"(True, {300 << 20}, 1000.0)"
    done = run("print(mt.numpy_is_managed())", env={"METES_MANAGE_NUMPY": "sometimes"}, code=1)
    assert "METES_MANAGE_NUMPY: 'sometimes' is none of" in done.stderr


def test_the_error_says_what_the_ledger_knows():
    run("""
        mt.manage_numpy(limit="64 MiB")
        before = live()
        held = np.ones(1_000_000)
        try:
            np.ones((10_000, 10_000))
        except MemoryError as error:
            text = str(error)
            assert text.startswith("Unable to allocate 763. MiB for an array with shape (10000, 10000)"), text
            for part in ("800000000 bytes", "limit 64.0 MiB", "largest holders: ", "<string>", "7.6 MiB",
                         "cause: budget", "raise the limit"):
                assert part in text, (part, text)
            assert (error.requested, error.limit, error.cause) == (800_000_000, 64 << 20, "budget")
        else:
            raise AssertionError
        with m.budget("1 MiB", name="outer"), m.budget("100 KiB", name="inner") as inner:
            small = [np.ones(100) for _ in range(100)]
            assert inner.current_bytes == 80_000
            try:
                np.ones(10_000)
            except MemoryError as error:
                assert 'budget "inner" of 100.0 KiB' in str(error), error
            else:
                raise AssertionError
        del held, small
        assert live() == before
    """)


def test_a_limit_below_what_lives_refuses_and_lets_go_on():
    run("""
        mt.manage_numpy()
        a = np.ones(1_000_000)
        mt.manage_numpy(limit="1 MiB")
        for n in (10, 1000, 10**6):
            try:
                x = [np.ones(n) for _ in range(10**4)]
            except MemoryError as error:
                assert "limit 1.0 MiB" in str(error)
            else:
                raise AssertionError(n)
        mt.unmanage_numpy()
        assert m.get_limit() != 1 << 20 and np.ones(10**6).sum() == a.sum() == 1e6
    """)


def test_callbacks_are_asked_and_told():
    run("""
        import warnings
        mt.manage_numpy(limit="64 MiB")
        spare, asked, told = [np.ones(5_000_000)], [], []
        def failure(n):
            asked.append((n, np.zeros(3).sum()))
            return bool(spare) and (spare.clear() or True)
        m.on_failure(failure)
        a = np.ones(6_000_000)
        assert asked == [(48_000_000, 0.0)], asked
        try:
            np.ones(6_000_000)
        except MemoryError:
            assert len(asked) == 2
        else:
            raise AssertionError
        m.on_failure(None)
        del a
        m.on_pressure(lambda used, limit: told.append((used, limit)), at=0.5)
        a = [np.ones(100_000) for _ in range(70)]
        assert len(told) == 1 and told[0][0] >= told[0][1] / 2 == 32 << 20, told
        m.on_pressure(None)
        with warnings.catch_warnings(record=True) as seen, m.budget(None, name="soft", soft=1000):
            warnings.simplefilter("always")
            b = [np.ones(100) for _ in range(5)]
        assert [w.category for w in seen] == [m.SoftLimitWarning], seen
        passed = []
        with m.budget(None, name="told", soft="1 KiB", on_exceed=lambda *a: passed.append(a)):
            b = np.ones(1000)
        assert passed == [("told", 8000)], passed
    """)


def test_the_nth_failure_leaves_the_ledger_as_it_was():
    run("""
        mt.manage_numpy()
        base = np.arange(1000.0)
        def programs():
            yield lambda: (base * 2 + base).sum()
            yield lambda: np.sort(base[::-1]).cumsum()
            yield lambda: np.concatenate([base, base, np.ones(5)])
            yield lambda: np.linalg.solve(np.eye(20), np.ones(20))
            yield lambda: np.fromiter((i for i in range(3000)), "f8")
            yield lambda: np.unique(base % 7, return_counts=True)
            yield lambda: np.array([[1, 2], [3, 4]], object).ravel()
            yield lambda: base.reshape(10, 100).T.copy().astype("f4")
            yield lambda: np.einsum("ij,jk->ik", np.ones((9, 9)), np.ones((9, 9)))
        refused = 0
        for program in programs():
            program()
            for persistent in (False, True):
                for n in range(60):
                    before, done = live(), False
                    try:
                        with m.fail_after(n, persistent):
                            program()
                        done = True
                    except MemoryError:
                        refused += 1
                    assert live() == before, (n, live(), before)
                    if done and n > 20:
                        break
        assert refused > 40 and base.sum() == 499_500, refused
    """)


def test_a_random_trace_ends_as_it_began():
    run("""
        mt.manage_numpy()
        random = np.random.default_rng(7)
        held = {}
        before = live()
        for step in range(6000):
            key, n = int(random.integers(80)), int(10 ** random.uniform(0, 5.3))
            how = int(random.integers(6))
            if how == 0 and key in held:
                held[key][0].resize(n, refcheck=False)
                held[key] = (held[key][0], held[key][0].sum())
            elif how == 1 and key in held:
                a, s = held.pop(key)
                assert a.sum() == s
            elif how == 2:
                assert not np.zeros(n).any()
            else:
                a = np.full(n, step % 97, "i8")
                held[key] = (a, a.sum())
        a, s = None, None
        for a, s in held.values():
            assert a.sum() == s
        del a, s
        held.clear()
        random = None
        after = live()
        assert abs(after[0] - before[0]) < 2000 and abs(after[1] - before[1]) < 5, (before, after)
    """)


def test_little_is_kept_after_a_trim_when_one_in_a_hundred_survives():
    run("""
        mt.manage_numpy()
        m.trim()
        base = m.stats().reserved_bytes
        small = [np.ones(5000, "i4") for _ in range(10**4)]
        small = small[::100]
        big = np.ones(5 * 10**6, "i4")
        m.trim()
        s = m.stats()
        held = sum(a.nbytes for a in small) + big.nbytes
        assert s.reserved_bytes - base <= 1.1 * held + (1 << 20), (s.reserved_bytes - base, held)
        assert m.fragmentation().gap_bytes > 0 and all(a.sum() == 5000 for a in small)
    """)


def test_sites_stacks_and_samples():
    run("""
        m.attribution("stack")
        mt.manage_numpy()
        def inner():
            return np.zeros(5), np.ones((400, 400))
        def outer():
            return inner()
        small, large = outer()
        for a in (small, large):
            told = m.explain(a)
            assert told.site.endswith("inner") and told.managed, told
            assert [place.split()[-1] for place in told.stack] == ["inner", "outer", "<module>"], told.stack
        assert m.attribution("sampled") == "stack"
        many = [np.ones(900) for _ in range(6000)]
        sites = {h.name: h.bytes for h in m.live("site", None)}
        assert sum(sites.values()) == m.stats().current_bytes
        most = max(sites, key=sites.get)
        assert most.endswith("<listcomp>") or most.endswith("<module>"), sites
        # An estimate: its standard deviation is a ninth.
        assert sites[most] > 0.5 * 6000 * 7200, sites
        assert m.attribution("counters") == "sampled"
        quiet = np.ones(10**6)
        assert m.explain(quiet).site == ""
    """)


def test_sites_are_exact_where_blocks_come_and_go():
    run("""
        mt.manage_numpy()
        m.attribution("site")
        kept = []
        def one(n): return np.empty(n)
        def two(n): return np.empty(n)
        def made(n, text):
            scope = {"np": np}
            exec(f"def {text}(n):\\n    return np.empty(n)", scope)
            return scope[text](n)
        for i in range(2000):
            a, b = one(8 + i % 3), two(8 + i % 3)
            del a, b
            if i % 100 == 0:
                kept += [one(20), two(30), made(40, f"made_{i % 7}")]
        held = {h.name.split()[-1]: (h.bytes, h.count) for h in m.live("site", None)}
        assert held["one"] == (20 * 160, 20) and held["two"] == (20 * 240, 20), held
        by = [held.get(f"made_{i}", (0, 0)) for i in range(7)]
        assert [n for _, n in by] == [sum(i % 7 == k for i in range(0, 2000, 100)) for k in range(7)], held
    """)


def test_five_kinds_of_leak_and_no_false_alarm():
    run("""
        import ctypes
        mt.manage_numpy()
        def steady():
            for _ in range(12):
                x = np.ones(300_000) * 2 + 1
                m.mark()
            return x.sum()
        steady()
        assert m.leaks() == [], m.leaks()
        start, kept = m.snapshot(), []
        def outlives():
            kept.append(np.ones(100_000))
        outlives()
        def grows():
            for _ in range(10):
                kept.append(np.ones(60_000))
                m.mark()
        grows()
        class Node: pass
        def cycle():
            node = Node()
            node.a = np.array([node, None], object)
        cycle()
        pin = np.ones(10**6)[:10]
        lost = np.ones(77_777)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))
        del lost
        by_kind = {}
        for leak in m.leaks(start):
            by_kind.setdefault(leak.kind, []).append(leak)
        assert set(by_kind) == {"outlived", "growing", "ownerless", "cycle", "pinned"}, by_kind
        assert any("outlives" in leak.site and leak.bytes == 800_000 for leak in by_kind["outlived"])
        assert [leak.site.split()[-1] for leak in by_kind["growing"]] == ["grows"], by_kind
        assert [leak.bytes for leak in by_kind["ownerless"]] == [622_216]
        assert [leak.bytes for leak in by_kind["pinned"]] == [7_999_920] and len(by_kind["cycle"]) == 1
        assert [(row.logical, row.pinned) for row in m.pinned() if row.view is pin] == [(80, 8_000_000)]
        names = {d.site.split()[-1]: d.bytes for d in m.diff(start) if d.site}
        assert names["outlives"] == 800_000 and names["grows"] == 4_800_000, names
        assert "m.leaks" not in str(m.arrays()) and len(m.arrays(3)) == 3
    """)


def test_temporaries_are_told_by_expression(tmp_path):
    script = tmp_path / "temporaries.py"
    script.write_text(
        PRELUDE
        + textwrap.dedent("""
        mt.manage_numpy()
        a = b = c = np.ones(100_000)
        for _ in range(10):
            r = a * 2.0 + np.sqrt(b * 3.0) - c * a
        top = m.temporaries()[0]
        assert top.expression == "r = a * 2.0 + np.sqrt(b * 3.0) - c * a", top
        assert top.count >= 30 and top.bytes >= 24_000_000 and "fuse" in top.remedy, top
        m.tag(a, "input")
        assert m.explain(a).tag == "input" and "input" in str(m.explain(a))
        """)
    )
    run(None, str(script))


@pytest.mark.parametrize("module", ["pandas", "scipy", "sklearn", "matplotlib"])
def test_other_libraries_work(module):
    pytest.importorskip(module)
    programs = {
        "pandas": """
            import pandas as pd
            f = pd.DataFrame({"k": np.arange(10_000) % 7, "v": np.ones(10_000)})
            assert f.groupby("k").v.sum().sum() == 10_000 and f.sort_values("k").merge(f.head(), on="k").shape[1] == 3
        """,
        "scipy": """
            import scipy.sparse, scipy.fft, scipy.linalg
            assert abs(scipy.fft.fft(np.ones(999))[0] - 999) < 1e-9
            assert scipy.sparse.random(500, 500, 0.01).tocsr().dot(np.ones(500)).shape == (500,)
            assert scipy.linalg.svd(np.eye(50))[1].sum() == 50
        """,
        "sklearn": """
            from sklearn.cluster import KMeans
            points = np.random.default_rng(0).random((500, 4))
            assert KMeans(3, n_init=2, random_state=0).fit(points).labels_.shape == (500,)
        """,
        "matplotlib": """
            import matplotlib; matplotlib.use("agg")
            import matplotlib.pyplot as plt, io
            plt.imshow(np.arange(10_000.0).reshape(100, 100)); out = io.BytesIO(); plt.savefig(out)
            assert out.tell() > 1000
        """,
    }
    run("mt.manage_numpy()\n" + textwrap.dedent(programs[module]) + "assert m.stats().total_count > 10\n")


def test_what_cannot_be_done_is_said(tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text("__version__ = '1.25.2'\n")
    clean = "import metes as mt, sys\n"
    done = run("mt.manage_numpy()", prelude=f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{clean}", code=1)
    assert "NumPy 1.25.2 is too old; 1.26 or newer is needed" in done.stderr
    none = "import sys; sys.modules['numpy'] = None\n"
    done = run("mt.manage_numpy()", prelude=none + clean, code=1)
    assert "NumPy is not installed" in done.stderr
    run("assert not mt.numpy_is_managed(); mt.unmanage_numpy()", prelude=none + clean)
    run("""
        try:
            mt.manage_numpy(profile="/no/such/directory/x.metes")
        except OSError as error:
            assert "/no/such/directory/x.metes" in str(error)
        else:
            raise AssertionError
        assert not mt.numpy_is_managed()
    """)


def test_a_table_that_is_not_numpys_is_left_alone():
    run("""
        import ctypes
        from metes import _native
        class Table(ctypes.Structure):
            _fields_ = [("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("functions", ctypes.c_void_p * 5)]
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        kept = []
        def api(version):
            table = Table(b"default_allocator", version)
            handler = ctypes.py_object(new(ctypes.addressof(table), b"mem_handler", None))
            functions = (ctypes.c_void_p * 307)()
            functions[306] = ctypes.addressof(handler)
            kept.extend([table, handler, functions])
            return new(ctypes.addressof(functions), None, None), table
        cases = [(False, 2, "layout version 2; known is 1"), (True, 1, "another NumPy is managed")]
        for manage, version, word in cases:
            if manage:
                mt.manage_numpy()
                mt.manage_numpy()
            capsule, table = api(version)
            try:
                _native._numpy_manage(capsule, "nowhere")
            except RuntimeError as error:
                assert word in str(error), error
            else:
                raise AssertionError(version)
            assert not any(table.functions) and mt.numpy_is_managed() == manage
        a = np.ones(1000)
        try:
            mt.manage_numpy(profile="/no/such/directory/x.metes")
        except OSError:
            assert mt.numpy_is_managed()
    """)


def test_errors_without_words_are_explained(tmp_path):
    run("""
        mt.manage_numpy()
        a = np.ones(1000)
        with mt.memory.budget("1 MiB", name="small"):
            try:
                a.resize(10**6, refcheck=False)
            except MemoryError as error:
                said = m.last_refusal()
        assert 'budget "small" of 1.0 MiB' in said and "8000000 bytes" in said, said
        assert m.last_refusal() == "" and a.sum() == 1000
    """)
    script = tmp_path / "resize.py"
    script.write_text("import numpy as np\na = np.ones(10)\na.resize(10**7, refcheck=False)\n")
    done = metes_run("--quiet", "--limit", "8 MiB", script, code=1)
    assert "MemoryError" in done.stderr and "limit 8.0 MiB" in done.stderr, done.stderr


def metes_run(*words, code=0, env=None):
    return run(None, "-m", "metes", "run", *map(str, words), code=code, env=env)


def test_run_is_like_python(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import sys, os, pickle, numpy as np
        class Here: pass
        here = os.path.dirname(os.path.realpath(__file__))
        print(sys.argv[1:], __name__, os.path.basename(__file__), sys.path[0] == here)
        pickle.loads(pickle.dumps(Here()))
        import __main__
        assert __main__.Here is Here
        a = np.ones((1000, 1000))
        end = sys.argv[1] if len(sys.argv) > 1 else ""
        if end == "exit": sys.exit(7)
        if end == "_exit": os._exit(5)
        if end == "text": sys.exit("bad")
        if end == "raise": 1 / 0
        if end == "int": raise KeyboardInterrupt
        if end == "term":
            import signal; os.kill(os.getpid(), signal.SIGTERM)
        """)
    )
    done = metes_run("--limit", "100 MiB", script, "", "--limit", "-x")
    assert done.stdout == "['', '--limit', '-x'] __main__ script.py True\n"
    assert "arrays held at most 7.6 MiB" in done.stderr and "script.py:9 <module>" in done.stderr, done.stderr
    assert "foreign: " in done.stderr and "limit 100.0 MiB" in done.stderr
    assert metes_run("--quiet", script, "exit", code=7).stderr == ""
    assert "arrays held" in metes_run(script, "exit", code=7).stderr
    metes_run(script, "_exit", code=5)
    assert metes_run("--quiet", script, "text", code=1).stderr == "bad\n"
    raised = metes_run("--quiet", script, "raise", code=1).stderr
    assert "ZeroDivisionError" in raised and raised.count("File ") == 1 and "_run.py" not in raised, raised
    assert metes_run("--quiet", script, "int", code=-signal.SIGINT).stderr.count("\nKeyboardInterrupt\n") == 1
    metes_run(script, "term", code=-signal.SIGTERM)
    assert "can't open" in metes_run("--quiet", tmp_path / "none.py", code=2).stderr
    assert "no size" in metes_run("--limit", "lots", script, code=1).stderr
    metes_run(code=2)


def test_run_of_a_module_and_its_children(tmp_path):
    (tmp_path / "prog.py").write_text(
        textwrap.dedent("""
        import subprocess, sys
        print(sys.argv[1:], __name__, __spec__.name, sys.path[0] != "")
        code = "import numpy, sys; import metes as mt; print(mt.numpy_is_managed(), mt.memory.get_limit())"
        subprocess.run([sys.executable, "-c", code], check=True)
        """)
    )
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))}
    done = metes_run("--quiet", "--limit", "50 MiB", "-m", "prog", "a", "-m", env=environment)
    # The child writes at once, the parent when it ends.
    assert sorted(done.stdout.splitlines()) == [f"True {50 << 20}", "['a', '-m'] __main__ prog True"], done.stdout


def test_a_capture_of_a_killed_program_reads(tmp_path):
    script, capture = tmp_path / "killed.py", tmp_path / "killed.metes"
    script.write_text(
        "import numpy as np, os, time\na = np.ones(10**6)\nb = [np.ones(100) for _ in range(5000)]\n"
        "time.sleep(0.5)\nos.kill(os.getpid(), 9)\n"
    )
    metes_run("--profile", capture, script, code=-signal.SIGKILL)
    done = run(None, "-m", "metes", "report", str(capture))
    assert "killed.py:2 <module>" in done.stdout and "11." in done.stdout, done.stdout
    assert "x.metes" in metes_run("--profile", tmp_path / "no" / "x.metes", script, code=1).stderr


SCALARS = """
import metes as mt, numpy as np
from metes import memory
mt.manage_numpy()
numbers = [np.dtype(c).type(3) for c in np.typecodes["AllInteger"] + np.typecodes["AllFloat"] + "?"]
numbers += [np.datetime64(3, "D"), np.timedelta64(4, "s")]
begin = memory.stats().current_bytes
for mode in ("sampled", "site", "counters"):
    memory.attribution(mode)
    with memory.budget(1, name="full"):
        kept = [number[()] for number in numbers]
        assert [repr(k) for k in kept] == [repr(n) for n in numbers]
        cells = [np.zeros(2) for _ in range(64)]
        assert not any(c.any() for c in cells)
        assert memory.stats().current_bytes - begin >= 64 * 16
        for wanted in (2, 5):
            try:
                np.ones(wanted)
            except MemoryError:
                print("refused", end=" ")
    cells[3].resize(3, refcheck=False)
    assert cells[3].tolist() == [0, 0, 0]
    del cells
    with memory.fail_after(0, persistent=True):
        kept = [number[()] for number in numbers]
        try:
            np.ones(5)
        except MemoryError:
            print("failed", end=" ")
    assert memory.stats().current_bytes == begin, memory.stats().current_bytes - begin
print("done")
"""


def test_a_single_element_is_never_refused():
    done = subprocess.run([sys.executable, "-c", SCALARS], capture_output=True, text=True, timeout=120)
    assert done.stdout == "refused refused failed " * 3 + "done\n", done.stdout + done.stderr
