"""What share of the Earth is land? Counted in a mask of 933 million cells, with 64 MiB for arrays.

The mask lies compressed in an .npz file and is never held whole: `measure` is plain array code, and Metes reads the
file in parts that fit the limit. The rest of this file shows what that took, beside the same sum written in NumPy.
"""

import argparse
import importlib.util
import os
import pathlib
import sys
import time

import metes as mt
from machine import peak_rss, run_numpy
from png import write_png

LIMIT = "64 MiB"
MOST_RSS = 160 * 2**20
MIB = 2**20


def measure(path, capture):
    """The share of land in total, by row and by tile of a map; with the plan and the memory that it took."""
    data = mt.open(path)
    lat = data["lat"].compute()
    w = mt.cos(lat * (mt.pi / 180))  # the width of a row on the globe
    land = ~data["mask"]  # the mask is true on water
    rows, cols = land.shape
    tile = max(1, rows // 540)

    weighted = (land * w[:, None]).sum()
    by_row = land.mean(axis=1)
    tiles = land.reshape(rows // tile, tile, cols // tile, tile).mean(axis=(1, 3))

    plan = mt.plan(weighted, by_row, tiles)
    mt.memory.reset_peak()
    before = mt.memory.stats().current_bytes
    with mt.memory.profile(capture):
        weighted, by_row, tiles = mt.compute(weighted, by_row, tiles, progress=True)
    peak = mt.memory.stats().peak_bytes

    share = float(weighted) / (float(w.sum()) * cols)
    bands = (by_row * w).reshape(18, rows // 18).sum(axis=1) / w.reshape(18, rows // 18).sum(axis=1)
    north_up = slice(None) if float(lat[0]) > float(lat[-1]) else slice(None, None, -1)
    return share, bands[north_up], tiles[north_up], plan, peak, peak - before


def draw(tiles, path):
    """The map: from water to land by the share of land in each tile."""
    water, land = mt.asarray([214.0, 228.0, 240.0]), mt.asarray([58.0, 110.0, 78.0])
    write_png(path, mt.rint(water + tiles[:, :, None] * (land - water)).astype("uint8"))


def show_bands(bands):
    """A row for each ten degrees, from the north."""
    print("\n  latitude        land")
    for band, share in enumerate(bands.tolist()):
        top = 90 - 10 * band
        print(f"  {top:>4}° to {top - 10:>4}°  {share:6.1%}  {'█' * round(40 * share)}")


def show_table(ours, theirs):
    """Metes beside NumPy: peak of physical memory and time."""
    print(f"\n  {'':<8}{'peak RSS':>14}{'time':>10}")
    for name, row in (("Metes", ours), ("NumPy", theirs)):
        print(f"  {name:<8}{row['rss'] / MIB:>10,.0f} MiB{row['seconds']:>8.2f} s")
    print(f"  {'ratio':<8}{ours['rss'] / theirs['rss']:>14.3f}{ours['seconds'] / theirs['seconds']:>10.2f}")


def find_mask():
    """Where the package global-land-mask keeps its file; the package itself, which needs NumPy, is not imported."""
    package = importlib.util.find_spec("global_land_mask")
    if package is None:
        sys.exit("The mask is in the package global-land-mask: pip install --no-deps global-land-mask")
    return pathlib.Path(package.origin).with_name("globe_combined_mask_compressed.npz")


def main():
    """Measures, shows, compares; the exit code is 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mask", type=pathlib.Path, help="an .npz file with mask, lat and lon, in place of the real one"
    )
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"), help="where the files go")
    args = parser.parse_args()
    path = args.mask or find_mask()
    args.out.mkdir(parents=True, exist_ok=True)
    capture, report, picture = (args.out / name for name in ("land.metes", "land.html", "land.png"))

    mt.memory.set_limit(LIMIT)
    start = time.perf_counter()
    share, bands, tiles, plan, peak, increase = measure(path, capture)
    ours = {"share": share, "seconds": time.perf_counter() - start, "rss": peak_rss()}
    draw(tiles, picture)
    mt.memory.report(capture, report)

    print(f"\nLand covers {share:.2%} of the Earth.")
    show_bands(bands)
    print(f"\n{plan}\n")
    limit = mt.memory.get_limit()
    equal = "equal" if increase == plan.peak_bytes else "NOT equal"
    print(f"predicted peak   {plan.peak_bytes:>13,} bytes")
    print(f"measured peak    {increase:>13,} bytes above what was live before: {equal}")
    print(f"ledger's peak    {peak:>13,} bytes of the {limit:,} allowed")
    print(f"process's peak   {ours['rss']:>13,} bytes of physical memory, the interpreter included")
    print(f"time             {ours['seconds']:>13.2f} s")

    promises = {
        "the ledger's peak stays under the limit": peak <= limit,
        "the plan's peak is the ledger's": increase == plan.peak_bytes,
        f"the process stays under {MOST_RSS // MIB} MiB": ours["rss"] <= MOST_RSS,
    }
    if args.mask is None:
        promises["the share is within 0.5 points of 29.2 %"] = abs(100 * share - 29.2) <= 0.5
    theirs = run_numpy(path)
    if theirs is not None:
        show_table(ours, theirs)
        difference = abs(share - theirs["share"]) / abs(theirs["share"])
        print(f"\nrelative difference of the two answers: {difference:.1e}")
        promises["the answer is NumPy's to 1e-9"] = difference <= 1e-9

    print("\nwritten: " + ", ".join(os.fspath(file) for file in (picture, report, capture)))
    broken = [promise for promise, kept in promises.items() if not kept]
    for promise in broken:
        print(f"BROKEN PROMISE: {promise}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
