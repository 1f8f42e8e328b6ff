"""The results as one page that needs nothing else: a chart for each operation, the goals, the numbers behind."""

import html
import math
import pathlib

import goals
import table

# Colours that are told apart by those who see fewer; one for each dtype, in the order of the list.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 340, 190, 38, 8, 8, 24
LOW, HIGH = 1 / 16, 16

STYLE = pathlib.Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def write(path, about, results):
    """Writes the page."""
    cells = [cell for cell in results.cells.values() if "times" in cell]
    dtypes = list(dict.fromkeys(cell["dtype"] for cell in cells))
    colour = dict(zip(dtypes, COLOURS, strict=False))
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Metes beside NumPy</title><style>{STYLE}</style><h1>Metes beside NumPy</h1>",
        f"<p>{'<br>'.join(map(html.escape, table.head(about).splitlines()))}</p>",
        "<p class='legend'>" + "".join(f"<span><i style='background:{c}'></i>{d}</span>" for d, c in colour.items()),
        "Solid: contiguous; dashed: other layouts. Both axes are logarithmic; in the shaded half Metes is quicker.</p>",
        f"<pre>{html.escape(goals.report(results.cells.values(), about['memory']).strip())}</pre>",
    ]
    for threads in sorted({cell["threads"] for cell in cells}):
        parts.append(f"<h2>{threads} thread{'s' * (threads > 1)}</h2><div class='charts'>")
        names = dict.fromkeys((c["group"], c["name"]) for c in cells if c["threads"] == threads)
        for key in names:
            own = [c for c in cells if c["threads"] == threads and (c["group"], c["name"]) == key]
            parts.append(f"<figure><figcaption>{html.escape(key[1])}</figcaption>{chart(own, colour)}</figure>")
        parts.append("</div>")
    parts.append(
        f"<h2>Numbers</h2><details><summary>{len(cells):,} cells</summary>{numbers(cells, about)}</details></html>"
    )
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


def chart(cells, colour):
    """Ratios over sizes, a line for each dtype and layout."""
    sizes = sorted({cell["size"] for cell in cells})
    low, high = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 1)

    def x(size):
        return LEFT + (math.log10(size) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(ratio):
        share = math.log(min(max(ratio, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    parts = [f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>"]
    parts.append(
        f"<rect x='{LEFT}' y='{y(1):.1f}' width='{WIDTH - LEFT - RIGHT}' height='{y(LOW) - y(1):.1f}' class='good'/>"
    )
    for ratio, text in ((1 / 16, "1/16"), (1 / 4, "1/4"), (1, "1"), (4, "4"), (16, "16")):
        parts.append(
            f"<line class='{'one' if ratio == 1 else 'grid'}' x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(ratio):.1f}' "
            f"y2='{y(ratio):.1f}'/><text x='{LEFT - 6}' y='{y(ratio) + 3:.1f}' text-anchor='end'>{text}</text>"
        )
    for size in sizes:
        label = f"{size:,}" if size < 1000 else f"1e{round(math.log10(size))}"
        parts.append(f"<text x='{x(size):.1f}' y='{HEIGHT - 8}' text-anchor='middle'>{label}</text>")
    lines = {}
    for cell in sorted(cells, key=lambda cell: cell["size"]):
        lines.setdefault((cell["dtype"], cell["layout"]), []).append(cell)
    for (dtype, layout), line in lines.items():
        points = [(x(c["size"]), y(c["times"]["metes"]["ratio"])) for c in line]
        dash = "" if layout == "contiguous" else " stroke-dasharray='3 3' opacity='.6'"
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour[dtype]}' stroke-width='1.6'{dash}/>")
        for cell, (a, b) in zip(line, points, strict=True):
            told = f"{dtype}, {layout}, {cell['size']:,}: {cell['times']['metes']['ratio']:.2f}"
            parts.append(
                f"<circle cx='{a:.1f}' cy='{b:.1f}' r='2.4' fill='{colour[dtype]}'><title>{told}</title></circle>"
            )
    return "".join(parts) + "</svg>"


def numbers(cells, about):
    """All cells as a table: times, ratios, share of the memory's bandwidth, scratch."""
    best = max(about["memory"].values(), default=0)
    rows = [
        "<table><tr><th>operation<th>elements<th>Metes ns<th>NumPy ns<th>ratio<th>others<th>bandwidth<th>scratch</tr>"
    ]
    for cell in cells:
        times, ours = cell["times"], cell["times"]["metes"]["ns"]
        title = f"{cell['name']}, {cell['dtype']}, {cell['layout']}, {cell['threads']} thr."
        others = ", ".join(f"{name} {ours / times[name]['ns']:.2f}" for name in times if name not in ("metes", "numpy"))
        share = f"{cell['moved'] / ours * 1e9 / best:.0%}" if best and cell.get("moved") and cell["size"] >= 1e6 else ""
        rows.append(
            f"<tr><td>{html.escape(title)}<td>{cell['size']:,}<td>{ours:,.0f}<td>{times['numpy']['ns']:,.0f}"
            f"<td>{times['metes']['ratio']:.2f}<td>{others}<td>{share}<td>{cell['scratch']:,}</tr>"
        )
    return "".join(rows) + "</table>"
