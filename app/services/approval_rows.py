"""Rounds of approval as they are stored: the domain's frozen values to rows and back, and which round is the one that counts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.approval import ApprovalRound, Closing, Consent, Delegation, ReturnComment, RoundStatus
from app.domain.approval_route import Function, Route, Seat, Step
from app.store.approvals import ApprovalRow, ApprovalSeatRow, latest_approval
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class WaiverAsked:
    """A playbook topic whose position the playbook never accepts, and why it shall be taken all the same."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the submitter said with the submission, beside the text itself."""

    remark: str = ""
    waivers: tuple[WaiverAsked, ...] = ()


def new_row(uow: UnitOfWork, contract_id: str, version_id: str, round_: ApprovalRound, asked: Asked) -> ApprovalRow:
    """The row of a round just opened, under the lock of its contract."""
    earlier = latest_approval(uow.session, contract_id)
    row = ApprovalRow(
        id=uuid.uuid4().hex,
        ordinal=earlier.ordinal + 1 if earlier is not None else 1,
        contract_id=contract_id,
        version_id=version_id,
        digest=round_.digest,
        status=round_.status.value,
        route=_route_text(round_, asked),
        closing="",
        submitter_id=round_.submitter,
        submitted_at=round_.submitted_at,
    )
    places = [(step, seat) for step, line in enumerate(round_.route.steps, 1) for seat in line.seats]
    row.seats = [
        ApprovalSeatRow(ordinal=i, step=step, function=seat.function.value, consent_digest="", note="", delegation_reason="")
        for i, (step, seat) in enumerate(places, 1)
    ]
    return row


def read_round(row: ApprovalRow) -> ApprovalRound:
    """The round of a row. Consents and delegations come in the order in which they were made."""
    consents = [
        (s.consent_at, s.ordinal, _consent(s, s.consent_at, s.consent_by)) for s in row.seats if s.consent_at and s.consent_by
    ]
    passed = [
        (s.delegated_at, s.ordinal, Delegation(Function(s.function), s.principal_id, s.delegate_id, s.delegation_reason, s.delegated_at))
        for s in row.seats
        if s.delegated_at and s.principal_id and s.delegate_id
    ]  # fmt: skip
    return ApprovalRound(
        row.digest,
        _route(json.loads(row.route)),
        row.submitter_id,
        row.submitted_at,
        RoundStatus(row.status),
        tuple(c for _, _, c in sorted(consents, key=lambda x: x[:2])),
        tuple(d for _, _, d in sorted(passed, key=lambda x: x[:2])),
        _closing(json.loads(row.closing)) if row.closing else None,
        frozenset(json.loads(row.route).get("authors", ())),
    )


def read_asked(row: ApprovalRow) -> Asked:
    data = json.loads(row.route)
    return Asked(data["remark"], tuple(WaiverAsked(w["topic"], w["reason"]) for w in data["waivers"]))


def write_round(row: ApprovalRow, round_: ApprovalRound) -> None:
    """Bring a row to where its round has come; the route never changes after the submission."""
    row.status = round_.status.value
    row.closing = _closing_text(round_.closing) if round_.closing else ""
    row.closer_id = round_.closing.by if round_.closing else None
    for seat in row.seats:
        function = Function(seat.function)
        consent, passed = round_.consent(function), round_.delegation(function)
        seat.consent_by = consent.by if consent else None
        seat.consent_for = (consent.for_whom or None) if consent else None
        seat.consent_at = consent.at if consent else None
        seat.consent_digest = consent.digest if consent else ""
        seat.note = consent.note if consent else ""
        seat.principal_id = passed.principal if passed else None
        seat.delegate_id = passed.delegate if passed else None
        seat.delegated_at = passed.at if passed else None
        seat.delegation_reason = passed.reason if passed else ""


def current(uow: UnitOfWork, contract_id: str, *statuses: RoundStatus) -> tuple[ApprovalRow, ApprovalRound] | None:
    """The latest round of a contract where it has one of ``statuses`` (none given: whatever it has)."""
    row = latest_approval(uow.session, contract_id)
    if row is None or (statuses and RoundStatus(row.status) not in statuses):
        return None
    return row, read_round(row)


def _consent(seat: ApprovalSeatRow, at: datetime, by: str) -> Consent:
    return Consent(Function(seat.function), by, at, seat.consent_digest, seat.note, seat.consent_for or "")


def _route_text(round_: ApprovalRound, asked: Asked) -> str:
    data = {
        "steps": [
            [{"function": s.function.value, "reasons": list(s.reasons), "personal": s.personal} for s in step.seats]
            for step in round_.route.steps
        ],
        "authors": sorted(round_.authors),
        "remark": asked.remark,
        "waivers": [{"topic": w.topic, "reason": w.reason} for w in asked.waivers],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _route(data: Mapping[str, Any]) -> Route:
    return Route(
        tuple(
            Step(tuple(Seat(Function(s["function"]), tuple(s["reasons"]), bool(s["personal"])) for s in step))
            for step in data["steps"]
        )
    )


def _closing_text(closing: Closing) -> str:
    data = {
        "by": closing.by,
        "at": closing.at.isoformat(),
        "reason": closing.reason,
        "comments": [{"provision": c.provision, "text": c.text} for c in closing.comments],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _closing(data: Mapping[str, Any]) -> Closing:
    comments = tuple(ReturnComment(c["provision"], c["text"]) for c in data["comments"])
    return Closing(data["by"], datetime.fromisoformat(data["at"]), data["reason"], comments)
