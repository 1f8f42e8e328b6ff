"""The pytest plugin, run on tests of its own in other processes."""

import json
import re
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester, monkeypatch):
    """Writes tests and runs them with these options, and no plugin but ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_tests(source=None, *options):
        if source is not None:
            pytester.makepyfile(source)
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "metes.pytest_plugin", *options)
        return result, "\n".join(result.outlines + result.errlines)

    return run_tests


def test_the_package_names_the_plugin():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"metes.pytest_plugin": "metes.pytest_plugin"}


def test_limits_hold_or_fail_in_words(run):
    result, text = run(
        """
        import metes as mt, pytest
        kept = []

        @pytest.mark.limit_peak("2 MiB")
        @pytest.mark.limit_leaks
        @pytest.mark.limit_pinned()
        @pytest.mark.limit_copies
        @pytest.mark.max_allocations(20)
        def test_within():
            mt.ones(1 << 17).sum()

        @pytest.mark.limit_peak("2 MiB")
        def test_peak():
            a = mt.ones(1 << 17)
            b = a + a + a

        @pytest.mark.limit_leaks("1 KiB")
        def test_leak():
            kept.append(mt.zeros(1 << 16))

        @pytest.mark.limit_pinned("1 MiB")
        def test_pinned():
            kept.append(mt.zeros(1 << 18)[:10])

        @pytest.mark.limit_copies("1 KiB")
        def test_copies():
            mt.zeros((300, 200)).T.reshape(-1)

        @pytest.mark.limit_copies
        def test_asked_for():
            mt.zeros(300).copy()

        @pytest.mark.max_allocations(3)
        def test_count():
            [mt.zeros(4) for _ in range(5)]

        @pytest.mark.limit_peak("1 KiB")
        def test_own_failure():
            assert mt.ones(1 << 17).sum() == 0

        @pytest.mark.limit_peak("many")
        def test_no_size():
            pass
        """
    )
    result.assert_outcomes(passed=2, failed=7)
    for words in [
        r"limit_peak: peak 3\.00 MiB, allowed 2\.00 MiB",
        r"at the peak.*\n.*test_limits_hold_or_fail_in_words\.py:\d+ test_peak",
        r"limit_leaks: 512\.00 KiB left live, allowed 1\.00 KiB",
        r"limit_pinned: 2\.00 MiB kept alive by views of less, allowed 1\.00 MiB",
        r"limit_copies: 468\.75 KiB copied without being asked for, allowed 1\.00 KiB",
        r"max_allocations: 5 blocks made, allowed 3",
        r"assert .* == 0",
        r"the mark limit_peak: .*many",
    ]:
        assert re.search(words, text), f"{words} is not in\n{text}"
    assert "limit_peak: peak 1.00 MiB" not in text, "a test that fails for itself is judged\n" + text


def test_allocations_fail_on_demand(run):
    result, text = run(
        """
        import metes as mt, pytest

        def test_nth(fail_allocation):
            with fail_allocation(1):
                mt.zeros(5)
                with pytest.raises(MemoryError):
                    mt.zeros(5)
                mt.zeros(5)

        def test_every(fail_every_allocation):
            assert fail_every_allocation(lambda: (mt.ones(1000) + mt.ones(1000)).sum().item()) == 2000

        def test_leaky(fail_every_allocation):
            kept = []
            fail_every_allocation(lambda: (kept.append(mt.ones(1000)), mt.ones(1000)))
        """,
    )
    result.assert_outcomes(passed=2, failed=1)
    assert "when allocation 1 failed, 7.81 KiB were left behind" in text, text


def test_peaks_are_listed_and_compared(run, pytester):
    source = """
        import metes as mt

        def test_a():
            mt.ones({a})

        def test_b():
            mt.ones(1000)
        """
    result, text = run(source.format(a=1 << 17), "--metes-memory", "--metes-write-baseline")
    result.assert_outcomes(passed=2)
    assert re.search(r"1\.00 MiB +test_\w+\.py::test_a\n +7\.81 KiB +test_\w+\.py::test_b", text), text
    baseline = Path(pytester.path, "metes-baseline.json")
    assert sorted(json.loads(baseline.read_text())["peaks"].values()) == [8000, 1 << 20]

    result, _ = run(None, "--fail-on-increase")
    result.assert_outcomes(passed=2)
    larger = source.format(a=(1 << 17) + (1 << 14))
    result, text = run(larger, "--fail-on-increase=2%")
    result.assert_outcomes(passed=1, failed=1)
    assert "peak 1.12 MiB, 1.00 MiB in the baseline (+12.5 %)" in text, text
    result, _ = run(larger, "--fail-on-increase=20%")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "options, words",
    [
        (["--fail-on-increase"], "cannot be read"),
        (["--fail-on-increase", "lots"], "'lots' is no share"),
        (["--fail-on-increase", "--metes-baseline=broken.json"], "is no baseline"),
    ],
)
def test_wrong_options_are_named(run, pytester, options, words):
    Path(pytester.path, "broken.json").write_text("[]")
    result, text = run("def test_nothing(): pass", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in text, text
