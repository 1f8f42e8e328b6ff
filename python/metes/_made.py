"""Which instructions of a program make copies under NumPy, and for which reason.

A large block that NumPy makes at `x.reshape(...)`, `x.ravel()` or `x[i]` is a copy, since a view needs none; at
`x.astype(...)` or `x.copy()` it was asked for. Other calls and operators make results, which are no copies. What an
instruction is stands in its code: the operation, and for a call the name that was looked up last where the call begins.
"""

from __future__ import annotations

import bisect
import dis

from . import _native

# By the name of the method or function that is called. What copies only where it must is not "explicit".
_CALLS = {
    "reshape": "reshape",
    "ravel": "ravel",
    "ascontiguousarray": "order",
    "asfortranarray": "order",
    "require": "order",
    "asarray": "conversion",
    "asanyarray": "conversion",
    "frombuffer": "conversion",
    "take": "index",
    "compress": "index",
    "extract": "index",
    "choose": "index",
    "take_along_axis": "index",
    "array": "explicit",
    "copy": "explicit",
    "flatten": "explicit",
    "astype": "explicit",
    "byteswap": "explicit",
    "to_numpy": "explicit",
}
_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_FAST_BORROW")


def reason_of(code, offset):
    """Why the instruction at an offset of a code object makes blocks that are copies; `None` where they are results."""
    all_of_them = list(dis.get_instructions(code))
    # While a call of a function in Python is under way, the offset may be that of the words behind the instruction.
    at = bisect.bisect_right([one.offset for one in all_of_them], offset) - 1
    if at < 0 or offset >= len(code.co_code):
        return None
    one = all_of_them[at]
    if one.opname in ("BINARY_SUBSCR", "BINARY_SLICE") or (one.opname == "BINARY_OP" and one.argrepr == "[]"):
        return "index"
    if "CALL" not in one.opname:
        return None
    return _CALLS.get(_called(all_of_them[:at], one))


def _called(before, call):
    """The name that a call looks up last before its arguments: it begins where the call does, and reaches furthest."""
    start = (call.positions.lineno, call.positions.col_offset)
    name, furthest = None, ()
    for one in before:
        where = one.positions
        if one.opname not in _LOADS or (where.lineno, where.col_offset) != start or where.end_lineno is None:
            continue
        end = (where.end_lineno, where.end_col_offset)
        if end >= furthest:
            name, furthest = one.argval, end
    return name


def judge():
    """Looks at the instructions that made blocks and were not looked at yet: what they copied is booked from now on."""
    for instruction, code, offset in _native._numpy_open_instructions():
        _native._numpy_judge_instruction(instruction, reason_of(code, offset))
