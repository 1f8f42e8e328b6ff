"""Polars: columns made of Metes arrays, and arrays made of columns."""

import metes as mt
import pytest

polars = pytest.importorskip("polars")
pytest.importorskip("pyarrow")


def test_columns_hold_the_values(rows):
    a = mt.array(rows)
    assert polars.Series(a[:, 0]).to_list() == rows[:, 0].tolist()
    frame = polars.DataFrame({"x": a[:, 0], "y": a[:, 1]})
    assert frame.shape == (20, 2)
    assert abs(frame.select((polars.col("x") * polars.col("y")).sum()).item() - float(rows[:, 0] @ rows[:, 1])) < 1e-12


def test_columns_come_back():
    assert mt.asarray(polars.Series([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert mt.from_arrow(polars.Series([1, 2, 3]).to_arrow()).tolist() == [1, 2, 3]
