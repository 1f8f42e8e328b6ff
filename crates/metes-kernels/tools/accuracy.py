"""Writes tests/it/accuracy.txt: what functions are at sampled points, to many more digits than they give.

Run it with mpmath installed. A line has the function, the float kind, the bits of its arguments, those of the float
nearest to the result, and what the result is beside that, in units in the last place.
"""

import math
import pathlib
import random
import struct

from mpmath import mp, mpf

mp.prec = 250
random.seed(20)
KINDS = {"float64": ("<d", "<Q", 60), "float32": ("<f", "<I", 25)}


def scales(low, high):
    """Sizes spread over powers of ten, of both signs."""
    return lambda: random.choice((-1, 1)) * math.exp(random.uniform(math.log(low), math.log(high)))


def positive(low, high):
    """Sizes spread over powers of ten."""
    return lambda: abs(scales(low, high)())


def within(low, high):
    """Values spread evenly."""
    return lambda: random.uniform(low, high)


def power(draw):
    """A base and an exponent whose power fits the kind."""
    base = draw()
    return base, random.uniform(-85, 85) / (math.log(base) or 1.0)


FUNCTIONS = {
    "exp": (mp.exp, [within(-87, 88), within(-2, 2), scales(1e-30, 1), within(-745, 709)]),
    "exp2": (lambda x: mpf(2) ** x, [within(-126, 127), within(-2, 2), within(-1074, 1023)]),
    "expm1": (mp.expm1, [within(-40, 88), within(-2, 2), scales(1e-30, 1), within(88, 709)]),
    "log": (mp.log, [positive(1e-37, 1e37), within(0.5, 2), within(0.99, 1.01), positive(5e-324, 1e308)]),
    "log2": (lambda x: mp.log(x, 2), [positive(1e-37, 1e37), within(0.5, 2), within(0.99, 1.01)]),
    "log10": (mp.log10, [positive(1e-37, 1e37), within(0.5, 2), within(0.99, 1.01)]),
    "log1p": (mp.log1p, [within(-0.999, 2), within(-0.3, 0.5), scales(1e-30, 0.9), positive(1, 1e37)]),
    "sin": (mp.sin, [within(-10, 10), within(-1e5, 1e5), scales(1e-30, 1e9), scales(1e9, 1e30)]),
    "cos": (mp.cos, [within(-10, 10), within(-1e5, 1e5), scales(1e-30, 1e9), scales(1e9, 1e30)]),
    "tan": (mp.tan, [within(-10, 10), within(-1e5, 1e5), scales(1e-30, 1e9)]),
    "arcsin": (mp.asin, [within(-1, 1), scales(1e-30, 1), within(0.9999, 1)]),
    "arccos": (mp.acos, [within(-1, 1), scales(1e-30, 1), within(0.9999, 1)]),
    "arctan": (mp.atan, [within(-3, 3), scales(1e-30, 1e30)]),
    "sinh": (mp.sinh, [within(-88, 88), within(-3, 3), scales(1e-30, 1)]),
    "cosh": (mp.cosh, [within(-88, 88), within(-3, 3)]),
    "tanh": (mp.tanh, [within(-20, 20), within(-2, 2), scales(1e-30, 1)]),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), [within(-8, 8), scales(1e-37, 1e37)]),
    "power": (lambda x, y: x**y, [positive(1e-37, 1e37), within(0.5, 2), within(0.99, 1.01)]),
    "arctan2": (mp.atan2, [within(-3, 3), scales(1e-15, 1e15)]),
    "hypot": (lambda x, y: mp.sqrt(x * x + y * y), [within(-3, 3), scales(1e-15, 1e15)]),
}


def rounded(value, kind):
    """The nearest float, its bits, and one unit in its last place."""
    float_format, int_format, _ = KINDS[kind]
    data = struct.pack(float_format, value)
    bits = struct.unpack(int_format, data)[0]
    nearest = struct.unpack(float_format, data)[0]
    above = struct.unpack(float_format, struct.pack(int_format, (bits & ((1 << (8 * len(data) - 1)) - 1)) + 1))[0]
    return nearest, bits, above - abs(nearest)


def lines():
    """Every line of the file."""
    for name, (function, draws) in FUNCTIONS.items():
        for kind, (_, _, count) in KINDS.items():
            for number in range(count):
                draw = draws[number % len(draws)]
                if name == "power":
                    drawn = power(draw)
                else:
                    drawn = (draw(), draw()) if name in ("arctan2", "hypot") else (draw(),)
                try:
                    given = [rounded(x, kind)[:2] for x in drawn]
                    result = function(*(mpf(x) for x, _ in given))
                    nearest, bits, unit = rounded(float(result), kind)
                except OverflowError:
                    continue
                if (kind == "float32" and abs(nearest) < 1e-37) or not math.isfinite(unit):
                    continue
                beside = float((result - mpf(nearest)) / mpf(unit))
                yield " ".join([name, kind, *(f"{b:x}" for _, b in given), f"{bits:x}", f"{beside:.4f}"])


target = pathlib.Path(__file__).parents[1] / "tests/it/accuracy.txt"
target.write_text("\n".join(lines()) + "\n", encoding="utf-8")
