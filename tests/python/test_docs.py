"""Every Python block of the README and the guide runs, in the order of its page, and shows what it says it shows.

A block of statements must run; the output that a `>>>` line shows must come. Blocks of a page share their names, as a
reader would type them one after another. Shell blocks and Rust blocks are not run here.
"""

import builtins
import doctest
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?:python|pycon|\{code-block\} python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def blocks(page):
    """The Python blocks of a page with the line that each starts at."""
    text = page.read_text(encoding="utf-8")
    return [(text[: match.start(1)].count("\n"), match[1]) for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__docs__"}
    for line, code in blocks(page):
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), line)
            runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
            report = []
            runner.run(test, out=report.append, clear_globs=False)
            names.update(test.globs)
            assert runner.failures == 0, "".join(report)
        else:
            exec(compile("\n" * line + code, str(page), "exec"), names)
    names.clear()
    # A prompt keeps the value that it showed last.
    vars(builtins).pop("_", None)


def test_there_are_blocks():
    assert sum(len(blocks(page)) for page in PAGES) >= 5
