"""Less common functions, in the places where NumPy has them; each module is loaded when it is first asked for."""

__all__ = ["array_utils", "einops", "format", "recfunctions", "stride_tricks"]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import array_utils, einops, format, recfunctions, stride_tricks


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'metes.lib' has no attribute {name!r}")
    from importlib import import_module

    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return list(__all__)
