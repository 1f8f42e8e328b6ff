"""Less common functions, in the places where NumPy has them."""

from . import stride_tricks

__all__ = ["stride_tricks"]
