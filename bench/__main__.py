"""``python -m bench``: every measurement of speed and memory; writes docs/benchmarks.md.

    python -m bench [pdf] [docx] [whole] [preview] [cold] [workers] [growth] [signing] [register] [tick]

With names of parts it measures only those, prints them and leaves the file alone.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.rendering.html import render_preview
from app.services.drafting import build
from app.services.generation import identity
from app.wiring import now
from bench import pdf_engine, subjects
from bench.clocks import Time, interleaved, median, peak_memory, run_timed, stopwatch

ROUNDS = 7
TARGET = Path("docs/benchmarks.md")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report; ``wall`` is the same ratio by the wall clock, where the verdict goes by processor time."""

    what: str
    ours: str
    peer: str = "-"
    figure: str = "-"
    wall: str = "-"
    target: str = "-"
    met: bool | None = None

    def __str__(self) -> str:
        verdict = "-" if self.met is None else "met" if self.met else "MISSED"
        return f"| {self.what} | {self.ours} | {self.peer} | {self.figure} | {self.wall} | {self.target} | {verdict} |"


def _ratio(what: str, ours: Time, peer: Time, limit: float) -> Line:
    """Judged by processor time."""
    ratio = ours.processor / peer.processor
    return Line(what, str(ours), str(peer), f"{ratio:.2f}", f"{ours.wall / peer.wall:.2f}", f"≤ {limit}", ratio <= limit)


def pdf() -> Iterator[Line]:
    made = subjects.compiled(subjects.wiring())
    found = pdf_engine.measure_ratio(made.instrument, identity(made.instrument, now(), final=True), ROUNDS)
    what = f"PDF/A-3a, tagged, {found.pages} pages, against plain WeasyPrint with the installed fonts"
    yield _ratio(what, found.ours, found.plain, 0.60)


def docx() -> Iterator[Line]:
    wiring = subjects.wiring()
    made, tools = subjects.compiled(wiring), wiring.tools
    final = identity(made.instrument, now(), final=True)
    pages = tools.pdf.render(made.instrument, final).pages
    ours, plain = interleaved(
        ROUNDS, lambda: tools.docx(made.instrument, final, pages=pages), subjects.plain_docxtpl(made.instrument)
    )
    yield _ratio("DOCX with controls, bookmarks, REF fields, contents, against plain docxtpl on equal text", ours, plain, 2.0)


def whole() -> Iterator[Line]:
    wiring = subjects.wiring()
    made = subjects.compiled(wiring)
    final = identity(made.instrument, now(), final=True)
    draft, alone = interleaved(
        ROUNDS, lambda: subjects.whole_draft(wiring), lambda: wiring.tools.pdf.render(made.instrument, final)
    )
    what = "Whole draft, warm (answers, 48 rules, all documents, proof) against our PDF alone"
    yield _ratio(what, draft, alone, 1.5)


def preview() -> Iterator[Line]:
    wiring = subjects.wiring()
    entered = subjects.answers(wiring)
    (taken,) = interleaved(ROUNDS, lambda: render_preview(build(wiring.reference, entered, subjects.TODAY)[1]))
    yield Line(
        "Preview after one answer changed, on the server", str(taken), target="≤ 150 ms", met=taken.processor <= 0.150
    )  # fmt: skip


def cold() -> Iterator[Line]:
    """The command line in a process of its own."""
    example = Path("clauses/after_sales_outsourcing/example.yaml")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "app", "draft", str(example), "--out", folder, "--today", "2026-11-22"]
        runs = [run_timed(command) for _ in range(ROUNDS + 1)][1:]
    taken, peak = median([time for time, _ in runs]), max(memory for _, memory in runs)
    yield Line("Whole draft, cold (`python -m app draft`)", str(taken), figure=f"peak {peak:.0f} MiB")


def workers() -> Iterator[Line]:
    gain = pdf_engine.measure_workers()
    yield Line(
        "Two workers against one (documents per second, by the wall clock)", f"{gain.two:.2f}", f"{gain.one:.2f}",
        wall=f"{gain.gain:.2f}", target="≥ 1.7", met=gain.gain >= 1.7,
    )  # fmt: skip


def growth() -> Iterator[Line]:
    """500 against 5,000 rows of the service list, the whole draft, each once in a fresh process."""
    results = []
    for rows in (500, 5000):
        command = [sys.executable, "-m", "bench", "rows", str(rows)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results.append(json.loads(output.splitlines()[-1]))
    small, large = (Time(r["wall"], r["processor"]) for r in results)
    yield _ratio("Annex of 5,000 rows against 500, whole draft", large, small, 12)
    peak = results[1]["peak"]
    yield Line("Peak memory with 5,000 rows", f"{peak:.0f} MiB", target="≤ 1,536 MiB", met=peak <= 1536)


def _rows(count: int) -> None:
    wiring = subjects.wiring()
    with stopwatch() as watch:
        subjects.whole_draft(wiring, count)
    print(json.dumps(asdict(watch.time) | {"peak": peak_memory()}))


def signing() -> Iterator[Line]:
    from bench.signing import measure

    found = measure(ROUNDS)
    what = f"PAdES B-LTA signature on {found.pages} tagged pages, with marks and appearance, against plain pyHanko"
    yield _ratio(what, found.signing, found.peer_signing, 1.3)
    rate = 1 / found.timestamped.processor
    yield Line("Timestamped signatures (B-T) per second and core, same file", str(found.timestamped), figure=f"{rate:.1f}")
    yield _ratio(
        "Verifying five signatures and an archive timestamp, tagged against untagged", found.verifying, found.untagged, 3.0
    )
    what = "The same against pyHanko's validation of each signature"
    yield Line(
        what, str(found.verifying), str(found.peer_verifying), f"{found.verifying.processor / found.peer_verifying.processor:.2f}"
    )  # fmt: skip


def register() -> Iterator[Line]:
    from bench.register import LARGE, SMALL, measure

    for found in measure():
        kind = "Register page" if found.kind == "page" else "Search of common and rare words"
        what = f"{kind}, {found.database}, 95th percentile over {found.requests} requests: {LARGE:,} contracts against {SMALL:,}"
        yield _ratio(what, found.large, found.small, 2.0)


def tick() -> Iterator[Line]:
    from bench.tick import DUE, LARGE, SMALL, measure

    for found in measure():
        what = f"A tick of the clock with {DUE} reminders due, {found.database}: {LARGE:,} contracts against {SMALL:,}"
        yield _ratio(what, found.large, found.small, 1.5)


PARTS: tuple[Callable[[], Iterator[Line]], ...] = (pdf, docx, whole, preview, cold, workers, growth, signing, register, tick)


def report(lines: Sequence[Line]) -> str:
    return (
        "# Benchmarks\n\n"
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. Subject: the demonstration contract. Medians of {ROUNDS} interleaved runs, the first run "
        "thrown away; growth and workers are single runs in fresh processes.\n\n"
        "Times are processor time, with the wall clock's in parentheses. Ratios are judged by processor time, which other work on the "
        "machine disturbs far less; the same ratio by the wall clock stands beside it.\n\n"
        "| what | ours | peer | ratio | by wall clock | target | verdict |\n|---|---|---|---|---|---|---|\n"
        + "".join(f"{line}\n" for line in lines)
        + "\n## What the PDF is compared with\n\n"
        + " ".join((pdf_engine.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0].split())
        + "\n"
    )


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["rows"]:
        _rows(int(arguments[1]))
        return
    unknown = set(arguments) - {part.__name__ for part in PARTS}
    if unknown:
        raise SystemExit(f"unknown part: {', '.join(sorted(unknown))}\n{__doc__}")
    lines: list[Line] = []
    for part in PARTS:
        if arguments and part.__name__ not in arguments:
            continue
        print(f"… {part.__name__}", file=sys.stderr, flush=True)
        for line in part():
            print(line, flush=True)
            lines.append(line)
    if not arguments:
        TARGET.write_text(report(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
