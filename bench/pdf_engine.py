"""How quick the PDF is: against plain WeasyPrint, as a table grows, and with two workers.

The plain side is what anybody would write: `HTML(string=…).write_pdf(pdf_variant="pdf/a-3a")`, with the installed fonts, on the
`contract.html` that people get: the same style sheet, ordinary ids, and contents numbered by `target-counter` with a leader.
Ours draws from markup of its own shape (no ids on provisions, the contents laid out behind the rest with page numbers as they stand;
ADR 3). That is fair because both print the same document: before the ratio counts, the words of every page of the two files are
compared and must be equal.

    python -m bench.pdf_engine [ratio|growth|workers] [ROUNDS]
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import pypdfium2 as pdfium
from weasyprint import HTML

from app.domain.documents import DocumentMeta
from app.domain.tree import Instrument
from app.rendering.fonts import ensure_fonts
from app.rendering.html import render_html
from app.rendering.pdf import VARIANT, PdfRenderer
from bench.clocks import Time, median, peak_memory, stopwatch
from tests.rendering.sample import meta_of, with_rows

FONTS = Path(tempfile.gettempdir()) / "chengyue-bench-fonts"
GROWTH_ROWS = (500, 5000)
WORKER_DOCUMENTS = 6

_RENDERER: PdfRenderer | None = None
"""Of a worker process."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians of interleaved runs; ``pages`` and ``size`` of our file."""

    ours: Time
    plain: Time
    rounds: int
    pages: int
    size: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One document drawn in a process of its own: seconds of the second run, peak resident memory in MiB."""

    rows: int
    seconds: float
    peak: float
    pages: int


@dataclass(frozen=True, slots=True)
class Workers:
    """Documents per second with one and with two worker processes, each warm."""

    one: float
    two: float

    @property
    def gain(self) -> float:
        return self.two / self.one


@dataclass(frozen=True, slots=True)
class _Run:
    time: Time
    pages: int
    size: int
    words: str
    """Digest of the text of every page."""


def _run(action: Callable[[], bytes]) -> _Run:
    with stopwatch() as watch:
        content = action()
    document = pdfium.PdfDocument(content)
    try:
        texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()
    return _Run(watch.time, len(texts), len(content), hashlib.sha256("\f".join(texts).encode()).hexdigest())


def _ours(instrument: Instrument, meta: DocumentMeta) -> _Run:
    assert _RENDERER is not None
    renderer = _RENDERER
    return _run(lambda: renderer.render(instrument, meta).content)


def _plain(markup: str) -> _Run:
    return _run(lambda: HTML(string=markup).write_pdf(pdf_variant=VARIANT))


def measure_ratio(instrument: Instrument, meta: DocumentMeta, rounds: int = 7) -> Ratio:
    """Ours against plain on ``instrument``, A B A B, each in a process of its own that lives through all rounds.

    So each side pays for its own garbage and neither tidies up for the other. The first two rounds warm up and are thrown away.
    ``meta`` should be final: a draft mark would be drawn on our side only. Raises RuntimeError if the words of any page differ.
    """
    markup = render_html(instrument, meta)
    context = get_context("spawn")
    runs: list[tuple[_Run, _Run]] = []
    with ProcessPoolExecutor(1, context, initializer=_warm) as mine, ProcessPoolExecutor(1, context) as theirs:
        for _ in range(rounds + 2):
            runs.append((mine.submit(_ours, instrument, meta).result(), theirs.submit(_plain, markup).result()))
    ours, plain = zip(*runs[2:], strict=True)
    if len({run.words for run in (*ours, *plain)}) != 1:
        raise RuntimeError("the two sides do not print the same pages")
    return Ratio(median([r.time for r in ours]), median([r.time for r in plain]), rounds, ours[0].pages, ours[0].size)


def draw(rows: int, again: bool = True) -> Drawn:
    """Draw the sample contract with ``rows`` annex rows in this process."""
    renderer = PdfRenderer(ensure_fonts(FONTS))
    if again:
        small = with_rows(8)
        renderer.render(small, meta_of(small, final=True))
    instrument = with_rows(rows)
    since = time.perf_counter()
    made = renderer.render(instrument, meta_of(instrument, final=True))
    seconds = time.perf_counter() - since
    return Drawn(rows, seconds, peak_memory(), made.page_count)


def measure_growth(rows: tuple[int, ...] = GROWTH_ROWS) -> tuple[Drawn, ...]:
    """Each size in a fresh process, so that the peak is its own."""
    results = []
    for count in rows:
        output = subprocess.run(
            [sys.executable, "-m", "bench.pdf_engine", "draw", str(count)], check=True, capture_output=True, text=True
        ).stdout
        results.append(Drawn(**json.loads(output.splitlines()[-1])))
    return tuple(results)


def _warm() -> None:
    global _RENDERER
    _RENDERER = PdfRenderer(ensure_fonts(FONTS))
    _work(8)


def _work(rows: int) -> int:
    assert _RENDERER is not None
    instrument = with_rows(rows)
    return _RENDERER.render(instrument, meta_of(instrument, final=True)).page_count


def measure_workers(documents: int = WORKER_DOCUMENTS) -> Workers:
    """Throughput of one and of two preloaded processes."""
    rates = []
    for count in (1, 2):
        with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_warm) as pool:
            list(pool.map(_work, [8] * count * 2))
            since = time.perf_counter()
            list(pool.map(_work, [60] * documents))
            rates.append(documents / (time.perf_counter() - since))
    return Workers(*rates)


def main(arguments: list[str]) -> None:
    part = arguments[0] if arguments else "ratio"
    if part == "draw":
        print(json.dumps(asdict(draw(int(arguments[1])))))
    elif part == "growth":
        first, *others = measure_growth()
        print(first)
        for other in others:
            print(other, f"{other.seconds / first.seconds:.1f} x the time of {first.rows} rows")
    elif part == "workers":
        result = measure_workers()
        print(result, f"gain {result.gain:.2f}")
    else:
        instrument = with_rows(60)
        measured = measure_ratio(instrument, meta_of(instrument, final=True), int(arguments[1]) if len(arguments) > 1 else 7)
        ours, plain = measured.ours, measured.plain
        print(measured, f"ratio {ours.processor / plain.processor:.2f}, by the wall clock {ours.wall / plain.wall:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
