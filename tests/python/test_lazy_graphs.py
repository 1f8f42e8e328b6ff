"""Random lazy graphs over arrays in memory and in files: what eager arrays give, with the peak that the plan told."""

import metes as mt
import numpy as np
import pytest

DTYPES = ["f8", "f4", "i8", "i4", "u1", "?", "c16", ">f8", ">i4", "f2"]
ONE = ["negative", "sqrt", "square", "exp", "floor", "isfinite", "logical_not", "sign", "conj"]
TWO = ["add", "subtract", "multiply", "divide", "maximum", "less", "logical_and", "floor_divide", "hypot", "copysign"]
FOLDS = ["sum", "mean", "max", "min", "any", "all", "var", "argmax"]
LENGTHS = [1, 2, 3, 5, 17, 60]


class Leaves:
    """Arrays that broadcast with each other, in memory or in a file each, drawn by a seed."""

    def __init__(self, random, folder):
        self.random, self.folder = random, folder
        self.shape = tuple(int(random.choice(LENGTHS)) for _ in range(random.integers(1, 4)))

    def draw(self, number):
        """One array, as it is and lazily."""
        shape = [1 if self.random.random() < 0.2 else n for n in self.shape]
        shape = shape[self.random.integers(len(shape)) if self.random.random() < 0.2 else 0 :]
        values = (self.random.normal(size=shape) * 9).astype(self.random.choice(DTYPES))
        path = self.folder / str(number)
        match self.random.integers(3):
            case 0:
                lazy = mt.lazy(mt.asarray(values))
            case 1:
                np.save(f"{path}.npy", values)
                lazy = mt.open(f"{path}.npy")
            case _:
                np.savez_compressed(f"{path}.npz", values=values)
                lazy = mt.open(f"{path}.npz")["values"]
        return mt.asarray(values), lazy


def viewed(array, kind):
    """A view that a file can be read through."""
    match kind:
        case 0:
            return array.T
        case 1 if array.ndim:
            return array[1::2]
        case 2 if array.ndim > 1:
            return array[:, None]
        case _:
            return array[..., :3] if array.ndim else array


def step(random, values):
    """The name of something that can be done, and a function that does it to arrays or lazy ones of these numbers."""
    some = [int(n) for n in random.integers(len(values), size=3)]
    chance = random.random()
    if chance < 0.25:
        name = str(random.choice(ONE))
        return name, lambda them: getattr(mt, name)(them[some[0]])
    if chance < 0.65:
        name = str(random.choice(TWO))
        return name, lambda them: getattr(mt, name)(them[some[0]], them[some[1]])
    if chance < 0.75:
        kind = int(random.integers(4))
        return f"view {kind}", lambda them: viewed(them[some[0]], kind)
    if chance < 0.85:
        return "where", lambda them: mt.where(*(them[n] for n in some))
    name, ndim = str(random.choice(FOLDS)), values[some[0]].ndim
    axis = int(random.integers(ndim)) if ndim and random.random() < 0.7 else None
    keep = bool(random.random() < 0.3)
    return name, lambda them: getattr(them[some[0]], name)(axis=axis, keepdims=keep)


def attempt(do, values):
    """What comes of a step, or the error."""
    try:
        return do(values)
    except (TypeError, ValueError, NotImplementedError) as error:
        return error


@pytest.mark.parametrize("seed", range(120))
def test_graphs_give_what_eager_arrays_give(seed, tmp_path):
    random = np.random.default_rng(seed)
    leaves = Leaves(random, tmp_path)
    pairs = [leaves.draw(number) for number in range(random.integers(2, 4))]
    eager, lazy = [list(side) for side in zip(*pairs, strict=True)]
    told = []
    for _ in range(random.integers(1, 7)):
        name, do = step(random, eager)
        with mt.errstate(all="ignore"):
            now, later = attempt(do, eager), attempt(do, lazy)
        told.append(name)
        if isinstance(later, NotImplementedError) or isinstance(now, Exception):
            # What a file cannot be read for is refused; what no array can do is refused now or when it is computed.
            continue
        assert not isinstance(later, Exception), (told, later)
        if now.size <= 100_000:
            eager.append(now)
            lazy.append(later)
    some = sorted({len(eager) - 1, *(int(n) for n in random.integers(len(eager), size=2))})
    wanted = [lazy[n] for n in some]
    plan = mt.plan(*wanted)
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    with mt.errstate(all="ignore"):
        results = mt.compute(*wanted)
    assert mt.memory.stats().peak_bytes - before == plan.peak_bytes, told
    results = results if isinstance(results, tuple) else (results,)
    for result, number in zip(results, some, strict=True):
        expected = np.asarray(eager[number])
        np.testing.assert_array_equal(np.asarray(result), expected, err_msg=str(told), strict=True)
    try:
        with mt.memory.budget(sum(result.nbytes for result in results) + (32 << 10)), mt.errstate(all="ignore"):
            again = mt.compute(*wanted)
    except mt.OutOfMemory:
        return
    again = again if isinstance(again, tuple) else (again,)
    for result, other in zip(results, again, strict=True):
        np.testing.assert_array_equal(np.asarray(result), np.asarray(other), err_msg=str(told))


@pytest.mark.parametrize("whole", ["memory", "npy", "npz"])
@pytest.mark.parametrize("row", ["npy", "npz"])
@pytest.mark.parametrize("shape", [(1,), (1, 1), (4,), (1, 4), (3, 1)])
def test_small_files_meet_large_ones(whole, row, shape, tmp_path):
    values = {"whole": np.arange(12.0).reshape(3, 4), "row": np.linspace(5, 9, int(np.prod(shape))).reshape(shape)}
    for name in values:
        np.save(tmp_path / f"{name}.npy", values[name])
        np.savez_compressed(tmp_path / f"{name}.npz", values=values[name])

    def opened(name, form):
        if form == "memory":
            return mt.lazy(mt.asarray(values[name]))
        return mt.open(tmp_path / f"{name}.{form}") if form == "npy" else mt.open(tmp_path / f"{name}.npz")["values"]

    both = opened("whole", whole), opened("row", row)
    for do in (mt.subtract, lambda a, b: b / (a + 1), lambda a, b: mt.where(a > b, a, b).sum(axis=0)):
        lazy = do(*both)
        plan = lazy.plan()
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        result = lazy.compute()
        assert mt.memory.stats().peak_bytes - before == plan.peak_bytes
        expected = np.asarray(do(mt.asarray(values["whole"]), mt.asarray(values["row"])))
        np.testing.assert_array_equal(np.asarray(result), expected)


@pytest.mark.parametrize("rows", [0, 1, 30])
def test_what_meets_a_small_file_is_saved_by_rows(rows, tmp_path):
    whole, row = np.arange(rows * 4.0).reshape(rows, 4), np.linspace(0, 1, 4)
    np.savez(tmp_path / "data.npz", whole=whole, row=row)
    data = mt.open(tmp_path / "data.npz")
    mt.save(tmp_path / "result.npy", data["whole"] * data["row"] + 1)
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), whole * row + 1)


def test_what_is_as_large_as_the_result_is_not_held_unasked(tmp_path):
    np.save(tmp_path / "square.npy", np.arange(16.0).reshape(4, 4))
    square = mt.open(tmp_path / "square.npy")
    with pytest.raises(NotImplementedError, match=r"add: an operand of shape \(4, 4\) advances by other rows"):
        square + square.T
    added = (square + square.T.compute()).compute()
    np.testing.assert_array_equal(np.asarray(added), np.add.outer(np.arange(4) * 5.0, np.arange(4) * 5.0))
