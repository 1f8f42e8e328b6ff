"""`loadtxt` and `savetxt` against NumPy's."""

import bz2
import gzip
import io
import lzma
import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

TABLES = {
    "plain": (["1 2 3", "4 5 6"], {}),
    "one row": (["1 2 3"], {}),
    "one column": (["1", "2", "3"], {}),
    "one value": (["7"], {}),
    "gaps": (["", "  1   2 ", "", "3 4", "   "], {}),
    "comments": (["# head", "1 2 # tail", "#", "3 4"], {}),
    "two comments": (["% head", "1 2 // tail", "3 4"], {"comments": ["%", "//"]}),
    "no comments": (["1 2", "3 4"], {"comments": None}),
    "commas": (["1, 2,3", "4,5 , 6"], {"delimiter": ","}),
    "tabs": (["1\t2", "3\t4"], {"delimiter": "\t"}),
    "skipped": (["x y", "1 2", "3 4"], {"skiprows": 1}),
    "skipped all": (["x y"], {"skiprows": 5}),
    "columns": (["1 2 3", "4 5 6"], {"usecols": (2, 0)}),
    "last column": (["1 2 3", "4 5 6"], {"usecols": -1}),
    "ragged columns": (["1 2 3", "4 5"], {"usecols": (0, 1)}),
    "unpacked": (["1 2 3", "4 5 6"], {"unpack": True}),
    "some rows": (["1 2", "# no row", "3 4", "5 6"], {"max_rows": 2}),
    "no rows": (["1 2"], {"max_rows": 0}),
    "integers": (["1 -2", "3 4"], {"dtype": "i4"}),
    "bools": (["1 0", "0 2"], {"dtype": bool}),
    "complex": (["1+2j 3", "-4j 5e1"], {"dtype": complex}),
    "floats": (["nan inf", "-inf 1e-300"], {}),
    "narrow floats": (["1.1 2", "3 4"], {"dtype": "f4"}),
    "text": (["ab c", "d efg"], {"dtype": "U3"}),
    "bytes": (["ab c", "d efg"], {"dtype": "S3"}),
    "times": (["2020-01-01", "2021-02-03"], {"dtype": "M8[D]"}),
    "records": (["ab 1 2.5", "c 3 4"], {"dtype": [("a", "U3"), ("b", "i4"), ("c", "f8")]}),
    "records unpacked": (["ab 1", "c 3"], {"dtype": [("a", "U3"), ("b", "i4")], "unpack": True}),
    "one record": (["ab 1"], {"dtype": [("a", "U3"), ("b", "i4")]}),
    "converters": (["1 x", "2 y"], {"converters": {1: lambda text: ord(text)}}),
    "converter": (["1,5 2,5"], {"converters": lambda text: float(text.replace(",", "."))}),
    "last converter": (["1 x", "2 y"], {"converters": {-1: lambda text: ord(text)}}),
    "quotes": (['"a, b",1', "c,2", '"d ""e""",3'], {"dtype": "U8", "delimiter": ",", "quotechar": '"'}),
    "quotes apart": (["'a b' 1", "c 2"], {"dtype": "U8", "quotechar": "'"}),
    "nothing": ([], {}),
    "nothing of two axes": (["# only"], {"ndmin": 2}),
}


@pytest.mark.parametrize("ndmin", [0, 1, 2])
@pytest.mark.parametrize("name", TABLES)
def test_tables(name, ndmin):
    lines, options = TABLES[name]
    options = {"ndmin": ndmin} | options
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always")
        theirs = np.loadtxt(lines, **options)
        ours = mt.loadtxt(lines, **options)
    empty = [warning for warning in noticed if "input contained no data" in str(warning.message)]
    assert len(empty) == (0 if ours.size else 2) if not isinstance(ours, list) else not empty
    if isinstance(theirs, list):
        assert [x.tolist() for x in ours] == [x.tolist() for x in theirs]
        return
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_array_equal(np.asarray(ours), theirs)


BAD = {
    "no number": (["1 2", "3 x"], {}, "could not convert string 'x' to float64 at row 1, column 2"),
    "fraction": (["1.5"], {"dtype": int}, "could not convert string '1.5' to int64 at row 0, column 1"),
    "too large": (["300"], {"dtype": "u1"}, "300"),
    "ragged": (["1 2", "3"], {}, "the number of columns changed from 2 to 1 at row 2"),
    "no such column": (["1 2"], {"usecols": 2}, "invalid column index 2 at row 1 with 2 columns"),
    "fields": (["1 2 3"], {"dtype": "i4,i4"}, "requires 2 columns but 3 were found"),
    "axes": (["1"], {"ndmin": 3}, "ndmin"),
    "empty comment": (["1"], {"comments": ""}, "comments"),
    "long delimiter": (["1"], {"delimiter": ", "}, "one character"),
    "same": (["1"], {"delimiter": "#"}, "comment"),
    "open quote": (['"a'], {"dtype": "U4", "quotechar": '"'}, "quote is open"),
    "unsized": (["a"], {"dtype": str}, "width"),
    "converter fails": (["1"], {"converters": {0: lambda text: [][0]}}, None),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named(name):
    lines, options, words = BAD[name]
    with pytest.raises((ValueError, TypeError, IndexError), match=words):
        mt.loadtxt(lines, **options)


@pytest.mark.parametrize("ending", ["txt", "gz", "bz2", "xz"])
def test_files(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    table = np.random.default_rng(0).normal(size=(5000, 3))
    mt.savetxt(path, mt.asarray(table), header="a b\nc", footer="end", delimiter=",")
    np.testing.assert_array_equal(np.loadtxt(path, delimiter=","), table)
    np.testing.assert_array_equal(np.asarray(mt.loadtxt(path, delimiter=",")), table)
    opened = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}.get(ending, open)
    with opened(path, "rb") as file:
        np.testing.assert_array_equal(np.asarray(mt.loadtxt(file, delimiter=",")), table)
    with pytest.raises(FileNotFoundError):
        mt.loadtxt(tmp_path / "none.txt")


SAVED = [
    (np.arange(6).reshape(2, 3), {}),
    (np.arange(3.0) / 7, {}),
    (np.arange(6).reshape(2, 3), {"fmt": "%d", "delimiter": ";", "newline": "\r\n"}),
    (np.arange(4.0).reshape(2, 2), {"fmt": ["%d", "%.2f"]}),
    (np.arange(4.0).reshape(2, 2), {"fmt": "%d is %g"}),
    (np.array([[1 + 2j, -3 - 4j]]), {}),
    (np.array([[1 + 2j, -3 - 4j]]), {"fmt": "%.1f %+.1fj %.2f %+.2fj"}),
    (np.array(["a", "bc"]), {"fmt": "%s"}),
    (np.array([("a", 1), ("b", 2)], dtype=[("x", "U2"), ("y", "i4")]), {"fmt": "%s,%d"}),
    (np.zeros((0, 3)), {"header": "nothing", "comments": "// "}),
    (np.arange(2), {"fmt": "%d", "footer": "x\ny"}),
]


@pytest.mark.parametrize(("array", "options"), SAVED)
def test_saved_as_numpy_saves(array, options):
    ours, theirs = io.StringIO(), io.StringIO()
    np.savetxt(theirs, array, **options)
    mt.savetxt(ours, mt.asarray(array), **options)
    assert ours.getvalue() == theirs.getvalue()
    raw = io.BytesIO()
    mt.savetxt(raw, mt.asarray(array), **options)
    assert raw.getvalue().decode() == theirs.getvalue()


def test_what_cannot_be_saved():
    for array, options in (
        (mt.zeros((1, 1, 1)), {}),
        (mt.zeros(()), {}),
        (mt.zeros((1, 2)), {"fmt": "%d %d %d"}),
        (mt.zeros((1, 2)), {"fmt": ["%d"]}),
        (mt.asarray(["a"]), {"fmt": "%d"}),
        (mt.zeros(2), {"fmt": 3}),
    ):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            mt.savetxt(io.StringIO(), array, **options)


@given(st.lists(st.lists(st.floats(width=64), min_size=2, max_size=2), min_size=1, max_size=20))
def test_there_and_back(rows):
    file = io.StringIO()
    mt.savetxt(file, rows, fmt="%r")
    file.seek(0)
    np.testing.assert_array_equal(np.asarray(mt.loadtxt(file, ndmin=2)), np.asarray(rows))


def test_a_file_needs_its_result_and_a_block(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("w") as file:
        file.writelines("1 2 3 4\n" for _ in range(50_000))
    before = mt.memory.stats().current_bytes
    mt.memory.reset_peak()
    table = mt.loadtxt(path)
    assert table.shape == (50_000, 4)
    # The array grows by halves, and is copied when it has its length.
    assert mt.memory.stats().peak_bytes - before <= 3 * table.nbytes + (256 << 10)
    assert mt.memory.stats().current_bytes - before == table.nbytes
    del table
