"""What all tests share: the ledger as an oracle, and hypothesis profiles.

After every test no array block may live that did not live before it: a leak anywhere fails the test that made it.
"""

import gc
import os

import hypothesis
import metes as mt
import pytest

hypothesis.settings.register_profile(
    "default",
    deadline=None,
    max_examples=60,
    # The gate looks at the same examples each time; at a desk and in the thorough profile they are new ones.
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "thorough", parent=hypothesis.settings.get_profile("default"), max_examples=2000, derandomize=False
)
hypothesis.settings.load_profile(os.environ.get("METES_HYPOTHESIS", "default"))

FAILED = pytest.StashKey[bool]()


def live():
    """Live blocks and bytes, once garbage is gone."""
    stats = mt.memory.stats()
    return stats.current_count, stats.current_bytes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Leaves a note of a failure: its traceback keeps arrays alive, which says nothing about leaks."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(autouse=True)
def ledger(request):
    """Fails a test after which more, or fewer, bytes are live than before it."""
    mt.fft.forget_plans()
    if live() != (0, 0):
        gc.collect()
    before = live()
    yield
    mt.fft.forget_plans()
    if live() != before:
        gc.collect()
    after = live()
    if not request.node.stash.get(FAILED, False):
        assert after == before, f"live (blocks, bytes) went from {before} to {after}"
