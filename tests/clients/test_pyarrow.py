"""PyArrow: both ways through the Arrow interface."""

import metes as mt
import pytest

pyarrow = pytest.importorskip("pyarrow")


def test_numbers_and_booleans_go_over(rows):
    a = mt.array(rows)
    assert pyarrow.array(a[:, 0]).to_pylist() == rows[:, 0].tolist()
    assert pyarrow.array(a[:, 0] > 0).to_pylist() == (rows[:, 0] > 0).tolist()


def test_slices_come_back():
    assert mt.from_arrow(pyarrow.array([1, 2, 3, 4])[1:3]).tolist() == [2, 3]
    assert mt.from_arrow(pyarrow.array([True, False, True])[1:]).tolist() == [False, True]


def test_text_and_days_go_over_and_come_back():
    words = mt.asarray(["one", "\u00e9", ""])
    assert pyarrow.array(words).to_pylist() == words.tolist()
    for kind in (pyarrow.string(), pyarrow.large_string()):
        assert mt.from_arrow(pyarrow.array(["b", "two"], kind)).tolist() == ["b", "two"]
    days = mt.asarray(["2024-02-29", "NaT"], dtype="M8[D]")
    column = pyarrow.array(days)
    assert column.type == pyarrow.date32() and column.null_count == 1
    assert mt.from_arrow(column).tolist() == days.tolist()


def test_a_table_computes_with_a_column(rows):
    compute = pytest.importorskip("pyarrow.compute")
    table = pyarrow.table({"x": pyarrow.array(mt.array(rows[:, 0])), "y": pyarrow.array(mt.array(rows[:, 1]))})
    total = compute.sum(compute.multiply(table["x"], table["y"])).as_py()
    assert abs(total - float(rows[:, 0] @ rows[:, 1])) < 1e-12
