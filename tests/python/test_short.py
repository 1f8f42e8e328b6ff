"""Operations on few elements: what NumPy gives, however the operands lie; and no byte is left behind."""

import itertools
import operator

import metes as mt
import numpy as np
import pytest

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64", "complex128")
VALUES = np.array([3, 1, 2, 5, 1, 7, 4, 2, 6, 1, 3, 8])

LAYOUTS = {
    "dense": lambda x: x.copy(),
    "strided": lambda x: x.repeat(2)[::2],
    "reversed": lambda x: x[::-1],
    "table": lambda x: x.reshape(3, 4),
    "turned": lambda x: x.reshape(3, 4).T,
    "column": lambda x: x.reshape(3, 4)[:, 1:2],
    "row": lambda x: x[:4],
    "scalar": lambda x: x[2:3].reshape(()),
    "empty": lambda x: x[:0],
}
PAIRS = [
    ("dense", "dense"),
    ("dense", "strided"),
    ("strided", "reversed"),
    ("table", "row"),
    ("table", "column"),
    ("turned", "turned"),
    ("column", "row"),
    ("scalar", "strided"),
    ("empty", "empty"),
    ("table", "scalar"),
]
OPERATORS = (operator.add, operator.mul, operator.truediv, operator.lt, operator.eq)


@pytest.fixture(autouse=True)
def nothing_is_left():
    """The ledger stands at the end as at the beginning."""
    before = mt.memory.stats()
    yield
    after = mt.memory.stats()
    assert (after.current_bytes, after.current_count) == (before.current_bytes, before.current_count)


def both(values, layout, dtype):
    """An array of NumPy's and one of Metes', of the same values, laid out alike."""
    theirs = LAYOUTS[layout](values.astype(dtype))
    ours = (
        LAYOUTS[layout](mt.asarray(values.astype(dtype)).copy())
        if layout != "strided"
        else mt.asarray(values.astype(dtype).repeat(2)).copy()[::2]
    )
    return theirs, ours


def agree(ours, theirs):
    """Whether values, dtype, shape and order of axes are the same."""
    assert str(ours.dtype) == str(theirs.dtype)
    assert ours.shape == theirs.shape
    if theirs.ndim > 1 and theirs.size:
        assert ours.strides == theirs.strides
    np.testing.assert_array_equal(np.asarray(ours), theirs)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_operators(function, pair):
    for dtypes in itertools.product(DTYPES, repeat=2):
        (a, x), (b, y) = (both(VALUES, layout, dtype) for layout, dtype in zip(pair, dtypes, strict=True))
        agree(function(x, y), np.asarray(function(a, b)))
        agree(function(x, 2), np.asarray(function(a, 2)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_results_into_arrays(layout):
    for dtype in DTYPES:
        for kind in ("same", dtype):
            (a, x), (b, y) = both(VALUES, layout, dtype), both(VALUES, layout, "float64" if kind == "same" else dtype)
            if not np.can_cast(np.result_type(a, b), b.dtype, "same_kind"):
                continue
            assert mt.add(x, y, out=y) is y
            np.add(a, b, out=b)
            np.testing.assert_array_equal(np.asarray(y), b)


def test_read_only_and_overlapping_results():
    x = mt.arange(9.0)
    frozen = mt.arange(8.0)
    frozen.setflags(write=False)
    for write in (
        lambda: mt.add(x[:8], 1, out=frozen),
        lambda: frozen.__setitem__(slice(2, 4), 1.0),
        lambda: frozen.__setitem__(frozen > 3, 1.0),
        lambda: operator.iadd(frozen, 1),
    ):
        with pytest.raises(ValueError, match="read-only"):
            write()
    np.testing.assert_array_equal(np.asarray(frozen), np.arange(8.0))
    mt.add(x[:8], x[1:], out=x[:8])
    wanted = np.arange(9.0)
    np.add(wanted[:8], wanted[1:], out=wanted[:8])
    np.testing.assert_array_equal(np.asarray(x), wanted)
    x[1:] = x[:-1]
    wanted[1:] = wanted[:-1].copy()
    np.testing.assert_array_equal(np.asarray(x), wanted)


@pytest.mark.parametrize("name", ["sum", "prod", "min", "max", "mean", "var", "any", "argmax"])
def test_reductions_along_an_axis(name):
    for layout, dtype in itertools.product(("dense", "table", "turned", "row"), DTYPES):
        a, x = both(VALUES, layout, dtype)
        for axis in range(-a.ndim, a.ndim):
            for keepdims in (False, True):
                if dtype == "bool" and name == "var":
                    continue
                theirs = np.asarray(getattr(np, name)(a, axis=axis, keepdims=keepdims))
                for ours in (
                    getattr(mt, name)(x, axis=axis, keepdims=keepdims),
                    getattr(x, name)(axis=axis, keepdims=keepdims),
                ):
                    assert ours.shape == theirs.shape
                    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-6)
        with pytest.raises(mt.exceptions.AxisError if hasattr(mt, "exceptions") else Exception):
            x.sum(axis=a.ndim)


@pytest.mark.parametrize("layout", ["dense", "strided", "table", "turned", "empty"])
def test_casts_copies_and_joins(layout):
    for dtype in DTYPES:
        a, x = both(VALUES, layout, dtype)
        for other in DTYPES:
            if (dtype, other) != ("complex128", "complex128") and dtype == "complex128" and other != "bool":
                continue
            agree(x.astype(other), a.astype(other))
        agree(mt.array(x), np.array(a))
        agree(x.copy(), a.copy())
        agree(mt.concatenate([x, x]), np.concatenate([a, a]))
        agree(mt.stack([x, x], axis=-1), np.stack([a, a], axis=-1))
        agree(mt.hstack([x, x]), np.hstack([a, a]))
        agree(x.ravel(), a.ravel())
        assert x.tolist() == a.tolist()


@pytest.mark.parametrize("layout", ["dense", "strided", "reversed", "table", "turned"])
def test_selections_and_assignments(layout):
    rows = np.array([0, -1, 1, 1])
    for dtype in DTYPES:
        a, x = both(VALUES, layout, dtype)
        mask = np.asarray(a > 2) if dtype not in ("bool", "complex128") else np.asarray(a == 1)
        agree(x[mt.asarray(rows).copy()], a[rows])
        agree(x[mt.asarray(mask).copy()], a[mask])
        for key in (slice(1, 3), Ellipsis, (Ellipsis, 0), mask, rows):
            for value in (1, True, a[0].copy()):
                if isinstance(value, np.ndarray) and (key is mask or value.ndim > np.ndim(a[key])):
                    continue
                theirs, ours = a.copy(), mt.asarray(a).copy()
                given = mt.asarray(value).copy() if isinstance(value, np.ndarray | np.generic) else value
                try:
                    theirs[key] = value
                except ValueError:
                    continue
                ours[mt.asarray(key).copy() if isinstance(key, np.ndarray) else key] = given
                np.testing.assert_array_equal(np.asarray(ours), theirs)
        with pytest.raises(IndexError, match="out of bounds"):
            x[mt.asarray([0, 99])]


def test_shapes_and_attributes():
    x = mt.arange(12)
    agree(x.reshape(3, -1), np.arange(12).reshape(3, -1))
    agree(x.reshape((2, 3, 2)).T, np.arange(12).reshape(2, 3, 2).T)
    assert x.reshape(3, 4).T.base is x
    assert x.ravel().base is x
    assert mt.asarray(x) is x
    assert mt.array(x) is not x
    for shape in ((5, -1), (-1, -1), (0, -1), (13,)):
        with pytest.raises(ValueError, match=r"reshape|unknown"):
            x.reshape(shape)
    assert (x.item(3), x.item(-1), x.item((2,))) == (3, 11, 2)
    with pytest.raises(IndexError):
        x.item(12)


def test_warnings_come_from_short_ways_too():
    zero = mt.zeros(4)[::2]
    with mt.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide"):
        mt.divide(mt.ones(2), zero)
    big = mt.full(3, 1e300)
    with mt.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        big.astype(mt.float32)
    target = mt.zeros(3, dtype=mt.int8)
    with mt.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="invalid"):
        target[:] = mt.full(3, mt.nan)


PRODUCTS = {
    "dot": lambda x, a, b: x.dot(a, b),
    "method": lambda x, a, b: a.dot(b),
    "operator": lambda x, a, b: a @ b,
    "matmul": lambda x, a, b: x.matmul(a, b),
    "inner": lambda x, a, b: x.inner(a, b),
    "vdot": lambda x, a, b: x.vdot(a, b),
}
FACTORS = [
    *(((n,), (n,)) for n in (0, 1, 2, 7, 8, 9, 33, 1000)),
    *(((n, n), (n, n)) for n in (1, 2, 3, 4, 5, 16)),
    *[
        ((3, 4), (4,)),
        ((4,), (4, 3)),
        ((2, 5), (5, 3)),
        ((1, 4), (4, 3)),
        ((3, 1), (1, 3)),
        ((5, 40), (40, 2)),
        ((0, 3), (3, 0)),
    ],
]


@pytest.mark.parametrize("dtype", (*DTYPES, "float16", "complex64"))
@pytest.mark.parametrize("name", PRODUCTS)
def test_small_products_are_those_of_the_general_way(name, dtype):
    random = np.random.default_rng(3)
    for first, second in FACTORS:
        theirs = [
            (random.integers(-9, 9, shape) / (4 if dtype[0] in "fc" else 1)).astype(dtype) for shape in (first, second)
        ]
        if dtype.startswith("complex"):
            theirs = [x + x[::-1] * np.array(0.5j, dtype) for x in theirs]
        ours = [mt.asarray(x).copy() for x in theirs]
        # Memory of others' that nobody works on in a short way: each element a byte beside its place.
        apart = [shifted(x) for x in theirs]
        try:
            expected = PRODUCTS[name](np, *theirs)
        except ValueError:
            with pytest.raises(ValueError):
                PRODUCTS[name](mt, *ours)
            continue
        found = PRODUCTS[name](mt, *ours)
        agree(found, np.asarray(expected))
        general = PRODUCTS[name](mt, *apart)
        assert found.tobytes() == general.tobytes(), (first, second)


def shifted(values):
    """The same values at odd addresses."""
    room = np.zeros(values.nbytes + 1, "uint8")
    moved = np.frombuffer(room.data, values.dtype, values.size, 1 if values.itemsize > 1 else 0).reshape(values.shape)
    moved[...] = values
    return mt.asarray(moved)


def test_small_products_of_views():
    theirs = np.arange(48.0).reshape(6, 8)
    ours = mt.asarray(theirs).copy()
    for way in (
        lambda x: x[::2] @ x.T,
        lambda x: x.T[2:, 1] @ x[:, 2],
        lambda x: x[0] @ x[1, ::-1],
        lambda x: x @ x.T[:, ::2],
    ):
        agree(way(ours), way(theirs))
    assert (ours[0] @ ours[0]).base is None


@pytest.mark.parametrize("dtype", ("float32", "float64", "complex64", "complex128", "int64", "float16"))
def test_small_norms(dtype):
    for shape in ((), (1,), (7,), (3, 5), (300,)):
        theirs = (np.arange(np.prod(shape)).reshape(shape) / 8 - 3).astype(dtype)
        if dtype.startswith("complex"):
            theirs = theirs * np.array(1 - 2j, dtype)
        ours = mt.linalg.norm(mt.asarray(theirs).copy())
        assert ours.tobytes() == mt.linalg.norm(mt.asarray(theirs).copy(), keepdims=True).tobytes()
        expected = np.linalg.norm(theirs)
        assert ours.dtype == ("float32" if dtype in ("float32", "complex64") else ours.dtype.name)
        np.testing.assert_allclose(float(ours), float(expected), rtol=2e-3 if dtype == "float16" else 1e-6)
