"""`poly1d`: a polynomial of one variable as an object, with its coefficients, the highest first."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

from ._join import atleast_1d
from ._native import Array, asarray, concatenate, zeros
from ._polynomials import _trimmed, poly, polyadd, polyder, polydiv, polyint, polymul, polysub, polyval, roots
from ._questions import isscalar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar

    from ._types import ArrayLike, DTypeLike

__all__ = ["poly1d"]

# The most characters of a printed line.
_LINE = 70


def _scalar(value):
    return isscalar(value) or (isinstance(value, Array) and value.ndim == 0)


class poly1d:
    """A polynomial by its coefficients, the highest first, or with `r=True` by its zeros.

    It is added, multiplied, divided and raised to powers with others, arrays of coefficients and numbers; called, it
    gives its values. `p[k]` is the coefficient of the power `k`.

    >>> import metes as mt
    >>> p = mt.poly1d([1, 2, 3])
    >>> p(2).item(), p[1].item(), (p * p).coeffs.tolist()
    (11, 2, [1, 4, 10, 12, 9])
    >>> print(p)
       2
    1 x + 2 x + 3
    """

    __hash__: ClassVar[None] = None

    def __init__(self, c_or_r: ArrayLike | poly1d, r: bool = False, variable: str | None = None) -> None:
        if isinstance(c_or_r, poly1d):
            self._variable, self._coeffs = c_or_r._variable, c_or_r._coeffs
        else:
            given = atleast_1d(asarray(poly(c_or_r) if r else c_or_r))
            if given.ndim > 1:
                raise ValueError("Polynomial must be 1d only.")
            self._variable, self._coeffs = "x", _trimmed(given)
        if variable is not None:
            self._variable = variable

    @classmethod
    def _of(cls, coefficients):
        """What functions of polynomials make of their results, where they were given an object."""
        return cls(coefficients)

    @property
    def coeffs(self) -> Array:
        """The coefficients, the highest first."""
        return self._coeffs

    @coeffs.setter
    def coeffs(self, value: Array) -> None:
        # So that `p.coeffs += 1` works.
        if value is not self._coeffs:
            raise AttributeError("Cannot set attribute")

    @property
    def c(self) -> Array:
        """The coefficients."""
        return self._coeffs

    @c.setter
    def c(self, value: Array) -> None:
        self.coeffs = value

    coef: Any = c
    coefficients: Any = c

    @property
    def variable(self) -> str:
        """The name of the variable."""
        return self._variable

    @property
    def order(self) -> int:
        """The degree."""
        return self._coeffs.size - 1

    o = order

    @property
    def roots(self) -> Array:
        """The zeros."""
        return roots(self._coeffs)

    r = roots

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Any:
        return self._coeffs.__array__(dtype, copy=copy)

    def __repr__(self) -> str:
        return f"poly1d({repr(self._coeffs)[6:-1]})"

    def __len__(self) -> int:
        return self.order

    def __iter__(self) -> Iterator[Array]:
        return iter(self._coeffs)

    def __str__(self) -> str:
        coefficients = [value.item() for value in _trimmed(self._coeffs)]
        text = ""
        for turn, value in enumerate(coefficients):
            term = self._term(_number(value), len(coefficients) - 1 - turn)
            if turn == 0:
                text = term or "0"
            elif term:
                text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
        return _raised(text)

    def _term(self, number, power):
        if number == "0":
            return ""
        if power == 0:
            return number
        return f"{number} {self._variable}" + (f"**{power}" if power > 1 else "")

    def __call__(self, val: Any) -> Any:
        return polyval(self._coeffs, val)

    def __neg__(self) -> poly1d:
        return poly1d(-self._coeffs)

    def __pos__(self) -> poly1d:
        return self

    def __add__(self, other: Any) -> poly1d:
        return poly1d(polyadd(self._coeffs, poly1d(other)._coeffs))

    def __radd__(self, other: Any) -> poly1d:
        return poly1d(polyadd(self._coeffs, poly1d(other)._coeffs))

    def __sub__(self, other: Any) -> poly1d:
        return poly1d(polysub(self._coeffs, poly1d(other)._coeffs))

    def __rsub__(self, other: Any) -> poly1d:
        return poly1d(polysub(poly1d(other)._coeffs, self._coeffs))

    def __mul__(self, other: Any) -> poly1d:
        if _scalar(other):
            return poly1d(self._coeffs * other)
        return poly1d(polymul(self._coeffs, poly1d(other)._coeffs))

    __rmul__ = __mul__

    def __pow__(self, val: int) -> poly1d:
        times = operator.index(val) if _scalar(val) and val == int(val) else -1
        if times < 0:
            raise ValueError("Power to non-negative integers only.")
        result = poly1d([1])
        for _ in range(times):
            result = result * self
        return result

    def __truediv__(self, other: Any) -> Any:
        if _scalar(other):
            return poly1d(self._coeffs / other)
        return polydiv(self, poly1d(other))

    def __rtruediv__(self, other: Any) -> Any:
        if _scalar(other):
            return poly1d(asarray(other) / self._coeffs)
        return polydiv(poly1d(other), self)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, poly1d):
            return NotImplemented
        return self._coeffs.shape == other._coeffs.shape and bool((self._coeffs == other._coeffs).all())

    def __ne__(self, other: object) -> Any:
        equal = self == other
        return equal if equal is NotImplemented else not equal

    def __getitem__(self, val: int) -> Array:
        if 0 <= val <= self.order:
            return self._coeffs[self.order - val]
        return zeros((), dtype=self._coeffs.dtype)

    def __setitem__(self, key: int, val: Any) -> None:
        if key < 0:
            raise ValueError("Does not support negative powers.")
        if key > self.order:
            self._coeffs = concatenate([zeros(key - self.order, dtype=self._coeffs.dtype), self._coeffs])
        self._coeffs[self.order - key] = val

    def integ(self, m: int = 1, k: Any = 0) -> poly1d:
        """The m-th integral, with the constants k."""
        return poly1d(polyint(self._coeffs, m=m, k=k))

    def deriv(self, m: int = 1) -> poly1d:
        """The m-th derivative."""
        return poly1d(polyder(self._coeffs, m=m))


def _number(value):
    """A coefficient with four digits."""
    if not isinstance(value, complex) or value.imag == 0:
        return f"{getattr(value, 'real', value):.4g}"
    if value.real == 0:
        return f"{value.imag:.4g}j"
    return f"({value.real:.4g} + {value.imag:.4g}j)"


def _raised(text):
    """Powers on a line of their own, above the rest."""
    out, above, below, at = " ", "", "", 0
    for found in re.finditer(r"\*\*([0-9]+)", text):
        part, power = text[at : found.start()], found.group(1)
        at = found.end()
        top, bottom = " " * (len(part) - 1) + power, part + " " * (len(power) - 1)
        if max(len(below) + len(bottom), len(above) + len(top)) > _LINE:
            out += f"{above}\n{below}\n "
            above = below = ""
        above, below = above + top, below + bottom
    return f"{out}{above}\n{below}{text[at:]}"
