"""A file that a party signed elsewhere, with its own tool and certificate: let in through a strict gate, or not at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError

from signatures.errors import SignatureError
from signatures.field_states import touched, unsaid
from signatures.named import Wanted, holder_fault
from signatures.pdf_syntax import PdfFileReader
from signatures.revisions import entry, open_writer, signature_fields
from signatures.validation_data import ValidationData
from signatures.verification.asking import Trust
from signatures.verification.contents import revisions
from signatures.verification.reasons import Weight
from signatures.verification.verdict import Outcome, Signature, Verdict
from signatures.verification.worker import Verifier

StatusOf = Callable[[bytes], ValidationData]
"""What is known elsewhere of the certificates in a file; it parses the file, so only one that the verifier has found sound."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was let in. ``notes``: Chinese remarks, as on an appearance whose font is not embedded."""

    signature: Signature
    verdict: Verdict
    digest: str
    notes: tuple[str, ...]


def accept(
    before: bytes, after: bytes, field: str, verifier: Verifier, trust: Trust, now: datetime, wanted: Wanted | None = None,
    status: StatusOf | None = None, prepared: bytes = b"",
) -> Imported:  # fmt: skip
    """``after`` is ``before`` with exactly one more signature, in ``field``, by a certificate of a trusted root that names ``wanted``.

    Raises ``import.refused`` with every reason at once. ``trust`` names the roots that the installation takes for this party; without
    ``wanted`` it may name anybody. ``status`` is asked where nothing but the status of a certificate is missing.
    ``prepared``: the revision that we made for a device to sign; its fields are as we filled them. Without it no field but ``field`` may change:
    a viewer would show words that nobody agreed to.
    """
    if after == before:
        raise _refusal(["文件没有新的签名"])
    extends = after.startswith(before)
    faults = [] if extends else ["它不是在我方发出的文件上追加签名得到的（可能被重新保存过）"]
    verdict = verifier.verify(after, trust, now)
    if status is not None and extends and "trust.status" in verdict.codes() and not _broken(verdict):
        data = status(after)
        more = tuple(c.public_bytes(Encoding.DER) for c in data.certificates)
        trust = replace(
            trust, certificates=(*trust.certificates, *more), ocsps=(*trust.ocsps, *data.ocsps), crls=(*trust.crls, *data.crls)
        )
        verdict = verifier.verify(after, trust, now)
    faults += _faults(verdict, before, field, wanted, extends=extends)
    if extends and not _broken(verdict):
        faults += _filled_beside(prepared or before, after, field)
    if faults:
        raise _refusal(faults)
    made = next(s for s in verdict.signatures if s.field == field)
    return Imported(made, verdict, hashlib.sha256(after).hexdigest(), (*_notes(after, field), *_left_empty(after, field)))


def _filled_beside(before: bytes, after: bytes, field: str) -> list[str]:
    try:
        names = touched(before, after, field)
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ["签署栏位无法逐项核对"]
    return [f"签名之外还填写或者改动了其他栏位：{'、'.join(names)}；只能签名，不能填写任何栏位"] if names else []


def _broken(verdict: Verdict) -> bool:
    return any(r.weight in (Weight.FAILS, Weight.UNREADABLE) for r in verdict.reasons)


def _refusal(faults: list[str]) -> SignatureError:
    told = list(dict.fromkeys(faults))
    if len(told) == 1:
        return SignatureError("import.refused", f"不能接受该文件：{told[0]}。")
    lines = "\n".join(f"{number}. {fault}；" for number, fault in enumerate(told, 1))
    return SignatureError("import.refused", f"不能接受该文件，共{len(told)}处不符：\n{lines[:-1]}。")


def signer_of(pdf: bytes, field: str) -> bytes:
    """The certificate (DER) that signed in ``field`` of a file that was accepted."""
    found = next(s for s in PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures if s.fq_name == field)
    der: bytes = found.signer_cert.dump()
    return der


def _faults(verdict: Verdict, before: bytes, field: str, wanted: Wanted | None, *, extends: bool) -> list[str]:
    faults = [r.chinese.rstrip("。") for r in verdict.reasons if r.weight in (Weight.FAILS, Weight.UNREADABLE)]
    if verdict.outcome is Outcome.UNREADABLE:
        return faults
    # ``before`` is ours and was looked at when it came to be: only what is in it counts here, not whether it is valid.
    known = {name for name, signed in signature_fields(open_writer(before)).items() if signed}
    added = {s.field for s in verdict.signatures} - known
    if added != {field}:
        named = "、".join(sorted(added)) or "无"
        faults.append(f"新的签名应当只在栏位“{field}”，实际为：{named}")
    made = next((s for s in verdict.signatures if s.field == field), None)
    if made is not None:
        faults += _faults_of_signer(made, verdict, wanted)
    if extends and len(verdict.revisions) != len(revisions(before)) + 1:
        faults.append("签名之外还追加了其他内容")
    return faults


def _faults_of_signer(made: Signature, verdict: Verdict, wanted: Wanted | None) -> list[str]:
    faults = []
    if not made.trusted:
        why = [
            r.chinese.rstrip("。")
            for r in verdict.reasons
            if r.weight is Weight.UNTRUSTED and r.code != "trust.unknown" and f"“{made.label}”" in r.chinese
        ]
        detail = f"：{'；'.join(why)}" if why else ""
        faults.append(f"签名证书（{made.name}，签发者 {made.issuer}）不在受信任之列，或者其状态无法确认{detail}")
    wrong = holder_fault(made.name, made.organisation, wanted) if wanted is not None else ""
    return [*faults, wrong] if wrong else faults


def _notes(pdf: bytes, field: str) -> tuple[str, ...]:
    """An appearance by another tool may bring a font that is not embedded; the file is then no PDF/A any more."""
    reader = PdfFileReader(io.BytesIO(pdf))
    for one in reader.embedded_regular_signatures:
        if one.fq_name == field:
            loose = _loose_fonts(entry(entry(one.sig_field, "/AP", {}), "/N", {}), 0)
            if loose:
                return (f"签名图样使用了未嵌入的字体（{'、'.join(sorted(loose))}），文件自此不再符合 PDF/A；签名本身不受影响。",)
    return ()


def _left_empty(pdf: bytes, field: str) -> tuple[str, ...]:
    """What goes with the signature (``Layout``: date, certificate, …) and was not filled: with FieldMDP nobody may do so afterwards (ISO 32000-2,
    12.8.2.4), and our own freeze asks every tool for that lock."""
    one = next(s for s in PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures if s.fq_name == field)
    names = [str(name) for name in entry(entry(one.sig_field, "/Lock", {}), "/Fields", ())]
    lock = one.fieldmdp
    locked = unsaid(pdf, [n for n in names if lock is not None and lock.is_locked(n)])
    if locked:
        return (f"签署页的{'、'.join(locked)}留空：该签名锁定了这些栏位，此后不能填写；以签名所附的证书和时间为准。",)
    loose = unsaid(pdf, names)
    return (f"签署页的{'、'.join(loose)}留空；以签名所附的证书和时间为准。",) if loose else ()


def _loose_fonts(form: Any, depth: int) -> set[str]:
    if depth > 5:
        return set()
    resources, found = entry(form, "/Resources", {}), set()
    for name in entry(resources, "/Font", {}):
        font = entry(resources, "/Font")[name]
        descendant = entry(font, "/DescendantFonts")
        holder = descendant[0] if descendant else font
        descriptor = entry(holder, "/FontDescriptor", {})
        if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            found.add(str(entry(font, "/BaseFont", name)).lstrip("/"))
    for name in entry(resources, "/XObject", {}):
        found |= _loose_fonts(entry(resources, "/XObject")[name], depth + 1)
    return found
