"""Dates as text, their units, and days of business: what is Python's in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native
from ._native import DType, asarray, can_cast, copyto

if TYPE_CHECKING:
    from typing import Any

    from ._native import Array
    from ._types import ArrayLike, DTypeLike

__all__ = [
    "busday_count",
    "busday_offset",
    "busdaycalendar",
    "datetime_as_string",
    "datetime_data",
    "is_busday",
]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def datetime_data(dtype: DTypeLike) -> tuple[str, int]:
    """The unit of a dtype of time, and how many of it make a step.

    >>> import metes as mt
    >>> mt.datetime_data("timedelta64[25s]")
    ('s', 25)
    """
    name = DType(dtype).str if not isinstance(dtype, DType) else dtype.str
    if name[1] not in "mM":
        raise TypeError("cannot get datetime metadata from non-datetime type")
    if "[" not in name:
        return "generic", 1
    step = name[name.index("[") + 1 : -1]
    unit = step.lstrip("0123456789")
    return unit, int(step[: -len(unit)] or 1)


def datetime_as_string(
    arr: ArrayLike, unit: str | None = None, timezone: str = "naive", casting: str = "same_kind"
) -> Array:
    """Instants in ISO 8601, in their own unit, in another one, or each as short as it can be (`"auto"`).

    With the time zone `"UTC"` a `Z` marks times of day.

    >>> import metes as mt
    >>> days = mt.asarray(["2024-02-29"], dtype="datetime64[D]")
    >>> mt.datetime_as_string(days, unit="h", timezone="UTC").tolist()
    ['2024-02-29T00Z']
    """
    a = asarray(arr)
    if timezone not in ("naive", "UTC"):
        raise ValueError(f"datetime_as_string: the time zone is 'naive' or 'UTC', not {timezone!r}")
    own = a.dtype.str
    wanted = None if unit == "auto" else DType(own if unit is None else f"M8[{unit}]")
    if wanted is not None and own[1] == "M" and not can_cast(a.dtype, wanted, casting):
        has = datetime_data(a.dtype)[0]
        raise TypeError(
            f"Cannot create a datetime string as units '{unit}' from a NumPy datetime with units '{has}' according to "
            f"the rule '{casting}'"
        )
    return _native._dates_as_text(a, wanted, timezone == "UTC")


def _week(mask: Any) -> list[bool]:
    """The days of a week, Monday first: of seven digits, of names, or of seven truths."""
    if isinstance(mask, bytes):
        mask = mask.decode("ascii")
    if not isinstance(mask, str):
        week = [bool(day) for day in asarray(mask).tolist()]
        if len(week) != 7:
            raise ValueError("A business day weekmask array must have length 7")
        return week
    bare = "".join(mask.split())
    if len(bare) == 7 and not set(bare) - set("01"):
        return [day == "1" for day in bare]
    names = [bare[at : at + 3] for at in range(0, len(bare), 3)]
    if not names or set(names) - set(_DAYS):
        raise ValueError(f'Invalid business day weekmask string "{mask}"')
    return [day in names for day in _DAYS]


class busdaycalendar:
    """Which days are worked on: those of the week, without holidays.

    >>> import metes as mt
    >>> calendar = mt.busdaycalendar("Mon Tue Wed Thu Fri", ["2024-12-25"])
    >>> mt.is_busday("2024-12-25", busdaycal=calendar).item()
    False
    """

    def __init__(self, weekmask: Any = "1111100", holidays: ArrayLike = ()) -> None:
        self._week = _week(weekmask)
        self._holidays = _native._holidays(self._week, _days(holidays))

    @property
    def weekmask(self) -> Array:
        return asarray(self._week)

    @property
    def holidays(self) -> Array:
        return self._holidays


def _days(holidays: Any) -> Any:
    empty = holidays is None or (isinstance(holidays, (list, tuple)) and not holidays)
    return asarray([], dtype="int64").view("M8[D]") if empty else holidays


def _calendar(weekmask: Any, holidays: Any, busdaycal: Any) -> tuple[list[bool], Any]:
    if busdaycal is None:
        return _week("1111100" if weekmask is None else weekmask), _days(holidays)
    if weekmask is not None or holidays is not None:
        raise ValueError("Cannot supply both the weekmask/holidays and the busdaycal parameters")
    week = [bool(day) for day in busdaycal.weekmask.tolist()]
    return week, _days(busdaycal.holidays)


def _handed(result: Array, out: Any) -> Any:
    if out is None:
        return result
    copyto(out, result)
    return out


def is_busday(dates: Any, weekmask: Any = None, holidays: Any = None, busdaycal: Any = None, out: Any = None) -> Array:
    """Which dates are days of business.

    >>> import metes as mt
    >>> mt.is_busday(["2024-03-01", "2024-03-02"]).tolist()
    [True, False]
    """
    return _handed(_native._is_busday(dates, *_calendar(weekmask, holidays, busdaycal)), out)


def busday_offset(
    dates: Any,
    offsets: Any,
    roll: str = "raise",
    weekmask: Any = None,
    holidays: Any = None,
    busdaycal: Any = None,
    out: Any = None,
) -> Array:
    """Dates so many days of business later; `roll` says what becomes of those that are none.

    >>> import metes as mt
    >>> mt.busday_offset("2024-03-01", [1, 2]).tolist()
    [datetime.date(2024, 3, 4), datetime.date(2024, 3, 5)]
    """
    found = _native._busday_offset(dates, offsets, roll, *_calendar(weekmask, holidays, busdaycal))
    return _handed(found, out)


def busday_count(
    begindates: Any, enddates: Any, weekmask: Any = None, holidays: Any = None, busdaycal: Any = None, out: Any = None
) -> Array:
    """How many days of business there are from dates on to before others.

    >>> import metes as mt
    >>> mt.busday_count("2024-03-01", "2024-04-01").item()
    21
    """
    return _handed(_native._busday_count(begindates, enddates, *_calendar(weekmask, holidays, busdaycal)), out)
