"""The memory module: exact counts, limits and budgets that hold, refusals that say why."""

import os
import subprocess
import sys

import metes as mt
import pytest
from metes import memory

MIB = 1 << 20


@pytest.fixture
def limit():
    """Restores the program's limit."""
    before = memory.get_limit()
    yield memory.set_limit
    memory.set_limit(before)


def test_counts_are_exact():
    before = memory.stats()
    a = mt.empty(1000, dtype="float64")
    b = mt.zeros((3, 5), dtype="int16")
    view = a[::2]
    during = memory.stats()
    assert during.current_bytes - before.current_bytes == 8000 + 30
    assert during.current_count - before.current_count == 2
    assert during.total_bytes - before.total_bytes == 8030
    del a, b
    assert memory.stats().current_bytes - before.current_bytes == 8000
    del view
    after = memory.stats()
    assert after.current_bytes == before.current_bytes
    assert after.freed_bytes - before.freed_bytes == 8030
    assert after.freed_count - before.freed_count == 2


def test_peak_and_its_reset():
    memory.reset_peak()
    before = memory.stats()
    assert before.peak_bytes == before.current_bytes
    a = mt.empty(MIB, dtype="uint8")
    del a
    assert memory.stats().peak_bytes == before.current_bytes + MIB
    memory.reset_peak()
    assert memory.stats().peak_bytes == before.current_bytes


def test_an_expression_peaks_at_what_it_needs():
    a = mt.ones(MIB // 8)
    memory.reset_peak()
    start = memory.stats().current_bytes
    result = a + a
    assert memory.stats().peak_bytes - start == MIB
    del result


def test_stats_print_as_a_table():
    text = str(memory.stats())
    for field in ("current_bytes", "peak_bytes", "total_bytes", "reserved_bytes"):
        assert field in text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64 MiB", 64 * MIB),
        ("1GiB", 1 << 30),
        ("2 kB", 2000),
        ("1.5 MiB", 3 * MIB // 2),
        (12345678, 12345678),
        ("4096", 4096),
    ],
)
def test_sizes(limit, text, size):
    limit(text)
    assert memory.get_limit() == size
    assert limit(None) == size
    assert memory.get_limit() is None


@pytest.mark.parametrize("text", ["", "lots", "-5 MiB", "64 XiB", "150%", "MiB", -1, "nan", "1 2"])
def test_bad_sizes(limit, text):
    before = memory.get_limit()
    with pytest.raises(ValueError):
        limit(text)
    assert memory.get_limit() == before


def test_percent_of_the_machine(limit):
    limit("50%")
    half = memory.get_limit()
    limit("25%")
    assert 0 < memory.get_limit() <= half // 2 + 1


def test_a_limit_is_a_limit(limit):
    start = memory.stats()
    limit(start.reserved_bytes + 8 * MIB)
    kept = mt.ones(MIB, dtype="uint8")
    with pytest.raises(mt.OutOfMemory) as refused:
        mt.empty(20 * MIB, dtype="uint8")
    error = refused.value
    assert isinstance(error, MemoryError)
    assert error.requested == 20 * MIB
    assert error.limit == memory.get_limit()
    assert error.live >= MIB
    assert error.holders and error.holders[0][1] >= MIB
    message = str(error)
    assert "empty" in message and "20" in message and "MiB" in message
    assert memory.stats().current_bytes == start.current_bytes + MIB
    del kept
    mt.empty(MIB, dtype="uint8")


def test_a_refused_operation_changes_nothing(limit):
    a = mt.ones(MIB, dtype="float64")
    limit(memory.stats().reserved_bytes + MIB)
    count = memory.stats().current_count
    for _ in range(3):
        with pytest.raises(mt.OutOfMemory):
            a + a
    assert memory.stats().current_count == count
    a += 1
    assert float(a[0]) == 2.0


def test_budgets_nest():
    with memory.budget("4 MiB", name="outer"):
        a = mt.empty(2 * MIB, dtype="uint8")
        with memory.budget("64 MiB", name="inner"), pytest.raises(mt.OutOfMemory, match=r"outer"):
            mt.empty(3 * MIB, dtype="uint8")
        with memory.budget("1 MiB", name="inner"):
            with pytest.raises(mt.OutOfMemory, match=r"inner"):
                mt.empty(2 * MIB, dtype="uint8")
            b = mt.empty(MIB // 2, dtype="uint8")
        assert b.nbytes == MIB // 2
    c = mt.empty(8 * MIB, dtype="uint8")
    del a, b, c


def test_what_a_budget_paid_is_credited_to_it_later():
    """A block freed outside its scope must not be credited to the scope it is freed in."""
    with memory.budget("2 MiB"):
        a = mt.empty(MIB, dtype="uint8")
    with memory.budget("2 MiB", name="second"):
        b = mt.empty(MIB + MIB // 2, dtype="uint8")
        del a
        with pytest.raises(mt.OutOfMemory):
            mt.empty(MIB, dtype="uint8")
    del b


def test_budget_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), memory.budget("1 MiB"):
        1 / 0
    mt.empty(2 * MIB, dtype="uint8")


@pytest.mark.parametrize("by", ["site", "op", "scope", "dtype"])
def test_live(by):
    a = mt.ones(3 * MIB, dtype="uint8")
    records = memory.live(by=by, top=1)
    assert len(records) == 1
    assert records[0].bytes >= a.nbytes
    assert records[0].count >= 1
    name = {"op": "full", "dtype": "uint8", "site": "test_memory.py"}.get(by)
    if name:
        assert name in records[0].name
    assert str(records[0].name) in str(records)


def test_live_refuses_unknown_groups():
    with pytest.raises(ValueError, match=r"site"):
        memory.live(by="colour")


def test_trim_gives_cached_bytes_back():
    a = mt.ones(32 * MIB, dtype="uint8")
    del a
    cached = memory.stats().cached_bytes
    given = memory.trim()
    assert given >= 32 * MIB
    assert memory.stats().cached_bytes < cached
    assert memory.trim() == 0


def test_foreign_bytes_are_counted_apart(limit):
    numpy = pytest.importorskip("numpy")
    before = memory.stats()
    a = mt.asarray(numpy.ones(MIB))
    assert memory.stats().current_bytes == before.current_bytes
    del a


def test_profile_and_report(tmp_path):
    capture, page = tmp_path / "run.metes", tmp_path / "run.html"
    with memory.profile(capture, pins=False):
        a = mt.ones(5 * MIB, dtype="uint8")
        del a
    memory.report(capture, page)
    text = page.read_text()
    assert "<html" in text and "ones" in text
    assert "http://" not in text.replace("http://www.w3.org", "") and "src=" not in text


def test_fail_after():
    with memory.fail_after(1):
        a = mt.empty(10)
        with pytest.raises(MemoryError):
            mt.empty(10)
    b = mt.empty(10)
    del a, b


def test_fail_after_for_good():
    with memory.fail_after(0, persistent=True):
        for _ in range(3):
            with pytest.raises(MemoryError):
                mt.empty(10)


def test_a_budget_knows_its_use():
    with memory.budget("8 MiB", name="load") as scope:
        a = mt.empty(MIB, dtype="uint8")
        b = mt.empty(2 * MIB, dtype="uint8")
        del b
        assert scope.current_bytes == MIB
        assert scope.peak_bytes == 3 * MIB
    del a
    assert scope.current_bytes == 0


def test_rss_is_plausible():
    assert 5 * MIB < memory.rss() < 1 << 40


def test_limit_from_the_environment():
    code = "import metes; print(metes.memory.get_limit())"
    for text, expected in (("48 MiB", str(48 * MIB)), ("none", "None")):
        run = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "METES_MEM_LIMIT": text}, capture_output=True, text=True
        )
        assert run.stdout.strip() == expected, run.stderr
    bad = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "METES_MEM_LIMIT": "much"}, capture_output=True, text=True
    )
    assert bad.returncode != 0 and "METES_MEM_LIMIT" in bad.stderr


def test_default_limit_is_below_the_machine():
    environment = {k: v for k, v in os.environ.items() if k != "METES_MEM_LIMIT"}
    code = "import metes; print(metes.memory.get_limit())"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert 0 < int(run.stdout) <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
