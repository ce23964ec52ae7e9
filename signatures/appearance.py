"""What a filled field shows, as PDF objects: vector drawings and pictures, never a font."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from signatures.drawing import Drawing, _number
from signatures.errors import SignatureError

_LARGEST_SIDE = 2400
"""Pixels; more is scaled down before it goes into a file."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster image with transparency (PNG) shown ``width`` × ``height`` points large. ``ink``: see ``Drawing``."""

    png: bytes
    width: float
    height: float
    ink: bool = False


Appearance = Drawing | Picture


class Fit(Enum):
    """How an appearance is put into its box."""

    TRUE_SIZE = "true_size"
    """At its own size, centred: seals, whose size means something."""
    INSIDE = "inside"
    """Scaled to fit, proportions kept, centred: handwriting."""
    STRETCHED = "stretched"
    """It was drawn for this very box."""


_TURNS = {0: (1, 0, 0, 1, 0, 0), 90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0), 270: (0, -1, 1, 0, 0, 0)}
"""Form matrices that turn the content against the page's rotation; the viewer moves the result into the field's rectangle."""


def form(writer: BasePdfFileWriter, appearance: Appearance | None, width: float, height: float, fit: Fit) -> Any:
    """Reference to a form of ``width`` × ``height`` points that shows ``appearance``; an empty one for None.

    Raises ``appearance.size`` where something of true size is larger than its box.
    """
    if appearance is None:
        return _form(writer, b"", (0.0, 0.0, width, height), generic.DictionaryObject())
    across, up = _scale(appearance, width, height, fit)
    x, y = (width - appearance.width * across) / 2, (height - appearance.height * up) / 2
    whole = body(writer, appearance)
    placed = f"q {_number(across)} 0 0 {_number(up)} {_number(x)} {_number(y)} cm /Whole Do Q".encode()
    return _form(writer, placed, (0.0, 0.0, width, height), _resources(whole))


def cut(writer: BasePdfFileWriter, whole: Any, start: float, end: float, height: float, rotation: int) -> Any:
    """Reference to a form that shows what of ``whole`` (``body``) lies from ``start`` to ``end``; its box does the cutting."""
    width = round(end - start, 3)
    placed = f"q 1 0 0 1 {_number(-start)} 0 cm /Whole Do Q".encode()
    return _form(writer, placed, (0.0, 0.0, width, height), _resources(whole), _TURNS[rotation])


def body(writer: BasePdfFileWriter, appearance: Appearance) -> Any:
    """Reference to a form that shows the whole appearance at its own size; cut or placed by other forms."""
    box = (0.0, 0.0, appearance.width, appearance.height)
    resources = generic.DictionaryObject()
    content = appearance.content() if isinstance(appearance, Drawing) else _picture(writer, appearance, resources)
    if appearance.ink:
        state = generic.DictionaryObject({pdf_name("/BM"): pdf_name("/Multiply"), pdf_name("/ca"): generic.FloatObject(0.92)})
        resources[pdf_name("/ExtGState")] = generic.DictionaryObject({pdf_name("/Ink"): state})
        content = b"q /Ink gs\n" + content + b"\nQ"
    return _form(writer, content, box, resources)


def _scale(appearance: Appearance, width: float, height: float, fit: Fit) -> tuple[float, float]:
    if fit is Fit.STRETCHED:
        return width / appearance.width, height / appearance.height
    if fit is Fit.TRUE_SIZE:
        if appearance.width > width + 0.5 or appearance.height > height + 0.5:
            raise SignatureError("appearance.size", "印章图样大于签署栏位；请换用尺寸合适的印章图样。")
        return 1.0, 1.0
    factor = min(width / appearance.width, height / appearance.height)
    return factor, factor


def _picture(writer: BasePdfFileWriter, picture: Picture, resources: generic.DictionaryObject) -> bytes:
    try:
        with Image.open(io.BytesIO(picture.png), formats=["PNG"]) as opened:
            image = opened.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise SignatureError("appearance.picture", "签名或印章图像无法读取，请重新上传。") from error
    if max(image.size) > _LARGEST_SIDE:
        image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    mask = _image(writer, image.getchannel("A"), "/DeviceGray")
    drawn = _image(writer, image.convert("RGB"), "/DeviceRGB", mask)
    resources[pdf_name("/XObject")] = generic.DictionaryObject({pdf_name("/Image"): drawn})
    return f"q {_number(picture.width)} 0 0 {_number(picture.height)} 0 0 cm /Image Do Q".encode()


def _image(writer: BasePdfFileWriter, image: Image.Image, space: str, mask: Any = None) -> Any:
    entries = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Image"),
        pdf_name("/Width"): generic.NumberObject(image.width),
        pdf_name("/Height"): generic.NumberObject(image.height),
        pdf_name("/ColorSpace"): pdf_name(space),
        pdf_name("/BitsPerComponent"): generic.NumberObject(8),
        pdf_name("/Filter"): pdf_name("/FlateDecode"),
    }
    if mask is not None:
        entries[pdf_name("/SMask")] = mask
    return writer.add_object(generic.StreamObject(entries, encoded_data=zlib.compress(image.tobytes(), 6)))


def _resources(whole: Any) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name("/XObject"): generic.DictionaryObject({pdf_name("/Whole"): whole})})


def _form(
    writer: BasePdfFileWriter,
    content: bytes,
    box: tuple[float, float, float, float],
    resources: generic.DictionaryObject,
    matrix: tuple[int, ...] = _TURNS[0],
) -> Any:
    stream = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): numbers(box),
            pdf_name("/Matrix"): numbers(matrix),
            pdf_name("/Resources"): resources,
        },
        stream_data=content,
    )
    if len(content) > 200:
        stream.compress()
    return writer.add_object(stream)


def numbers(values: tuple[float, ...]) -> generic.ArrayObject:
    """A PDF array of numbers, written to the thousandth of a point."""
    return generic.ArrayObject([generic.FloatObject(_number(v)) for v in values])
