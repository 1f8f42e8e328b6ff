"""The sums of land.py, written plainly in NumPy: it holds the mask whole, and a float64 product of its size."""

import json
import sys
import time

import numpy as np
from machine import peak_rss


def measure(path):
    """The share of land in total, by row and by tile of a map."""
    data = np.load(path)
    w = np.cos(np.radians(data["lat"]))
    land = ~data["mask"]
    rows, cols = land.shape
    tile = max(1, rows // 540)
    weighted = (land * w[:, None]).sum()
    by_row = land.mean(axis=1)
    tiles = land.reshape(rows // tile, tile, cols // tile, tile).mean(axis=(1, 3))
    return float(weighted / (w.sum() * cols)), by_row, tiles


start = time.perf_counter()
share, _, _ = measure(sys.argv[1])
print(json.dumps({"share": share, "seconds": time.perf_counter() - start, "rss": peak_rss()}))
