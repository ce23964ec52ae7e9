"""Making signatures last: validation data and document timestamps (PAdES B-LTA), and renewing the timestamp before it lapses."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signatures.asn1 import Certificate
from signatures.errors import SignatureError
from signatures.pdf_syntax import IncrementalPdfFileWriter, PdfFileReader
from signatures.revisions import RESERVED, entry, named_fields, open_writer, settle
from signatures.signing import switch_on, write_text
from signatures.time_source import Stamper, TimeSource
from signatures.validation_data import ValidationData, put_in

RENEWED_BEFORE = timedelta(days=365)


def archive(
    pdf: bytes, data: ValidationData, source: TimeSource, texts: Mapping[str, str] | None = None, ticks: Sequence[str] = ()
) -> bytes:
    """One revision: ``data`` and a document timestamp over everything before it. Serves the completion and every renewal.

    ``texts`` and ``ticks``: marks of both parties together (``Layout.by_system``), at the completion only. For a renewal, ``data``
    holds what proves the last timestamp. Raises ``pdf.unusable``, ``time.refused``, ``time.backwards``, ``archive.foreign`` for a
    mark that some signature has locked.
    """
    writer = open_writer(pdf)
    _fill(writer, texts or {}, ticks)
    stamps = tuple(writer.prev.embedded_timestamp_signatures)
    put_in(writer, data, _timestamp_certificates(stamps))
    settle(writer)
    stamper = PdfTimeStamper(Stamper(source), field_name=f"archive_{len(stamps) + 1}", readable_field_name="存档时间戳")
    output = asyncio.run(stamper.async_timestamp_pdf(writer, "sha256", bytes_reserved=RESERVED))
    content: bytes = output.getvalue()
    return content


def _fill(writer: IncrementalPdfFileWriter, texts: Mapping[str, str], ticks: Sequence[str]) -> None:
    if not texts and not ticks:
        return
    fields = {name: reference.get_object() for name, reference in named_fields(writer)}
    locked = {str(n) for node in fields.values() for n in entry(entry(node, "/Lock", {}), "/Fields", ())}
    foreign = [n for n in (*texts, *ticks) if n not in fields or n in locked]
    if foreign:
        raise SignatureError("archive.foreign", f"栏位{'、'.join(foreign)}不由系统填写。")
    for name, text in texts.items():
        write_text(writer, fields[name], text)
    for name in ticks:
        switch_on(writer, fields[name])


def archive_ends(pdf: bytes) -> datetime | None:
    """Until when the newest document timestamp proves by itself: the end of its certificate; None for a file without one."""
    stamps = _timestamps(pdf)
    if not stamps:
        return None
    certificate: Certificate = extract_certificate_info(stamps[-1].signed_data).signer_cert
    end: datetime = certificate["tbs_certificate"]["validity"]["not_after"].native
    return end


def renewal_due(pdf: bytes, now: datetime) -> bool:
    """Whether the timestamp must be renewed: its certificate ends within a year. An ended one can't be helped any more.

    Raises ``archive.missing`` for a file that was never archived.
    """
    end = archive_ends(pdf)
    if end is None:
        raise SignatureError("archive.missing", "文件没有存档时间戳。")
    return end - now < RENEWED_BEFORE


def _timestamps(pdf: bytes) -> Sequence[EmbeddedPdfSignature]:
    return tuple(PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures)


def _timestamp_certificates(stamps: Sequence[EmbeddedPdfSignature]) -> list[Certificate]:
    """Those that the timestamps in the file carry, so that they are proven by the next one even if they were sent by a service."""
    found: list[Certificate] = []
    for stamp in stamps:
        info = extract_certificate_info(stamp.signed_data)
        found += [info.signer_cert, *info.other_certs]
    return found
