"""The eight papers that follow a contract (brief part C): how each is numbered, who signs it, whether it must be served, when it may be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.domain.lifecycle import Stage


class PaperKind(Enum):
    """What a paper is; the value is stored, and is the name of its form under ``clauses/``."""

    AMENDMENT = "amendment"
    """补充协议 (C1): changes the contract; both sign (CC:543)."""
    RENEWAL = "renewal"
    """续约协议 (C2): a further term that joins the old one."""
    NON_RENEWAL = "non_renewal"
    """不续约通知 (C3): one party ends the contract with its term; works by arriving (CC:137)."""
    RESCISSION = "rescission"
    """解除通知函 (C4): one party exercises a right to rescind (CC:565)."""
    TERMINATION = "termination"
    """终止协议 (C5): both end the contract and settle what is left (CC:562, CC:567)."""
    SETTLEMENT = "settlement"
    """结算单 (C6): what is payable for a period; the other party confirms it."""
    RECTIFICATION = "rectification"
    """整改通知 (C7): a fault, what is asked, until when (section 5.3)."""
    DEMAND = "demand"
    """催告函，含催款函 (C8): a last reasonable period before further steps (CC:563)."""

    @property
    def facts(self) -> PaperFacts:
        return _FACTS[self]

    @property
    def label(self) -> str:
        return self.facts.label

    @property
    def form(self) -> str:
        """Folder of its form under ``clauses/``."""
        return self.value


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """``prefix`` of the number; ``both``: both parties sign, otherwise one issues it; ``served``: it works by arriving.

    ``stages``: where the contract must stand for the paper to make sense.
    """

    label: str
    prefix: str
    both: bool
    served: bool
    stages: frozenset[Stage]


_IN_FORCE = frozenset({Stage.ACTIVE, Stage.EXPIRING})
_BOUND = _IN_FORCE | {Stage.SIGNED}
_AFTER = frozenset({Stage.EXPIRED, Stage.TERMINATED})
_FACTS: Mapping[PaperKind, PaperFacts] = {
    PaperKind.AMENDMENT: PaperFacts("补充协议", "BC", True, False, _BOUND),
    PaperKind.RENEWAL: PaperFacts("续约协议", "XY", True, False, _IN_FORCE | {Stage.EXPIRED}),
    PaperKind.NON_RENEWAL: PaperFacts("不续约通知", "BX", False, True, _IN_FORCE),
    PaperKind.RESCISSION: PaperFacts("解除通知函", "JC", False, True, _BOUND),
    PaperKind.TERMINATION: PaperFacts("终止协议", "ZZ", True, False, _BOUND | _AFTER),
    PaperKind.SETTLEMENT: PaperFacts("结算单", "JS", True, True, _IN_FORCE | _AFTER),
    PaperKind.RECTIFICATION: PaperFacts("整改通知", "ZG", False, True, _IN_FORCE),
    PaperKind.DEMAND: PaperFacts("催告函", "CG", False, True, _BOUND | _AFTER),
}


def series_of(kind: PaperKind, contract_number: str) -> str:
    """The counter that numbers the papers of one kind of one contract."""
    return f"{contract_number}-{kind.facts.prefix}"


def paper_number(kind: PaperKind, contract_number: str, count: int) -> str:
    """``SHFW-2026-0001-BC-01`` (brief part C)."""
    return f"{series_of(kind, contract_number)}-{count:02d}"


def settlement_number(contract_number: str, period: date) -> str:
    """``JS-SHFW-2026-0001-202703``: the settlement of the period that begins in that month (brief C6)."""
    return f"JS-{contract_number}-{period:%Y%m}"


class PaperState(Enum):
    """Where a paper stands. Its text changes only while it is a draft."""

    DRAFT = "draft"
    FROZEN = "frozen"
    """已定稿: numbered, its text fixed; not out of the house yet, or out for signature."""
    SIGNED = "signed"
    """已签署: both parties have signed it."""
    SENT = "sent"
    """已发出: on its way to the other party."""
    ARRIVED = "arrived"
    """已到达: reached the other party (CC:137)."""
    VOID = "void"
    """已作废: given up before it worked; its number is not used again."""

    @property
    def label(self) -> str:
        return {
            "draft": "起草中",
            "frozen": "已定稿",
            "signed": "已签署",
            "sent": "已发出",
            "arrived": "已到达",
            "void": "已作废",
        }[self.value]

    @property
    def open(self) -> bool:
        """Not done with yet."""
        return self in (PaperState.DRAFT, PaperState.FROZEN, PaperState.SENT)
