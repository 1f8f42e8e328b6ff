"""One floating-point number as text: `format_float_positional` and `format_float_scientific`.

Digits are exact: the fewest that tell the number from its neighbours of the same dtype, or so many, half to even.
"""

from __future__ import annotations

import decimal
import operator
from typing import TYPE_CHECKING

from ._native import Array, asarray

if TYPE_CHECKING:
    from typing import Any, Literal

__all__ = ["format_float_positional", "format_float_scientific"]

# More digits than any number of 64 bits has.
_EXACT = decimal.Context(prec=1200, Emin=-2000, Emax=2000, traps=[])


def _number(x: Any, unique: bool) -> tuple[float, decimal.Decimal]:
    """The value, and the fewest digits that tell it from others of its dtype, or all that it has."""
    value, fewest = _told(x)
    return value, fewest if unique or value != value else decimal.Decimal(value)


def _told(x):
    if not isinstance(x, Array) and hasattr(x, "dtype") and getattr(x, "shape", None) == ():
        x = asarray(x)
    if isinstance(x, Array) and x.ndim == 0 and x.dtype.kind == "f":
        x = x.astype(x.dtype.newbyteorder("="))
        return float(x), decimal.Decimal(str(x))
    if isinstance(x, (str, bytes)):
        raise TypeError(f"must be real number, not {type(x).__name__}")
    value = float(x)
    return value, decimal.Decimal(repr(value))


def _digits(value: float, fewest: decimal.Decimal, last: int | None, least: int | None) -> tuple[int, int]:
    """A whole number and the power of ten of its last digit: not below `last`, and not above `least`."""
    exact = decimal.Decimal(value).copy_abs()
    end = fewest.normalize(_EXACT).as_tuple().exponent if value else 0
    wanted = end if least is None else min(end, least)
    wanted = wanted if last is None else max(wanted, last)
    if wanted == end:
        return int(fewest.copy_abs().scaleb(-end, _EXACT)), end
    whole = exact.scaleb(-wanted, _EXACT)
    number = int(whole.to_integral_value(decimal.ROUND_HALF_EVEN, _EXACT))
    # A digit that was carried over leaves no zeros behind it.
    carried = number > whole
    while carried and number % 10 == 0:
        number, wanted = number // 10, wanted + 1
    return number, wanted


def _trimmed(whole: str, fraction: str, least: int, trim: str) -> str:
    """Digits before and after the point, with as many zeros as `trim` leaves."""
    if trim == "k":
        return f"{whole}.{fraction.ljust(least, '0')}"
    fraction = fraction.rstrip("0")
    if trim == "0":
        return f"{whole}.{fraction or '0'}"
    return f"{whole}.{fraction}" if fraction or trim == "." else whole


def _checked(name: str, value: Any) -> int | None:
    if value is None:
        return None
    value = operator.index(value)
    if value < 0:
        raise ValueError(f"{name} must be >= 0")
    return value


def _options(unique, precision, min_digits, trim):
    precision, min_digits = _checked("precision", precision), _checked("min_digits", min_digits)
    if trim not in ("k", ".", "0", "-"):
        raise TypeError(f"if supplied, trim must be 'k', '.', '0' or '-' found {trim!r}")
    if not unique and precision is None:
        raise TypeError("in non-unique mode `precision` must be supplied")
    if min_digits and precision and min_digits > precision:
        raise ValueError("min_digits must be less than or equal to precision")
    return precision, min_digits if unique else None, min_digits if unique else precision


def _sign(value, fewest, sign):
    return "-" if fewest.is_signed() and value == value else "+" if sign else ""


def _odd(value, sign):
    return "nan" if value != value else "-inf" if value < 0 else "+inf" if sign else "inf"


def format_float_positional(
    x: Any,
    precision: int | None = None,
    unique: bool = True,
    fractional: bool = True,
    trim: Literal["k", ".", "0", "-"] = "k",
    sign: bool = False,
    pad_left: int | None = None,
    pad_right: int | None = None,
    min_digits: int | None = None,
) -> str:
    """A number without an exponent, with the fewest digits that tell it from others of its dtype.

    `precision` is how many digits there are at most, after the point, or with `fractional=False` in all; with
    `unique=False` there are so many; `min_digits` is how many there are at least. `trim` says which zeros at the end
    stay: "k" all, "." none but the point, "0" one after the point, "-" neither. `pad_left` and `pad_right` are the
    characters before and after the point.

    >>> import metes as mt
    >>> mt.format_float_positional(mt.asarray(0.1, dtype="float32")), mt.format_float_positional(2 / 3, precision=3)
    ('0.1', '0.667')
    """
    value, fewest = _number(x, unique)
    precision, least, filled = _options(unique, precision, min_digits, trim)
    left, right = _checked("pad_left", pad_left), _checked("pad_right", pad_right)
    if precision == 0 and not fractional:
        raise ValueError("precision must be greater than 0 if fractional=False")
    if not fewest.is_finite():
        return _odd(value, sign)
    first = fewest.adjusted() + 1 if value and not fractional else 0 if fractional else 1
    ends = [None if digits is None else first - digits for digits in (precision, least)]
    number, end = _digits(value, fewest, *ends)
    text = str(number) + "0" * end if end >= 0 else str(number).rjust(1 - end, "0")
    whole, fraction = (text[:end], text[end:]) if end < 0 else (text, "")
    zeros = max((filled or 0) - (0 if fractional else len(whole)), 0)
    text = _sign(value, fewest, sign) + _trimmed(whole, fraction, zeros, trim)
    before, point, after = text.partition(".")
    if right is not None:
        after = after.ljust(right) if point else after
        text = before + (point + after if point else " " * (right + 1))
    return " " * ((left or 0) - len(before)) + text


def format_float_scientific(
    x: Any,
    precision: int | None = None,
    unique: bool = True,
    trim: Literal["k", ".", "0", "-"] = "k",
    sign: bool = False,
    pad_left: int | None = None,
    exp_digits: int | None = None,
    min_digits: int | None = None,
) -> str:
    """A number with an exponent, with the fewest digits that tell it from others of its dtype.

    `precision` is how many digits there are after the point at most, or with `unique=False` exactly; `exp_digits` is
    how many the exponent has at least; the rest is as for `format_float_positional`.

    >>> import metes as mt
    >>> mt.format_float_scientific(1234.5), mt.format_float_scientific(mt.pi, precision=2, exp_digits=3)
    ('1.2345e+03', '3.14e+000')
    """
    value, fewest = _number(x, unique)
    precision, least, filled = _options(unique, precision, min_digits, trim)
    left, digits = _checked("pad_left", pad_left), _checked("exp_digits", exp_digits)
    if not fewest.is_finite():
        return _odd(value, sign)
    first = fewest.adjusted() if value else 0
    number, end = _digits(value, fewest, *(None if n is None else first - n for n in (precision, least)))
    text = str(number)
    exponent = len(text) - 1 + end if number else 0
    mark = _sign(value, fewest, sign)
    # As NumPy has it, only a point that no digit followed goes with the zeros.
    body = mark + _trimmed(text[0], text[1:], filled or 0, "." if trim == "-" and len(text) > 1 else trim)
    power = str(abs(exponent)).rjust(2 if digits is None else min(digits, 5), "0")
    return " " * ((left or 0) - 1 - len(mark)) + f"{body}e{'-' if exponent < 0 else '+'}{power}"
