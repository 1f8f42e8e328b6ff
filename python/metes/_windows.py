"""Windows of samples, and the functions of one variable that they and filters are made of: `sinc`, `i0`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ._limits import finfo
from ._native import absolute, arange, asarray, cos, exp, minimum, ones, putmask, sin, sqrt, subtract, zeros

if TYPE_CHECKING:
    from ._native import Array
    from ._types import ArrayLike

__all__ = ["bartlett", "blackman", "hamming", "hanning", "i0", "kaiser", "sinc"]


def _window(M, write):
    """So many points; `write` makes them in place of every second number from 1 - M to M - 1."""
    M = float(M)
    if M < 1:
        return zeros(0)
    if M == 1:
        return ones(1)
    places = arange(1 - M, M, 2, dtype="float64")
    write(places, M - 1)
    return places


def _cosine(places, end, mean, swing):
    places *= math.pi
    places /= end
    cos(places, out=places)
    places *= swing
    places += mean


def bartlett(M: float) -> Array:
    """The triangular window of M points, whose ends are 0."""

    def write(places, end):
        absolute(places, out=places)
        places /= end
        subtract(1, places, out=places)

    return _window(M, write)


def blackman(M: float) -> Array:
    """The Blackman window of M points: a constant and two cosines.

    >>> import metes as mt
    >>> mt.round(mt.blackman(3), 3)[1].item()
    1.0
    """

    def write(places, end):
        doubled = places * 2
        _cosine(places, end, 0.42, 0.5)
        _cosine(doubled, end, 0, 0.08)
        places += doubled

    return _window(M, write)


def hamming(M: float) -> Array:
    """The Hamming window of M points."""
    return _window(M, lambda places, end: _cosine(places, end, 0.54, 0.46))


def hanning(M: float) -> Array:
    """The Hann window of M points."""
    return _window(M, lambda places, end: _cosine(places, end, 0.5, 0.5))


def kaiser(M: float, beta: float) -> Array:
    """The Kaiser window of M points; the larger `beta`, the narrower.

    >>> import metes as mt
    >>> mt.kaiser(3, 0.0).tolist()
    [1.0, 1.0, 1.0]
    """

    def write(places, end):
        places /= end
        places *= places
        subtract(1, places, out=places)
        sqrt(places, out=places)
        places *= beta
        places[...] = i0(places)
        places /= i0(float(beta))

    return _window(M, write)


def sinc(x: ArrayLike) -> Array:
    """sin(pi x) / (pi x), which is 1 at 0.

    >>> import metes as mt
    >>> mt.sinc(0.0).item()
    1.0
    """
    angle = math.pi * asarray(x)
    putmask(angle, angle == 0, finfo(angle.dtype).eps if angle.dtype.kind == "f" else 1e-20)
    result = sin(angle)
    result /= angle
    return result


# Up to here the power series of `i0` is summed, whose terms are all positive; from here on that of 1 / x.
_FAR = 20.0
_NEAR_TERMS = 48
_FAR_TERMS = 30


def i0(x: ArrayLike) -> Array:
    """The modified Bessel function of the first kind and order 0.

    >>> import metes as mt
    >>> round(mt.i0(1.0).item(), 12)
    1.266065877752
    """
    x = asarray(x)
    if x.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    dtype = x.dtype.newbyteorder("=") if x.dtype.kind == "f" else "float64"
    x = absolute(x.astype("float64"))
    result = _near(minimum(x, _FAR))
    far = x > _FAR
    if far.any():
        result[far] = _beyond(x[far])
    return result.astype(dtype, copy=False)


def _near(x):
    """The sum of (x / 2)^2k / (k!)^2, from the last term on."""
    x *= 0.5
    x *= x
    total = ones(x.shape)
    for k in range(_NEAR_TERMS, 0, -1):
        total *= x
        total /= k * k
        total += 1
    return total


def _beyond(x):
    """exp(x) / sqrt(2 pi x) times the sum of the products of (2k - 1)^2 / 8kx, from the last term on."""
    total = ones(x.shape)
    for k in range(_FAR_TERMS, 0, -1):
        total *= (2 * k - 1) ** 2 / (8 * k)
        total /= x
        total += 1
    total *= exp(x)
    total /= sqrt(x * (2 * math.pi))
    return total
