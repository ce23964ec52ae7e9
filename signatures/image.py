"""Uploaded images of seals and handwriting: paper taken away, ink and its colour kept, size in millimetres.

The paper's own brightness is estimated around every pixel, so that shadows and yellowed paper of a photograph go too. Ink is
unmixed from paper: a half-covered pixel at the edge of a stroke becomes half-transparent ink, not pink or grey.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageMath, ImageOps, UnidentifiedImageError

from signatures.appearance import Picture
from signatures.drawing import MM
from signatures.errors import SignatureError
from signatures.seal import LARGEST

LARGEST_UPLOAD = 10 * 1024 * 1024
_MOST_PIXELS = 40_000_000
_TOO_MANY = "图像的像素过多；请缩小到4000万像素以内。"
_LARGEST_SIDE = 1600
"""Pixels kept: 900 dpi of the largest seal."""
_SPECIMEN_SIDE = 240
_FEWEST_PIXELS = 200
"""Across the ink; below it print looks ragged, and the uploader is told."""
_FORMATS = ["PNG", "JPEG", "WEBP"]
_INK_FROM, _INK_FULL = 40, 125
"""How much darker than paper (of 255, in the channel that differs most) ink begins, and is fully opaque."""
_FAINT = 40
"""Alpha below this is paper's grain or the noise of a JPEG, unless it is the rim of ink."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``picture`` at its true size; ``notes``: Chinese remarks for the uploader, empty if all is well."""

    picture: Picture
    notes: tuple[str, ...]


def prepare_seal(upload: bytes, width_mm: float) -> Prepared:
    """An uploaded seal, ``width_mm`` wide. Raises ``image.unusable``; ``image.size`` beyond 45 mm either way."""
    if not 10 <= width_mm <= LARGEST:
        raise SignatureError("image.size", f"印章宽度应为10至{LARGEST:g}毫米。")
    ink, notes = _ink(upload)
    height_mm = width_mm * ink.height / ink.width
    if height_mm > LARGEST:
        raise SignatureError("image.size", f"按此宽度印章高{height_mm:.1f}毫米，超过{LARGEST:g}毫米；请核对宽度。")
    return Prepared(Picture(_png(ink), width_mm * MM, height_mm * MM, ink=True), notes)


def specimen(picture: Picture) -> bytes:
    """A small PNG to recognise a seal by, ruled through so that it can't be used as one."""
    with Image.open(io.BytesIO(picture.png), formats=["PNG"]) as opened:
        image = opened.convert("RGBA")
    image.thumbnail((_SPECIMEN_SIDE, _SPECIMEN_SIDE), Image.Resampling.LANCZOS)
    stripes = Image.new("L", image.size, 255)
    pen = ImageDraw.Draw(stripes)
    for start in range(-image.height, image.width, 14):
        pen.line([(start, image.height), (start + image.height, 0)], fill=0, width=4)
    image.putalpha(ImageChops.multiply(image.getchannel("A"), stripes))
    return _png(image)


def prepare_handwriting(upload: bytes, box_mm: tuple[float, float] = (60.0, 20.0)) -> Prepared:
    """Uploaded handwriting, as large as it fits into ``box_mm`` (width, height). Raises ``image.unusable``."""
    ink, notes = _ink(upload)
    factor = min(box_mm[0] / ink.width, box_mm[1] / ink.height) * MM
    return Prepared(Picture(_png(ink), ink.width * factor, ink.height * factor, ink=True), notes)


def _ink(upload: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    image = _read(upload)
    found = image if _is_cut_out(image) else _without_paper(image.convert("RGB"))
    alpha = _without_dust(found.getchannel("A"))
    found.putalpha(alpha)
    box = alpha.point(lambda a: 255 if a > 64 else 0).getbbox()
    if box is None:
        raise SignatureError("image.unusable", "图像中没有找到印章或者字迹：请使用白底、墨色清晰的图像。")
    box = (max(box[0] - 2, 0), max(box[1] - 2, 0), min(box[2] + 2, found.width), min(box[3] + 2, found.height))
    found = found.crop(box)
    covered = sum(n for value, n in enumerate(found.getchannel("A").histogram()) if value > 128) / (found.width * found.height)
    notes = []
    if max(found.size) < _FEWEST_PIXELS:
        notes.append(f"图像只有{found.width}×{found.height}像素，打印会发虚；建议按300 dpi以上重新扫描。")
    if covered > 0.85:
        raise SignatureError("image.unusable", "图像的底色没有去净：请使用白底、四周留白的图像。")
    return found, tuple(notes)


def _without_dust(alpha: Image.Image) -> Image.Image:
    """Faint pixels stay only beside ink, where they are the soft edge of a stroke."""
    ink = alpha.filter(ImageFilter.MedianFilter(3)).point(lambda a: 255 if a > 3 * _FAINT else 0)
    near = ink.filter(ImageFilter.MaxFilter(5))
    return ImageChops.multiply(alpha.point(lambda a: 0 if a < _FAINT // 3 else a), near)


def _read(upload: bytes) -> Image.Image:
    if len(upload) > LARGEST_UPLOAD:
        raise SignatureError("image.unusable", f"图像超过{LARGEST_UPLOAD // 1024 // 1024} MB。")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise SignatureError("image.unusable", _TOO_MANY)
                opened.draft("RGB", (2 * _LARGEST_SIDE, 2 * _LARGEST_SIDE))
                image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SignatureError("image.unusable", _TOO_MANY) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise SignatureError("image.unusable", "图像无法读取；请上传 PNG、JPEG 或者 WebP 图像。") from error
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE), Image.Resampling.LANCZOS)
    if min(image.size) < 8:
        raise SignatureError("image.unusable", "图像太小。")
    return image


def _is_cut_out(image: Image.Image) -> bool:
    """Whether somebody has removed the background already: a good part of it is transparent."""
    clear = sum(image.getchannel("A").histogram()[:16])
    return clear > 0.1 * image.width * image.height


def _without_paper(image: Image.Image) -> Image.Image:
    paper = _paper(image)
    # Relative to the paper: 255 where there is none of its light missing.
    flat = Image.merge("RGB", [_divided(i, p) for i, p in zip(image.split(), paper.split(), strict=True)])
    red, green, blue = ImageChops.invert(flat).split()
    missing = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    span = _INK_FULL - _INK_FROM
    alpha = missing.point(lambda v: max(0, min(255, round((v - _INK_FROM) * 255 / span))))
    result = Image.merge("RGB", [_unmixed(channel, alpha) for channel in flat.split()])
    result.putalpha(alpha)
    return result


def _paper(image: Image.Image) -> Image.Image:
    """The paper's colour around every pixel: the brightest of its surroundings, smoothed."""
    small = image.resize((max(image.width // 8, 1), max(image.height // 8, 1)), Image.Resampling.BOX)
    wide = small
    for _ in range(4):
        wide = wide.filter(ImageFilter.MaxFilter(9))
    wide = wide.filter(ImageFilter.GaussianBlur(6))
    return wide.resize(image.size, Image.Resampling.BICUBIC)


def _divided(channel: Image.Image, paper: Image.Image) -> Image.Image:
    def quotient(names: dict[str, Any]) -> Any:
        return names["min"](names["c"] * 255 / names["max"](names["p"], 1), 255)

    return _calculated(quotient, c=channel, p=paper)


def _unmixed(channel: Image.Image, alpha: Image.Image) -> Image.Image:
    """What the ink's own colour was: observed = ink·α + white·(1 − α)."""

    def own(names: dict[str, Any]) -> Any:
        c, a, larger, smaller = names["c"], names["a"], names["max"], names["min"]
        return smaller(larger(255 - (255 - c) * 255 / larger(a, 1), 0), 255)

    return _calculated(own, c=channel, a=alpha)


def _calculated(formula: Callable[[dict[str, Any]], Any], **channels: Image.Image) -> Image.Image:
    result: Image.Image = ImageMath.lambda_eval(formula, **channels).convert("L")
    return result


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()
