"""Manages NumPy in the children of `metes run`, then runs the `sitecustomize` that this one stands before."""

import importlib.machinery
import importlib.util
import os
import sys


def _manage():
    package = os.environ.get("METES_PACKAGE")
    if not os.environ.get("METES_MANAGE_NUMPY") or not package:
        return
    added = package not in sys.path
    if added:
        sys.path.append(package)
    try:
        import metes  # noqa: F401
    except Exception as error:
        print(f"metes: NumPy is not managed in this child: {error}", file=sys.stderr)
    finally:
        if added:
            sys.path.remove(package)


def _next():
    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_manage()
_next()
