"""Metes: n-dimensional arrays with the memory under control.

Names and behaviour follow NumPy; what arrays hold is measured, bounded and reused:

>>> import metes as mt
>>> a = mt.arange(12).reshape(3, 4)
>>> (a[:, ::2] + 1).tolist()
[[1, 3], [5, 7], [9, 11]]
>>> mt.memory.stats().current_bytes >= a.nbytes
True
"""

from __future__ import annotations

from . import (
    _convert,
    _errstate,
    _files,
    _functional,
    _grids,
    _iterate,
    _join,
    _kinds,
    _limits,
    _manipulate,
    _native,
    _nditer,
    _numpy,
    _places,
    _polynomials,
    _printing,
    _questions,
    _rearrange,
    _sets,
    _standard,
    _windows,
    fft,
    lib,
    linalg,
    memory,
)

# The parts of the façade, one to a line: what each exports is ours.
_parts = [
    _convert,
    _errstate,
    _files,
    _functional,
    _grids,
    _iterate,
    _join,
    _kinds,
    _limits,
    _manipulate,
    _nditer,
    _numpy,
    _places,
    _polynomials,
    _printing,
    _questions,
    _rearrange,
    _sets,
    _standard,
    _windows,
]
for _part in _parts:
    globals().update({_name: getattr(_part, _name) for _name in _part.__all__})

__version__ = _native.__version__

# Classes, functions, exceptions, dtypes, and the rows of the kernels' tables: their one list is the native module's.
_exported = {name: value for name, value in vars(_native).items() if not name.startswith("_")}
globals().update(_exported)

# The row of that name takes both bounds; the function takes either.
clip = _standard.clip
concat = _native.concatenate
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


_own = [
    "concat",
    "dtype",
    "e",
    "euler_gamma",
    "fft",
    "inf",
    "lib",
    "linalg",
    "memory",
    "nan",
    "newaxis",
    "pi",
    "reductions",
    "ufuncs",
]

__all__ = sorted({*_own, *_exported, *(name for part in _parts for name in part.__all__)})

_numpy._manage_from_environment()
