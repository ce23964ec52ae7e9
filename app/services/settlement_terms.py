"""What a contract says in each month: the text in force then, its days of service, and who may still be settled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.domain.consolidation import Amendment, consolidate
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.numbering import reference_labels
from app.domain.settlement.fees import Span, span_of
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.plan import months_of
from app.domain.settlement.sheet import SheetMonth
from app.domain.settlement.silence import silence_in
from app.domain.settlement.spells import Spell, joined, lacking
from app.domain.settlement.terms import FeeTerms, PayTerms, ServiceTerms
from app.domain.term import chinese_date
from app.domain.variables import Answers
from app.services.consolidating import signed_amendments, signed_base
from app.services.record import state_of
from app.store.contracts import ContractRow
from app.store.endings import WHOLE, exits_of
from app.store.terms import terms_of
from app.store.uow import UnitOfWork

BY_FIRST_DAY, BY_HAND = "本表按月初条款计算", "请人工计算"
"""What a sheet, and a proposal without an amount, say of a month within which the terms change where somebody enters the difference."""
_SETTLED_IN = frozenset({Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED, Stage.TERMINATED})


_Text = tuple[Answers, dict[str, tuple[str, str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class MonthTerms:
    """The terms of one month. ``span``: its days of service; ``turned``: the amendments that start within it, in words; ``spells``: its
    parts where money or scores change with them; ``unagreed``: what a part would need and nobody agreed on.

    ``silent``: provision → why its silence doesn't count as consent, empty where it does (``domain.settlement.silence``).
    """

    month: date
    answers: Answers
    labels: dict[str, tuple[str, str]]
    service: ServiceTerms
    fees: FeeTerms
    pay: PayTerms
    span: Span
    turned: str
    spells: tuple[Spell, ...]
    unagreed: tuple[str, ...]
    silent: Mapping[str, str]

    def reckoned(self, figures: MonthFigures) -> tuple[SheetMonth, tuple[str, ...]]:
        """The month as a sheet takes it, by the terms of its parts; what is lacking for that, and then by the terms of its first day."""
        missing = (*self.unagreed, *lacking(figures, self.spells, self.span))
        return (self.by_first_day(figures) if missing else replace(self.by_first_day(figures), spells=self.spells)), missing

    def by_first_day(self, figures: MonthFigures) -> SheetMonth:
        """The whole month by the terms of its first day."""
        return SheetMonth(figures, self.service, self.fees, self.span)

    def remark(self, missing: Sequence[str] = ()) -> str:
        """What changes within the month and how it is reckoned, empty where nothing does."""
        if missing:
            return f"本月中有{self.turned}生效，{BY_FIRST_DAY}；缺少{'；'.join(missing)}，生效日以后的差额请作为更正列示"
        if self.spells:
            return f"本月中有{self.turned}生效，以该日为界，分别按变更前后的条款和各自的自然日天数计算"
        return f"本月中有{self.turned}生效，不改变本月的费用和考核" if self.turned else ""


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
            self._turned(span),
            *self._spells(span, fees),
            silent,
        )

    def _in_force(self, day: date) -> _Text:
        key = tuple(a.id for a in self.amendments if a.governs(day))
        if key not in self._texts:
            standing = consolidate(self.base.standing, self.amendments, day).standing
            text = standing.instrument
            self._texts[key] = (standing.answers, reference_labels(text), silence_in(text, self.base.standing.instrument))
        return self._texts[key]

    def _turning(self, span: Span) -> list[Amendment]:
        return [a for a in self.amendments if span.first < a.starts <= span.last]

    def _turned(self, span: Span) -> str:
        return "、".join(f"{a.number}（自{chinese_date(a.starts)}）" for a in self._turning(span))

    def _spells(self, span: Span, first: FeeTerms) -> tuple[tuple[Spell, ...], tuple[str, ...]]:
        """The parts of a month by the text of each, and what is agreed in none of them."""
        starts = [span.first, *sorted({a.starts for a in self._turning(span)})]
        if len(starts) == 1:
            return (), ()
        found, unagreed = [], []
        for day, following in zip(starts, [*starts[1:], span.last + timedelta(days=1)], strict=True):
            answers = self._in_force(day)[0]
            try:
                fees, service = FeeTerms.from_answers(answers), ServiceTerms.from_answers(answers)
            except ContractError as error:
                unagreed.append(f"自{day.isoformat()}起的条款（{error.message}）")
                continue
            own = replace(fees, starts=first.starts, months=first.months)
            found.append(Spell(day, following - timedelta(days=1), replace(service, starts=first.starts), own))
        return joined(found), tuple(unagreed)


def require_settled_stage(contract: ContractRow) -> None:
    stage = state_of(contract).stage
    if stage not in _SETTLED_IN:
        raise ContractError("settlement.stage", f"合同为“{stage.label}”，履行中或者已经终止的合同才能考核和结算。")


def _length(first: date, last: date) -> int:
    """Months of a term that ends the day before an anniversary."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return max(1, months if last.day < first.day else months + 1)
