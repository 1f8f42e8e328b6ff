"""Floating-point errors: what the loops notice and how `errstate` treats it, against NumPy."""

import contextvars
import io
import itertools
import threading
import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

POOL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.7, np.inf, -np.inf, np.nan, 1e5, 700.0, -700.0]

# Rows that say less than NumPy's, which call the neighbour of a value a result out of range, and NaN that were given
# invalid; powers with infinite exponents are exact here.
SILENT = {"logaddexp", "logaddexp2", "nextafter", "power", "spacing"}
# Below the smallest normal number the C libraries differ in what they call an underflow.
EXACT_UNDERFLOW = {"add", "subtract", "multiply", "divide"}


def values(kind):
    info = np.finfo(kind)
    ends = [info.max, -info.max, info.tiny, -info.tiny, info.smallest_subnormal, info.eps]
    with np.errstate(all="ignore"):
        real = np.array([*POOL, *ends], np.float64).astype(info.dtype)
        return (real[:, None] + 1j * real[::4]).ravel().astype(kind) if np.dtype(kind).kind == "c" else real


def noticed(module, name, operands):
    """The errors that a call reports; `None` where it does not take the operands."""
    errors = set()
    with module.errstate(all="call", call=lambda error, _: errors.add(error)):
        try:
            getattr(module, name)(*operands)
        except TypeError:
            return None
    return errors


ROWS = [row.__name__ for row in mt.ufuncs() if isinstance(getattr(np, row.__name__, None), np.ufunc)]


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    nin = getattr(np, name).nin
    for kind in ("float16", "float32", "float64", "complex128"):
        step = {1: 1, 2: 1 if kind != "complex128" else 9, 3: 5}[nin]
        for values_of in itertools.product(values(kind)[::step], repeat=nin):
            for size in (1, 9):
                operands = [np.full(size, value, kind) for value in values_of]
                theirs = noticed(np, name, operands)
                ours = noticed(mt, name, [mt.asarray(x) for x in operands]) if theirs is not None else None
                if ours is None:
                    break
                if kind == "complex128" and name == "multiply":
                    # NumPy's own loops differ here: an infinite part times a zero one is invalid or not by the machine.
                    ours, theirs = ours - {"invalid value"}, theirs - {"invalid value"}
                if kind == "complex128" or name not in EXACT_UNDERFLOW:
                    ours, theirs = ours - {"underflow"}, theirs - {"underflow"}
                assert ours <= theirs, f"{kind} {values_of}: {ours - theirs} for nothing"
                exact = kind != "complex128" and name not in SILENT
                assert ours == theirs or not exact, f"{kind} {values_of}: {theirs - ours} not noticed"


@given(
    st.lists(st.sampled_from(POOL), min_size=1, max_size=40),
    st.integers(1, 3),
    st.sampled_from(["add", "divide", "multiply"]),
)
def test_layouts(pool, step, name):
    a = np.array(pool)
    assert noticed(mt, name, [mt.asarray(a)[::step], mt.asarray(a)[::-step]]) == noticed(
        np, name, [a[::step], a[::-step]]
    )


@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=40), st.data())
def test_only_what_is_computed_counts(pool, data):
    a = np.array(pool)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=a.size, max_size=a.size)), bool)
    expected = noticed(np, "divide", [np.ones(int(mask.sum())), a[mask]])
    errors = set()
    with mt.errstate(all="call", call=lambda error, _: errors.add(error)):
        mt.divide(mt.ones(a.size), mt.asarray(a), out=mt.zeros(a.size), where=mt.asarray(mask))
    assert errors == expected


def test_integers_and_reductions():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mt.ones(3, dtype="int32") // 0
        mt.sum(mt.full(2, 1e308))
        mt.sum(mt.asarray([np.inf, -np.inf]))
        mt.max(mt.asarray([np.nan, 1.0]))
    assert [str(w.message) for w in caught] == [
        "divide by zero encountered in floor_divide",
        "overflow encountered in reduce",
        "invalid value encountered in reduce",
    ]
    assert all(w.filename == __file__ and w.category is RuntimeWarning for w in caught)


@pytest.mark.parametrize("size", [3, 5000])
def test_nothing_is_reported_twice_or_late(size):
    with np.errstate(all="ignore"):
        np.ones(3) / np.zeros(3)
    with mt.errstate(all="raise"):
        mt.ones(size) / mt.ones(size)
        mt.ones(size, dtype="int64") + 1
        mt.ones(size).astype("int32")
        mt.full(size, np.nan) < 1
    errors = []
    with mt.errstate(all="call", call=lambda error, _: errors.append(error)):
        for _ in range(2):
            mt.ones(size) / 0
            mt.ones(size) / 1
    assert errors == ["divide by zero"] * 2


def divide():
    return mt.ones(3) / 0


def test_modes(capsys):
    with mt.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        divide()
    with mt.errstate(divide="warn"), pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        divide()
    with mt.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero encountered in divide"):
        divide()
    with mt.errstate(divide="print"):
        divide()
    assert capsys.readouterr().err == "Warning: divide by zero encountered in divide\n"
    said = []
    with mt.errstate(divide="call", call=lambda *what: said.append(what)):
        divide()
    assert said == [("divide by zero", 1)]
    log = io.StringIO()
    with mt.errstate(divide="log", call=log):
        divide()
    assert log.getvalue() == "Warning: divide by zero encountered in divide\n"
    with mt.errstate(divide="call", call=None), pytest.raises(NameError):
        divide()


def test_settings():
    before = mt.geterr()
    assert before == np.geterr()
    assert mt.seterr(all="ignore", over="raise") == before
    assert mt.geterr() == {"divide": "ignore", "over": "raise", "under": "ignore", "invalid": "ignore"}
    mt.seterr(**before)
    assert mt.seterrcall(print) is None
    assert mt.geterrcall() is print
    assert mt.seterrcall(None) is print
    for wrong in (lambda: mt.seterr(all="loud"), lambda: mt.seterrcall(3)):
        with pytest.raises(ValueError):
            wrong()
    with mt.errstate(all="raise"):
        assert set(mt.geterr().values()) == {"raise"}
        with mt.errstate(over="warn"):
            assert mt.geterr()["over"] == "warn"
        assert mt.geterr()["over"] == "raise"
    assert mt.geterr() == before


@mt.errstate(divide="raise")
def guarded():
    divide()


def test_decorator_and_contexts():
    with pytest.raises(FloatingPointError):
        guarded()
    contextvars.copy_context().run(mt.seterr, all="raise")
    assert mt.geterr()["divide"] == "warn"
    seen = []
    with mt.errstate(all="raise"):
        thread = threading.Thread(target=lambda: seen.append(mt.geterr()["divide"]))
        thread.start()
        thread.join()
    assert seen == ["warn"]


@pytest.mark.parametrize("source", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("target", ["bool", "int8", "uint8", "int32", "int64", "uint64", "float16", "float32"])
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_casts(source, target):
    for value in [*POOL, 1e300, -1e300, 1e15, 3e9, -1e10, 1e39]:
        with np.errstate(all="ignore"):
            x = np.full(9, value, "float64").astype(source)
        theirs, ours = set(), set()
        with np.errstate(all="call", call=lambda error, _, found=theirs: found.add(error)):
            x.astype(target)
        with mt.errstate(all="call", call=lambda error, _, found=ours: found.add(error)):
            mt.asarray(x).astype(target)
        assert ours <= theirs | {"underflow"}, (value, ours)
        if source in ("float32", "float64") and target in ("int32", "int64", "float32"):
            assert ours == theirs - {"underflow"}, (value, theirs)


def test_assignment_warns_of_its_cast():
    a = mt.zeros(3, dtype="int32")
    with pytest.warns(RuntimeWarning, match="invalid value encountered in cast"):
        a[...] = mt.full(3, np.nan)


NAN = float("nan")
TOO_FEW = {
    "mean": lambda m: m.mean(m.asarray([])),
    "mean, method": lambda m: m.asarray([]).mean(),
    "mean of integers": lambda m: m.mean(m.zeros(0, dtype="int32")),
    "mean of complex": lambda m: m.mean(m.zeros(0, dtype="complex128")),
    "mean of columns": lambda m: m.mean(m.zeros((0, 3)), axis=0),
    "mean of no columns": lambda m: m.mean(m.zeros((0, 3)), axis=1),
    "mean, kept": lambda m: m.mean(m.zeros((0, 3)), keepdims=True),
    "mean, masked": lambda m: m.mean(m.ones((2, 2)), axis=1, where=m.asarray([[False, False], [True, False]])),
    "var": lambda m: m.var(m.asarray([2.0]), ddof=1),
    "var, scalar": lambda m: m.var(m.asarray(2.0), ddof=1),
    "var of rows": lambda m: m.var(m.asarray([[1.0, 3.0], [2.0, 5.0]]), axis=1, ddof=2),
    "var, more": lambda m: m.asarray([[1.0, 3.0], [2.0, 5.0]]).var(axis=0, ddof=5),
    "var, masked": lambda m: m.var(m.asarray([1.0, 2.0]), where=m.asarray([True, False]), ddof=1),
    "std": lambda m: m.std(m.asarray([2.0]), ddof=1),
    "std, enough": lambda m: m.std(m.asarray([2.0, 3.0]), ddof=1),
    "average": lambda m: m.average(m.asarray([])),
    "median": lambda m: m.median(m.asarray([])),
    "median of columns": lambda m: m.median(m.zeros((0, 3)), axis=0),
    "median of no columns": lambda m: m.median(m.zeros((0, 3)), axis=1),
    "median with NaN": lambda m: m.median(m.asarray([NAN, 1.0])),
    "nanmedian": lambda m: m.nanmedian(m.asarray([[NAN, 1.0], [NAN, 2.0]]), axis=0),
    "nanmedian, some": lambda m: m.nanmedian(m.asarray([[NAN, 1.0], [1.0, 2.0]]), axis=0),
    "nanmedian of nothing": lambda m: m.nanmedian(m.asarray([])),
    "nanquantile": lambda m: m.nanquantile(m.asarray([[NAN, NAN], [1.0, 2.0]]), [0.5, 0.25], axis=1),
    "nanpercentile of nothing": lambda m: m.nanpercentile(m.asarray([]), 50),
    "nanmean": lambda m: m.nanmean(m.asarray([NAN])),
    "nanmax": lambda m: m.nanmax(m.asarray([[NAN, NAN], [1.0, 2.0]]), axis=1),
    "nanvar": lambda m: m.nanvar(m.asarray([NAN, 1.0]), ddof=1),
}


@pytest.mark.parametrize("name", TOO_FEW)
def test_too_few_elements(name):
    def said(module):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            values = np.asarray(TOO_FEW[name](module))
        return [(w.category, str(w.message), w.filename) for w in caught], values

    (theirs, expected), (ours, values) = said(np), said(mt)
    assert [w[:2] for w in ours] == [w[:2] for w in theirs]
    assert all(w[2] == __file__ for w in ours)
    np.testing.assert_array_equal(values, expected)
    if ours:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(RuntimeWarning, match=str(ours[0][1]).split("<")[0]):
                TOO_FEW[name](mt)


def test_means_of_nothing_obey_errstate():
    with mt.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(FloatingPointError, match="invalid value encountered in scalar divide"):
            mt.mean(mt.asarray([]))
        with pytest.raises(FloatingPointError, match="divide by zero encountered in divide"):
            mt.var(mt.asarray([[1.0, 2.0]]), axis=1, ddof=2)


@pytest.mark.parametrize("ddof", [None, 2])
def test_covariances_of_too_few(ddof):
    a = np.asarray([[1.0], [2.0]] if ddof is None else [[1.0, 3.0], [2.0, 4.0]])
    with pytest.warns(RuntimeWarning, match="Degrees of freedom <= 0 for slice"):
        mt.cov(a, ddof=ddof)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mt.cov(np.eye(3))
        mt.corrcoef(np.asarray([[1.0, 2.0, 4.0], [3.0, 1.0, 1.0]]))
