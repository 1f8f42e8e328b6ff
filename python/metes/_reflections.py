"""Householder's reflections as LAPACK keeps them: `linalg.qr(mode="raw")`."""

from __future__ import annotations

from ._native import abs as magnitude
from ._native import asarray, conj, copysign, hypot, result_type, sqrt, where, zeros


def raw_qr(a):
    """The reflections and `R` in one array, transposed, and the factors of the reflections.

    Column by column, each a reflection `1 - tau v v*`, whose `v` begins with 1 and stays below the diagonal.
    """
    a = asarray(a)
    dtype = result_type(a.dtype, "float32") if a.dtype.kind in "fc" else "float64"
    if a.dtype == "float16":
        raise TypeError("array type float16 is unsupported in linalg")
    h = a.astype(dtype)
    rows, columns = h.shape[-2:]
    steps = min(rows, columns)
    tau = zeros((*h.shape[:-2], steps), dtype=h.dtype)
    for at in range(steps):
        tau[..., at] = _reflect(h[..., at:, at])
        v = h[..., at:, at].copy()
        v[..., 0] = 1
        rest = h[..., at:, at + 1 :]
        part = (conj(v)[..., None] * rest).sum(axis=-2, keepdims=True)
        rest -= conj(tau[..., at])[..., None, None] * v[..., None] * part
    return h.swapaxes(-1, -2), tau


def _reflect(column):
    """Makes a column the vector of a reflection, but for its first element, which becomes what is left; its factor."""
    first, rest = column[..., 0].copy(), column[..., 1:]
    tail = _length(rest)
    real, imaginary = first.real, first.imag
    still = (tail == 0) & (imaginary == 0)
    left = -copysign(hypot(hypot(real, imaginary), tail), real)
    safe = where(still, 1, left)
    factor = where(still, 0, (safe - first) / safe)
    scale = where(still, 1, first - left)
    rest /= where(scale == 0, 1, scale)[..., None]
    column[..., 0] = where(still, first, left)
    return factor


def _length(x):
    """Lengths along the last axis, without overflow."""
    if x.shape[-1] == 0:
        return zeros(x.shape[:-1], dtype=x.real.dtype)
    sizes = magnitude(x)
    most = sizes.max(axis=-1)
    safe = where((most == 0) | (most - most != 0), 1, most)
    return safe * sqrt(((sizes / safe[..., None]) ** 2).sum(axis=-1))
