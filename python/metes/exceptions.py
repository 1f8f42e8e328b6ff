"""The exceptions and warnings that NumPy has under these names."""

from ._native import AxisError, TooHardError

__all__ = [
    "AxisError",
    "ComplexWarning",
    "DTypePromotionError",
    "RankWarning",
    "TooHardError",
    "VisibleDeprecationWarning",
]


class RankWarning(RuntimeWarning):
    """A fit has more unknowns than its points tell apart."""


class ComplexWarning(RuntimeWarning):
    """A cast to real numbers drops imaginary parts."""


class DTypePromotionError(TypeError):
    """NumPy's name for dtypes that do not meet; here they raise `TypeError`."""


class VisibleDeprecationWarning(UserWarning):
    """What a program uses will go away; nothing here does yet."""
