"""Handwriting as drawings: strokes drawn on a screen, and a name typed instead of written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from signatures.drawing import MM, Colour, Drawing, Point, Segment, Shape, circle
from signatures.errors import SignatureError
from signatures.glyphs import outlines

INK: Colour = (0.06, 0.09, 0.26)
_MOST_POINTS = 20_000
_NIB = 0.7 * MM


def written(strokes: Sequence[Sequence[Point]], width_mm: float = 60.0, height_mm: float = 20.0) -> Drawing:
    """What was drawn, as large as it fits; ``strokes``: points from the upper-left corner in any unit, as screens give them.

    Raises ``hand.empty`` for less than a stroke, ``hand.large``.
    """
    if sum(map(len, strokes)) > _MOST_POINTS or any(not math.isfinite(v) for s in strokes for p in s for v in p):
        raise SignatureError("hand.large", "手写签名的数据有误，请清除后重新书写。")
    points = [p for s in strokes for p in s]
    left, right = min((p[0] for p in points), default=0), max((p[0] for p in points), default=0)
    top, bottom = min((p[1] for p in points), default=0), max((p[1] for p in points), default=0)
    length = sum(math.dist(a, b) for s in strokes for a, b in pairwise(s))
    if len(points) < 5 or length < 1e-6 or length < 0.5 * max(right - left, bottom - top):
        raise SignatureError("hand.empty", "请书写完整的签名。")
    width, height = width_mm * MM, height_mm * MM
    room = (width - 2 * _NIB, height - 2 * _NIB)
    factor = min(room[0] / max(right - left, 1e-6), room[1] / max(bottom - top, 1e-6))
    x0, y0 = (width - (right - left) * factor) / 2, (height - (bottom - top) * factor) / 2

    def place(point: Point) -> Point:
        return x0 + (point[0] - left) * factor, y0 + (bottom - point[1]) * factor

    shapes = [_ribbon(_smooth([place(p) for p in s])) for s in strokes if s]
    return Drawing(width, height, tuple(shapes), ink=True)


def typed(name: str, width_mm: float = 60.0, height_mm: float = 20.0) -> Drawing:
    """A name set in type; it is a signature by its certificate, and doesn't pretend to be handwriting. Raises ``font.glyph``."""
    if not name.strip():
        raise SignatureError("hand.empty", "请输入姓名。")
    font, width, height = outlines("serif", "Regular"), width_mm * MM, height_mm * MM
    size = min(height * 0.72, width * 0.94 / font.width(name))
    line = font.line(name, size, ((width - font.width(name) * size) / 2, (height - size) / 2 + size * 0.14), INK)
    return Drawing(width, height, (line,), ink=True)


def _smooth(points: list[Point]) -> list[Point]:
    """Points along a Catmull-Rom curve through ``points``."""
    if len(points) < 3:
        return points
    result = [points[0]]
    padded = [points[0], *points, points[-1]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        steps = max(1, min(8, round(math.dist(b, c) / (0.8 * MM))))
        for step in range(1, steps + 1):
            t = step / steps
            result.append(
                (
                    _catmull(a[0], b[0], c[0], d[0], t),
                    _catmull(a[1], b[1], c[1], d[1], t),
                )
            )
    return result


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _ribbon(points: list[Point]) -> Shape:
    """A stroke that thins where the hand was quick, as a pen's does. All parts run counter-clockwise, so that none cancels another."""
    segments: list[Segment] = list(circle(_NIB / 2, points[0]))
    breadth = _NIB
    for before, after in pairwise(points):
        length = math.dist(before, after)
        if length < 1e-9:
            continue
        wanted = _NIB * max(0.45, min(1.1, 1.25 - length / (2.2 * MM)))
        narrower = breadth + (wanted - breadth) * 0.4
        dx, dy = (before[1] - after[1]) / length / 2, (after[0] - before[0]) / length / 2
        corners = (
            (before[0] - dx * breadth, before[1] - dy * breadth),
            (after[0] - dx * narrower, after[1] - dy * narrower),
            (after[0] + dx * narrower, after[1] + dy * narrower),
            (before[0] + dx * breadth, before[1] + dy * breadth),
        )
        segments += [("m", corners[:1]), *(("l", (corner,)) for corner in corners[1:]), ("h", ())]
        segments += circle(narrower / 2, after)
        breadth = narrower
    return Shape(tuple(segments), INK, even_odd=False)
