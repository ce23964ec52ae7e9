"""Text as outlines: characters of an installed font become shapes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTCollection, TTFont

from signatures.drawing import BLACK, Colour, Drawing, Matrix, Point, Segment, Shape
from signatures.errors import SignatureError

_DIRECTORIES = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts")
_FAMILIES = {
    "serif": ("Noto Serif CJK SC", ("NotoSerifCJK-{}.ttc", "NotoSerifCJKsc-{}.otf")),
    "sans": ("Noto Sans CJK SC", ("NotoSansCJK-{}.ttc", "NotoSansCJKsc-{}.otf")),
}


class Outlines:
    """The glyphs of one font; may be shared between threads."""

    def __init__(self, font: TTFont) -> None:
        self._font = font
        self._glyphs: Any = font.getGlyphSet()
        self._names: dict[int, str] = font.getBestCmap()
        self.em: float = font["head"].unitsPerEm
        self._lock = Lock()
        self._cache: dict[str, tuple[tuple[Segment, ...], float]] = {}

    def missing(self, text: str) -> tuple[str, ...]:
        """Characters without a glyph."""
        return tuple(dict.fromkeys(c for c in text if ord(c) not in self._names))

    def glyph(self, character: str) -> tuple[tuple[Segment, ...], float]:
        """Outline and advance in em. Raises ``font.glyph``."""
        found = self._cache.get(character)
        if found is None:
            name = self._names.get(ord(character))
            if name is None:
                raise SignatureError("font.glyph", f"字体中没有“{character}”字，无法绘制；请换用通用规范汉字或者上传图像。")
            pen = DecomposingRecordingPen(self._glyphs)
            with self._lock:
                self._glyphs[name].draw(pen)
            scale = 1 / self.em
            segments = tuple(_segments(pen.value, scale))
            found = self._cache[character] = (segments, self._font["hmtx"][name][0] * scale)
        return found

    def width(self, text: str) -> float:
        """In em."""
        return sum(self.glyph(c)[1] for c in text)

    def line(self, text: str, size: float, origin: Point, colour: Colour = BLACK) -> Shape:
        """``text`` set at ``size`` points, its baseline beginning at ``origin``."""
        segments: list[Segment] = []
        x = 0.0
        for character in text:
            outline, advance = self.glyph(character)
            matrix = Matrix(size, 0, 0, size, origin[0] + x * size, origin[1])
            segments += ((op, tuple(map(matrix.apply, points))) for op, points in outline)
            x += advance
        return Shape(tuple(segments), colour, even_odd=False)

    def in_box(self, text: str, width: float, height: float, largest: float = 9.0, colour: Colour = BLACK) -> Drawing:
        """``text`` in a box of points, left, as large as it fits up to ``largest``: one line stands on the rule below the box as print does,
        more are centred upright."""
        lines, size = self._fitted(text, width, height, largest)
        leading = size * 1.25
        top = height / 2 + leading * (len(lines) - 1) / 2 if len(lines) > 1 else min(height / 2, size * 0.66)
        shapes = [self.line(line, size, (0.0, top - i * leading - size * 0.36), colour) for i, line in enumerate(lines) if line]
        return Drawing(width, height, tuple(shapes))

    def _fitted(self, text: str, width: float, height: float, largest: float) -> tuple[Sequence[str], float]:
        size = largest
        while True:
            lines = self._wrapped(text, width / size)
            if (len(lines) == 1 and size <= height) or size * 1.25 * len(lines) <= height or size <= 1.0:
                return lines, size
            size = max(size - 0.5, 1.0)

    def _wrapped(self, text: str, measure: float) -> list[str]:
        lines, line, used = [], "", 0.0
        for character in text:
            advance = self.glyph(character)[1]
            if line and used + advance > measure + 1e-9:
                lines.append(line)
                line, used = "", 0.0
            line += character
            used += advance
        return [*lines, line]


@cache
def outlines(family: str = "serif", weight: str = "Regular") -> Outlines:
    """Glyphs of the installed Noto CJK fonts (SIL OFL 1.1). ``family``: ``serif`` (宋体) or ``sans``. Raises ``font.missing``."""
    face, patterns = _FAMILIES[family]
    for directory in _DIRECTORIES:
        root = Path(directory).expanduser()
        for pattern in patterns:
            for path in sorted(root.rglob(pattern.format(weight))) if root.is_dir() else ():
                return Outlines(_face(path, face))
    raise SignatureError("font.missing", "缺少中文字体：请安装系统软件包 fonts-noto-cjk（apt-get install fonts-noto-cjk）。")


def _face(path: Path, family: str) -> TTFont:
    if path.suffix == ".otf":
        return TTFont(path, lazy=True)
    with TTCollection(str(path), lazy=True) as collection:
        names = [{r.toUnicode() for r in font["name"].names if r.nameID in (1, 16)} for font in collection.fonts]
    index = next((i for i, known in enumerate(names) if family in known), 0)
    return TTFont(path, fontNumber=index, lazy=True)


def _segments(recording: Sequence[tuple[str, tuple[Any, ...]]], scale: float) -> list[Segment]:
    result: list[Segment] = []
    here: Point = (0.0, 0.0)

    def at(point: Any) -> Point:
        return point[0] * scale, point[1] * scale

    for op, args in recording:
        if op in ("moveTo", "lineTo"):
            here = args[0]
            result.append(("m" if op == "moveTo" else "l", (at(here),)))
        elif op == "curveTo":
            result.append(("c", (at(args[0]), at(args[1]), at(args[2]))))
            here = args[2]
        elif op == "qCurveTo":
            here = _quadratic(list(args), here, at, result)
        else:
            result.append(("h", ()))
    return result


def _quadratic(points: list[Any], here: Point, at: Any, result: list[Segment]) -> Point:
    """TrueType's quadratic splines, with implied points between the controls, as cubic curves."""
    if points[-1] is None:
        controls = points[:-1]
        here = ((controls[-1][0] + controls[0][0]) / 2, (controls[-1][1] + controls[0][1]) / 2)
        result.append(("m", (at(here),)))
        points = [*controls, here]
    for index in range(len(points) - 1):
        control, following = points[index], points[index + 1]
        last = index == len(points) - 2
        end = following if last else ((control[0] + following[0]) / 2, (control[1] + following[1]) / 2)
        first = (here[0] + 2 / 3 * (control[0] - here[0]), here[1] + 2 / 3 * (control[1] - here[1]))
        second = (end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1]))
        result.append(("c", (at(first), at(second), at(end))))
        here = end
    return here
