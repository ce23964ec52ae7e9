"""What a paper takes over from its contract as it stands: parties, addresses, who signs. Everything else a person or a use case gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.amendment import Standing
from app.domain.numbering import chinese_number, reference_labels
from app.domain.papers import PaperKind
from app.domain.variables import Value, is_blank

_TAKEN = ("contract.no", "contract.title", "contract.sign_date")
_PARTY = ("name", "uscc", "domicile", "legal_rep")
_ROLES = {"party_a": "甲方", "party_b": "乙方"}
LEAVING_TITLE = "提前终止通知"
"""What a rescission is called that needs no ground (section 11.3)."""


@dataclass(frozen=True, slots=True)
class Background:
    """The contract that a paper belongs to: what stands on the paper's day, and the day both parties had signed it."""

    standing: Standing
    signed_on: date | None = None

    def labels(self) -> Mapping[str, tuple[str, str]]:
        """How references into the contract read."""
        return reference_labels(self.standing.instrument)

    def value(self, name: str) -> Value:
        return self.standing.answers.get(name)


def taken_over(kind: PaperKind, background: Background, given: Mapping[str, Value]) -> dict[str, Value]:
    """The computed values of a paper. ``given``: its answers, of which the sender is looked at."""
    values: dict[str, Value] = {name: background.value(name) for name in _TAKEN}
    if background.signed_on is not None:
        values["contract.sign_date"] = background.signed_on
    for party in _ROLES:
        values |= {f"{party}.{part}": background.value(f"{party}.{part}") for part in _PARTY}
    sender = given.get("paper.sender")
    if isinstance(sender, str) and sender in _ROLES and not kind.facts.both:
        other = "party_b" if sender == "party_a" else "party_a"
        values |= {
            "sender.name": background.value(f"{sender}.name"),
            "sender.uscc": background.value(f"{sender}.uscc"),
            "receiver.role": _ROLES[other],
            "receiver.name": background.value(f"{other}.name"),
            "receiver.uscc": background.value(f"{other}.uscc"),
            "receiver.address": background.value(f"notice.{other}_address"),
            "receiver.email": background.value(f"notice.{other}_email"),
            "receiver.contact": background.value(f"{other}.project_manager"),
        }
    if kind is PaperKind.RESCISSION:
        values |= _of_ending(background, given)
    return {name: value for name, value in values.items() if not is_blank(value)}


def paper_title(kind: PaperKind, given: Mapping[str, Value]) -> str:
    return LEAVING_TITLE if _leaves(given) and kind is PaperKind.RESCISSION else kind.label


def _leaves(given: Mapping[str, Value]) -> bool:
    return given.get("rescission.ground") == "convenience"


def _of_ending(background: Background, given: Mapping[str, Value]) -> dict[str, Value]:
    values: dict[str, Value] = {
        "paper.title": paper_title(PaperKind.RESCISSION, given), "rescission.ending": "提前终止" if _leaves(given) else "解除"
    }  # fmt: skip
    days = background.value(f"exit.convenience_{'b' if given.get('paper.sender') == 'party_b' else 'a'}_days")
    end = given.get("rescission.end_date")
    if isinstance(days, int):
        values["rescission.notice_days"] = days
        if isinstance(end, date):
            values["rescission.notice_until"] = end - timedelta(days=days)
    return values


def proposed(kind: PaperKind, background: Background, sender: str, day: date, title: str = "") -> dict[str, Value]:
    """What a new paper is filled in with: its day, and the people that the contract registers; all of it may be changed."""
    values: dict[str, Value] = {"paper.date": day}
    if title == LEAVING_TITLE:
        values["rescission.ground"] = "convenience"
    if kind.facts.both:
        for party in _ROLES:
            values |= _signatory(background, party, f"sign.{party}")
    else:
        values["paper.sender"] = sender
        values["sender.contact"] = background.value(f"{sender}.project_manager")
        values |= _signatory(background, sender, "sign.sender")
    return {name: value for name, value in values.items() if not is_blank(value)}


def _signatory(background: Background, party: str, prefix: str) -> dict[str, Value]:
    name, title = background.value(f"sign.{party}_signatory"), background.value(f"sign.{party}_title")
    document = background.value(f"sign.{party}_authority_doc")
    legal = background.value(f"{party}.legal_rep")
    authority: Value = None
    if name is not None and name == legal:
        authority = "法定代表人（负责人）"
    elif isinstance(document, str) and document:
        authority = f"授权委托书{document}"
    return {f"{prefix}_signatory": name, f"{prefix}_title": title, f"{prefix}_authority": authority}


def amendment_label(count: int | None) -> str:
    """补充协议二; without a number yet: 补充协议."""
    return f"补充协议{chinese_number(count)}" if count and count < 100 else "补充协议"
