"""What `genfromtxt` needs: lines cut into words, names that fields may have, columns that make values of words."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ._native import DType, asarray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

nan = float("nan")

# Characters that names lose unless others are named, and names that get an underscore.
_LOST = "~!@#$%^&*()-=+~\\|]}[{';: /?.>,<"
_RESERVED = ("return", "file", "print")

_CASES = {True: str, "upper": str.upper, "u": str.upper, False: str.upper, "lower": str.lower, "l": str.lower}


class Splitter:
    """Cuts lines at a delimiter, at white space, or every so many characters."""

    def __init__(self, delimiter: Any, comments: str | bytes | None, strip: bool) -> None:
        self._comments, self._strip = text(comments), strip
        self._delimiter, self._slices, self._width = None, None, None
        if delimiter is None or isinstance(delimiter, (str, bytes)):
            self._delimiter = text(delimiter) or None
        elif hasattr(delimiter, "__iter__"):
            ends = [0, *itertools.accumulate(int(width) for width in delimiter)]
            self._slices = [slice(*pair) for pair in itertools.pairwise(ends)]
        elif int(delimiter):
            self._width = int(delimiter)

    def __call__(self, line: str | bytes) -> list[str]:
        line = text(line)
        if self._comments is not None:
            line = line.split(self._comments)[0]
        words = self._cut(line)
        return [word.strip() for word in words] if self._strip else words

    def _cut(self, line):
        if self._slices is not None:
            return [line[part] for part in self._slices] if line else []
        if self._width is not None:
            line = line.strip("\r\n")
            return [line[at : at + self._width] for at in range(0, len(line), self._width)]
        line = line.strip(" \r\n")
        return line.split(self._delimiter) if line else []


def text(value: Any) -> Any:
    """Bytes as text of as many characters; anything else as it is."""
    return value.decode("latin1") if isinstance(value, bytes) else value


class Names:
    """Makes words names of fields: without odd characters, never twice, numbered where there is nothing."""

    def __init__(self, exclude: Any, lost: Any, case: Any, space: str) -> None:
        if case not in _CASES:
            raise KeyError(f"unrecognized case_sensitive value {case}.")
        self._case, self._space = _CASES[case], space
        self._reserved = {*_RESERVED, *(exclude or ())}
        self._lost = {*(_LOST if lost is None else lost), '"'}

    def __call__(self, words: str | Iterable[str], default: str = "f%i", count: int | None = None) -> list[str]:
        words = [words] if isinstance(words, str) else list(words)
        if count is not None:
            words = words[:count] + [""] * (count - len(words))
        names, seen, number = [], {}, 0
        for word in words:
            name = self._case(word).strip()
            name = name.replace(" ", self._space) if self._space else name
            name = "".join(char for char in name if char not in self._lost)
            if not name:
                name = default % number
                while name in words:
                    number += 1
                    name = default % number
                number += 1
            elif name in self._reserved:
                name += "_"
            times = seen.get(name, 0)
            names.append(f"{name}_{times}" if times else name)
            seen[name] = times + 1
        return names


def truth(word: str) -> bool:
    """What "True" and "False" say, however they are written."""
    words = {"TRUE": True, "FALSE": False}
    if word.upper() not in words:
        raise ValueError("Invalid boolean")
    return words[word.upper()]


def _whole(word):
    return int(float(word))


def _encoded(word):
    return word.encode("latin1")


# What the dtype of a column may be, each tried where the one before does not read all words: the function, and what
# stands for words that say nothing.
LADDER = ((bool, truth, False), (int, int, -1), (float, float, nan), (complex, complex, nan + 0j), (str, str, "???"))


def _reader(dtype):
    """The function that makes values of a dtype, and what stands for words that say nothing."""
    match dtype.kind:
        case "b":
            return truth, False
        case "i" | "u" if dtype.itemsize == 8:
            return int, -1
        case "i" | "u" | "m":
            return _whole, -1
        case "f":
            return float, nan
        case "c":
            return complex, nan + 0j
        case "S":
            return _encoded, b"???"
    return str, "???" if dtype.kind == "U" else None


class Column:
    """The words of a column on their way to values."""

    def __init__(self, dtype: DType | None, missing: Iterable[str], fill: Any) -> None:
        self.missing, self._given = {*missing, ""}, fill
        self.locked = dtype is not None
        self._level, self._truths, self._gaps = 0, False, False
        if dtype is None:
            self.kind: Any = bool
            self.read, self.fill = truth, fill or False
        else:
            self.kind = dtype
            self.read, self.fill = _reader(dtype)
            if fill is not None:
                self.fill = fill

    def replace(self, read: Callable[[str], Any], tested: str | None, fill: Any, missing: Iterable[str]) -> None:
        """Takes the reader that somebody gave."""
        self.read, self.locked = read, True
        if fill is not None:
            self.fill, example = fill, fill
        else:
            try:
                example = read(tested or "1")
            except (TypeError, ValueError):
                raise TypeError(
                    f"genfromtxt: the converter {read!r} takes neither {tested or '1'!r} nor tells what it gives; "
                    "give filling_values"
                ) from None
        found = asarray(example).dtype
        self.kind = str if found.kind == "U" else bytes if found.kind == "S" else found
        self.missing.update(missing)

    def learn(self, word: str) -> None:
        """Takes the first dtype that reads this word as all before it."""
        while not self._reads(word):
            if self.locked:
                raise ValueError(f"the converter cannot read {word!r}")
            # What is true or false is no number.
            self._level = len(LADDER) - 1 if self._truths else self._level + 1
            self.kind, self.read, self.fill = LADDER[self._level]
            if self._given is not None:
                self.fill = self._given

    def _reads(self, word):
        try:
            value = self.read(word)
            if self.read is int and not -(1 << 63) <= value < 1 << 63:
                return False
        except ValueError:
            self._gaps |= word.strip() in self.missing
            return word.strip() in self.missing
        self._truths |= self._level == 0 and not self.locked
        return True

    @property
    def sure(self) -> bool:
        """Whether its words say what its dtype is."""
        return self._level > 0 or not self._gaps

    def loose(self, word: str) -> Any:
        """The value of a word, or what stands for it."""
        try:
            return self.read(word)
        except ValueError:
            return self.fill

    def strict(self, word: str) -> Any:
        """The value of a word, or what stands for it where it is known as missing."""
        try:
            return self.read(word)
        except ValueError:
            if word.strip() in self.missing:
                return self.fill
            raise ValueError(f"Cannot convert string '{word}'") from None


def record_of(dtype: Any, names: Sequence[str] | str | None, default: str, clean: Names) -> DType:
    """A dtype with the fields of these names."""
    try:
        dtype = DType(dtype)
    except TypeError:
        if not isinstance(dtype, (tuple, list)):
            raise
        words = names.split(",") if isinstance(names, str) else names or []
        return DType({"formats": list(dtype), "names": clean(words, default, len(dtype))})
    if names is not None:
        words = names.split(",") if isinstance(names, str) else list(names)
        if dtype.names is None:
            return DType([(name, dtype) for name in clean(words, default)])
        return _renamed(dtype, clean(words, default, len(dtype.names)))
    if dtype.names is None:
        return dtype
    numbered = dtype.names == tuple(f"f{i}" for i in range(len(dtype.names)))
    words = [""] * len(dtype.names) if numbered and default != "f%i" else dtype.names
    return _renamed(dtype, clean(words, default))


def _renamed(dtype, names):
    fields = [dtype.fields[name] for name in dtype.names]
    return DType(
        {
            "names": list(names),
            "formats": [field[0] for field in fields],
            "offsets": [field[1] for field in fields],
            "itemsize": dtype.itemsize,
        }
    )


def flat(dtype: DType) -> list[DType]:
    """The dtypes of the words of a row, one by one."""
    if dtype.subdtype is not None:
        inner, shape = dtype.subdtype
        size = 1
        for n in shape:
            size *= n
        return flat(inner) * size
    if dtype.names is None:
        return [dtype]
    return [part for name in dtype.names for part in flat(dtype.fields[name][0])]
