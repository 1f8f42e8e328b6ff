"""Captures of real programs: killed, finished, shown in every view, drawn, exported, watched."""

import contextlib
import gzip
import json
import re
import signal
import subprocess
import sys

import metes as mt
import pytest

VIEWS = ["summary", "table", "tree", "flame", "timeline", "temporaries", "copies", "pins", "leaks", "map"]


def metes(*words, check=True):
    """Runs the command line in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "metes", *map(str, words)], capture_output=True, text=True, timeout=60)
    if check:
        assert done.returncode == 0, done.stderr
    return done


@contextlib.contextmanager
def program(source, *words):
    """A running program that has said that it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", source, *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A capture of expressions, a copy, a pin and a leak; to be read only."""
    path = tmp_path_factory.mktemp("capture") / "run.metes"
    kept = []
    with mt.memory.profile(path):
        a = mt.ones(1 << 18)
        for _ in range(3):
            b = a * 2.0 + a * 3.0 - a
        mt.zeros((600, 500)).T.reshape(-1)
        kept.append(mt.ones(1 << 17)[:10])
    kept.clear()
    del a, b
    return path


def test_a_killed_program_leaves_a_report(tmp_path):
    source = """
import sys, time
import metes as mt
with mt.memory.profile(sys.argv[1]):
    held = [mt.ones(1 << 17) for _ in range(8)]
    for _ in range(200):
        mt.ones(1 << 16)
    time.sleep(0.5)
    print("ready", flush=True)
    time.sleep(60)
"""
    path = tmp_path / "killed.metes"
    with program(source, path) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    text = metes("report", path).stdout
    assert re.search(r"peak +8\.50 MiB", text), text
    assert "made      208 blocks" in text, text
    assert "killed" in text, text
    assert re.search(r"8\.00 MiB +x 8  <string>:5", text), text
    page = tmp_path / "killed.html"
    metes("report", path, "--html", page)
    assert "8.50 MiB" in page.read_text(encoding="utf-8")


def test_every_view_has_its_words(capture):
    words = {
        "summary": r"peak +10\.0 MiB",
        "table": r"2\.00 MiB .*ones|full",
        "tree": r"└ |├ ",
        "flame": r"▏peak 10",
        "timeline": "█",
        "temporaries": r"multiply",
        "copies": r"2\.29 MiB +1 reshape",
        "pins": r"1\.00 MiB +80 B",
        "leaks": r"1\.00 MiB",
        "map": r"at the end",
    }
    assert list(words) == VIEWS
    for view in VIEWS:
        text = mt.memory.describe(capture, view)
        assert re.search(words[view], text), f"{view}\n{text}"
        assert max(map(len, text.splitlines())) <= 100, text
    with pytest.raises(ValueError, match=r"no view .*summary.*map"):
        mt.memory.describe(capture, "everything")


def test_the_command_line_shows_compares_exports_and_replays(capture, tmp_path):
    assert metes("report", capture, "tree").stdout == mt.memory.describe(capture, "tree")
    assert "same makers" in metes("report", capture, "--against", capture).stdout
    for name, check in {
        "speedscope": lambda data: json.loads(data)["profiles"][0]["endValue"] == 10 << 20,
        "pprof": lambda data: b"inuse_space" in gzip.decompress(data),
        "chrome": lambda data: len(json.loads(data)["traceEvents"]) > 10,
        "folded": lambda data: sum(int(line.rsplit(b" ", 1)[1]) for line in data.splitlines()) == 10 << 20,
    }.items():
        out = tmp_path / name
        metes("report", capture, "--export", name, "--out", out)
        assert check(out.read_bytes()), name
    text = metes("report", capture, "--replay", "4 MiB", "--huge-pages").stdout
    assert re.search(r"refused +\d+ blocks?, the first at", text), text
    assert "refused    nothing" in metes("report", capture, "--replay", "none").stdout


def test_what_cannot_be_done_is_said(capture, tmp_path):
    text = tmp_path / "text.metes"
    text.write_text("no capture")
    cut = tmp_path / "cut.metes"
    cut.write_bytes(capture.read_bytes()[:-40])
    newer = tmp_path / "newer.metes"
    newer.write_bytes(capture.read_bytes()[:8] + b"\x63\x00" + capture.read_bytes()[10:])
    for words, expected in [
        ((text,), "text.metes: is not a capture"),
        ((newer,), "version 99"),
        ((tmp_path / "none.metes",), "none.metes"),
        ((capture, "--html", tmp_path / "no" / "page.html"), "page.html"),
        ((capture, "--export", "pprof", "--out", tmp_path / "no" / "x"), "no/x"),
    ]:
        done = metes("report", *words, check=False)
        assert done.returncode == 1 and expected in done.stderr, done
    assert "note: the recording has no end" in metes("report", cut).stdout
    with pytest.raises(OSError, match=r"page\.html"):
        mt.memory.report(capture, tmp_path / "no" / "page.html")


def test_a_page_compares(capture, tmp_path):
    page = tmp_path / "page.html"
    mt.memory.report(capture, page, against=capture)
    text = page.read_text(encoding="utf-8")
    assert "Compared with the older capture" in text
    assert not re.search(r"https?://", text)


def test_a_running_program_is_watched():
    source = """
import os, time
import metes as mt
mt.memory.watchable()
mt.memory.watchable()
held = mt.ones(3 << 17)
print("ready", flush=True)
time.sleep(60)
"""
    with program(source) as process:
        text = metes("top", process.pid).stdout
        assert re.search(r"live +3\.00 MiB", text), text
        assert "<string>:6 <module>" in text, text
    done = metes("top", process.pid, check=False)
    assert done.returncode == 1 and str(process.pid) in done.stderr, done


CELLS = """
import re
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance()

def run(cell):
    with capture_output() as captured:
        result = shell.run_cell(cell)
    return result, captured

result, _ = run("%load_ext metes\\nimport metes as mt")
result.raise_error()
result, seen = run("%%metes\\na = mt.ones(1 << 17)\\nb = a + 1\\n(a * b).sum().item()")
result.raise_error()
assert result.result == 2 << 17, result
assert "b" in shell.user_ns
data = [output.data for output in seen.outputs if "text/html" in output.data]
assert len(data) == 1, seen.outputs
text, html = data[0]["text/plain"], data[0]["text/html"]
assert re.search(r"peak +3\\.0", text), text
assert "3.0" in html and "<svg" in html and "<script" not in html, html
result, seen = run("%%metes tree -o kept.metes\\nmt.ones(1 << 17)\\nraise KeyError('mine')")
assert isinstance(result.error_in_exec, KeyError), result
assert "100.0 %  peak" in seen.outputs[0].data["text/plain"]
assert "peak" in shell.user_ns["mt"].memory.describe("kept.metes")
result, seen = run("%%metes a b c\\npass")
assert isinstance(result.error_in_exec, ValueError), result
result, seen = run("%%metes trees\\nran = True")
assert "no view" in str(result.error_in_exec) and "ran" not in shell.user_ns, result
result, seen = run("%%metes\\nimport numpy\\nnumpy.ones(9)")
assert "manage_numpy" in seen.outputs[0].data["text/html"], seen.outputs
result, seen = run("mt.manage_numpy()\\n_ = mt")
result, seen = run("%%metes\\nkept = numpy.ones(1 << 17)")
text = seen.outputs[0].data["text/plain"]
assert "1.00 MiB" in text and "manage_numpy" not in repr(seen.outputs[0].data), seen.outputs
run("mt.unmanage_numpy()")
run("%unload_ext metes")
result, seen = run("%%metes\\n1")
assert not result.success or "not found" in seen.stderr + seen.stdout
print("all cells")
"""


def test_notebook_cells_are_reported(tmp_path):
    pytest.importorskip("IPython")
    env_words = [sys.executable, "-c", CELLS]
    done = subprocess.run(env_words, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.stdout.endswith("all cells\n"), done.stdout + done.stderr
