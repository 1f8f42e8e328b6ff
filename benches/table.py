"""The tables on the terminal: one line of ratios for each operation, dtype, layout and number of threads."""

import statistics

# (sizes, groups or operations, dtypes, most that Metes may take of NumPy's time): the goals of the project.
SMALL = ("a + b", "a * 2", "a += b", "a == b", "a < b", "sum", "a[2:6]", "a[3]", "a[3] = y", "reshape", "copy")
GOALS = (
    ("8 to 1,000: arithmetic, comparison, sum, slicing, items, reshape, copy", (8, 1_000), SMALL, 0.6),
    ("10,000 to 100,000: arithmetic", (10_000, 100_000), ("arithmetic",), 0.8),
    ("from 10,000: exp, log, sin, tanh, power", (10_000, 10_000_000), ("exp", "log", "sin", "tanh", "a ** 1.5"), 0.35),
    ("1,000,000: arithmetic", (1_000_000, 1_000_000), ("arithmetic",), 1.0),
    ("10,000,000: arithmetic", (10_000_000, 10_000_000), ("arithmetic",), 0.5),
    ("1,000,000: fused a*b + c", (1_000_000, 1_000_000), ("a*b + c",), 0.75),
    ("1,000,000: other fused", (1_000_000, 1_000_000), ("sqrt(a*a + b*b)", "z-score", "softmax"), 0.45),
    ("10,000,000: fused", (10_000_000, 10_000_000), ("fused",), 0.3),
    ("from 1,000,000: sum, mean, max, argmax", (1_000_000, 10_000_000), ("sum", "sum(axis=0)", "mean", "max"), 0.5),
    ("from 1,000,000: var", (1_000_000, 10_000_000), ("var",), 0.25),
    ("from 1,000,000: sort, argsort, unique", (1_000_000, 10_000_000), ("sort", "argsort", "unique"), 0.8),
    (
        "from 1,000,000: mask, take, astype, concatenate, where, clip",
        (1_000_000, 10_000_000),
        ("a[mask]", "take", "astype", "concatenate", "where", "clip"),
        0.6,
    ),
    ("1000 x 1000: matmul", (1_000_000, 1_000_000), ("matmul",), 1.05),
)


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


def targets(results):
    """The goals, and how many of their float64 cells reach them."""
    lines = ["\nGoals (float64, contiguous, most threads)"]
    fine = [
        c for c in results.cells.values() if "times" in c and c["dtype"] == "float64" and c["layout"] == "contiguous"
    ]
    for title, (low, high), names, goal in GOALS:
        found = {}
        for cell in sorted(fine, key=lambda cell: cell["threads"]):
            if low <= cell["size"] <= high and (cell["name"] in names or cell["group"] in names):
                found[cell["name"], cell["size"]] = cell["times"]["metes"]["ratio"]
        if found:
            reached = sum(ratio <= goal for ratio in found.values())
            median = statistics.median(found.values())
            lines.append(f"  {title:<72} <= {goal:<5} {reached:>3} of {len(found):<3} median {median:.2f}")
    return "\n".join(lines)
