"""Children that draft papers and amend a contract, and are killed while they do: steps for ``tests.services.nursery``.

One contract is in force before the first child is born. Two amendments meet at one place; the second is taken over to the first.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy import select

from app.domain.amendment import Standing
from app.domain.digest import digest
from app.domain.notice import Method, Proof
from app.domain.papers import PaperKind
from app.domain.redrafting import Rewrite
from app.services.amending import OURS, draft_amendment, edit_amendment, enter_value, rebase_amendment
from app.services.amendment_signing import apply_due, freeze_amendment, record_signed
from app.services.amendment_study import study_amendment
from app.services.filing import DocumentKind, attach_document
from app.services.paper_delivery import arrive_alone, send_alone
from app.services.paper_desk import drop_paper
from app.services.paper_files import file_paper
from app.services.paper_freezing import freeze_paper, read_frozen, reopen_paper
from app.services.paper_texts import PaperKit, fill_paper, start_paper
from app.store.amendment_json import read_edits
from app.store.amendments import AmendmentRow
from app.store.contracts import ContractRow
from app.store.deliveries import DeliveryRow
from app.store.documents import documents_of
from app.store.engine import open_engine
from app.store.instruments import InstrumentRow, instruments_of
from app.store.uow import UnitOfWork
from tests.papers.samples import GIVEN
from tests.services import nursery
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, d, in_force, noon
from tests.services.paper_house import kit as paper_kit

say = nursery.say
DAY, EFFECT = d("2026-02-02"), d("2026-03-01")
NOW = noon(DAY)
REWORDED = "工单数据归甲方控制，乙方不得复制、导出或者向他人提供。"


@cache
def kit() -> PaperKit:
    return paper_kit()


class PaperLife(nursery.Life):
    """Each step finds its own work, so it may be taken again after a death; one that has none does nothing."""

    def _contract(self, uow: UnitOfWork) -> ContractRow:
        return uow.session.scalars(select(ContractRow)).one()

    def _papers(self, kind: PaperKind) -> list[InstrumentRow]:
        with self.unit() as uow:
            rows = [r for r in instruments_of(uow.session, self._contract(uow).id) if r.kind == kind.value and r.state != "void"]
            uow.session.expunge_all()
            return sorted(rows, key=lambda r: r.number)

    def _row(self, paper_id: str) -> AmendmentRow:
        with self.unit() as uow:
            found = uow.session.get(AmendmentRow, paper_id)
            assert found is not None
            uow.session.expunge_all()
            return found

    def draft(self) -> None:
        """Two amendments of the same provision."""
        for number, days in enumerate(("45", "40")):
            while len(self._papers(PaperKind.AMENDMENT)) <= number:
                with self.unit() as uow:
                    say(paper=draft_amendment(uow, LAWYER, NOW, DAY, kit(), self._contract(uow).id))
            made = self._papers(PaperKind.AMENDMENT)[number].id
            if not read_edits(self._row(made).edits):
                with self.unit() as uow:
                    enter_value(uow, LAWYER, NOW, kit(), made, "pay.days_after_confirm", days)
                say(edited=made)
            with self.unit() as uow:
                dated = {"amendment.effective_rule": "on_date", "amendment.effective_date": EFFECT.isoformat()}
                fill_paper(uow, LAWYER, NOW, DAY, kit(), made, dated)

    def freeze(self) -> None:
        for paper in self._papers(PaperKind.AMENDMENT):
            if paper.state == "draft":
                with self.unit() as uow:
                    freeze_amendment(uow, LAWYER, NOW, DAY, kit(), paper.id)
                say(frozen=paper.id)

    def sign(self) -> None:
        self._sign(0, DAY)

    def _sign(self, place: int, day: date) -> None:
        paper = self._papers(PaperKind.AMENDMENT)[place]
        if paper.state != "frozen":
            return
        with self.unit() as uow:
            copy = attach_document(
                uow, LAWYER, noon(day), self.blobs, self._contract(uow).id, kind=DocumentKind.SIGNED, name=f"{paper.number}.pdf",
                media_type="application/pdf", content=b"%PDF-1.7 signed",
            ).id  # fmt: skip
        say(document=copy)
        with self.unit() as uow:
            record_signed(uow, LAWYER, noon(day), day, kit(), paper.id, signed_on=day, evidence_id=copy)
        say(signed=paper.id)

    def rebase(self) -> None:
        """The second amendment is overtaken: reopened, taken over with its own words, reworded at one more place, frozen again."""
        paper = self._papers(PaperKind.AMENDMENT)[1]
        if paper.state == "frozen" and len(self._row(paper.id).basis.split()) == 0:
            with self.unit() as uow:
                reopen_paper(uow, LAWYER, NOW, paper.id, "补充协议一已先行签署")
        if self._papers(PaperKind.AMENDMENT)[1].state != "draft":
            return
        with self.unit() as uow:
            study = study_amendment(uow, LAWYER, kit(), paper.id, DAY)
        if study.stale:
            with self.unit() as uow:
                rebase_amendment(uow, LAWYER, NOW, DAY, kit(), paper.id, {c.place: OURS for c in study.conflicts})
            say(rebased=paper.id)
        with self.unit() as uow:
            standing: Standing = study_amendment(uow, LAWYER, kit(), paper.id, DAY).redraft.after
        provision = standing.instrument.provision("process.flow.system")
        assert provision is not None
        if provision.text != REWORDED:
            with self.unit() as uow:
                edit_amendment(uow, LAWYER, NOW, paper.id, Rewrite(provision.id, provision.title, REWORDED))
        with self.unit() as uow:
            freeze_amendment(uow, LAWYER, NOW, DAY, kit(), paper.id)
        say(frozen=paper.id)

    def sign_again(self) -> None:
        self._sign(1, d("2026-02-03"))

    def effect(self) -> None:
        """Both take effect on their day; the clock does it."""
        apply_due(self.unit, noon(EFFECT), EFFECT)

    def letter(self) -> None:
        """A letter from the draft to its arrival, with its files."""
        if not self._papers(PaperKind.RECTIFICATION):
            with self.unit() as uow:
                given = {n: v for n, v in GIVEN[PaperKind.RECTIFICATION].items() if n.startswith("rectification.")}
                made = start_paper(
                    uow, LAWYER, noon(d("2027-05-12")), d("2027-05-12"), kit(), self._contract(uow).id, PaperKind.RECTIFICATION,
                    values=given,
                )  # fmt: skip
            say(paper=made)
        (paper,) = self._papers(PaperKind.RECTIFICATION)
        day = d("2027-05-12")
        if paper.state == "draft":
            with self.unit() as uow:
                freeze_paper(uow, LAWYER, noon(day), day, kit(), paper.id)
            say(frozen=paper.id)
        self._file(paper.id, day)
        self._send(paper.id, day)

    def _file(self, paper_id: str, day: date) -> None:
        with self.unit() as uow:
            filed = [x for x in documents_of(uow.session, self._contract(uow).id) if x.name.startswith("整改")]
            words = digest(read_frozen(uow, LAWYER, paper_id).instrument)
        if not filed:
            with self.unit() as uow:
                made = file_paper(
                    uow, LAWYER, noon(day), self.blobs, paper_id, {"整改通知.docx": b"PK", "整改通知.pdf": b"%PDF-"}, words
                )
            for document in made:
                say(document=document.id)

    def _send(self, paper_id: str, day: date) -> None:
        with self.unit() as uow:
            rows = list(uow.session.scalars(select(DeliveryRow).where(DeliveryRow.instrument_id == paper_id)))
            uow.session.expunge_all()
        if not rows:
            with self.unit() as uow:
                say(
                    delivery=send_alone(
                        uow, LAWYER, noon(day), day, OFFICIAL, paper_id, sender="a", method=Method.EXPRESS, sent_on=day
                    )
                )
            return
        if rows[0].arrived_on is None:
            on = d("2027-05-14")
            with self.unit() as uow:
                arrive_alone(
                    uow, LAWYER, noon(on), on, OFFICIAL, rows[0].id, rows[0].revision, arrived_on=on, proof=Proof.SIGNED_FOR,
                    evidence="EMS 1",
                )  # fmt: skip
            say(arrived=rows[0].id)

    def drop(self) -> None:
        """A further draft is given up; its number stays used."""
        with self.unit() as uow:
            made = draft_amendment(uow, LAWYER, NOW, DAY, kit(), self._contract(uow).id)
        say(paper=made)
        with self.unit() as uow:
            drop_paper(uow, LAWYER, NOW, made, "不再需要")
        say(dropped=made)


LIFE = PaperLife
STEPS = ("draft", "freeze", "sign", "rebase", "sign_again", "effect", "letter", "letter", "drop")


def prepare(url: str, _folder: Path) -> None:
    """The contract that every child finds."""
    engine = open_engine(url)
    in_force(lambda: UnitOfWork(engine))
    engine.dispose()
