"""Every row of the ufunc table, for every kind and layout, against NumPy."""

import warnings

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, shapes, values

# NumPy has `where` as a function of another sort; tests for it are below.
UFUNCS = {row.__name__: row for row in mt.ufuncs() if row.__name__ != "where"}
BINARY = [name for name, row in UFUNCS.items() if row.nin == 2]

# Rows whose namesake in NumPy is a function around a ufunc.
REFERENCES = {"clip": np._core.umath.clip}
# Which of two zeros is given is not defined, and differs between NumPy's own code paths.
EITHER_ZERO = {"maximum", "minimum", "fmax", "fmin", "clip", "nextafter"}

# Units in the last place by which a result may differ from NumPy's; rows not named here must be equal bit for bit.
# Both sides round a function that has no correctly rounded form, so the bound is on the sum of two errors.
ULPS = {
    **dict.fromkeys(["exp", "exp2", "expm1", "log", "log2", "log10", "log1p"], 4),
    **dict.fromkeys(["sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2"], 4),
    **dict.fromkeys(["sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"], 4),
    **dict.fromkeys(["power", "float_power", "pow", "cbrt", "hypot", "logaddexp", "logaddexp2"], 4),
    **dict.fromkeys(["degrees", "radians", "rad2deg", "deg2rad"], 2),
}
# Complex division, roots and products may be evaluated in another order.
COMPLEX_ULPS = {"divide": 4, "sqrt": 4, "reciprocal": 4, "multiply": 2, "square": 2, "absolute": 4, "abs": 4}


def ulps(name, *kinds):
    if any(np.dtype(kind).kind == "c" for kind in kinds):
        return 4 * ULPS.get(name, 0) or COMPLEX_ULPS.get(name, 0)
    return ULPS.get(name, 0)


def outcome(call, *args, **kwargs):
    """The results as a tuple, or the exception."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = call(*args, **kwargs)
        except (TypeError, ValueError, OverflowError) as error:
            return error
    return result if isinstance(result, tuple) else (result,)


def compare(name, args, **kwargs):
    """Asserts that Metes does what NumPy does: the same values, or an exception of the same type."""
    theirs = outcome(reference(name), *args, **kwargs)
    ours = outcome(UFUNCS[name], *map(to_metes, args), **kwargs)
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"NumPy raises {theirs!r}, Metes returns {ours}"
        assert isinstance(theirs, type(ours)) or isinstance(ours, type(theirs)), f"NumPy {theirs!r}, Metes {ours!r}"
        return
    assert not isinstance(ours, Exception), f"Metes raises {ours!r}, NumPy returns {theirs}"
    kinds = [np.asarray(a).dtype for a in args]
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        same(our, their, ulps(name, *kinds), zeros=name not in EITHER_ZERO)


def reference(name):
    """NumPy's ufunc of this name."""
    return REFERENCES.get(name) or getattr(np, name)


def to_metes(x):
    """A NumPy array as a Metes array on the same bytes; anything else as it is."""
    return mt.asarray(x) if isinstance(x, np.ndarray) else x


def operands(name, *kinds):
    """Operands of these kinds with which the function has a defined result."""
    made = [values(kind, seed=seed) for seed, kind in enumerate(kinds)]
    whole = [x.dtype.kind in "iu" for x in made]
    if any(x.dtype.kind == "c" for x in made):
        # What complex functions make of infinities and of overflow is the C library's choice.
        made = [tame(x) for x in made]
    if name in {"power", "float_power", "left_shift", "right_shift", "ldexp"} and whole[1]:
        made[1] = np.abs(made[1] % np.array(5, made[1].dtype))
    if name == "reciprocal" and whole[0]:
        made[0][made[0] == 0] = 1
    if name in {"gcd", "lcm"}:
        made = [x % np.array(11, x.dtype) if x.dtype.kind in "iu" else x for x in made]
    return made


def tame(x):
    """The values without those that are not finite or are large."""
    with np.errstate(all="ignore"):
        small = np.isfinite(x) & (np.abs(x) < 50) & (np.abs(x) > 1e-3)
    return np.where(small, x, x.dtype.type(1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UFUNCS)
def test_row(name, kind):
    made = operands(name, *[kind] * UFUNCS[name].nin)
    for layout in LAYOUTS.values():
        compare(name, [layout(x) for x in made])


@pytest.mark.parametrize("name", BINARY)
def test_mixed_kinds(name):
    for left in KINDS:
        for right in KINDS:
            compare(name, operands(name, left, right))


@pytest.mark.parametrize("name", BINARY)
def test_python_scalars_are_weak(name):
    for kind in KINDS:
        for scalar in (True, 2, 0.5, 1 + 2j):
            x, y = operands(name, kind, kind)
            # NumPy takes a root where the exponent is a Python 0.5, which differs from a power for infinities.
            x = tame(x) if isinstance(scalar, complex) or (name, scalar) == ("power", 0.5) else x
            compare(name, [x, scalar])
            # NumPy gives float16 whatever the dtype of the exponents.
            if name != "ldexp":
                compare(name, [scalar, tame(y) if isinstance(scalar, complex) else y])


@pytest.mark.parametrize("scalar", [-1, 300, 70000, 2**40, 2**63, 1e300])
def test_scalars_out_of_range(scalar):
    # NumPy fails over its own conversion where it compares bools with integers beyond int64.
    for kind in KINDS[abs(scalar) >= 2**63 :]:
        for name in ("add", "less", "equal", "greater_equal", "maximum"):
            compare(name, [values(kind), scalar])


@given(data=st.data())
def test_layouts_and_shapes_mixed(data):
    name = data.draw(st.sampled_from(BINARY))
    drawn = []
    for x in operands(name, data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(KINDS))):
        layout = LAYOUTS[data.draw(st.sampled_from(list(LAYOUTS)))]
        whole = layout(x)
        part = data.draw(st.sampled_from([..., slice(0, 1), 0]))
        drawn.append(whole[part] if whole.size and whole.ndim else whole)
    compare(name, drawn)


@given(left=shapes(), right=shapes())
def test_broadcasting(left, right):
    compare("add", [np.ones(left), np.full(right, 2.0)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UFUNCS)
def test_out(name, kind):
    """`out=` is written, is the object returned, and holds what the plain call returns."""
    row = UFUNCS[name]
    made = [mt.asarray(x) for x in operands(name, *[kind] * row.nin)]
    plain = outcome(row, *made)
    if isinstance(plain, Exception):
        return
    outs = tuple(mt.empty_like(result) for result in plain)
    returned = outcome(row, *made, out=outs)
    for out, result, expected in zip(outs, returned, plain, strict=True):
        assert result is out
        same(out, expected)


@pytest.mark.parametrize("layout", ["contiguous", "strided", "negative", "transposed"])
def test_where(layout):
    for kind in KINDS:
        x, y, mask = (LAYOUTS[layout](v) for v in (values(kind), values(kind, seed=1), values("bool")))
        theirs, ours = np.full(x.shape, 7, np.complex128), mt.full(x.shape, 7, dtype="complex128")
        with np.errstate(all="ignore"):
            np.add(x, y, out=theirs, where=mask)
            mt.add(mt.asarray(x), mt.asarray(y), out=ours, where=mt.asarray(mask))
        same(ours, theirs)


def test_dtype_argument():
    for kind in KINDS:
        for wanted in ("int32", "float32", "float64", "complex128"):
            compare("multiply", [values(kind), values(kind, seed=1)], dtype=wanted)


def test_errors_name_shapes_and_dtypes():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(4,\)"):
        mt.add(mt.ones((2, 3)), mt.ones(4))
    with pytest.raises(TypeError, match=r"float64"):
        mt.bitwise_and(mt.ones(3), mt.ones(3))
    with pytest.raises(TypeError, match=r"float64.*int32|int32.*float64"):
        mt.add(mt.ones(3), mt.ones(3), out=mt.empty(3, dtype="int32"))
    frozen = mt.asarray(np.broadcast_to(np.float64(1), 3))
    with pytest.raises(ValueError, match=r"read-only|read only"):
        mt.add(mt.ones(3), 1, out=frozen)
    with pytest.raises(ValueError, match=r"\(2,\)"):
        mt.add(mt.ones(3), 1, out=mt.empty(2))
    with pytest.raises(TypeError):
        mt.add(mt.ones(3))
    with pytest.raises(TypeError):
        mt.add(mt.ones(3), 1, sideways=True)


def test_attributes():
    for row in UFUNCS.values():
        theirs = reference(row.__name__)
        assert (row.nin, row.nout, row.nargs) == (theirs.nin, theirs.nout, theirs.nargs)
        assert row.__doc__ and row.types
        if row.__name__ != "clip":  # The public one may lack a bound.
            assert getattr(mt, row.__name__) is row
    assert repr(mt.add) == "<ufunc 'add'>"


def test_lists_and_numpy_arrays_as_operands():
    same(mt.add([1, 2], np.array([0.5, 1])), np.add([1, 2], [0.5, 1]))
    same(mt.maximum([[1], [5]], (3, 4)), np.maximum([[1], [5]], (3, 4)))
    with pytest.raises(TypeError):
        mt.add("text", 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_choosing_by_a_mask(layout):
    for kind in KINDS:
        mask, x, y = (LAYOUTS[layout](v) for v in (values("bool"), values(kind, seed=1), values("float32")))
        same(mt.where(*map(mt.asarray, (mask, x, y))), np.where(mask, x, y))
        same(mt.where(mt.asarray(mask), mt.asarray(x), 2), np.where(mask, x, 2))
        same(mt.where(mt.asarray(x), 0.5, 1), np.where(x, 0.5, 1))
