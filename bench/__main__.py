"""``python -m bench``: every measurement of section L; prints ratios and writes docs/benchmarks.md.

Medians of interleaved runs in one process; the machine drifts, so the ratios count and the milliseconds do not.
"""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.rendering.html import render_preview
from app.services.drafting import build
from app.services.generation import identity
from app.wiring import now
from bench import pdf_engine, subjects

ROUNDS = 7
TARGET = Path("docs/benchmarks.md")
Line = tuple[str, str, str, str]


def interleaved(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """The median seconds of each action, run in turn; the first round is thrown away."""
    times: list[list[float]] = [[] for _ in actions]
    for index in range(rounds + 1):
        for slot, action in zip(times, actions, strict=True):
            gc.collect()
            since = time.perf_counter()
            action()
            if index:
                slot.append(time.perf_counter() - since)
    return [statistics.median(slot) for slot in times]


def verdict(value: float, limit: float, *, above: bool = False) -> str:
    good = value >= limit if above else value <= limit
    return "met" if good else "MISSED"


def documents(lines: list[Line]) -> None:
    wiring = subjects.wiring()
    made = subjects.compiled(wiring)
    final = identity(made.instrument, now(), final=True)
    ratio = pdf_engine.measure_ratio(made.instrument, final, ROUNDS)
    lines.append((
        f"PDF/A-3a, tagged, {ratio.pages} pages, against plain WeasyPrint on the same HTML", f"{ratio.ours * 1000:.0f} / {ratio.plain * 1000:.0f} ms",
        f"{ratio.ratio:.2f} (≤ 0.60)", verdict(ratio.ratio, 0.60),
    ))  # fmt: skip
    tools = wiring.tools
    pages = tools.pdf.render(made.instrument, final).pages
    ours, plain = interleaved(
        ROUNDS, lambda: tools.docx(made.instrument, final, pages=pages), subjects.plain_docxtpl(made.instrument)
    )
    lines.append((
        "DOCX with controls, bookmarks, REF fields, contents, against plain docxtpl on equal text", f"{ours * 1000:.0f} / {plain * 1000:.0f} ms",
        f"{ours / plain:.2f} (≤ 2.0)", verdict(ours / plain, 2.0),
    ))  # fmt: skip
    whole, alone = interleaved(ROUNDS, lambda: subjects.whole_draft(wiring), lambda: tools.pdf.render(made.instrument, final))
    lines.append((
        "Whole draft, warm (answers, 48 rules, all documents, proof) against our PDF alone", f"{whole * 1000:.0f} / {alone * 1000:.0f} ms",
        f"{whole / alone:.2f} (≤ 1.5)", verdict(whole / alone, 1.5),
    ))  # fmt: skip
    entered = subjects.answers(wiring)

    def refresh() -> None:
        render_preview(build(wiring.reference, entered, subjects.TODAY)[1])

    (preview,) = interleaved(ROUNDS, refresh)
    lines.append(
        ("Preview after one answer changed, on the server", f"{preview * 1000:.0f} ms", "≤ 150 ms", verdict(preview, 0.150))
    )


def cold(lines: list[Line]) -> None:
    """The command line in a process of its own."""
    example = Path("clauses/after_sales_outsourcing/example.yaml")
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(ROUNDS + 1):
            since = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "app", "draft", str(example), "--out", folder, "--today", "2026-11-22"],
                check=True,
                capture_output=True,
            )
            if index:
                seconds.append(time.perf_counter() - since)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines.append(
        ("Whole draft, cold (`python -m app draft`)", f"{statistics.median(seconds):.2f} s", f"peak {peak:.0f} MiB", "-")
    )


def growth(lines: list[Line]) -> None:
    """500 against 5,000 rows of the service list, the whole draft, each in a fresh process."""
    results = []
    for rows in (500, 5000):
        output = subprocess.run(
            [sys.executable, "-m", "bench", "whole", str(rows)], check=True, capture_output=True, text=True
        ).stdout.split()
        results.append((float(output[-2]), float(output[-1])))
    (small, _), (large, peak) = results
    lines.append((
        "Annex of 5,000 rows against 500, whole draft", f"{large:.1f} / {small:.1f} s", f"{large / small:.1f} (≤ 12)", verdict(large / small, 12),
    ))  # fmt: skip
    lines.append(("Peak memory with 5,000 rows", f"{peak:.0f} MiB", "≤ 1,536 MiB", verdict(peak, 1536)))


def whole(rows: int) -> None:
    wiring = subjects.wiring()
    since = time.perf_counter()
    subjects.whole_draft(wiring, rows)
    print(time.perf_counter() - since, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def workers(lines: list[Line]) -> None:
    gain = pdf_engine.measure_workers()
    lines.append((
        "Two workers against one (documents per second)", f"{gain.two:.2f} / {gain.one:.2f}", f"{gain.gain:.2f} (≥ 1.7)", verdict(gain.gain, 1.7, above=True),
    ))  # fmt: skip


def report(lines: Sequence[Line]) -> str:
    head = (
        "# Benchmarks\n\n"
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. Medians of {ROUNDS} interleaved runs, first run thrown away; "
        "growth and workers are single runs in fresh processes. Subject: the demonstration contract.\n\n"
        "| what | ours / peer | ratio (target) | verdict |\n|---|---|---|---|\n"
    )
    return head + "".join(f"| {what} | {figures} | {ratio} | {result} |\n" for what, figures, ratio, result in lines)


def main() -> None:
    if sys.argv[1:2] == ["whole"]:
        whole(int(sys.argv[2]))
        return
    lines: list[Line] = []
    for part in (documents, cold, workers, growth):
        print(f"… {part.__name__}", file=sys.stderr, flush=True)
        part(lines)
        for line in lines:
            print("  ".join(line), flush=True)
    TARGET.write_text(report(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
