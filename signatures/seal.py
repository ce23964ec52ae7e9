"""Seals that the system draws. They can't pass for a registered physical seal, and are not meant to.

国发〔1999〕25号: the seal of an enterprise is round, at most 4.5 cm wide, with a five-pointed star, carved in shops under police
supervision; drawing one's image is not having one, and forging one is a crime (四、二十六). So the drawn seal has no star, and in its
place 电子签章 with the serial number of the certificate whose signature it shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from signatures.drawing import MM, SEAL_RED, Colour, Drawing, Matrix, Segment, Shape, circle, rectangle
from signatures.errors import SignatureError
from signatures.glyphs import Outlines, outlines

LARGEST = 45.0
"""Millimetres (国发〔1999〕25号 十四)."""
SMALLEST = 30.0
"""Millimetres; below it the serial number can't be read."""
ELECTRONIC = "电子签章"


class SealKind(Enum):
    """Which of an organisation's seals it stands for."""

    OFFICIAL = "official"
    """公章."""
    CONTRACT = "contract"
    """合同专用章."""
    FINANCE = "finance"
    """财务专用章."""
    REPRESENTATIVE = "representative"
    """法定代表人章: a square name seal."""

    @property
    def label(self) -> str:
        names = {"official": "公章", "contract": "合同专用章", "finance": "财务专用章", "representative": "法定代表人章"}
        return names[self.value]


@dataclass(frozen=True, slots=True)
class SealDesign:
    """``owner``: full name of the organisation, or of the representative; ``serial``: of the certificate, hex; ``size``: mm.

    Raises ``seal.design`` with everything that is wrong.
    """

    kind: SealKind
    owner: str
    serial: str
    size: float = 40.0
    ring: float = 1.2
    colour: Colour = SEAL_RED

    def __post_init__(self) -> None:
        faults = []
        least, most = (18.0, 25.0) if self.kind is SealKind.REPRESENTATIVE else (SMALLEST, LARGEST)
        if not least <= self.size <= most:
            faults.append(f"{self.kind.label}的尺寸应为{least:g}至{most:g}毫米")
        if not self.owner.strip() or len(self.owner) > 40:
            faults.append("印章须有所有人名称，且不超过40个字")
        if not self.serial or any(c not in "0123456789ABCDEF" for c in self.serial) or len(self.serial) > 40:
            faults.append("印章须写明所用证书的序列号")
        if faults:
            raise SignatureError("seal.design", "；".join(faults) + "。")


def draw_seal(design: SealDesign) -> Drawing:
    """The seal as a drawing of its true size. Raises ``font.glyph`` for a character that no font has."""
    serif, sans = outlines("serif", "Bold"), outlines("sans", "Regular")
    side = design.size * MM
    draw = _name_seal if design.kind is SealKind.REPRESENTATIVE else _round_seal
    return Drawing(side, side, tuple(draw(design, serif, sans, side)), ink=True)


def _round_seal(design: SealDesign, serif: Outlines, sans: Outlines, side: float) -> list[Shape]:
    middle, radius, ring = side / 2, side / 2, design.ring * MM
    to_middle = Matrix.shift(middle, middle)
    unit = side / 40  # a millimetre of the usual seal of 40 mm; everything scales with it
    border = Shape(circle(radius) + circle(radius - ring), design.colour)
    inner = radius - ring - 1.0 * unit
    name = _arc(serif, design.owner, inner, _name_height(design.owner) * unit, 236.0, 90.0, inward=False)
    serial = _arc(sans, f"证书 {design.serial}", inner, 1.9 * unit, 104.0, 270.0, inward=True)
    kind = "" if design.kind is SealKind.OFFICIAL else design.kind.label
    low = 0.2 * unit if kind else -1.7 * unit
    lines = _line(serif, ELECTRONIC, 4.6 * unit, low, 19.5 * unit)
    if kind:
        lines += _line(serif, kind, 3.5 * unit, low - 6.5 * unit, 19.5 * unit)
    for bar in (low + 5.5 * unit, low - 2.0 * unit):
        lines += rectangle(-9.8 * unit, bar, 19.6 * unit, 0.3 * unit)
    parts = [border, *(Shape(segments, design.colour, even_odd=False) for segments in (name, serial, lines))]
    return [part.moved(to_middle) for part in parts]


def _name_seal(design: SealDesign, serif: Outlines, sans: Outlines, side: float) -> list[Shape]:
    unit, ring = side / 20, design.ring * MM * 0.75
    border = Shape(rectangle(0, 0, side, side) + rectangle(ring, ring, side - 2 * ring, side - 2 * ring), design.colour)
    owner = design.owner.replace("·", "")
    text = f"{owner}印" if len(owner) in (1, 3) else owner
    rows = (
        [text[i : i + 2] for i in range(0, len(text), 2)] if len(text) <= 4 else [text[: len(text) // 2], text[len(text) // 2 :]]
    )
    if len(text) == 2:
        rows = [text]
    height = 11.6 * unit / len(rows)
    segments: list[Segment] = []
    for index, row in enumerate(rows):
        bottom = 6.0 * unit + height * (len(rows) - 1 - index) + height * 0.14
        width = min(height, 15.6 * unit / len(row))
        for place, character in enumerate(row):
            outline, _ = serif.glyph(character)
            x = side / 2 - width * len(row) / 2 + place * width
            segments += _moved(outline, Matrix(width, 0, 0, height * 0.98, x, bottom))
    segments += _moved(_line(sans, ELECTRONIC, 2.1 * unit, 3.3 * unit, 16 * unit), Matrix.shift(side / 2, 0))
    segments += _moved(_line(sans, design.serial, 1.5 * unit, 1.45 * unit, 16.6 * unit), Matrix.shift(side / 2, 0))
    return [border, Shape(tuple(segments), design.colour, even_odd=False)]


def _name_height(name: str) -> float:
    """Height of the arc's characters in millimetres of a 40 mm seal: the longer the name, the smaller."""
    return max(5.2 - max(len(name) - 12, 0) * 0.14, 2.8)


def _arc(
    font: Outlines, text: str, radius: float, height: float, widest: float, middle: float, *, inward: bool
) -> tuple[Segment, ...]:
    """``text`` along a circle, its outer edge at ``radius``, centred on the angle ``middle`` (degrees, counter-clockwise).

    ``inward``: the characters' feet point outward, as at the bottom of a seal; it reads from left to right there too.
    """
    advances = [font.glyph(c)[1] for c in text]
    reach = radius - height / 2
    natural = [a * height * (0.86 if a > 0.9 else 1.0) for a in advances]
    gap = height * 0.32 if not inward else 0.0
    whole = math.degrees((sum(natural) + gap * (len(text) - 1)) / reach)
    squeeze = min(1.0, widest / whole) if whole else 1.0
    angle = middle + (whole * squeeze / 2) * (-1 if inward else 1)
    segments: list[Segment] = []
    for character, advance, width in zip(text, advances, natural, strict=True):
        half = math.degrees(width * squeeze / reach) / 2
        angle += half if inward else -half
        outline, _ = font.glyph(character)
        sized = Matrix(width * squeeze / advance, 0, 0, height, -width * squeeze / 2, -height * 0.38)
        at = (
            Matrix.shift(0, -reach).then(Matrix.turn(angle + 90))
            if inward
            else Matrix.shift(0, reach).then(Matrix.turn(angle - 90))
        )
        segments += _moved(outline, sized.then(at))
        step = half + math.degrees(gap * squeeze / reach)
        angle += step if inward else -step
    return tuple(segments)


def _line(font: Outlines, text: str, size: float, baseline: float, widest: float) -> tuple[Segment, ...]:
    """``text`` centred on x = 0, squeezed where it is wider than ``widest``."""
    width = font.width(text) * size
    squeeze = min(1.0, widest / width)
    return _moved(font.line(text, size, (0, 0)).segments, Matrix(squeeze, 0, 0, 1, -width * squeeze / 2, baseline))


def _moved(segments: tuple[Segment, ...], matrix: Matrix) -> tuple[Segment, ...]:
    return tuple((op, tuple(map(matrix.apply, points))) for op, points in segments)
