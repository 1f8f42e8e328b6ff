"""The way to an array in words, as one would write it: `module.cache['a'][1]`, `rows[0] in load`."""

from __future__ import annotations

import types

_LONGEST = 40


def path(thing, parent, reached):
    """Who holds a thing, of which `parent` refers to it, in words; `reached` says by whom everything was reached."""
    from . import _census

    parts = []
    for _ in range(_LONGEST):
        if parent is None or isinstance(parent, _census.Root):
            break
        above = reached.get(id(parent))
        if type(parent) is dict and _is_namespace(above, parent):
            parts.append(f".{_key_of(parent, thing)}")
            thing, parent = above, reached.get(id(above))
        else:
            parts.append(_label(parent, thing, _census.kinds()))
            thing, parent = parent, above
    start, variable = parent if isinstance(parent, _census.Root) else ("…", False)
    way = "".join(reversed(parts))
    if not variable:
        return start + way
    name, _, rest = start.partition(" in ")
    return f"{name}{way} in {rest}"


def _is_namespace(thing, mapping):
    """Whether a dict holds the attributes of an object."""
    if isinstance(thing, (types.ModuleType, type)):
        return True
    try:
        return object.__getattribute__(thing, "__dict__") is mapping
    except AttributeError:
        return False


def _key_of(mapping, value):
    for key, item in list(mapping.items()):
        if item is value:
            return key if isinstance(key, str) else repr(key)[:40]
    return "?"


def _label(parent, child, arrays):
    """How an object refers to another, as one would write it."""
    if isinstance(parent, types.ModuleType):
        return f".{_key_of(vars(parent), child)}"
    if isinstance(parent, dict):
        for key, item in list(dict.items(parent)):
            if item is child:
                return f"[{key!r}]" if isinstance(key, (str, int, float, tuple)) and len(repr(key)) < 40 else "[…]"
        return ".keys()"
    if isinstance(parent, (list, tuple)):
        for at, item in enumerate(list.__iter__(parent) if isinstance(parent, list) else tuple.__iter__(parent)):
            if item is child:
                names = getattr(type(parent), "_fields", None)
                return f".{names[at]}" if names and at < len(names) else f"[{at}]"
    if isinstance(parent, types.CellType):
        return ""
    if isinstance(parent, types.FunctionType) and parent.__closure__ is child:
        return ".closure"
    if isinstance(parent, arrays):
        return ".base" if parent.base is child else "[…]"
    return _attribute(parent, child) or f".<{type(parent).__name__}>"


def _attribute(parent, child):
    """The attribute of an object that refers to another, where there is one."""
    try:
        own = object.__getattribute__(parent, "__dict__")
    except AttributeError:
        own = {}
    for name, value in list(own.items()) if isinstance(own, dict) else ():
        if value is child:
            return f".{name}"
    for cls in type(parent).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = cls.__dict__.get(name)
            try:
                if isinstance(member, types.MemberDescriptorType) and member.__get__(parent) is child:
                    return f".{name}"
            except AttributeError:
                continue
    return None
