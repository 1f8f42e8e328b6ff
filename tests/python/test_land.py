"""The example, on a mask small enough for a test: the whole way from a file to the map and the report."""

import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest

LAND = pathlib.Path(__file__).parents[2] / "examples" / "land.py"
ROWS, COLS = 1080, 2160


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    """Land north of 30 degrees, in both orders of latitude."""
    folder = tmp_path_factory.mktemp("masks")
    lat = 90 - (180 / ROWS) * (np.arange(ROWS) + 0.5)
    for name, order in (("north_first", lat), ("south_first", lat[::-1])):
        mask = np.broadcast_to((order < 30)[:, None], (ROWS, COLS))
        np.savez_compressed(folder / name, mask=mask, lat=order, lon=np.linspace(-180, 180, COLS, endpoint=False))
    return folder


def run(*args):
    return subprocess.run([sys.executable, LAND, *map(str, args)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["north_first", "south_first"])
def test_the_example_keeps_its_promises(masks, tmp_path, name):
    done = run("--mask", masks / f"{name}.npz", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    share = (1 - math.sin(math.radians(30))) / 2  # the area of a polar cap
    assert f"Land covers {share:.2%}" in done.stdout
    assert "above what was live before: equal" in done.stdout
    bands = [line.split()[3] for line in done.stdout.splitlines() if "° to" in line]
    assert bands == ["100.0%"] * 6 + ["0.0%"] * 12
    head = (tmp_path / "land.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (COLS // 2, ROWS // 2)
    assert "<svg" in (tmp_path / "land.html").read_text()


def test_a_file_that_is_not_there(tmp_path):
    done = run("--mask", tmp_path / "none.npz", "--out", tmp_path)
    assert done.returncode != 0
    assert "none.npz" in done.stderr
