"""`genfromtxt` against NumPy's."""

import gzip
import io
import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def percent(word):
    return float(word.strip("%")) / 100


CASES = [
    ("a b c\n1 2 x\n3 4 yy", {"names": True, "dtype": None}),
    ("1,,3\n4,5,6", {"delimiter": ",", "filling_values": 9}),
    ("1,,3\n4,5,6", {"delimiter": ",", "dtype": int}),
    ("1 True\n0 False", {"dtype": None}),
    ("True False\nFalse True", {"dtype": None}),
    ("True 1\nx 2", {"dtype": None}),
    ("True 1\n3 2", {"dtype": None}),
    ("12345678", {"delimiter": [1, 2, 3]}),
    ("12345678\n12345678", {"delimiter": 2}),
    ("1 2\n3 4", {"dtype": [("a", "i4"), ("b", "U3")], "unpack": True}),
    ("1 2\n3 4", {"dtype": [("a", "i4"), ("b", "U3")]}),
    ("1 2\n3 4", {"dtype": "i4,f8", "names": "x, y"}),
    ("1 2\n3 4", {"names": ["a", "b"]}),
    ("1 2\n3 4", {"names": ["a", "b"], "unpack": True}),
    ("#a b\n1 2\n3 4", {"names": True}),
    ("# a b\n1 2\n3 4", {"names": True, "dtype": None}),
    ("a,b,c\n1,2,3\n4,5,6", {"names": True, "delimiter": ",", "usecols": ("c", "a")}),
    ("a,b,c\n1,2,3\n4,5,6", {"names": True, "delimiter": ",", "usecols": "c, a", "dtype": None}),
    ("1,2,3\n4,5,6", {"delimiter": ",", "usecols": (0, -1)}),
    ("1,2,3\n4,5,6", {"delimiter": ",", "usecols": 1}),
    ("1,2,3\n4,5,6", {"delimiter": ",", "dtype": [("a", "i4"), ("b", "i4"), ("c", "i4")], "usecols": (2, 0)}),
    ("h\n1 2\n3 4\nfoot er x\nend", {"skip_header": 1, "skip_footer": 2}),
    ("1 2\n3 4\n5 6", {"skip_footer": 1}),
    ("1 2\n3 4\n5 6", {"skip_footer": 1, "dtype": None}),
    ("1 2\n3 4\n5 6", {"skip_footer": 9}),
    ("1 2\n3 4\n5 6", {"max_rows": 2}),
    ("1 2\n3\n5 6", {}),
    ("1 2\n3\n5 6", {"invalid_raise": False}),
    ("1 2\n3 4\n5 6 7", {"skip_footer": 1}),
    ("1 2\n3\n5 6 7", {"skip_footer": 1}),
    ("1 x\n3 4", {}),
    ("1 x\n3 4", {"loose": False}),
    ("1 N/A\n3 4", {"loose": False, "missing_values": "N/A", "filling_values": -9}),
    ("1,N/A\n3,??", {"delimiter": ",", "missing_values": {0: "N/A", 1: "??"}, "filling_values": {1: 5}, "dtype": None}),
    (
        "1,N/A\n??,3",
        {"delimiter": ",", "missing_values": {0: "??", 1: "N/A"}, "filling_values": {0: 5, 1: 7}, "dtype": None},
    ),
    (
        "a,b\n1,N/A\n??,3",
        {
            "delimiter": ",",
            "names": True,
            "missing_values": {"a": "??", "b": "N/A"},
            "filling_values": {"a": 5, "b": 7},
            "dtype": int,
        },
    ),
    ("1,2\n,3", {"delimiter": ",", "filling_values": [7, 8], "dtype": int}),
    ("1% 2\n3% 4", {"converters": {0: percent}}),
    ("1% 2\n3% 4", {"converters": {0: percent}, "dtype": None}),
    ("1% 2\n3% 4", {"converters": {0: "z".__add__}, "dtype": float}),
    ("1% 2\n3% 4", {"converters": {0: "z".__add__}, "dtype": None}),
    ("a b\n1% 2\n3% 4", {"names": True, "converters": {"a": percent}}),
    ("1 2.5 3e400 x 1+2j\n4 5 6 7 8", {"dtype": None}),
    ("1 99999999999999999999\n2 3", {"dtype": None}),
    ("1 99999999999999999999\n2 3", {"dtype": int}),
    ("1 3.7\n2 3", {"dtype": "i4"}),
    ("1 3.7\n2 3", {"dtype": "i8"}),
    ("300 3\n2 3", {"dtype": "i1"}),
    ("ab cde\nf g", {"dtype": str}),
    ("ab cde\nf g", {"dtype": "U2"}),
    ("ab cde\nf g", {"dtype": "S5"}),
    ("ab cde\nf g", {"dtype": "S"}),
    ("2020-01-01 2021-02-03\n2020-01-01 2021-02-03", {"dtype": "M8[D]"}),
    ("1 2\n3 4", {"dtype": "m8[s]"}),
    ("1 2\n3 4", {"dtype": complex}),
    ("1 2 3\n4 5 6", {"dtype": [("a", "i4"), ("b", "f8", (2,))]}),
    ("1 2 3\n4 5 6", {"dtype": [("a", "i4"), ("b", [("x", "f8"), ("y", "i2")])]}),
    ("1 , 2\n3,4 ", {"delimiter": ",", "dtype": "U3"}),
    ("1 , 2\n3,4 ", {"delimiter": ",", "dtype": "U3", "autostrip": True}),
    ("A B! c-d return A\n1 2 3 4 5", {"names": True}),
    (
        "A B! c-d return A\n1 2 3 4 5",
        {"names": True, "case_sensitive": "lower", "deletechars": "!", "excludelist": ["c-d"]},
    ),
    ("A B! c-d return A\n1 2 3 4 5", {"names": True, "case_sensitive": False}),
    ("A,B b,, \n1,2,3,4", {"names": True, "delimiter": ",", "replace_space": "-", "defaultfmt": "v%02i"}),
    ("1,2,3", {"dtype": None, "delimiter": ",", "defaultfmt": "v%02i", "names": None}),
    ("1,2.5,x", {"dtype": None, "delimiter": ",", "defaultfmt": "v%02i"}),
    ("1,2.5,x", {"dtype": "i4,f4,U1", "delimiter": ",", "defaultfmt": "v%02i"}),
    ("", {}),
    ("#\n", {"dtype": int}),
    ("5", {}),
    ("5", {"ndmin": 1}),
    ("5", {"ndmin": 2}),
    ("5 6", {"ndmin": 2}),
    ("5\n6", {"ndmin": 2}),
    ("5\n6", {"unpack": True}),
    ("5 6\n7 8", {"unpack": True}),
    ("5 x\n7 y", {"unpack": True, "dtype": None}),
    ("5", {"dtype": None}),
    ("x", {"dtype": None}),
    ("5\n6", {"dtype": None}),
    ("1;2\n3;4", {"delimiter": ";", "comments": None}),
    ("1;2%a\n3;4", {"delimiter": ";", "comments": "%"}),
    ("1 2\n3 4", {"max_rows": 0}),
    ("1 2\n3 4", {"max_rows": 1, "skip_footer": 1}),
    ("1 2", {"usecols": 5}),
    ("1 2", {"converters": [1]}),
    ("1 2\n3 4", {"names": "a,b,c"}),
    ("1 2\n3 4", {"names": "a"}),
    ("1 2\n3 4", {"names": "a,b,c", "dtype": None}),
    ("1 2\n3 4", {"names": "a", "dtype": None}),
    ("a b\n1 2\n3 4", {"names": True, "usecols": ("q",)}),
    ("1 2\n3 4", {"dtype": "i4,i4,i4"}),
    ("1 2 3\n3 4 5", {"dtype": "i4,i4"}),
]


def told(module, source, options):
    """What a call gives, as plain objects, and what it warned of; or its error's type."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            table = module.genfromtxt(source, **options)
        except (ValueError, TypeError, IndexError, OverflowError, UnicodeError) as error:
            return type(error)
    parts = [np.asarray(part) for part in (table if isinstance(table, list) else [table])]
    said = sorted(str(warning.message).split('"')[0][:40] for warning in caught)
    return repr([(part.dtype, part.shape, part.tolist()) for part in parts]), said


@pytest.mark.parametrize(("lines", "options"), CASES)
def test_tables(lines, options):
    theirs = told(np, io.StringIO(lines), dict(options))
    ours = told(mt, io.StringIO(lines), dict(options))
    assert ours == theirs


WORDS = st.sampled_from(
    ["1", "-20", "2.5", "1e3", "nan", "True", "false", "1+2j", "x", "a b", "", " 7 ", "N/A", "99999999999999999999"]
)


@given(
    st.integers(2, 3).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=5, max_size=7)),
    st.fixed_dictionaries(
        {"dtype": st.sampled_from([None, float, "U4", "S3"]), "loose": st.booleans()},
        optional={
            "missing_values": st.sampled_from(["N/A", ["N/A"], {0: "N/A"}]),
            "filling_values": st.sampled_from([9, [8], {0: 7}]),
            "names": st.sampled_from([True, "a,b,c", None]),
            "skip_footer": st.integers(0, 2),
            "skip_header": st.integers(0, 1),
            "usecols": st.sampled_from([(0, 1), (1, 0), (-1, 0)]),
            "ndmin": st.integers(0, 2),
            "autostrip": st.booleans(),
            "invalid_raise": st.booleans(),
        },
    ),
)
def test_any_words(rows, options):
    if options.get("names") and isinstance(options["dtype"], str):
        # NumPy loses the width of the text, and with it the words.
        del options["names"]
    lines = [",".join(words) for words in rows]
    theirs = told(np, list(lines), {"delimiter": ",", **options})
    ours = told(mt, list(lines), {"delimiter": ",", **options})
    if theirs is TypeError and options["dtype"] is None:
        # NumPy stumbles where an integer is followed by a word.
        return
    assert ours == theirs


def test_files(tmp_path):
    (tmp_path / "plain.txt").write_text("1,2\n3,\n")
    with gzip.open(tmp_path / "packed.gz", "wt") as file:
        file.write("1,2\n3,\n")
    with open(tmp_path / "plain.txt", "rb") as opened:
        sources = [tmp_path / "plain.txt", str(tmp_path / "packed.gz"), opened, [b"1,2", b"3,"]]
        for source in sources:
            assert mt.genfromtxt(source, delimiter=",", filling_values=-1).tolist() == [[1, 2], [3, -1]]


def test_what_is_refused():
    with pytest.raises(NotImplementedError, match="no masked arrays"):
        mt.genfromtxt(["1"], usemask=True)
    with pytest.raises(NotImplementedError, match="like"):
        mt.genfromtxt(["1"], like=np.ones(1))
    with pytest.raises(TypeError, match="path, an open file or lines"):
        mt.genfromtxt(3)
    with pytest.raises(ValueError, match=r"Line #2 \(got 1 columns instead of 2\)"):
        mt.genfromtxt(["1 2", "3"])


def test_blocks_of_rows():
    lines = [f"{i},{i / 2}" for i in range(10_000)]
    found = mt.genfromtxt(lines, delimiter=",", skip_footer=1)
    assert found.shape == (9_999, 2) and found[-1].tolist() == [9998, 4999]
