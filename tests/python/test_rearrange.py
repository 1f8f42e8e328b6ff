"""Joining, splitting, repeating, padding and editing: values, layouts, and what is a view, against NumPy."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import KINDS, LAYOUTS, same, shapes, values
from test_views import counting, look_alike

# One call for each function; `a` is int64 (2, 3, 4), `i` the module.
CALLS = {
    "concatenate": lambda m, a: m.concatenate([a, a[:, :1]], axis=1),
    "concatenate F": lambda m, a: m.concatenate([a.T, a.T], axis=1),
    "concatenate permuted": lambda m, a: m.concatenate([m.transpose(a, (1, 0, 2))] * 2, axis=0),
    "concatenate mixed": lambda m, a: m.concatenate([a.T, m.copy(a.T, order="C")], axis=0),
    "concatenate flat": lambda m, a: m.concatenate([a, a.T], axis=None),
    "concatenate dtype": lambda m, a: m.concatenate([a, a], dtype="float32", casting="unsafe"),
    "stack": lambda m, a: m.stack([a, a], axis=1),
    "vstack": lambda m, a: m.vstack([a[0], a[0, 0]]),
    "vstack 1": lambda m, a: m.vstack([a[0, 0], a[0, 0]], dtype="float64"),
    "hstack": lambda m, a: m.hstack([a, a]),
    "hstack 1": lambda m, a: m.hstack([a[0, 0], a[0, 0]]),
    "dstack": lambda m, a: m.dstack([a[0], a[1]]),
    "column_stack": lambda m, a: m.column_stack([a[0, 0], a[0].T]),
    "append": lambda m, a: m.append(a, a, axis=2),
    "append flat": lambda m, a: m.append(a, [1.5, 2]),
    "block": lambda m, a: m.block([[a[0], a[0, :, :2]], [a[0, :1], a[0, :1, :2]]]),
    "block 1": lambda m, a: m.block([a[0, 0], 5, a[0, 1]]),
    "block 0": lambda m, a: m.block(a[0]),
    "unstack": lambda m, a: m.unstack(a, axis=1),
    "split": lambda m, a: m.split(a, 2, axis=2),
    "split cuts": lambda m, a: m.split(a, [1, 3, 3, 9], axis=-1),
    "array_split": lambda m, a: m.array_split(a, 3, axis=2),
    "hsplit": lambda m, a: m.hsplit(a, 3),
    "hsplit 1": lambda m, a: m.hsplit(a[0, 0], [2]),
    "vsplit": lambda m, a: m.vsplit(a, 2),
    "dsplit": lambda m, a: m.dsplit(a, [1]),
    "atleast_1d": lambda m, a: m.atleast_1d(a[0, 0, :1].reshape(()), a),
    "atleast_2d": lambda m, a: m.atleast_2d(a[0, 0, :1].reshape(()), a[0, 0], a),
    "atleast_3d": lambda m, a: m.atleast_3d(a[0, 0, :1].reshape(()), a[0, 0], a[0], a),
    "tile": lambda m, a: m.tile(a, (2, 1, 3)),
    "tile longer": lambda m, a: m.tile(a, (2, 1, 1, 2)),
    "tile shorter": lambda m, a: m.tile(a, 2),
    "tile once": lambda m, a: m.tile(a.T, 1),
    "tile none": lambda m, a: m.tile(a, 0),
    "repeat": lambda m, a: m.repeat(a, 3, axis=1),
    "repeat flat": lambda m, a: m.repeat(a, 2),
    "repeat each": lambda m, a: m.repeat(a, [2, 0, 1], axis=1),
    "repeat each in a line": lambda m, a: m.repeat(a[0, 0, ::-1], [2, 0, 1, 5]),
    "repeat method": lambda m, a: a.repeat([3], axis=0),
    "roll": lambda m, a: m.roll(a, 5),
    "roll one": lambda m, a: m.roll(a, -1, axis=2),
    "roll two": lambda m, a: m.roll(a, (1, -2), axis=(0, 2)),
    "roll twice": lambda m, a: m.roll(a, 1, axis=(2, 2)),
    "roll F": lambda m, a: m.roll(a.T, (1, 2), axis=1),
    "rollaxis": lambda m, a: m.rollaxis(a, 2),
    "rollaxis 2": lambda m, a: m.rollaxis(a, 0, 3),
    "rot90": lambda m, a: m.rot90(a),
    "rot90 2": lambda m, a: m.rot90(a, 2, (1, 2)),
    "rot90 3": lambda m, a: m.rot90(a, -1, (2, 0)),
    "rot90 0": lambda m, a: m.rot90(a, 4),
    "fliplr": lambda m, a: m.fliplr(a),
    "flipud": lambda m, a: m.flipud(a),
    "flip": lambda m, a: m.flip(a, (0, -1)),
    "moveaxis": lambda m, a: m.moveaxis(a, (0, 1), (-1, 0)),
    "swapaxes": lambda m, a: m.swapaxes(a, 0, 2),
    "squeeze": lambda m, a: m.squeeze(a[:1]),
    "expand_dims": lambda m, a: m.expand_dims(a, (0, 2)),
    "permute_dims": lambda m, a: m.permute_dims(a, (2, 0, 1)),
    "matrix_transpose": lambda m, a: m.matrix_transpose(a),
    "diagonal": lambda m, a: m.diagonal(a, 1, 1, 2),
    "delete": lambda m, a: m.delete(a, 1, axis=1),
    "delete some": lambda m, a: m.copy(m.delete(a, [0, -1, 0], axis=2), order="C"),
    "delete slice": lambda m, a: m.delete(a, slice(None, None, 2), axis=2),
    "delete mask": lambda m, a: m.delete(a, m.asarray([True, False, True]), axis=1),
    "delete flat": lambda m, a: m.delete(a, [1, 5, 7]),
    "delete none": lambda m, a: m.delete(a, [], axis=0),
    "delete F": lambda m, a: m.delete(a.T, 0, axis=0),
    "insert": lambda m, a: m.insert(a, 1, -1, axis=1),
    "insert row": lambda m, a: m.insert(a, 1, a[:, 0], axis=1),
    "insert rows": lambda m, a: m.insert(a, [1], a[:, :2], axis=1),
    "insert some": lambda m, a: m.insert(a, [2, 0, 2], a[:, :, :3], axis=2),
    "insert same": lambda m, a: m.insert(a, [0, 0, -1], [[[7]]], axis=0),
    "insert slice": lambda m, a: m.insert(a, slice(0, 3), 9, axis=2),
    "insert mask": lambda m, a: m.insert(a, m.asarray([True, False, True]), 3, axis=1),
    "insert flat": lambda m, a: m.insert(a, [3, 3], [9.9, 8]),
    "insert at the end": lambda m, a: m.insert(a, 4, 1, axis=2),
    "resize": lambda m, a: m.resize(a, (5, 7)),
    "resize smaller": lambda m, a: m.resize(a, 5),
    "trim_zeros": lambda m, a: m.trim_zeros(a * (a % 5 == 1)),
    "trim_zeros line": lambda m, a: m.trim_zeros(m.asarray([0, 0, 1, 0, 2, 0]), "b"),
    "packbits": lambda m, a: m.packbits(a % 2, axis=1),
    "packbits flat": lambda m, a: m.packbits(a % 3 == 0, bitorder="little"),
    "packbits last": lambda m, a: m.packbits(m.tile(a, 3) % 3, axis=-1),
    "unpackbits": lambda m, a: m.unpackbits(a.astype("uint8"), axis=1),
    "unpackbits count": lambda m, a: m.unpackbits(a.astype("uint8"), axis=2, count=-3, bitorder="little"),
    "unpackbits more": lambda m, a: m.unpackbits(a.astype("uint8"), count=400),
    "byteswap": lambda m, a: a.byteswap(),
    "byteswap F": lambda m, a: a.T.astype("float32").byteswap(),
    "byteswap complex": lambda m, a: a.astype("complex64").byteswap().view("uint8"),
    "as_strided": lambda m, a: m.lib.stride_tricks.as_strided(a, (2, 2), (8, 32)),
    "as_strided itself": lambda m, a: m.lib.stride_tricks.as_strided(a[::-1]),
    "sliding_window_view": lambda m, a: m.lib.stride_tricks.sliding_window_view(a, (2, 3), axis=(0, 2)),
    "sliding_window_view all": lambda m, a: m.lib.stride_tricks.sliding_window_view(a[0], (2, 2)),
    "ascontiguousarray": lambda m, a: m.ascontiguousarray(a.T),
    "ascontiguousarray itself": lambda m, a: m.ascontiguousarray(a),
    "asfortranarray": lambda m, a: m.asfortranarray(a),
    "asfortranarray 0": lambda m, a: m.asfortranarray(a[0, 0, :1].reshape(())),
    "asanyarray": lambda m, a: m.asanyarray(a, dtype="float32"),
    "asarray F": lambda m, a: m.asarray(a, order="F"),
    "asarray C": lambda m, a: m.asarray(a.T, dtype="int8", order="C"),
    "asarray A": lambda m, a: m.asarray(a[:, ::2], order="A"),
    "array K": lambda m, a: m.array(a.T),
    "array F": lambda m, a: m.array(a, order="F", copy=None),
    "array ndmin": lambda m, a: m.array(a[0], ndmin=5),
    "array ndmin of itself": lambda m, a: m.array(a[0], ndmin=3, copy=None),
    "array ndmin of a list": lambda m, a: m.array([1, 2], ndmin=2, dtype="float32"),
    "copy": lambda m, a: m.copy(a[:, ::-1].T),
    "copy method": lambda m, a: a.T.copy(),
    "astype": lambda m, a: a.T.astype("float32"),
    "require": lambda m, a: m.require(a, "float32", ["F", "W"]),
    "require nothing": lambda m, a: m.require(a[:, ::2]),
    "require O": lambda m, a: m.require(a[:, ::2], requirements="O"),
    "empty_like": lambda m, a: m.full_like(a.T, 3),
    "full_like shape": lambda m, a: m.full_like(a.T, 3, shape=(2, 5)),
    "full_like permuted": lambda m, a: m.full_like(m.transpose(a, (1, 0, 2)), 3, shape=(2, 5, 6)),
    "full_like permuted, no shape": lambda m, a: m.full_like(m.transpose(a, (1, 0, 2))[:, ::-1], 3),
    "ones_like A": lambda m, a: m.ones_like(a.T, shape=(2, 5), order="A"),
    "zeros_like F": lambda m, a: m.zeros_like(a, order="F", dtype="float32"),
}


def alike(result, expected, ours, theirs):
    if isinstance(expected, (tuple, list)):
        assert type(result) is type(expected)
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            alike(one, other, ours, theirs)
        return
    look_alike(result, expected)
    assert mt.shares_memory(result, ours) == np.shares_memory(expected, theirs)
    assert (result is ours) == (expected is theirs)


READ_ONLY_HERE = {"as_strided"}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_layouts(name):
    theirs, ours = counting((2, 3, 4))
    alike(CALLS[name](mt, ours), CALLS[name](np, theirs), ours, theirs)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_layouts(kind, layout):
    theirs = LAYOUTS[layout](values(kind))
    ours = mt.asarray(theirs)
    axis = None if theirs.ndim == 0 else 0
    for call in (
        lambda m, a: m.concatenate([m.atleast_1d(a)] * 2, axis=-1),
        lambda m, a: m.tile(a, (2, 1, 2)),
        lambda m, a: m.repeat(a, 2, axis),
        lambda m, a: m.roll(a, 1, axis),
        lambda m, a: m.repeat(a.ravel(), m.asarray(np.arange(a.size) % 3)),
        lambda m, a: m.pad(a, 1, mode="empty")[tuple([slice(1, -1)] * a.ndim)],
        lambda m, a: m.ascontiguousarray(a),
        lambda m, a: m.resize(a, (3, 3)),
    ):
        same(call(mt, ours), call(np, theirs))
    if layout not in ("empty", "zero_d"):
        same(mt.delete(ours, [1, 2], 0), np.delete(theirs, [1, 2], 0))
        same(mt.insert(ours, [1, 2], ours[:2], 0), np.insert(theirs, [1, 2], theirs[:2], 0))
        same(mt.pad(ours, 2, mode="symmetric"), np.pad(theirs, 2, mode="symmetric"))


PADS = [
    ("constant", {}),
    ("constant", {"constant_values": 3}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("constant", {"constant_values": (5, 6)}),
    ("edge", {}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": ((-3, 8), (1, 2))}),
    ("maximum", {}),
    ("maximum", {"stat_length": 2}),
    ("minimum", {"stat_length": ((1, 2), (3, 9))}),
    ("mean", {}),
    ("mean", {"stat_length": 3}),
    ("median", {}),
    ("median", {"stat_length": 2}),
    ("reflect", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "odd"}),
    ("wrap", {}),
]


@pytest.mark.parametrize("number", range(len(PADS)))
@given(data=st.data())
def test_pad(number, data):
    mode, keywords = PADS[number]
    shape = data.draw(st.sampled_from([(3, 4), (1, 5), (2, 2), (4, 3)]))
    kind = data.draw(st.sampled_from(["int64", "float64", "uint8", "float32"]))
    theirs = np.random.default_rng(data.draw(st.integers(0, 9))).integers(0, 99, shape).astype(kind)
    if data.draw(st.booleans()):
        theirs = np.asfortranarray(theirs)
    widths = data.draw(st.sampled_from([0, 1, 3, (2, 5), ((0, 9), (4, 0)), {-1: (2, 1)}, {0: 3}]))
    expected = np.pad(theirs, widths, mode=mode, **keywords)
    result = mt.pad(mt.asarray(theirs), widths, mode=mode, **keywords)
    assert result.flags.f_contiguous == expected.flags.f_contiguous
    if kind[0] == "f" and mode in ("linear_ramp", "mean", "median"):
        np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-5, atol=1e-4)
    else:
        same(result, expected)


def test_pad_by_a_function():
    def spread(line, widths, axis, keywords):
        line[: widths[0]] = keywords.get("value", 10) + axis
        if widths[1]:
            line[-widths[1] :] = -1

    theirs, ours = counting((2, 3))
    for keywords in ({}, {"value": 4}):
        same(mt.pad(ours, ((1, 2), (0, 1)), spread, **keywords), np.pad(theirs, ((1, 2), (0, 1)), spread, **keywords))


@given(data=st.data(), shape=shapes(min_dims=1))
def test_joins(data, shape):
    axis = data.draw(st.integers(0, len(shape) - 1))
    parts = []
    for number in range(data.draw(st.integers(1, 3))):
        lengths = list(shape)
        lengths[axis] = data.draw(st.integers(0, 3))
        part = np.arange(np.prod(lengths, dtype=int)).reshape(lengths) + 100 * number
        part = part.astype(data.draw(st.sampled_from(["int64", "float32", "bool", "complex64"])))
        parts.append(np.asfortranarray(part) if data.draw(st.booleans()) else part)
    expected = np.concatenate(parts, axis=axis)
    ours = [mt.asarray(part) for part in parts]
    result = mt.concatenate(ours, axis=axis)
    same(result, expected)
    out = mt.zeros(expected.shape, dtype="complex128")
    assert mt.concatenate(ours, axis=axis, out=out) is out
    same(out, expected.astype("complex128"))


def test_concatenate_into_its_own_operand():
    a = mt.arange(10)
    mt.concatenate([a[5:], a[:5]], out=a)
    assert a.tolist() == [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match=r"\(10,\)"):
        mt.concatenate([a, a], out=a)
    with pytest.raises(TypeError):
        mt.concatenate([a, a], dtype="int8", casting="safe")


COPIES = [
    lambda m, a: m.copyto(a, 5),
    lambda m, a: m.copyto(a, m.asarray([1.0, 2.0, 3.0, 4.0]), casting="unsafe"),
    lambda m, a: m.copyto(a, a[0]),
    lambda m, a: m.copyto(a, -1, where=a > 3),
    lambda m, a: m.copyto(a, a[::-1], where=m.asarray([True, False, True, False])),
    lambda m, a: m.copyto(a, True),
]


@pytest.mark.parametrize("number", range(len(COPIES)))
def test_copyto(number):
    theirs, ours = counting((2, 3, 4))
    assert COPIES[number](mt, ours) is None
    COPIES[number](np, theirs)
    same(ours, theirs)


WRONG = [
    lambda m, a: m.copyto(a, 2.5),
    lambda m, a: m.copyto(a, m.asarray([1.0, 2, 3, 4])),
    lambda m, a: m.copyto(a.astype("int8"), 300),
    lambda m, a: m.copyto(a, m.arange(5)),
    lambda m, a: m.copyto(m.broadcast_to(a, (2, 2, 3, 4)), 1),
    lambda m, a: m.concatenate([]),
    lambda m, a: m.concatenate([a, a[0]]),
    lambda m, a: m.concatenate([m.asarray(1), m.asarray(2)]),
    lambda m, a: m.split(a, 3, axis=2),
    lambda m, a: m.array_split(a, 2, axis=3),
    lambda m, a: m.hsplit(m.asarray(1), 1),
    lambda m, a: m.vsplit(a[0, 0], 1),
    lambda m, a: m.dsplit(a[0], 1),
    lambda m, a: m.unstack(m.asarray(1)),
    lambda m, a: m.block([[a[0]], a[0]]),
    lambda m, a: m.block([[a[0], a[0, :2]]]),
    lambda m, a: m.block([]),
    lambda m, a: m.block([(a,)]),
    lambda m, a: m.tile(a, -1),
    lambda m, a: m.repeat(a, -1),
    lambda m, a: m.repeat(a, [1, 2], axis=1),
    lambda m, a: m.repeat(a, m.asarray(1.5)),
    lambda m, a: m.repeat(a, [1, -2, 1], axis=1),
    lambda m, a: m.roll(a, (1, 2, 3), axis=(0, 1)),
    lambda m, a: m.roll(a, 1, axis=3),
    lambda m, a: m.rot90(a, 1, (0, 0)),
    lambda m, a: m.rot90(a, 1, (0, 1, 2)),
    lambda m, a: m.fliplr(a[0, 0]),
    lambda m, a: m.delete(a, 3, axis=1),
    lambda m, a: m.delete(a, [0, 9], axis=2),
    lambda m, a: m.delete(a, m.asarray([True, False]), axis=1),
    lambda m, a: m.delete(a, 0.5),
    lambda m, a: m.insert(a, 5, 1, axis=2),
    lambda m, a: m.insert(a, 0, [1, 2], axis=2),
    lambda m, a: m.pad(a, -1),
    lambda m, a: m.pad(a, 1.5),
    lambda m, a: m.pad(a, 1, "edge", constant_values=1),
    lambda m, a: m.pad(a, 1, "sideways"),
    lambda m, a: m.pad(a[:0], 1, "edge"),
    lambda m, a: m.pad(a, 1, "mean", stat_length=0) if m is mt else m.pad(a, 1, "maximum", stat_length=0),
    lambda m, a: m.pad(a, ((1, 2), (3, 4))),
    lambda m, a: m.resize(a, (-1, 2)),
    lambda m, a: m.trim_zeros(a, "x"),
    lambda m, a: m.packbits(a * 1.5),
    lambda m, a: m.packbits(a, bitorder="middle"),
    lambda m, a: m.unpackbits(a),
    lambda m, a: m.unpackbits(a.astype("uint8"), count=-1000),
    lambda m, a: m.lib.stride_tricks.sliding_window_view(a, (3, 1, 1)),
    lambda m, a: m.lib.stride_tricks.sliding_window_view(a, 2),
    lambda m, a: m.asarray_chkfinite([1.0, float("nan")]),
    lambda m, a: m.require(a, requirements=["C", "F"]),
    lambda m, a: m.asarray(a, order="F", copy=False),
    lambda m, a: m.asarray(a, order="Q"),
    lambda m, a: m.geomspace(0, 1),
    lambda m, a: m.logspace(0, 1, -3),
    lambda m, a: m.vander(a),
    lambda m, a: m.fromiter([1, 2], "int64", count=3),
    lambda m, a: m.fromiter([1, "x"], "int64"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors(number):
    theirs, ours = counting((2, 3, 4))
    with pytest.raises(Exception) as expected:
        WRONG[number](np, theirs)
    bases = [kind for kind in expected.type.__mro__ if kind in (ValueError, TypeError, IndexError, OverflowError)]
    with pytest.raises(tuple(bases)):
        WRONG[number](mt, ours)


def test_strided_views_stay_within_the_array():
    a = mt.arange(10)
    view = mt.lib.stride_tricks.as_strided(a[2:6], (2, 2), (16, 8))
    assert view.tolist() == [[2, 3], [4, 5]]
    view[0, 0] = 99
    assert a[2] == 99
    assert not mt.lib.stride_tricks.as_strided(a[2:6], (3, 2), (8, 8)).flags.writeable
    for shape, strides in [((5,), (8,)), ((2,), (-8,)), ((2, 3), (16, 8)), ((4,), (2**62,))]:
        with pytest.raises(ValueError, match="outside"):
            mt.lib.stride_tricks.as_strided(a[2:6], shape, strides)
    windows = mt.lib.stride_tricks.sliding_window_view(a, 4, writeable=True)
    assert not windows.flags.writeable


def test_arrays_are_not_resized_in_place():
    a = mt.arange(6)
    view = a[2:]
    with pytest.raises(NotImplementedError, match="resize"):
        a.resize(3)
    assert view.tolist() == [2, 3, 4, 5]


def test_stack_into():
    out = mt.zeros((2, 3))
    assert mt.stack([mt.arange(3), mt.arange(3)], 0, out) is out
    assert out.tolist() == [[0, 1, 2]] * 2


def test_identities():
    a = mt.arange(6).reshape(2, 3)
    for call in (mt.asanyarray, mt.asarray_chkfinite, mt.ascontiguousarray, mt.require, mt.atleast_2d):
        assert call(a) is a, call
    assert mt.broadcast_arrays(a, mt.ones(3))[0] is a
    assert mt.ndim(a) == 2
    assert mt.shape([[1], [2]]) == (2, 1)
    assert mt.size(a) == 6
    assert mt.size(a, axis=1) == 3
    assert mt.size(a, axis=(0, 1)) == 6


CREATIONS = [
    lambda m: m.linspace(0, 1, 5, retstep=True)[0],
    lambda m: m.linspace([0, 1], [10, 20], 4),
    lambda m: m.linspace([0, 1.5], 10, 4, endpoint=False, axis=1),
    lambda m: m.linspace([0, 1], [10, 20], 4, dtype="int32"),
    lambda m: m.logspace(0, 3, 4),
    lambda m: m.logspace(1, 2, 5, base=2),
    lambda m: m.logspace([0, 1], 3, 3, endpoint=False),
    lambda m: m.logspace(0, 3, 4, dtype="int64"),
    lambda m: m.geomspace(1, 1000, 4),
    lambda m: m.geomspace(-1, -256, 9),
    lambda m: m.geomspace(1000, 1, 4, endpoint=False),
    lambda m: m.geomspace([1, 2], [100, 200], 3, axis=-1),
    lambda m: m.geomspace(1, 256, 9, dtype="int32"),
    lambda m: m.vander([1, 2, 3]),
    lambda m: m.vander([1.5, 2, 3], 2),
    lambda m: m.vander([1, 2, 3], 4, increasing=True),
    lambda m: m.vander([1j, 2], 3),
    lambda m: m.identity(3),
    lambda m: m.identity(2, dtype="int8"),
    lambda m: m.eye(3, 4, k=1),
    lambda m: m.fromfunction(lambda i, j: i * 10 + j, (2, 3)),
    lambda m: m.fromfunction(lambda i, j, k: i == j, (2, 2), k=1, dtype="int32"),
    lambda m: m.fromiter([1, 2, 3], "float32"),
    lambda m: m.fromiter((i * i for i in range(1000)), "int64"),
    lambda m: m.fromiter(iter(()), "int64"),
    lambda m: m.fromiter(iter(range(100)), "uint8", count=70),
    lambda m: m.fromstring("1 2  3", sep=" "),
    lambda m: m.fromstring("1, 2,3", dtype="int32", sep=","),
    lambda m: m.fromstring("1 2 3 4", dtype="int32", sep=" ", count=2),
    lambda m: m.asarray_chkfinite([1.0, 2.0], dtype="float32"),
]


@pytest.mark.parametrize("number", range(len(CREATIONS)))
def test_creations(number):
    same(CREATIONS[number](mt), CREATIONS[number](np), ulps=4)


def test_linspace_step():
    for call in ((0, 1, 5), (0, 1, 1), (3, 3, 4)):
        expected = np.linspace(*call, retstep=True)[1]
        np.testing.assert_array_equal(float(mt.linspace(*call, retstep=True)[1]), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_files(kind, tmp_path):
    for layout in ("contiguous", "strided", "transposed", "empty"):
        theirs = LAYOUTS[layout](values(kind))
        ours = mt.asarray(theirs)
        path = tmp_path / "x.bin"
        ours.tofile(path)
        assert path.read_bytes() == theirs.tobytes()
        same(mt.fromfile(path, dtype=kind), np.fromfile(path, dtype=kind))
        same(mt.fromfile(path, kind, 3, offset=theirs.itemsize), np.fromfile(path, kind, 3, offset=theirs.itemsize))
        with open(path, "rb") as file:
            file.seek(theirs.itemsize)
            assert mt.fromfile(file, kind, 2).size == min(2, max(theirs.size - 1, 0))
    path = tmp_path / "x.txt"
    mt.arange(5).tofile(path, sep=", ")
    assert path.read_text() == "0, 1, 2, 3, 4"
    same(mt.fromfile(path, "int64", sep=","), np.fromfile(path, "int64", sep=","))


@pytest.mark.parametrize("kind", KINDS)
def test_byteswap_in_place(kind):
    for view in (lambda a: a, lambda a: a[::2, ::-1]):
        theirs, ours = values(kind), mt.array(values(kind))
        view(ours).byteswap(inplace=True)
        view(theirs).byteswap(inplace=True)
        assert np.asarray(ours).tobytes() == theirs.tobytes()


def test_results_are_written_once():
    """Peaks are the result and little else."""
    a = mt.ones((200, 500))
    calls = {
        "tile": lambda: mt.tile(a, (2, 3)),
        "repeat": lambda: mt.repeat(a, 3, axis=1),
        "repeat each": lambda: mt.repeat(a, mt.arange(200) % 3, axis=0),
        "roll": lambda: mt.roll(a, (3, 4), axis=(0, 1)),
        "pad": lambda: mt.pad(a, 10, mode="reflect"),
        "insert": lambda: mt.insert(a, [3, 5], 0.0, axis=0),
        "delete": lambda: mt.delete(a, [3, 5], axis=0),
        "resize": lambda: mt.resize(a, (300, 700)),
        "block": lambda: mt.block([[a, a], [a, a]]),
        "concatenate": lambda: mt.concatenate([a, a], axis=1),
        "stack": lambda: mt.stack([a, a], axis=2),
    }
    before = mt.memory.stats().current_bytes
    for name, call in calls.items():
        mt.memory.reset_peak()
        made = call()
        assert mt.memory.stats().peak_bytes - before <= made.nbytes + 50_000, name
        del made
