"""Libraries that know nothing of Metes, given its arrays: each must answer as it does for NumPy's.

    cargo xtask python -m pip install array-api-compat array-api-extra scipy scikit-learn xarray einops pandas \\
        matplotlib pillow pyarrow polars
    cargo xtask python tests/clients.py

Not part of the tests: the libraries are large. Those that are not installed are named and left out.
"""

import contextlib
import importlib.util
import os
import sys
import tempfile
import warnings

os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import metes as mt
import numpy as np

ROWS = np.random.default_rng(0).normal(size=(20, 3))


def compat(xp, a):
    import array_api_compat as compat

    yield "namespace", compat.array_namespace(a).__name__.rsplit(".")[-1] == xp.__name__ and a
    yield "size", compat.size(a)
    yield "device", compat.to_device(a, compat.device(a))


def extra(xp, a):
    import array_api_extra as extra

    small = xp.asarray([0.0, 2.0, 2.0])
    yield "atleast_nd", extra.atleast_nd(a, ndim=3)
    yield "cov", extra.cov(a.T)
    yield "kron", extra.kron(small, small)
    yield "at", extra.at(small, 1).set(5.0)
    yield "one_hot", extra.one_hot(xp.asarray([0, 2]), 3)
    yield "pad", extra.pad(small, 3)
    yield "sinc", extra.sinc(small)
    yield "isclose", extra.isclose(small, small)
    yield "nunique", extra.nunique(small)
    yield "setdiff1d", extra.setdiff1d(small, small[:1])
    yield "create_diagonal", extra.create_diagonal(small)


def scipy_(xp, a):
    import scipy.cluster
    import scipy.fft
    import scipy.integrate
    import scipy.ndimage
    import scipy.signal
    import scipy.spatial
    import scipy.special
    import scipy.stats

    yield "expit", scipy.special.expit(a)
    yield "logsumexp", scipy.special.logsumexp(a, axis=0)
    yield "softmax", scipy.special.softmax(a, axis=0)
    for name in ("zscore", "skew", "kurtosis"):
        yield name, getattr(scipy.stats, name)(a)
    yield "describe", scipy.stats.describe(a).variance
    yield "pearsonr", scipy.stats.pearsonr(a[:, 0], a[:, 1]).statistic
    yield "ttest", scipy.stats.ttest_1samp(a[:, 0], 0.0).pvalue
    yield "gmean", scipy.stats.gmean(abs(a))
    yield "entropy", scipy.stats.entropy(abs(a))
    yield "pdf", scipy.stats.norm.pdf(a)
    yield "whiten", scipy.cluster.vq.whiten(a)
    yield "cdist", scipy.spatial.distance.cdist(a, a[:3])
    yield "trapezoid", scipy.integrate.trapezoid(a[:, 0])
    yield "simpson", scipy.integrate.simpson(a[:, 0])
    yield "detrend", scipy.signal.detrend(a[:, 0])
    yield "hilbert", scipy.signal.hilbert(a[:, 0])
    yield "convolve", scipy.signal.convolve(a[:, 0], a[:3, 0])
    yield "gaussian_filter", scipy.ndimage.gaussian_filter(a, 1)
    yield "fft", scipy.fft.fft(a[:, 0])
    yield "rotation", scipy.spatial.transform.Rotation.from_rotvec(a).as_matrix()


def sklearn(xp, a):
    import sklearn
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.linear_model import Ridge
    from sklearn.metrics import mean_squared_error, r2_score
    from sklearn.metrics.pairwise import euclidean_distances
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler

    with sklearn.config_context(array_api_dispatch=True):
        for scaler in (MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler):
            yield scaler.__name__, scaler().fit_transform(a)
        yield "PCA", PCA(2, svd_solver="full").fit_transform(a)
        yield "Ridge", Ridge(solver="svd").fit(a, a[:, 0]).predict(a)
        yield "mean_squared_error", mean_squared_error(a[:, 0], a[:, 1])
        yield "r2_score", r2_score(a[:, 0], a[:, 1])
        yield "euclidean_distances", euclidean_distances(a, a)
    yield "without dispatch", StandardScaler().fit_transform(a)
    yield "KMeans", KMeans(2, n_init=1, random_state=0).fit(a).labels_


def xarray(xp, a):
    import xarray

    d = xarray.DataArray(a, dims=("t", "x"))
    for name in ("mean", "sum", "std", "max", "median", "cumsum"):
        yield name, getattr(d, name)("t").data
    yield "operators", (d + d * 2).data
    yield "isel", d.isel(t=slice(2, 5)).data
    yield "isel by list", d.isel(t=[0, 2]).data
    yield "where", d.where(d > 0, 0.0).data
    yield "concat", xarray.concat([d, d], "t").data
    yield "diff", d.diff("t").data
    yield "dot", xarray.dot(d, d).data
    yield "to_numpy", d.to_numpy()
    yield "repr", len(repr(d)) > 0


def einops(xp, a):
    from einops import array_api

    yield "rearrange", array_api.rearrange(a, "a b -> b a")
    yield "reduce", array_api.reduce(a, "(a k) b -> a b", "mean", k=2)
    yield "repeat", array_api.repeat(a, "a b -> a b c", c=2)


def pandas(xp, a):
    import pandas

    yield "Series", pandas.Series(a[:, 0]).mean()
    yield "DataFrame", pandas.DataFrame({"x": a[:, 0]}).x.sum()
    yield "assign", pandas.DataFrame({"x": np.zeros(20)}).assign(y=a[:, 0]).y.sum()
    yield "back", xp.asarray(pandas.Series([1.0, 2.0]))


def matplotlib(xp, a):
    from matplotlib import pyplot

    yield "plot", pyplot.plot(a[:, 0], a[:, 1])[0].get_ydata()
    yield "imshow", pyplot.imshow(a).get_array().data
    yield "hist", pyplot.hist(a[:, 0])[0]
    yield "scatter", len(pyplot.scatter(a[:, 0], a[:, 1], c=a[:, 2]).get_offsets())
    with tempfile.TemporaryFile() as file:
        yield "savefig", pyplot.savefig(file)
    pyplot.close()


def PIL(xp, a):
    from PIL import Image

    pixels = xp.astype(xp.reshape(xp.arange(60), (4, 5, 3)), xp.uint8)
    yield "fromarray", np.asarray(Image.fromarray(pixels))
    yield "back", xp.asarray(Image.new("RGB", (4, 5)))


def pyarrow(xp, a):
    import pyarrow

    yield "floats", pyarrow.array(a[:, 0]).to_pylist()
    yield "booleans", pyarrow.array(a[:, 0] > 0).to_pylist()
    back = mt.from_arrow if xp is mt else np.asarray
    yield "back", back(pyarrow.array([1, 2, 3, 4])[1:3])
    yield (
        "booleans back",
        back(
            pyarrow.array([True, False, True])[1:].to_numpy(False)
            if xp is np
            else pyarrow.array([True, False, True])[1:]
        ),
    )


def polars(xp, a):
    import polars

    yield "Series", polars.Series(a[:, 0]).sum()
    yield "DataFrame", polars.DataFrame({"x": a[:, 0]}).shape
    yield "back", xp.asarray(polars.Series([1.0, 2.0]))


CLIENTS = {
    "array_api_compat": compat,
    "array_api_extra": extra,
    "scipy": scipy_,
    "sklearn": sklearn,
    "xarray": xarray,
    "einops": einops,
    "pandas": pandas,
    "matplotlib": matplotlib,
    "PIL": PIL,
    "pyarrow": pyarrow,
    "polars": polars,
}


def answers(client, xp, a):
    """What a client says, by the name of the question; the exception where it fails."""
    found, questions = {}, client(xp, a)
    while True:
        try:
            name, answer = next(questions)
        except StopIteration:
            return found
        except Exception as error:
            return found | {"then": error}
        found[name] = answer


def differs(ours, theirs):
    """Why an answer is wrong; `None` where it is right."""
    if isinstance(ours, Exception):
        return f"{type(ours).__name__}: {ours}"
    with contextlib.suppress(TypeError):
        if ours is None or np.allclose(np.asarray(ours), np.asarray(theirs)):
            return None
    return f"{ours!r:.60} is not {theirs!r:.60}"


def main():
    warnings.simplefilter("ignore")
    wrong = 0
    for module, client in CLIENTS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{module:18} is not installed")
            continue
        theirs = answers(client, np, ROWS.copy())
        ours = answers(client, mt, mt.array(ROWS))
        bad = {name: differs(answer, theirs.get(name)) for name, answer in ours.items()}
        bad = {name: why for name, why in bad.items() if why} | dict.fromkeys(theirs.keys() - ours.keys(), "no answer")
        print(
            f"{module:18} {len(ours.keys() - bad.keys()):3} right",
            *(f"\n    {name}: {why}" for name, why in bad.items()),
        )
        wrong += len(bad)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
