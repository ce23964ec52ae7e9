"""What a contract says in each month: the text in force then, its days of service, and who may still be settled with."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from app.domain.consolidation import consolidate
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.numbering import reference_labels
from app.domain.settlement.fees import Span, span_of
from app.domain.settlement.plan import months_of
from app.domain.settlement.silence import silence_in
from app.domain.settlement.terms import FeeTerms, PayTerms, ServiceTerms
from app.domain.term import chinese_date
from app.domain.variables import Answers
from app.services.consolidating import signed_amendments, signed_base
from app.services.record import state_of
from app.store.contracts import ContractRow
from app.store.endings import WHOLE, exits_of
from app.store.terms import terms_of
from app.store.uow import UnitOfWork

_SETTLED_IN = frozenset({Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED, Stage.TERMINATED})


_Text = tuple[Answers, dict[str, tuple[str, str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class MonthTerms:
    """The terms of one month. ``span``: its days of service; ``remark``: what changes within the month, empty where nothing does.

    ``silent``: provision → why its silence doesn't count as consent, empty where it does (``domain.settlement.silence``).
    """

    month: date
    answers: Answers
    labels: dict[str, tuple[str, str]]
    service: ServiceTerms
    fees: FeeTerms
    pay: PayTerms
    span: Span
    remark: str
    silent: Mapping[str, str]


class TermsBook:
    """Reads the record once and folds the amendments once for each text that was in force."""

    def __init__(self, uow: UnitOfWork, contract: ContractRow) -> None:
        self.contract = contract
        self.base = signed_base(uow, contract)
        self.amendments = signed_amendments(uow, contract.id)
        first, last = (self.base.standing.answers.get(n) for n in ("term.start_date", "term.end_date"))
        if not isinstance(first, date) or not isinstance(last, date):
            raise ContractError("settlement.term", f"合同 {contract.number} 没有填写期限的起止日，不能结算。")
        self.renewed = [(r.first_day, r.last_day) for r in terms_of(uow.session, contract.id)]
        self.first_day, self.last_day = first, max([last, *(end for _, end in self.renewed)])
        ended = [row.ended_on for row in exits_of(uow.session, contract.id) if row.scope == WHOLE]
        if ended:
            self.last_day = min(self.last_day, *ended)
        self._texts: dict[tuple[str, ...], _Text] = {}

    def months(self) -> tuple[date, ...]:
        """Every month with a day of service."""
        return months_of(self.first_day, self.last_day) if self.last_day >= self.first_day else ()

    def on(self, month: date) -> MonthTerms:
        """Raises ``settlement.month`` outside the term, ``settlement.terms`` where something needed was never agreed."""
        span = span_of(month, self.first_day, self.last_day)
        if span is None:
            raise ContractError("settlement.month", f"{month.year}年{month.month}月不在合同期内，没有可以结算的服务。")
        answers, labels, silent = self._in_force(span.first)
        fees = FeeTerms.from_answers(answers)
        own = next((term for term in self.renewed if term[0] <= span.first <= term[1]), None)
        if own is not None:
            fees = replace(fees, starts=own[0], months=_length(*own))
        return MonthTerms(
            month,
            answers,
            labels,
            ServiceTerms.from_answers(answers),
            fees,
            PayTerms.from_answers(answers),
            span,
            self._remark(span),
            silent,
        )

    def _in_force(self, day: date) -> _Text:
        key = tuple(a.id for a in self.amendments if a.governs(day))
        if key not in self._texts:
            standing = consolidate(self.base.standing, self.amendments, day).standing
            text = standing.instrument
            self._texts[key] = (standing.answers, reference_labels(text), silence_in(text, self.base.standing.instrument))
        return self._texts[key]

    def _remark(self, span: Span) -> str:
        end = span.first.replace(day=monthrange(span.first.year, span.first.month)[1])
        turned = [a for a in self.amendments if span.first < a.starts <= min(end, span.last)]
        if not turned:
            return ""
        words = "、".join(f"{a.number}（自{chinese_date(a.starts)}）" for a in turned)
        return f"本月中有{words}生效，本表按月初条款计算；生效日以后的差额请作为更正列示"


def require_settled_stage(contract: ContractRow) -> None:
    stage = state_of(contract).stage
    if stage not in _SETTLED_IN:
        raise ContractError("settlement.stage", f"合同为“{stage.label}”，履行中或者已经终止的合同才能考核和结算。")


def _length(first: date, last: date) -> int:
    """Months of a term that ends the day before an anniversary."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return max(1, months if last.day < first.day else months + 1)
