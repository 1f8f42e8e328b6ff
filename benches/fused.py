"""The fused functions of the benchmark, and what NumPy's users write in their place."""

import metes as mt


@mt.fuse
def multiply_add(a, b, c):
    """One pass where NumPy makes a temporary."""
    return a * b + c


@mt.fuse
def length(a, b):
    """One pass where NumPy makes three temporaries."""
    return mt.sqrt(a * a + b * b)


@mt.fuse
def z_score(a):
    """Distances from the mean, in standard deviations."""
    return (a - mt.mean(a)) / mt.std(a)


@mt.fuse
def softmax(a):
    """Exponentials that sum to 1, safe from overflow."""
    e = mt.exp(a - mt.max(a))
    return e / mt.sum(e)


def softmax_of(module):
    """The same as a NumPy user writes it."""

    def softmax(a):
        e = module.exp(a - module.max(a))
        return e / module.sum(e)

    return softmax
