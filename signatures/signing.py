"""One signature: one revision that fills the signatory's own fields, shows their hand or seal, and locks both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as value
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata

from signatures.appearance import Appearance, Fit, cut, form
from signatures.credentials import Credentials
from signatures.errors import SignatureError
from signatures.freezing import write_signature
from signatures.glyphs import outlines
from signatures.layout import SYSTEM_FIELD, Sign
from signatures.pdf_syntax import IncrementalPdfFileWriter
from signatures.revisions import entry, frames, named_fields, open_writer, signature_fields
from signatures.time_source import Clock, TimeSource
from signatures.validation_data import ValidationData, put_in


@dataclass(frozen=True, slots=True)
class Signing:
    """What one signatory does. ``field``: whose place; every name below must be among the fields that this signature locks.

    ``texts``: text marks → what they shall say; ``pictures``: text marks → a hand shown there as well; ``ticks``: check marks;
    ``seams``: cross-page seals → the seal to cut, or None where it lies in the file already.
    """

    field: str
    appearance: Appearance | None = None
    sign: Sign = Sign.HANDWRITING
    texts: Mapping[str, str] = value(default_factory=dict)
    pictures: Mapping[str, Appearance] = value(default_factory=dict)
    ticks: tuple[str, ...] = ()
    seams: Mapping[str, Appearance | None] = value(default_factory=dict)
    name: str = ""
    reason: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """The file with one more revision. ``digest``: SHA-256 of the whole of it; ``clock``: of the stamp that we added, None where the signature
    brought one of its own; ``clock_note``: why not the outside clock."""

    pdf: bytes
    field: str
    at: datetime
    clock: Clock | None
    clock_note: str
    digest: str


def sign(
    pdf: bytes,
    signing: Signing,
    credentials: Credentials,
    source: TimeSource,
    now: datetime,
    data: ValidationData | None = None,
) -> Signed:
    """Add one signature; ``data``, the status of its certificate now, goes into the same revision.

    The caller makes sure that nobody else signs the same file meanwhile (a row lock).

    Raises ``signing.field``: no such empty field; ``signing.foreign``: a field that this signature does not lock;
    ``signing.frozen``: the file was not certified by ``freeze``; ``pdf.unusable``; ``font.glyph``.
    """
    writer = prepared(pdf, signing)
    if data is not None:
        put_in(writer, data)
    meta = PdfSignatureMetadata(
        field_name=signing.field,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        name=signing.name or None,
        reason=signing.reason or None,
        location=signing.place or None,
    )
    content = write_signature(writer, meta, credentials, source, now)
    note = source.used[-1][1] if source.used else ""
    return Signed(content, signing.field, now.replace(microsecond=0), source.clock, note, hashlib.sha256(content).hexdigest())


def prepared(pdf: bytes, signing: Signing) -> IncrementalPdfFileWriter:
    """A writer with everything that the signature fills; only the signature itself is missing."""
    writer = open_writer(pdf)
    known = signature_fields(writer)
    if not known.get(SYSTEM_FIELD):
        raise SignatureError("signing.frozen", "文件尚未定稿（没有系统的定稿认证），不能签署。")
    if signing.field == SYSTEM_FIELD or signing.field not in known:
        raise SignatureError("signing.field", f"文件中没有签名栏位“{signing.field}”。")
    if known[signing.field]:
        raise SignatureError("signing.field", f"签名栏位“{signing.field}”已经签署，不能重复签署。")
    fields = {name: reference.get_object() for name, reference in named_fields(writer)}
    own = fields[signing.field]
    _require_own(signing, own, fields)
    if signing.appearance is not None:
        width, height = _size(own)
        fit = Fit.TRUE_SIZE if signing.sign is Sign.SEAL else Fit.INSIDE
        _show(writer, own, form(writer, signing.appearance, width, height, fit))
    for name, text in signing.texts.items():
        write_text(writer, fields[name], text)
    for name, picture in signing.pictures.items():
        _show_picture(writer, fields[name], picture, signing.name)
    for name in signing.ticks:
        switch_on(writer, fields[name])
    for name, seal in signing.seams.items():
        pieces = [field for known, field in fields.items() if known.startswith(f"{name}.")]
        if seal is None:
            _show_seam(writer, pieces)
        else:
            _cut_seam(writer, pieces, seal, signing.name)
    return writer


def _require_own(signing: Signing, own: Any, fields: Mapping[str, Any]) -> None:
    locked = {str(name) for name in entry(entry(own, "/Lock", {}), "/Fields", ())}
    wanted = [*signing.texts, *signing.pictures, *signing.ticks]
    for seam in signing.seams:
        wanted += [name for name in fields if name.startswith(f"{seam}.")]
    foreign = [name for name in wanted if name not in locked or name not in fields]
    if foreign:
        raise SignatureError("signing.foreign", f"栏位{'、'.join(foreign)}不属于这一签名，不能填写。")
    for name in (*signing.texts, *signing.pictures):
        if entry(fields[name], "/FT") != "/Tx":
            raise SignatureError("signing.foreign", f"栏位“{name}”不是文字栏位。")
    for name in signing.ticks:
        if entry(fields[name], "/FT") != "/Btn":
            raise SignatureError("signing.foreign", f"栏位“{name}”不是勾选栏位。")


def _size(node: Any) -> tuple[float, float]:
    x1, y1, x2, y2 = (float(v) for v in node["/Rect"])
    return round(x2 - x1, 3), round(y2 - y1, 3)


def _show(writer: IncrementalPdfFileWriter, node: Any, appearance: Any) -> None:
    node[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): appearance})
    writer.update_container(node)


def _show_picture(writer: IncrementalPdfFileWriter, node: Any, picture: Appearance, words: str) -> None:
    """A mark that shows a hand; its words are the name, for those who can't see it."""
    width, height = _size(node)
    node[pdf_name("/V")] = generic.pdf_string(words)
    _show(writer, node, form(writer, picture, width, height, Fit.INSIDE))


def write_text(writer: IncrementalPdfFileWriter, node: Any, text: str) -> None:
    width, height = _size(node)
    drawing = outlines().in_box(text, width, height)
    node[pdf_name("/V")] = generic.pdf_string(text)
    _show(writer, node, form(writer, drawing, width, height, Fit.STRETCHED))


def switch_on(writer: IncrementalPdfFileWriter, node: Any) -> None:
    node[pdf_name("/V")] = pdf_name("/Yes")
    node[pdf_name("/AS")] = pdf_name("/Yes")
    writer.update_container(node)


def _show_seam(writer: IncrementalPdfFileWriter, pieces: list[Any]) -> None:
    """The seal lies in the file since the freeze, hidden; show it."""
    for piece in pieces:
        if entry(piece, "/FT") != "/Btn":
            raise SignatureError("signing.seam", "骑缝章的图样没有随文件冻结，签署时须提供印章图样。")
        switch_on(writer, piece)


def _cut_seam(writer: IncrementalPdfFileWriter, pieces: list[Any], seal: Appearance, name: str) -> None:
    """Cut ``seal`` along the slices that were planned at the freeze: their rectangles side by side are the seal's square."""
    shown = frames(writer)
    numbers = [int(str(piece["/T"]).removeprefix("p")) for piece in pieces]
    whole, side, start = None, 0.0, 0.0
    for piece, number in zip(pieces, numbers, strict=True):
        if entry(piece, "/FT") != "/Tx":
            raise SignatureError("signing.seam", "骑缝章的图样已随文件冻结，签署时不能更换。")
        rotation = shown[number - 1].rotation
        across, up = _size(piece)
        width, height = (up, across) if rotation in (90, 270) else (across, up)
        if whole is None or start > side - _NEGLIGIBLE:
            side, start = height, 0.0
            whole = form(writer, seal, side, side, Fit.TRUE_SIZE) if whole is None else whole
        end = min(round(start + width, 3), side)
        piece[pdf_name("/V")] = generic.pdf_string(f"{name}骑缝章（第{number}页）")
        _show(writer, piece, cut(writer, whole, start, end, height, rotation))
        start = end


_NEGLIGIBLE = 0.01
"""Points; what rounding may leave over at the end of a seal."""
