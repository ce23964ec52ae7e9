"""A verdict as lines of text, for a person at a terminal and for the report in an evidence package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from signatures.verification.reasons import Weight
from signatures.verification.verdict import Signature, Verdict

BEIJING = ZoneInfo("Asia/Shanghai")


def spoken(verdict: Verdict, language: str = "zh") -> Iterator[str]:
    """Lines in Chinese (``zh``) or English (``en``): the outcome, why, every signature, attachments, the file's digest."""
    chinese = language != "en"
    words = 0 if chinese else 1
    yield f"{'结论' if chinese else 'Verdict'}：{verdict.outcome.label[words]}"
    for item in verdict.reasons:
        mark = ("  · " if chinese else "  - ") if item.weight is Weight.NOTE else "  ✗ "
        yield mark + (item.chinese if chinese else item.english)
    for number, one in enumerate(verdict.signatures, 1):
        yield from _signature(number, one, chinese)
    for file in verdict.attachments:
        yield f"{'附件' if chinese else 'Attachment'} {file.name} · {file.size} · SHA-256 {file.digest}"
    pages = f"{verdict.pages} 页" if chinese else f"{verdict.pages} pages"
    yield f"{'文件' if chinese else 'File'}：{pages} · {verdict.size} · SHA-256 {verdict.digest}"


def _signature(number: int, one: Signature, chinese: bool) -> Iterator[str]:
    holds = one.intact and one.trusted
    state = ("有效" if holds else "有问题") if chinese else ("holds" if holds else "does not hold")
    who = one.name if one.organisation in ("", one.name) else f"{one.name}（{one.organisation}）"
    yield f"{number}. {one.label} · {who} · {state}"
    if chinese:
        proven = f"时间戳 {local_time(one.proven_at)}（{one.clock or '由存档时间戳证明'}）" if one.proven_at else "没有可靠的时间"
        yield f"   证书 {one.serial} · 签发者 {one.issuer} · {proven} · 之后{one.changed_after.label[0]}"
    else:
        proven = f"timestamp {local_time(one.proven_at)} ({one.clock or 'archive'})" if one.proven_at else "no reliable time"
        yield f"   certificate {one.serial} · issued by {one.issuer} · {proven} · afterwards {one.changed_after.label[1]}"


def local_time(at: datetime | None) -> str:
    """In Beijing, to the second; empty for None."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S %z") if at else ""
