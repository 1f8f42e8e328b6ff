"""Tables of numbers as text: `loadtxt`, `savetxt` and `fromregex`.

Lines are read one by one, and their values go by blocks into an array that grows: nothing needs a list of all words.
"""

from __future__ import annotations

import contextlib
import operator
import os
import re
import warnings
from typing import TYPE_CHECKING

from ._native import Array, DType, GrowableArray, asarray, empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from ._types import ArrayLike, DTypeLike

__all__ = ["fromregex", "loadtxt", "savetxt"]

# Values that are collected before they go to the array.
_BLOCK = 1 << 13

# What opens a file by the end of its name.
_PACKED = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma", ".lzma": "lzma"}


@contextlib.contextmanager
def _opened(file, mode, encoding):
    """An open text file, or the lines that were given."""
    if not isinstance(file, (str, bytes, os.PathLike)):
        yield file
        return
    path = os.fsdecode(file)
    packed = _PACKED.get(os.path.splitext(path)[1])
    if packed is None:
        opened = open(path, mode, encoding=encoding)  # noqa: SIM115
    else:
        opened = __import__(packed).open(path, mode + "t", encoding=encoding)
    with opened as lines:
        yield lines


def _function(kind):
    """What makes a value of an element's text."""
    if kind.kind in "iu":
        return int
    if kind.kind == "b":
        return lambda text: bool(int(text))
    if kind.kind == "f":
        return float
    if kind.kind == "c":
        return lambda text: complex(text.replace(" ", ""))
    if kind.kind == "S":
        return lambda text: text.encode("latin1")
    return str


def _columns(dtype):
    """The dtypes of a line's values: of the fields, one by one, of a record; None where all are alike."""
    if dtype.names is None:
        return None
    found = []
    for name in dtype.names:
        inner = dtype[name]
        if inner.subdtype is not None or inner.names is not None:
            raise TypeError(f"loadtxt: field {name!r} of {inner} is more than one column; read it as fields of its own")
        found.append(inner)
    return found


class _Words:
    """Cuts lines into words."""

    def __init__(self, comments, delimiter, quote):
        if comments is None:
            comments = ()
        elif isinstance(comments, (str, bytes)):
            comments = (comments,)
        comments = [_text(one) for one in comments]
        if any(not one for one in comments):
            raise ValueError("comments cannot be an empty string")
        self._comment = re.compile("|".join(map(re.escape, comments))) if comments else None
        self._delimiter = None if delimiter is None else _text(delimiter)
        if self._delimiter is not None and len(self._delimiter) != 1:
            raise TypeError(f"loadtxt: the delimiter must be one character, not {delimiter!r}")
        if quote is not None and len(quote) != 1:
            raise TypeError(f"loadtxt: quotechar must be one character, not {quote!r}")
        if self._delimiter is not None and any(self._delimiter in one for one in (*comments, quote or "")):
            raise TypeError(f"loadtxt: the delimiter {delimiter!r} is a comment's or a quote's character too")
        self._quote = quote

    def of(self, line: str) -> list[str]:
        """The words of a line; none of an empty one, or of a comment alone."""
        if self._quote is not None and self._quote in line:
            return self._quoted(line.rstrip("\r\n"))
        if self._comment is not None:
            found = self._comment.search(line)
            line = line[: found.start()] if found else line
        if self._delimiter is None:
            return line.split()
        line = line.rstrip("\r\n")
        return line.split(self._delimiter) if line.strip() else []

    def _quoted(self, line):
        words, word, within, some, at = [], "", False, False, 0
        while at < len(line):
            char = line[at]
            if within:
                if char == self._quote and line[at + 1 : at + 2] == self._quote:
                    word += char
                    at += 1
                elif char == self._quote:
                    within = False
                else:
                    word += char
            elif char == self._quote and not word.strip():
                word, within, some = "", True, True
            elif self._comment is not None and self._comment.match(line, at):
                break
            elif char == self._delimiter or (self._delimiter is None and char.isspace()):
                if self._delimiter is not None or some or word:
                    words.append(word)
                word, some = "", False
            else:
                word += char
            at += 1
        if within:
            raise ValueError(f"loadtxt: a quote is open at the end of the line {line!r}")
        if word or some or (self._delimiter is not None and words):
            words.append(word)
        return words


def _text(value):
    return value.decode("latin1") if isinstance(value, bytes) else value


class _Rows:
    """Values on their way into an array of rows."""

    def __init__(self, dtype: DType, converters: Any, wanted: list[int] | None) -> None:
        self._dtype, self._converters, self._wanted = dtype, converters, wanted
        self._fields = _columns(dtype)
        self._plain = _function(dtype) if self._fields is None else None
        self._table: GrowableArray | None = None
        self._values: list[Any] = []
        self._functions: list[Callable[[str], Any]] = []
        self._count = 0
        self.width = 0

    def _begin(self, words):
        wanted = range(len(words)) if self._wanted is None else self._wanted
        self.width = len(words)
        self._places = self._places_of(words)
        if self._fields is not None and len(self._fields) != len(self._places):
            raise ValueError(
                f"The dtype passed requires {len(self._fields)} columns but {len(self._places)} were found at row 1."
            )
        given = self._converters
        if given is not None and not callable(given):
            given = {place if place >= 0 else place + len(words): one for place, one in given.items()}
        for number, place in enumerate(self._places):
            own = self._plain or _function(self._fields[number])
            if given is not None:
                own = given if callable(given) else given.get(place, own)
            self._functions.append(own)
        self._alike = given is None and self._plain is not None and self._wanted is None
        tail = () if self._fields is not None else (len(wanted),)
        self._table = GrowableArray(self._dtype, tail)

    def _places_of(self, words):
        if self._wanted is None:
            return range(len(words))
        for place in self._wanted:
            if not -len(words) <= place < len(words):
                raise ValueError(f"invalid column index {place} at row {self._count + 1} with {len(words)} columns")
        return [place % len(words) for place in self._wanted]

    def add(self, words: list[str]) -> None:
        """One line."""
        if self._table is None:
            self._begin(words)
        elif len(words) != self.width:
            if self._wanted is None:
                raise ValueError(
                    f"the number of columns changed from {self.width} to {len(words)} at row {self._count + 1}; use "
                    "`usecols` to select a subset and avoid this error"
                )
            self._places = self._places_of(words)
        try:
            if self._alike:
                self._values.extend(map(self._plain, words))
            else:
                row = [make(words[place]) for make, place in zip(self._functions, self._places, strict=True)]
                self._values.append(tuple(row)) if self._fields is not None else self._values.extend(row)
        except (ValueError, TypeError) as error:
            raise self._wrong(words, error) from error
        self._count += 1
        if len(self._values) >= _BLOCK:
            self._flush()

    def _wrong(self, words, error):
        for number, (make, place) in enumerate(zip(self._functions, self._places, strict=True)):
            try:
                make(words[place])
            except (ValueError, TypeError):
                kind = self._dtype if self._fields is None else self._fields[number]
                return ValueError(
                    f"could not convert string {words[place]!r} to {kind} at row {self._count}, column {place + 1}."
                )
        return ValueError(f"loadtxt: row {self._count}: {error}")

    def _flush(self):
        if not self._values:
            return
        try:
            block = asarray(self._values, dtype=self._dtype)
        except OverflowError as error:
            raise ValueError(f"loadtxt: rows up to {self._count}: {error}") from error
        self._table.extend(block if self._fields is not None else block.reshape((-1, len(self._functions))))
        self._values.clear()

    def result(self) -> Array | None:
        """All rows, along the first axis; None where there were none."""
        if self._table is None:
            return None
        self._flush()
        self._table.shrink()
        return self._table.view()


def _lines(source: Any, encoding: str | None) -> Iterator[str]:
    for line in source:
        yield line.decode(encoding or "latin1") if isinstance(line, bytes) else line


def loadtxt(
    fname: Any,
    dtype: DTypeLike | None = float,
    comments: str | Sequence[str] | None = "#",
    delimiter: str | None = None,
    converters: Any = None,
    skiprows: int = 0,
    usecols: int | Sequence[int] | None = None,
    unpack: bool = False,
    ndmin: int = 0,
    encoding: str | None = None,
    max_rows: int | None = None,
    *,
    quotechar: str | None = None,
) -> Any:
    """The table in a text file, of which each line is a row.

    The file is a path (packed by gzip, bz2 or xz if it ends so), an open file, or lines.

    `dtype` is that of all values, or a record with a field for each column; `converters` makes values of text, for all
    columns or by column. Lines before `skiprows`, empty ones and comments are left out. `ValueError` names row and
    column of what cannot be read.

    >>> import metes as mt
    >>> mt.loadtxt(["# x y", "1 2", "3 4.5"]).tolist()
    [[1.0, 2.0], [3.0, 4.5]]
    >>> mt.loadtxt(["a,1", "b,2"], dtype=[("name", "U4"), ("n", "i4")], delimiter=",")["n"].tolist()
    [1, 2]
    """
    if ndmin not in (0, 1, 2):
        raise ValueError(f"Illegal value of ndmin keyword: {ndmin}")
    wanted = None
    if usecols is not None:
        several = usecols if hasattr(usecols, "__iter__") else [usecols]
        wanted = [operator.index(place) for place in several]
    element = empty(0, dtype=dtype).dtype
    if element.itemsize == 0 or dtype in (str, bytes) or (element.str[1:] in ("U1", "S1") and _unsized(dtype)):
        raise TypeError("loadtxt: text needs a width, such as 'U20'")
    words, rows = _Words(comments, delimiter, quotechar), _Rows(element, converters, wanted)
    left = -1 if max_rows is None else operator.index(max_rows)
    with _opened(fname, "r", encoding) as source:
        lines = _lines(source, encoding)
        for _ in range(operator.index(skiprows)):
            if next(lines, None) is None:
                break
        for line in lines if left else ():
            found = words.of(line)
            if not found:
                continue
            rows.add(found)
            left -= 1
            if left == 0:
                break
    table = rows.result()
    if table is None:
        warnings.warn(f'loadtxt: input contained no data: "{fname}"', UserWarning, stacklevel=2)
        table = empty((0,) if element.names or ndmin < 2 else (0, 1), dtype=element)
    return _shaped(table, ndmin, unpack)


def _unsized(dtype):
    return isinstance(dtype, str) and not any(char.isdigit() for char in dtype)


def _shaped(table, ndmin, unpack):
    if table.ndim > ndmin:
        if table.ndim == 2 and 1 in table.shape:
            table = table.reshape(-1) if ndmin == 1 else table.squeeze()
        elif table.ndim == 1 and table.size == 1 and ndmin == 0:
            table = table.reshape(())
    if table.ndim < ndmin:
        table = table.reshape((1,)) if ndmin == 1 else table.reshape((-1, 1))
    if not unpack:
        return table
    if table.dtype.names is not None:
        return [table[name] for name in table.dtype.names]
    return table.T


def savetxt(
    fname: Any,
    X: ArrayLike,
    fmt: str | Sequence[str] = "%.18e",
    delimiter: str = " ",
    newline: str = "\n",
    header: str = "",
    footer: str = "",
    comments: str = "# ",
    encoding: str | None = None,
) -> None:
    """Writes an array of one or two axes as text, a row to a line.

    The file is a path (packed if it ends in .gz, .bz2 or .xz) or open. `fmt` is one of Python's formats for each value,
    one for each column, or one for a whole line. `header` and `footer` are lines of comments.

    >>> import io, metes as mt
    >>> file = io.StringIO()
    >>> mt.savetxt(file, [[1, 2], [3, 4]], fmt="%d", header="x y")
    >>> file.getvalue()
    '# x y\\n1 2\\n3 4\\n'
    """
    table = asarray(X)
    names = table.dtype.names
    if table.ndim == 0 or table.ndim > 2 or (names and table.ndim > 1):
        raise ValueError(f"Expected 1D or 2D array, got {table.ndim}D array instead")
    complex_ = table.dtype.kind == "c"
    columns = len(names) if names else 1 if table.ndim == 1 else table.shape[1]
    line = _format(fmt, delimiter, columns, complex_) + newline
    rows = table if names or table.ndim == 2 else table.reshape((-1, 1))
    with _opened(fname, "w", encoding) as file:
        write = _writer(file, encoding)
        if header:
            write(comments + header.replace("\n", "\n" + comments) + newline)
        for row in _python_rows(rows, "%s" in line):
            values = [part for x in row for part in (x.real, x.imag)] if complex_ else row
            try:
                text = line % tuple(values)
            except TypeError as error:
                raise TypeError(
                    f"Mismatch between array dtype ('{table.dtype}') and format specifier ('{fmt}')"
                ) from error
            write(text.replace("+-", "-") if complex_ else text)
        if footer:
            write(comments + footer.replace("\n", "\n" + comments) + newline)


def fromregex(file: Any, regexp: Any, dtype: DTypeLike | None, encoding: str | None = None) -> Array:
    """An array of records, one for each match of a regular expression in a file, whose groups are the fields.

    The file is a path (unpacked if it ends in .gz, .bz2 or .xz) or open, and is read whole. `regexp` is text or bytes,
    or compiled.

    >>> import io, metes as mt
    >>> text = io.StringIO("1312 foo\\n1534  bar\\n444   qux")
    >>> mt.fromregex(text, r"(\\d+)\\s+(...)", [("num", "i8"), ("key", "S3")])["num"].tolist()
    [1312, 1534, 444]
    """
    dtype = DType(dtype)
    if not dtype.names:
        raise TypeError("dtype must be a structured datatype")
    with _opened(file, "r", encoding or "latin1") as source:
        content = source.read()
    if isinstance(content, bytes) and isinstance(regexp, str):
        regexp = regexp.encode("latin1")
    elif isinstance(content, str) and isinstance(regexp, bytes):
        regexp = regexp.decode("latin1")
    found = re.compile(regexp).findall(content)
    if found and not isinstance(found[0], tuple):
        # One group gives one word for each match, which a record of one field is made of.
        if len(dtype.names) > 1:
            raise ValueError(f"fromregex: one group for {len(dtype.names)} fields")
        found = [(word,) for word in found]
    made = empty(len(found), dtype=dtype)
    for place, words in enumerate(found):
        made[place] = words
    return made


def _python_rows(rows: Array, spoken: bool) -> Iterable[Any]:
    """The rows as Python objects, some at a time; `spoken` where a format asks for their text."""
    width = max(rows.nbytes // max(rows.shape[0], 1), 1)
    step = max((1 << 18) // width, 1)
    dtype, names = rows.dtype, rows.dtype.names or ()
    own = [_has_own_text(dtype[name], spoken) for name in names] if names else [_has_own_text(dtype, spoken)]
    for start in range(0, rows.shape[0], step):
        part = rows[start : start + step]
        if not any(own):
            yield from part.tolist()
        elif names:
            columns = [
                _told(part[name]) if told else part[name].tolist() for name, told in zip(names, own, strict=True)
            ]
            yield from zip(*columns, strict=True)
        else:
            yield from (_told(row) for row in part)


class _Narrow(float):
    """A float that prints with the digits that its dtype needs."""

    text: str

    def __str__(self) -> str:
        return self.text


def _has_own_text(dtype, spoken):
    """Whether Python's objects would print otherwise than these elements."""
    return dtype.kind in "mM" or (spoken and dtype.kind == "f" and dtype.itemsize < 8)


def _told(elements):
    """Time as its text, floats as floats that print as they do."""
    texts = [str(x) for x in elements]
    if elements.dtype.kind != "f":
        return texts
    floats = [_Narrow(x) for x in elements]
    for number, text in zip(floats, texts, strict=True):
        number.text = text
    return floats


def _format(fmt, delimiter, columns, complex_):
    if isinstance(fmt, (list, tuple)):
        if len(fmt) != columns:
            raise AttributeError(f"fmt has wrong shape.  {fmt}")
        return delimiter.join(fmt)
    if not isinstance(fmt, str):
        raise ValueError(f"invalid fmt: {fmt!r}")
    found = fmt.count("%")
    if found == 1:
        one = f" ({fmt}+{fmt}j)" if complex_ else fmt
        return delimiter.join([one] * columns)
    if found != (2 * columns if complex_ else columns):
        raise ValueError(f"fmt has wrong number of % formats:  {fmt}")
    return fmt


def _writer(file, encoding):
    """What takes text: a file of text as it is, one of bytes encoded."""
    try:
        file.write("")
    except TypeError:
        return lambda text: file.write(text.encode(encoding or "latin1"))
    return file.write
