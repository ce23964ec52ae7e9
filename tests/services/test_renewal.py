"""Renewal as people and the clock do it: decisions with papers, notices that arrive, agreements, renewal by itself exactly once."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.lifecycle import Stage
from app.domain.notice import Method, Proof
from app.domain.permissions import Forbidden
from app.domain.renewal_decision import Choice, Paper
from app.domain.term_chain import Origin
from app.services.advancing import advance_due
from app.services.record import ContractMissing
from app.services.renewal import decide
from app.services.renewal_papers import AgreedRenewal, draft_option_notice, renewal_signed
from app.store.audit import entries_of
from app.store.terms import TermRow, terms_of
from app.store.uow import ChangedMeanwhile
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER
from tests.services.living import OFFICIAL, READER, WORK, House, d, in_force
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

house = filled(in_force)


def choose(
    house: House, choice: Choice, reason: str = "业务部门确认", actor: Any = LAWYER, revision: int | None = None
) -> tuple[str, ...]:
    with house.units() as uow:
        seen = house.view().revision if revision is None else revision
        return decide(uow, actor, house.now, house.today, OFFICIAL, house.contract_id, seen, choice, reason)


def paper(house: House, kind: Paper) -> Any:
    return next(p for p in house.desk().papers if p.kind == kind.value)


def sign(house: House, **agreed: Any) -> Any:
    found = paper(house, Paper.RENEWAL)
    whole = {"signed_on": house.today, **agreed}
    with house.units() as uow:
        return renewal_signed(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, found.id, AgreedRenewal(**whole))


def logged(house: House, action: str) -> list[dict[str, Any]]:
    with house.units() as uow:
        return [json.loads(e.data) for e in entries_of(uow.session, house.contract_id) if e.action == action]


def terms(house: House) -> list[tuple[str, str, str]]:
    return [(t.first_day.isoformat(), t.last_day.isoformat(), t.origin.value) for t in house.desk().state.chain.terms]


# ---- the decision


def test_the_desk_shows_every_date_with_the_number_of_its_clause(house: House) -> None:
    desk = house.at("2026-09-01").desk()
    assert desk.schedule.notice_deadline is not None
    assert desk.schedule.notice_deadline.day == d("2026-10-30")
    step = desk.schedule.notice_deadline.steps[1]
    assert desk.numbers[step.source[0]] == "11.3.3"
    assert desk.outlook.next_term is not None
    assert [o.choice for o in desk.offers] == list(Choice)
    assert desk.open


def test_a_decision_drafts_its_papers_under_numbers_of_their_own_and_says_who_and_why(house: House) -> None:
    numbers = choose(house.at("2026-09-01"), Choice.NOT_RENEW, "改由内部团队承接")
    number = house.view().number
    assert numbers == (f"{number}-BX-01",)
    decision = house.desk().decision
    assert decision is not None
    assert (decision.choice, decision.reason, decision.decided_by) == (Choice.NOT_RENEW, "改由内部团队承接", LAWYER.name)
    assert paper(house, Paper.NON_RENEWAL).state == "draft"
    assert logged(house, "renewal.decided")[0]["papers"] == [f"{number}-BX-01"]
    assert house.view().state.stage is Stage.ACTIVE


def test_a_new_decision_keeps_the_old_one_as_history_and_withdraws_drafts_it_has_no_use_for(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.NOT_RENEW)
    choose(house.at("2026-09-02"), Choice.RENEW)
    desk = house.desk()
    assert [(x.choice, x.current) for x in desk.decisions] == [(Choice.RENEW, True), (Choice.NOT_RENEW, False)]
    assert {p.number[-5:]: p.state for p in desk.papers} == {"BX-01": "void", "XY-01": "draft"}
    choose(house.at("2026-09-03"), Choice.RENEGOTIATE)
    assert {p.number[-5:]: p.state for p in house.desk().papers} == {"BX-01": "void", "XY-01": "draft", "BX-02": "draft"}


def test_a_choice_that_the_contract_does_not_offer_is_refused_with_the_reason(house: House) -> None:
    with pytest.raises(ContractError, match="请选择“不续约”") as caught:
        choose(house.at("2026-09-01"), Choice.LAPSE)
    assert caught.value.code == "renewal.refused"
    with pytest.raises(ContractError, match="现已逾期"):
        choose(house.at("2026-10-31"), Choice.NOT_RENEW)
    assert house.desk().papers == ()


def test_a_decision_needs_a_reason_a_person_who_may_and_what_he_has_seen(house: House) -> None:
    with pytest.raises(InputError):
        choose(house, Choice.RENEW, " ")
    with pytest.raises(Forbidden):
        choose(house, Choice.RENEW, actor=READER)
    with pytest.raises(ChangedMeanwhile):
        choose(house, Choice.RENEW, revision=house.view().revision - 1)
    house.contract_id = "nothing"
    with pytest.raises(ContractMissing):
        choose(house, Choice.RENEW, revision=1)


# ---- notices


def test_a_notice_that_arrives_in_time_ends_the_contract_with_its_term(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.NOT_RENEW)
    delivery = house.send(paper(house, Paper.NON_RENEWAL).id, "2026-09-01")
    said = house.at("2026-09-05").arrive(delivery, "2026-09-03")
    assert said.endswith("合同于2026年12月31日届满终止。")
    assert house.view().state.stage is Stage.EXPIRING
    assert house.desk().outlook.next_term is None
    assert house.at("2027-01-01").wake() == ()


def test_a_late_notice_is_kept_and_stops_nothing(house: House) -> None:
    choose(house.at("2026-10-28"), Choice.NOT_RENEW)
    delivery = house.send(paper(house, Paper.NON_RENEWAL).id, "2026-10-28")
    assert "晚于截止日2026年10月30日" in house.at("2026-11-03").arrive(delivery, "2026-11-02")
    assert house.view().state.stage is Stage.ACTIVE
    assert paper(house, Paper.NON_RENEWAL).arrived_on == d("2026-11-02")
    assert len(house.at("2027-01-01").wake()) == 1


def test_of_two_ways_the_one_that_arrived_first_counts(house: House) -> None:
    choose(house.at("2026-10-28"), Choice.NOT_RENEW)
    notice = paper(house, Paper.NON_RENEWAL).id
    express, mail = house.send(notice, "2026-10-28"), house.send(notice, "2026-10-28", method=Method.EMAIL)
    house.at("2026-11-03").arrive(mail, "2026-10-29", Proof.DEEMED)
    house.arrive(express, "2026-11-02")
    assert paper(house, Paper.NON_RENEWAL).arrived_on == d("2026-10-29")
    assert house.view().state.stage is Stage.EXPIRING


def test_an_arrival_that_cant_be_relied_on_is_refused_with_every_fault(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.NOT_RENEW)
    delivery = house.send(paper(house, Paper.NON_RENEWAL).id, "2026-09-01")
    with pytest.raises(InputError) as caught:
        house.arrive(delivery, "2026-09-02", Proof.ENTERED)
    assert [f.problem for f in caught.value.faults] == [
        "到达日2026-09-02尚未到来，请在实际到达后记录",
        "以邮政特快专递发出的，到达的证明应当是签收或者妥投记录、退回记录、期满视为到达，不能是“进入邮箱或者系统的记录”",
    ]
    house.at("2026-09-02").arrive(delivery, "2026-09-02")
    with pytest.raises(ContractError, match="已记录"):
        house.arrive(delivery, "2026-09-01")


def test_a_way_without_an_address_is_refused_before_anything_is_stored(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.NOT_RENEW)
    with pytest.raises(InputError, match=r".") as caught:
        house.send(paper(house, Paper.NON_RENEWAL).id, "2026-09-01", method=Method.SYSTEM)
    assert "没有登记" in caught.value.faults[0].problem


def test_a_notice_recorded_after_the_clock_renewed_takes_that_renewal_back(house: House) -> None:
    choose(house.at("2026-10-20"), Choice.NOT_RENEW)
    delivery = house.send(paper(house, Paper.NON_RENEWAL).id, "2026-10-20")
    house.at("2027-01-10").wake()
    assert len(terms(house)) == 2
    said = house.arrive(delivery, "2026-10-22")
    assert "自动续约的记录已撤回" in said
    assert terms(house) == [("2026-01-01", "2026-12-31", "first")]
    assert house.view().last_day == d("2026-12-31")
    assert house.view().state.stage is Stage.EXPIRING
    assert logged(house, "term.taken_back")[0]["last_day"] == "2027-12-31"
    assert house.wake() == ()


# ---- agreement


def test_a_signed_agreement_joins_a_new_term_and_moves_every_date(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    term = sign(house.at("2026-10-12"), years=2)
    assert (term.first_day, term.last_day) == (d("2027-01-01"), d("2028-12-31"))
    assert house.view().last_day == d("2028-12-31")
    deadline = house.desk().schedule.notice_deadline
    assert deadline is not None
    assert deadline.day == d("2028-11-01")
    assert logged(house, "term.renewed")[0]["paper"] == term.paper
    assert house.at("2027-01-05").wake() == ()


def test_an_agreement_may_name_the_last_day_itself(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    sign(house.at("2026-10-12"), last_day=d("2027-06-30"))
    assert terms(house)[-1] == ("2027-01-01", "2027-06-30", "agreement")
    assert house.desk().schedule.end.lines == (
        f"第1次续展期届满日（{paper(house, Paper.RENEWAL).number}）：2027年6月30日（周三）",
    )


def test_what_brief_c2_refuses_is_told_all_at_once(house: House) -> None:
    choose(house.at("2026-10-01"), Choice.RENEW)
    house.at("2027-01-05").wake()
    with pytest.raises(InputError) as caught:
        sign(house, last_day=d("2028-01-31"), signed_on=d("2028-01-10"))
    assert [f.path for f in caught.value.faults] == ["signed_on", "remark", "last_day", "counts"]
    with pytest.raises(InputError, match=r".") as caught:
        sign(house)
    assert caught.value.faults[0].path == "years"


def test_a_signed_agreement_is_signed_once(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    sign(house.at("2026-10-12"), years=1)
    with pytest.raises(InputError, match=r".") as caught:
        sign(house, years=1, counts=False)
    assert "不是待签署的续约协议" in caught.value.faults[0].problem


# ---- the option


def _with_option(units: Units) -> House:
    return in_force(units, {"renew.mode": "option", "renew.option_holder": "party_a"})


option = filled(_with_option)


def exercised(house: House, sent: str, arrived: str, sender: str = "a") -> str:
    with house.units() as uow:
        notice = draft_option_notice(uow, LAWYER, house.now, OFFICIAL, house.contract_id)
    delivery = house.send(notice, sent, sender)
    return house.at(arrived).arrive(delivery, arrived)


def test_the_holder_of_the_option_renews_by_notice_alone(option: House) -> None:
    said = exercised(option.at("2026-10-20"), "2026-10-20", "2026-10-22")
    assert said.endswith("合同续约至2027年12月31日。")
    assert terms(option)[-1] == ("2027-01-01", "2027-12-31", "option")
    assert option.view().state.stage is Stage.ACTIVE
    assert option.at("2027-01-02").wake() == ()


def test_an_option_is_not_exercised_by_the_other_party_nor_too_late_nor_twice(option: House) -> None:
    assert "不是续约选择权人" in exercised(option.at("2026-10-20"), "2026-10-20", "2026-10-22", "b")
    assert "不发生续约" in exercised(option.at("2026-10-30"), "2026-10-30", "2026-10-31")
    assert len(terms(option)) == 1
    assert option.at("2027-01-02").wake() == ()


def test_a_contract_without_option_has_no_such_notice(house: House) -> None:
    with house.units() as uow, pytest.raises(ContractError, match="没有约定一方续约选择权"):
        draft_option_notice(uow, LAWYER, house.now, OFFICIAL, house.contract_id)


# ---- the clock


def test_a_contract_renews_by_itself_once_and_its_owner_is_told_the_new_dates(house: House) -> None:
    assert house.at("2026-12-31").wake() == ()
    (renewed,) = house.at("2027-01-01").wake()
    assert renewed.origin is Origin.AUTOMATIC
    assert house.wake() == ()
    assert house.at("2027-03-01").wake() == ()
    assert terms(house)[-1] == ("2027-01-01", "2027-12-31", "automatic")
    assert house.view().last_day == d("2027-12-31")
    (mail,) = [m for m in house.mails() if m.key.startswith("renewed:")]
    assert "已自动续约至2027年12月31日" in mail.subject
    assert "2027年11月1日" in mail.text
    assert "次数已经用尽" in mail.text
    assert [m["event"] for m in logged(house, "contract.moved")][-1] == "renewed_automatically"


def test_after_years_of_downtime_every_renewal_is_made_up_in_order_and_only_once(units: Units) -> None:
    house = in_force(units, {"renew.max_times": "3"})
    assert [t.last_day.year for t in house.at("2031-05-05").wake()] == [2027, 2028, 2029]
    assert house.wake() == ()
    assert [t["number"] for t in logged(house, "term.renewed")] == [1, 2, 3]
    assert house.view().last_day == d("2029-12-31")
    assert len([m for m in house.mails() if m.key.startswith("renewed:")]) == 3
    assert house.view().state.stage is Stage.EXPIRED


@both_databases
def test_two_clocks_at_once_renew_once(house: House) -> None:
    house.at("2027-01-01")
    workers = [threading.Thread(target=house.wake) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with house.units() as uow:
        assert len(terms_of(uow.session, house.contract_id)) == 1
    assert len(logged(house, "term.renewed")) == 1


def test_terms_that_do_not_join_are_told_and_never_renewed(house: House) -> None:
    with house.units() as uow:
        uow.session.add(terms_row(house.contract_id, d("2028-01-01"), d("2028-12-31")))
        uow.commit()
    with pytest.raises(ContractError, match="首尾相接"):
        house.desk()
    advance_due(house.units, WORK, lambda: house.now, d("2027-01-02"))
    with house.units() as uow:
        assert len(terms_of(uow.session, house.contract_id)) == 1


def terms_row(contract_id: str, first: date, last: date) -> Any:
    return TermRow(
        contract_id=contract_id, number=1, first_day=first, last_day=last, origin="agreement", years=None, counts=False,
        created_at=NOW, created_by="x",
    )  # fmt: skip


def test_only_a_contract_in_force_is_renewed_by_decision(units: Units) -> None:
    house = in_force(units, {"renew.mode": "none"})
    with pytest.raises(ContractError, match="另行签订合同"):
        choose(house, Choice.RENEW)
    assert choose(house, Choice.LAPSE)[0].endswith("-ZZ-01")


def test_somebody_else_may_decide_too_but_a_stale_page_may_not(house: House) -> None:
    seen = house.view().revision
    choose(house, Choice.RENEW, actor=OTHER)
    with pytest.raises(ChangedMeanwhile):
        choose(house, Choice.NOT_RENEW, revision=seen)
