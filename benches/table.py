"""The tables on the terminal: one line of ratios for each operation, dtype, layout and number of threads."""


def head(about):
    """What ran, on what."""
    who = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    memory = "; ".join(f"{name} {value / 1e9:.1f} GB/s" for name, value in about["memory"].items())
    return f"{who}\n{about['machine']}; memory: {memory}\nTime of Metes / time of NumPy; below 1 Metes is quicker."


def show_case(case, results, args):
    """Prints the rows of one operation."""
    cells = [c for c in results.cells.values() if c["name"] == case.name and c["group"] == case.group]
    sizes = [size for size in args.sizes if any(c["size"] == size for c in cells)]
    print(f"\n{case.name:<38}" + "".join(f"{size:>12,}" for size in sizes))
    rows = {}
    for cell in cells:
        rows.setdefault((cell["threads"], cell["dtype"], cell["layout"]), {})[cell["size"]] = cell
    for (threads, dtype, layout), row in rows.items():
        title = f"  {dtype}, {layout}, {threads} thread{'s' * (threads > 1)}"
        print(f"{title:<38}" + "".join(f"{ratio_text(row.get(size)):>12}" for size in sizes))
        for other in ("numexpr", "bottleneck"):
            if any(other in cell.get("times", {}) for cell in row.values()):
                texts = [ratio_text(row.get(size), other) for size in sizes]
                print(f"{'    beside ' + other:<38}" + "".join(f"{text:>12}" for text in texts))
    most = max((cell for cell in cells if "scratch" in cell), key=lambda cell: cell["scratch"], default=None)
    if most and most["scratch"] > 0:
        print(
            f"  most scratch: {most['scratch']:,} bytes ({most['dtype']}, {most['layout']}, {most['size']:,})",
            flush=True,
        )


def ratio_text(cell, other="numpy"):
    """A ratio, or why there is none."""
    if cell is None:
        return ""
    if "failed" in cell:
        return "failed"
    times = cell["times"]
    return f"{times['metes']['ns'] / times[other]['ns']:.2f}" if other != "numpy" else f"{times['metes']['ratio']:.2f}"
