"""From the approved DOCX to the signed working copy, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from signatures.credentials import KeyCredentials
from signatures.docx.fill import Filling, Record, append_record, fill, protect
from signatures.docx.numbers import fields_as_text, numbers_as_text
from signatures.docx.package import Parts
from signatures.docx.xml_signature import sign_package

REASON = "已签署的工作副本；原件为 PDF 文件"


def make_working_copy(
    docx: bytes, fillings: Mapping[str, Filling], record: Record, system: KeyCredentials, now: datetime
) -> bytes:
    """``docx`` with the parties' marks, numbers and fields as text, the record page, protection, and the system's signature.

    ``fillings``: place (tag ``box:<name>``) → what goes there. Raises ``docx.unusable``, ``docx.box``, ``docx.numbers``,
    ``docx.signed``.
    """
    parts = Parts.read(docx)
    fields_as_text(parts)
    numbers_as_text(parts)
    fill(parts, fillings)
    append_record(parts, record)
    protect(parts)
    return sign_package(parts, system, now, REASON)
