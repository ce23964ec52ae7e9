"""Incremental revisions: reading what is there strictly, adding one, and never touching a byte that was signed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import enumerate_sig_fields

from signatures.appearance import numbers
from signatures.errors import SignatureError
from signatures.pdf_syntax import IncrementalPdfFileWriter
from signatures.seam import PageFrame

# pyHanko warns of what is meant here: validation data is put in without fetching anything.
logging.getLogger("pyhanko").setLevel(logging.ERROR)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.ERROR)

RESERVED = 24576
"""Hexadecimal digits kept for a signature with certificates and timestamp."""


def open_writer(pdf: bytes) -> IncrementalPdfFileWriter:
    """Raises ``pdf.unusable`` for a file that can't be signed: damaged, encrypted, with trailing bytes."""
    if not pdf.startswith(b"%PDF-") or not pdf.rstrip(b"\r\n").endswith(b"%%EOF"):
        raise SignatureError("pdf.unusable", "文件不是完整的 PDF，或者结尾之后还有内容，不能签署。")
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        if writer.security_handler is not None:
            raise SignatureError("pdf.unusable", "PDF 已加密，不能签署。")
        page_count(writer)
    except (PdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError("pdf.unusable", f"PDF 结构有误，不能签署：{error}") from error
    return writer


def page_count(writer: IncrementalPdfFileWriter) -> int:
    return int(writer.root["/Pages"]["/Count"])


def page(writer: IncrementalPdfFileWriter, number: int) -> Any:
    """Reference to a page, counted from 1."""
    return writer.find_page_for_modification(number - 1)[0]


def frames(writer: IncrementalPdfFileWriter) -> tuple[PageFrame, ...]:
    """The visible part of every page."""
    return tuple(_frame(page(writer, number).get_object()) for number in range(1, page_count(writer) + 1))


def _frame(node: Any) -> PageFrame:
    box = _inherited(node, "/CropBox") or _inherited(node, "/MediaBox")
    if box is None or len(box) != 4:
        raise SignatureError("pdf.unusable", "PDF 有页面没有页面尺寸，不能签署。")
    left, bottom, right, top = (float(v) for v in box)
    rotation = int(_inherited(node, "/Rotate") or 0) % 360
    if rotation not in (0, 90, 180, 270):
        raise SignatureError("pdf.unusable", "PDF 有页面的旋转角度不是直角，不能签署。")
    return PageFrame(min(left, right), min(bottom, top), max(left, right), max(bottom, top), rotation)


def _inherited(node: Any, key: str) -> Any:
    for _ in range(50):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise SignatureError("pdf.unusable", "PDF 的页面树有循环，不能签署。")


def entry(node: Any, key: str, default: Any = None) -> Any:
    """A dictionary's entry, followed to what it refers to; pyHanko's own ``get`` does not follow."""
    return node[key] if key in node else default  # noqa: SIM401


def form_fields(writer: IncrementalPdfFileWriter) -> generic.ArrayObject:
    """The document's fields; the form is made if there is none."""
    if "/AcroForm" not in writer.root:
        form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject()})
        writer.root[pdf_name("/AcroForm")] = writer.add_object(form)
        writer.update_root()
    fields: generic.ArrayObject = writer.root["/AcroForm"]["/Fields"]
    writer.update_container(fields)
    return fields


def widget(
    writer: IncrementalPdfFileWriter, number: int, rect: tuple[float, float, float, float], entries: dict[str, Any]
) -> Any:
    """Reference to a new field on page ``number``, printed and locked in its place."""
    on = page(writer, number)
    field = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/F"): generic.NumberObject(4 | 128),
            pdf_name("/Rect"): numbers(rect),
            pdf_name("/P"): on,
        }
    )
    for key, value in entries.items():
        field[pdf_name(key)] = value
    reference = writer.add_object(field)
    writer.register_annotation(on, reference)
    return reference


def named_fields(writer: IncrementalPdfFileWriter) -> Iterator[tuple[str, Any]]:
    """Every terminal field with its full name, as reference."""
    yield from _below(entry(entry(writer.root, "/AcroForm", {}), "/Fields", ()), "", 0)


def _below(references: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > 8:
        raise SignatureError("pdf.unusable", "PDF 的表单层级过深，不能签署。")
    for reference in references:
        field = reference.get_object()
        name = f"{prefix}{entry(field, '/T', '')}"
        if "/Kids" in field and entry(field, "/FT") != "/Sig":
            yield from _below(field["/Kids"], f"{name}.", depth + 1)
        else:
            yield name, reference


def settle(writer: IncrementalPdfFileWriter) -> None:
    """Make the end of every new stream certain.

    Data that ends in CR before the line feed of ``endstream`` may be read as one byte shorter (ISO 19005-3, 6.1.7.1); hexadecimal
    digits end in ``>``.
    """
    for item in writer.objects.values():
        if isinstance(item, generic.StreamObject) and item.encoded_data.endswith(b"\r"):
            item.apply_filter(pdf_name("/ASCIIHexDecode"))


def signature_fields(writer: IncrementalPdfFileWriter) -> dict[str, bool]:
    """Signature fields by name: whether they are signed."""
    return {name: value is not None for name, value, _ in enumerate_sig_fields(writer)}
