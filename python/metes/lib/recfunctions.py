"""Functions over the fields of structured arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._native import DType, _repack_fields, _structured_to_unstructured, _unstructured_to_structured, asarray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._native import Array
    from .._types import ArrayLike, DTypeLike

__all__ = ["repack_fields", "structured_to_unstructured", "unstructured_to_structured"]


def repack_fields(a: ArrayLike | DType, align: bool = False, recurse: bool = False) -> Any:
    """An array, or a dtype, with its fields one after the other: packed, or aligned as in C.

    The array itself where they are so already; recurse repacks fields within fields too.
    """
    return _repack_fields(a, align, recurse)


def structured_to_unstructured(
    arr: ArrayLike, dtype: DTypeLike | None = None, copy: bool = False, casting: str = "unsafe"
) -> Array:
    """The fields of records as a last axis, of the dtype that all meet in.

    A view where all fields are of that dtype and evenly spaced, unless a copy is asked for.
    """
    return _structured_to_unstructured(arr, dtype, copy, casting)


def unstructured_to_structured(
    arr: ArrayLike,
    dtype: DTypeLike | None = None,
    names: Sequence[str] | None = None,
    align: bool = False,
    copy: bool = False,
    casting: str = "unsafe",
) -> Array:
    """The last axis of an array as the fields of records.

    Either a structured dtype is given, or names of fields that all have the array's dtype. A view where the elements
    lie as the dtype has it, unless a copy is asked for.
    """
    array = asarray(arr)
    if dtype is None:
        fields = names if names is not None else [f"f{i}" for i in range(array.shape[-1] if array.ndim else 0)]
        dtype = DType([(name, array.dtype) for name in fields], align=align)
    elif names is not None:
        raise ValueError("don't supply both dtype and names")
    return _unstructured_to_structured(array, dtype, copy, casting)
