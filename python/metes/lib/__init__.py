"""Less common functions, in the places where NumPy has them."""

from . import einops, stride_tricks

__all__ = ["einops", "stride_tricks"]
