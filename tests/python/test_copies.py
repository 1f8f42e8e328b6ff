"""Transparency: where bytes come from, what was copied and why, what was widened, who keeps blocks alive."""

import gc

import metes as mt
import numpy as np
import pytest


def grid():
    return mt.zeros((10, 8))


ORIGINS = [
    (grid, "fresh, made by zeros"),
    (lambda: grid() + 1, "fresh, made by add"),
    (lambda: grid()[1:], "a view of an array of float64 and shape (10, 8)"),
    (lambda: grid().T.reshape(-1), "copied by reshape: strides (8, 64) of shape (8, 10) cannot express shape (80,)"),
    (lambda: grid()[:, ::2].ravel(), "copied by ravel: strides (64, 16) of shape (10, 4) are not contiguous"),
    (
        lambda: mt.broadcast_to(mt.zeros(3), (2, 3)).ravel(),
        "copied by broadcast: strides (0, 8) of shape (2, 3) are not contiguous",
    ),
    (lambda: mt.sort(grid()), "fresh, made by sort"),
    (lambda: grid().copy(), "copied by request"),
    (lambda: grid().flatten(), "copied by request"),
    (lambda: grid().T.reshape(-1, copy=True), "copied by request"),
    (lambda: grid().astype("float32"), "copied by request: from float64 to float32"),
    (lambda: grid().astype("float32", copy=False), "copied by cast: from float64 to float32"),
    (lambda: grid().astype("float64", order="F", copy=False), "copied by order: elements do not lie in order F"),
    (lambda: mt.asarray(np.ones(3)), "shared with numpy"),
]


@pytest.mark.parametrize(("make", "expected"), ORIGINS)
def test_origin(make, expected):
    assert make().origin == expected


DENIED = [
    (lambda a: a.T.reshape(-1), "reshape: strides"),
    (lambda a: a.T.ravel(), "ravel: strides"),
    (lambda a: a.astype("float32", copy=False), "cast: from float64 to float32"),
    (lambda a: a.__iadd__(a[0]), "overlap: an operand of shape"),
    (lambda a: a.__setitem__(..., a[0]), "overlap: the source"),
]
ALLOWED = [
    lambda a: a.copy(),
    lambda a: a.flatten(),
    lambda a: a.astype("float32"),
    lambda a: a.T.reshape(-1, copy=True),
    lambda a: a.reshape(-1),
    lambda a: a.T.ravel("F"),
    lambda a: a.__iadd__(a),
    lambda a: a[1:].__iadd__(a[:-1]),
    lambda a: a.__setitem__(slice(1, None), a[:-1]),
    lambda a: a.__iadd__(a[::-1, ::-1]),
    lambda a: a[:8].__setitem__(..., a[:8].T),
    lambda a: a + a.T.copy().T,
    lambda a: mt.sum(a, axis=0, dtype="float32"),
]


@pytest.mark.parametrize(("work", "reason"), DENIED)
def test_copies_that_nobody_asked_for_are_denied(work, reason):
    a = mt.arange(80.0).reshape(10, 8)
    before = a.tolist()
    with mt.memory.deny_copies(), pytest.raises(ValueError, match=f"denied: {reason}"):
        work(a)
    assert a.tolist() == before
    work(a)


@pytest.mark.parametrize("work", ALLOWED)
def test_copies_that_are_asked_for_are_allowed(work):
    with mt.memory.deny_copies():
        work(grid())


def test_denial_nests_and_ends():
    with mt.memory.deny_copies():
        with mt.memory.deny_copies():
            pass
        with pytest.raises(ValueError):
            grid().T.reshape(-1)
    grid().T.reshape(-1)


def test_copies_are_counted():
    mt.memory.forget_copies()
    assert mt.memory.copies() == []
    grid().T.reshape(-1)
    grid().copy()
    mt.zeros((200, 200)).T.reshape(-1)
    assert {row.name: (row.bytes, row.count) for row in mt.memory.copies()} == {
        "reshape": (640 + 320_000, 2),
        "explicit": (640, 1),
    }
    by_site = {row.name: row.bytes for row in mt.memory.copies(by="site")}
    assert by_site.pop("small copies") == 1280
    [(site, size)] = by_site.items()
    assert "test_copies.py" in site
    assert size == 320_000
    assert "reshape" in str(mt.memory.copies())
    assert set(mt._native._copy_reasons) >= {row.name for row in mt.memory.copies()}
    with pytest.raises(ValueError):
        mt.memory.copies(by="weight")


# Inside linear algebra and ufuncs: what shares bytes with the result is set apart.
APART = [
    lambda a: mt.matmul(a[1:7, 1:7], mt.ones((6, 6)), out=a[2:8, 2:8]),
    lambda a: mt.add.at(a[0], [0, 1], a[0, 1:3]),
]


@pytest.mark.parametrize("work", APART)
def test_operands_set_apart_are_not_asked_for(work):
    a = mt.ones((8, 8))
    mt.memory.forget_copies()
    work(a)
    assert {row.name for row in mt.memory.copies()} == {"overlap"}
    before = a.tolist()
    with mt.memory.deny_copies(), pytest.raises(ValueError, match="denied: overlap"):
        work(a)
    assert a.tolist() == before


def test_widening_is_booked():
    mt.memory.forget_copies()
    narrow = mt.ones(100, dtype="float32")
    narrow + 1.0
    narrow < mt.ones(100)
    assert mt.memory.widenings() == []
    narrow + mt.ones(100)
    [row] = mt.memory.widenings()
    assert (row.from_, row.to, row.bytes, row.count) == ("float32", "float64", 400, 1)
    with mt.memory.deny_widening():
        narrow + narrow
        narrow += mt.ones(100)
        with pytest.raises(TypeError, match="add: widening float32 to float64 denied"):
            narrow + mt.ones(100)


def test_sizes():
    a = mt.zeros(1000)
    assert mt.memory.sizes(a) == mt.memory.Sizes(logical=8000, owned=8000, pinned=8000, shared=0)
    view = a[:10]
    assert mt.memory.sizes(view) == mt.memory.Sizes(logical=80, owned=0, pinned=8000, shared=8000)
    del a
    assert mt.memory.sizes(view) == mt.memory.Sizes(logical=80, owned=8000, pinned=8000, shared=0)
    wide = mt.broadcast_to(mt.zeros(1), (1000,))
    assert mt.memory.sizes(wide).logical == 8000
    assert mt.memory.sizes(wide).pinned == 8


def test_small_views_of_large_blocks_are_named_and_compacted():
    held = {"corner": mt.zeros((400, 400))[:2, :2]}
    gc.collect()
    rows = [row for row in mt.memory.pinned() if row.view is held["corner"]]
    assert [(row.logical, row.pinned) for row in rows] == [(32, 1_280_000)]
    assert "corner" in rows[0].holder
    del rows
    before = mt.memory.stats().current_bytes
    held["corner"] = held["corner"].compact()
    assert mt.memory.stats().current_bytes == before - 1_280_000 + 32
    assert held["corner"].compact() is held["corner"]
    assert not [row for row in mt.memory.pinned() if row.view is held["corner"]]


def test_a_view_of_what_is_held_anyway_pins_nothing():
    owner = mt.zeros(100_000)
    view = owner[:3]
    assert not [row for row in mt.memory.pinned() if row.view is view]
