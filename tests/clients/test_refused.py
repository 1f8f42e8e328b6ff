"""Memory that is refused at every point of programs with pandas and SciPy: each answers as always or raises
`MemoryError`, and leaves nothing.

What is not here fails by itself: wrappers of LAPACK that return several arrays lose those they have.
"""

import runpy
from pathlib import Path

import pytest

SOAK = runpy.run_path(str(Path(__file__).parents[1] / "python" / "test_numpy_soak.py"))

PANDAS = """
import pandas as pd
warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
letters = np.array(list("abcd"))[rng.integers(0, 4, 3000)]
frame = pd.DataFrame({"k": rng.integers(0, 9, 3000), "s": letters, "x": rng.random(3000), "y": rng.random(3000)})
other = pd.DataFrame({"k": np.arange(9), "w": rng.random(9)})
text = frame.to_csv(index=False)

def grouped():
    sums = frame.groupby("k")["x"].agg(["sum", "mean", "max"])
    return sums.round(9).to_numpy().tolist(), frame.groupby("s").size().to_dict()

def merged():
    rows = frame.merge(other, on="k", how="left")
    return float((rows.x * rows.w).sum().round(8)), len(rows)

def pivoted():
    return frame.pivot_table(index="k", columns="s", values="y", aggfunc="mean").round(9).to_numpy().tolist()

def read():
    rows = pd.read_csv(io.StringIO(text))
    return float(rows.x.sum().round(6)), rows.sort_values(["s", "k", "x"]).k.to_list()[:50]

def rolled():
    rows = frame.set_index(pd.date_range("2020-01-01", periods=3000, freq="h"))
    return rows.x.resample("D").mean().round(9).tolist()[:20], float(rows.y.rolling(24).mean().sum().round(6))

most, programs = 12, [grouped, merged, pivoted, read, rolled]
"""

SCIPY = """
import scipy.interpolate, scipy.linalg, scipy.ndimage, scipy.optimize, scipy.signal, scipy.sparse.linalg, scipy.spatial
warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
cloud, noise = rng.random((500, 3)), rng.random(2000)
matrix = scipy.sparse.random(300, 300, 0.05, format="csr", random_state=3) + 3 * scipy.sparse.eye(300, format="csr")

def sparse():
    solved = scipy.sparse.linalg.spsolve(matrix.tocsc(), np.ones(300))
    return float(solved.sum().round(7)), float((matrix @ matrix.T).sum().round(7))

def optimized():
    found = scipy.optimize.minimize(lambda p: ((p - np.arange(4)) ** 2).sum(), np.zeros(4), method="BFGS")
    return found.x.round(4).tolist()

def filtered():
    b, a = scipy.signal.butter(3, 0.2)
    density = scipy.signal.welch(noise, nperseg=256)[1]
    smooth = scipy.ndimage.gaussian_filter(cloud, 1)
    return scipy.signal.filtfilt(b, a, noise)[:50].round(8).tolist(), float(density.sum().round(8)), smooth[0].tolist()

def near():
    curve = scipy.interpolate.CubicSpline(np.arange(50), noise[:50])
    tree = scipy.spatial.cKDTree(cloud)
    return curve(np.linspace(0, 49, 200)).round(8).tolist(), tree.query(cloud[:40], k=3)[1].tolist()

def power():
    return scipy.linalg.expm(cloud.T @ cloud / 100).round(8).tolist()

most, programs = 12, [sparse, optimized, filtered, near, power]
"""


@pytest.mark.parametrize(("library", "programs"), [("pandas", PANDAS), ("scipy", SCIPY)], ids=["pandas", "scipy"])
def test_programs_finish_or_say_that_memory_is_refused(library, programs):
    pytest.importorskip(library)
    SOAK["run"](programs + SOAK["FAULTS"])
