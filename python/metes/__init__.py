"""Metes: n-dimensional arrays with the memory under control.

Names and behaviour follow NumPy; what arrays hold is measured, bounded and reused:

>>> import metes as mt
>>> a = mt.arange(12).reshape(3, 4)
>>> (a[:, ::2] + 1).tolist()
[[1, 3], [5, 7], [9, 11]]
>>> mt.memory.stats().current_bytes >= a.nbytes
True
"""

import os as _os

from . import _native
from ._index import PARTS as _PARTS

__version__ = _native.__version__

# Classes, functions, exceptions, dtypes, and the rows of the kernels' tables: their one list is the native module's.
# What is written in Python is loaded when its name is first asked for, and may stand before a row of the same name.
_later = {_name: _part for _part, _names in _PARTS.items() for _name in _names}
_later |= dict.fromkeys(("emath", "exceptions", "fft", "lib", "linalg", "memory", "strings"))
_exported = {name: value for name, value in vars(_native).items() if not name.startswith("_") and name not in _later}
globals().update(_exported)

concat = _native.concatenate
ndarray = _native.Array
dtype = _native.DType

e = 2.718281828459045
euler_gamma = 0.5772156649015329
inf = float("inf")
nan = float("nan")
newaxis = None
pi = 3.141592653589793


def ufuncs():
    """All elementwise functions, in the order of their table."""
    return list(_native._ufuncs)


def reductions():
    """All reductions, in the order of their table."""
    return list(_native._reductions)


def load_ipython_extension(shell):
    """Adds `%%metes` to a shell."""
    from . import _magic

    _magic.load_ipython_extension(shell)


def unload_ipython_extension(shell):
    """Takes `%%metes` away."""
    from . import _magic

    _magic.unload_ipython_extension(shell)


# What NumPy has and Metes never will, and what to do instead.
_absent = {
    "frompyfunc": "its results are objects; vectorize(function, otypes=...) gives arrays",
    "object_": "elements are numbers, text, time or fields of these, whose bytes it can count",
    "longdouble": "there are no long doubles; float64 is the widest",
    "clongdouble": "there are no long doubles; complex128 is the widest",
    "matrix": "arrays have no subclasses; @ multiplies matrices",
    "ma": "there are no masked arrays; NaN, where= and the functions whose names begin with nan leave values out",
    "random": "random numbers are NumPy's: asarray(numpy.random.default_rng().random(n)) takes them without a copy",
    "char": "its functions are those of metes.strings",
}


def __getattr__(name):
    if name not in _later:
        why = f": {_absent[name]}" if name in _absent else ""
        raise AttributeError(f"module 'metes' has no attribute {name!r}{why}")
    from importlib import import_module

    part = _later[name]
    value = import_module(f".{part or name}", __name__)
    if part is not None:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__():
    return [*__all__, "__doc__", "__name__", "__path__", "__version__"]


_own = ["concat", "dtype", "e", "euler_gamma", "inf", "nan", "ndarray", "newaxis", "pi", "reductions", "ufuncs"]

__all__ = sorted({*_own, *_exported, *_later})

if _os.environ.get("METES_MEM_LIMIT"):
    from . import memory
if _os.environ.get("METES_MANAGE_NUMPY"):
    from ._numpy import _manage_from_environment

    _manage_from_environment()
