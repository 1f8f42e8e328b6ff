"""Who holds which array: `apart_census.py`, in a process of its own.

A census walks through everything that the interpreter holds, and after a thousand other tests that is very much.
"""

import os
import re
import subprocess
import sys


def test_the_census_and_its_leaks_in_a_small_process():
    file = os.path.join(os.path.dirname(__file__), "apart_census.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error::pytest.PytestWarning", file],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 20, done.stdout
