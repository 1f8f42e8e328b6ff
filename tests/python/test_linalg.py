"""Decompositions and what follows from them: put together again, beside NumPy's, and on what they must refuse."""

import metes as mt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS

L, N = mt.linalg, np.linalg
EPS = {"float32": 1e-6, "float64": 2e-15, "complex64": 1e-6, "complex128": 2e-15}
KINDS = ["float32", "float64", "complex64", "complex128", "int32"]
SIDES = st.sampled_from([0, 1, 2, 3, 4, 9, 30])


class N25:
    """NumPy's, with eigenvalues complex whatever their values, as it has them from 2.5 on."""

    @staticmethod
    def eig(a):
        return tuple(complexed(part, a) for part in N.eig(a))


def complexed(x, a):
    return x.astype("complex64" if a.dtype.name in ("float32", "complex64") else "complex128")


def matrix(kind, shape, seed=0):
    random = np.random.default_rng([seed, *shape])
    x = random.normal(size=shape)
    if kind.startswith("complex"):
        x = x + 1j * random.normal(size=shape)
    if kind == "int32":
        x = x * 9
    return x.astype(kind)


def hermitian(kind, shape, seed=0):
    x = matrix(kind, shape, seed)
    return x + x.conj().swapaxes(-1, -2)


def definite(kind, shape, seed=0):
    x = matrix(kind, shape, seed)
    return x @ x.conj().swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1], dtype=kind)


def h(x):
    return np.asarray(x).conj().swapaxes(-1, -2)


def close(ours, theirs, scale=1.0):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    size = np.abs(theirs).max(initial=1) * scale * max(theirs.shape, default=1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=100 * EPS[theirs.dtype.name] * size)


def orthonormal(q):
    q = np.asarray(q)
    close(h(q) @ q, np.broadcast_to(np.eye(q.shape[-1], dtype=q.dtype), (*q.shape[:-2], q.shape[-1], q.shape[-1])))


def floating(a):
    return a.astype("float64") if a.dtype.kind == "i" else a


shapes = st.tuples(st.sampled_from([(), (2,), (2, 3), (0,)]), SIDES, SIDES)


@given(kind=st.sampled_from(KINDS), shape=shapes, complete=st.booleans())
def test_qr(kind, shape, complete):
    a = matrix(kind, (*shape[0], *shape[1:]))
    mode = "complete" if complete else "reduced"
    Q, R = L.qr(mt.asarray(a), mode)
    theirs = N.qr(a, mode)
    assert (Q.shape, R.shape, Q.dtype.name) == (theirs.Q.shape, theirs.R.shape, theirs.Q.dtype.name)
    close(np.asarray(Q) @ np.asarray(R), floating(a))
    orthonormal(Q)
    assert not np.tril(np.asarray(R), -1).any()
    close(np.abs(L.qr(a, "r")), np.abs(N.qr(a, "r")), 10)


@given(kind=st.sampled_from(KINDS), shape=shapes, full=st.booleans())
def test_svd(kind, shape, full):
    a = matrix(kind, (*shape[0], *shape[1:]))
    U, S, Vh = L.svd(mt.asarray(a), full_matrices=full)
    theirs = N.svd(a, full_matrices=full)
    assert [x.shape for x in (U, S, Vh)] == [x.shape for x in theirs]
    close(S, theirs.S)
    close(L.svdvals(a), theirs.S)
    close(L.svd(a, compute_uv=False), theirs.S)
    k = S.shape[-1]
    U, S, Vh = np.asarray(U), np.asarray(S), np.asarray(Vh)
    close((U[..., :k] * S[..., None, :]) @ Vh[..., :k, :], floating(a))
    orthonormal(U)
    orthonormal(h(Vh))


squares = st.tuples(st.sampled_from([(), (2,), (2, 3), (0,)]), SIDES)


@given(kind=st.sampled_from(KINDS), shape=squares, upper=st.booleans())
def test_eigh(kind, shape, upper):
    a = hermitian(kind, (*shape[0], shape[1], shape[1]))
    garbage = np.tril(a) if not upper else np.triu(a)
    uplo = "U" if upper else "l"
    w, v = L.eigh(mt.asarray(garbage), uplo)
    close(w, N.eigh(a).eigenvalues)
    close(L.eigvalsh(garbage, UPLO=uplo), N.eigvalsh(a))
    w, v = np.asarray(w), np.asarray(v)
    close(floating(a) @ v, (v * w[..., None, :]).astype(v.dtype), 10)
    orthonormal(v)


@given(kind=st.sampled_from(KINDS), shape=squares)
def test_eig(kind, shape):
    a = matrix(kind, (*shape[0], shape[1], shape[1]))
    theirs = N25.eig(a)
    w, v = (np.asarray(x) for x in L.eig(mt.asarray(a)))
    assert (w.dtype, v.dtype, w.shape, v.shape) == tuple(
        y for x in ("dtype", "shape") for y in (getattr(theirs[0], x), getattr(theirs[1], x))
    )
    if w.size:
        close(floating(a) @ v, (v * w[..., None, :]).astype((floating(a) @ v).dtype), 100)
        np.testing.assert_allclose(np.sqrt((np.abs(v) ** 2).sum(axis=-2)), 1, rtol=1e-5)
        order = np.lexsort((np.round(w.imag, 3), np.round(w.real, 3)), axis=-1)
        values = np.asarray(L.eigvals(a))
        for x, y in zip(values.reshape(-1, w.shape[-1]), theirs[0].reshape(-1, w.shape[-1]), strict=True):
            np.testing.assert_allclose(np.sort_complex(np.round(x, 3)), np.sort_complex(np.round(y, 3)), atol=2e-3)
        assert order.shape == w.shape


def test_eig_of_special_matrices():
    for a in (np.eye(4), np.zeros((3, 3)), np.diag([1.0, 2.0, 2.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])):
        w, v = (np.asarray(x) for x in L.eig(a))
        assert w.dtype == v.dtype == "complex128"
        np.testing.assert_allclose(a @ v, v * w, atol=1e-12)
    jordan = np.diag(np.ones(3)) + np.diag(np.ones(2), 1)
    np.testing.assert_allclose(np.asarray(L.eigvals(jordan)), 1, atol=1e-4)
    stack = np.stack([np.eye(2), [[0.0, 1.0], [-1.0, 0.0]]])
    assert L.eig(stack).eigenvectors.dtype == mt.complex128


@given(kind=st.sampled_from(KINDS), shape=squares, upper=st.booleans())
def test_cholesky(kind, shape, upper):
    a = definite(kind, (*shape[0], shape[1], shape[1]))
    close(L.cholesky(mt.asarray(np.triu(a) if upper else np.tril(a)), upper=upper), N.cholesky(a, upper=upper), 10)


@given(kind=st.sampled_from(KINDS), shape=squares, columns=st.sampled_from([None, 0, 1, 5]))
def test_solve_and_inv(kind, shape, columns):
    a = definite(kind, (*shape[0], shape[1], shape[1]))
    b = matrix(kind, (shape[1],) if columns is None else (*shape[0], shape[1], columns), 3)
    close(L.solve(mt.asarray(a), mt.asarray(b)), N.solve(a, b), 10)
    close(L.inv(mt.asarray(a)), N.inv(a), 10)
    if shape[1] < 10:
        close(L.det(a), N.det(a), 10)
    ours, theirs = L.slogdet(a), N.slogdet(a)
    close(ours.sign, theirs.sign, 10)
    close(ours.logabsdet, theirs.logabsdet, 10)


@pytest.mark.parametrize("n", [1, 2, 5, 20])
@pytest.mark.parametrize("diagonal", [[np.inf], [-np.inf], [np.inf, -2.0], [np.nan], [np.inf, 0.0]])
def test_determinants_of_what_is_not_finite(n, diagonal):
    x = np.diag((diagonal * n)[:n])
    with np.errstate(all="ignore"):
        assert np.array_equal(float(mt.linalg.det(mt.asarray(x))), np.linalg.det(x), equal_nan=True)
        log = float(mt.linalg.slogdet(mt.asarray(x)).logabsdet)
        assert np.array_equal(log, np.linalg.slogdet(x).logabsdet, equal_nan=True)


def test_determinants_of_any_size():
    for a in (np.eye(3)[[1, 0, 2]], np.zeros((2, 2)), np.diag([1e200, 1e200, 1e-200, 1e-200]), np.diag([1e-200] * 2)):
        close(L.det(a), N.det(a))
        with np.errstate(divide="ignore"):
            close(L.slogdet(a).logabsdet, N.slogdet(a).logabsdet)


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"broadcast", "empty", "zero_d"}))
def test_layouts(layout):
    a = LAYOUTS[layout](definite("float64", (6, 6)))
    b = LAYOUTS[layout](matrix("float64", (6, 6)))
    close(L.solve(a, b), N.solve(a, b))
    close(L.cholesky(a), N.cholesky(a))
    close(L.svdvals(b), N.svdvals(b))
    close(L.inv(mt.asarray(b)), N.inv(b), 100)
    close(L.pinv(b), N.pinv(b), 100)


def test_broadcasting_of_solve():
    a, b = definite("float64", (3, 1, 4, 4)), matrix("float64", (2, 4, 5))
    close(L.solve(a, b), N.solve(a, b))
    with pytest.raises(ValueError):
        L.solve(a, matrix("float64", (3, 5)))


@given(kind=st.sampled_from(KINDS), shape=shapes)
def test_pinv_and_rank(kind, shape):
    a = matrix(kind, (*shape[0], *shape[1:]))
    if min(shape[1:]) > 1:
        a[..., 0] = a[..., 1]
    close(L.pinv(mt.asarray(a)), N.pinv(floating(a), rtol=None), 1000)
    np.testing.assert_array_equal(L.matrix_rank(a), N.matrix_rank(a) if a.size else np.zeros(shape[0], int))


def test_rank_of_others():
    for a in (np.zeros(3), np.ones(3), np.float64(0), np.ones((2, 2))):
        assert int(L.matrix_rank(a)) == N.matrix_rank(a)
    a = np.diag([1.0, 1e-3, 1e-9])
    for keywords in ({"tol": 1e-2}, {"rtol": 1e-6}, {"tol": 1e-12}):
        assert int(L.matrix_rank(a, **keywords)) == N.matrix_rank(a, **keywords)
    close(L.pinv(a, rcond=1e-2), N.pinv(a, rcond=1e-2))


@given(m=SIDES, n=SIDES, columns=st.sampled_from([None, 0, 1, 3]), kind=st.sampled_from(KINDS), low=st.booleans())
def test_lstsq(m, n, columns, kind, low):
    a, b = matrix(kind, (m, n)), matrix(kind, (m,) if columns is None else (m, columns), 1)
    if low and n > 1:
        a[:, 0] = a[:, 1]
    ours, theirs = L.lstsq(mt.asarray(a), b), N.lstsq(a, b)
    assert ours[2] == theirs[2]
    close(ours[0], theirs[0], 1000)
    close(ours[3], theirs[3])
    assert ours[1].shape == theirs[1].shape
    close(ours[1], theirs[1], 1000)


ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf, 0, 3, 0.5, "bad"]


@given(data=st.data(), kind=st.sampled_from([*KINDS, "bool", "float16"]), ndim=st.integers(0, 3))
def test_norm(data, kind, ndim):
    a = np.asarray(matrix("float64", tuple(data.draw(st.integers(1, 4)) for _ in range(ndim))) * 3).astype(kind)
    order = data.draw(st.sampled_from(ORDERS))
    axis = data.draw(st.sampled_from([None, 0, -1, (0, 1), (-1, 0), (1,), (0, 0), (0, 1, 2)]))
    keepdims = data.draw(st.booleans())
    try:
        expected = N.norm(a, order, axis, keepdims)
    except (ValueError, TypeError, IndexError):
        with pytest.raises((ValueError, TypeError)):
            L.norm(mt.asarray(a), order, axis, keepdims)
        return
    ours = np.asarray(L.norm(mt.asarray(a), order, axis, keepdims))
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
    tolerance = {"float16": 2e-2, "float32": 1e-5}.get(ours.dtype.name, 1e-12)
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)


def test_vector_and_matrix_norm():
    a = matrix("complex128", (3, 4, 5))
    for axis in (None, 0, (0, 2), (0, 1, 2)):
        for order in (2, 1, np.inf, 3.5, 0):
            for keepdims in (False, True):
                close(
                    L.vector_norm(a, axis=axis, ord=order, keepdims=keepdims),
                    N.vector_norm(a, axis=axis, ord=order, keepdims=keepdims),
                )
    for order in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        close(L.matrix_norm(a, ord=order, keepdims=True), N.matrix_norm(a, ord=order, keepdims=True))


@pytest.mark.parametrize("p", [None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"])
def test_cond(p):
    a = definite("float64", (3, 4, 4))
    np.testing.assert_allclose(L.cond(a, p), N.cond(a, p), rtol=1e-9)
    single = np.zeros((2, 2, 2))
    single[0] = np.eye(2)
    # NumPy refuses the nuclear norm of the inverse that is not there.
    np.testing.assert_allclose(L.cond(single, p), [2 * 2, np.inf] if p == "nuc" else N.cond(single, p))


def test_powers_and_chains():
    a = matrix("int32", (3, 3)) % 5
    for n in (0, 1, 2, 3, 7, 10):
        np.testing.assert_array_equal(L.matrix_power(a, n), N.matrix_power(a, n))
    close(L.matrix_power(a.astype("float64"), -3), N.matrix_power(a.astype("float64"), -3), 100)
    chain = [matrix("float64", shape) for shape in ((4,), (4, 30), (30, 2), (2, 9), (9,))]
    for part in (chain, chain[1:], chain[:-1], chain[1:-1], chain[1:3]):
        close(L.multi_dot([mt.asarray(x) for x in part]), N.multi_dot(part), 100)
    out = mt.empty((4, 9))
    assert L.multi_dot(chain[1:4], out=out) is out
    close(out, N.multi_dot(chain[1:4]))


def test_small_functions():
    a = matrix("float64", (2, 3, 3))
    close(L.trace(a, offset=1), N.trace(a, offset=1))
    close(L.diagonal(a, offset=-1), N.diagonal(a, offset=-1))
    close(L.cross(a, a[::-1], axis=1), N.cross(a, a[::-1], axis=1))
    close(L.outer(a[0, 0], a[1, 0]), N.outer(a[0, 0], a[1, 0]))
    close(L.matrix_transpose(a), N.matrix_transpose(a))
    with pytest.raises(ValueError):
        L.outer(a, a)


def test_numpys_functions_come_here():
    a = mt.asarray(definite("float64", (3, 3)))
    for name in ("inv", "svd", "det", "norm"):
        ours = getattr(N, name)(a)
        assert isinstance(ours[0] if isinstance(ours, tuple) else ours, mt.Array)
    assert isinstance(np.fft.rfft(a), mt.Array)


REFUSED = {
    "not square": (lambda m, l: [l.inv(m.ones((2, 3))), l.det(m.ones((2, 3)))], L.LinAlgError),
    "not square, eig": (lambda m, l: l.eig(m.ones((2, 3))), L.LinAlgError),
    "not square, power": (lambda m, l: l.matrix_power(m.ones((2, 3)), 2), L.LinAlgError),
    "a vector": (lambda m, l: l.svd(m.ones(3)), L.LinAlgError),
    "singular": (lambda m, l: l.inv(m.zeros((2, 2))), L.LinAlgError),
    "singular solve": (lambda m, l: l.solve(m.ones((2, 2)), m.ones(2)), L.LinAlgError),
    "not definite": (lambda m, l: l.cholesky(-m.eye(2)), L.LinAlgError),
    "half": (lambda m, l: l.inv(m.ones((2, 2), dtype="float16")), TypeError),
    "mismatch": (lambda m, l: l.solve(m.eye(2), m.ones(3)), ValueError),
    "power of a fraction": (lambda m, l: l.matrix_power(m.eye(2), 1.5), TypeError),
    "singular power": (lambda m, l: l.matrix_power(m.zeros((2, 2)), -1), L.LinAlgError),
    "no arrays": (lambda m, l: l.multi_dot([m.eye(2)]), ValueError),
    "a stack": (lambda m, l: l.multi_dot([m.ones((2, 2, 2))] * 3), L.LinAlgError),
    "lstsq of other lengths": (lambda m, l: l.lstsq(m.ones((2, 2)), m.ones(3)), L.LinAlgError),
    "lstsq of a stack": (lambda m, l: l.lstsq(m.ones((2, 2, 2)), m.ones(2)), L.LinAlgError),
    "cond of nothing": (lambda m, l: l.cond(m.ones((0, 0))), L.LinAlgError),
    "a mode": (lambda m, l: l.qr(m.eye(2), mode="best"), ValueError),
    "a triangle": (lambda m, l: l.eigh(m.eye(2), UPLO="X"), ValueError),
    "both tolerances": (lambda m, l: l.matrix_rank(m.eye(2), 1, rtol=1), ValueError),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    call, kind = REFUSED[case]
    with pytest.raises(N.LinAlgError if kind is L.LinAlgError else kind):
        call(np, N)
    with pytest.raises(kind):
        call(mt, L)
    assert issubclass(L.LinAlgError, ValueError)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_what_is_not_finite(bad, n):
    """Refused, or NaN; never a hang, never a plausible number."""
    a = definite("float64", (n, n))
    a[n // 2, n // 2] = bad
    for call in (L.svd, L.svdvals, L.eig, L.eigvals, L.eigh, L.eigvalsh, L.cholesky, L.pinv):
        with pytest.raises(L.LinAlgError):
            call(mt.asarray(a))
    assert not np.isfinite(np.asarray(L.qr(a).R)).any()
    assert not np.isfinite(np.asarray(L.det(a)))
    if np.isnan(bad):
        assert np.isnan(np.asarray(L.inv(a))).any() and np.isnan(np.asarray(L.solve(a, np.ones(n)))).any()


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 4), (8, 8), (16, 16), (8, 3), (3, 8), (16, 5), (9, 17)])
def test_stacks_of_small_matrices(kind, shape):
    """Reflections have NumPy's signs; each matrix of a stack is decomposed as it is alone."""
    a = np.random.default_rng(3).normal(size=(50, *shape)).astype(kind)
    a[7], a[8, :, :1], a[9] = 0, 0, a[9, :1, :1]
    for mode in ("reduced", "complete", "r"):
        ours, theirs = L.qr(mt.asarray(a), mode), N.qr(a, mode)
        for x, y in zip(ours, theirs, strict=True) if mode != "r" else [(ours, theirs)]:
            np.testing.assert_allclose(np.asarray(x)[:7], y[:7], atol=500 * EPS[kind])
            np.testing.assert_allclose(np.asarray(x)[10:], y[10:], atol=500 * EPS[kind])
    y = a @ a.transpose(0, 2, 1)
    for call, of in ((L.qr, a), (L.svd, a), (L.eigh, y), (lambda x: (L.svdvals(x), L.eigvalsh(x @ x.mT)), a)):
        whole = call(mt.asarray(of))
        for i in (0, 7, 8, 9, 49):
            for part, one in zip(whole, call(mt.asarray(of[i])), strict=True):
                assert np.asarray(part)[i].tobytes() == np.asarray(one).tobytes()


@pytest.mark.parametrize("n", [2, 3, 8, 40])
def test_hard_matrices(n):
    """Rank one, repeated values, huge and tiny entries, triangles: decompositions still put them together."""
    cases = [np.ones((n, n)), np.zeros((n, n)), np.eye(n), np.triu(np.ones((n, n))), np.diag(np.logspace(-150, 150, n))]
    cases += [1e-160 * matrix("float64", (n, n)), 1e150 * matrix("float64", (n, n)), np.outer(np.arange(n), np.ones(n))]
    for a in cases:
        scale = np.abs(a).max() or 1.0
        U, S, Vh = (np.asarray(x) for x in L.svd(a))
        np.testing.assert_allclose((U * (S / scale)) @ Vh, a / scale, atol=1e-12)
        orthonormal(U)
        orthonormal(h(Vh))
        Q, R = (np.asarray(x) for x in L.qr(a))
        np.testing.assert_allclose(Q @ (R / scale), a / scale, atol=1e-12)
        orthonormal(Q)
        w, v = (np.asarray(x) for x in L.eigh(a / 2 + a.T / 2))
        np.testing.assert_allclose((v * (w / scale)) @ v.T, (a / 2 + a.T / 2) / scale, atol=1e-12)
        orthonormal(v)


def test_what_decompositions_need():
    """Workspaces are in the ledger: what is needed beyond the results is a few matrices, and given back."""
    a = mt.asarray(definite("float64", (200, 200)))
    for call in (L.inv, L.svd, L.eigh, L.eig, L.qr, L.cholesky, lambda x: L.solve(x, x)):
        mt.memory.reset_peak()
        before = mt.memory.stats().current_bytes
        call(a)
        peak = mt.memory.stats().peak_bytes - before
        assert a.nbytes <= peak <= 12 * a.nbytes, peak / a.nbytes
    out = peak_of(lambda: L.norm(a)), peak_of(lambda: L.norm(a, 1)), peak_of(lambda: L.norm(a, 3, axis=0))
    assert max(out) < a.nbytes, out


def peak_of(call):
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    call()
    return mt.memory.stats().peak_bytes - before


@pytest.mark.parametrize("kind", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("sign", [1, -1])
def test_elements_whose_squares_overflow_or_vanish(kind, sign):
    """The library squares elements; the extremes of a kind must not reach it as they are."""
    info = np.finfo(kind)
    power = 2.0 ** (sign * int(np.log2(info.max) - 8 if sign > 0 else -np.log2(info.tiny) - 2))
    x, y = matrix(kind, (5, 3)), hermitian(kind, (4, 4))
    scale, parts = info.dtype.type(power), info.dtype.type

    def same_shape(ours, theirs):
        ours, theirs = np.asarray(ours) / scale, np.asarray(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=2e3 * EPS[kind], atol=200 * EPS[kind])
        assert ours.dtype.type in (parts, theirs.dtype.type)

    same_shape(L.svdvals(x * scale), N.svdvals(x))
    u, s, vh = L.svd(x * scale, full_matrices=False)
    same_shape(np.asarray(u) @ np.diag(np.asarray(s)) @ np.asarray(vh), x)
    same_shape(L.eigvalsh(y * scale), N.eigvalsh(y))
    same_shape(np.sort(np.asarray(L.eigvals(y * scale)).real), N.eigvalsh(y))
    w, v = L.eigh(y * scale)
    same_shape(np.asarray(v) @ np.diag(np.asarray(w)) @ h(v), y)


def test_tensors():
    rng = np.random.default_rng(5)
    for shape, b_shape, axes in (((2, 3, 6), (2, 3), None), ((3, 6, 2), (3, 2), (1,)), ((2, 2, 2, 2), (2, 2), (0, 2))):
        a, b = rng.normal(size=shape), rng.normal(size=b_shape)
        near = np.linalg.tensorsolve(a, b, axes)
        np.testing.assert_allclose(np.asarray(mt.linalg.tensorsolve(a, b, axes)), near, rtol=1e-9)
    for shape, ind in (((4, 6, 8, 3), 2), ((24, 8, 3), 1), ((2, 3, 6), 2)):
        a = rng.normal(size=shape)
        np.testing.assert_allclose(
            np.asarray(mt.linalg.tensorinv(a, ind)), np.linalg.tensorinv(a, ind), rtol=1e-8, atol=1e-12
        )
    with pytest.raises(mt.linalg.LinAlgError, match="requirement"):
        mt.linalg.tensorsolve(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ValueError, match="ind"):
        mt.linalg.tensorinv(np.ones((2, 2)), 0)


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (1, 4), (4, 1), (2, 4, 3), (0, 3), (3, 0)])
@pytest.mark.parametrize("kind", ["f8", "f4", "c16", "i8"])
def test_reflections(kind, shape):
    rng = np.random.default_rng(4)
    a = (rng.normal(size=shape) * 9 + (1j * rng.normal(size=shape) if kind == "c16" else 0)).astype(kind)
    a[..., :1, :1] = 0
    (h, tau), (theirs, factors) = mt.linalg.qr(mt.asarray(a), mode="raw"), np.linalg.qr(a, mode="raw")
    assert h.dtype == theirs.dtype and h.shape == theirs.shape and tau.shape == factors.shape
    bound = 1e-4 if kind == "f4" else 1e-11
    np.testing.assert_allclose(np.asarray(h), theirs, rtol=bound, atol=bound * 30)
    np.testing.assert_allclose(np.asarray(tau), factors, rtol=bound, atol=bound)


def residual(a, inverse):
    """How far `a inverse` is from the identity, beside what rounding alone may do."""
    far = np.abs(a.astype("clongdouble") @ np.asarray(inverse).astype("clongdouble") - np.eye(len(a))).max()
    return far / np.finfo(a.dtype).eps / np.linalg.norm(a, 1) / np.linalg.norm(np.asarray(inverse), 1)


@pytest.mark.parametrize("kind", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("n", [2, 15, 16, 17, 33, 150])
@pytest.mark.parametrize("condition", [1, 1e3, "graded", "permuted"])
def test_inverses_are_as_exact_as_numpys(kind, n, condition):
    a = matrix(kind, (n, n))
    if condition == "graded":
        a *= np.logspace(0, 5, n, dtype=np.finfo(kind).dtype)[:, None]
    elif condition == "permuted":
        a = np.roll(np.triu(a) + 3 * np.eye(n, dtype=kind), n // 3, axis=0)
    else:
        (q, _), (r, _) = N.qr(a), N.qr(matrix(kind, (n, n), 1))
        a = ((q * np.logspace(0, np.log10(condition), n)) @ r).astype(kind)
    for layout in (a, np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2]):
        inverse = L.inv(mt.asarray(layout))
        assert inverse.flags.c_contiguous
        assert residual(a, inverse) <= max(1, 3 * residual(a, N.inv(a)))
    stack = mt.asarray(np.stack([a, 2 * a, a.T]))
    assert all(bool((L.inv(stack)[i] == L.inv(stack[i])).all()) for i in range(3))
