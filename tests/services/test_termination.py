"""Ending before the term as people do it: demand, cure period, notice, agreement, objection, exit and archive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.domain.audit_words import words_of
from app.domain.errors import ContractError, InputError
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Event, Flag, IllegalMove, Stage
from app.domain.lifecycle_facts import Decision, Facts
from app.domain.notice import Method, Proof
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.termination import Route
from app.services.ending_clock import Looked, look_at_endings
from app.services.ending_rows import CaseBlocked, CaseMissing
from app.services.exiting import ExitDesk, ExitMissing, archive, begin_due_exits, exit_desk, finish_task, reopen_task
from app.services.filing import DocumentKind, attach_document
from app.services.moving import move
from app.services.objections import Outcome, close_objection, object_to
from app.services.record import require_contract
from app.services.termination import (
    CaseDetails,
    CaseView,
    change_case,
    open_case,
    record_happening,
    termination_desk,
    withdraw_case,
)
from app.services.termination_papers import (
    agreement_signed,
    case_paper_arrived,
    confirm_end,
    draft_agreement,
    draft_demand,
    draft_notice,
    send_case_paper,
)
from app.store.audit import entries_of
from app.store.blobs import BlobStore
from app.store.uow import ChangedMeanwhile
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, READER, WORK, House, d, in_force
from tests.services.snapshots import filled

BREACH = CaseDetails(
    Route.BREACH, by="a", ground="fail", facts="2026年4月至6月连续三期不合格", evidence="JS-202604、JS-202605、JS-202606",
    known_on=d("2026-07-06"), grace_days=15,
)  # fmt: skip


@dataclass
class Office:
    """A contract in force with one case."""

    house: House
    case_id: str = ""

    def at(self, day: str) -> Office:
        self.house.at(day)
        return self

    def args(self) -> tuple[Any, ...]:
        return (LAWYER, self.house.now, self.house.today, OFFICIAL, self.house.contract_id)

    def open(self, details: CaseDetails = BREACH) -> str:
        with self.house.units() as uow:
            self.case_id = open_case(uow, *self.args(), details)
        return self.case_id

    def case(self, case_id: str = "") -> CaseView:
        with self.house.units() as uow:
            desk = termination_desk(uow, LAWYER, self.house.today, OFFICIAL, self.house.contract_id)
        return next(c for c in desk.cases if c.id == (case_id or self.case_id))

    def do(self, step: Any, **more: Any) -> Any:
        with self.house.units() as uow:
            return step(uow, *self.args(), self.case_id, self.case().revision, **more)

    def send(self, paper_id: str, sent: str, *methods: Method) -> list[str]:
        ways = methods or (Method.EXPRESS, Method.EMAIL)
        made = []
        for way in ways:
            with self.house.units() as uow:
                made.append(send_case_paper(uow, *self.args(), paper_id, method=way, sent_on=d(sent)))
        return made

    def arrive(self, delivery_id: str, arrived: str, proof: Proof = Proof.SIGNED_FOR) -> str:
        revision = self.house.revision_of(delivery_id)
        with self.house.units() as uow:
            return case_paper_arrived(
                uow, *self.args(), delivery_id, revision, arrived_on=d(arrived), proof=proof, evidence="EMS 1100000000002"
            )

    def happened(self, what: str, on: str) -> None:
        with self.house.units() as uow:
            record_happening(
                uow,
                LAWYER,
                self.house.now,
                self.house.today,
                self.house.contract_id,
                self.case_id,
                self.case().revision,
                what,
                d(on),
            )

    @property
    def state(self) -> Any:
        return self.house.view().state

    def logged(self, action: str) -> list[dict[str, Any]]:
        with self.house.units() as uow:
            return [json.loads(e.data) for e in entries_of(uow.session, self.house.contract_id) if e.action == action]

    def exit(self) -> ExitDesk:
        with self.house.units() as uow:
            return exit_desk(uow, LAWYER, self.house.today, OFFICIAL, self.house.contract_id)


house = filled(in_force)


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def demanded(office: Office) -> None:
    """A breach whose demand arrived on 10 July; the cure period ends on Monday, 27 July."""
    office.at("2026-07-08").open()
    office.do(draft_demand)
    demand = office.case().demand
    assert demand is not None
    (express, _) = office.send(demand.id, "2026-07-08")
    office.at("2026-07-12").arrive(express, "2026-07-10")


def rescinded(office: Office) -> None:
    demanded(office)
    office.at("2026-07-30").do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    express, mail = office.send(notice.id, "2026-07-30")
    office.at("2026-08-04").arrive(express, "2026-08-03")
    assert mail


# ---- breach


def test_a_breach_goes_by_demand_cure_period_and_notice_to_the_end(office: Office) -> None:
    rescinded(office)
    case = office.case()
    assert case.state == "ended"
    assert case.ended_on == d("2026-08-03")
    assert office.state.stage is Stage.TERMINATED
    number = office.house.view().number
    assert [p.number for p in (case.demand, case.notice) if p] == [f"{number}-CG-01", f"{number}-JC-01"]
    moved = office.logged("contract.moved")[-1]
    assert (moved["event"], moved["paper"]) == ("rescinded", f"{number}-JC-01")
    assert len(office.exit().exits[0].tasks) == 18


def test_the_desk_says_what_stands_in_the_way_and_until_when_a_notice_is_safely_sent(office: Office) -> None:
    demanded(office)
    case = office.at("2026-07-27").case()
    assert [c.sentence for c in case.notice_checks if not c.met] == ["补救期至2026年7月27日（含当日）尚未届满"]
    assert case.cure_ends is not None
    assert case.right_lapses is not None
    assert (case.cure_ends.day, case.right_lapses.day) == (d("2026-07-27"), d("2026-10-04"))
    assert case.safe[Method.EXPRESS].day == d("2026-09-24")  # 4 October lies in a holiday that begins with its bridge
    with pytest.raises(CaseBlocked, match="尚未届满"):
        office.do(draft_notice)
    assert office.at("2026-07-28").do(draft_notice).endswith("-JC-01")


def test_a_notice_sent_by_express_alone_does_not_end_the_contract_until_that_is_mended(office: Office) -> None:
    demanded(office)
    office.at("2026-07-30").do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    (express,) = office.send(notice.id, "2026-07-30", Method.EXPRESS)
    assert "同时发送对方指定邮箱" in office.at("2026-08-04").arrive(express, "2026-08-03")
    assert office.state.stage is Stage.ACTIVE
    with pytest.raises(CaseBlocked, match="指定邮箱"):
        office.do(confirm_end)
    office.send(notice.id, "2026-07-30", Method.EMAIL)
    office.do(confirm_end)
    assert office.state.stage is Stage.TERMINATED


def test_a_notice_with_a_last_chance_waits_for_it_and_for_a_person(office: Office) -> None:
    demanded(office)
    office.at("2026-07-30").do(draft_notice, automatic=True)
    notice = office.case().notice
    assert notice is not None
    express, _ = office.send(notice.id, "2026-07-30")
    assert "尚未届至" in office.at("2026-08-04").arrive(express, "2026-08-03")
    with pytest.raises(CaseBlocked, match="尚未届至"):
        office.at("2026-08-18").do(confirm_end)
    office.at("2026-08-19").do(confirm_end)
    assert office.case().ended_on == d("2026-08-18")


def test_performance_in_time_keeps_the_contract_alive(office: Office) -> None:
    demanded(office)
    office.at("2026-07-30").do(draft_notice, automatic=True)
    notice = office.case().notice
    assert notice is not None
    express, _ = office.send(notice.id, "2026-07-30")
    office.at("2026-08-12").arrive(express, "2026-08-03")
    office.happened("performed_on", "2026-08-10")
    with pytest.raises(CaseBlocked, match="不自动解除"):
        office.at("2026-08-30").do(confirm_end)
    assert office.state.stage is Stage.ACTIVE


def test_a_cure_in_time_closes_the_way(office: Office) -> None:
    demanded(office)
    office.at("2026-07-28").happened("cured_on", "2026-07-20")
    with pytest.raises(CaseBlocked, match="完成补救"):
        office.do(draft_notice)


def test_a_case_is_told_every_fault_at_once(office: Office) -> None:
    wrong = CaseDetails(Route.BREACH, by="b", ground="fail", known_on=d("2026-07-06"), grace_days=3)
    with pytest.raises(InputError) as caught:
        office.at("2026-07-01").open(wrong)
    assert [(f.path, f.problem) for f in caught.value.faults] == [
        ("by", "“考核持续不合格”不能由该方主张"),
        ("known_on", "2026-07-06 尚未到来"),
        ("grace_days", "不得短于约定的补救期15个自然日"),
    ]
    with pytest.raises(InputError):
        office.open(CaseDetails(Route.STATUTORY, ground="fail"))


def test_one_case_on_the_whole_contract_at_a_time(office: Office) -> None:
    office.at("2026-07-08").open()
    with pytest.raises(ContractError, match="已有办理中的终止事项"):
        office.open(CaseDetails(Route.AGREEMENT))
    office.open(CaseDetails(Route.AGREEMENT, part="硬件维修服务"))


def test_what_was_entered_can_be_corrected_until_a_paper_leaves_the_house(office: Office) -> None:
    office.at("2026-07-08").open()
    office.do(draft_demand)
    changed = CaseDetails(**{**{n: getattr(BREACH, n) for n in CaseDetails.__slots__}, "facts": "连续三期不合格，且未整改"})
    office.do(change_case, details=changed)
    assert office.case().case.facts == "连续三期不合格，且未整改"
    demand = office.case().demand
    assert demand is not None
    office.send(demand.id, "2026-07-08", Method.EMAIL)
    with pytest.raises(ContractError, match="已经发出"):
        office.do(change_case, details=BREACH)


def test_a_case_is_withdrawn_with_a_reason_and_not_after_its_notice_arrived(office: Office) -> None:
    office.at("2026-07-08").open()
    office.do(draft_demand)

    def withdraw(reason: str) -> None:
        with office.house.units() as uow:
            withdraw_case(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, office.case().revision, reason)

    with pytest.raises(InputError):
        withdraw(" ")
    withdraw("双方和解")
    case = office.case()
    assert case.state == "withdrawn"
    assert case.demand is not None
    assert case.demand.state == "void"
    with pytest.raises(ContractError, match="已经办结或者撤回"):
        withdraw("再次")
    demanded(office)
    office.at("2026-07-30").do(draft_notice, automatic=True)
    notice = office.case().notice
    assert notice is not None
    express, _ = office.send(notice.id, "2026-07-30")
    office.at("2026-08-04").arrive(express, "2026-08-03")
    with pytest.raises(CaseBlocked, match="不能单方撤回"):
        withdraw("后悔")


def test_only_who_may_and_only_on_what_was_seen(office: Office) -> None:
    office.at("2026-07-08").open()
    house = office.house
    with house.units() as uow, pytest.raises(Forbidden):
        open_case(uow, READER, house.now, house.today, OFFICIAL, house.contract_id, BREACH)
    with house.units() as uow, pytest.raises(ChangedMeanwhile):
        draft_demand(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, office.case_id, 99)
    with house.units() as uow, pytest.raises(CaseMissing):
        draft_demand(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, "nothing", 1)


# ---- other routes


def test_an_agreement_ends_the_contract_on_its_day(office: Office) -> None:
    office.at("2026-07-08").open(CaseDetails(Route.AGREEMENT))
    with office.house.units() as uow:
        draft_agreement(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, office.case().revision)
    said = office.do(agreement_signed, signed_on=d("2026-07-08"), end_on=d("2026-07-31"))
    assert "尚未届至" in said
    assert office.state.stage is Stage.ACTIVE
    office.at("2026-07-31").do(confirm_end)
    assert office.state.stage is Stage.TERMINATED
    assert office.exit().exits[0].ending.on == d("2026-07-31")


def test_a_termination_agreement_winds_up_what_a_notice_ended_and_names_the_same_day(office: Office) -> None:
    rescinded(office)
    with office.house.units() as uow:
        draft_agreement(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, office.case().revision)
    with pytest.raises(InputError):
        office.do(agreement_signed, signed_on=d("2026-08-04"), end_on=d("2026-08-31"))
    office.do(agreement_signed, signed_on=d("2026-08-04"), end_on=d("2026-08-03"))
    assert office.case().ended_on == d("2026-08-03")
    agreement = office.case().agreement
    assert agreement is not None
    assert agreement.state == "signed"


def test_leaving_without_ground_ends_after_the_agreed_days_and_costs_compensation(office: Office) -> None:
    office.at("2026-06-30").open(CaseDetails(Route.CONVENIENCE, by="a", facts="业务调整"))
    office.do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    assert notice.title == "提前终止通知"
    (express,) = office.send(notice.id, "2026-06-30", Method.EXPRESS)
    assert "2026年8月31日尚未届至" in office.at("2026-07-02").arrive(express, "2026-07-02")
    office.at("2026-08-31").do(confirm_end)
    assert office.state.stage is Stage.TERMINATED
    assert TaskKey.COMPENSATION in {t.task.key for t in office.exit().exits[0].tasks}


def test_a_part_ends_while_the_contract_goes_on(office: Office) -> None:
    demanded(office)
    part = CaseDetails(**{**{n: getattr(BREACH, n) for n in CaseDetails.__slots__}, "part": "硬件维修服务（附件一第三项）"})
    office.at("2026-07-08").open(part)
    office.do(draft_demand)
    demand = office.case().demand
    assert demand is not None
    express, _ = office.send(demand.id, "2026-07-08")
    office.at("2026-07-12").arrive(express, "2026-07-10")
    office.at("2026-07-30").do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    express, _ = office.send(notice.id, "2026-07-30")
    assert "该部分已终止" in office.at("2026-08-04").arrive(express, "2026-08-03")
    assert office.state.stage is Stage.ACTIVE
    (found,) = office.exit().exits
    assert found.ending.part == "硬件维修服务（附件一第三项）"


def test_a_contract_that_is_over_can_no_longer_be_rescinded(office: Office) -> None:
    rescinded(office)
    with pytest.raises(ContractError, match="不能以“违约解除”终止"):
        office.open()


# ---- objection


def objected(office: Office) -> None:
    rescinded(office)
    with office.house.units() as uow:
        object_to(
            uow, LAWYER, office.house.now, office.house.today, office.house.contract_id, office.case_id, office.case().revision,
            on=d("2026-08-04"), text="考核数据有误，不具备解除条件",
        )  # fmt: skip


def close(office: Office, outcome: Outcome, decision: Decision | None = None) -> None:
    with office.house.units() as uow:
        close_objection(
            uow, LAWYER, office.house.now, office.house.today, office.house.contract_id, office.case_id, office.case().revision,
            outcome, decision=decision,
        )  # fmt: skip


def test_an_objection_marks_the_dispute_and_leaves_the_ending_as_it_is(office: Office) -> None:
    objected(office)
    assert office.state.flags == {Flag.DISPUTED}
    assert office.state.stage is Stage.TERMINATED
    assert office.case().disputed
    close(office, Outcome.SETTLED)
    assert office.state.flags == frozenset()
    assert not office.case().disputed


def test_a_decision_that_there_was_no_right_brings_the_contract_back(office: Office) -> None:
    objected(office)
    with pytest.raises(InputError):
        close(office, Outcome.SET_ASIDE)
    close(office.at("2026-12-01"), Outcome.SET_ASIDE, Decision("（2026）京0105民初0001号", d("2026-11-30")))
    assert office.state.stage is Stage.ACTIVE
    assert office.state.flags == frozenset()
    assert office.exit().exits == ()
    assert office.case().state == "set_aside"
    assert office.logged("exit.cancelled")


def test_there_is_one_objection_at_a_time_and_one_end_of_it(office: Office) -> None:
    objected(office)
    with office.house.units() as uow, pytest.raises(CaseBlocked):
        object_to(
            uow, LAWYER, office.house.now, office.house.today, office.house.contract_id, office.case_id, office.case().revision,
            on=d("2026-08-04"), text="再次",
        )  # fmt: skip
    close(office, Outcome.CONFIRMED, Decision("（2026）京0105民初0002号", d("2026-08-04")))
    with pytest.raises(CaseBlocked):
        close(office, Outcome.WITHDRAWN)


# ---- exit and archive


def finish(office: Office, key: TaskKey, on: str, **more: Any) -> None:
    found = office.exit().exits[0]
    whole = {"done_on": d(on), "evidence": "交接单 JJ-001", **more}
    with office.house.units() as uow:
        finish_task(uow, *office.args(), found.id, found.revision, key, **whole)


def document(office: Office, blobs: BlobStore) -> str:
    with office.house.units() as uow:
        return attach_document(
            uow, LAWYER, office.house.now, blobs, office.house.contract_id, kind=DocumentKind.EVIDENCE, name="证明.pdf",
            media_type="application/pdf", content=b"%PDF-1.7 proof",
        ).id  # fmt: skip


def due(office: Office, key: TaskKey) -> date:
    return next(t.task.due.day for t in office.exit().exits[0].tasks if t.task.key is key)


def test_a_task_is_done_with_evidence_and_what_follows_it_gets_its_day(office: Office) -> None:
    rescinded(office)
    assert due(office, TaskKey.CERTIFICATE) == d("2026-10-28")
    finish(office.at("2026-09-02"), TaskKey.DATA_REST, "2026-09-01")
    assert due(office, TaskKey.CERTIFICATE) == d("2026-09-04")
    task = next(t for t in office.exit().exits[0].tasks if t.task.key is TaskKey.DATA_REST)
    assert (task.done_on, task.evidence, task.done_by) == (d("2026-09-01"), "交接单 JJ-001", LAWYER.name)
    assert office.logged("exit.task_done")[0]["task"] == "data_rest"


def test_what_is_missing_of_a_task_is_told_at_once(office: Office, blobs: BlobStore) -> None:
    rescinded(office)
    with pytest.raises(InputError) as caught:
        finish(office, TaskKey.CERTIFICATE, "2026-09-30", evidence=" ")
    assert [f.path for f in caught.value.faults] == ["done_on", "evidence", "document_id"]
    finish(office, TaskKey.CERTIFICATE, "2026-08-04", document_id=document(office, blobs))
    with pytest.raises(InputError, match=r".") as caught:
        finish(office, TaskKey.CERTIFICATE, "2026-08-04", document_id=document(office, blobs))
    assert caught.value.faults[0].path == "key"
    with pytest.raises(ExitMissing):
        finish(office, TaskKey.COMPENSATION, "2026-08-04")


def test_overdue_tasks_are_marked(office: Office) -> None:
    rescinded(office)
    late = {t.task.key for t in office.at("2026-08-14").exit().exits[0].tasks if t.overdue}
    assert late == {TaskKey.STOP, TaskKey.PLAN, TaskKey.EXPORT, TaskKey.RETURN}


def test_a_contract_is_archived_when_every_task_is_done_and_no_sooner(office: Office, blobs: BlobStore) -> None:
    rescinded(office)
    paper = document(office, blobs)

    def file_away(actor: Actor = LAWYER) -> None:
        with office.house.units() as uow:
            archive(uow, actor, office.house.now, OFFICIAL, office.house.contract_id, office.house.view().revision)

    keys = [t.task.key for t in office.exit().exits[0].tasks]
    for key in keys[:-1]:
        finish(office, key, "2026-08-04", document_id=paper)
    with pytest.raises(IllegalMove, match="确认存续条款"):
        file_away()
    finish(office, keys[-1], "2026-08-04", waived=True, evidence="双方书面确认无须告知")
    with pytest.raises(Forbidden):
        file_away(Actor("李律师", "other", frozenset({Role.DRAFTER})))
    file_away()
    assert office.state.stage is Stage.ARCHIVED
    with pytest.raises(ContractError, match="已归档"):
        finish(office, TaskKey.STOP, "2026-08-04")


def test_a_task_taken_back_is_open_again_and_its_record_stays_in_the_log(office: Office) -> None:
    rescinded(office)
    finish(office.at("2026-09-02"), TaskKey.DATA_REST, "2026-09-01")
    found = office.exit().exits[0]
    with office.house.units() as uow:
        reopen_task(
            uow, LAWYER, office.house.now, OFFICIAL, office.house.contract_id, found.id, found.revision, TaskKey.DATA_REST, "发现遗漏副本"
        )  # fmt: skip
    assert due(office, TaskKey.CERTIFICATE) == d("2026-10-28")
    assert office.logged("exit.task_reopened")[0]["reason"] == "发现遗漏副本"


def test_two_people_on_one_exit_do_not_overwrite_each_other(office: Office) -> None:
    rescinded(office)
    stale = office.exit().exits[0]
    finish(office, TaskKey.STOP, "2026-08-04")
    with office.house.units() as uow, pytest.raises(ChangedMeanwhile):
        finish_task(uow, *office.args(), stale.id, stale.revision, TaskKey.STAFF, done_on=d("2026-08-04"), evidence="x")


def test_an_expired_contract_gets_its_exit_from_the_clock_once(units: Units) -> None:
    house = in_force(units, {"renew.mode": "none"}).at("2027-01-01")
    facts = Facts(today=house.today, term=house.desk().state.term_facts(house.today))
    with units() as uow:
        row = require_contract(uow, house.contract_id, lock=True)
        move(uow, LAWYER, house.now, row, Event.TERM_ENDED, facts)
        uow.commit()
    assert begin_due_exits(units, house.now, OFFICIAL) == (1, ())
    assert begin_due_exits(units, house.now, OFFICIAL) == (0, ())
    (found,) = Office(house).exit().exits
    assert (found.ending.how.value, found.ending.on) == ("expired", d("2026-12-31"))


# ---- the clock and the log


def look(office: Office) -> Looked:
    return look_at_endings(office.house.units, office.house.now, office.house.today, OFFICIAL, WORK.term_post)


def test_the_clock_tells_the_owner_once_of_a_cure_period_that_is_over_and_ends_nothing(office: Office) -> None:
    demanded(office)
    assert look(office.at("2026-07-27")).told == 0
    assert look(office.at("2026-07-28")).told == 1
    assert look(office.at("2026-07-29")).told == 0
    (mail,) = [m for m in office.house.mails() if m.key.startswith("ending:")]
    assert "违约解除" in mail.subject
    assert "补救期已经届满" in mail.text
    assert office.state.stage is Stage.ACTIVE


def test_the_clock_tells_of_a_day_that_a_person_must_confirm(office: Office) -> None:
    office.at("2026-06-30").open(CaseDetails(Route.CONVENIENCE, by="a"))
    office.do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    (express,) = office.send(notice.id, "2026-06-30", Method.EXPRESS)
    office.at("2026-07-02").arrive(express, "2026-07-02")
    assert look(office.at("2026-08-30")).told == 0
    assert look(office.at("2026-08-31")).told == 1
    assert office.state.stage is Stage.ACTIVE


def test_everything_that_happened_reads_as_a_sentence_in_the_log(office: Office) -> None:
    objected(office)
    finish(office, TaskKey.STOP, "2026-08-04")
    close(office, Outcome.SETTLED)
    with office.house.units() as uow:
        said = [words_of(e).what for e in entries_of(uow.session, office.house.contract_id)]
    assert [s for s in said if s.startswith("操作 ")] == []
    number = office.house.view().number
    for sentence in (
        "启动终止事项：违约解除（考核持续不合格）", f"草拟文书 {number}-CG-01", f"合同终止：2026-08-03（{number}-JC-01）",
        "建立退出任务，终止日 2026-08-03", "完成退出任务“停止受理新增工单，进入交接”：2026-08-04", "了结对终止的异议：双方和解，终止不变",
    ):  # fmt: skip
        assert sentence in said
