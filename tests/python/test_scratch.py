"""How much memory operations need beside their result: a block of 256 KiB, where NumPy needs whole arrays.

Each row is measured on a million numbers, as the difference between the ledger's peak and what is live afterwards,
on one thread and on two: where threads share the work, each has a block of its own. Plans of Fourier transforms are
live afterwards: they are kept.
"""

import gc

import metes as mt
import numpy as np
import pytest

N = 1 << 20
SIDE = 1 << 10
BLOCK = 256 << 10


def numbers(*shape, dtype="f8"):
    """Normal numbers, the same each time."""
    values = np.random.default_rng(1).normal(size=shape)
    return mt.array(values.astype(dtype))


def line():
    return numbers(N)


def square():
    return numbers(SIDE, SIDE)


def words(width=None):
    """Different words, of as many characters as they need or of a width."""
    values = np.random.default_rng(1).integers(0, N, N).astype("U")
    return mt.array(values if width is None else values[: N // 4].astype(f"U{width}"))


def instants():
    return mt.array(np.random.default_rng(1).integers(0, N, N).astype("M8[s]"))


def nothing(result):
    """For what is written into an operand, which is no result of its own."""


def assign(target, source):
    target[...] = source


def in_place(target, source):
    target += source


def times(target, source):
    target @= source


# What is measured: the operation, and its operands.
ROWS = {
    "a+b": (lambda a, b: a + b, line, line),
    "a+=b": (in_place, line, line),
    "add out shifted down": (lambda a: nothing(mt.add(a[1:], 1, out=a[:-1])), line),
    "add out shifted up": (lambda a: nothing(mt.add(a[:-1], 1, out=a[1:])), line),
    "add out interleaved": (lambda a: nothing(mt.add(a[::2], 1, out=a[1::2])), line),
    "v[1:]=v[:-1]": (lambda v: assign(v[1:], v[:-1]), line),
    "v[:-1]=v[1:]": (lambda v: assign(v[:-1], v[1:]), line),
    "v[:]=v[::-1]": (lambda v: assign(v[:], v[::-1]), line),
    "b[1:]=b[:-1]": (lambda b: assign(b[1:], b[:-1]), square),
    "b[:,::2]=b[:,1::2]": (lambda b: assign(b[:, ::2], b[:, 1::2]), square),
    "b[:]=b.T": (lambda b: assign(b, b.T), square),
    "a[1:]+=a[:-1]": (lambda a: in_place(a[1:], a[:-1]), line),
    "b+=b.T": (lambda b: in_place(b, b.T), square),
    "b+=b[0]": (lambda b: in_place(b, b[0]), square),
    "b+=b[:,:1]": (lambda b: in_place(b, b[:, :1]), square),
    "matmul": (lambda b: b @ b, square),
    "matmul out": (lambda a, b: nothing(mt.matmul(a, b, out=a)), square, square),
    "matmul onto both factors": (lambda a: nothing(mt.matmul(a, a, out=a)), square),
    "f4@f8": (lambda a, b: a @ b, lambda: numbers(SIDE, SIDE, dtype="f4"), square),
    "f8@=f4": (times, square, lambda: numbers(SIDE, SIDE, dtype="f4")),
    "f4@=f8": (times, lambda: numbers(SIDE, SIDE, dtype="f4"), square),
    "f4+=f8": (in_place, lambda: numbers(N, dtype="f4"), line),
    "var": (mt.var, line),
    "std of columns": (lambda b: mt.std(b, axis=0), square),
    "var of rows": (lambda b: mt.var(b, axis=1), square),
    "median of rows": (lambda b: mt.median(b, axis=1), square),
    "median of columns": (lambda b: mt.median(b, axis=0), square),
    "median, overwritten": (lambda a: mt.median(a, overwrite_input=True), line),
    "median": (mt.median, line),
    "percentile, overwritten": (lambda a: mt.percentile(a, [5, 95], overwrite_input=True), line),
    "clip": (lambda a: mt.clip(a, -1, 1), line),
    "where": (mt.where, lambda: line() > 0, line, line),
    "inv": (mt.linalg.inv, square),
    "solve": (lambda b: mt.linalg.solve(b, b[:, :8]), square),
    "solve square": (lambda b: mt.linalg.solve(b, b), square),
    "allclose": (lambda a, b: mt.allclose(a, b), line, line),
    "isclose": (mt.isclose, line, line),
    "unique": (mt.unique, line),
    "unique of few": (mt.unique, lambda: mt.round(line())),
    "cov": (mt.cov, lambda: numbers(8, N // 8)),
    "corrcoef": (mt.corrcoef, lambda: numbers(8, N // 8)),
    "cov of many": (mt.cov, lambda: numbers(64, N // 64)),
    "fft of real": (mt.fft.fft, line),
    "rfft": (mt.fft.rfft, line),
    "fft": (mt.fft.fft, lambda: numbers(N, dtype="c16")),
    "fft of columns": (lambda b: mt.fft.fft(b, axis=0), lambda: numbers(N // 4, 4)),
    "irfft": (mt.fft.irfft, lambda: numbers(N // 2 + 1, dtype="c16")),
    "fft of 10**6": (mt.fft.fft, lambda: numbers(10**6)),
    "fft2": (mt.fft.fft2, square),
    "isin": (lambda a: mt.isin(a, a[: N // 4]), line),
    "mean of f4": (mt.mean, lambda: numbers(N, dtype="f4")),
    "nanmean": (mt.nanmean, line),
    "sort": (mt.sort, line),
    "argsort": (mt.argsort, line),
    "take": (mt.take, line, lambda: mt.arange(0, N, 2)),
    "cumsum": (mt.cumsum, line),
    "dot of strided": (lambda a: mt.dot(a[::2], a[1::2]), line),
    "average, weighted": (lambda a, b: mt.average(a, weights=b), line, lambda: abs(line())),
    "histogram": (mt.histogram, line),
    "sort of words": (lambda a: nothing(a.sort()), words),
    "argsort of words": (mt.argsort, words),
    "argsort of strided words": (lambda a: mt.argsort(a[::2]), words),
    "argsort of times": (mt.argsort, instants),
    "isin of words": (mt.isin, words, lambda: words(12)),
    "searchsorted of words": (mt.searchsorted, lambda: mt.sort(words()), lambda: words(12)),
    "words == wider words": (lambda a, b: a[: N // 4] == b, words, lambda: words(12)),
}


# What needs more, by its nature: bytes beside the result and a block.
MORE = {
    # Each row of the product needs all of the second factor, and each column all of the first: whatever is written
    # first overwrites what others need of both. The rows of one factor go through a block, the other needs a copy.
    "matmul onto both factors": 8 * SIDE * SIDE,
    # The matrix has to stay as it is, and each column of the result needs all its factors, for which the result has no
    # place. (An inverse is found in its own memory; solving by one would be less exact.)
    "solve": 8 * SIDE * SIDE,
    "solve square": 8 * SIDE * SIDE,
}


@pytest.fixture(params=[1, 2])
def threads(request):
    before = mt.get_num_threads()
    mt.set_num_threads(request.param)
    yield request.param
    mt.set_num_threads(before)


@pytest.mark.parametrize("name", ROWS)
def test_scratch_is_a_block_for_each_thread(name, threads):
    run, *operands = ROWS[name]
    operands = [make() for make in operands]
    gc.collect()
    before = mt.memory.stats().current_bytes
    mt.memory.reset_peak()
    result = run(*operands)
    scratch = mt.memory.stats().peak_bytes - mt.memory.stats().current_bytes
    assert mt.memory.stats().current_bytes >= before
    assert scratch <= BLOCK * threads + MORE.get(name, 0)
    del result, operands
    gc.collect()
