"""Discrete Fourier transforms along axes of arrays.

Names and rules are NumPy's, and those of the array API standard's extension of the same name: single precision stays
single, all else is computed in double. `norm` is "backward" (the inverse is scaled by 1/n), "ortho" or "forward"; `n`
and `s` cut the input or fill it up with zeros; `out` may be the input.

>>> import metes as mt
>>> mt.fft.fft([1.0, 2.0, 3.0, 4.0]).tolist()
[(10+0j), (-2+2j), (-2+0j), (-2-2j)]
>>> mt.round(mt.fft.irfft(mt.fft.rfft([1.0, 2.0, 3.0]), 3), 12).tolist()
[1.0, 2.0, 3.0]

The tables of the lengths used last are kept and count in the ledger; `kept_plans` says how many, `forget_plans` gives
them back.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from . import _native
from ._native import arange, asarray

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike, Axes, DTypeLike

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "forget_plans",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "kept_plans",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]


def fft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The transform along one axis."""
    return _native._fft_line("fft", a, n, axis, norm, out)


def ifft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The inverse transform along one axis."""
    return _native._fft_line("ifft", a, n, axis, norm, out)


def rfft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The transform of real input along one axis: the `n // 2 + 1` frequencies that are not negative."""
    return _native._fft_line("rfft", a, n, axis, norm, out)


def irfft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The inverse of `rfft`: `n` real numbers, by default `2 * (m - 1)` of `m` frequencies."""
    return _native._fft_line("irfft", a, n, axis, norm, out)


def hfft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The transform of a signal with Hermitian symmetry, of which the first half is given: real numbers."""
    return _native._fft_line("hfft", a, n, axis, norm, out)


def ihfft(
    a: ArrayLike, n: int | None = None, axis: Axes = -1, norm: str | None = None, out: Array | None = None
) -> Array:
    """The inverse of `hfft`."""
    return _native._fft_line("ihfft", a, n, axis, norm, out)


def fftn(
    a: ArrayLike, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None, out: Array | None = None
) -> Array:
    """The transform along several axes, all by default; all but the first work in place on the result."""
    return _native._fft_axes("fftn", a, s, axes, norm, out)


def ifftn(
    a: ArrayLike, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None, out: Array | None = None
) -> Array:
    """The inverse transform along several axes, all by default."""
    return _native._fft_axes("ifftn", a, s, axes, norm, out)


def rfftn(
    a: ArrayLike, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None, out: Array | None = None
) -> Array:
    """`rfft` along the last of several axes, all by default, then `fft` along the others."""
    return _native._fft_axes("rfftn", a, s, axes, norm, out)


def irfftn(
    a: ArrayLike, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None, out: Array | None = None
) -> Array:
    """The inverse of `rfftn`."""
    return _native._fft_axes("irfftn", a, s, axes, norm, out)


def fft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Array | None = None,
) -> Array:
    """The transform along two axes."""
    return _native._fft_axes("fftn", a, s, axes, norm, out)


def ifft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Array | None = None,
) -> Array:
    """The inverse transform along two axes."""
    return _native._fft_axes("ifftn", a, s, axes, norm, out)


def rfft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Array | None = None,
) -> Array:
    """The transform of real input along two axes."""
    return _native._fft_axes("rfftn", a, s, axes, norm, out)


def irfft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Array | None = None,
) -> Array:
    """The inverse of `rfft2`."""
    return _native._fft_axes("irfftn", a, s, axes, norm, out)


def _length(n):
    try:
        n = operator.index(n)
    except TypeError:
        raise ValueError("n should be an integer") from None
    if n < 1:
        raise ValueError(f"n should be at least 1, not {n}")
    return n


def fftfreq(n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Any = None) -> Array:
    """The frequencies of `fft` for `n` samples at distance `d`: first those from 0 up, then the negative ones.

    >>> import metes as mt
    >>> mt.fft.fftfreq(4, 0.5).tolist()
    [0.0, 0.5, -1.0, -0.5]
    """
    _only_cpu(device)
    n = _length(n)
    k = arange(n)
    k[(n - 1) // 2 + 1 :] -= n
    frequencies = k * (1.0 / (n * d))
    return frequencies if dtype is None else frequencies.astype(dtype)


def rfftfreq(n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Any = None) -> Array:
    """The frequencies of `rfft` for `n` samples at distance `d`."""
    _only_cpu(device)
    n = _length(n)
    frequencies = arange(n // 2 + 1) * (1.0 / (n * d))
    return frequencies if dtype is None else frequencies.astype(dtype)


def _only_cpu(device):
    if device not in (None, "cpu"):
        raise ValueError(f'device should be "cpu" or None, not {device!r}')


def fftshift(x: ArrayLike, axes: Any = None) -> Array:
    """A copy with the frequency 0 in the middle of the axes, all by default."""
    return _shifted(x, axes, lambda n: n // 2)


def ifftshift(x: ArrayLike, axes: Any = None) -> Array:
    """The inverse of `fftshift`."""
    return _shifted(x, axes, lambda n: -(n // 2))


def _shifted(x, axes, shift):
    x = asarray(x)
    axes = range(x.ndim) if axes is None else axes if isinstance(axes, (tuple, list)) else (axes,)
    axes = [operator.index(axis) for axis in axes]
    return _native._fft_roll(x, axes, [shift(x.shape[axis]) if -x.ndim <= axis < x.ndim else 0 for axis in axes])


def kept_plans() -> tuple[int, int]:
    """How many plans are kept, and how many bytes they count in the ledger."""
    return _native._fft_plans()


def forget_plans() -> None:
    """Gives the kept plans back."""
    _native._fft_forget()


def __dir__() -> list[str]:
    return list(__all__)
