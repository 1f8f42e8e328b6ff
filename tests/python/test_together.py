"""Several reductions of arrays in memory in one pass: the bits of each alone, and the peak that the plan told."""

import metes as mt
import numpy as np
import pytest

FOLDS = ["sum", "mean", "min", "max", "var", "std", "prod", "any", "all", "argmin", "argmax"]
SHAPES = [(5,), (70_001,), (3, 40_000), (200, 300), (20_000, 7), (9, 11, 500), (300, 40, 6), (40, 5000)]


def axes_of(shape):
    return [None, *range(len(shape)), *([(0, len(shape) - 1)] if len(shape) > 2 else [])]


def passes(plan):
    return int(str(plan).split(" pass")[0].rsplit(" ", 1)[1])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_together_they_give_what_each_gives_alone(shape, threads):
    mt.set_num_threads(threads)
    values = np.random.default_rng(5).normal(size=shape)
    for x in (mt.asarray(values), mt.asarray(values[..., ::2]), mt.asarray(np.asfortranarray(values, dtype="f4"))):
        for axis in axes_of(shape):
            folds = [name for name in FOLDS if not (isinstance(axis, tuple) and name.startswith("arg"))]
            lazy = mt.lazy(x)
            wanted = [getattr(lazy, name)(axis=axis) for name in folds]
            plan = mt.plan(*wanted)
            mt.memory.reset_peak()
            before = mt.memory.stats().current_bytes
            with mt.errstate(all="ignore"):
                results = mt.compute(*wanted)
            assert mt.memory.stats().peak_bytes - before == plan.peak_bytes
            for name, result in zip(folds, results, strict=True):
                with mt.errstate(all="ignore"):
                    expected = getattr(x, name)(axis=axis)
                np.testing.assert_array_equal(np.asarray(result), np.asarray(expected), err_msg=name, strict=True)


def test_a_mean_and_a_variance_share_a_pass_and_what_follows_has_its_own():
    x = mt.lazy(mt.asarray(np.random.default_rng(6).normal(size=(300, 400))))
    assert passes(mt.plan(x.mean(), x.var(), x.min(), (x * 2).max())) == 1
    assert passes(mt.plan(x.mean(axis=0), x.std(axis=0))) == 1
    assert passes(mt.plan((x - x.mean()) / x.std())) == 2
    assert passes(mt.plan(x.mean(axis=0), x.std(axis=1))) == 2
    assert passes(mt.plan(x.mean(), (x - x.mean()).max())) == 2
    assert passes(mt.plan(x.sum(), x.sum(axis=0).max())) == 3


def test_expressions_over_the_same_places_share_a_pass():
    random = np.random.default_rng(7)
    a, b = (mt.asarray(random.normal(size=(500, 300))) for _ in range(2))
    row = mt.asarray(random.normal(size=300))
    x, y, z = mt.lazy(a), mt.lazy(b), mt.lazy(row)
    wanted = (x * y).sum(), mt.sqrt(x * x + y * y).mean(), (x > z).any(), (x + z).argmax()
    assert passes(mt.plan(*wanted)) == 1
    expected = (a * b).sum(), mt.sqrt(a * a + b * b).mean(), (a > row).any(), (a + row).argmax()
    for result, one in zip(mt.compute(*wanted), expected, strict=True):
        assert np.asarray(result).tobytes() == np.asarray(one).tobytes()


def test_where_there_is_too_little_room_they_stay_apart():
    values = mt.asarray(np.random.default_rng(8).normal(size=(400, 500)))
    x = mt.lazy(values)
    wanted = [x.sum(), mt.exp(x).mean(), mt.sqrt(mt.abs(x)).max(), (x * x).var()]
    together = mt.plan(*wanted)
    assert passes(together) == 1
    expected = [np.asarray(result).tobytes() for result in mt.compute(*wanted)]
    with mt.memory.budget(together.peak_bytes - 1):
        apart = mt.plan(*wanted)
        assert passes(apart) == 4 and apart.peak_bytes < together.peak_bytes
        assert [np.asarray(result).tobytes() for result in mt.compute(*wanted)] == expected


def test_many_reductions_take_no_more_than_their_share_of_memory():
    mt.set_num_threads(2)
    x = mt.lazy(mt.asarray(np.random.default_rng(9).normal(size=(1000, 300))))
    plan = mt.plan(*((mt.sqrt(x * n) + x).sum() for n in range(40)))
    assert 1 < passes(plan) < 40
    assert plan.peak_bytes <= 40 * 8 + 2 * (256 << 10)


def test_a_fused_function_reads_once_for_several_reductions():
    x = mt.asarray(np.random.default_rng(10).normal(size=50_000))

    @mt.fuse
    def spread(x):
        return mt.mean(x), mt.var(x), mt.max(x) - mt.min(x)

    assert passes(spread.plan(x)) == 2
    mean, var, extent = spread(x)
    assert (float(mean), float(var), float(extent)) == (float(x.mean()), float(x.var()), float(x.max() - x.min()))
    for size in (1, 7, 3000):
        few = x[:size]
        assert [float(part) for part in spread(few)] == [
            float(few.mean()),
            float(few.var()),
            float(few.max() - few.min()),
        ]
