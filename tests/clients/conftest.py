"""Libraries that know nothing of Metes, given its arrays: each must answer as it does for NumPy's.

A library that is not installed has its tests skipped; `requirements.txt` lists what `cargo xtask test` installs.
"""

import os

# Read by the libraries when they are imported.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import metes as mt
import numpy as np
import pytest


@pytest.fixture
def rows():
    """Twenty rows of three normal numbers, the same each time."""
    return np.random.default_rng(0).normal(size=(20, 3))


@pytest.fixture
def agree():
    """Runs a job with NumPy and with Metes, given an array of each, and compares what it answers.

    `job(xp, a)` returns an array or a number. With `stays`, what it answers for a Metes array must be one.
    """

    def check(job, values, stays=False):
        theirs = job(np, values.copy())
        ours = job(mt, mt.array(values))
        if stays:
            assert isinstance(ours, mt.Array), type(ours)
        theirs, ours = np.asarray(theirs), np.asarray(ours)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)

    return check
