"""`nested_iters`, and what `nditer` can be told on its way, against NumPy's."""

import metes as mt
import numpy as np
import pytest


def walk(iterators, depth=0):
    """All elements, as lists within lists."""
    found = []
    for x in iterators[depth]:
        if depth + 1 < len(iterators):
            found.append(walk(iterators, depth + 1))
        else:
            found.append([np.asarray(y).tolist() for y in x] if isinstance(x, tuple) else np.asarray(x).tolist())
    return found


def nested(op, axes, **options):
    """A case: the operands by name, and the call."""
    return op, axes, options


CUBE = np.arange(12).reshape(2, 3, 2)
NESTS = {
    "rows": nested([CUBE], [[0], [1, 2]]),
    "columns": nested([CUBE], [[1], [0, 2]]),
    "turned": nested([CUBE], [[1], [2, 0]]),
    "three": nested([CUBE], [[1], [2], [0]]),
    "nothing outside": nested([CUBE], [[], [0, 1, 2]]),
    "nothing inside": nested([CUBE], [[0, 1, 2], []]),
    "not all axes": nested([CUBE], [[0], [1]]),
    "backwards": nested([CUBE[::-1, ::-1, ::-1]], [[1], [0, 2]]),
    "order F": nested([CUBE], [[0], [1, 2]], order="F"),
    "order C": nested([CUBE.T], [[0], [1, 2]], order="C"),
    "runs": nested([CUBE], [[0], [1, 2]], flags=["external_loop"]),
    "runs of two": nested([CUBE, CUBE.T.copy().T], [[0], [1, 2]], flags=["external_loop"]),
    "stretched": nested([CUBE, np.arange(6).reshape(1, 3, 2)], [[0], [1, 2]]),
    "buffered": nested([CUBE], [[0], [1, 2]], flags=["external_loop", "buffered"], buffersize=4),
    "cast in buffers": nested([CUBE], [[0], [1, 2]], op_dtypes=["f8"], flags=["buffered"]),
    "cast copies": nested([CUBE], [[0], [1, 2]], op_dtypes=["f8"], op_flags=[["readonly", "copy"]]),
    "no elements": nested([np.zeros((2, 0, 3))], [[0], [1, 2]], flags=["zerosize_ok"]),
    "cast without a way": nested([CUBE], [[0], [1, 2]], op_dtypes=["f8"]),
    "zero-sized": nested([np.zeros((2, 0, 3))], [[0], [1, 2]]),
    "no such shapes": nested([CUBE, np.arange(3)[:, None]], [[0], [1, 2]]),
    "axis twice": nested([CUBE], [[0], [0, 1]]),
    "no such axis": nested([CUBE], [[0], [3]]),
    "negative axis": nested([CUBE], [[0], [-1]]),
    "no axes": nested([CUBE], []),
    "one level": nested([CUBE], [[0]]),
    "no levels": nested([CUBE], [0, 1]),
    "allocated": nested([CUBE, None], [[0], [1, 2]]),
}


def outcome(xp, op, axes, options):
    given = [None if one is None else xp.asarray(one) for one in op]
    try:
        return walk(xp.nested_iters(given, axes, **options))
    except (ValueError, TypeError) as error:
        return type(error)


@pytest.mark.parametrize("name", NESTS)
def test_elements(name):
    assert outcome(mt, *NESTS[name]) == outcome(np, *NESTS[name])


def test_indices():
    for flag in ("c_index", "f_index", "multi_index"):
        found = []
        for xp in (np, mt):
            outer, inner = xp.nested_iters(xp.asarray(CUBE), [[1], [0, 2]], flags=[flag])
            name = flag if flag == "multi_index" else "index"
            found.append([(getattr(outer, name), [(getattr(inner, name), int(y)) for y in inner]) for _ in outer])
        assert found[0] == found[1]
    outer, inner = mt.nested_iters(mt.asarray(CUBE), [[1], [0, 2]])
    assert not outer.has_multi_index and inner.operands[0].shape == (2, 3, 2)


@pytest.mark.parametrize("axes", [[[0], [1, 2]], [[2], [1, 0]], [[1], [0], [2]]])
def test_writing(axes):
    written = []
    for xp, options in ((np, {}), (mt, {}), (mt, {"flags": ["buffered"], "op_dtypes": ["f8"], "casting": "unsafe"})):
        target = xp.array(CUBE)
        iterators = xp.nested_iters(target, axes, op_flags=["readwrite"], **options)

        def go(depth, iterators=iterators):
            for x in iterators[depth]:
                if depth + 1 < len(iterators):
                    go(depth + 1)
                else:
                    x[...] = x * 3 + 1

        go(0)
        for iterator in iterators:
            iterator.close()
        written.append(target.tolist())
    assert written[0] == written[1] == written[2]


FLAT = np.arange(6).reshape(2, 3)


def at(name, value):
    """Goes somewhere, and tells where it is and what is left."""

    def run(it):
        setattr(it, name, value)
        return getattr(it, name), it.iterindex, [int(x) for x in it]

    return run


def changed(*calls):
    """Calls methods, and tells the shape and what is left."""

    def run(it):
        for call in calls:
            name, *arguments = call
            getattr(it, name)(*arguments)
        return it.shape, it.itersize, [np.asarray(x).tolist() for x in it]

    return run


def in_range(*values):
    def run(it):
        for name, value in values:
            setattr(it, name, value)
        return it.iterrange, it.iterindex, it.itersize, [np.asarray(x).tolist() for x in it], it.finished

    return run


WAYS = {
    "range": (["ranged"], in_range(("iterrange", (2, 5)))),
    "range in runs": (["ranged", "external_loop", "buffered"], in_range(("iterrange", (1, 6)))),
    "range and place": (["ranged"], in_range(("iterrange", (2, 5)), ("iterindex", 4))),
    "place before": (["ranged"], in_range(("iterrange", (2, 5)), ("iterindex", 0))),
    "place behind": (["ranged"], in_range(("iterrange", (2, 5)), ("iterindex", 5))),
    "beyond": (["ranged"], in_range(("iterrange", (0, 7)))),
    "before": (["ranged"], in_range(("iterrange", (-1, 3)))),
    "turned": (["ranged"], in_range(("iterrange", (4, 2)))),
    "not ranged": ([], in_range(("iterrange", (1, 3)))),
    "ranged runs": (["ranged", "external_loop"], in_range()),
    "multi_index": (["multi_index"], at("multi_index", (1, 1))),
    "multi_index beyond": (["multi_index"], at("multi_index", (2, 0))),
    "multi_index of one": (["multi_index"], at("multi_index", (0,))),
    "no multi_index": ([], at("multi_index", (0, 0))),
    "f_index": (["f_index"], at("index", 3)),
    "c_index": (["c_index"], at("index", 4)),
    "index beyond": (["f_index"], at("index", 6)),
    "no index": ([], at("index", 0)),
    "remove last": (["multi_index"], changed(("remove_axis", 1))),
    "remove first": (["multi_index"], changed(("remove_axis", 0))),
    "remove none": ([], changed(("remove_axis", 0))),
    "loosen": (["multi_index"], changed(("remove_multi_index",), ("enable_external_loop",))),
    "runs of indices": (["multi_index"], changed(("enable_external_loop",))),
    "delayed": (["buffered", "delay_bufalloc"], lambda it: next(it)),
    "reset": (["buffered", "delay_bufalloc"], changed(("reset",))),
    "waits": (["buffered", "delay_bufalloc"], lambda it: (it.has_delayed_bufalloc, it.iterationneedsapi)),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", WAYS)
def test_ways(name, turned):
    flags, run = WAYS[name]
    found = []
    for xp in (np, mt):
        try:
            found.append(run(xp.nditer(xp.asarray(FLAT[:, ::-1] if turned else FLAT), flags)))
        except (ValueError, IndexError, RuntimeError) as error:
            found.append(type(error))
    assert found[0] == found[1]


def test_copies():
    found = []
    for xp in (np, mt):
        it = xp.nditer(xp.asarray(FLAT))
        next(it), next(it)
        other = it.copy()
        next(it)
        found.append((it.iterindex, other.iterindex, [int(x) for x in other], [int(x) for x in it]))
    assert found[0] == found[1]
