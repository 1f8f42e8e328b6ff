"""`repr`, `str` and `format` of arrays: the very text that NumPy prints."""

import sys
import threading

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

KINDS = ["bool", "int8", "int64", "uint16", "uint64", "float16", "float32", "float64", "complex64", "complex128"]
FLOATS = [kind for kind in KINDS if kind.startswith(("float", "complex"))]


def alike(theirs):
    ours = mt.array(theirs)
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_any_values(data, kind):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
    alike(data.draw(hnp.arrays(kind, shape)))


@given(
    values=st.lists(
        st.floats(-1000, 1000).map(lambda x: round(x, 2)) | st.sampled_from([0.1, -0.0, 1e-4, 99.5]), max_size=40
    )
)
def test_short_decimals(values):
    alike(np.array(values))
    alike(np.array(values, dtype="float32"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(1001,), (40, 30), (4, 4, 4, 20), (7, 200), (200, 7), (2, 501), (1, 1, 1, 1), (0,), (2, 0)]
)
def test_long_arrays_are_cut_and_lines_wrapped(kind, shape):
    count = int(np.prod(shape))
    alike((np.arange(count) % 120).reshape(shape).astype(kind))


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, 1.0, -np.inf],
        [np.inf, 1e20],
        [1e-320, 1.0],
        [1e8, 1.5],
        [99999999.0],
        [1 / 3, 2 / 3, 1e3],
        [0.1 + 0.2],
        [1 + 2j, complex(np.nan, -np.inf), 0j],
        [1e-10 + 1j, -1e10j],
    ],
)
def test_odd_numbers(values):
    alike(np.array(values))
    alike(np.array(values[0]))


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 17),
        "threshold": st.sampled_from([0, 5, 1000, float("inf"), sys.maxsize]),
        "edgeitems": st.integers(1, 4),
        "linewidth": st.integers(10, 120),
        "suppress": st.booleans(),
        "nanstr": st.sampled_from(["nan", "NaN", "-"]),
        "infstr": st.sampled_from(["inf", "infinity"]),
        "sign": st.sampled_from(["-", "+", " "]),
        "floatmode": st.sampled_from(["fixed", "unique", "maxprec", "maxprec_equal"]),
    },
)


@given(data=st.data(), options=OPTIONS, kind=st.sampled_from(KINDS))
def test_any_options(data, options, kind):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=6))
    elements = st.sampled_from([0.5, -1.25, 1e-5, 12345.678, np.nan, -np.inf, 1e10]) if kind in FLOATS else None
    values = data.draw(hnp.arrays(kind, shape, elements=elements))
    with np.printoptions(**options), mt.printoptions(**options):
        alike(values)


@given(
    data=st.data(), options=OPTIONS, separator=st.sampled_from([" ", ", ", "; "]), prefix=st.sampled_from(["", "x = "])
)
def test_array2string(data, options, separator, prefix):
    values = data.draw(hnp.arrays("float64", hnp.array_shapes(max_dims=2, max_side=6)))
    rename = {"linewidth": "max_line_width", "suppress": "suppress_small"}
    options = {rename.get(name, name): value for name, value in options.items() if name not in ("nanstr", "infstr")}
    theirs = np.array2string(values, separator=separator, prefix=prefix, suffix=")", **options)
    assert mt.array2string(mt.asarray(values), separator=separator, prefix=prefix, suffix=")", **options) == theirs


def test_options_are_kept_as_numpy_keeps_them():
    ours, theirs = mt.get_printoptions(), np.get_printoptions()
    assert ours == {name: theirs[name] for name in ours}
    with mt.printoptions(precision=3, formatter={"float": str}) as inner:
        assert inner == mt.get_printoptions() and inner["precision"] == 3
        assert repr(mt.asarray([0.25, 1.0])) == "array([0.25, 1.0])"
        mt.set_printoptions(threshold=2)
        assert mt.get_printoptions()["formatter"] is None
        threading.Thread(target=mt.set_printoptions, kwargs={"precision": 1}).run()
    assert mt.get_printoptions() == ours


def test_options_of_another_thread_are_its_own():
    seen = []
    with mt.printoptions(precision=1):
        thread = threading.Thread(target=lambda: seen.append(mt.get_printoptions()["precision"]))
        thread.start()
        thread.join()
    assert seen == [8]


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": float("nan")},
        {"threshold": "many"},
        {"sign": "*"},
        {"floatmode": "free"},
        {"precision": 1.5},
        {"precision": -1},
        {"formatter": 3},
        {"colour": "red"},
    ],
)
def test_bad_options_change_nothing(options):
    before = mt.get_printoptions()
    with pytest.raises((TypeError, ValueError)), mt.printoptions(**options):
        pass
    with pytest.raises((TypeError, ValueError)):
        mt.set_printoptions(**options)
    assert mt.get_printoptions() == before


def test_notebooks_see_facts_and_values():
    base = mt.zeros((1000, 1000))
    page = base[:2, :3]._repr_html_()
    assert "(2, 3)" in page and "float64" in page and "7.6 MiB" in page and "[[0., 0., 0.]" in page
    assert "read-only" in mt.broadcast_to(base[0], (2, 1000))._repr_html_()
    with mt.printoptions(formatter={"float": lambda x: "<b>&"}):
        assert "&lt;b&gt;&amp;" in base[:1, :1]._repr_html_()


def test_format():
    array = mt.array([1.0, 2.5])
    assert f"{array[1]:.3f}" == "2.500"
    assert f"{array}" == "[1.  2.5]"
    with pytest.raises(TypeError, match="format"):
        format(array, ".2f")


SMALL = [
    np.zeros(3, [("a", "i1", (2,)), ("b", "f4", (2, 2))]),
    np.array([([1, 200], "ab"), ([-3, 4], "c")], [("a", "i4", (2,)), ("t", "U3")]),
    np.array([([[1.5, 2], [3, 400.25]],)], [("x", "f8", (2, 2))]),
    np.array([([True, False],), ([False, False],)], [("b", "?", (2,))]),
    np.zeros((2, 2), [("a", "i4", (2,))]),
    np.zeros((), [("a", "i4", (2, 2))]),
    np.zeros(2, [("a", "f8", (1001,)), ("b", "i4")]),
    np.zeros(1001, [("a", "i4", (2,)), ("b", "U2")]),
    np.array([(["2020", "NaT"],)], [("d", "M8[D]", (2,))]),
]


@pytest.mark.parametrize("number", range(len(SMALL)))
@pytest.mark.parametrize("options", [{}, {"precision": 1}, {"threshold": 3, "edgeitems": 1}, {"sign": "+"}])
def test_small_arrays_in_records(number, options):
    with np.printoptions(**options), mt.printoptions(**options):
        alike(SMALL[number])


FUNCTIONS = [
    {"all": lambda _: "*"},
    {"numpystr": lambda text: f"<{text}>"},
    {"str_kind": lambda text: str(text).upper()},
    {"datetime": lambda _: "when"},
    {"timedelta": lambda _: "how long"},
    {"void": lambda _: "?"},
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_functions_for_what_is_no_number(number):
    arrays = [
        *(np.array(["a", "bcd"]), np.array([b"a", b"bcd"]), np.array("x"), np.array(["2020", "NaT"], "M8[D]")),
        *(np.array([1, "NaT"], "m8[s]"), np.array(5, "m8[h]"), np.zeros(2, "V3")),
        np.array([(1, 2.5, "ab")], [("a", "i4"), ("b", "f8"), ("c", "U3")]),
    ]
    with np.printoptions(formatter=FUNCTIONS[number]), mt.printoptions(formatter=FUNCTIONS[number]):
        for array in arrays:
            alike(array)
