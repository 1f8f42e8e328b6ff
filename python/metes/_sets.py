"""The array API's functions of distinct values: `unique` with named results, no two NaN equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._native import Array, unique

if TYPE_CHECKING:
    from ._types import ArrayLike

__all__ = ["unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAllResult(NamedTuple):
    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple):
    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple):
    values: Array
    inverse_indices: Array


def unique_all(x: ArrayLike, /) -> UniqueAllResult:
    """The distinct elements, the place of the first of each, the number of each element's value, and counts."""
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))


def unique_counts(x: ArrayLike, /) -> UniqueCountsResult:
    """The distinct elements, and how often each is there.

    >>> import metes as mt
    >>> mt.unique_counts(mt.asarray([3, 1, 3])).counts.tolist()
    [1, 2]
    """
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: ArrayLike, /) -> UniqueInverseResult:
    """The distinct elements, and the number of each element's value."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_values(x: ArrayLike, /) -> Array:
    """The distinct elements in order."""
    return unique(x, equal_nan=False)
