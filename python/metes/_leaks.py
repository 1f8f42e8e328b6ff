"""What should have gone and did not, in five kinds; what is held and why."""

from __future__ import annotations

import gc
import math
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import _census, _native
from ._copies import Pinned, Table

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike

__all__ = [
    "ArrayRecord",
    "Difference",
    "Explanation",
    "Leak",
    "Snapshot",
    "arrays",
    "diff",
    "explain",
    "leaks",
    "mark",
    "snapshot",
    "tag",
]

# Marks of a steady program that are needed before growth is called a leak, and bytes that it must come to.
_MARKS = 6
_GROWTH = 1 << 20
_PINNED_BYTES, _PINNED_RATIO = 1 << 20, 10
# Bytes of values that are read for advice, and others that are named.
_MOST_READ, _MOST_SHARED = 1 << 24, 5

_marks = []
_tags = {}


def _size(count):
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"


@dataclass(frozen=True, slots=True)
class ArrayRecord:
    """An array that the program can reach."""

    bytes: int
    dtype: str
    shape: tuple[int, ...]
    kind: str
    """"owner", or "view"."""
    site: str
    holder: str
    tag: str = ""

    def __str__(self) -> str:
        words = f"{self.dtype}{list(self.shape)} {self.kind}"
        made = f", made at {self.site}" if self.site else ""
        return f"{self.bytes:>20,}  {words}  held by {self.holder}{made}{self.tag and f' [{self.tag}]'}"


def _site(array):
    block = _native._memory_block(_census.address(array)) if not isinstance(array, _native.Array) else None
    return block[1] if block else ""


def arrays(top: int | None = 20) -> Table:
    """The arrays that the program can reach, NumPy's and Metes', the largest first; views count their own elements."""
    rows = []
    for found in _census.census().values():
        a = found.array
        kind = "owner" if a.base is None else "view"
        tagged = _tags.get(id(a), ("", None))[0]
        rows.append(ArrayRecord(int(a.nbytes), str(a.dtype), tuple(a.shape), kind, _site(a), found.holders[0], tagged))
    rows.sort(key=lambda row: (row.kind != "owner", -row.bytes))
    return Table(rows[:top])


def tag(array: ArrayLike, name: str) -> ArrayLike:
    """Gives an array a name in `arrays` and `explain` for as long as it lives, and returns it."""
    import weakref

    key = id(array)
    try:
        reference = weakref.ref(array, lambda _: _tags.pop(key, None))
    except TypeError:
        reference = None
    _tags[key] = (str(name), reference)
    return array


def pinned_numpy(census, min_bytes=_PINNED_BYTES, ratio=_PINNED_RATIO):
    """NumPy's views that alone keep a large base alive for a small part of it."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return []
    views = {}
    for found in census.values():
        a = found.array
        if isinstance(a, numpy.ndarray) and isinstance(a.base, numpy.ndarray):
            views.setdefault(id(found.owner), (found.owner, []))[1].append(found)
    rows = []
    for owner, group in views.values():
        if not isinstance(owner, numpy.ndarray) or owner.nbytes < min_bytes:
            continue
        direct = id(owner) in census and census[id(owner)].held
        part = _census.covered([_census.extent(found.array) for found in group])
        if not direct and part * ratio <= owner.nbytes:
            first = max(group, key=lambda found: found.array.nbytes)
            rows.append(Pinned(first.array, part, int(owner.nbytes), first.holders[0]))
    return rows


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was live at a moment, to compare with: made by `snapshot`."""

    bytes: int
    count: int
    sites: dict[str, Any] = field(repr=False)
    born: int = 0


def _sites():
    return {name: (size, count) for name, size, count in _native._memory_live("site", sys.maxsize)}


def snapshot() -> Snapshot:
    """What is live now, by place."""
    stats = _native._memory_stats()
    return Snapshot(stats["current_bytes"], stats["current_count"], _sites(), _native._memory_next_block())


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more one place holds than before."""

    site: str
    bytes: int
    count: int

    def __str__(self) -> str:
        return f"{self.bytes:>+20,} {self.count:>+8,}  {self.site or 'small or unknown places'}"


def diff(before: Snapshot, after: Snapshot | None = None) -> Table:
    """What places hold more or less since `before`, the largest change first."""
    now = (after or snapshot()).sites
    rows = []
    for site in {*before.sites, *now}:
        (old, old_count), (new, new_count) = before.sites.get(site, (0, 0)), now.get(site, (0, 0))
        if old != new or old_count != new_count:
            rows.append(Difference(site, new - old, new_count - old_count))
    return Table(sorted(rows, key=lambda row: (-abs(row.bytes), row.site)))


def mark() -> None:
    """Notes what each place holds, once in each round of a program's loop: `leaks` finds by this what grows."""
    _marks.append(_sites())
    del _marks[:-64]


@dataclass(frozen=True, slots=True)
class Leak:
    """Bytes that should have gone; `kind` is "outlived", "growing", "ownerless", "cycle" or "pinned"."""

    kind: str
    bytes: int
    site: str
    holder: str

    def __str__(self) -> str:
        return f"{self.kind:<9} {_size(self.bytes):>12}  {self.site or 'not known where'}  ({self.holder})"


def _rises(values):
    """Whether values rise all along and still do at the end: a trend that chance makes in one of a hundred at most.

    The first half may be warming up, where enough is left. Mann and Kendall's test on the rest; besides, its last third
    lies above its first, and still rises.
    """
    rest = values[min(len(values) // 2, max(0, len(values) - _MARKS)) :]
    n = len(rest)
    if n < _MARKS:
        return False
    score = sum((b > a) - (b < a) for i, a in enumerate(rest) for b in rest[i + 1 :])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(rest).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if variance <= 0 or (score - 1) / math.sqrt(variance) < 2.326:
        return False
    third = n // 3
    return min(rest[-third:]) > max(rest[:third]) and rest[-1] > rest[-1 - third]


def _growing():
    if len(_marks) < _MARKS + 2:
        return []
    # The first two are the program's warm-up.
    marks = _marks[2:]
    rows = []
    for site in {site for one in marks for site in one if site}:
        values = [one.get(site, (0, 0))[0] for one in marks]
        if _rises(values) and values[-1] - values[0] >= _GROWTH:
            rows.append(Leak("growing", values[-1] - values[0], site, f"in {len(values)} marks"))
    return rows


def _by_site(kind, rows):
    """One leak to a place, of many blocks."""
    sums = {}
    for size, site, holder in rows:
        before = sums.get((site, holder), (0, 0))
        sums[site, holder] = (before[0] + size, before[1] + 1)
    return [Leak(kind, size, site, f"{n:,} blocks, {holder}") for (site, holder), (size, n) in sums.items()]


def leaks(since: Snapshot | None = None) -> Table:
    """What should have gone and did not, in five kinds, the largest first.

    "outlived": made after `since`, and alive; "growing": a place that holds more at each `mark`; "ownerless": alive,
    but no array that the program can reach owns it; "cycle": an object array that is in itself, which no collector
    frees; "pinned": a large block that a small view alone keeps.
    """
    gc.collect()
    census = _census.census()
    owners = {_census.address(found.array): found for found in census.values()}
    owners.pop(0, None)
    # After the census: what is made meanwhile is not reached by it.
    newest = _native._memory_next_block()
    blocks = [b for b in _native._memory_blocks() if b[3] < newest]
    ownerless = [(size, site, "no array that can be reached") for at, size, site, _ in blocks if at not in owners]
    rows = _by_site("ownerless", ownerless)
    if since is not None:
        late = [(b[1], b[2], owners[b[0]].holders[0]) for b in blocks if b[3] >= since.born and b[0] in owners]
        rows += _by_site("outlived", late)
    rows += _growing()
    for found in census.values():
        a = found.array
        if _census.holds_objects(a) and a.base is None and _census.in_cycle(a):
            rows.append(Leak("cycle", int(a.nbytes), _site(a), f"object array of shape {a.shape}"))
    for pin in pinned_numpy(census):
        site = _site(_census.Found(pin.view).owner)
        rows.append(Leak("pinned", pin.pinned - pin.logical, site, f"{pin.logical:,} bytes of it in {pin.holder}"))
    return Table(sorted(rows, key=lambda row: -row.bytes))


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an array's bytes are where they are."""

    dtype: str
    shape: tuple[int, ...]
    logical: int
    block: int
    kind: str
    managed: bool
    site: str
    stack: list[Any]
    holders: list[Any]
    tag: str = ""
    shared: list[Any] = field(default_factory=list)
    """Other arrays of the same bytes, with their shapes."""
    advice: list[str] = field(default_factory=list)
    """What would save memory."""

    def __str__(self) -> str:
        made = f"made at {self.site}" if self.site else "made where it is not known"
        lines = [
            f"{self.dtype}{list(self.shape)}: {self.kind}, {self.logical:,} bytes, of a block of {self.block:,}",
            f"  {made}; {'managed' if self.managed else 'not managed'}{self.tag and f'; tagged {self.tag!r}'}",
            *(f"    called from {place}" for place in self.stack[1:]),
            *(f"  held by {holder}" for holder in self.holders),
            *(f"  shares bytes with {other}" for other in self.shared[:_MOST_SHARED]),
            *([f"  and with {more:,} more"] if (more := len(self.shared) - _MOST_SHARED) > 0 else []),
            *(f"  {words}" for words in self.advice),
        ]
        return "\n".join(lines)


def explain(array: ArrayLike) -> Explanation:
    """What an array is, where its block was made, and who holds it."""
    # No variable here is a closure's: the cell would be found as one who holds the array.
    if not isinstance(array, _census.kinds()):
        raise TypeError(f"explain: {type(array).__name__} is not an array")
    census = _census.census()
    found = census.get(id(array)) or _census.Found(array)
    owner = found.owner if isinstance(found.owner, _census.kinds()) else array
    at = _census.address(owner)
    block = _native._memory_block(at)
    own = isinstance(array, _native.Array)
    size = _native._memory_sizes(array)[1] if own else int(owner.nbytes)
    shared = _shared(census, found)
    stack = _native._memory_stack(at)
    return Explanation(
        str(array.dtype),
        tuple(array.shape),
        int(array.nbytes),
        size,
        "owner" if array.base is None else f"view of {owner.dtype}{list(owner.shape)}",
        own or block is not None,
        block[1] if block else "",
        stack if len(stack) > 1 else [],
        list(found.holders),
        _tags.get(id(array), ("", None))[0],
        shared,
        _advice(array, size, alone=not shared),
    )


def _shared(census, found):
    """Other arrays that are held and show the same bytes."""
    owner, shared = found.owner, []
    for one in census.values():
        if one.array is not found.array and one.held and one.owner is owner:
            shared.append(f"{one.holders[0]}, shape {one.array.shape}")
    return shared


def _advice(array, block, alone):
    """What would save memory."""
    lines, own = [], isinstance(array, _native.Array)
    if array.base is not None and alone and block > _PINNED_RATIO * array.nbytes:
        keeps, how = block - array.nbytes, "compact()" if own else "copy()"
        lines.append(f"it keeps {keeps:,} bytes alive that it does not show; {how} lets them go")
    if own and 0 < array.nbytes <= _MOST_READ and array.dtype.kind in "iufc":
        from ._limits import suggest_dtype

        narrow, saved = suggest_dtype(array)
        if saved:
            lines.append(f"{narrow} would hold its values in {saved:,} bytes less")
    return lines
