"""SciPy with SCIPY_ARRAY_API=1: the array API's way, and for the rest by NumPy."""

import metes as mt
import pytest

pytest.importorskip("scipy")

import scipy.cluster
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse
import scipy.spatial
import scipy.special
import scipy.stats

JOBS = {
    "expit": lambda xp, a: scipy.special.expit(a),
    "logsumexp": lambda xp, a: scipy.special.logsumexp(a, axis=0),
    "softmax": lambda xp, a: scipy.special.softmax(a, axis=0),
    "zscore": lambda xp, a: scipy.stats.zscore(a),
    "skew": lambda xp, a: scipy.stats.skew(a),
    "kurtosis": lambda xp, a: scipy.stats.kurtosis(a),
    "describe": lambda xp, a: scipy.stats.describe(a).variance,
    "pearsonr": lambda xp, a: scipy.stats.pearsonr(a[:, 0], a[:, 1]).statistic,
    "ttest": lambda xp, a: scipy.stats.ttest_1samp(a[:, 0], 0.0).pvalue,
    "gmean": lambda xp, a: scipy.stats.gmean(abs(a)),
    "entropy": lambda xp, a: scipy.stats.entropy(abs(a)),
    "pdf": lambda xp, a: scipy.stats.norm.pdf(a),
    "whiten": lambda xp, a: scipy.cluster.vq.whiten(a),
    "cdist": lambda xp, a: scipy.spatial.distance.cdist(a, a[:3, ...]),
    "trapezoid": lambda xp, a: scipy.integrate.trapezoid(a[:, 0]),
    "simpson": lambda xp, a: scipy.integrate.simpson(a[:, 0]),
    "detrend": lambda xp, a: scipy.signal.detrend(a[:, 0]),
    "hilbert": lambda xp, a: scipy.signal.hilbert(a[:, 0]),
    "convolve": lambda xp, a: scipy.signal.convolve(a[:, 0], a[:3, 0]),
    "gaussian_filter": lambda xp, a: scipy.ndimage.gaussian_filter(a, 1),
    "fft": lambda xp, a: scipy.fft.fft(a[:, 0]),
    "rotation": lambda xp, a: scipy.spatial.transform.Rotation.from_rotvec(a).as_matrix(),
    "sparse": lambda xp, a: scipy.sparse.csr_array(a) @ a.T,
    "interp": lambda xp, a: scipy.interpolate.CubicSpline(xp.arange(20.0), a[:, 0])(xp.asarray([0.5, 7.25])),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", JOBS)
def test_it_answers_as_for_numpy(name, agree, rows):
    agree(JOBS[name], rows)


def test_a_tone_is_found_in_noise(agree, rows):
    def tone(xp, noise):
        t = xp.arange(256) / 256.0
        signal = xp.sin(2 * xp.pi * 40 * t) + 0.1 * xp.tile(noise[:16, 0], 16)
        return xp.argmax(xp.abs(scipy.fft.rfft(signal)))

    agree(tone, rows)
    assert int(tone(mt, mt.array(rows))) == 40


def test_a_line_is_fitted_to_points(agree, rows):
    def fit(xp, a):
        x = xp.arange(20.0)
        return scipy.optimize.curve_fit(lambda x, m, c: m * x + c, x, 3 * x + 2)[0]

    agree(fit, rows)
