"""Less common functions, in the places where NumPy has them."""

from . import einops, recfunctions, stride_tricks

__all__ = ["einops", "recfunctions", "stride_tricks"]
