"""`genfromtxt`: tables of text with gaps, names in their first line, and columns whose dtypes are found from words.

Where the dtype is given, rows go by blocks into an array that grows. Where it is to be found, all words are kept until
the last line is read, since any of them may change it. Left out: masks.
"""

from __future__ import annotations

import collections
import itertools
import operator
import warnings
from typing import TYPE_CHECKING

from ._native import DType, GrowableArray, asarray, empty
from ._tables import _opened, _shaped
from ._wordings import Column, Names, Splitter, flat, record_of, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ._types import DTypeLike

__all__ = ["genfromtxt"]

# Rows that are collected before they go to the array.
_BLOCK = 1 << 11


class _Lines:
    """The rows of a table: words of the wanted columns, and which lines had too few or too many."""

    def __init__(self, lines: Iterator[str], split: Splitter, skipped: int) -> None:
        self._lines, self.split, self._skipped = lines, split, skipped
        self.first: list[str] = []
        self._pending: list[str] = []
        self._wrong: list[tuple[int, int]] = []
        self._count = 0

    def begin(self, names: bool, comments: str | None) -> bool:
        """Reads the first row, of which the names may be; whether there is one."""
        for _ in range(self._skipped):
            if next(self._lines, None) is None:
                return False
        for line in self._lines:
            line = text(line)
            if names and comments is not None and comments in line:
                line = "".join(line.split(comments)[1:])
            self.first = self.split(line)
            if self.first:
                self._pending = [] if names else [line]
                break
        if names and self.first and comments is not None and self.first[0].strip() in comments:
            del self.first[0]
        return bool(self.first)

    @property
    def has_values(self) -> bool:
        """Whether the first row is one of values."""
        return bool(self._pending)

    def rows(self, columns: list[int] | None, width: int, most: int | None) -> Iterator[list[str]]:
        """The words of each row, the one that was looked at too."""
        # The first line counts, whether it holds names or values.
        begin = self._skipped + (1 if self._pending else 2)
        for number, line in enumerate(itertools.chain(self._pending, self._lines), begin):
            words = self.split(line)
            if not words:
                continue
            if columns is not None:
                if any(not -len(words) <= place < len(words) for place in columns):
                    self._wrong.append((number, len(words)))
                    continue
                words = [words[place] for place in columns]
            elif len(words) != width:
                self._wrong.append((number, len(words)))
                continue
            self._count += 1
            yield words
            if self._count == most:
                return

    def footer(self, wanted: int, width: int, strict: bool) -> int:
        """How many of the last rows are no part of the table; says which lines were wrong."""
        wrong, last = self._wrong, self._count + len(self._wrong) - wanted + self._skipped
        if wanted > 0:
            wrong = wrong[: len(wrong) - sum(number > last for number, _ in wrong)]
        said = [f"    Line #{number} (got {n} columns instead of {width})" for number, n in wrong]
        if said:
            message = "\n".join(["Some errors were detected !", *said])
            if strict:
                raise ValueError(message)
            warnings.warn(message, UserWarning, stacklevel=3)
        return max(wanted - (len(self._wrong) - len(wrong)), 0)


class _Known:
    """Rows of a known dtype on their way into an array."""

    def __init__(self, dtype: DType, columns: list[Column], convert: list[Callable[[str], Any]]) -> None:
        self._dtype, self._convert = dtype, convert
        self._plain = dtype.names is None
        parts = flat(dtype)
        nested = not self._plain and len(parts) > len(dtype.names or ())
        self._flat = DType([(f"f{i}", part) for i, part in enumerate(parts)]) if nested else dtype
        self._fields = len(parts)
        self._table = GrowableArray(self._flat, (len(columns),) if self._plain else ())
        self._rows: list[tuple[Any, ...]] = []

    def add(self, words: list[str]) -> None:
        self._rows.append(tuple(make(word) for make, word in zip(self._convert, words, strict=False)))
        if len(self._rows) >= _BLOCK:
            self._flush()

    def _flush(self):
        if self._rows:
            if not self._plain and len(self._convert) != self._fields:
                raise ValueError(f"genfromtxt: {len(self._convert)} columns for the {self._fields} fields of the dtype")
            self._table.extend(asarray(self._rows, dtype=self._flat))
            self._rows.clear()

    def result(self) -> Any:
        self._flush()
        self._table.shrink()
        table = self._table.view()
        if not table.size:
            return empty(0, dtype=self._dtype)
        return table if self._flat is self._dtype else table.view(self._dtype)


class _Found:
    """Rows whose dtypes are found when all are there."""

    def __init__(
        self, columns: list[Column], convert: list[Callable[[str], Any]], names: list[str] | None, default: str
    ) -> None:
        self._columns, self._convert, self._names, self._default = columns, convert, names, default
        self._rows: list[list[str]] = []

    def add(self, words: list[str]) -> None:
        self._rows.append(words)

    def result(self) -> Any:
        if not self._columns:
            return empty(0)
        words = zip(*self._rows, strict=True) if self._rows else [()] * len(self._columns)
        made = [list(map(make, column)) for make, column in zip(self._convert, words, strict=True)]
        rows = list(zip(*made, strict=True))
        # Columns of which nothing is known but truths and gaps follow the others.
        sure = {column.kind for column in self._columns if column.sure}
        if self._names is None and len(sure) == 1:
            (kind,) = sure
            texts = (
                [value if isinstance(value, kind) else str(value) for row in rows for value in row]
                if kind in (str, bytes)
                else []
            )
            return asarray(rows, dtype=_sized(kind, texts))
        kinds = [_sized(column.kind, values) for column, values in zip(self._columns, made, strict=True)]
        names = self._names or [self._default % number for number in range(len(kinds))]
        return asarray(rows, dtype=DType(list(zip(names, kinds, strict=False))))


def _sized(kind, values):
    """The dtype of a column, wide enough for its longest text."""
    if kind in (str, bytes):
        return DType(f"{'U' if kind is str else 'S'}{max(map(len, values), default=0) or 1}")
    return DType(kind)


def _columns_of(usecols):
    """The columns that are wanted, by number or name; None for all."""
    if usecols is None:
        return None
    if isinstance(usecols, str):
        usecols = [name.strip() for name in usecols.split(",")]
    return list(usecols) if hasattr(usecols, "__iter__") else [usecols]


def _places(wanted, names, width):
    """Their numbers."""
    if wanted is None:
        return None
    places = []
    for one in wanted:
        if isinstance(one, str):
            if names is None or one not in names:
                raise ValueError(f"genfromtxt: usecols names {one!r}, which is not among the names {names}")
            places.append(names.index(one))
        else:
            place = operator.index(one)
            places.append(place + width if place < 0 else place)
    return places


def _by_column(given: Any, names: list[str] | None, places: list[int] | None) -> Iterator[tuple[Any, Any]]:
    """The items of a dict by name or number, by the places of the columns."""
    for key, value in given.items():
        if isinstance(key, str):
            if names is None or key not in names:
                continue
            place = names.index(key)
        else:
            place = key
        if places and place in places:
            place = places.index(place)
        yield place, value


def _missing(given, names, places, width):
    """The words of each column that say nothing."""
    words = [[""] for _ in range(width)]
    given = text(given)
    if isinstance(given, dict):
        for place, value in _by_column(given, names, places):
            several = [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
            for own in words if place is None else [words[place]]:
                own.extend(several)
    elif isinstance(given, (list, tuple)):
        for own, value in zip(words, given, strict=False):
            own.append(str(value))
    elif given:
        for own in words:
            own.extend(given.split(",") if isinstance(given, str) else [str(given)])
    return words


def _fills(given, names, places, width):
    """What stands for them in each column; None where the dtype says it."""
    if isinstance(given, dict):
        fills = [None] * width
        for place, value in _by_column(given, names, places):
            fills[place] = value
        return fills
    if isinstance(given, (list, tuple)):
        return [*given, *[None] * width][:width]
    return [given] * width


def _columns(dtype, missing, fills):
    """A column for each word of a row."""
    if dtype is None:
        kinds = [None] * len(missing)
    else:
        kinds = flat(dtype)
        if len(kinds) == 1:
            kinds = kinds * len(missing)
    return [Column(*one) for one in zip(kinds, missing, fills, strict=False)]


def _converted(columns, converters, table, places, names, fills, missing):
    """Gives columns the readers that somebody gave for them; which columns."""
    changed = set()
    for key, read in converters.items():
        if isinstance(key, str):
            if names is None or key not in names:
                continue
            first = number = names.index(key)
        else:
            first = number = key
            if places:
                if key not in places:
                    continue
                number = places.index(key)
        tested = table.first[first] if table.has_values else None
        columns[number].replace(read, tested, fills[number], missing[number])
        changed.add(number % len(columns))
    return changed


def _sink(dtype, columns, changed, convert, names, default):
    """What collects the rows."""
    if dtype is None:
        return _Found(columns, convert, names, default)
    if dtype.names is None:
        alike = all(column.kind == dtype for place, column in enumerate(columns) if place in changed)
        if dtype.itemsize == 0 or not alike:
            for place, column in enumerate(columns):
                if alike or place not in changed:
                    column.kind = dtype if dtype.itemsize else str if dtype.kind == "U" else bytes
            return _Found(columns, convert, None, "f%i")
    return _Known(dtype, columns, convert)


def genfromtxt(
    fname: Any,
    dtype: DTypeLike | None = float,
    comments: str | None = "#",
    delimiter: Any = None,
    skip_header: int = 0,
    skip_footer: int = 0,
    converters: dict[Any, Callable[[str], Any]] | None = None,
    missing_values: Any = None,
    filling_values: Any = None,
    usecols: Any = None,
    names: Any = None,
    excludelist: Any = None,
    deletechars: Any = " !#$%&'()*+,-./:;<=>?@[\\]^{|}~",
    replace_space: str = "_",
    autostrip: bool = False,
    case_sensitive: bool | str = True,
    defaultfmt: str = "f%i",
    unpack: bool | None = None,
    usemask: bool = False,
    loose: bool = True,
    invalid_raise: bool = True,
    max_rows: int | None = None,
    encoding: str | None = None,
    *,
    ndmin: int = 0,
    like: Any = None,
) -> Any:
    """The table in a text file, where values may be missing, and names and dtypes of columns are found if asked for.

    The file is a path (packed by gzip, bz2 or xz if it ends so), an open file, or lines. `delimiter` is a text, or the
    width of all columns or of each. `names` is `True` where they stand in the first line, or they are given. `dtype` of
    `None` is found column by column: the first of bool, int, float, complex and text that reads all words. Words that
    cannot be read (with `loose=False` only those of `missing_values`) are filled by `filling_values`, by default -1 and
    NaN. `ValueError` names the lines with too few or too many words; `invalid_raise=False` leaves them out with a
    warning. There are no masks: `usemask` must be `False`.

    >>> import metes as mt
    >>> mt.genfromtxt(["1,2", "3,"], delimiter=",").tolist()
    [[1.0, 2.0], [3.0, nan]]
    >>> mt.genfromtxt(["name n", "ab 1", "cde 2"], names=True, dtype=None)
    array([('ab', 1), ('cde', 2)], dtype=[('name', '<U3'), ('n', '<i8')])
    """
    _check(usemask, like, ndmin, max_rows, skip_footer, converters)
    clean = Names(excludelist, deletechars, case_sensitive, replace_space)
    with _opened(fname, "r", encoding) as source:
        try:
            lines = iter(source)
        except TypeError:
            raise TypeError(
                f"genfromtxt: a path, an open file or lines are needed, not {type(fname).__name__}"
            ) from None
        table = _Lines(lines, Splitter(delimiter, comments, autostrip), operator.index(skip_header))
        comments = text(comments)
        if not table.begin(names is True, comments):
            warnings.warn(f'genfromtxt: Empty input file: "{fname}"', UserWarning, stacklevel=2)
        wanted = _columns_of(usecols)
        width = len(wanted or table.first)
        names = _names_of(names, table.first, clean)
        dtype = None if dtype is None else record_of(dtype, names, defaultfmt, clean)
        places = _places(wanted, names, len(table.first))
        dtype, names = _narrowed(dtype, names, places, width)
        missing, fills = _missing(missing_values, names, places, width), _fills(filling_values, names, places, width)
        columns = _columns(dtype, missing, fills)
        changed = _converted(columns, converters or {}, table, places, names, fills, missing)
        convert = [column.loose if loose else column.strict for column in columns]
        found = _sink(dtype, columns, changed, convert, names, defaultfmt)
        _fill(
            found,
            table,
            columns if dtype is None else (),
            places,
            width,
            max_rows,
            operator.index(skip_footer),
            invalid_raise,
        )
    out = _shaped(found.result(), ndmin, False)
    if not unpack:
        return out
    fields = out.dtype.names
    if fields is None:
        return out.T
    return out[fields[0]] if len(fields) == 1 else [out[name] for name in fields]


def _fill(found, table, learners, places, width, most, footer, strict):
    """Reads all rows but the footer."""
    held = collections.deque()
    for words in table.rows(places, width, most):
        for column, word in zip(learners, words, strict=False):
            column.learn(word)
        held.append(words)
        if len(held) > footer:
            found.add(held.popleft())
    left = table.footer(footer, width, strict)
    while len(held) > left:
        found.add(held.popleft())


def _check(usemask, like, ndmin, max_rows, skip_footer, converters):
    """Refuses what cannot be done, by name."""
    if usemask:
        raise NotImplementedError("genfromtxt: there are no masked arrays; usemask must be False")
    if like is not None:
        raise NotImplementedError("genfromtxt: like must be None; results are arrays of Metes")
    if ndmin not in (0, 1, 2):
        raise ValueError(f"Illegal value of ndmin keyword: {ndmin}")
    if max_rows is not None:
        if skip_footer:
            raise ValueError("The keywords 'skip_footer' and 'max_rows' can not be specified at the same time.")
        if max_rows < 1:
            raise ValueError("'max_rows' must be at least 1.")
    if converters and not isinstance(converters, dict):
        raise TypeError(f"genfromtxt: converters must be a dict, not {type(converters).__name__}")


def _names_of(names, first, clean):
    """The names of all columns, where there are any."""
    if names is True:
        return clean([word.strip() for word in first])
    if isinstance(names, str):
        return clean([name.strip() for name in names.split(",")])
    return clean(names) if names else None


def _narrowed(dtype, names, places, width):
    """The dtype and the names of the columns that are wanted."""
    fields = () if dtype is None or dtype.names is None else dtype.names
    if places:
        if len(fields) > width:
            dtype = DType([(fields[place], dtype.fields[fields[place]][0]) for place in places])
            return dtype, list(dtype.names)
        if names is not None and len(names) > width:
            names = [names[place] for place in places]
    elif names is not None and fields:
        names = list(fields)
    return dtype, names
