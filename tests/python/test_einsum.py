"""`einsum` against NumPy: subscripts of every sort, interleaved operands, ellipses, orders, `out=`."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import same
from test_products import near, numbers

CASES = [
    ("ij,jk->ik", [(3, 4), (4, 5)]),
    ("ij,jk", [(3, 4), (4, 5)]),
    ("ji,jk", [(3, 4), (3, 5)]),
    ("ba,cb", [(3, 4), (5, 3)]),
    ("ii", [(4, 4)]),
    ("ii->i", [(4, 4)]),
    ("iij->ij", [(4, 4, 2)]),
    ("iijj->j", [(4, 4, 3, 3)]),
    ("ij->", [(3, 4)]),
    ("ij->ji", [(3, 4)]),
    ("ij->i", [(3, 4)]),
    ("i,j->ij", [(3,), (4,)]),
    ("i,i->", [(30,), (30,)]),
    ("i,i->i", [(3,), (3,)]),
    ("ij,ij->j", [(30, 40), (30, 40)]),
    ("i,ij->ij", [(3,), (3, 4)]),
    ("...i,...i->...", [(2, 3, 4), (3, 4)]),
    ("...ij,...jk->...ik", [(2, 3, 4), (2, 4, 5)]),
    ("...ij,jk", [(2, 3, 4), (4, 5)]),
    ("i...->...", [(2, 3, 4)]),
    ("...", [(2, 3)]),
    ("...,...", [(2, 1), (3,)]),
    ("i...j->j...i", [(2, 3, 4)]),
    ("ij,jk,kl->il", [(3, 4), (4, 5), (5, 2)]),
    ("ij,jk,kl,lm->im", [(3, 30), (30, 2), (2, 20), (20, 4)]),
    ("ij,ij,ij->", [(3, 4)] * 3),
    ("i,i,i->i", [(5,)] * 3),
    ("i,j,k->kji", [(2,), (3,), (4,)]),
    ("ij,k->k", [(3, 4), (5,)]),
    ("ij,kl->", [(3, 4), (5, 6)]),
    ("abc,acd,dbe->ae", [(2, 3, 4), (2, 4, 5), (5, 3, 6)]),
    ("ab,bc,ca->", [(6, 7), (7, 8), (8, 6)]),
    ("abcd,cdef->abef", [(2, 3, 4, 5), (4, 5, 2, 3)]),
    ("acbd,dfce->fabe", [(2, 4, 3, 5), (5, 2, 4, 3)]),
    ("ij,jk", [(2, 1), (3, 4)]),
    ("ij,ij->i", [(2, 3), (2, 1)]),
    ("i,->i", [(3,), ()]),
    (",", [(), ()]),
    ("", [()]),
    ("ij,jk", [(0, 3), (3, 2)]),
    ("ij,jk", [(2, 0), (0, 3)]),
    ("i,i", [(0,), (0,)]),
    ("i j , j k -> i k", [(3, 4), (4, 5)]),
    ("Ij,jK->KI", [(3, 4), (4, 5)]),
    ("a,ab,abc,abcd->d", [(2,), (2, 3), (2, 3, 4), (2, 3, 4, 5)]),
]


def check(subscripts, operands, **kwargs):
    expected = np.einsum(subscripts, *operands, **kwargs)
    ours = mt.einsum(subscripts, *(mt.asarray(x) for x in operands), **kwargs)
    near(ours, expected, 50)


@pytest.mark.parametrize(("subscripts", "shapes"), CASES)
@pytest.mark.parametrize("kind", ["float64", "int16", "complex64", "bool"])
def test_cases(subscripts, shapes, kind):
    operands = [numbers(kind, shape, i) for i, shape in enumerate(shapes)]
    check(subscripts, operands)
    if subscripts and kind == "float64":
        for how in (False, "greedy", "optimal", ("greedy", 1000)):
            ours = mt.einsum(subscripts, *operands, optimize=how)
            near(ours, np.einsum(subscripts, *operands), 50)


@st.composite
def contractions(draw):
    """Up to four operands over up to five labels, some of length 0 or 1, labels repeated within operands too."""
    lengths = {label: draw(st.sampled_from([0, 1, 2, 3, 4])) for label in "abcde"}
    words = ["".join(draw(st.lists(st.sampled_from("abcde"), max_size=3))) for _ in range(draw(st.integers(1, 4)))]
    used = sorted(set("".join(words)))
    text = ",".join(words)
    if draw(st.booleans()):
        output = draw(st.permutations(used))[: draw(st.integers(0, len(used)))] if used else []
        text += "->" + "".join(output)
    return text, [tuple(lengths[label] for label in word) for word in words]


@given(contraction=contractions(), kind=st.sampled_from(["int8", "float64", "float32"]))
def test_random_contractions(contraction, kind):
    text, shapes = contraction
    operands = [numbers(kind, shape, i) for i, shape in enumerate(shapes)]
    check(text, operands)


def test_interleaved():
    a, b = numbers("float64", (2, 3)), numbers("float64", (3, 4))
    for args in ((a, [0, 1], b, [1, 2], [2, 0]), (a, [0, 1], b, [1, 2]), (a, [5, Ellipsis]), (a, [1, 51], b, [51, 0])):
        near(mt.einsum(*args), np.einsum(*args))


def test_views():
    a = mt.zeros((3, 3))
    diagonal = mt.einsum("ii->i", a)
    diagonal[...] = 1
    same(a, np.eye(3))
    assert diagonal.base is a and mt.shares_memory(mt.einsum("ij->ji", a), a)


def test_out_dtype_casting():
    a, b = numbers("float32", (3, 4)), numbers("float64", (4, 3))
    out = mt.empty((3, 3))
    assert mt.einsum("ij,jk->ki", a, b, out=out[::-1]) is not out
    near(out[::-1], np.einsum("ij,jk->ki", a, b))
    near(mt.einsum("ij,jk", a, b, dtype="complex128"), np.einsum("ij,jk", a, b, dtype="complex128"))
    near(mt.einsum("ij,jk", a, b, dtype="f4", casting="same_kind"), (a @ b.astype("f4")))
    with pytest.raises(TypeError):
        mt.einsum("ij,jk", a, b, dtype="f4")
    with pytest.raises(TypeError):
        mt.einsum("ij,jk", a, b, out=mt.empty((3, 3), dtype="f4"))
    with pytest.raises(ValueError):
        mt.einsum("ij,jk", a, b, out=mt.empty((3, 4)))
    square = numbers("float64", (4, 4))
    for text in ("ij,jk->ik", "ij,ij->ij", "ij,kj->ki", "ij->ji", "ij,jk,kl->il"):
        ours = mt.array(square)
        count = text.count(",") + 1
        mt.einsum(text, *[ours] * count, out=ours)
        near(ours, np.einsum(text, *[square] * count), 20)


WRONG = [
    ("i", [(2, 3)]),
    ("ij", [(2,)]),
    ("i,j", [(2,)]),
    ("i", [(2,), (2,)]),
    ("ii", [(2, 3)]),
    ("i->j", [(2,)]),
    ("i->ii", [(2,)]),
    ("i,i", [(2,), (3,)]),
    ("i1", [(2, 3)]),
    ("i..", [(2, 3)]),
    ("...i...", [(2, 3)]),
    ("...i->i", [(2, 3)]),
    ("i->i->i", [(2,)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), WRONG)
def test_errors(subscripts, shapes):
    operands = [np.ones(shape) for shape in shapes]
    with pytest.raises(ValueError):
        np.einsum(subscripts, *operands)
    with pytest.raises(ValueError):
        mt.einsum(subscripts, *operands)


def test_more_errors():
    for args in ((), (np.ones(2), [52]), (np.ones(2), [-1])):
        with pytest.raises(ValueError):
            mt.einsum(*args)
    with pytest.raises(TypeError):
        mt.einsum(np.ones(2), 3)
    for path in ([(0, 5)], [(0, 0)]):
        with pytest.raises(ValueError):
            mt.einsum("i,i,i", *[np.ones(2)] * 3, optimize=["einsum_path", *path])
    with pytest.raises(TypeError):
        mt.einsum("i,i", np.ones(2), np.ones(2), optimize="best")


def test_path():
    shapes = [(3, 300), (300, 3), (3, 3)]
    operands = [np.ones(shape) for shape in shapes]
    path, text = mt.einsum_path("ij,jk,kl->il", *operands)
    assert path == ["einsum_path", (0, 1), (0, 1)] and "Largest intermediate:  9" in text
    near(mt.einsum("ij,jk,kl->il", *operands, optimize=path), np.einsum("ij,jk,kl->il", *operands))
    theirs = np.einsum_path("ij,jk,kl->il", *operands, optimize="greedy")[0]
    near(mt.einsum("ij,jk,kl->il", *operands, optimize=theirs), np.einsum("ij,jk,kl->il", *operands))


def test_no_intermediate_is_larger_than_it_must_be():
    """An outer product first would need 1000 x 1000; the right order needs vectors."""
    u, v, w = (mt.ones(1000) for _ in range(3))
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    mt.einsum("i,j,j->i", u, v, w)
    assert mt.memory.stats().peak_bytes - before < 100_000
