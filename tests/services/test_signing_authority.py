"""Powers of attorney in a signing: entered, replaced, updated; nobody comes to a place without the power that it asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.authority import Capacity, Matter
from app.domain.errors import ContractError
from app.domain.permissions import Actor, Forbidden, Role
from app.services.authority_papers import NO_POWER, PowerText, authority_of
from app.services.signing_lead import check_replacement, put_authority, replace_signatory
from app.services.signing_plan import Assigned
from app.services.signing_rows import read_details
from app.services.signing_start import read_ask
from app.store.audit import entries
from app.store.signings import events_of
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, TODAY, reference
from tests.services.signing_house import A_SIGN, B_SIGN, SHORT, UNSEALED, Held, House, approved, house
from tests.services.snapshots import filled, over_both
from tests.services.test_signing import LIN, SHEN, refused

WHY = "原签署人已经离任"
UNPRINTED = {**UNSEALED, "party_a.legal_rep": None, "sign.party_a_signatory": None}
"""The text names nobody of party A, neither on the signature page nor as its legal representative."""
POWER = PowerText("SQ-8", "2026-11-01", "2026-11-20", "2026-12-31", "", ("contract",))
CHEN = Assigned(A_SIGN, "陈代签", "副总经理", "chen@party-a.example", power=POWER)


def _unprinted(units: Units) -> Held:
    return Held(units, approved(units, UNPRINTED))


unprinted = filled(_unprinted, ("sqlite",))


@pytest.fixture
def home(unprinted: Held, tmp_path: Path) -> House:
    return house(unprinted.units, tmp_path, contract=unprinted.contract)


def replaced(home: House, person: Assigned, reason: str = WHY) -> None:
    with home.units() as uow:
        replace_signatory(uow, LAWYER, home.at[0], home.kit.post, home.contract, person.place, person, reason)


def at(home: House, place: str = A_SIGN):  # type: ignore[no-untyped-def]
    return read_details(next(p for p in home.signing.places if p.id == place))


# ---- what is entered


def test_an_authority_may_be_issued_before_it_becomes_valid() -> None:
    made = authority_of(POWER, "甲公司", "陈代签")
    assert made is not None
    assert (made.issued_on, made.valid_from, made.valid_until) == (date(2026, 11, 1), date(2026, 11, 20), date(2026, 12, 31))
    assert authority_of(NO_POWER, "甲公司", "陈代签") is None
    limited = authority_of(replace(POWER, limit="1，500,000.5", matters=("签订合同", "settlement")), "甲公司", "陈代签")
    assert limited is not None
    assert (limited.limit, limited.matters) == (Decimal("1500000.5"), {Matter.CONTRACT, Matter.SETTLEMENT})


def test_everything_that_is_missing_or_unreadable_is_told_at_once() -> None:
    with pytest.raises(ContractError) as wrong:
        authority_of(PowerText("", "", "明天", "2026-12-31", "-5", ("x",)), "甲公司", "陈代签", "甲方签名的")
    for words in ("甲方签名的", "缺少编号", "缺少签发日", "生效日“明天”的写法", "授权限额“-5”", "没有授权事项“x”"):
        assert words in wrong.value.message


# ---- the plan


@over_both("unprinted")
def test_where_the_text_names_no_legal_representative_nobody_signs_without_a_power(home: House) -> None:
    with home.units() as uow:
        ask = read_ask(uow, LAWYER, reference().calendar, TODAY, home.contract)
    assert [(p.fixed, p.legal) for p in ask.proposals if p.binds] == [(False, ""), (True, "沈亦舟")]
    with refused("execution.plan", "无授权.+陈代签"):
        home.start((replace(CHEN, power=NO_POWER), SHORT[1]))
    with refused("signing.plan", "甲方签名的授权委托书：缺少签发日"):
        home.start((replace(CHEN, power=replace(POWER, issued_on="")), SHORT[1]))
    with refused("execution.plan", "自2026-12-01起才有效"):
        home.start((replace(CHEN, power=replace(POWER, valid_from="2026-12-01")), SHORT[1]))
    home.start((CHEN, SHORT[1]))
    assert at(home).signatory.capacity is Capacity.AGENT
    assert at(home, B_SIGN).signatory.capacity is Capacity.REPRESENTATIVE
    assert home.sign(CHEN.email) is False


# ---- replacing


def test_the_new_one_brings_a_power_of_the_own_and_nothing_of_the_old_one_goes_over(home: House) -> None:
    home.start((CHEN, SHORT[1]))
    other = replace(
        CHEN, name="吴接手", email="wu@party-a.example", document="scan-2", power=replace(POWER, number="SQ-9", limit="9000000")
    )
    with refused("execution.authority", "无授权"):
        replaced(home, replace(other, power=NO_POWER))
    with refused("execution.authority", "越权"):
        replaced(home, replace(other, power=replace(other.power, limit="1")))
    with refused("execution.authority", "超期"):
        replaced(home, replace(other, power=replace(other.power, valid_until="2026-11-21")))
    with refused("execution.authority", "越权"):
        replaced(home, replace(other, power=replace(other.power, matters=("settlement",))))
    with refused("execution.reason"):
        replaced(home, other, "短")
    assert at(home).signatory.name == "陈代签"
    replaced(home, other)
    power = at(home).signatory.authority
    assert power is not None
    assert (power.number, power.agent, power.limit, at(home).document) == ("SQ-9", "吴接手", Decimal(9000000), "scan-2")
    assert home.sign("wu@party-a.example") is False


def test_a_printed_name_is_not_replaced_by_any_power(home: House) -> None:
    home.start((CHEN, SHORT[1]))
    with refused("execution.printed", "重新定稿"):
        replaced(home, replace(CHEN, place=B_SIGN))


def test_a_check_beforehand_writes_nothing_and_others_may_not_replace(home: House) -> None:
    home.start((CHEN, SHORT[1]))
    other = replace(CHEN, name="吴接手")
    with home.units() as uow:
        check_replacement(uow, LAWYER, home.at[0], home.contract, A_SIGN, other, WHY)
        uow.commit()
    assert at(home).signatory.name == "陈代签"
    with home.units() as uow, pytest.raises(Forbidden):
        replace_signatory(
            uow, Actor("赵审计", "zhao", frozenset({Role.AUDITOR})), home.at[0], home.kit.post, home.contract, A_SIGN, other, WHY
        )


# ---- another document for the same agent


@over_both("unprinted")
def test_an_authority_is_updated_and_the_one_before_stays_on_record(home: House) -> None:
    home.start((replace(CHEN, document="scan-1"), SHORT[1]))
    longer = replace(POWER, number="SQ-8-2", valid_until="2027-06-30")
    with home.units() as uow, refused("execution.authority", "越权"):
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, replace(longer, limit="100"))
    with home.units() as uow, refused("signing.authority", "请填写"):
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, NO_POWER)
    with home.units() as uow, refused("execution.authority", "法定代表人"):
        put_authority(uow, LAWYER, home.at[0], home.contract, B_SIGN, longer)
    with home.units() as uow:
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, longer, "scan-2")
    power = at(home).signatory.authority
    assert power is not None
    assert (power.number, power.valid_until, at(home).document) == ("SQ-8-2", date(2027, 6, 30), "scan-2")
    with home.units() as uow:
        assert "authority_renewed" in [e.kind for e in events_of(uow.session, home.signing.id)]
        told = [e for e in entries(uow.session) if e.action == "signing.authority"]
    assert len(told) == 1
    assert all(words in told[0].data for words in ("SQ-8", "SQ-8-2", "2027-06-30"))


@over_both("unprinted")
def test_log_and_evidence_keep_all_that_counts_of_every_power(home: House) -> None:
    home.start((replace(CHEN, document="scan-1", power=replace(POWER, limit="9000000")), SHORT[1]))
    changed = replace(POWER, limit="8000000", matters=("contract", "amendment"))
    with home.units() as uow, refused("signing.authority", "编号“SQ-8”与原来的相同"):
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, changed)
    with home.units() as uow:
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, changed, "scan-2")
    other = replace(CHEN, name="吴接手", email="wu@party-a.example", power=replace(POWER, number="SQ-9"))
    replaced(home, other)
    signing = home.signing.id
    with home.units() as uow:
        told = {e.action: json.loads(e.data) for e in entries(uow.session) if e.action.startswith("signing.")}
        seen = {e.kind: json.loads(e.data) for e in events_of(uow.session, signing)}
    assert list(told["signing.started"]["powers"]) == [A_SIGN]
    first = told["signing.started"]["powers"][A_SIGN]
    assert (first["number"], first["limit"], first["matters"], first["document"]) == ("SQ-8", "9000000", ["contract"], "scan-1")
    for renewed in (told["signing.authority"], seen["authority_renewed"]):
        assert renewed["power_before"] == first
        power = renewed["power"]
        assert (power["limit"], power["matters"], power["document"]) == ("8000000", ["amendment", "contract"], "scan-2")
    for change in (told["signing.replaced"], seen["replaced"]):
        assert change["power_before"] == told["signing.authority"]["power"]
        assert (change["power"]["number"], change["power"]["agent"], change["power"]["limit"]) == ("SQ-9", "吴接手", None)


def test_the_scan_of_an_old_power_is_not_shown_with_a_new_one(home: House) -> None:
    home.start((replace(CHEN, document="scan-1"), SHORT[1]))
    with home.units() as uow:
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, replace(POWER, number="SQ-10"))
    assert at(home).document == ""


def test_an_authority_that_ends_before_the_signature_is_mended_by_a_new_one(home: House) -> None:
    home.start((replace(CHEN, power=replace(POWER, valid_until=str(TODAY + timedelta(days=1)))), SHORT[1]))
    home.sign(SHEN)
    home.later(days=3)
    with refused("execution.authority", "超期"):
        home.sign(CHEN.email)
    with home.units() as uow:
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, replace(POWER, number="SQ-10"))
    assert home.sign(CHEN.email) is True
    assert LIN not in {m.recipient for m in home.mails()}
