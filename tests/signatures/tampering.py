"""What somebody may do to a signed file. Each function takes the whole file and returns another."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject

Tamper = Callable[[bytes], bytes]


def _increment(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _fields(writer: IncrementalPdfFileWriter) -> dict[str, Any]:
    return {str(r.get_object()["/T"]): r.get_object() for r in writer.root["/AcroForm"]["/Fields"]}


def byte_flipped(pdf: bytes) -> bytes:
    changed = bytearray(pdf)
    changed[pdf.find(b"stream", 5000) + 40] ^= 1
    return bytes(changed)


def page_appended(pdf: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        content = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
        writer.insert_page(PageObject(content, (0, 0, 595, 842), resources=generic.DictionaryObject()))

    return _increment(pdf, change)


def page_replaced(pdf: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        reference = writer.find_page_for_modification(0)[0]
        content = writer.add_object(generic.StreamObject(stream_data=b"q 1 0 0 rg 100 700 200 50 re f Q"))
        reference.get_object()["/Contents"] = content
        writer.mark_update(reference)

    return _increment(pdf, change)


def content_stream_overwritten(pdf: bytes) -> bytes:
    """The page stays as it is; the stream that it refers to becomes another."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(1)[0].get_object()
        stream = page["/Contents"]
        stream = stream[0].get_object() if isinstance(stream, generic.ArrayObject) else stream
        stream._data = stream.data + b"\nq 1 0 0 rg 0 0 50 50 re f Q"
        stream._encoded_data = None
        writer.update_container(stream)

    return _increment(pdf, change)


def pages_swapped(pdf: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        kids = writer.root["/Pages"]["/Kids"]
        kids[1], kids[2] = kids[2], kids[1]
        writer.update_container(writer.root["/Pages"])
        writer.update_container(kids)

    return _increment(pdf, change)


def annotation_added(pdf: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        note = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/FreeText"),
                pdf_name("/Rect"): generic.ArrayObject(map(generic.FloatObject, (100, 700, 300, 750))),
                pdf_name("/Contents"): generic.pdf_string("另有约定"),
                pdf_name("/DA"): generic.pdf_string("/Helv 12 Tf"),
                pdf_name("/F"): generic.NumberObject(4),
            }
        )
        writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))

    return _increment(pdf, change)


def _attachment_replaced(pdf: bytes, ending: str) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        (spec,) = (names[i + 1] for i in range(0, len(names), 2) if str(names[i]).endswith(ending))
        stream = generic.StreamObject({pdf_name("/Type"): pdf_name("/EmbeddedFile")}, stream_data=b'{"amount": "1"}')
        files = spec["/EF"]
        for key in files:
            files[pdf_name(key)] = writer.add_object(stream)
        writer.update_container(files)

    return _increment(pdf, change)


def json_replaced(pdf: bytes) -> bytes:
    return _attachment_replaced(pdf, ".json")


def docx_replaced(pdf: bytes) -> bytes:
    return _attachment_replaced(pdf, ".docx")


def attachment_overwritten_in_place(pdf: bytes) -> bytes:
    """Specification and dictionary stay; the stream's own object becomes another."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        stream = names[1]["/EF"]["/F"]
        stream._data, stream._encoded_data = b"{}", None
        writer.update_container(stream)

    return _increment(pdf, change)


def seam_repainted(pdf: bytes) -> bytes:
    """A slice of A's cross-page seal, which A's signature has locked."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        kid = _fields(writer)["seam_a"]["/Kids"][0].get_object()
        stream = generic.StreamObject(stream_data=b"0 0 1 rg 0 0 20 100 re f")
        box = generic.ArrayObject(map(generic.FloatObject, (0, 0, 20, 100)))
        stream.update({pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form"), pdf_name("/BBox"): box})
        kid["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(stream)})
        writer.update_container(kid)

    return _increment(pdf, change)


def seal_repainted(pdf: bytes) -> bytes:
    """The stream of A's seal in A's signature field; the field itself is not touched."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        stream = _fields(writer)["a_seal"]["/AP"]["/N"]["/Resources"]["/XObject"]["/Whole"]
        stream._data, stream._encoded_data = b"0 0 1 rg 0 0 90 90 re f", None
        stream.pop("/Filter", None)
        writer.update_container(stream)

    return _increment(pdf, change)


def tick_taken_back(pdf: bytes) -> bytes:
    """A's ticked box as it was at the freeze."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        mark = _fields(writer)["a_bank"]
        mark["/V"] = mark["/AS"] = pdf_name("/Off")
        writer.update_container(mark)

    return _increment(pdf, change)


def date_changed(pdf: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        mark = _fields(writer)["b_date"]
        mark["/V"] = generic.pdf_string("2025年1月1日")
        writer.update_container(mark)

    return _increment(pdf, change)


def signature_taken_out(pdf: bytes) -> bytes:
    """B's field is empty again, as if B had never signed."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        field = _fields(writer)["b_seal"]
        del field["/V"]
        writer.update_container(field)

    return _increment(pdf, change)


def saved_again_by_pikepdf(pdf: bytes) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output)
    return output.getvalue()


def saved_again_by_pdfium(pdf: bytes) -> bytes:
    output = io.BytesIO()
    document = pypdfium2.PdfDocument(pdf)
    document.save(output)
    document.close()
    return output.getvalue()


def bytes_behind_the_end(pdf: bytes) -> bytes:
    return pdf + b"\n% hello\n"


def cut_back(pdf: bytes, revisions: int) -> bytes:
    """The file as it was ``revisions`` states before."""
    ends = [m.end() for m in re.finditer(rb"%%EOF\r?\n?", pdf)]
    return pdf[: ends[-1 - revisions]]


def transplanted(pdf: bytes, other: bytes) -> bytes:
    """The bytes of ``other``'s last ordinary signature in the place of this file's."""
    pattern = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
    mine, theirs = list(pattern.finditer(pdf))[-2], list(pattern.finditer(other))[-2]
    assert mine.group(1) != theirs.group(1)
    assert len(mine.group(1)) == len(theirs.group(1))
    return pdf[: mine.start(1)] + theirs.group(1) + pdf[mine.end(1) :]


TAMPERS: tuple[Tamper, ...] = (
    byte_flipped, page_appended, page_replaced, content_stream_overwritten, pages_swapped, annotation_added, json_replaced,
    docx_replaced, attachment_overwritten_in_place, seam_repainted, seal_repainted, tick_taken_back, date_changed,
    signature_taken_out, saved_again_by_pikepdf, saved_again_by_pdfium, bytes_behind_the_end,
)  # fmt: skip
