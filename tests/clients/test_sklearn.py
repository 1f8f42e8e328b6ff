"""scikit-learn with its dispatch by the array API, and without."""

import metes as mt
import pytest

sklearn = pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler

DISPATCHED = {
    "MaxAbsScaler": lambda xp, a: MaxAbsScaler().fit_transform(a),
    "MinMaxScaler": lambda xp, a: MinMaxScaler().fit_transform(a),
    "Normalizer": lambda xp, a: Normalizer().fit_transform(a),
    "StandardScaler": lambda xp, a: StandardScaler().fit_transform(a),
    "PCA": lambda xp, a: PCA(2, svd_solver="full").fit_transform(a),
    "Ridge": lambda xp, a: Ridge(solver="svd").fit(a, a[:, 0]).predict(a),
    "euclidean_distances": lambda xp, a: euclidean_distances(a, a),
}
SCORES = {
    "mean_squared_error": lambda xp, a: mean_squared_error(a[:, 0], a[:, 1]),
    "r2_score": lambda xp, a: r2_score(a[:, 0], a[:, 1]),
    "accuracy": lambda xp, a: accuracy_score(xp.astype(a[:, 0] > 0, xp.int64), xp.astype(a[:, 1] > 0, xp.int64)),
}
PLAIN = {
    "StandardScaler": lambda xp, a: StandardScaler().fit_transform(a),
    "KMeans": lambda xp, a: KMeans(2, n_init=1, random_state=0).fit(a).labels_,
    "LinearRegression": lambda xp, a: LinearRegression().fit(a[:, :2], a[:, 2]).coef_,
}


@pytest.mark.parametrize("name", DISPATCHED)
def test_dispatch_stays_with_metes(name, agree, rows):
    with sklearn.config_context(array_api_dispatch=True):
        agree(DISPATCHED[name], rows, stays=True)


@pytest.mark.parametrize("name", SCORES)
def test_scores_agree(name, agree, rows):
    with sklearn.config_context(array_api_dispatch=True):
        agree(SCORES[name], rows)


@pytest.mark.parametrize("name", PLAIN)
def test_without_dispatch_arrays_are_taken_as_numpys(name, agree, rows):
    agree(PLAIN[name], rows)


def test_a_known_law_is_learned():
    x = mt.stack([mt.arange(30.0), mt.arange(30.0) ** 2], axis=1)
    with sklearn.config_context(array_api_dispatch=True):
        model = Ridge(alpha=1e-9, solver="svd").fit(x, x @ mt.asarray([2.0, -1.0]) + 5)
    assert [round(float(c), 4) for c in model.coef_] == [2.0, -1.0]
