"""Dask with chunks of Metes: graphs of blocks, whose results are Metes arrays again."""

import metes as mt
import pytest

pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

JOBS = {
    "arithmetic": lambda d: (d + 1) * 2 - d,
    "ufunc": lambda d: da.sin(d) ** 2 + da.cos(d) ** 2,
    "sum": lambda d: d.sum(axis=0),
    "mean": lambda d: d.mean(axis=0),
    "std": lambda d: d.std(axis=1),
    "max": lambda d: d.max(axis=0),
    "argmax": lambda d: d.argmax(axis=1),
    "cumsum": lambda d: d.cumsum(axis=0),
    "median": lambda d: da.median(d, axis=1),
    "matmul": lambda d: d @ d.T,
    "tensordot": lambda d: da.tensordot(d, d, axes=((0,), (0,))),
    "einsum": lambda d: da.einsum("ij,ij->i", d, d),
    "svd": lambda d: da.linalg.svd(d.rechunk((-1, -1)))[1],
    "fft": lambda d: da.fft.fft(d.rechunk((-1, -1))),
    "where": lambda d: da.where(d > 0, d, 0),
    "mask": lambda d: d[d > 0],
    "slice": lambda d: d[::2, 1:],
    "rows": lambda d: d[[0, 7, 2]],
    "reshape": lambda d: d.reshape(-1),
    "rechunk": lambda d: d.rechunk((3, 2)),
    "concatenate": lambda d: da.concatenate([d, d]),
    "stack": lambda d: da.stack([d, d]),
    "pad": lambda d: da.pad(d, 1),
    "astype": lambda d: d.astype("f4"),
    "map_blocks": lambda d: d.map_blocks(lambda block: block * 2),
    "map_overlap": lambda d: d.map_overlap(lambda block: block + 1, depth=1, boundary="reflect"),
    "histogram": lambda d: da.histogram(d, bins=4, range=(-3, 3))[0],
    "topk": lambda d: da.topk(d, 2),
    "unique": lambda d: da.unique(da.round(d)),
}


@pytest.mark.parametrize("name", JOBS)
def test_blocks_stay_metes_arrays(name, agree, rows):
    def job(xp, a):
        graph = JOBS[name](da.from_array(a, chunks=(7, 2)))
        return graph.compute(scheduler="synchronous")

    # Dask gathers distinct values in records that it makes with NumPy.
    agree(job, rows, stays=name != "unique")


def test_threads_share_the_work(agree, rows):
    agree(
        lambda xp, a: (da.from_array(a, chunks=(1, 3)) * 2).sum(axis=1).compute(scheduler="threads"), rows, stays=True
    )


def test_the_kind_of_the_chunks_is_known_before_computing(rows):
    assert isinstance(da.from_array(mt.array(rows), chunks=5)._meta, mt.Array)
