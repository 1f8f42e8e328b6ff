"""array-api-extra: functions written over the standard's own."""

import pytest

extra = pytest.importorskip("array_api_extra")

JOBS = {
    "atleast_nd": lambda xp, a: extra.atleast_nd(a, ndim=3),
    "cov": lambda xp, a: extra.cov(a.T),
    "kron": lambda xp, a: extra.kron(a[:2, :2], a[:3, :1]),
    "at set": lambda xp, a: extra.at(a, 1).set(5.0),
    "at add": lambda xp, a: extra.at(a, (slice(None), 0)).add(2.0),
    "one_hot": lambda xp, a: extra.one_hot(xp.asarray([0, 2]), 3),
    "pad": lambda xp, a: extra.pad(a, 3),
    "sinc": lambda xp, a: extra.sinc(a),
    "isclose": lambda xp, a: extra.isclose(a, a + 1e-12),
    "setdiff1d": lambda xp, a: extra.setdiff1d(a[:, 0], a[:5, 0]),
    "create_diagonal": lambda xp, a: extra.create_diagonal(a[0, :]),
}


@pytest.mark.parametrize("name", JOBS)
def test_it_answers_as_for_numpy(name, agree, rows):
    agree(JOBS[name], rows, stays=True)


def test_unique_values_are_counted(agree, rows):
    agree(lambda xp, a: extra.nunique(xp.round(a)), rows)
