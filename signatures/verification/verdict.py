"""The verdict on a signed PDF: frozen values, every reason in Chinese and English, nothing claimed that was not checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from signatures.verification.reasons import Reason, Weight


class Outcome(Enum):
    """What the file as a whole amounts to; the first that applies."""

    UNREADABLE = "unreadable"
    """无法解析: no verdict on signatures is possible."""
    INVALID = "invalid"
    """验证不通过: something was changed, or a signature does not hold."""
    UNSIGNED = "unsigned"
    """没有签名."""
    INCOMPLETE = "incomplete"
    """尚未签署完毕: what is there holds, but a signature that the frozen text asks for is missing."""
    UNTRUSTED = "untrusted"
    """内容未改动，但签名人的身份无法确认: certificate unknown, revoked, or its status not known."""
    VALID = "valid"
    """验证通过."""

    @property
    def label(self) -> tuple[str, str]:
        """Chinese, English."""
        return _OUTCOMES[self.value]


_OUTCOMES = {
    "unreadable": ("无法解析文件", "The file can't be read"),
    "invalid": ("验证不通过", "Verification failed"),
    "unsigned": ("文件没有签名", "The file has no signature"),
    "incomplete": ("尚未签署完毕", "Not signed completely"),
    "untrusted": ("内容未改动，但签名人身份无法确认", "Unchanged, but a signatory's identity can't be confirmed"),
    "valid": ("验证通过", "Verified"),
}


class Change(Enum):
    """What happened to the file after a signature, at most."""

    NOTHING = "nothing"
    ARCHIVED = "archived"
    FILLED = "filled"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN = "unknown"

    @property
    def label(self) -> tuple[str, str]:
        return {
            "nothing": ("没有任何改动", "nothing changed"),
            "archived": ("只添加了存档时间戳和验证信息", "archive timestamps and validation data only"),
            "filled": ("只填写了允许的签署栏位", "only places for signing were filled"),
            "not_allowed": ("有不允许的改动", "changes that are not allowed"),
            "unknown": ("无法判断", "can't be told"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. ``signed_at`` is what the signatory says, ``proven_at`` what a timestamp proves (and whose).

    ``root``: SHA-256 of the trusted root that its certificate leads to; empty where it leads to none.
    """

    field: str
    label: str
    kind: str
    name: str
    organisation: str
    serial: str
    fingerprint: str
    issuer: str
    signed_at: datetime | None
    proven_at: datetime | None
    clock: str
    intact: bool
    trusted: bool
    changed_after: Change
    revision: int
    root: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the file: its length in bytes and the SHA-256 up to there."""

    number: int
    length: int
    digest: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file embedded in the PDF."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found out about a file."""

    outcome: Outcome
    digest: str
    size: int
    pages: int
    signatures: tuple[Signature, ...] = ()
    reasons: tuple[Reason, ...] = ()
    revisions: tuple[Revision, ...] = ()
    attachments: tuple[Attached, ...] = ()

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.VALID

    def codes(self) -> frozenset[str]:
        return frozenset(r.code for r in self.reasons)

    def data(self) -> dict[str, Any]:
        """For JSON: enums by value, times in ISO 8601, the outcome's words beside it."""
        plain: dict[str, Any] = _plain(self)
        plain["chinese"], plain["english"] = self.outcome.label
        return plain


def conclude(reasons: Iterable[Reason], signed: bool) -> Outcome:
    """The outcome that the reasons amount to."""
    weights = {r.weight for r in reasons}
    if Weight.UNREADABLE in weights:
        return Outcome.UNREADABLE
    if Weight.FAILS in weights:
        return Outcome.INVALID
    if not signed:
        return Outcome.UNSIGNED
    if Weight.INCOMPLETE in weights:
        return Outcome.INCOMPLETE
    return Outcome.UNTRUSTED if Weight.UNTRUSTED in weights else Outcome.VALID


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def read_verdict(data: Mapping[str, Any]) -> Verdict:
    """A verdict from its ``data``."""
    moment = lambda text: datetime.fromisoformat(text) if text else None  # noqa: E731
    signatures = tuple(
        Signature(
            **{
                **s,
                "signed_at": moment(s["signed_at"]),
                "proven_at": moment(s["proven_at"]),
                "changed_after": Change(s["changed_after"]),
            }
        )
        for s in data["signatures"]
    )
    reasons = tuple(Reason(**{**r, "weight": Weight(r["weight"])}) for r in data["reasons"])
    return Verdict(
        Outcome(data["outcome"]), data["digest"], data["size"], data["pages"], signatures, reasons,
        tuple(Revision(**r) for r in data["revisions"]), tuple(Attached(**a) for a in data["attachments"]),
    )  # fmt: skip
