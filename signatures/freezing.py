"""Freezing: the finished PDF gets its fields and the system's certification, in one revision. From then on forms are filled only."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign import fields
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.stamp import BaseStampStyle

from signatures import seam
from signatures.appearance import Fit, body, cut, form
from signatures.credentials import Credentials
from signatures.drawing import Colour, frame, tick
from signatures.errors import SignatureError
from signatures.layout import SYSTEM_FIELD, Box, CheckMark, Layout, Seam, SignatureField, TextMark
from signatures.pdf_syntax import IncrementalPdfFileWriter
from signatures.revisions import (
    RESERVED,
    form_fields,
    frames,
    named_fields,
    open_writer,
    page_count,
    settle,
    signature_fields,
    widget,
)
from signatures.time_source import Stamper, TimeSource
from signatures.validation_data import ValidationData, put_in

READ_ONLY = 1
_GUIDE: tuple[float, Colour] = (0.5, (0.6, 0.6, 0.6))
"""Of a frame that guides the hand: points, and a grey that print keeps and a seal doesn't miss."""
_OFF, _ON = pdf_name("/Off"), pdf_name("/Yes")


def freeze(
    pdf: bytes,
    layout: Layout,
    system: Credentials,
    source: TimeSource,
    now: datetime,
    data: ValidationData | None = None,
    reason: str = "合同文本定稿",
) -> bytes:
    """``pdf`` with every field of ``layout`` and certified by the system: only form filling is allowed from now on.

    ``data``: the status of the system's certificate now, which goes into the file.

    Raises ``layout.invalid``, ``pdf.unusable``, ``pdf.signed`` for a file that has signature fields already.
    """
    writer = open_writer(pdf)
    if signature_fields(writer):
        raise SignatureError("pdf.signed", "PDF 中已有签名栏位；定稿须从未签署的文件开始。")
    layout.check(page_count(writer))
    form_fields(writer)
    slices = {item.name: _slices(writer, item) for item in layout.seams}
    for signature in layout.signatures:
        _signature_field(writer, signature, slices)
    for mark in layout.marks:
        _mark(writer, mark)
    for item in layout.seams:
        _seam(writer, item, slices[item.name])
    meta = PdfSignatureMetadata(
        field_name=SYSTEM_FIELD,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        reason=reason,
    )
    if data is not None:
        put_in(writer, data)
    return write_signature(writer, meta, system, source, now, SigFieldSpec(SYSTEM_FIELD, readable_field_name="系统定稿认证"))


def write_signature(
    writer: IncrementalPdfFileWriter,
    meta: PdfSignatureMetadata,
    credentials: Credentials,
    source: TimeSource,
    now: datetime,
    new_field: SigFieldSpec | None = None,
) -> bytes:
    """The revision that ``writer`` holds, signed and timestamped: the whole new file."""
    signer = PdfSigner(meta, credentials.signer(), timestamper=Stamper(source), stamp_style=NoStamp(), new_field_spec=new_field)
    return asyncio.run(_written(signer, writer, now))


async def _written(signer: PdfSigner, writer: IncrementalPdfFileWriter, now: datetime) -> bytes:
    session = signer.init_signing_session(writer, existing_fields_only=signer.new_field_spec is None)
    session.system_time = now.replace(microsecond=0)
    settle(writer)
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    digest, output = document.digest_tbs_document()
    await document.perform_signature(digest.document_digest, PdfCMSSignedAttributes(signing_time=session.system_time))
    output.seek(0)
    return bytes(output.read())


class NoStamp(BaseStampStyle):
    """Our own appearance is in the field already; pyHanko's would bring a font that is not embedded."""

    def create_stamp(self, writer: Any, box: Any, text_params: Any) -> None:
        return None


def _signature_field(writer: IncrementalPdfFileWriter, item: SignatureField, slices: dict[str, tuple[seam.Slice, ...]]) -> None:
    box = item.box
    spec = SigFieldSpec(
        item.name,
        on_page=box.page - 1,
        box=(box.x1, box.y1, box.x2, box.y2),  # type: ignore[arg-type]  # fractions are fine
        readable_field_name=item.label,
        field_mdp_spec=FieldMDPSpec(FieldMDPAction.INCLUDE, [item.name, *_locked(item, slices)]),
    )
    fields.append_signature_field(writer, spec)
    if item.guide is not None:
        node = next(reference for name, reference in named_fields(writer) if name == item.name).get_object()
        shown = form(writer, frame(*item.guide, *_GUIDE), round(box.width, 3), round(box.height, 3), Fit.TRUE_SIZE)
        node[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): shown})


def _locked(item: SignatureField, slices: dict[str, tuple[seam.Slice, ...]]) -> list[str]:
    names: list[str] = []
    for name in item.fills:
        # Terminal names, not the parent's: not every viewer takes a lock of the parent for one of its kids.
        names += [f"{name}.p{piece.page}" for piece in slices[name]] if name in slices else [name]
    return names


def _mark(writer: IncrementalPdfFileWriter, mark: TextMark | CheckMark) -> None:
    box, guide = mark.box, mark.guide if isinstance(mark, TextMark) else None
    guided = frame(*guide, *_GUIDE) if guide is not None else None
    empty = form(writer, guided, box.width, box.height, Fit.TRUE_SIZE)
    common = {"/T": generic.pdf_string(mark.name), "/TU": generic.pdf_string(mark.label), "/Ff": generic.NumberObject(READ_ONLY)}
    if isinstance(mark, CheckMark):
        ticked = form(writer, tick(min(box.width, box.height)), box.width, box.height, Fit.INSIDE)
        entries = common | _check_box(empty, ticked)
    else:
        entries = common | _text_field(empty)
    form_fields(writer).append(widget(writer, box.page, _rect(box), entries))


def _seam(writer: IncrementalPdfFileWriter, item: Seam, slices: tuple[seam.Slice, ...]) -> None:
    if not slices:
        return
    parent = generic.DictionaryObject({pdf_name("/T"): generic.pdf_string(item.name), pdf_name("/Kids"): generic.ArrayObject()})
    reference = writer.add_object(parent)
    whole = body(writer, item.seal) if item.seal is not None else None
    for piece in slices:
        empty = form(writer, None, piece.width, piece.height, Fit.STRETCHED)
        entries = {
            "/T": generic.pdf_string(f"p{piece.page}"),
            "/TU": generic.pdf_string(f"{item.label}（第{piece.page}页）"),
            "/Ff": generic.NumberObject(READ_ONLY),
            "/Parent": reference,
        }
        if whole is None:
            entries |= _text_field(empty)
        else:
            shown = cut(writer, whole, piece.start, piece.end, piece.height, piece.rotation)
            entries |= _check_box(empty, shown)
        parent["/Kids"].append(widget(writer, piece.page, piece.rect, entries))
    form_fields(writer).append(reference)


def _slices(writer: IncrementalPdfFileWriter, item: Seam) -> tuple[seam.Slice, ...]:
    width, height = (item.seal.width, item.seal.height) if item.seal is not None else (item.side, item.side)
    return seam.plan(frames(writer), width, height, item.options)


def _check_box(off: Any, on: Any) -> dict[str, Any]:
    shown = generic.DictionaryObject({_OFF: off, _ON: on})
    return {
        "/FT": pdf_name("/Btn"),
        "/V": _OFF,
        "/AS": _OFF,
        "/AP": generic.DictionaryObject({pdf_name("/N"): shown}),
    }


def _text_field(empty: Any) -> dict[str, Any]:
    return {
        "/FT": pdf_name("/Tx"),
        "/DA": generic.pdf_string("0 g"),
        "/AP": generic.DictionaryObject({pdf_name("/N"): empty}),
    }


def _rect(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def is_frozen(pdf: bytes) -> bool:
    """Whether the system has certified the file."""
    return signature_fields(open_writer(pdf)).get(SYSTEM_FIELD, False)
