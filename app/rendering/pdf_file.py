"""The last full save of a PDF: attachments, compression, identity. Behind it only increments may follow (signatures)."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from io import BytesIO
from typing import Any

import pikepdf

from app.domain.documents import Attachment, DocumentMeta
from app.rendering.pdf_code import VerificationCode
from app.rendering.pdf_mark import DraftMark

_LEVEL = 4
"""Of deflate: half the time of the default for files a few per cent larger."""


def finish(
    raw: bytes,
    meta: DocumentMeta,
    attachments: Sequence[Attachment] = (),
    mark: DraftMark | None = None,
    code: VerificationCode | None = None,
    pages: Collection[int] = (),
) -> bytes:
    """The last full save: attachments in, streams compressed, XMP plain, no object streams.

    WeasyPrint alone would write one object stream of all structure elements; checking two signatures on that takes half a
    minute. Behind this save only increments may follow. ``code`` goes to ``pages`` (from 1).
    """
    stamp = meta.created.strftime("D:%Y%m%d%H%M%SZ")
    with pikepdf.open(BytesIO(raw)) as pdf:
        if mark is not None:
            mark.put_behind(pdf)
        if code is not None:
            code.put_on(pdf, pages)
        for attachment in attachments:
            spec = pikepdf.AttachedFileSpec(
                pdf,
                attachment.content,
                description=attachment.description,
                filename=attachment.name,
                mime_type=attachment.media_type,
                relationship=pikepdf.Name(f"/{attachment.relationship}"),
                creation_date=stamp,
                mod_date=stamp,
            )
            pdf.attachments[attachment.name] = spec
            associated = _associated_files(pdf)
            if all(known.objgen != spec.obj.objgen for known in associated):  # newer pikepdf has put it there already
                associated.append(spec.obj)
        _compress(pdf)
        pdf.trailer.ID = pikepdf.Array([pikepdf.String(meta.digest[:32].encode())] * 2)
        target = BytesIO()
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return target.getvalue()


def attached(pdf: bytes) -> dict[str, bytes]:
    """The files that a PDF of our own carries, by name."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}


def _compress(pdf: pikepdf.Pdf) -> None:
    """Deflate every stream but the XMP, which archives must be able to read plainly.

    Data that ends in CR before the line feed of ``endstream`` leaves its length open to doubt for readers that take both for the
    line end. The last bytes of deflated data are a checksum, so that a byte without meaning behind the data helps: a line feed in
    a content stream or CMap, padding in a font. A file attached must stay as it is and is then not deflated.
    """
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream) or "/Filter" in item or item.get("/Type") == pikepdf.Name.Metadata:
            continue
        data = item.read_raw_bytes()
        packed = zlib.compress(data, _LEVEL)
        if packed.endswith(b"\r"):
            if item.get("/Type") == pikepdf.Name.EmbeddedFile:
                continue
            packed = zlib.compress(data + (b"\0" if "/Subtype" in item or "/Length1" in item else b"\n"), _LEVEL)
        item.write(packed, filter=pikepdf.Name.FlateDecode)


def _associated_files(pdf: pikepdf.Pdf) -> Any:
    if "/AF" not in pdf.Root:
        pdf.Root.AF = pikepdf.Array()
    return pdf.Root.AF
