"""The exceptions and warnings that NumPy has under these names."""

from ._native import AxisError, TooHardError

__all__ = ["AxisError", "RankWarning", "TooHardError"]


class RankWarning(RuntimeWarning):
    """A fit has more unknowns than its points tell apart."""
