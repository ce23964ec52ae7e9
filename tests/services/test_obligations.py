"""Obligations of contracts in force: planned on the effect, kept through events, amendments, renewals and endings, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.approval_route import Function
from app.domain.errors import ContractError, InputError
from app.domain.event_table import EventRow
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Decision, Facts
from app.domain.obligation_state import Shown
from app.domain.obligations import Catalogue
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.term import BEIJING
from app.rendering.register_sheet import write_register
from app.services.advancing import Clockwork, advance_due
from app.services.event_rows import Happening
from app.services.filing import DocumentKind, attach_document
from app.services.moving import move
from app.services.obligation_events import end_state, import_events, record_event, start_clock, stop_clock, withdraw_event
from app.services.obligation_handover import assign
from app.services.obligation_keeping import Proof, dispute, finish, fulfil_keyed, reopen, waive
from app.services.obligation_planning import Almanac
from app.services.obligation_views import DutyBoard, DutyLine, duties_of_all, duty_board, duty_detail, export_duties
from app.services.record import ContractMissing, require_contract
from app.store.blobs import BlobStore
from app.store.engine import open_engine
from app.store.obligations import DutyFilter, obligations_between, obligations_of
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.fixtures import LAWYER, OTHER, ensure, reference
from tests.services.living import OFFICIAL, WORK, House, in_force
from tests.services.settling_house import Till
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

ALMANAC = Almanac(Catalogue.of(reference().library), OFFICIAL)
CLOCK = Clockwork(WORK.calendar, WORK.post, WORK.term_post, WORK.sign_post, ALMANAC)
HEAD = Actor("赵总", "head", frozenset({Role.APPROVER}), frozenset({Function.LEGAL_HEAD}))
AUDITOR = Actor("审计员", "auditor", frozenset({Role.AUDITOR}))


def tick(house: House) -> None:
    advance_due(house.units, CLOCK, lambda: house.now, house.today)


def board(house: House, **wanted: object) -> DutyBoard:
    with house.units() as uow:
        return duty_board(uow, LAWYER, house.now, house.contract_id, DutyFilter(**wanted))  # type: ignore[arg-type]


def line(house: House, duty: str, label: str = "") -> DutyLine:
    found = [x for x in (*board(house).lines, *board(house).standing) if x.duty == duty and label in x.label]
    assert found, (duty, label)
    return found[0]


def record(house: House, kind: str, day: date, subject: str = "T-1", moment: datetime | None = None) -> str:
    with house.units() as uow:
        happening = Happening(kind, day, subject, moment)
        return record_event(uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, happening).id


def done(house: House, one: DutyLine, on: date | None = None, evidence: str = "邮件第12号") -> None:
    with house.units() as uow:
        proof = Proof(on or house.today, evidence)
        finish(uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, one.id, one.revision, proof)


def built(units: Callable[[], UnitOfWork]) -> House:
    made = in_force(units)
    with units() as uow:
        ensure(uow, OTHER)
        uow.commit()
    tick(made)
    return made


@pytest.fixture(scope="module")
def settled(scratch: Path, sqlite_template: Path) -> tuple[Path, str]:
    """A SQLite file with one planned contract, made once and copied for each test."""
    folder = scratch / "obligations"
    folder.mkdir()
    path = folder / "settled.sqlite3"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    contract = built(lambda: UnitOfWork(engine)).contract_id
    engine.dispose()
    return path, contract


@pytest.fixture
def house(settled: tuple[Path, str], tmp_path: Path) -> Iterator[House]:
    path, contract = settled
    shutil.copy(path, tmp_path / "database.sqlite3")
    engine = open_engine(f"sqlite:///{tmp_path / 'database.sqlite3'}")
    yield House(lambda: UnitOfWork(engine), contract)
    engine.dispose()


everywhere = filled(built)
"""The same on a database of each kind, where the database has to find or lock something."""


def test_the_clock_plans_a_contract_that_took_effect_and_planning_again_changes_nothing(everywhere: House) -> None:
    house = everywhere
    first = board(house)
    assert len(first.lines) > 150
    assert {x.duty for x in first.standing} == {"O-2.1-1", "O-5.1-1", "O-7.1-5", "O-7.2-5"}
    assert not first.waiting
    statement = line(house, "O-8.2-1", "2026年3月")
    assert (statement.due_on, statement.clause, statement.keeper) == (date(2026, 4, 8), "第8.2.1条第（1）项", LAWYER.name)
    with house.units() as uow:
        before = {r.key: (r.id, r.revision) for r in obligations_of(uow.session, house.contract_id)}
        contract = require_contract(uow, house.contract_id, lock=True)
        contract.clock_on = house.today
        uow.commit()
    tick(house)
    with house.units() as uow:
        assert {r.key: (r.id, r.revision) for r in obligations_of(uow.session, house.contract_id)} == before


def test_done_with_evidence_begins_the_other_partys_period_and_taking_it_back_takes_it_back(house: House) -> None:
    house.at("2026-04-08")
    statement = line(house, "O-8.2-1", "2026年3月")
    assert statement.shown is Shown.SOON
    done(house, statement)
    answer = line(house, "O-8.2-2", "2026年3月")
    assert answer.due_on == date(2026, 4, 15)
    done(house.at("2026-04-15"), answer)
    assert line(house, "O-8.2-4", "2026年3月").due_on == date(2026, 5, 15)
    again = line(house, "O-8.2-2", "2026年3月")
    with house.units() as uow:
        reopen(uow, LAWYER, house.now, ALMANAC, house.contract_id, again.id, again.revision, reason="确认的是另一份")
    assert not [x for x in board(house).lines if x.duty == "O-8.2-4"]
    assert line(house, "O-8.2-2", "2026年3月").shown is Shown.SOON


def test_every_fault_at_once_and_nothing_twice(house: House) -> None:
    statement = line(house, "O-8.2-1", "2026年3月")
    proof = Proof(house.today + timedelta(days=1), " ", "0" * 32)
    with house.units() as uow, pytest.raises(InputError) as refused:
        finish(uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, statement.id, statement.revision, proof)
    assert {f.path for f in refused.value.faults} == {"done_on", "document"}
    done(house, statement)
    with pytest.raises(ChangedMeanwhile):
        done(house, statement)
    with pytest.raises(InputError):
        done(house, line(house, "O-8.2-1", "2026年3月"))
    with house.units() as uow, pytest.raises(Forbidden):
        finish(uow, AUDITOR, house.now, house.today, ALMANAC, house.contract_id, statement.id, 2, Proof(house.today, "x"))


@both_databases
def test_lateness_follows_the_day_and_what_came_late_stays_so(everywhere: House) -> None:
    house = everywhere
    house.at("2026-04-09")
    late = line(house, "O-8.2-1", "2026年3月")
    assert late.shown is Shown.LATE
    assert late.id in {x.id for x in board(house, shown=("late",)).lines}
    with house.units() as uow:
        everywhere = duties_of_all(uow, LAWYER, house.now, DutyFilter(shown=("late",)))
    assert {x.id for x in everywhere.lines} == {x.id for x in board(house, shown=("late",)).lines}
    done(house, late)
    assert line(house, "O-8.2-1", "2026年3月").shown is Shown.DONE_LATE


def test_only_authority_waives(house: House) -> None:
    report = line(house, "O-4.2-1")
    for actor in (OTHER, AUDITOR):
        with house.units() as uow, pytest.raises(Forbidden):
            waive(
                uow, actor, house.now, house.contract_id, report.id, report.revision, reason="春节停发", authority="会议纪要第3号"
            )
    with house.units() as uow, pytest.raises(InputError) as refused:
        waive(uow, HEAD, house.now, house.contract_id, report.id, report.revision, reason="无", authority="")
    assert {f.path for f in refused.value.faults} == {"reason", "authority"}
    with house.units() as uow:
        waive(
            uow, HEAD, house.now, house.contract_id, report.id, report.revision, reason="春节停发周报", authority="会议纪要第3号"
        )
    waived = next(x for x in board(house).lines if x.id == report.id)
    assert (waived.shown, waived.authority) == (Shown.WAIVED, "会议纪要第3号")
    with house.units() as uow, pytest.raises(Forbidden):
        reopen(uow, OTHER, house.now, ALMANAC, house.contract_id, waived.id, waived.revision, reason="还是要发周报")


def test_a_dispute_is_neither_late_nor_done(house: House) -> None:
    house.at("2026-04-20")
    statement = line(house, "O-8.2-1", "2026年3月")
    with house.units() as uow:
        dispute(uow, OTHER, house.now, house.contract_id, statement.id, statement.revision, reason="双方对是否已提交有分歧")
    assert line(house, "O-8.2-1", "2026年3月").shown is Shown.DISPUTED
    with pytest.raises(InputError, match="有争议"):
        done(house, line(house, "O-8.2-1", "2026年3月"))


def test_an_event_begins_periods_once_and_its_clock_stops_and_goes(house: House) -> None:
    house.at("2026-03-02")
    moment = datetime(2026, 3, 2, 10, 0, tzinfo=BEIJING)
    event = record(house, "ticket_escalated", date(2026, 3, 2), moment=moment)
    assert record(house, "ticket_escalated", date(2026, 3, 2), moment=moment) == event
    assert line(house, "O-1.2-3").due_at == datetime(2026, 3, 2, 14, 0, tzinfo=BEIJING)
    with house.units() as uow:
        stop_clock(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, ground="user", at=moment + timedelta(hours=1))
    assert line(house, "O-1.2-3").shown is Shown.PAUSED
    with house.units() as uow, pytest.raises(InputError, match="已经处于停钟"):
        stop_clock(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, ground="user", at=moment + timedelta(hours=1))
    house.at("2026-03-03")
    with house.units() as uow:
        start_clock(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, at=moment + timedelta(hours=5))
    assert line(house, "O-1.2-3").due_at == datetime(2026, 3, 2, 18, 0, tzinfo=BEIJING)
    with house.units() as uow:
        detail = duty_detail(uow, LAWYER, house.now, house.contract_id, line(house, "O-1.2-3").id)
    assert any("停钟：2026年3月2日11:00至2026年3月2日15:00不计" in r.text for r in detail.reasons)
    with house.units() as uow:
        assert withdraw_event(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, "记到了别的合同").dropped == 1


def test_what_lasts_ends_and_what_is_done_stays(house: House) -> None:
    house.at("2026-03-03")
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
    event = record(house, "p1_opened", date(2026, 3, 2), "P1-7", moment)
    reports = [x for x in board(house).lines if x.duty == "O-6.3-4"]
    assert len(reports) == 48
    done(house, reports[0], date(2026, 3, 2))
    with house.units() as uow:
        end_state(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, at=moment + timedelta(minutes=70))
    assert len([x for x in board(house).lines if x.duty == "O-6.3-4"]) == 2
    with house.units() as uow:
        withdraw_event(uow, LAWYER, house.now, ALMANAC, house.contract_id, event, "其实是另一天的故障")
    assert [x.shown for x in board(house).lines if x.duty == "O-6.3-4"] == [Shown.DONE]


def test_what_cannot_be_recorded_is_refused(house: House) -> None:
    with pytest.raises(InputError, match="尚未到来"):
        record(house, "ticket_escalated", house.today + timedelta(days=1))
    with pytest.raises(InputError, match="可以记录的事件"):
        record(house, "effective", house.today)
    record(house, "release_planned", house.today + timedelta(days=30), "v2")
    assert line(house, "O-6.2-2", "v2").due_on is not None


def test_a_table_is_recorded_whole_or_not_at_all_and_twice_is_once(house: House) -> None:
    house.at("2026-03-10")
    number = house.view().number
    good = [EventRow(n, number, "complaint_received", date(2026, 3, n), None, f"C-{n}", "") for n in range(2, 8)]
    bad = [*good, EventRow(9, "没有这份", "complaint_received", date(2026, 3, 2), None, "", ""),
           EventRow(10, number, "complaint_received", date(2026, 4, 2), None, "", "")]  # fmt: skip
    with house.units() as uow, pytest.raises(InputError) as refused:
        import_events(uow, LAWYER, house.now, house.today, ALMANAC, bad)
    assert [f.line for f in refused.value.faults] == [9, 10]
    assert not board(house).events
    for expected in ((6, 0, 18), (0, 6, 0)):
        with house.units() as uow:
            result = import_events(uow, LAWYER, house.now, house.today, ALMANAC, good)
        assert (result.new, result.known, result.planned) == expected


@both_databases
def test_somebody_is_made_responsible_and_later_instances_follow(everywhere: House) -> None:
    house = everywhere
    house.at("2026-03-10")
    with house.units() as uow:
        assert assign(uow, LAWYER, house.now, house.contract_id, "O-8.2-1", OTHER.id, "由李律师接手").changed == 12
    assert line(house, "O-8.2-1", "2026年5月").keeper == OTHER.name
    with house.units() as uow:
        mine = duties_of_all(uow, LAWYER, house.now, DutyFilter(person=OTHER.id))
        owners = duties_of_all(uow, LAWYER, house.now, DutyFilter(person=LAWYER.id))
    assert {x.duty for x in mine.lines} == {"O-8.2-1"}
    assert "O-8.2-1" not in {x.duty for x in owners.lines}
    with house.units() as uow, pytest.raises(InputError):
        assign(uow, LAWYER, house.now, house.contract_id, "O-8.2-1", "nobody", "由李律师接手")


def test_a_renewal_plans_on_and_keeps_what_is_done(house: House) -> None:
    report = line(house, "O-4.2-1")
    done(house, report)
    count = len([x for x in board(house).lines if x.duty == "O-8.2-1"])
    last = house.terms()[-1].last_day
    house.today = last + timedelta(days=2)
    tick(house)
    assert len(house.terms()) == 2
    assert len([x for x in board(house).lines if x.duty == "O-8.2-1"]) == 2 * count
    assert next(x for x in board(house).lines if x.id == report.id).shown is Shown.DONE
    assert [x.label for x in board(house).lines if x.duty == "O-11.3-2"] == ["第1次续展期届满日"]


def test_an_ending_drops_what_would_have_come_and_leaves_the_rest_to_the_exit(house: House) -> None:
    house.at("2026-05-20")
    with house.units() as uow:
        contract = require_contract(uow, house.contract_id, lock=True)
        facts = Facts(today=house.today, decision=Decision("（2026）京01民终1号", house.today))
        move(uow, LAWYER, house.now, contract, Event.ENDED_BY_DECISION, facts)
        uow.commit()
    tick(house)
    statements = [x for x in board(house).lines if x.duty == "O-8.2-1"]
    assert statements[-1].label == "2026年5月"
    assert not [x for x in board(house).lines if x.duty in ("O-7.2-3", "O-11.3-5")]


def test_another_use_case_fulfils_by_key(house: House) -> None:
    with house.units() as uow:
        contract = require_contract(uow, house.contract_id, lock=True)
        key = "O-8.2-1/2026-03-01+1M"
        assert fulfil_keyed(uow, LAWYER, house.now, contract, ALMANAC, key, Proof(house.today, "结算单 JS-1"))
        assert not fulfil_keyed(uow, LAWYER, house.now, contract, ALMANAC, key, Proof(house.today, "结算单 JS-1"))
        uow.commit()
    assert line(house, "O-8.2-2", "2026年3月").due_on is not None


def test_what_is_scored_and_settled_is_done_and_begins_the_next_period(house: House) -> None:
    till = Till(house.units, house.contract_id)
    till.at("2026-03-06").confirmed("2026-02")
    assert line(house, "O-5.2-1", "2026年2月").shown in (Shown.DONE, Shown.DONE_LATE)
    assert line(house, "O-5.2-2", "2026年2月").done_on == date(2026, 3, 6)
    made = till.draw("2026-02")
    assert line(house, "O-8.2-1", "2026年2月").done_on == date(2026, 3, 6)
    assert line(house, "O-8.2-2", "2026年2月").due_on == date(2026, 3, 13)
    till.at("2026-03-10").confirm(made)
    assert line(house, "O-8.2-2", "2026年2月").done_on == date(2026, 3, 10)
    assert line(house, "O-8.2-4", "2026年2月").due_on == date(2026, 4, 9)


def test_evidence_is_a_file_of_the_contract_and_the_export_has_what_is_seen(house: House, blobs: BlobStore) -> None:
    statement = line(house, "O-8.2-1", "2026年3月")
    with house.units() as uow:
        document = attach_document(
            uow, LAWYER, house.now, blobs, house.contract_id, kind=DocumentKind.EVIDENCE, name="回执.txt", media_type="text/plain",
            content=b"ok",
        )  # fmt: skip
    with house.units() as uow:
        proof = Proof(house.today, "=回执", document.id)
        finish(uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, statement.id, statement.revision, proof)
    with house.units() as uow:
        assert duty_detail(uow, LAWYER, house.now, house.contract_id, statement.id).document == (document.id, "回执.txt")
    with house.units() as uow:
        book, sheet = export_duties(uow, LAWYER, house.now, DutyFilter(shown=("done",)), write_register, [("状态", "已完成")])
    rows = sheet.decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert ",'=回执," in rows[1]
    assert book[:2] == b"PK"
    with house.units() as uow, pytest.raises(Forbidden):
        export_duties(uow, HEAD, house.now, DutyFilter(), write_register, [])


def test_confidential_contracts_stay_unseen(house: House) -> None:
    with house.units() as uow:
        require_contract(uow, house.contract_id, lock=True).confidential = True
        uow.commit()
    with house.units() as uow:
        assert duties_of_all(uow, OTHER, house.now, DutyFilter()).total == 0
        assert duties_of_all(uow, LAWYER, house.now, DutyFilter()).total > 0
        with pytest.raises(ContractMissing):
            duty_board(uow, OTHER, house.now, house.contract_id)


def test_days_for_the_reminders(house: House) -> None:
    with house.units() as uow:
        rows = obligations_between(uow.session, date(2026, 4, 1), date(2026, 4, 30))
        found = [(o.due_on, c.id) for o, c in rows]
    assert found
    assert {c for _, c in found} == {house.contract_id}
    assert all(day is not None and date(2026, 4, 1) <= day <= date(2026, 4, 30) for day, _ in found)


def test_nothing_is_recorded_before_the_effect(units: Callable[[], UnitOfWork]) -> None:
    from tests.services.signed import filed

    contract = filed(units)
    with units() as uow, pytest.raises(ContractError, match="生效后、归档前"):
        record_event(
            uow,
            LAWYER,
            datetime.now(UTC),
            date(2026, 11, 22),
            ALMANAC,
            contract,
            Happening("ticket_escalated", date(2026, 11, 20)),
        )
