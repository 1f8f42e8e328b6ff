"""einops: through its door for the array API, and plainly, once told of Metes."""

import metes as mt
import numpy as np
import pytest

einops = pytest.importorskip("einops")

JOBS = {
    "rearrange": lambda ops, a: ops.rearrange(a, "(a k) b -> b a k", k=4),
    "reduce": lambda ops, a: ops.reduce(a, "(a k) b -> a b", "mean", k=2),
    "repeat": lambda ops, a: ops.repeat(a, "a b -> a b c", c=2),
}


@pytest.mark.parametrize("name", JOBS)
def test_through_the_array_api(name, agree, rows):
    from einops import array_api

    agree(lambda xp, a: JOBS[name](array_api, a), rows, stays=True)


@pytest.mark.parametrize("name", JOBS)
def test_plainly(name, agree, rows):
    mt.lib.einops.register()
    agree(lambda xp, a: JOBS[name](einops, a), rows, stays=True)


def test_lists_packs_and_products(agree, rows):
    mt.lib.einops.register()
    agree(lambda xp, a: einops.rearrange([a, a], "n a b -> a n b"), rows, stays=True)
    agree(lambda xp, a: einops.pack([a, a[:, 0]], "a *")[0], rows, stays=True)
    agree(lambda xp, a: einops.einsum(a, a, "a b, c b -> a c"), rows, stays=True)
    agree(lambda xp, a: einops.reduce(a, "a b -> b", "max"), rows, stays=True)


def test_only_its_own_arrays_are_taken(rows):
    mt.lib.einops.register()
    assert isinstance(einops.rearrange(rows, "a b -> b a"), np.ndarray)
    with pytest.raises(einops.EinopsError):
        einops.rearrange(mt.array(rows), "a b c -> b a c")
