"""Children that plan and keep obligations, and are killed while they do: steps for ``tests.services.nursery``.

One contract is in force before the first child is born.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.domain.event_table import EventRow
from app.domain.obligations import Catalogue
from app.domain.term import BEIJING
from app.services.advancing import advance_due
from app.services.annex_changing import draft_list_change, list_in_force
from app.services.event_rows import Happening
from app.services.obligation_events import import_events, record_event, start_clock, stop_clock, withdraw_event
from app.services.obligation_handover import assign, hand_over
from app.services.obligation_keeping import Proof, dispute, finish, reopen, waive
from app.services.obligation_planning import Almanac
from app.services.obligation_views import DutyLine, EventLine, duty_board
from app.services.taking_over import take_over
from app.store.contracts import ContractRow
from app.store.engine import open_engine
from app.store.uow import UnitOfWork
from tests.services import nursery
from tests.services.fixtures import LAWYER, OTHER, ensure, reference
from tests.services.living import OFFICIAL, WORK, d, in_force, noon
from tests.services.paper_house import kit

say = nursery.say
ALMANAC = Almanac(Catalogue.of(reference().library), OFFICIAL)
TODAY = d("2026-04-10")
NOW = noon(TODAY)
MOMENT = datetime(2026, 4, 9, 10, 0, tzinfo=BEIJING)


class DutyLife(nursery.Life):
    """Each step finds its own work, so it may be taken again after a death; one that has none does nothing."""

    def _id(self) -> str:
        with self.unit() as uow:
            return uow.session.scalars(select(ContractRow.id)).one()

    def _line(self, duty: str, *states: str) -> DutyLine | None:
        with self.unit() as uow:
            lines = duty_board(uow, LAWYER, NOW, self._id()).lines
        return next((x for x in lines if x.duty == duty and x.shown.value in states), None)

    def _event(self, subject: str) -> EventLine | None:
        with self.unit() as uow:
            return next((e for e in duty_board(uow, LAWYER, NOW, self._id()).events if e.subject == subject), None)

    def plan(self) -> None:
        advance_due(self.unit, replace(WORK, almanac=ALMANAC), lambda: NOW, TODAY)

    def finish(self) -> None:
        one = self._line("O-8.2-1", "late")
        if one is not None:
            with self.unit() as uow:
                finish(uow, LAWYER, NOW, TODAY, ALMANAC, self._id(), one.id, one.revision, Proof(TODAY, "结算单"))
            say(done=one.id)

    def reopen(self) -> None:
        one = self._line("O-8.2-1", "done", "done_late")
        if one is not None:
            with self.unit() as uow:
                reopen(uow, LAWYER, NOW, ALMANAC, self._id(), one.id, one.revision, reason="提交的是草稿")

    def waive(self) -> None:
        one = self._line("O-4.2-3", "late", "soon", "later")
        if one is not None:
            with self.unit() as uow:
                waive(uow, LAWYER, NOW, self._id(), one.id, one.revision, reason="当月停会", authority="会议纪要第3号")
            say(waived=one.id)

    def dispute(self) -> None:
        one = self._line("O-4.2-2", "late")
        if one is not None:
            with self.unit() as uow:
                dispute(uow, LAWYER, NOW, self._id(), one.id, one.revision, reason="是否已经提交有分歧")
            say(disputed=one.id)

    def assign(self) -> None:
        with self.unit() as uow:
            assign(uow, LAWYER, NOW, self._id(), "O-8.2-1", OTHER.id, "同事休假")

    def event(self) -> None:
        with self.unit() as uow:
            happening = Happening("ticket_escalated", MOMENT.date(), "GD-1", MOMENT)
            say(event=record_event(uow, LAWYER, NOW, TODAY, ALMANAC, self._id(), happening).id)

    def stop(self) -> None:
        event = self._event("GD-1")
        if event is not None and not event.pauses:
            with self.unit() as uow:
                stop_clock(uow, LAWYER, NOW, ALMANAC, self._id(), event.id, ground="user", at=MOMENT + timedelta(hours=1))

    def start(self) -> None:
        event = self._event("GD-1")
        if event is not None and event.stands_since is not None:
            with self.unit() as uow:
                start_clock(uow, LAWYER, NOW, ALMANAC, self._id(), event.id, at=MOMENT + timedelta(hours=3))

    def load(self) -> None:
        rows = [EventRow(n, "", "complaint_received", date(2026, 4, n), None, f"C-{n}", "") for n in range(2, 6)]
        with self.unit() as uow:
            import_events(uow, LAWYER, NOW, TODAY, ALMANAC, rows, self._id())

    def withdraw(self) -> None:
        event = self._event("C-2")
        if event is not None:
            with self.unit() as uow:
                withdraw_event(uow, LAWYER, NOW, ALMANAC, self._id(), event.id, "重复登记")

    def hand_over(self) -> None:
        with self.unit() as uow:
            lines = duty_board(uow, LAWYER, NOW, self._id()).lines
        ids = [x.id for x in lines if x.shown.value in ("late", "later") and x.responsible_id != OTHER.id][:7]
        with self.unit() as uow:
            hand_over(uow, LAWYER, NOW, ids, OTHER.id, "同事休假")

    def take_over(self) -> None:
        self._take_over(date(2026, 4, 1))

    def take_earlier(self) -> None:
        self._take_over(date(2026, 2, 1))

    def _take_over(self, day: date) -> None:
        with self.unit() as uow:
            known = duty_board(uow, LAWYER, NOW, self._id()).taken_over_on
        if known != day:
            with self.unit() as uow:
                take_over(uow, LAWYER, NOW, TODAY, self._id(), day, "四月起由本系统管理")

    def annex(self) -> None:
        with self.unit() as uow:
            items = list_in_force(uow, LAWYER, self._id(), TODAY).values["annex.service_items"]
        assert isinstance(items, tuple)
        rows = [dict(r) for r in items[:-1] if not isinstance(r, str)]
        with self.unit() as uow:
            say(paper=draft_list_change(uow, LAWYER, NOW, TODAY, kit(), self._id(), {"annex.service_items": rows}).number)


LIFE = DutyLife
STEPS = (
    "plan", "finish", "assign", "reopen", "waive", "dispute", "event", "stop", "start", "load", "withdraw", "finish", "annex",
    "hand_over", "take_over", "take_earlier",
)  # fmt: skip


def prepare(url: str, _folder: Path) -> None:
    engine = open_engine(url)
    in_force(lambda: UnitOfWork(engine))
    with UnitOfWork(engine) as uow:
        ensure(uow, OTHER)
        uow.commit()
    engine.dispose()
