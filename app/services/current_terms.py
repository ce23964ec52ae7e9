"""What governs a contract on a day: its text with the amendments in force, the term that runs, and the prices of that term.

This is where other use cases (obligations, reminders, settlement) ask. Amendments are folded into text and answers; a renewal changes
no words of the contract, so its term and its prices stand beside them (brief C2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.annexes_in_force import AnnexInForce, annexes_in_force
from app.domain.consolidation import Amendment, Mark
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.domain.renewal_price import renewed_values
from app.domain.term_chain import Term, TermChain
from app.domain.tree import Instrument
from app.domain.variables import Answers, Row, Value
from app.services.consolidating import InForce, in_force
from app.services.papers import stated
from app.services.record import opened
from app.services.term_state import chain_of
from app.store.contracts import ContractRow
from app.store.instruments import instruments_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class CurrentTerms:
    """What governs ``day``.

    ``answers``: values of the text in force, with the prices that a renewal agreement set for the term of that day; dates of the
    term itself stand in ``term`` and ``chain`` and nowhere else (``term.end_date`` of the answers is the first term's).
    ``term``: the one that runs that day, None before the first and after the last. ``annexes``: in the order of the text, each with
    the instrument that last changed it.
    """

    day: date
    in_force: InForce
    answers: Answers
    chain: TermChain
    term: Term | None
    annexes: tuple[AnnexInForce, ...]

    @property
    def instrument(self) -> Instrument:
        return self.in_force.consolidated.standing.instrument

    @property
    def amendments(self) -> tuple[Amendment, ...]:
        """Those that work that day, in the order of signing."""
        return self.in_force.consolidated.applied

    @property
    def turning(self) -> tuple[date, ...]:
        """The days on which the text changes, past and future: whoever plans ahead asks again for each."""
        return self.in_force.turning

    def value(self, name: str) -> Value:
        return self.answers.get(name)

    def changed_by(self, place: str) -> Mark | None:
        """The last change of a provision or row (``table#row``)."""
        return self.in_force.consolidated.last(place)


def current_terms(uow: UnitOfWork, actor: Actor, contract_id: str, day: date) -> CurrentTerms:
    """Raises ``ContractMissing``, ``Forbidden``, ``NoSignedText``, ``term.unknown`` where the term isn't filled in."""
    return terms_on(uow, opened(uow, actor, Action.READ_CONTRACTS, contract_id), day)


def terms_on(uow: UnitOfWork, contract: ContractRow, day: date, *, known_on: date | None = None) -> CurrentTerms:
    """As ``current_terms``, for a use case that has come to the contract already. ``known_on``: as far as signed by then."""
    found = in_force(uow, contract, day, known_on=known_on)
    consolidated = found.consolidated
    answers, chain = consolidated.standing.answers, chain_of(uow, contract, consolidated.standing.answers)
    prices = _renewed_prices(uow, contract.id, day, known_on)
    values = renewed_values(answers.values, prices)
    return CurrentTerms(
        day=day,
        in_force=found,
        answers=answers.with_values({n: v for n, v in values.items() if v != answers.get(n)}),
        chain=chain,
        term=chain.at(day),
        annexes=annexes_in_force(consolidated),
    )


def _renewed_prices(uow: UnitOfWork, contract_id: str, day: date, known_on: date | None) -> Sequence[Row]:
    """Lines of the price tables of signed renewal agreements whose term has begun, the oldest first."""
    papers = [
        (paper.effective_on, paper)
        for paper in instruments_of(uow.session, contract_id)
        if paper.kind == PaperKind.RENEWAL.value
        and paper.state == PaperState.SIGNED.value
        and paper.effective_on is not None
        and paper.effective_on <= day
        and (known_on is None or (paper.arrived_on is not None and paper.arrived_on <= known_on))
    ]
    tables = [stated(uow, paper, "renewal.price_table") for _, paper in sorted(papers, key=lambda found: found[0])]
    return [r for table in tables if isinstance(table, tuple) for r in table if isinstance(r, Mapping)]
