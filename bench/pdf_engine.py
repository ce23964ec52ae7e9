"""How quick the PDF is: against plain WeasyPrint on the same HTML, as a table grows, and with two workers.

    python -m bench.pdf_engine [ratio|growth|workers] [ROUNDS]

Each part prints and returns plain values; ``bench`` puts them into docs/benchmarks.md. The plain side is what anybody would
write: ``HTML(string=...).write_pdf(pdf_variant="pdf/a-3a")`` on the same markup and style sheet with the installed fonts.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from weasyprint import HTML

from app.domain.documents import DocumentMeta
from app.domain.tree import Instrument
from app.rendering.fonts import ensure_fonts
from app.rendering.html import render_html
from app.rendering.pdf import VARIANT, PdfRenderer
from tests.rendering.sample import meta_of, with_rows

FONTS = Path(tempfile.gettempdir()) / "chengyue-bench-fonts"
GROWTH_ROWS = (500, 5000)
WORKER_DOCUMENTS = 6


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians in seconds of interleaved runs; ``pages`` and ``size`` of our file."""

    ours: float
    plain: float
    rounds: int
    pages: int
    size: int

    @property
    def ratio(self) -> float:
        return self.ours / self.plain


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


def _timed(action: Callable[[], object]) -> float:
    gc.collect()
    since = time.perf_counter()
    action()
    return time.perf_counter() - since


def measure_ratio(instrument: Instrument, meta: DocumentMeta, rounds: int = 7) -> Ratio:
    """Ours against plain on ``instrument``, A B A B, the first round thrown away. ``meta`` should be final: no draft mark."""
    renderer = PdfRenderer(ensure_fonts(FONTS))
    markup = render_html(instrument, meta)
    made = renderer.render(instrument, meta)
    ours: list[float] = []
    plain: list[float] = []
    for index in range(rounds + 1):
        mine = _timed(lambda: renderer.render(instrument, meta))
        theirs = _timed(lambda: HTML(string=markup).write_pdf(pdf_variant=VARIANT))
        if index:
            ours.append(mine)
            plain.append(theirs)
    return Ratio(statistics.median(ours), statistics.median(plain), rounds, made.page_count, len(made.content))


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
    return Drawn(rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, made.page_count)


def measure_growth(rows: tuple[int, ...] = GROWTH_ROWS) -> tuple[Drawn, ...]:
    """Each size in a fresh process, so that the peak is its own."""
    results = []
    for count in rows:
        output = subprocess.run(
            [sys.executable, "-m", "bench.pdf_engine", "draw", str(count)], check=True, capture_output=True, text=True
        ).stdout
        results.append(Drawn(**json.loads(output.splitlines()[-1])))
    return tuple(results)


_RENDERER: PdfRenderer | None = None


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
        print(measured, f"ratio {measured.ratio:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
