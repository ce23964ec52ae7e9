"""What a scanner makes of a print copy: pages as pictures, turned, blurred, noisy; and one whose text somebody changed."""

from __future__ import annotations

import io
import random

import pypdfium2 as pdfium
from PIL import Image, ImageFilter

DPI = 200


def page_of(copy: bytes, number: int, dpi: int = DPI) -> Image.Image:
    document = pdfium.PdfDocument(copy)
    try:
        return document[number - 1].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()


def scanned(page: Image.Image, angle: float = 0.7, seed: int = 1, quality: int = 70, noise: float = 0.12) -> Image.Image:
    """Turned, grey, a little out of focus, with the noise of a sensor and of JPEG."""
    turned = page.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(249, 249, 246)).filter(
        ImageFilter.GaussianBlur(0.7)
    )
    random.seed(seed)
    noisy = Image.blend(turned, Image.effect_noise(turned.size, 14).convert("RGB"), noise)
    return Image.open(io.BytesIO(jpeg(noisy, quality))).convert("RGB")


def altered(copy: bytes, number: int, find: str, put: str, dpi: int = DPI) -> Image.Image:
    """The page with the characters ``find`` painted over by those of ``put``, which stand elsewhere on it."""
    text = words_of(copy, number)
    at, source = text.index(find), text.index(put)
    return exchanged(copy, number, [(at + n, source + n) for n in range(len(find))], dpi)


def words_of(copy: bytes, number: int) -> str:
    """The characters of a page, each where ``exchanged`` counts it."""
    document = pdfium.PdfDocument(copy)
    try:
        text: str = document[number - 1].get_textpage().get_text_range()
        return text
    finally:
        document.close()


def exchanged(copy: bytes, number: int, pairs: list[tuple[int, int]], dpi: int = DPI) -> Image.Image:
    """The page with single characters painted over by others; each pair: the one that goes, the one that is shown instead."""
    document = pdfium.PdfDocument(copy)
    try:
        page = document[number - 1]
        words, height = page.get_textpage(), page.get_height()
        picture, scale = page.render(scale=dpi / 72).to_pil().convert("RGB"), dpi / 72

        def box(index: int) -> tuple[int, int, int, int]:
            left, bottom, right, top = words.get_charbox(index, loose=True)
            return int(left * scale), int((height - top) * scale), int(right * scale), int((height - bottom) * scale)

        pieces = [picture.crop(box(source)) for _, source in pairs]
        for piece, (goes, _) in zip(pieces, pairs, strict=True):
            mine = box(goes)
            picture.paste((255, 255, 255), mine)
            picture.paste(piece.resize((mine[2] - mine[0], mine[3] - mine[1])), mine[:2])
        return picture
    finally:
        document.close()


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality, dpi=(DPI, DPI))
    return data.getvalue()


def as_pdf(pictures: list[Image.Image]) -> bytes:
    """As a scanner's own PDF: pictures only."""
    data = io.BytesIO()
    pictures[0].save(data, "PDF", save_all=True, append_images=pictures[1:], resolution=DPI)
    return data.getvalue()
