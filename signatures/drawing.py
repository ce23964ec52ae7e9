"""Vector drawings without fonts: the same shapes become a PDF content stream and an SVG preview.

Lengths are points (1/72 inch) from the lower-left corner. A drawing that holds text holds its outlines, so that a signed file
needs no font that was not embedded before the first signature (ISO 19005-3, 6.2.11.4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

MM = 72 / 25.4
"""Points per millimetre."""
Point = tuple[float, float]
Segment = tuple[str, tuple[Point, ...]]
"""``m`` move, ``l`` line, ``c`` cubic curve (two control points, end), ``h`` close."""
Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)
SEAL_RED: Colour = (0.85, 0.05, 0.08)
_KAPPA = 0.5522847498


@dataclass(frozen=True, slots=True)
class Matrix:
    """``x' = a·x + c·y + e``, ``y' = b·x + d·y + f``."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def apply(self, point: Point) -> Point:
        x, y = point
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def then(self, other: Matrix) -> Matrix:
        """First this, then ``other``."""
        a, b, c, d, e, f = other.a, other.b, other.c, other.d, other.e, other.f
        return Matrix(
            self.a * a + self.b * c, self.a * b + self.b * d, self.c * a + self.d * c, self.c * b + self.d * d,
            self.e * a + self.f * c + e, self.e * b + self.f * d + f,
        )  # fmt: skip

    @classmethod
    def turn(cls, degrees: float) -> Matrix:
        """Counter-clockwise about the origin."""
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return cls(cos, sin, -sin, cos)

    @classmethod
    def scale(cls, x: float, y: float) -> Matrix:
        return cls(x, 0, 0, y)

    @classmethod
    def shift(cls, x: float, y: float) -> Matrix:
        return cls(e=x, f=y)


@dataclass(frozen=True, slots=True)
class Shape:
    """One filled outline."""

    segments: tuple[Segment, ...]
    colour: Colour = BLACK
    even_odd: bool = True

    def moved(self, matrix: Matrix) -> Shape:
        return replace(self, segments=tuple((op, tuple(map(matrix.apply, points))) for op, points in self.segments))


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in a box of ``width`` × ``height`` points. ``ink``: darkens what lies below instead of covering it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    ink: bool = False

    def content(self) -> bytes:
        """PDF operators; nothing is drawn outside the path, the caller's box clips."""
        lines = []
        for shape in self.shapes:
            lines.append(" ".join(_number(v) for v in shape.colour) + " rg")
            lines.extend(_operator(op, points) for op, points in shape.segments)
            lines.append("f*" if shape.even_odd else "f")
        return "\n".join(lines).encode()

    def svg(self) -> str:
        """The drawing for a browser, sized in millimetres."""
        paths = "".join(_svg_path(shape, self.height) for shape in self.shapes)
        style = ' style="mix-blend-mode:multiply"' if self.ink else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(self.width / MM)}mm" height="{_number(self.height / MM)}mm" '
            f'viewBox="0 0 {_number(self.width)} {_number(self.height)}"{style}>{paths}</svg>'
        )


def circle(radius: float, centre: Point = (0.0, 0.0)) -> tuple[Segment, ...]:
    return ellipse(radius, radius, centre)


def ellipse(rx: float, ry: float, centre: Point = (0.0, 0.0)) -> tuple[Segment, ...]:
    x, y, kx, ky = *centre, rx * _KAPPA, ry * _KAPPA
    return (
        ("m", ((x + rx, y),)),
        ("c", ((x + rx, y + ky), (x + kx, y + ry), (x, y + ry))),
        ("c", ((x - kx, y + ry), (x - rx, y + ky), (x - rx, y))),
        ("c", ((x - rx, y - ky), (x - kx, y - ry), (x, y - ry))),
        ("c", ((x + kx, y - ry), (x + rx, y - ky), (x + rx, y))),
        ("h", ()),
    )


def rectangle(x: float, y: float, width: float, height: float) -> tuple[Segment, ...]:
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return (("m", corners[:1]), *(("l", (corner,)) for corner in corners[1:]), ("h", ()))


def frame(width: float, height: float, line: float, colour: Colour) -> Drawing:
    """The four sides of a box, ``line`` points thick, inside it."""
    sides = rectangle(0, 0, width, height) + rectangle(line, line, width - 2 * line, height - 2 * line)
    return Drawing(width, height, (Shape(sides, colour),))


def star(radius: float, centre: Point = (0.0, 0.0)) -> tuple[Segment, ...]:
    """A five-pointed star, one point up."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for index in range(10):
        angle, reach = math.radians(90 + 36 * index), inner if index % 2 else radius
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    return (("m", (points[0],)), *(("l", (point,)) for point in points[1:]), ("h", ()))


def stroke(points: Iterable[Point], width: float, colour: Colour = BLACK) -> Shape:
    """A polyline of even width, as a filled outline. All parts run counter-clockwise, so that none cancels another."""
    path = list(points)
    segments: list[Segment] = []
    for (x1, y1), (x2, y2) in pairwise(path):
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        dx, dy = (y1 - y2) / length * width / 2, (x2 - x1) / length * width / 2
        corners = ((x1 - dx, y1 - dy), (x2 - dx, y2 - dy), (x2 + dx, y2 + dy), (x1 + dx, y1 + dy))
        segments += [("m", corners[:1]), *(("l", (corner,)) for corner in corners[1:]), ("h", ())]
    for joint in path[1:-1]:
        segments += circle(width / 2, joint)
    return Shape(tuple(segments), colour, even_odd=False)


def tick(size: float, colour: Colour = BLACK) -> Drawing:
    """A check mark in a square of ``size`` points."""
    points = ((0.18 * size, 0.52 * size), (0.42 * size, 0.24 * size), (0.84 * size, 0.80 * size))
    return Drawing(size, size, (stroke(points, 0.12 * size, colour),))


def _operator(op: str, points: tuple[Point, ...]) -> str:
    numbers = " ".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return f"{numbers} {op}".strip()


def _svg_path(shape: Shape, height: float) -> str:
    parts = []
    for op, points in shape.segments:
        numbers = ",".join(f"{_number(x)} {_number(height - y)}" for x, y in points)
        parts.append({"m": "M", "l": "L", "c": "C", "h": "Z"}[op] + numbers)
    red, green, blue = (round(v * 255) for v in shape.colour)
    rule = "evenodd" if shape.even_odd else "nonzero"
    return f'<path fill="#{red:02x}{green:02x}{blue:02x}" fill-rule="{rule}" d="{"".join(parts)}"/>'


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
