"""`metes run` from outside: the live view on a terminal, last words, captures with all that called."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time

import pytest


def metes(*words, code=0):
    """Runs the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "metes", *map(str, words)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture
def script(tmp_path):
    """Writes a program and returns its path."""

    def write(text, name="program.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    return write


def refused(*words, code):
    """What the command line says of a program that cannot begin, and nothing of its memory."""
    done = metes("run", *words, code=code)
    assert done.stdout == "" and "arrays held" not in done.stderr and "_run.py" not in done.stderr, done.stderr
    return done.stderr


def test_what_cannot_begin_is_told_of_and_not_summed_up(tmp_path, script):
    assert refused(tmp_path / "nothere.py", code=2).endswith("nothere.py': No such file or directory\n")
    assert "No such file" in refused("--live", "--limit", "1 MiB", tmp_path / "nothere.zip", code=2)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(empty, code=1) == f"metes: run: can't find a '__main__' module in {str(empty)!r}\n"
    assert refused("-m", "no_such.module", code=1) == "metes: run: no module named 'no_such.module'\n"
    assert "no module" in refused("-m", "..relative", code=1)
    text = refused(script("x = (1,\n", "broken.py"), code=1)
    assert 'broken.py", line 1\n' in text and text.splitlines()[-1].startswith("SyntaxError: "), text
    assert "null bytes" in refused(script("x = 1\0\n", "binary.py"), code=1)
    hidden = script("print('seen')", "hidden.py")
    hidden.chmod(0)
    if not os.access(hidden, os.R_OK):
        assert "Permission denied" in refused(hidden, code=2)


def test_a_folder_and_an_archive_run(tmp_path, script):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "__main__.py").write_text("import sys\nprint(__name__, sys.argv[1:], sys.path[0] == sys.argv[0])\n")
    assert metes("run", "--quiet", folder, "-x").stdout == "__main__ ['-x'] True\n"
    archive = shutil.make_archive(str(tmp_path / "archive"), "zip", folder)
    assert metes("run", "--quiet", archive).stdout == "__main__ [] True\n"
    # The program's own statements from the future count, and no others.
    plain = script("def f(x: 1 + 1): pass\nprint(f.__annotations__)\n")
    assert metes("run", "--quiet", plain).stdout == "{'x': 2}\n"


class Terminal:
    """A command line on a terminal of its own."""

    def __init__(self, *words, **options):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        command = [sys.executable, "-m", "metes", *map(str, words)]
        streams = {"stdin": slave, "stdout": slave, "stderr": slave} | options
        self.process = subprocess.Popen(command, start_new_session=True, **streams)
        os.close(slave)
        self.text = ""

    def until(self, pattern, seconds=30):
        """Reads until the text has the pattern; returns the match."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.text, re.DOTALL)) is None:
            assert time.monotonic() < end, self.text
            if not self._read():
                pytest.fail(f"no {pattern!r} in {self.text!r}")
        return found

    def _read(self):
        if not select.select([self._master], [], [], 1)[0]:
            return self.process.poll() is None
        try:
            self.text += os.read(self._master, 1 << 16).decode(errors="replace")
        except OSError:
            return False
        return True

    def end(self):
        """Reads the rest; returns the exit code."""
        while self._read():
            pass
        return self.process.wait(60)

    def close(self):
        """Ends what still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal():
    """Starts command lines on terminals."""
    all_of_them = []

    def start(*words, **options):
        all_of_them.append(Terminal(*words, **options))
        return all_of_them[-1]

    yield start
    for one in all_of_them:
        one.close()


HOLD = """
    import os, sys, time
    import numpy as np
    held = np.ones(3 << 17)
    print("holding", os.getpid(), sys.argv[1:])
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.02)
    print("\\x1b[31mlast\\x1b[0m", file=sys.stderr)
    sys.exit(7)
"""


def test_the_live_view_shows_memory_then_what_the_program_wrote(script, tmp_path, terminal):
    go = tmp_path / "go"
    seen = terminal("run", "--live", "--quiet", script(HOLD), go, "--live")
    seen.until(r"live +3\.00 MiB.*program\.py:4 <module>.*holding \d+ \['")
    go.touch()
    assert seen.end() == 7
    rest = seen.text[seen.text.rindex("\x1b[J") :]
    assert "holding" in rest and "\x1b[31mlast\x1b[0m" in rest and rest.count("last") == 1, rest


def test_the_live_view_of_a_module_with_its_output_in_a_file(script, tmp_path, terminal):
    go = tmp_path / "go"
    script(HOLD, "prog.py")
    with open(tmp_path / "out", "w+") as out:
        seen = terminal("run", "--live", "-m", "prog", go, cwd=tmp_path, stdout=out)
        seen.until(r"live +3\.00 MiB")
        go.touch()
        assert seen.end() == 7
        out.seek(0)
        assert re.fullmatch(r"holding \d+ \['.*go'\]\n", out.read())
    assert "arrays held at most 3.0 MiB" in seen.text[seen.text.rindex("\x1b[J") :]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_the_live_view_hands_signals_on(script, tmp_path, terminal, number):
    seen = terminal("run", "--live", "--quiet", script(HOLD), tmp_path / "never")
    seen.until(r"holding (\d+)")
    os.kill(seen.process.pid, number)
    assert seen.end() == -number
    assert ("KeyboardInterrupt" in seen.text) == (number == signal.SIGINT)


def test_without_a_terminal_the_program_just_runs(script, tmp_path):
    go = tmp_path / "go"
    go.touch()
    done = metes("run", "--live", "--quiet", script(HOLD), go, code=7)
    assert "no terminal" in done.stderr and "holding" in done.stdout


def test_a_running_program_can_be_watched(script, tmp_path, terminal):
    go = tmp_path / "go"
    seen = terminal("run", "--quiet", script(HOLD), go)
    pid = seen.until(r"holding (\d+)")[1]
    assert re.search(r"live +3\.00 MiB", metes("top", pid).stdout)
    watching = terminal("top", pid)
    watching.until(r"live +3\.00 MiB")
    go.touch()
    assert seen.end() == 7
    assert watching.end() == 0 and "has ended" in watching.text


ENDS = """
    import os, signal, sys, time
    import numpy as np
    held = [np.ones(1 << 17) for _ in range(4)]
    view = np.ones(1 << 18)[:10]
    time.sleep(float(sys.argv[2]))
    if sys.argv[1] == "_exit":
        os._exit(5)
    if sys.argv[1] == "fork":
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    else:
        os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.mark.parametrize("end", ["_exit", "fork", signal.SIGTERM, signal.SIGKILL])
def test_a_program_has_its_last_words(script, tmp_path, end):
    capture = tmp_path / "run.metes"
    killed = isinstance(end, int)
    code = -end if killed else {"_exit": 5, "fork": 0}[end]
    words = ["run", "--profile", capture, script(ENDS), int(end) if killed else end, 0.6 if killed else 0]
    done = metes(*words, code=code)
    said = "without coming to its end" if killed else "arrays held at most 6.0 MiB"
    assert done.stderr.count("metes: ") == 1 and said in done.stderr and "program.py:4" in done.stderr, done.stderr
    assert "6.0 MiB" in done.stderr and str(capture) in done.stderr
    text = metes("report", capture).stdout
    assert re.search(r"peak +6\.00 MiB", text), text
    if not killed:
        assert "2.00 MiB" in metes("report", capture, "pins").stdout


def test_a_program_finds_only_children_of_its_own(script):
    program = """
        import os
        import numpy
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("none")
    """
    assert metes("run", script(program)).stdout == "none\n"


def test_a_capture_has_the_limit_and_all_that_called(script, tmp_path):
    capture = tmp_path / "run.metes"
    program = """
        import numpy as np
        def inner(n):
            return np.ones(n)
        def outer(n):
            return inner(n)
        kept = [outer(1 << 17), *(outer(100) for _ in range(100))]
    """
    words = ["run", "--quiet", "--limit", "90 MiB", "--attribution", "stack", "--profile", capture, script(program)]
    metes(*words)
    tree = metes("report", capture, "tree").stdout
    at = [tree.index(f"program.py:{place}") for place in ("7 <module>", "6 outer", "4 inner")]
    assert at == sorted(at), tree
    assert "limit     90.0 MiB" in metes("report", capture).stdout
