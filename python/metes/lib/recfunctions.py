"""Functions over the fields of structured arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._native import (
    Array,
    DType,
    _repack_fields,
    _structured_to_unstructured,
    _unstructured_to_structured,
    argsort,
    asarray,
    empty,
    full,
    promote_types,
    zeros,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._types import ArrayLike, DTypeLike

__all__ = [
    "append_fields",
    "apply_along_fields",
    "assign_fields_by_name",
    "drop_fields",
    "find_duplicates",
    "get_names",
    "get_names_flat",
    "join_by",
    "merge_arrays",
    "rec_append_fields",
    "rec_join",
    "rename_fields",
    "repack_fields",
    "require_fields",
    "stack_arrays",
    "structured_to_unstructured",
    "unstructured_to_structured",
]


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


def get_names(adtype: DTypeLike) -> tuple[Any, ...]:
    """The names of the fields, those within fields behind their own in a pair."""
    dtype = DType(adtype) if not isinstance(adtype, DType) else adtype
    found: list[Any] = []
    for name in dtype.names or ():
        inner = dtype[name]
        found.append((name, get_names(inner)) if inner.names else name)
    return tuple(found)


def get_names_flat(adtype: DTypeLike) -> tuple[str, ...]:
    """The names of all fields, each before those within it."""
    dtype = DType(adtype) if not isinstance(adtype, DType) else adtype
    found: list[str] = []
    for name in dtype.names or ():
        found.append(name)
        if dtype[name].names:
            found.extend(get_names_flat(dtype[name]))
    return tuple(found)


def _plain(usemask: bool, asrecarray: bool = False) -> None:
    if usemask:
        raise NotImplementedError("metes has no masked arrays: usemask must be False")
    if asrecarray:
        raise NotImplementedError("metes has no recarray: fields are arrays of their own, a['name']")


def _fields(dtype: Any) -> list[tuple[str, Any]]:
    return [(name, dtype[name]) for name in dtype.names]


def _renamed(dtype: Any, names: Any) -> Any:
    made = []
    for name, inner in _fields(dtype):
        new = names.get(name, name)
        made.append((new, DType(_renamed(inner, names)) if inner.names else inner))
    return made


def rename_fields(base: ArrayLike, namemapper: dict[str, str]) -> Array:
    """A view of records whose fields have other names."""
    array = asarray(base)
    return array.view(DType(_renamed(array.dtype, namemapper)))


def drop_fields(base: ArrayLike, drop_names: Any, usemask: bool = False, asrecarray: bool = False) -> Any:
    """A copy of records without some fields."""
    _plain(usemask, asrecarray)
    array = asarray(base)
    away = {drop_names} if isinstance(drop_names, str) else set(drop_names)

    def kept(dtype: Any) -> list[tuple[str, Any]]:
        made = []
        for name, inner in _fields(dtype):
            if name in away:
                continue
            if inner.names:
                rest = kept(inner)
                if rest:
                    made.append((name, DType(rest)))
            else:
                made.append((name, inner))
        return made

    def copied(into: Array, of: Array) -> None:
        for name in into.dtype.names:
            if into.dtype[name].names:
                copied(into[name], of[name])
            else:
                into[name] = of[name]

    fields = kept(array.dtype)
    made = zeros(array.shape, dtype=fields)
    copied(made, array)
    return made


def append_fields(
    base: ArrayLike,
    names: Any,
    data: Any,
    dtypes: Any = None,
    fill_value: Any = -1,
    usemask: bool = False,
    asrecarray: bool = False,
) -> Array:
    """A copy of records with more fields behind theirs; without masks, which NumPy's makes by default.

    >>> import metes as mt
    >>> from metes.lib.recfunctions import append_fields
    >>> append_fields(mt.zeros(2, [("a", "i4")]), "b", [1.5, 2.5]).tolist()
    [(0, 1.5), (0, 2.5)]
    """
    _plain(usemask, asrecarray)
    array = asarray(base)
    if isinstance(names, str):
        names, data = [names], [data]
    elif len(names) != len(data):
        raise ValueError("The number of arrays does not match the number of names")
    columns = [asarray(column) for column in data]
    if dtypes is not None:
        wanted = list(dtypes) if isinstance(dtypes, (list, tuple)) else [dtypes]
        wanted = wanted * len(columns) if len(wanted) == 1 else wanted
        if len(wanted) != len(columns):
            raise ValueError("The dtypes argument must be None, a dtype, or a list.")
        columns = [column.astype(dtype) for column, dtype in zip(columns, wanted, strict=True)]
    longest = max([array.size, *(column.size for column in columns)])
    made = full(longest, 0, dtype=[*_fields(array.dtype), *zip(names, [c.dtype for c in columns], strict=True)])
    for name, column in [*((name, array[name]) for name in array.dtype.names), *zip(names, columns, strict=True)]:
        made[name][: len(column)] = column
        if len(column) < longest:
            own = name in array.dtype.names
            made[name][len(column) :] = _default(column.dtype) if own else _filling(fill_value, name)
    return made


def rec_append_fields(base: ArrayLike, names: Any, data: Any, dtypes: Any = None) -> Array:
    """As `append_fields`."""
    return append_fields(base, names, data, dtypes)


def _filling(fill_value: Any, name: str) -> Any:
    return fill_value.get(name, -1) if isinstance(fill_value, dict) else fill_value


def _flat_fields(array: Array, prefix: str) -> list[tuple[str, Array]]:
    if array.dtype.names is None:
        return [(prefix, array)]
    return [(name, array[name]) for name in array.dtype.names]


def merge_arrays(
    seqarrays: Any, fill_value: Any = -1, flatten: bool = False, usemask: bool = False, asrecarray: bool = False
) -> Array:
    """Arrays side by side as the fields of records, shorter ones filled up; with `flatten`, their own fields."""
    _plain(usemask, asrecarray)
    given = [seqarrays] if isinstance(seqarrays, Array) else list(seqarrays)
    arrays = [asarray(one).reshape((-1,)) for one in given]
    columns: list[tuple[str, Array]] = []
    for number, array in enumerate(arrays):
        whole = len(arrays) > 1 and not flatten
        place = len(columns) if flatten else number
        columns += [(f"f{place}", array)] if whole or array.dtype.names is None else _flat_fields(array, "")
    longest = max((array.size for array in arrays), default=0)
    made = zeros(longest, dtype=[(name, column.dtype) for name, column in columns])
    for name, column in columns:
        made[name][: column.size] = column
        if column.size < longest:
            made[name][column.size :] = _filling(fill_value, name)
    return made


def stack_arrays(
    arrays: Any, defaults: Any = None, usemask: bool = False, asrecarray: bool = False, autoconvert: bool = False
) -> Array:
    """Records one after the other, with all fields that any has; what is missing is filled with a default."""
    _plain(usemask, asrecarray)
    if isinstance(arrays, Array):
        return arrays
    given = [asarray(array).reshape((-1,)) for array in arrays]
    if len(given) == 1:
        return given[0]
    fields: dict[str, Any] = {}
    for number, array in enumerate(given):
        for name, column in _flat_fields(array, f"f{number}"):
            if name in fields and fields[name] != column.dtype:
                if not autoconvert:
                    raise TypeError(f"Incompatible type '{fields[name]}' <> '{column.dtype}'")
                fields[name] = promote_types(fields[name], column.dtype)
            fields.setdefault(name, column.dtype)
    made = zeros(sum(array.size for array in given), dtype=list(fields.items()))
    start = 0
    for number, array in enumerate(given):
        own = dict(_flat_fields(array, f"f{number}"))
        for name in fields:
            part = made[name][start : start + array.size]
            if name in own:
                part[...] = own[name]
            elif defaults and name in defaults:
                part[...] = defaults[name]
            else:
                part[...] = _default(fields[name])
        start += array.size
    return made


def _default(dtype: Any) -> Any:
    """What stands for no value: NumPy's fill values."""
    return {"b": True, "S": b"N/A", "U": "N/A", "f": 1e20, "c": 1e20 + 0j, "V": b"???"}.get(
        dtype.kind, None if dtype.kind in "mM" else 999999
    )


def find_duplicates(a: ArrayLike, key: Any = None, ignoremask: bool = True, return_index: bool = False) -> Any:
    """The elements that are there more than once, by a field if one is named, in order; and where they are."""
    array = asarray(a).reshape((-1,))
    keys = array if key is None else array[key]
    order = argsort(keys, stable=True)
    line = keys[order]
    same = line[1:] == line[:-1]
    twice = zeros(array.size, dtype=bool)
    twice[1:] |= same
    twice[:-1] |= same
    places = order[twice]
    found = array[places]
    return (found, places) if return_index else found


def apply_along_fields(func: Any, arr: ArrayLike) -> Array:
    """What a reduction makes of the fields of each record.

    >>> import metes as mt
    >>> from metes.lib.recfunctions import apply_along_fields
    >>> apply_along_fields(mt.mean, mt.asarray([(1, 3.0), (2, 4.0)], dtype=[("x", "i4"), ("y", "f8")])).tolist()
    [2.0, 3.0]
    """
    return func(structured_to_unstructured(arr), axis=-1)


def assign_fields_by_name(dst: Array, src: ArrayLike, zero_unassigned: bool = True) -> None:
    """Writes fields to those of the same name; those without one become 0 if wanted."""
    source = asarray(src)
    if dst.dtype.names is None:
        dst[...] = source
        return
    for name in dst.dtype.names:
        if name not in (source.dtype.names or ()):
            if zero_unassigned:
                dst[name] = 0
        else:
            assign_fields_by_name(dst[name], source[name], zero_unassigned)


def require_fields(array: ArrayLike, required_dtype: DTypeLike) -> Array:
    """A copy with the fields of a dtype, by name; those that are not there are 0."""
    source = asarray(array)
    out = empty(source.shape, dtype=required_dtype)
    assign_fields_by_name(out, source)
    return out


def join_by(
    key: Any,
    r1: ArrayLike,
    r2: ArrayLike,
    jointype: str = "inner",
    r1postfix: str = "1",
    r2postfix: str = "2",
    defaults: Any = None,
    usemask: bool = False,
    asrecarray: bool = False,
) -> Array:
    """Records of two arrays joined where their keys are equal (`inner`), with those of either (`outer`) or of the first
    (`leftouter`) that have no partner; no key may be there twice in an array.
    """
    _plain(usemask, asrecarray)
    if jointype not in ("inner", "outer", "leftouter"):
        raise ValueError(
            f"The 'jointype' argument should be in 'inner', 'outer' or 'leftouter' (got '{jointype}' instead)"
        )
    names = [key] if isinstance(key, str) else list(key)
    if len(set(names)) != len(names):
        raise ValueError(f"duplicate join key {next(n for n in names if names.count(n) > 1)!r}")
    first, second = asarray(r1).reshape((-1,)), asarray(r2).reshape((-1,))
    for name in names:
        for side, array in (("r1", first), ("r2", second)):
            if name not in array.dtype.names:
                raise ValueError(f"{side} does not have key field {name!r}")
    shared = (set(first.dtype.names) & set(second.dtype.names)) - set(names)
    if shared and not (r1postfix or r2postfix):
        raise ValueError("r1 and r2 contain common names, r1postfix and r2postfix can't both be empty")
    keys = [(name, promote_types(first.dtype[name], second.dtype[name])) for name in names]
    joined = zeros(first.size + second.size, dtype=keys)
    for name in names:
        joined[name][: first.size] = first[name]
        joined[name][first.size :] = second[name]
    order = argsort(joined, stable=True)
    line = joined[order]
    pair = zeros(line.size, dtype=bool)
    pair[:-1] = line[1:] == line[:-1]
    second_of_pair = zeros(line.size, dtype=bool)
    second_of_pair[1:] = pair[:-1]
    left, right = order[pair], order[second_of_pair] - first.size
    alone = order[~(pair | second_of_pair)]
    only_first = alone[alone < first.size] if jointype != "inner" else alone[:0]
    only_second = alone[alone >= first.size] - first.size if jointype == "outer" else alone[:0]

    def new(name: str, side: str) -> str:
        return name + (r1postfix if side == "1" else r2postfix) if name in shared else name

    fields = list(keys)
    fields += [(new(name, "1"), first.dtype[name]) for name in first.dtype.names if name not in names]
    fields += [(new(name, "2"), second.dtype[name]) for name in second.dtype.names if name not in names]
    both, ones, twos = left.size, only_first.size, only_second.size
    made = zeros(both + ones + twos, dtype=fields)
    for side, array, pairs, single, start in (
        ("1", first, left, only_first, both),
        ("2", second, right, only_second, both + ones),
    ):
        for name in array.dtype.names:
            if name in names:
                if side == "1":
                    made[name][:both] = array[name][pairs]
                made[name][start : start + single.size] = array[name][single]
                continue
            column = made[new(name, side)]
            column[...] = (defaults or {}).get(name, _default(column.dtype))
            column[:both] = array[name][pairs]
            column[start : start + single.size] = array[name][single]
    if jointype != "inner":
        made = made[argsort(made[names] if len(names) > 1 else made[names[0]], stable=True)]
    return made


def rec_join(
    key: Any,
    r1: ArrayLike,
    r2: ArrayLike,
    jointype: str = "inner",
    r1postfix: str = "1",
    r2postfix: str = "2",
    defaults: Any = None,
) -> Array:
    """As `join_by`."""
    return join_by(key, r1, r2, jointype, r1postfix, r2postfix, defaults)


def __dir__() -> list[str]:
    return list(__all__)
