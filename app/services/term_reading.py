"""The term of a contract as it stands: its chain of terms, what section 11.3 says of a further one, and the facts that moves read.

The first term stands in the contract's text. Renewed terms and notices are read here once they are stored, so that the clock, the pages
and the reminders judge from one reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle_facts import TermFacts
from app.domain.renewal import Circumstances, RenewalTerms, term_facts
from app.domain.term_chain import Term, TermChain
from app.services.standing import standing_answers
from app.store.contracts import ContractRow
from app.store.effects import signing_dates_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class StandingTerm:
    """``terms`` None: the text isn't in this system, so nobody knows whether a further term follows by itself."""

    chain: TermChain
    terms: RenewalTerms | None
    circumstances: Circumstances

    def facts(self, calendar: WorkingCalendar, today: date) -> TermFacts:
        if self.terms is None:
            return TermFacts(self.chain.current.last_day)
        return term_facts(self.chain, self.terms, self.circumstances, calendar, today)


def read_term(uow: UnitOfWork, contract: ContractRow) -> StandingTerm | None:
    """None for a contract without a known last day (不定期合同, or its text isn't here)."""
    answers = standing_answers(uow, contract)
    values = answers.values if answers is not None else {}
    start, end = values.get("term.start_date"), values.get("term.end_date")
    first = start if isinstance(start, date) else contract.took_effect_on or contract.last_day
    last = end if isinstance(end, date) else contract.last_day
    if first is None or last is None or last < first:
        return None
    signed = [row.signed_on for row in signing_dates_of(uow.session, contract.id)]
    return StandingTerm(
        TermChain((Term(0, first, last),)),
        _terms(values) if answers is not None else None,
        Circumstances(max(signed, default=None)),
    )


def _terms(values: object) -> RenewalTerms | None:
    try:
        return RenewalTerms.from_values(values)  # type: ignore[arg-type]
    except ContractError:
        return None
