"""pandas: columns made of Metes arrays, and arrays made of columns."""

import metes as mt
import pytest

pandas = pytest.importorskip("pandas")

JOBS = {
    "Series": lambda xp, a: pandas.Series(a[:, 0]).mean(),
    "DataFrame": lambda xp, a: pandas.DataFrame({"x": a[:, 0]}).x.sum(),
    "DataFrame of two dimensions": lambda xp, a: pandas.DataFrame(a, columns=["x", "y", "z"]).describe(),
    "assign": lambda xp, a: pandas.DataFrame({"x": [0.0] * 20}).assign(y=a[:, 0]).y.sum(),
    "groupby": lambda xp, a: pandas.DataFrame({"k": a[:, 0] > 0, "v": a[:, 1]}).groupby("k").v.mean(),
    "rolling": lambda xp, a: pandas.Series(a[:, 0]).rolling(3).mean().iloc[2:],
}


@pytest.mark.parametrize("name", JOBS)
def test_it_answers_as_for_numpy(name, agree, rows):
    agree(JOBS[name], rows)


def test_a_column_comes_back(rows):
    frame = pandas.DataFrame({"x": mt.array(rows[:, 0])})
    assert mt.asarray(frame.x).tolist() == rows[:, 0].tolist()
    assert mt.asarray(frame).shape == (20, 1)
