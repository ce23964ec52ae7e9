"""Looks at a scanned contract and holds every sheet against our own page. Run as a process of its own: the files are from outside.

In: a line of JSON with the lengths of what follows, then our print copy, then the scanned files. Out: JSON. The comparison is one of
pictures: a sheet is laid over our page by the codes in three corners, then tile by tile; ink of ours that is gone and ink that isn't
ours are gathered in cells. Red is looked through, so that seals don't count.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from app.domain.paper_signing import Corner, PageCode, code_area, read_code

MEMORY, SECONDS = 2048 * 1024 * 1024, 600
DPI = 150
"""At which pages are compared; scans are read at up to ``_READ_DPI``."""
_READ_DPI, _LARGEST = 220, 40_000_000
_CELL, _WINDOW, _SOFT = 4, 6, 0.8
"""Pixels: how densely windows are looked at, half a window's side (2.2 mm in all: a character), and the blur of a scanner."""
_GONE, _ADDED = 70, 80
"""Mean darkness (of 255) in a window that is missing altogether, or too much altogether."""
_FEWEST = 2
"""Cells that touch; fewer are a speck."""
_LEAST, _MOST, _UNUSUAL = 18, 32, 1.5
"""Both missing and too much: how many times what is usual on the sheet a window must show to count as changed, within bounds: on a
page of few words the change itself would be what is usual."""
_TILES = (6, 9)
_REACH = 6
"""Pixels by which a tile may lie off after the codes have placed the page: warped paper."""
_PREVIEW = 1000
_PX = DPI / 25.4
_MOST_FIT = 3.0
"""Pixels: how badly the codes' corners may fit before the page counts as not comparable."""

Point = tuple[float, float]


@dataclass
class Found:
    """What was found of one sheet."""

    code: str = ""
    blank: bool = False
    compared: bool = False
    differences: list[tuple[float, float, float, float, str]] = field(default_factory=list)
    preview: str = ""


def sheets(files: Sequence[bytes]) -> Iterator[Image.Image]:
    """Every page of every file, as RGB, in the order in which they came."""
    for content in files:
        if content[:5] == b"%PDF-" or b"%PDF-" in content[:1024]:
            yield from _pdf_sheets(content)
            continue
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "TIFF")) as opened:
            for number in range(getattr(opened, "n_frames", 1)):
                opened.seek(number)
                if opened.width * opened.height > _LARGEST:
                    raise ValueError("picture too large")
                yield ImageOps.exif_transpose(opened.convert("RGB"))


def _pdf_sheets(content: bytes) -> Iterator[Image.Image]:
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(content)
    try:
        for number in range(len(document)):
            page = document[number]
            width, height = page.get_size()
            scale = min(_READ_DPI / 72, (_LARGEST / max(width * height, 1)) ** 0.5)
            yield page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
            page.close()
    finally:
        document.close()


class Ours:
    """Our print copy's pages as grey pictures, drawn when they are asked for."""

    def __init__(self, content: bytes) -> None:
        import pypdfium2 as pdfium

        self._document = pdfium.PdfDocument(content)
        self.pages = len(self._document)

    def page(self, number: int) -> Image.Image:
        page = self._document[number - 1]
        picture: Image.Image = page.render(scale=DPI / 72).to_pil().convert("L")
        page.close()
        return picture


def examine(ours: Ours, files: Sequence[bytes], boxes: Sequence[Sequence[float]], head: str) -> list[Found]:
    """``boxes``: page and millimetres of places for signing; ``head``: how the codes of this copy begin."""
    return [_examined(sheet, ours, boxes, head) for sheet in sheets(files)]


def _examined(sheet: Image.Image, ours: Ours, boxes: Sequence[Sequence[float]], head: str) -> Found:
    codes = _codes(sheet)
    if not codes:
        return Found(blank=_is_blank(sheet), preview=_shown(sheet, []))
    text = max(codes, key=lambda c: c[0].startswith(head))[0]
    found, code = Found(code=text), read_code(text)
    if code is None or not text.startswith(head) or not 1 <= code.page <= ours.pages:
        found.preview = _shown(sheet, [])
        return found
    page = ours.page(code.page)
    placed = _laid_over(sheet, codes, page, code)
    if placed is None:
        found.preview = _shown(sheet, [])
        return found
    found.compared = True
    mine = [b[1:] for b in boxes if int(b[0]) == code.page]
    found.differences = _differences(page, placed, mine)
    if found.differences:
        found.preview = _shown(placed, found.differences)
    return found


# ---- codes and laying over


def _codes(sheet: Image.Image) -> list[tuple[str, tuple[Point, ...]]]:
    import zxingcpp

    grey = sheet.convert("L")
    for factor in (1, 2):
        size = grey.width * factor, grey.height * factor
        picture, found = grey if factor == 1 else grey.resize(size, Image.Resampling.BICUBIC), []
        for one in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)):
            if read_code(one.text) is not None:
                at = one.position
                corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
                found.append((one.text, tuple((p.x / factor, p.y / factor) for p in corners)))
        if len(found) >= 2 or (found and factor > 1):
            return found
    return []


def _laid_over(
    sheet: Image.Image, codes: Sequence[tuple[str, tuple[Point, ...]]], page: Image.Image, code: PageCode
) -> Image.Image | None:
    """The sheet in our page's own pixels; None where the codes don't tell how it lies."""
    width, height = page.width / _PX, page.height / _PX
    pairs: list[tuple[Point, Point]] = []
    for text, corners in codes:
        one = read_code(text)
        if one is None or (one.page, one.digest) != (code.page, code.digest):
            continue
        area = code_area(one.corner, width, height)
        mine = [
            (area.x, area.y),
            (area.x + area.width, area.y),
            (area.x + area.width, area.y + area.height),
            (area.x, area.y + area.height),
        ]
        pairs += [((x * _PX, y * _PX), there) for (x, y), there in zip(mine, corners, strict=True)]
    if len({read_code(text).corner for text, _ in codes if read_code(text)}) < 2:  # type: ignore[union-attr]
        return None
    fit = _affine(pairs)
    if fit is None:
        return None
    a, b, c, d, e, f = fit
    scale = (abs(a * e - b * d)) ** 0.5
    worst = max(((a * x + b * y + c - u) ** 2 + (d * x + e * y + f - v) ** 2) ** 0.5 for (x, y), (u, v) in pairs) / max(
        scale, 1e-6
    )
    if not 0.4 < scale < 6 or worst > _MOST_FIT:
        return None
    seen = _through_red(sheet)
    if scale > 1.05:  # made smaller by averaging, or thin strokes would be lost between the points that are looked at
        seen = seen.resize((round(seen.width / scale), round(seen.height / scale)), Image.Resampling.LANCZOS)
        sx, sy = seen.width / sheet.width, seen.height / sheet.height
        fit = (a * sx, b * sx, c * sx, d * sy, e * sy, f * sy)
    return _settled(page, seen.transform(page.size, Image.Transform.AFFINE, fit, Image.Resampling.BICUBIC, fillcolor=255))


def _affine(pairs: Sequence[tuple[Point, Point]]) -> tuple[float, float, float, float, float, float] | None:
    """Least squares: our pixel → the sheet's."""
    n = float(len(pairs))
    sums = [[0.0] * 3 for _ in range(3)]
    right = [[0.0] * 3, [0.0] * 3]
    for (x, y), (u, v) in pairs:
        row = (x, y, 1.0)
        for i in range(3):
            for j in range(3):
                sums[i][j] += row[i] * row[j]
            right[0][i] += row[i] * u
            right[1][i] += row[i] * v
    if n < 6:
        return None
    across, down = (_solved([r[:] for r in sums], side[:]) for side in right)
    if across is None or down is None:
        return None
    return across[0], across[1], across[2], down[0], down[1], down[2]


def _solved(matrix: list[list[float]], side: list[float]) -> list[float] | None:
    for i in range(3):
        pivot = max(range(i, 3), key=lambda r: abs(matrix[r][i]))
        if abs(matrix[pivot][i]) < 1e-9:
            return None
        matrix[i], matrix[pivot], side[i], side[pivot] = matrix[pivot], matrix[i], side[pivot], side[i]
        for r in range(3):
            if r != i:
                share = matrix[r][i] / matrix[i][i]
                matrix[r] = [p - share * q for p, q in zip(matrix[r], matrix[i], strict=True)]
                side[r] -= share * side[i]
    return [side[i] / matrix[i][i] for i in range(3)]


def _through_red(sheet: Image.Image) -> Image.Image:
    """Grey in which red ink is as light as paper; black and blue stay."""
    red, green, _ = sheet.split()
    return ImageChops.lighter(red, green)


def _settled(page: Image.Image, placed: Image.Image) -> Image.Image:
    """Tiles moved to where they fit our page best, within ``_REACH``."""
    level = _even(placed)
    across, down = _TILES
    made = Image.new("L", page.size, 255)
    for j in range(down):
        for i in range(across):
            box = (
                page.width * i // across,
                page.height * j // down,
                page.width * (i + 1) // across,
                page.height * (j + 1) // down,
            )
            dx, dy = _best_shift(page.crop(box), level, box)
            made.paste(level.crop((box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)), box[:2])
    return made


def _best_shift(ours: Image.Image, sheet: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int]:
    if not sum(ours.histogram()[:128]):  # nothing of ours here
        return 0, 0
    best = (_unlike(ours, sheet, box, 0, 0), 0, 0)
    for step in (3, 1):
        _, x, y = best
        for dy in (-step, 0, step) if step == 1 else range(-_REACH, _REACH + 1, step):
            for dx in (-step, 0, step) if step == 1 else range(-_REACH, _REACH + 1, step):
                best = min(best, (_unlike(ours, sheet, box, x + dx, y + dy), x + dx, y + dy))
    return best[1], best[2]


def _unlike(ours: Image.Image, sheet: Image.Image, box: tuple[int, int, int, int], dx: int, dy: int) -> float:
    other = sheet.crop((box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy))
    counts = ImageChops.difference(ours, other).histogram()
    return float(sum(level * count for level, count in enumerate(counts))) + 0.01 * (dx * dx + dy * dy)


def _even(picture: Image.Image) -> Image.Image:
    """Paper made white, whatever the light: what is darker than its surroundings stays."""
    small = picture.resize((max(picture.width // 16, 1), max(picture.height // 16, 1)), Image.Resampling.BOX)
    paper = (
        small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(3)).resize(picture.size, Image.Resampling.BILINEAR)
    )
    darker = ImageChops.subtract(paper, picture)
    return ImageOps.invert(darker.point([min(255, v * 255 // 190) for v in range(256)]))


# ---- differences


def _differences(
    page: Image.Image, sheet: Image.Image, boxes: Sequence[Sequence[float]]
) -> list[tuple[float, float, float, float, str]]:
    """Windows of about a character's size in which the sheet is unlike our page, wherever within a pixel or so it fits best."""
    mine = ImageOps.invert(page.filter(ImageFilter.GaussianBlur(_SOFT)))
    theirs = _as_dark_as(mine, ImageOps.invert(sheet))
    gone, added = _least_unlike(_firm(mine), _firm(theirs))
    changed = ImageChops.darker(gone, added)  # another character: ink is missing, and ink is too much
    usual = _usual(changed, mine)
    for picture in (gone, changed):
        _cut_out(picture, ())
    _cut_out(added, boxes)
    changed = ImageChops.lighter(changed, gone.point([0] * _GONE + [255] * (256 - _GONE)))
    return [*_places(changed, "gone", min(max(_LEAST, round(usual * _UNUSUAL)), _MOST)), *_places(added, "added", _ADDED)]


def _usual(changed: Image.Image, mine: Image.Image) -> int:
    """What a scan of this quality shows where nothing was changed: all but a hundredth of the page's inked places."""
    counts = changed.histogram(mine.point([255 if v > 60 else 0 for v in range(256)]))
    left = sum(counts) * 0.01
    for level in range(255, 0, -1):
        left -= counts[level]
        if left < 0:
            return level
    return 0


def _as_dark_as(mine: Image.Image, theirs: Image.Image) -> Image.Image:
    """The sheet's ink made as dark as ours where ours is darkest; a printer and a scanner each have their own black."""
    solid = mine.point([255 if v > 215 else 0 for v in range(256)])
    level = ImageStat.Stat(theirs, solid).median[0] if solid.getbbox() else 255
    factor = min(max(245 / max(level, 1), 0.9), 2.5)
    return theirs.point([min(255, int(v * factor)) for v in range(256)])


def _firm(ink: Image.Image) -> Image.Image:
    """Ink or no ink, with soft edges: how dark a stroke is says nothing."""
    return ink.point([min(255, max(0, (v - 50) * 255 // 110)) for v in range(256)])


def _least_unlike(mine: Image.Image, theirs: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Mean ink that is missing and that is too much, in a window about each pixel, at the shift of the window that fits best."""
    window = ImageFilter.BoxBlur(_WINDOW)
    best = gone = added = None
    for dy in (0, -1, 1):
        for dx in (0, -1, 1):
            moved = ImageChops.offset(theirs, dx, dy)
            less, more = ImageChops.subtract(mine, moved).filter(window), ImageChops.subtract(moved, mine).filter(window)
            whole = ImageChops.add(less, more)
            if best is None or gone is None or added is None:
                best, gone, added = whole, less, more
                continue
            better = ImageChops.subtract(best, whole).point([0] + [255] * 255)
            best, gone, added = (Image.composite(n, o, better) for n, o in ((whole, best), (less, gone), (more, added)))
    assert gone is not None
    assert added is not None
    return gone, added


def _cut_out(picture: Image.Image, boxes: Sequence[Sequence[float]]) -> None:
    """The page's rim, the codes, and ``boxes``, the places for signing: a hand and a stamp don't stop at the line."""
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, picture.width - 1, picture.height - 1), outline=0, width=int(3 * _PX))
    areas = [code_area(corner, picture.width / _PX, picture.height / _PX) for corner in Corner]
    for x, y, w, h, rim in [*((a.x, a.y, a.width, a.height, 3.0) for a in areas), *((*b, 8.0) for b in boxes)]:
        draw.rectangle(((x - rim) * _PX, (y - rim) * _PX, (x + w + rim) * _PX, (y + h + rim) * _PX), fill=0)


def _places(stray: Image.Image, kind: str, enough: int) -> list[tuple[float, float, float, float, str]]:
    """Suspicious cells, those that touch taken together; millimetres."""
    cells = stray.resize((stray.width // _CELL, stray.height // _CELL), Image.Resampling.NEAREST)
    across, values = cells.width, cells.tobytes()
    hot = {i for i, v in enumerate(values) if v >= enough}
    found = []
    while hot:
        group, edge = set(), [hot.pop()]
        while edge:
            at = edge.pop()
            group.add(at)
            for dy in (-2, -1, 0, 1, 2):
                for dx in (-2, -1, 0, 1, 2):
                    near = at + dy * across + dx
                    if near in hot and abs(near % across - at % across) <= 2:
                        hot.remove(near)
                        edge.append(near)
        if len(group) < _FEWEST:
            continue
        xs, ys = [g % across for g in group], [g // across for g in group]
        x, y = min(xs) * _CELL / _PX, min(ys) * _CELL / _PX
        w, h = (max(xs) - min(xs) + 1) * _CELL / _PX, (max(ys) - min(ys) + 1) * _CELL / _PX
        found.append((round(x, 1), round(y, 1), round(w, 1), round(h, 1), kind))
    return sorted(found, key=lambda f: (f[1], f[0]))[:60]


def _is_blank(sheet: Image.Image) -> bool:
    ink = _even(sheet.convert("L")).point([1 if v < 110 else 0 for v in range(256)]).filter(ImageFilter.MedianFilter(3))
    inner = ink.crop((ink.width // 20, ink.height // 20, ink.width - ink.width // 20, ink.height - ink.height // 20))
    return inner.histogram()[1] < inner.width * inner.height * 0.0004


def _shown(sheet: Image.Image, differences: Sequence[tuple[float, float, float, float, str]]) -> str:
    """The sheet small enough for a page, with the places framed."""
    picture = sheet.convert("RGB")
    draw = ImageDraw.Draw(picture)
    for x, y, w, h, kind in differences:
        box = ((x - 1.5) * _PX, (y - 1.5) * _PX, (x + w + 1.5) * _PX, (y + h + 1.5) * _PX)
        draw.rectangle(box, outline=(200, 30, 20) if kind == "gone" else (190, 110, 0), width=4)
    picture.thumbnail((_PREVIEW, _PREVIEW * 2))
    data = BytesIO()
    picture.save(data, "JPEG", quality=70)
    return base64.b64encode(data.getvalue()).decode()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    stream = sys.stdin.buffer
    head: dict[str, Any] = json.loads(stream.readline())
    parts = [stream.read(n) for n in head["lengths"]]
    try:
        found = examine(Ours(parts[0]), parts[1:], head["boxes"], head["head"])
    except MemoryError:
        print(json.dumps({"problem": "too much"}))
    except Exception as error:  # whatever a hostile picture provokes in the decoder, the answer is that it can't be read
        print(json.dumps({"problem": type(error).__name__}))
    else:
        print(json.dumps({"sheets": [vars(f) for f in found]}))


if __name__ == "__main__":
    main()
