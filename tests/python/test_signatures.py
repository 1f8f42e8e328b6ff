"""Names and parameters of the public functions against NumPy's."""

import inspect

import metes as mt
import numpy as np
import pytest

# What NumPy has and Metes has not, by what it is about; `docs/numpy.md` says so to people.
ABSENT = {
    # Objects, long doubles, scalar types and their lists.
    *("object_", "frompyfunc", "longdouble", "clongdouble", "float128", "complex256"),
    *("True_", "False_", "ScalarType", "sctypeDict", "typecodes"),
    # Subclasses.
    *("matrix", "asmatrix", "bmat", "recarray", "record"),
    # NumPy about itself, and what is going away.
    *("get_include", "info", "little_endian", "show_config", "show_runtime", "test", "getbufsize", "setbufsize"),
    *("row_stack", "in1d", "trapz"),
}
# Parameters that nothing can be meant by: subclasses, pickles, other array types, NumPy's own past.
LEFT_OUT = {"like", "subok", "legacy", "override_repr", "kwargs", "einsum_call", "ndmax"}
# Functions whose first operand has the standard's name, or none.
RENAMED = {"flip": {"m"}, "real": {"val"}, "imag": {"val"}, "iinfo": {"int_type"}, "clip": {"a"}}
# Classes that are made otherwise, or not at all.
OTHER = {"flatiter", "printoptions", "ndarray"}


def parameters(function):
    try:
        found = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    if [p.name for p in found] == ["args", "kwargs"]:
        return None  # What newer interpreters say of objects that can be called and have no signature.
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in found if p.kind not in variadic]


def functions(theirs, ours):
    for name in sorted(n for n in dir(theirs) if not n.startswith("_") and n in dir(ours)):
        one, other = getattr(theirs, name), getattr(ours, name)
        if callable(one) and not isinstance(one, np.ufunc) and name not in OTHER:
            yield name, parameters(one), parameters(other)


MODULES = {
    "numpy": (np, mt),
    "linalg": (np.linalg, mt.linalg),
    "fft": (np.fft, mt.fft),
    "emath": (np.emath, mt.emath),
    "array": (np.ndarray, mt.Array),
}


def test_names():
    modules = {n for n in dir(np) if inspect.ismodule(getattr(np, n, None))}
    there = {n for n in dir(np) if not n.startswith("_")} - modules
    missing = there - set(dir(mt))
    assert missing - ABSENT == set()
    assert {n for n in dir(np.linalg) if not n.startswith("_")} - set(dir(mt.linalg)) <= {"test", "linalg"}
    assert {n for n in dir(np.fft) if not n.startswith("_")} - set(dir(mt.fft)) <= {"test", "helper"}
    assert {n for n in dir(np.ndarray) if not n.startswith("_")} <= set(dir(mt.Array))
    assert {n for n in dir(np.exceptions) if not n.startswith("_")} - set(dir(mt.exceptions)) <= {
        "ModuleDeprecationWarning"
    }


@pytest.mark.parametrize("label", MODULES)
def test_parameters(label):
    wrong = []
    for name, theirs, ours in functions(*MODULES[label]):
        if theirs is None or ours is None:
            continue
        names = [p.name for p in ours]
        positional_only = inspect.Parameter.POSITIONAL_ONLY
        for place, parameter in enumerate(theirs):
            if parameter.name in LEFT_OUT | RENAMED.get(name, set()):
                continue
            if parameter.kind is positional_only or (place == 0 and ours and ours[0].kind is positional_only):
                continue
            if parameter.name not in names:
                wrong.append(f"{name}: {parameter.name}")
    assert wrong == []


def test_namespaces_are_tidy():
    for module in (mt.linalg, mt.fft, mt.emath, mt.strings, mt.lib.format, mt.lib.recfunctions):
        assert set(dir(module)) == set(module.__all__)
