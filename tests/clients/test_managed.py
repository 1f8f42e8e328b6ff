"""Whole programs of other libraries by `metes run --limit`, unchanged: they answer as always, within the limit."""

import subprocess
import sys
import textwrap

import pytest

PROGRAMS = {
    "pandas": """
        import numpy as np, pandas as pd
        rows = np.random.default_rng(1).random((50_000, 4))
        frame = pd.DataFrame(rows, columns=list("abcd")).assign(k=np.arange(50_000) % 11)
        print(frame.groupby("k").mean().sum().round(9).tolist())
        print(frame.sort_values("a").rolling(5).mean().b.iloc[-1].round(9), frame.merge(frame.head(9), on="k").shape)
    """,
    "scipy": """
        import numpy as np, scipy.fft, scipy.linalg, scipy.optimize, scipy.sparse, scipy.signal
        a = np.random.default_rng(2).random((200, 200))
        print(round(float(np.abs(scipy.linalg.svd(a)[0]).sum()), 6), scipy.fft.rfft(a).shape)
        print(scipy.sparse.csr_matrix(a > 0.9).dot(a).sum().round(6), scipy.signal.convolve(a, a[:9, :9]).shape)
        print(scipy.optimize.minimize(lambda x: ((x - 3) ** 2).sum(), np.zeros(5)).x.round(3).tolist())
    """,
    "sklearn": """
        import numpy as np
        from sklearn.cluster import KMeans
        from sklearn.decomposition import PCA
        from sklearn.ensemble import RandomForestClassifier
        x = np.random.default_rng(3).random((800, 6))
        y = (x[:, 0] + x[:, 1] > 1).astype(int)
        print(RandomForestClassifier(20, random_state=0).fit(x, y).predict(x[:50]).tolist())
        print(PCA(2, random_state=0).fit(x).explained_variance_ratio_.round(9).tolist())
        print(sorted(np.bincount(KMeans(3, n_init=2, random_state=0).fit(x).labels_).tolist()))
    """,
    "matplotlib": """
        import io
        import matplotlib
        matplotlib.use("agg")
        import matplotlib.pyplot as plt, numpy as np
        figure, (left, right) = plt.subplots(1, 2)
        left.imshow(np.arange(10_000.0).reshape(100, 100)), right.hist(np.sin(np.arange(9999.0)), 50)
        out = io.BytesIO()
        figure.savefig(out, format="rgba")
        print(len(out.getvalue()), sum(out.getvalue()))
    """,
}


def told(*words):
    """What a program prints, and what it says besides."""
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_program_answers_as_under_python(library, tmp_path):
    pytest.importorskip(library)
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAMS[library]))
    managed = told("-m", "metes", "run", "--limit", "400 MiB", script)
    assert managed.stdout == told(script).stdout != ""
    assert "arrays held at most" in managed.stderr and "limit 400.0 MiB" in managed.stderr, managed.stderr
    refused = subprocess.run(
        [sys.executable, "-m", "metes", "run", "--quiet", "--limit", "64 KiB", str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert refused.returncode == 1 and "MemoryError" in refused.stderr, refused.stderr[-2000:]
