"""A contract in force with the tools that papers need, for the tests of amendments and papers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from app.domain.permissions import Actor
from app.domain.redrafting import Rewrite, SetValue, Strike
from app.library.loader import load_paper
from app.rendering.textdiff import ChineseDiff
from app.services.amending import draft_amendment, edit_amendment, enter_value
from app.services.amendment_signing import Signed, apply_due, freeze_amendment, record_signed
from app.services.amendment_study import AmendmentStudy, study_amendment
from app.services.consolidating import InForce, terms_as_of
from app.services.filing import DocumentKind, attach_document
from app.services.paper_texts import PaperKit, fill_paper
from app.store.blobs import BlobStore
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, reference
from tests.services.living import d, in_force, noon

TODAY = d("2026-02-02")
EFFECT = d("2026-03-01")


@cache
def kit() -> PaperKit:
    return PaperKit(reference(), load_paper, ChineseDiff())


@dataclass
class Desk:
    """A contract in force from 1 January 2026; ``today`` moves only where a test moves it."""

    units: Callable[[], UnitOfWork]
    blobs: BlobStore
    contract_id: str
    today: date = TODAY
    actor: Actor = LAWYER

    @classmethod
    def open(cls, units: Callable[[], UnitOfWork], blobs: BlobStore) -> Desk:
        return cls(units, blobs, in_force(units).contract_id)

    @property
    def now(self) -> datetime:
        return noon(self.today)

    def amendment(self, *edits: Any, effective: str | None = "2026-03-01") -> str:
        """A new amendment; edits are ``("name", raw)`` for a value, or domain edits."""
        with self.units() as uow:
            made = draft_amendment(uow, self.actor, self.now, self.today, kit(), self.contract_id)
        for edit in edits:
            self.edit(made, edit)
        if effective is not None:
            self.fill(made, **{"amendment.effective_rule": "on_date", "amendment.effective_date": effective})
        return made

    def edit(self, amendment_id: str, edit: Any) -> None:
        with self.units() as uow:
            if isinstance(edit, tuple):
                enter_value(uow, self.actor, self.now, kit(), amendment_id, edit[0], edit[1])
            else:
                edit_amendment(uow, self.actor, self.now, amendment_id, edit)

    def fill(self, paper_id: str, **entered: Any) -> None:
        with self.units() as uow:
            fill_paper(uow, self.actor, self.now, self.today, kit(), paper_id, entered)

    def study(self, amendment_id: str) -> AmendmentStudy:
        with self.units() as uow:
            return study_amendment(uow, self.actor, kit(), amendment_id, self.today)

    def freeze(self, amendment_id: str) -> None:
        with self.units() as uow:
            freeze_amendment(uow, self.actor, self.now, self.today, kit(), amendment_id)

    def signed_copy(self) -> str:
        with self.units() as uow:
            return attach_document(
                uow, self.actor, self.now, self.blobs, self.contract_id, kind=DocumentKind.SIGNED, name="签署件.pdf",
                media_type="application/pdf", content=b"%PDF-1.7 signed",
            ).id  # fmt: skip

    def sign(self, amendment_id: str, signed_on: date | None = None) -> Signed:
        copy = self.signed_copy()
        with self.units() as uow:
            return record_signed(
                uow, self.actor, self.now, self.today, kit(), amendment_id, signed_on=signed_on or self.today, evidence_id=copy
            )

    def signed_amendment(self, *edits: Any, effective: str | None = "2026-03-01") -> str:
        made = self.amendment(*edits, effective=effective)
        self.freeze(made)
        self.sign(made)
        return made

    def wake(self, day: str) -> int:
        self.today = d(day)
        return apply_due(self.units, self.now, self.today)

    def terms(self, day: str | date, known_on: date | None = None) -> InForce:
        with self.units() as uow:
            return terms_as_of(uow, self.actor, self.contract_id, d(day) if isinstance(day, str) else day, known_on=known_on)

    def words(self, place: str, day: str | date) -> str:
        found = self.terms(day).consolidated.standing.instrument.provision(place)
        return found.text if found else ""

    def later(self, days: int) -> Desk:
        self.today += timedelta(days=days)
        return self


LATER = ("pay.days_after_confirm", "45")
TERM = "fees.payment.term"
__all__ = ["EFFECT", "LATER", "TERM", "TODAY", "Desk", "Rewrite", "SetValue", "Strike", "kit"]
