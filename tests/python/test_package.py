"""The package itself: names, documentation that runs, stubs that agree with what is there."""

import doctest
import importlib
import inspect
import pathlib
import subprocess
import sys

import metes as mt
import pytest

ROOT = pathlib.Path(__file__).parents[2]


PACKAGE = pathlib.Path(mt.__file__).parent
WITH_EXAMPLES = sorted(file.stem for file in PACKAGE.glob("*.py") if ">>> " in file.read_text())


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_run(module):
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    module = importlib.import_module("metes" if module == "__init__" else f"metes.{module}")
    result = doctest.testmod(module, optionflags=flags)
    assert result.attempted > 0 and result.failed == 0


def test_every_public_name_is_there_and_documented():
    for name in mt.__all__:
        value = getattr(mt, name)
        if callable(value) and not isinstance(value, type):
            assert inspect.getdoc(value), name
        if inspect.isclass(value):
            assert value.__doc__, name


def test_no_private_names():
    standard = {"__array_api_version__", "__array_namespace_info__"}
    assert {name for name in mt.__all__ if name.startswith("_")} == standard
    assert mt.__version__.count(".") == 2


def test_stubs_are_up_to_date():
    script = ROOT / "python" / "make_stubs.py"
    run = subprocess.run([sys.executable, "-P", script, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_stubs_agree_with_the_program(tmp_path):
    """A checker of types reads the stubs and the annotations, imports the package, and compares them."""
    allowed = ROOT / "python" / "stubtest.txt"
    config = ["--mypy-config-file", ROOT / "pyproject.toml", "--allowlist", allowed, "--ignore-unused-allowlist"]
    command = [sys.executable, "-m", "mypy.stubtest", "metes", "--concise", *config]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_stubs_are_python():
    for name in ("_native.pyi", "__init__.pyi"):
        compile((ROOT / "python" / "metes" / name).read_text(), name, "exec")


def test_import_needs_no_numpy():
    code = "import sys; sys.modules['numpy'] = None; import metes as mt; print(mt.sum(mt.arange(4)).tolist())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "6", run.stderr
