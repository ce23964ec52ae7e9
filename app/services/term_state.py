"""What a contract's renewal and ending are computed from: the text in force, its terms, the notices that arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle_facts import TermFacts
from app.domain.notice import NoticeRules
from app.domain.renewal import Circumstances, Outlook, RenewalNotice, RenewalTerms, Schedule, outlook, schedule, term_facts
from app.domain.renewal_decision import Paper
from app.domain.term import term_end
from app.domain.term_chain import Origin, Term, TermChain
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.services.term_rows import term_of
from app.services.versions import read_answers_unasked
from app.store.contracts import ContractRow
from app.store.deliveries import deliveries_of
from app.store.effects import signing_dates_of
from app.store.instruments import instruments_of
from app.store.terms import terms_of
from app.store.uow import UnitOfWork
from app.store.versions import latest_version

OPTION_NOTICE = "option_notice"
"""Kind of the paper by which a party exercises its option; the brief has no form for it."""


@dataclass(frozen=True, slots=True)
class TermState:
    """``answers`` and ``instrument``: the text in force. ``numbers``: id of a provision → its printed number (第11.3.3条)."""

    text: Callable[[], Instrument]
    answers: Answers
    chain: TermChain
    terms: RenewalTerms
    rules: NoticeRules
    facts: Circumstances
    official: WorkingCalendar

    @property
    def instrument(self) -> Instrument:
        return self.text()

    def schedule(self, margin: int = 0) -> Schedule:
        return schedule(self.chain, self.terms, self.rules, self.official, margin)

    def outlook(self, today: date) -> Outlook:
        return outlook(self.chain, self.terms, self.facts, self.official, today)

    def term_facts(self, today: date) -> TermFacts:
        """For the guards of the lifecycle."""
        return term_facts(self.chain, self.terms, self.facts, self.official, today)

    @property
    def calendar(self) -> WorkingCalendar:
        """Working days as this contract defines them."""
        return self.terms.calendar(self.official)

    @property
    def numbers(self) -> Mapping[str, str]:
        return {p.id: p.number for p in self.instrument.provisions()}


def load_term_state(uow: UnitOfWork, contract: ContractRow, official: WorkingCalendar) -> TermState:
    """Raises ``term.unknown`` where there is no frozen text or its term isn't filled in; ``term.chain`` where stored terms don't join."""
    latest = latest_version(uow.session, contract.id)
    if latest is None:
        raise ContractError("term.unknown", f"合同 {contract.number} 没有冻结的文本，无法计算期限。请先保存版本。")
    stored = read_answers_unasked(uow, latest.id)
    chain = chain_of(uow, contract, stored.answers)
    return TermState(
        text=stored.text,
        answers=stored.answers,
        chain=chain,
        terms=RenewalTerms.from_values(stored.answers.values),
        rules=NoticeRules.from_values(stored.answers.values),
        facts=Circumstances(_signed_on(uow, contract, stored.answers), _notices(uow, contract.id, chain)),
        official=official,
    )


def chain_of(uow: UnitOfWork, contract: ContractRow, answers: Answers) -> TermChain:
    """The first term as the text says it, and every renewal. Raises ``term.unknown``, ``term.chain``."""
    first, last, years = (answers.get(name) for name in ("term.start_date", "term.end_date", "term.years"))
    if not isinstance(first, date) or not isinstance(last, date):
        raise ContractError("term.unknown", f"合同 {contract.number} 没有填写期限的起止日，无法计算届满和续约。")
    computed = isinstance(years, int) and years > 0 and term_end(first, years) == last
    chain = TermChain((Term(0, first, last, Origin.FIRST, years if computed and isinstance(years, int) else None),))
    for row in terms_of(uow.session, contract.id):
        chain = chain.renewed(term_of(row))
    return chain


def _signed_on(uow: UnitOfWork, contract: ContractRow, answers: Answers) -> date | None:
    """The day of the last signature; where none is recorded, what the text says, and otherwise the day of effect."""
    recorded = [row.signed_on for row in signing_dates_of(uow.session, contract.id)]
    signed = max(recorded) if recorded else answers.get("contract.sign_date")
    return signed if isinstance(signed, date) else contract.took_effect_on


def _notices(uow: UnitOfWork, contract_id: str, chain: TermChain) -> tuple[RenewalNotice, ...]:
    """Notices on renewal that arrived, each with the term it was given in."""
    senders = {d.instrument_id: d.sender for d in deliveries_of(uow.session, contract_id)}
    kinds = {Paper.NON_RENEWAL.value: False, OPTION_NOTICE: True}
    return tuple(
        RenewalNotice(term_of_notice(chain, row.arrived_on), senders.get(row.id, ""), row.arrived_on, row.number, kinds[row.kind])
        for row in instruments_of(uow.session, contract_id)
        if row.kind in kinds and row.arrived_on is not None
    )


def term_of_notice(chain: TermChain, arrived_on: date) -> int:
    """A notice concerns the term that runs when it arrives; before the first one begins, the first; after the last, the last."""
    running = chain.at(arrived_on)
    if running is not None:
        return running.number
    return 0 if arrived_on < chain.first.first_day else chain.current.number
