"""NumPy's arrays in Metes' memory: `manage_numpy` and `unmanage_numpy`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from typing import TYPE_CHECKING

from . import _captures, _native, _pressure, _refusals, memory

if TYPE_CHECKING:
    from ._types import Path

__all__ = ["manage_numpy", "numpy_is_managed", "unmanage_numpy"]

_OLDEST = (1, 26)
_VARIABLE = "METES_MANAGE_NUMPY"

# What `unmanage_numpy` puts back.
_before = {}
_lock = threading.RLock()


def _numpy_core():
    """NumPy's inner package, under its name of the version that is there."""
    if importlib.util.find_spec("numpy") is None:
        raise ImportError("manage_numpy: NumPy is not installed")
    numpy = importlib.import_module("numpy")
    version = tuple(int(part) for part in numpy.__version__.split(".")[:2])
    if version < _OLDEST:
        raise RuntimeError(f"manage_numpy: NumPy {numpy.__version__} is too old; 1.26 or newer is needed")
    return importlib.import_module("numpy._core" if version >= (2, 0) else "numpy.core")


def manage_numpy(limit: int | str | None = None, profile: Path | None = None, pool: bool = True) -> None:
    """Has the data of NumPy's arrays live in Metes' memory from now on, in every thread of this program.

    `limit` bounds the program's arrays, NumPy's and Metes' together (see `memory.set_limit`); what passes it raises
    NumPy's `MemoryError`, which then says who holds what. `profile` names a capture file to be written until
    `unmanage_numpy` or the program's end. With `pool=False` freed large blocks are not kept to be used again. Called
    again, it takes the new arguments.

    Arrays from before stay as they are, and so do arrays made now after `unmanage_numpy`. What libraries allocate past
    NumPy (BLAS, memory maps, `malloc` in C) is not managed: `memory.foreign_bytes` is how much that is.

    >>> import metes as mt
    >>> import numpy as np
    >>> mt.manage_numpy()
    >>> before = mt.memory.stats().current_bytes
    >>> a = np.zeros(1000)
    >>> mt.memory.stats().current_bytes - before
    8000
    >>> mt.unmanage_numpy()
    """
    with _lock:
        core = _numpy_core()
        size, was_managed = memory._size(limit), numpy_is_managed()
        _native._numpy_manage(core.multiarray._ARRAY_API, os.path.dirname(core.__path__[0]) + os.sep)
        _explain_refusals(core._exceptions._ArrayMemoryError)
        before = memory.set_limit(size) if limit is not None else None
        if profile is not None:
            try:
                # The capture says the limit under which it begins.
                recorder = _captures.Recording(profile)
            except BaseException:
                if not was_managed:
                    _native._numpy_unmanage()
                if limit is not None:
                    memory.set_limit(before)
                raise
            _stop_recording()
            _before["recorder"] = recorder
        if limit is not None:
            _before.setdefault("limit", before)
        _native._memory_set_cache(None if pool else 0)
        if "hooks" not in _before:
            _before["hooks"] = _refusals.explain_uncaught()


def unmanage_numpy() -> None:
    """Has NumPy allocate for itself again; ends the profile, and sets the limit to what it was.

    Arrays that were made meanwhile stay valid, and counted until they are freed.
    """
    with _lock:
        _native._numpy_unmanage()
        _stop_recording()
        _before.pop("hooks", lambda: None)()
        if "limit" in _before:
            memory.set_limit(_before.pop("limit"))
        _native._memory_set_cache(None)


def numpy_is_managed() -> bool:
    """Whether NumPy's arrays are made in Metes' memory now."""
    return _native._numpy_managed()


def _stop_recording():
    recorder = _before.pop("recorder", None)
    if recorder is not None:
        recorder.stop()


def _explain_refusals(error):
    """Has NumPy's own error say what the ledger knows, where the memory refused."""
    if getattr(error, "_metes", False):
        return
    init, text = error.__init__, error.__str__

    def say_more(self, *args):
        init(self, *args)
        facts = _native._numpy_refusal()
        if facts is not None:
            for name in ("requested", "limit", "live", "holders"):
                setattr(self, name, facts.get(name))
            self._shortage, self.explanation = facts.get("cause"), _pressure._explanation(facts)

    def told(self):
        return text(self) if "explanation" not in vars(self) else f"{text(self)}: {_refusals.judged(self)[1]}"

    def cause(self):
        return _refusals.judged(self)[0] if "explanation" in vars(self) else None

    error.__init__, error.__str__, error.cause, error._metes = say_more, told, property(cause), True


class _OnImport:
    """Manages NumPy as soon as somebody imports it; until then nothing is loaded."""

    def __init__(self, arguments):
        self._arguments = arguments

    def find_spec(self, name, path=None, target=None):
        if name != "numpy":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("numpy")
        if spec is None or spec.loader is None:
            return None
        loader, arguments = spec.loader, self._arguments
        run = loader.exec_module

        def exec_module(module):
            loader.exec_module = run
            run(module)
            manage_numpy(**arguments)

        loader.exec_module = exec_module
        return spec


def _arguments_of(text):
    """The arguments in the environment variable: "1", or words such as "limit=2 GiB,pool=0"."""
    arguments = {}
    for word in text.split(","):
        name, found, value = word.strip().partition("=")
        if not found and name.lower() in ("1", "true", "yes", "on"):
            continue
        if name not in ("limit", "profile", "pool") or not found:
            raise ValueError(f"{_VARIABLE}: {word.strip()!r} is none of 1, limit=SIZE, profile=FILE, pool=0")
        arguments[name] = value.strip().lower() not in ("0", "false", "no", "off") if name == "pool" else value
    return arguments


def _manage_from_environment():
    text = os.environ.get(_VARIABLE, "").strip()
    if text.lower() in ("", "0", "false", "no", "off"):
        return
    arguments = _arguments_of(text)
    if "numpy" in sys.modules:
        manage_numpy(**arguments)
    elif not any(isinstance(finder, _OnImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _OnImport(arguments))
