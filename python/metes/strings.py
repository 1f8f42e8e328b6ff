"""Functions of arrays of text and bytes, by NumPy's names: what `str` and `bytes` do, element by element.

>>> import metes as mt
>>> mt.strings.upper(mt.asarray(["ab", "c"])).tolist()
['AB', 'C']
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from . import _native
from ._iterate import ndindex
from ._native import asarray, broadcast_shapes, broadcast_to

if TYPE_CHECKING:
    from typing import Any, Protocol

    from ._native import Array
    from ._types import ArrayLike

    class _Answer(Protocol):
        def __call__(self, x: ArrayLike) -> Array: ...

    class _Change(Protocol):
        def __call__(self, a: ArrayLike) -> Array: ...

    class _Search(Protocol):
        def __call__(self, a: ArrayLike, sub: Any, start: Any = 0, end: Any = None) -> Array: ...

    class _Strip(Protocol):
        def __call__(self, a: ArrayLike, chars: Any = None) -> Array: ...

    class _Pad(Protocol):
        def __call__(self, a: ArrayLike, width: Any, fillchar: Any = " ") -> Array: ...


__all__ = [
    "add",
    "capitalize",
    "center",
    "count",
    "decode",
    "encode",
    "endswith",
    "equal",
    "expandtabs",
    "find",
    "greater",
    "greater_equal",
    "index",
    "isalnum",
    "isalpha",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "less",
    "less_equal",
    "ljust",
    "lower",
    "lstrip",
    "mod",
    "multiply",
    "not_equal",
    "partition",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rstrip",
    "slice",
    "startswith",
    "str_len",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
]

equal: _native.ufunc[Array] = _native.equal
not_equal: _native.ufunc[Array] = _native.not_equal
less: _native.ufunc[Array] = _native.less
less_equal: _native.ufunc[Array] = _native.less_equal
greater: _native.ufunc[Array] = _native.greater
greater_equal: _native.ufunc[Array] = _native.greater_equal
add: _native.ufunc[Array] = _native.add


def _text(a: Any) -> Array:
    a = asarray(a)
    if a.dtype.kind not in "SU":
        raise TypeError(f"string operation on non-string array: dtype {a.dtype}")
    return a


def _like(a: Array, other: Any) -> Any:
    """Another text, as text or bytes as the first is; Python's own are themselves."""
    if isinstance(other, (str, bytes)):
        if isinstance(other, str) != (a.dtype.kind == "U"):
            other = other.encode("ascii") if isinstance(other, str) else other.decode("ascii")
        return other
    other = _text(other)
    return other if other.dtype.kind == a.dtype.kind else other.astype(a.dtype.kind)


def _same(name: str, a: Array, other: Any) -> Any:
    """What is looked for: text in text, bytes in bytes."""
    if isinstance(other, (str, bytes)):
        kind = "U" if isinstance(other, str) else "S"
    else:
        other = _text(other)
        kind = other.dtype.kind
    if kind != a.dtype.kind:
        raise TypeError(f"{name}: bytes and text are not looked for in each other: {a.dtype} and {kind}")
    return other


def _whole(value: Any) -> Any:
    """Whole numbers: one for all, or an array."""
    if value is None or isinstance(value, int):
        return value
    value = asarray(value)
    if value.dtype.kind not in "iu":
        raise TypeError(f"unsupported type {value.dtype} for operand: whole numbers are needed")
    return value


_NOT_GIVEN: Any = object()


def _call(name: str, a: Any, *others: Any, result: str = "text", width: int = -1, pick: int = -1) -> Array:
    a = _text(a)
    kind = a.dtype.kind if result == "text" else result
    return _native._text_call(name, [a, *others], kind, width, pick)


def _chars(a: Array) -> int:
    return a.dtype.itemsize // (4 if a.dtype.kind == "U" else 1)


def _question(name: str) -> Any:
    def ask(x: ArrayLike) -> Array:
        x = _text(x)
        if not hasattr(bytes if x.dtype.kind == "S" else str, name):
            raise TypeError(f"{name} is not for bytes")
        return _call(name, x, result="?")

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = f"Whether each element is so that Python's `{name}` says so."
    return ask


def _map(name: str) -> Any:
    def change(a: ArrayLike) -> Array:
        a = _text(a)
        return _call(name, a, width=_chars(a))

    change.__name__ = change.__qualname__ = name
    change.__doc__ = f"Each element as Python's `{name}` makes it, as wide as before."
    return change


isalnum: _Answer = _question("isalnum")
isalpha: _Answer = _question("isalpha")
isdecimal: _Answer = _question("isdecimal")
isdigit: _Answer = _question("isdigit")
islower: _Answer = _question("islower")
isnumeric: _Answer = _question("isnumeric")
isspace: _Answer = _question("isspace")
istitle: _Answer = _question("istitle")
isupper: _Answer = _question("isupper")
capitalize: _Change = _map("capitalize")
lower: _Change = _map("lower")
swapcase: _Change = _map("swapcase")
title: _Change = _map("title")
upper: _Change = _map("upper")


def str_len(x: ArrayLike) -> Array:
    """How many characters each element has, without zeros at the end."""
    return _call("__len__", x, result="i")


def _search(name: str, result: str) -> Any:
    def search(a: ArrayLike, sub: Any, start: Any = 0, end: Any = None) -> Array:
        a = _text(a)
        return _call(name, a, _same(name, a, sub), _whole(start), _whole(end), result=result)

    search.__name__ = search.__qualname__ = name
    search.__doc__ = f"What Python's `{name}` says of each element and what is looked for, from `start` to `end`."
    return search


find: _Search = _search("find", "i")
rfind: _Search = _search("rfind", "i")
index: _Search = _search("index", "i")
rindex: _Search = _search("rindex", "i")
count: _Search = _search("count", "i")
startswith: _Search = _search("startswith", "?")
endswith: _Search = _search("endswith", "?")


def _strip(name: str) -> Any:
    def strip(a: ArrayLike, chars: Any = None) -> Array:
        a = _text(a)
        return _call(name, a, None if chars is None else _same(name, a, chars), width=_chars(a))

    strip.__name__ = strip.__qualname__ = name
    strip.__doc__ = f"Each element as Python's `{name}` leaves it: without white space, or without these characters."
    return strip


strip: _Strip = _strip("strip")
lstrip: _Strip = _strip("lstrip")
rstrip: _Strip = _strip("rstrip")


def replace(a: ArrayLike, old: Any, new: Any, count: Any = -1) -> Array:
    """Each element with `new` in place of `old`, so many times.

    >>> import metes as mt
    >>> mt.strings.replace(mt.asarray(["banana"]), "a", "o", 2).tolist()
    ['bonona']
    """
    a = _text(a)
    return _call("replace", a, _like(a, old), _like(a, new), _whole(count))


def _pad(name: str) -> Any:
    def pad(a: ArrayLike, width: Any, fillchar: Any = " ") -> Array:
        a = _text(a)
        return _call(name, a, _whole(width), _like(a, fillchar))

    pad.__name__ = pad.__qualname__ = name
    pad.__doc__ = f"Each element made as wide by Python's `{name}`."
    return pad


center: _Pad = _pad("center")
ljust: _Pad = _pad("ljust")
rjust: _Pad = _pad("rjust")


def zfill(a: ArrayLike, width: Any) -> Array:
    """Each element filled up with zeros behind its sign."""
    return _call("zfill", a, _whole(width))


def expandtabs(a: ArrayLike, tabsize: Any = 8) -> Array:
    """Each element with blanks in place of tabs."""
    return _call("expandtabs", a, _whole(tabsize))


def multiply(a: ArrayLike, i: Any) -> Array:
    """Each element so many times.

    >>> import metes as mt
    >>> mt.strings.multiply(mt.asarray(["ab"]), [0, 3]).tolist()
    ['', 'ababab']
    """
    return _call("__mul__", a, _whole(i))


def mod(a: ArrayLike, values: ArrayLike) -> Array:
    """Each element with a value in it, by `%`."""
    return _call("__mod__", a, asarray(values))


def partition(a: ArrayLike, sep: Any) -> tuple[Array, Array, Array]:
    """What is before the first `sep`, it, and what is after it."""
    a = _text(a)
    return tuple(_call("partition", a, _like(a, sep), pick=part) for part in range(3))


def rpartition(a: ArrayLike, sep: Any) -> tuple[Array, Array, Array]:
    """What is before the last `sep`, it, and what is after it."""
    a = _text(a)
    return tuple(_call("rpartition", a, _like(a, sep), pick=part) for part in range(3))


def slice(a: ArrayLike, start: Any = None, stop: Any = _NOT_GIVEN, step: Any = None) -> Array:
    """A part of each element; one number alone is where it stops. Each may be an array, a number for each element."""
    import builtins

    if stop is _NOT_GIVEN:
        start, stop = None, start
    a = _text(a)
    ends = (start, stop, step)
    if all(end is None or isinstance(end, int) for end in ends):
        return _call("__getitem__", a, builtins.slice(*ends), width=_chars(a))
    wholes = [end if end is None else _native.asarray(end) for end in ends]
    shape = broadcast_shapes(a.shape, *(whole.shape for whole in wholes if whole is not None))
    made = _native.empty(shape, dtype=a.dtype)
    texts = broadcast_to(a, shape)
    wholes = [whole if whole is None else broadcast_to(whole, shape) for whole in wholes]
    for place in ndindex(*shape):
        part = builtins.slice(*(whole if whole is None else operator.index(whole[place]) for whole in wholes))
        made[place] = texts[place][part]
    return made


def translate(a: ArrayLike, table: Any, deletechars: Any = None) -> Array:
    """Each element with characters changed by a table, in bytes some of them left out."""
    a = _text(a)
    others = [table] if deletechars is None or a.dtype.kind == "U" else [table, deletechars]
    return _call("translate", a, *others)


def encode(a: ArrayLike, encoding: str = "utf-8", errors: str = "strict") -> Array:
    """Text as bytes."""
    return _call("encode", a, encoding, errors, result="S")


def decode(a: ArrayLike, encoding: str = "utf-8", errors: str = "strict") -> Array:
    """Bytes as text."""
    return _call("decode", a, encoding, errors, result="U")


def __dir__() -> list[str]:
    return list(__all__)
