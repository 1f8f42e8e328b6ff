"""How arrays are printed: NumPy's options, for the program or for a block of code; integers in other bases.

The options are kept in a context variable: threads and asynchronous tasks have their own.
"""

from __future__ import annotations

import contextlib
import operator
from typing import TYPE_CHECKING

from ._native import _array_text, _print_options, asarray

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, Literal

    from ._types import ArrayLike

__all__ = [
    "array2string",
    "array_repr",
    "array_str",
    "base_repr",
    "binary_repr",
    "get_printoptions",
    "printoptions",
    "set_printoptions",
]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    suppress: bool | None = None,
    nanstr: str | None = None,
    infstr: str | None = None,
    formatter: dict[str, Callable[[Any], str]] | None = None,
    sign: Literal["-", "+", " "] | None = None,
    *,
    floatmode: Literal["fixed", "unique", "maxprec", "maxprec_equal"] | None = None,
) -> None:
    """Sets how arrays are printed; what is not given stays, but for `formatter`, which is always set anew.

    `precision` is the number of digits after the point, `threshold` the size above which arrays show only `edgeitems`
    elements at each edge, `linewidth` the characters of a line; `suppress=True` writes small numbers without exponents;
    `sign` is "-", "+" or " "; `floatmode` is "fixed", "unique", "maxprec" or "maxprec_equal"; `formatter` is a dict of
    functions by family: "bool", "int", "float", "complexfloat", "all".

    >>> import metes as mt
    >>> with mt.printoptions():
    ...     mt.set_printoptions(precision=2, suppress=True)
    ...     mt.asarray([1 / 3, 1e-9])
    array([0.33, 0.  ])
    """
    _print_options.set(_print_options.get().replaced(**locals()))


def get_printoptions() -> dict[str, Any]:
    """The print options in force, by name."""
    return _print_options.get().as_dict()


@contextlib.contextmanager
def printoptions(**options: Any) -> Generator[dict[str, Any]]:
    """A block of code with other print options; arguments as for `set_printoptions`.

    >>> import metes as mt
    >>> with mt.printoptions(precision=3):
    ...     print(mt.asarray([2 / 3]))
    [0.667]
    """
    token = _print_options.set(_print_options.get().replaced(**{"formatter": None, **options}))
    try:
        yield get_printoptions()
    finally:
        _print_options.reset(token)


def array2string(
    a: ArrayLike,
    max_line_width: int | None = None,
    precision: int | None = None,
    suppress_small: bool | None = None,
    separator: str = " ",
    prefix: str = "",
    *,
    formatter: dict[str, Callable[[Any], str]] | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    sign: Literal["-", "+", " "] | None = None,
    floatmode: Literal["fixed", "unique", "maxprec", "maxprec_equal"] | None = None,
    suffix: str = "",
) -> str:
    """The elements as text. `prefix` and `suffix` are not written: lines leave room for them.

    >>> import metes as mt
    >>> mt.array2string(mt.arange(3), separator=", ")
    '[0, 1, 2]'
    """
    options = _print_options.get()
    options = options.replaced(
        linewidth=max_line_width,
        precision=precision,
        suppress=suppress_small,
        threshold=threshold,
        edgeitems=edgeitems,
        sign=sign,
        floatmode=floatmode,
        formatter=options.as_dict()["formatter"] if formatter is None else formatter,
    )
    return _array_text(asarray(a), options, "body", separator, prefix, suffix)


def array_repr(
    arr: ArrayLike, max_line_width: int | None = None, precision: int | None = None, suppress_small: bool | None = None
) -> str:
    """What `repr` of an array gives, under other options."""
    return _array_text(asarray(arr), _with(max_line_width, precision, suppress_small), "repr")


def array_str(
    a: ArrayLike, max_line_width: int | None = None, precision: int | None = None, suppress_small: bool | None = None
) -> str:
    """What `str` of an array gives, under other options."""
    return _array_text(asarray(a), _with(max_line_width, precision, suppress_small), "str")


def _with(width, precision, suppress):
    options = _print_options.get()
    formatter = options.as_dict()["formatter"]
    return options.replaced(linewidth=width, precision=precision, suppress=suppress, formatter=formatter)


def base_repr(number: int, base: int = 2, padding: int = 0) -> str:
    """An integer in a base from 2 to 36, after so many zeros.

    >>> import metes as mt
    >>> mt.base_repr(-255, 16, 1)
    '-0FF'
    """
    if not 2 <= base <= 36:
        side = "greater than 36" if base > 36 else "less than 2"
        raise ValueError(f"Bases {side} not handled in base_repr.")
    number, digits = operator.index(number), []
    left = abs(number)
    while left:
        left, digit = divmod(left, base)
        digits.append("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit])
    text = "0" * padding + "".join(reversed(digits))
    return ("-" if number < 0 else "") + (text or "0")


def binary_repr(num: int, width: int | None = None) -> str:
    """An integer in base 2, filled to a width; with one, negative integers are as two's complement.

    >>> import metes as mt
    >>> mt.binary_repr(3, 4), mt.binary_repr(-3, 4), mt.binary_repr(-3)
    ('0011', '1101', '-11')
    """
    num = operator.index(num)
    if num == 0:
        return "0" * (width or 1)
    if width is None:
        return f"{num:b}"
    bits = num.bit_length() if num > 0 else (~num).bit_length() + 1
    if bits > width:
        raise ValueError(f"Insufficient bit width={width} provided for binwidth={bits}")
    return f"{num % (1 << width):b}".zfill(width)
