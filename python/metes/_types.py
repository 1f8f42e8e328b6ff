"""The types of parameters, for annotations.

What can become an array is wide on purpose: anything that exports its bytes (NumPy's arrays among them), numbers, and
nested sequences of both; checkers cannot tell more of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias

from ._native import DType

Number: TypeAlias = bool | int | float | complex
ArrayLike: TypeAlias = Any
ArrayLikes: TypeAlias = Sequence[Any] | Any
DTypeLike: TypeAlias = DType | str | type | Any
Shape: TypeAlias = int | Sequence[int]
Axes: TypeAlias = int | tuple[int, ...] | None
Order: TypeAlias = Literal["C", "F", "A", "K"]
Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe", "same_value"]
Path: TypeAlias = str | PathLike[str]
