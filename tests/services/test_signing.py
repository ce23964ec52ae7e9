"""A contract signed through the services: from the plan to the finished copy, and everything that stops it. Over both databases
where they count, wait or look for what is due."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.authority import Authority, Matter
from app.domain.errors import ContractError
from app.domain.execution import Medium, Order
from app.domain.lifecycle import Stage
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.signing_form import Hand, HandKind
from app.services.access import Client
from app.services.advancing import advance_due
from app.services.documents import DocumentKind
from app.services.filing import load_contract
from app.services.signing_access import LinkGone, NotEntered, enter_code, entered, request_code, visit
from app.services.signing_ceremony import PinGone, consent, forget_pin, mark_read, refuse, sign
from app.services.signing_finish import finish, finish_due
from app.services.signing_lead import correct_address, remind, remind_due, replace_signatory, withdraw
from app.services.signing_plan import Assigned
from app.services.signing_start import read_ask
from app.store.documents import documents_of
from app.store.effects import signing_dates_of
from app.store.signings import events_of
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, TODAY, reference
from tests.services.signed import WORK
from tests.services.signing_house import (
    A_SEAL,
    A_SIGN,
    B_SIGN,
    HAND,
    PEOPLE,
    PHONE,
    PIN,
    SHORT,
    TYPED,
    Held,
    House,
    hands_and_seals,
    hands_only,
    house,
)
from tests.services.snapshots import filled, over_both

LIN, ZHOU, SHEN, HE = (p.email for p in PEOPLE)
WHY = "价格条款与会议纪要不一致"


def refused(code: str, match: str | None = None) -> pytest.RaisesExc[ContractError]:
    return pytest.RaisesExc(ContractError, match=match, check=lambda e: e.code == code)


with_seals, without_seals = filled(hands_and_seals, ("sqlite",)), filled(hands_only, ("sqlite",))


@pytest.fixture
def home(with_seals: Held, tmp_path: Path) -> House:
    return house(with_seals.units, tmp_path, contract=with_seals.contract)


@pytest.fixture
def short(without_seals: Held, tmp_path: Path) -> House:
    return house(without_seals.units, tmp_path, contract=without_seals.contract)


def stage(house: House) -> Stage:
    with house.units() as uow:
        return load_contract(uow, LAWYER, house.contract).state.stage


def kinds(house: House) -> list[str]:
    with house.units() as uow:
        return [e.kind for e in events_of(uow.session, house.signing.id)]


# ---- the way through


@over_both("with_seals")
def test_two_parties_sign_and_seal_and_the_contract_is_in_force(home: House) -> None:
    signing = home.start()
    assert stage(home) is Stage.SIGNING
    assert [home.sign(SHEN, TYPED), home.sign(HE, None), home.sign(LIN)] == [False, False, False]
    assert home.sign(ZHOU, None) is True
    assert finish(home.kit, signing) is True
    assert finish(home.kit, signing) is False
    assert stage(home) is Stage.ACTIVE
    row = home.signing
    assert home.verdict().outcome.value == "valid"
    with home.units() as uow:
        documents = documents_of(uow.session, home.contract)
        assert {d.kind for d in documents} == {DocumentKind.SIGNED.value}
        assert row.final in {d.sha256 for d in documents}
        assert [(r.role, r.signed_on) for r in signing_dates_of(uow.session, home.contract)] == [("b", TODAY)] * 2 + [
            ("a", TODAY)
        ] * 2
    serials = {p.serial for p in row.places}
    assert len(serials) == 4, "one key for each signature, never the platform's"
    assert len({home.link(p.email) for p in PEOPLE}) == 4


def test_everybody_gets_a_finished_copy_by_a_link_and_a_code(short: House) -> None:
    signing = short.start(SHORT)
    short.sign(LIN)
    short.sign(SHEN)
    before = short.link(LIN)
    finish(short.kit, signing)
    short.later(minutes=5)
    token = short.link(LIN)
    request_code(short.kit, PHONE, token)
    secret = enter_code(short.kit, PHONE, token, short.code(LIN))
    final = short.signing.final
    with short.units() as uow:
        assert entered(uow, short.at[0], token, secret).row.final == final
        assert token != before
        assert visit(uow, short.at[0], before, "").signed
    short.later(days=31)
    with short.units() as uow, pytest.raises(LinkGone, match="过期"):
        visit(uow, short.at[0], token, secret)


def test_what_was_shown_and_done_is_evidence(short: House) -> None:
    signing = short.start(SHORT)
    short.sign(LIN)
    assert [k for k in kinds(short) if k != "invited"] == ["frozen", "code_sent", "identified", "read", "consented", "signed"]
    with short.units() as uow:
        said = {e.kind: e for e in events_of(uow.session, signing)}
        uow.session.expunge_all()
    consented = json.loads(said["consented"].data)
    assert short.signing.digest in consented["text"]
    assert "电子签名法" in consented["text"]
    assert said["signed"].address == PHONE.address
    assert said["signed"].agent == PHONE.agent


# ---- order


def test_in_sequence_the_next_one_is_asked_when_the_one_before_has_signed(short: House) -> None:
    short.start(SHORT, Order.SEQUENTIAL)
    assert not short.mails(SHEN)
    short.sign(LIN)
    assert len(short.mails(SHEN)) == 1


@over_both("without_seals")
def test_two_at_once_both_succeed_one_after_the_other(short: House) -> None:
    signing = short.start(SHORT)
    doors = {address: short.ready(address) for address in (LIN, SHEN)}
    done: dict[str, bool | BaseException] = {}

    def press(address: str) -> None:
        try:
            done[address] = sign(short.kit, PHONE, *doors[address], HAND, PIN, PIN)
        except BaseException as error:
            done[address] = error

    pressed = [threading.Thread(target=press, args=(address,)) for address in doors]
    for thread in pressed:
        thread.start()
    for thread in pressed:
        thread.join()
    assert sorted(done.values(), key=str) == [False, True], done
    finish(short.kit, signing)
    assert short.verdict().outcome.value == "valid"


@over_both("without_seals")
def test_a_second_press_signs_nothing_twice(short: House) -> None:
    short.start(SHORT)
    token, secret = short.ready(LIN)
    sign(short.kit, PHONE, token, secret, HAND, PIN, PIN)
    file = short.signing.file
    with refused("execution.twice"):
        sign(short.kit, PHONE, token, secret, HAND, PIN, PIN)
    assert short.signing.file == file


# ---- what is refused


def test_a_plan_that_differs_from_the_contract_does_not_start(home: House) -> None:
    with refused("signing.plan", "甲方盖章没有指定签署人"):
        home.start((PEOPLE[0], PEOPLE[2], PEOPLE[3]))
    paper = tuple(replace(p, medium=Medium.PAPER) for p in PEOPLE)
    with refused("execution.plan", "合同约定电子签署，不能纸质签署"):
        home.start(paper)
    with refused("signing.plan", r"印有“林知远”的姓名.+邮箱“x”的写法有误"):
        home.start((replace(PEOPLE[0], name="别人"), replace(PEOPLE[1], email="x"), *PEOPLE[2:]))
    assert stage(home) is Stage.APPROVED
    auditor = Actor("赵审计", "zhao", frozenset({Role.AUDITOR}))
    with home.units() as uow, pytest.raises(Forbidden):
        read_ask(uow, auditor, reference().calendar, TODAY, home.contract)


@over_both("without_seals")
def test_a_code_is_tried_five_times_and_not_asked_for_at_every_second(short: House) -> None:
    short.start(SHORT)
    token = short.link(LIN)
    request_code(short.kit, PHONE, token)
    with refused("signing.code_rate", "秒后"):
        request_code(short.kit, PHONE, token)
    right = short.code(LIN)
    wrong = "000000" if right != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with refused("signing.code", f"还可以输入{left}次"):
            enter_code(short.kit, PHONE, token, wrong)
    with refused("signing.code", "已经作废"):
        enter_code(short.kit, PHONE, token, wrong)
    with refused("signing.code", "已经作废"):
        enter_code(short.kit, PHONE, token, right)
    short.later(minutes=2)
    request_code(short.kit, PHONE, token)
    short.later(minutes=11)
    with refused("signing.code", "过期"):
        enter_code(short.kit, PHONE, token, short.code(LIN))


def test_nothing_is_signed_unread_or_without_consent(short: House) -> None:
    short.start(SHORT)
    token, secret = short.enter(LIN)
    with refused("signing.consent"):
        sign(short.kit, PHONE, token, secret, HAND, PIN, PIN)
    assert mark_read(short.kit, PHONE, token, secret, 2) == 2
    with refused("signing.unread", "共4页，已读2页"):
        consent(short.kit, PHONE, token, secret, frozenset(), agreed=True)
    mark_read(short.kit, PHONE, token, secret, 4)
    with refused("signing.confirmations", "逐页页码确认"):
        consent(short.kit, PHONE, token, secret, frozenset(), agreed=True)
    with pytest.raises(NotEntered):
        sign(short.kit, Client(), token, "somebody else's browser", HAND, PIN, PIN)


@over_both("without_seals")
def test_pins_are_the_signatorys_own_and_five_wrong_ones_end_the_key(short: House) -> None:
    short.start(SHORT)
    token, secret = short.ready(LIN)
    with refused("pin.weak"):
        sign(short.kit, PHONE, token, secret, HAND, "123456", "123456")
    with refused("pin.again"):
        sign(short.kit, PHONE, token, secret, HAND, PIN, PIN + "x")
    sign(short.kit, PHONE, token, secret, HAND, PIN, PIN)
    with short.units() as uow:
        withdraw(uow, LAWYER, short.at[0], short.kit.post, short.contract, WHY)
    short.start(SHORT)
    token, secret = short.ready(LIN)
    with refused("hand.empty"):
        sign(short.kit, PHONE, token, secret, Hand(HandKind.DRAWN, (((0.0, 0.0), (1.0, 1.0)),)), PIN)
    for _ in range(5):
        with refused("pin.wrong"):
            sign(short.kit, PHONE, token, secret, HAND, "another-pin-1")
    with pytest.raises(PinGone):
        sign(short.kit, PHONE, token, secret, HAND, PIN)
    assert sign(short.kit, PHONE, token, secret, HAND, "brand-new-pin", "brand-new-pin") is False


def test_a_forgotten_pin_is_replaced_and_the_old_key_is_revoked(short: House) -> None:
    short.start(SHORT)
    short.sign(LIN)
    with short.units() as uow:
        withdraw(uow, LAWYER, short.at[0], short.kit.post, short.contract, WHY)
    short.start(SHORT)
    token, secret = short.ready(LIN)
    forget_pin(short.kit, PHONE, token, secret)
    sign(short.kit, PHONE, token, secret, HAND, "brand-new-pin", "brand-new-pin")
    assert "key_given_up" in kinds(short)


# ---- authority


def test_an_agent_signs_within_a_written_power_only(units: Units, tmp_path: Path) -> None:
    agent = {
        "sign.party_a_signatory": "周明澈", "sign.party_a_authority_doc": "SQ-7", "sign.party_a_authority_expiry": "2026-12-31",
        "effect.condition": "e_sign", "sign.party_a_seal_type": "none", "sign.party_b_seal_type": "none",
    }  # fmt: skip
    home = house(units, tmp_path, agent)
    with home.units() as uow:
        ask = read_ask(uow, LAWYER, reference().calendar, TODAY, home.contract)
    proposed = next(p for p in ask.proposals if p.place.key == A_SIGN)
    power = proposed.person.authority
    assert proposed.agent
    assert power is not None
    whole = replace(proposed.person, email=LIN)
    with refused("execution.plan", "无授权"):
        home.start((replace(whole, authority=None), PEOPLE[2]))
    with refused("execution.plan", "越权"):
        home.start((replace(whole, authority=replace(power, limit=Decimal(100))), PEOPLE[2]))
    with refused("execution.plan", "超期"):
        home.start((replace(whole, authority=replace(power, valid_until=TODAY - timedelta(days=1))), PEOPLE[2]))
    home.start((whole, PEOPLE[2]))
    assert isinstance(power, Authority)
    assert power.matters == {Matter.CONTRACT}


# ---- what stops it


@over_both("with_seals")
def test_a_refusal_stops_everything_and_tells_the_owner(home: House) -> None:
    home.start()
    home.sign(LIN)
    token, secret = home.enter(SHEN)
    with refused("execution.reason"):
        refuse(home.kit, PHONE, token, secret, "不")
    refuse(home.kit, PHONE, token, secret, WHY)
    assert stage(home) is Stage.DRAFT
    assert "拒签" in home.mails(f"{LAWYER.id}@example.com")[0].subject
    assert "一并失效" in next(m.text for m in home.mails(LIN) if "已停止" in m.subject)
    token, secret = home.enter(ZHOU)
    with refused("execution.closed", "已拒签"):
        consent(home.kit, PHONE, token, secret, frozenset(), agreed=True)


def test_the_owner_calls_it_back(home: House) -> None:
    home.start()
    with home.units() as uow, refused("execution.reason"):
        withdraw(uow, LAWYER, home.at[0], home.kit.post, home.contract, "")
    with home.units() as uow:
        withdraw(uow, LAWYER, home.at[0], home.kit.post, home.contract, WHY)
    assert stage(home) is Stage.APPROVED
    assert home.signing.status == "withdrawn"
    assert home.start() != ""


@over_both("without_seals")
def test_after_the_last_day_the_clock_ends_it(short: House) -> None:
    short.start(SHORT, deadline=TODAY + timedelta(days=2))
    short.sign(LIN)
    token = short.link(SHEN)
    short.later(days=4)
    with short.units() as uow, pytest.raises(LinkGone, match="过期"):
        visit(uow, short.at[0], token, "")
    advance_due(short.units, WORK, lambda: short.at[0], short.kit.today())
    assert stage(short) is Stage.APPROVED
    assert short.signing.status == "lapsed"


@over_both("without_seals")
def test_what_everybody_has_signed_does_not_lapse_while_its_archiving_is_late(short: House) -> None:
    short.start(SHORT, deadline=TODAY)
    short.sign(LIN)
    short.sign(SHEN)
    short.later(days=3)
    advance_due(short.units, WORK, lambda: short.at[0], short.kit.today())
    assert stage(short) is Stage.SIGNING
    assert finish_due(short.kit) == (1, [])
    assert stage(short) is Stage.ACTIVE


@over_both("without_seals")
def test_a_signing_that_can_not_be_read_stops_no_round(short: House) -> None:
    signing = short.start(SHORT)
    short.sign(LIN)
    short.sign(SHEN)
    with short.units() as uow:
        row = uow.session.get(type(short.signing), signing)
        assert row is not None
        row.form, kept = "{}", row.form
        uow.commit()
    assert finish_due(short.kit) == (0, [f"{signing}: 出现故障，下次唤醒时重试"])
    with short.units() as uow:
        row = uow.session.get(type(short.signing), signing)
        assert row is not None
        row.form = kept
        uow.commit()
    assert finish_due(short.kit) == (1, [])


# ---- what the owner mends


def test_a_reminder_brings_a_new_link_and_the_old_one_dies(short: House) -> None:
    short.start(SHORT)
    old = short.link(LIN)
    short.later(days=3, minutes=1)
    assert remind_due(short.units, short.at[0], short.kit.post) == 2
    assert remind_due(short.units, short.at[0], short.kit.post) == 0
    with short.units() as uow, pytest.raises(LinkGone, match="取代"):
        visit(uow, short.at[0], old, "")
    with short.units() as uow:
        remind(uow, LAWYER, short.at[0] + timedelta(hours=1), short.kit.post, short.contract, A_SIGN)
    assert len([m for m in short.mails(LIN) if "提醒" in m.subject]) == 2


@over_both("without_seals")
def test_a_corrected_address_gets_the_link_and_nothing_read_before_counts(short: House) -> None:
    short.start(SHORT)
    token, secret = short.ready(LIN)
    with short.units() as uow, refused("signing.email"):
        correct_address(uow, LAWYER, short.at[0], short.kit.post, short.contract, A_SIGN, "not an address")
    with short.units() as uow:
        correct_address(uow, LAWYER, short.at[0], short.kit.post, short.contract, A_SIGN, "new@party-a.example")
    with pytest.raises(LinkGone):
        sign(short.kit, PHONE, token, secret, HAND, PIN, PIN)
    assert short.sign("new@party-a.example") is False


def test_a_signatory_is_replaced_only_where_no_name_is_printed(home: House) -> None:
    home.start()
    other = Assigned(A_SEAL, "吴接手", "印章保管人", "wu@party-a.example")
    with home.units() as uow, refused("execution.printed", "重新定稿"):
        replace_signatory(uow, LAWYER, home.at[0], home.kit.post, home.contract, B_SIGN, replace(other, place=B_SIGN), WHY)
    with home.units() as uow:
        replace_signatory(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL, other, WHY)
    assert any("已停止" in m.subject for m in home.mails(ZHOU))
    home.sign("wu@party-a.example", None)
    assert next(p for p in home.signing.places if p.id == A_SEAL).signed_on == date(2026, 11, 22)
