"""An amendment as it stands: the text it works on, what its edits make of it, its paper and everything found wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.amendment import Standing
from app.domain.change_table import Changes, changes_of, impact_rows, touches
from app.domain.consolidation import Amendment, Consolidated, consolidate
from app.domain.derivation import derive
from app.domain.errors import ContractError
from app.domain.paper_rules import AmendmentFacts
from app.domain.paper_values import Background
from app.domain.permissions import Action, Actor
from app.domain.proofreading import Finding, Severity
from app.domain.rebasing import Conflict, conflicts, unsettled
from app.domain.redrafting import Edit, Redraft, Workshop, redraft
from app.domain.variables import Value
from app.services.consolidating import Base, signed_amendments, signed_base
from app.services.drafting import cited, examine
from app.services.paper_freezing import CompiledPaper, Extra, compile_paper
from app.services.paper_texts import PaperKit, entered_values, open_paper
from app.store.amendment_json import read_edits
from app.store.amendments import find_amendment
from app.store.contracts import ContractRow
from app.store.instruments import InstrumentRow
from app.store.terms import terms_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class AmendmentStudy:
    """An amendment as it stands: what governs its first day, what it makes of it, its paper with every finding.

    ``stale``: signed amendments that the draft was not made on; ``conflicts``: where it meets them.
    """

    paper: CompiledPaper
    edits: tuple[Edit, ...]
    revision: int
    starts: date
    before: Consolidated
    redraft: Redraft
    changes: Changes
    facts: AmendmentFacts
    stale: tuple[Amendment, ...]

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return self.facts.conflicts


class AmendmentMissing(ContractError):
    def __init__(self, paper_id: str) -> None:
        super().__init__("amendment.missing", f"没有找到补充协议 {paper_id[:40]}。")


def study_amendment(uow: UnitOfWork, actor: Actor, kit: PaperKit, amendment_id: str, today: date) -> AmendmentStudy:
    """The amendment with everything that follows from its edits. Raises ``AmendmentMissing``, ``ContractMissing``."""
    contract, paper = open_paper(uow, actor, Action.READ_CONTRACTS, amendment_id)
    return study(uow, kit, contract, paper, today)


def study(
    uow: UnitOfWork, kit: PaperKit, contract: ContractRow, paper: InstrumentRow, today: date, signed_on: date | None = None
) -> AmendmentStudy:
    row = find_amendment(uow.session, paper.id)
    if row is None:
        raise AmendmentMissing(paper.id)
    base = signed_base(uow, contract)
    signed = tuple(a for a in signed_amendments(uow, contract.id) if a.id != paper.id)
    edits = read_edits(row.edits)
    given = entered_values(uow, kit, contract, paper, today)
    starts = starting_day(given, signed_on or today)
    before = consolidate(base.standing, signed, starts)
    shop = workshop(kit, today)
    made = redraft(before.standing, edits, shop)
    changes = changes_of(made.before, made.after, made.operations, kit.reference.library.variables)
    known = set(row.basis.split())
    stale = tuple(a for a in signed if a.id not in known)
    facts = AmendmentFacts(
        redraft=made,
        starts=starts,
        new_findings=_new_findings(kit, made, today),
        conflicts=_conflicts(kit, base, signed, known, edits, starts, shop, before) if stale else (),
        unsettled=unsettled(made.operations, edits, starts, base.standing, signed, shop) if signed else (),
        renewed=bool(terms_of(uow.session, contract.id)),
    )
    extra = Extra(_values(kit, paper, made, changes), facts, Background(before.standing, base.signed_on))
    compiled = compile_paper(uow, kit, contract, paper, today, extra)
    return AmendmentStudy(compiled, edits, row.revision, starts, before, made, changes, facts, stale)


def workshop(kit: PaperKit, today: date) -> Workshop:
    reference = kit.reference
    codes = cited(reference.library)
    return Workshop(
        reference.library, lambda values: derive(values, today, reference.calendar, reference.laws, codes), kit.differ
    )


def starting_day(answers: Mapping[str, Value], signing: date) -> date:
    """The first day that the amendment governs, if it is signed on ``signing``."""
    reaches, dated = answers.get("amendment.retroactive_from"), answers.get("amendment.effective_date")
    if answers.get("amendment.retroactive") is True and isinstance(reaches, date):
        return reaches
    return effective_day(answers, signing) if isinstance(dated, date) else signing


def effective_day(answers: Mapping[str, Value], signing: date) -> date:
    dated = answers.get("amendment.effective_date")
    if answers.get("amendment.effective_rule") == "on_date" and isinstance(dated, date):
        return max(dated, signing)
    return signing


def _values(kit: PaperKit, paper: InstrumentRow, made: Redraft, changes: Changes) -> dict[str, Value]:
    """The computed part of the paper."""
    touched_matters = touches(made.before, made.after, made.operations)
    variables = kit.reference.library.variables
    return {
        "amendment.label": paper.title,
        "amendment.items": changes.item_rows(),
        "amendment.comparison_table": changes.comparison_rows(),
        "amendment.impact_table": impact_rows(made.before, made.after, made.operations, variables),
        **{f"amendment.touches_{matter}": hit for matter, hit in touched_matters.items()},
    }


def _new_findings(kit: PaperKit, made: Redraft, today: date) -> tuple[Finding, ...]:
    """What proofreading says of the text as it will stand and does not say of the text in force.

    Signature pages are history: that they name who signed then is no fault of an amendment.
    """
    if not made.operations:
        return ()

    def findings(standing: Standing) -> tuple[Finding, ...]:
        return examine(kit.reference, standing.answers, standing.instrument, today).findings

    said = {(f.rule, f.message) for f in findings(made.before)}
    signing = [s for s in made.after.instrument.sections() if s.form]
    history = {p for s in signing for p in (s.id, *(r.id for r in s.form), *(q.id for q in s.walk()))}
    return tuple(
        f
        for f in findings(made.after)
        if f.severity is not Severity.INFO and (f.rule, f.message) not in said and f.place.provision_id not in history
    )


def _conflicts(
    kit: PaperKit, base: Base, signed: Sequence[Amendment], known: set[str], edits: Sequence[Edit], starts: date, shop: Workshop, now: Consolidated
) -> tuple[Conflict, ...]:  # fmt: skip
    """Where the draft, as it was made, meets what was signed since."""
    basis = consolidate(base.standing, [a for a in signed if a.id in known], starts).standing
    ours = redraft(basis, edits, shop).operations
    since = [a for a in signed if a.id not in known and a.starts <= starts]
    return conflicts(ours, basis, since, now.standing, kit.reference.library.variables)
