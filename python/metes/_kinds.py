"""NumPy's other names of dtypes, those of C's types among them, and its families of dtypes for `issubdtype`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ._native import DType, asarray, result_type

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike

__all__ = [
    "False_",
    "True_",
    "bool_",
    "byte",
    "bytes_",
    "cdouble",
    "character",
    "common_type",
    "complexfloating",
    "csingle",
    "datetime64",
    "double",
    "flexible",
    "floating",
    "generic",
    "half",
    "inexact",
    "int_",
    "intc",
    "integer",
    "intp",
    "issubdtype",
    "little_endian",
    "long",
    "longlong",
    "min_scalar_type",
    "mintypecode",
    "number",
    "short",
    "signedinteger",
    "single",
    "str_",
    "timedelta64",
    "typecodes",
    "typename",
    "ubyte",
    "uint",
    "uintc",
    "uintp",
    "ulong",
    "ulonglong",
    "unsignedinteger",
    "ushort",
    "void",
]

False_: bool = False
True_: bool = True
little_endian: bool = sys.byteorder == "little"
bool_ = DType("bool")
byte = DType("i1")
bytes_ = DType("S")
cdouble = DType("c16")
csingle = DType("c8")
datetime64 = DType("M8")
double = DType("f8")
half = DType("f2")
int_ = DType("i8")
intc = DType("i4")
intp = DType("i8")
long = DType("l")
longlong = DType("i8")
short = DType("i2")
single = DType("f4")
str_ = DType("U")
timedelta64 = DType("m8")
ubyte = DType("u1")
uint = DType("u8")
uintc = DType("u4")
uintp = DType("u8")
ulong = DType("L")
ulonglong = DType("u8")
ushort = DType("u2")
void = DType("V")


class generic:
    """The family of all dtypes."""

    _letters = "biufcmMSUV"

    def __new__(cls, *_: Any) -> Any:
        raise TypeError(f"{cls.__name__} is a family of dtypes, of which there are no objects")


class number(generic):
    """The family of numbers."""

    _letters = "iufcm"


class integer(number):
    """The family of integers."""

    _letters = "ium"


class signedinteger(integer):
    """The family of integers with a sign; spans of time are among them."""

    _letters = "im"


class unsignedinteger(integer):
    """The family of integers without a sign."""

    _letters = "u"


class inexact(number):
    """The family of numbers that are rounded."""

    _letters = "fc"


class floating(inexact):
    """The family of real numbers that are rounded."""

    _letters = "f"


class complexfloating(inexact):
    """The family of complex numbers."""

    _letters = "c"


class flexible(generic):
    """The family of dtypes of any size."""

    _letters = "SUV"


class character(flexible):
    """The family of texts."""

    _letters = "SU"


def _family(what):
    """A family, one of NumPy's by its name, or nothing."""
    if not isinstance(what, type):
        return None
    mine = globals().get(what.__name__) if what.__module__ == "numpy" else what
    return mine if isinstance(mine, type) and issubclass(mine, generic) else None


def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype, or a family of them, belongs to a family, or is another dtype whatever its size and byte order.

    >>> import metes as mt
    >>> mt.issubdtype(mt.float32, mt.floating), mt.issubdtype(mt.float32, mt.float64)
    (True, False)
    """
    one, other = _family(arg1), _family(arg2)
    if one is not None:
        return other is not None and issubclass(one, other)
    dtype = DType(arg1)
    if other is not None:
        return dtype.kind in other._letters
    wanted = DType(arg2)
    return dtype.kind == wanted.kind and (dtype.kind in "mMSUV" or dtype.itemsize == wanted.itemsize)


def min_scalar_type(a: ArrayLike, /) -> DType:
    """The smallest dtype that holds a number, of floating-point ones that whose range does; of arrays with axes theirs.

    >>> import metes as mt
    >>> mt.min_scalar_type(255), mt.min_scalar_type(-1), mt.min_scalar_type(1e50)
    (dtype('uint8'), dtype('int8'), dtype('float64'))
    """
    a = asarray(a)
    if a.ndim or a.dtype.kind not in "iufc":
        return a.dtype
    value, kind, size = a.item(), a.dtype.kind, a.dtype.itemsize
    if kind in "iu":
        signed = value < 0
        bits = (~value if signed else value).bit_length() + signed
        return DType(f"{'i' if signed else 'u'}{next(n for n in (1, 2, 4, 8) if bits <= 8 * n)}")
    if kind == "c":
        return DType("c8") if max(abs(value.real), abs(value.imag)) < 3.4e38 else a.dtype
    if abs(value) < 65000 or value - value != 0:
        return DType("f2")
    return DType("f4") if size > 4 and abs(value) < 3.4e38 else a.dtype


def common_type(*arrays: ArrayLike) -> DType:
    """The dtype of floats, or of complex numbers, that holds the values of all arrays; integers count as float64.

    >>> import metes as mt
    >>> mt.common_type(mt.zeros(2, dtype="float32"), mt.arange(2))
    dtype('float64')
    """
    kinds = [asarray(array).dtype for array in arrays]
    wrong = next((kind for kind in kinds if kind.kind not in "iufc"), None)
    if wrong is not None:
        raise TypeError(f"can't get common type for non-numeric array of {wrong}")
    floats = [double if kind.kind in "iu" else kind for kind in kinds]
    return result_type(half, *floats)


# Letters of C's types in words, and those of numbers from the widest to the narrowest.
_WORDS = {
    "?": "bool",
    "b": "signed char",
    "B": "unsigned char",
    "h": "short",
    "H": "unsigned short",
    "i": "integer",
    "I": "unsigned integer",
    "l": "long integer",
    "L": "unsigned long integer",
    "q": "long long integer",
    "Q": "unsigned long long integer",
    "f": "single precision",
    "d": "double precision",
    "g": "long precision",
    "F": "complex single precision",
    "D": "complex double precision",
    "G": "complex long double precision",
    "S": "string",
    "U": "unicode",
    "V": "void",
    "O": "object",
    "S1": "character",
}
_BY_SIZE = "GDFgdfQqLlIiHhBb?"


# The letters of dtypes by families, as NumPy lists them; there are no long doubles and no objects.
typecodes: dict[str, str] = {
    "Character": "c",
    "Integer": "bhilqnp",
    "UnsignedInteger": "BHILQNP",
    "Float": "efd",
    "Complex": "FD",
    "AllInteger": "bBhHiIlLqQnNpP",
    "AllFloat": "efdFD",
    "Datetime": "Mm",
    "All": "?bhilqnpBHILQNPefdFDSUVMm",
}


def typename(char: str) -> str:
    """What a dtype's letter stands for, in words.

    >>> import metes as mt
    >>> mt.typename("F")
    'complex single precision'
    """
    return _WORDS[char]


def mintypecode(typechars: Any, typeset: str = "GDFgdf", default: str = "d") -> str:
    """The letter of the smallest type of a set that holds what letters or arrays stand for; without any, the default.

    >>> import metes as mt
    >>> mt.mintypecode("Fd")
    'D'
    """
    letters = {one if isinstance(one, str) else asarray(one).dtype.char for one in typechars}
    found = letters & set(typeset)
    if {"F", "d"} <= found:
        return "D"
    return min(found, key=_BY_SIZE.index) if found else default
