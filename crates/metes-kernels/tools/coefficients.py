"""Prints the constants of src/curves: near-minimax polynomials, and numbers cut into parts.

Run it with mpmath installed. A function is interpolated in Chebyshev points of the range that its argument is reduced
to, weighted as its error counts; the printed figure is the largest relative error of the polynomial itself.
"""

from mpmath import mp, mpf

mp.prec = 300


def fit(f, low, high, degree):
    """Coefficients, lowest first, of the polynomial through Chebyshev points of [low, high]."""
    points = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * degree + 2)) for i in range(degree + 1)
    ]
    rows = mp.matrix([[x**j for j in range(degree + 1)] for x in points])
    return list(mp.lu_solve(rows, mp.matrix([f(x) for x in points])))


def show(name, f, low, high, degree, weight):
    """One polynomial, highest coefficient first, as Rust."""
    coefficients = [float(c) for c in fit(f, mpf(low), mpf(high), degree)]
    xs = [mpf(low) + (mpf(high) - mpf(low)) * i / 400 for i in range(401)]
    xs = [x for x in xs if x != 0]
    worst = max(abs(sum(mpf(c) * x**j for j, c in enumerate(coefficients)) - f(x)) * weight(x) for x in xs)
    print(f"// {name}: error {mp.nstr(worst, 3)}")
    print(f"const {name}: [f64; {degree + 1}] = [" + ", ".join(repr(c) for c in reversed(coefficients)) + "];")


def parts(name, x, *bits):
    """A number as a sum of floats, the first ones with so many bits."""
    found = []
    for b in (*bits, 53):
        scale = mpf(2) ** (b - 1 - mp.floor(mp.log(abs(x), 2)))
        part = mp.nint(x * scale) / scale
        found.append(float(part))
        x -= part
    print(f"const {name}: [f64; {len(found)}] = {found};")


def atanh_tail(z):
    """(atanh(s)/s - 1)/z at z = s*s."""
    if abs(z) < mpf(10) ** -30:
        return mpf(1) / 3
    s = mp.sqrt(z)
    return (mp.atanh(s) / s - 1) / z


def series(f, at_zero):
    """A function with its limit at 0."""
    return lambda x: at_zero if abs(x) < mpf(10) ** -30 else f(x)


half_ln2 = mp.log(2) / 2
quarter = mp.pi / 4
parts("LN_2", mp.log(2), 42)
parts("LN_10", mp.log(10), 42)
parts("LOG2_10", mp.log(10, 2), 42)
parts("LOG2_E", mp.log(mp.e, 2), 53)
parts("LOG10_E", mp.log(mp.e, 10), 53)
parts("LOG10_2", mp.log(2, 10), 42)
parts("HALF_PI", mp.pi / 2, 53, 53)
show(
    "EXPM1",
    series(lambda r: (mp.expm1(r) - r) / r**2, mpf(1) / 2),
    -half_ln2 * 1.002,
    half_ln2 * 1.002,
    10,
    lambda r: r**2,
)
show("ATANH", atanh_tail, 0, 0.0296, 7, lambda z: z)
show("ATANH_TAIL", series(lambda z: (atanh_tail(z) - mpf(1) / 3) / z, mpf(1) / 5), 0, 0.0296, 7, lambda z: z**2)
show(
    "SINE",
    series(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mpf(1) / 6),
    0,
    quarter**2 * 1.001,
    6,
    lambda z: z,
)
show(
    "COSINE",
    series(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, mpf(1) / 24),
    0,
    quarter**2 * 1.001,
    6,
    lambda z: z**2,
)
show(
    "TANGENT",
    series(lambda z: (mp.tan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mpf(1) / 3),
    0,
    quarter**2 * 1.001,
    14,
    lambda z: z,
)
show(
    "ARCTAN",
    series(lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mpf(1) / 3),
    0,
    mpf("0.1718"),
    11,
    lambda z: z,
)
show(
    "ARCSIN", series(lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mpf(1) / 6), 0, mpf("0.25"), 12, lambda z: z
)
show("CUBE_ROOT", lambda m: mp.cbrt(m), 1, 8, 4, lambda m: 1 / mp.cbrt(m))
parts("PI", mp.pi, 53)
