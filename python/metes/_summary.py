"""What `metes run` says at a program's end: one screen about where the memory went."""

from __future__ import annotations

from . import _native, memory

_ROWS = 5


def size(count):
    """Bytes as people read them."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1024
    return None


def place(name):
    """The name of a place."""
    return name or "not known where"


def section(title, rows):
    """A heading with rows, if there are any."""
    return [title, *(f"  {row}" for row in rows)] if rows else []


def text(profile=None):
    """The summary."""
    now = memory.stats()
    limit = memory.get_limit()
    lines = [
        f"metes: arrays held at most {size(now.peak_bytes)} in {now.peak_count:,} blocks, "
        f"of {size(now.total_bytes)} in {now.total_count:,} made"
        + (f"; limit {size(limit)}" if limit is not None else ""),
        *([f"  the peak was reached at {peak}"] if (peak := _native._memory_peak_site()) else []),
        f"  pool: {size(now.reused_bytes)} handed out again without asking the system; "
        f"{size(now.cached_bytes)} kept, {size(now.reserved_bytes)} set aside in all",
        f"  foreign: {size(now.unmanaged_bytes)} of {size(memory.rss())} resident are not arrays'",
    ]
    live = [h for h in memory.live("site", None) if h.bytes][:_ROWS]
    lines += section("still held, by place:", [f"{size(h.bytes):>12} {h.count:>7,}  {place(h.name)}" for h in live])
    temporaries = memory.temporaries()[:_ROWS]
    lines += section(
        "temporaries, by place:", [f"{size(t.bytes):>12} {t.count:>7,}  {place(t.site)}" for t in temporaries]
    )
    pins = memory.pinned()[:_ROWS]
    lines += section(
        "small views that keep large blocks:",
        [f"{size(p.pinned):>12} for {size(p.logical)}  {p.holder}" for p in pins],
    )
    leaks = [leak for leak in memory.leaks() if leak.kind in ("ownerless", "cycle")][:_ROWS]
    lines += section("leaks:", [str(leak) for leak in leaks])
    gaps = memory.fragmentation()
    # Shares of next to nothing say nothing.
    if max(now.current_bytes, gaps.gap_bytes) >= 1 << 20:
        lines.append(
            f"fragmentation: {gaps.internal:.0%} lost to rounding, {gaps.retained:.0%} kept free, "
            f"{size(gaps.gap_bytes)} in gaps between small arrays"
        )
    if profile is not None:
        lines.append(f"capture: {profile}; `metes report {profile}` reads it")
    return "\n".join(lines)
