"""How well a scan of the print copy is told from the text: ``python -m bench.scan_check [SEED]`` prints what was marked under each kind of scanning.

The demonstration contract's pages are made scans of, sound ones and such with one Chinese character or one digit exchanged for another of the same
page. The figures stand in ADR 22; they say what a person must not rely on.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from app.domain.paper_signing import CopyIdentity, PrintCopy, SheetState, judge
from app.intake.scans import read_scans
from app.rendering.print_copy import print_copy
from app.services.generation import identity
from app.wiring import now
from bench import subjects
from tests.intake.scanning import exchanged, jpeg, page_of, scanned, words_of

EACH, SOUND = 10, 8


@dataclass(frozen=True, slots=True)
class Scanning:
    """``angle`` in degrees, JPEG ``quality``, ``noise`` as a share of the picture."""

    dpi: int
    angle: float = 0.7
    quality: int = 75
    noise: float = 0.12

    def __str__(self) -> str:
        return f"{self.dpi} dpi, {self.angle}°, JPEG {self.quality}, noise {self.noise:.0%}"


WAYS = (
    Scanning(200), Scanning(150), Scanning(300), Scanning(200, angle=2.5), Scanning(200, angle=5), Scanning(200, quality=35),
    Scanning(200, noise=0.25), Scanning(150, 2.5, 35, 0.25),
)  # fmt: skip


def _is_chinese(character: str) -> bool:
    return "一" <= character <= "鿿"


def _exchange(copy: PrintCopy, pages: int, chance: random.Random, fits: Callable[[str], bool], dpi: int) -> tuple[bytes, int]:
    """A picture of a page with one character exchanged, and its number."""
    while True:
        number = chance.randint(2, pages)
        text = words_of(copy.content, number)
        places = [n for n, character in enumerate(text) if fits(character)]
        if len({text[n] for n in places}) < 5:
            continue
        goes = chance.choice(places)
        comes = chance.choice([n for n in places if text[n] != text[goes]])
        return jpeg(exchanged(copy.content, number, [(goes, comes)], dpi), 95), number


def _marked(copy: PrintCopy, about: CopyIdentity, scans: Sequence[bytes]) -> tuple[int, int]:
    """How many sheets were marked as changed, and how many were not comparable. Each is judged by itself: pages may come twice."""
    states = [judge([sheet], about).sheets[0].state for sheet in read_scans(copy, about, scans)[0]]
    return states.count(SheetState.CHANGED) + states.count(SheetState.ADDED), states.count(SheetState.UNCOMPARED)


def measure(seed: int) -> None:
    made = subjects.compiled(subjects.wiring())
    tools = subjects.wiring().tools
    rendered = tools.pdf.render(made.instrument, identity(made.instrument, now(), final=True), lambda _pages: {})
    about = CopyIdentity("SHFW-2026-0001", "1", rendered.page_count, "ab" * 32)
    copy = print_copy(rendered.content, about)
    print(f"seed {seed}, {rendered.page_count} pages; marked / looked at (not comparable)")
    for way in WAYS:
        chance = random.Random(seed)

        def scan(picture: Image.Image, number: int, way: Scanning = way) -> bytes:
            return jpeg(scanned(picture, way.angle, number, way.quality, way.noise), way.quality)

        sound = chance.sample(range(2, rendered.page_count + 1), SOUND)
        found = [_marked(copy, about, [scan(page_of(copy.content, n, way.dpi), n) for n in sound])]
        for fits in (_is_chinese, str.isdigit):
            made_scans = []
            for _ in range(EACH):
                picture, number = _exchange(copy, rendered.page_count, chance, fits, way.dpi)
                made_scans.append(scan(Image.open(BytesIO(picture)).convert("RGB"), number))
            found.append(_marked(copy, about, made_scans))
        told = [f"{marked}/{all_of} ({lost})" for (marked, lost), all_of in zip(found, (SOUND, EACH, EACH), strict=True)]
        print(f"{way}: sound {told[0]}, characters {told[1]}, digits {told[2]}", flush=True)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20261129)
