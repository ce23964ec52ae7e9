"""The text of a contract as somebody reads, comments on or compares it: a frozen version, or the draft as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.services.drafting import Reference, build
from app.services.drafts import load_draft_unasked
from app.services.record import opened
from app.services.versions import VersionHead, read_version_unasked
from app.store.drafts import find_draft
from app.store.uow import UnitOfWork
from app.store.versions import latest_version, version_heads, version_with_ordinal

DRAFT = 0
"""The ordinal under which a draft goes; versions count from 1."""


@dataclass(frozen=True, slots=True)
class ContractText:
    """One text of a contract. ``ordinal``: of the version, DRAFT for the draft; ``head`` is None and ``revision`` counts then.

    The instrument's ``version`` names the text (``第2版``), so that documents of a comparison tell both texts apart.
    """

    contract_id: str
    ordinal: int
    instrument: Instrument
    answers: Answers
    head: VersionHead | None = None
    revision: int = 0

    @property
    def label(self) -> str:
        return label_of(self.ordinal)

    @property
    def version_id(self) -> str | None:
        return self.head.id if self.head else None

    @property
    def token(self) -> str:
        """Names this text, and no other of the contract: ``v2``, or ``d17`` for the draft at its revision 17."""
        return f"v{self.ordinal}" if self.head else f"d{self.revision}"


class TextMissing(ContractError):
    def __init__(self, ordinal: int) -> None:
        super().__init__("text.missing", f"这份合同没有{label_of(ordinal)}，请从“版本与比较”中选择。")


def label_of(ordinal: int) -> str:
    return f"第{ordinal}版" if ordinal else "草稿"


def current_ordinal(uow: UnitOfWork, actor: Actor, contract_id: str) -> int:
    """The text that counts now: the draft while it may change, otherwise the latest version. Raises ``TextMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    latest = latest_version(uow.session, contract_id)
    if contract.draft_id is not None and (contract.stage == Stage.DRAFT.value or latest is None):
        return DRAFT
    if latest is None:
        raise TextMissing(1)
    return latest.ordinal


def token_of(uow: UnitOfWork, actor: Actor, contract_id: str, ordinal: int) -> str:
    """``ContractText.token`` without loading the text. Raises ``ContractMissing``, ``TextMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    if ordinal != DRAFT:
        if ordinal not in {row.ordinal for row in version_heads(uow.session, contract_id)}:
            raise TextMissing(ordinal)
        return f"v{ordinal}"
    draft = find_draft(uow.session, contract.draft_id) if contract.draft_id else None
    if draft is None:
        raise TextMissing(DRAFT)
    return f"d{draft.revision}"


def load_text(uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str, ordinal: int) -> ContractText:
    """A version, or the draft as it stands. Raises ``ContractMissing``, ``TextMissing``, ``VersionDamaged``.

    The transaction is ended: building a draft takes a moment and needs no lock on the database.
    """
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    if ordinal != DRAFT:
        row = version_with_ordinal(uow.session, contract_id, ordinal)
        if row is None:
            raise TextMissing(ordinal)
        stored = read_version_unasked(uow, row.id)
        uow.session.rollback()
        named = replace(stored.instrument, version=label_of(ordinal))
        return ContractText(contract_id, ordinal, named, stored.answers, stored.head)
    if contract.draft_id is None:
        raise TextMissing(DRAFT)
    view = load_draft_unasked(uow, reference.library, contract.draft_id)
    uow.session.rollback()
    answers, instrument = build(reference, view.reading.answers, today)
    named = replace(instrument, version=label_of(DRAFT))
    return ContractText(contract_id, DRAFT, named, answers, None, view.revision)
