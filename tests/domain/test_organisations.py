"""Master data of a party: tidy form, faults, licences on a day, and two people's changes brought together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.organisations import (
    SOON,
    BankAccount,
    Licence,
    LicenceState,
    Organisation,
    Person,
    ServiceAddress,
    faults_of,
    merge,
)

TODAY = date(2026, 11, 22)
SOUND = Organisation(
    "示例甲方科技有限公司",
    "91110105MA00ABCD4R",
    "张三",
    addresses=(ServiceAddress("postal", "北京市朝阳区示例路1号", "张三"), ServiceAddress("email", "notice@example.com")),
    bank_accounts=(BankAccount("示例甲方科技有限公司", "示例银行", "1100000000000001"),),
    licences=(Licence("增值电信业务经营许可证", "京B2-20260001"),),
    contacts=(Person("李四", email="li@example.com"),),
)


def test_sound_data_has_no_fault() -> None:
    assert faults_of(SOUND) == ()


def test_what_was_pasted_is_tidied() -> None:
    pasted = replace(
        SOUND,
        name=" 示例甲方科技有限公司　",
        uscc="９１１１ 0105-ma00abcd4r",
        bank_accounts=(BankAccount("示例甲方科技有限公司 ", "示例银行", "1100 0000-0000 0001"),),
    )
    assert pasted.tidy() == SOUND.tidy()


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"name": "字" * 201}, "name", "至多200个字"),
        ({"name": "甲\x00方"}, "name", "不能显示"),
        ({"note": "一\u202e二"}, "note", "不能显示"),
        ({"addresses": (ServiceAddress("email", "没有这个"),)}, "addresses[0]", "不是可用的电子邮箱"),
        ({"addresses": (ServiceAddress("postal", "字" * 301),)}, "addresses[0]", "地址至多300个字"),
        ({"addresses": (ServiceAddress("postal", "路"),) * 51}, "addresses", "至多50项"),
        ({"bank_accounts": (BankAccount("甲", "乙", "12-34"),)}, "bank_accounts[0]", "6至34位数字"),
        ({"bank_accounts": (BankAccount("甲", "", "1234567"),)}, "bank_accounts[0]", "均须填写"),
        ({"contacts": (Person("", email="x@"),)}, "contacts[0]", "姓名须填写"),
        ({"licences": (Licence("许可证", "字" * 101),)}, "licences[0]", "编号（账号）至多100个字"),
    ],
)
def test_each_fault_is_named_where_it_is(changes: dict[str, object], place: str, words: str) -> None:
    found = [f for f in faults_of(replace(SOUND, **changes)) if words in f.problem]  # type: ignore[arg-type]
    assert [f.path for f in found] == [place]


def test_a_note_may_have_lines() -> None:
    assert faults_of(replace(SOUND, note="一\r\n二")) == ()


@pytest.mark.parametrize(
    ("begin", "end", "state"),
    [
        (None, None, LicenceState.LASTING),
        (None, TODAY, LicenceState.ENDING),
        (None, TODAY - timedelta(1), LicenceState.ENDED),
        (None, TODAY + SOON, LicenceState.ENDING),
        (None, TODAY + SOON + timedelta(1), LicenceState.LASTING),
        (TODAY + timedelta(1), None, LicenceState.FUTURE),
        (TODAY, None, LicenceState.LASTING),
    ],
)
def test_a_licence_is_valid_on_its_last_day_and_pointed_out_before(
    begin: date | None, end: date | None, state: LicenceState
) -> None:
    assert Licence("许可证", "1", valid_from=begin, valid_until=end).state(TODAY) is state


def test_changes_of_different_fields_both_stand() -> None:
    merged = merge(SOUND, replace(SOUND, note="我"), replace(SOUND, legal_representative="李四"))
    assert merged.details == replace(SOUND, note="我", legal_representative="李四")
    assert [(c.field, c.base, c.theirs) for c in merged.taken] == [("legal_representative", "张三", "李四")]
    assert merged.clashes == ()


def test_a_field_that_both_changed_stays_as_entered_and_is_shown_with_the_other_value() -> None:
    mine, theirs = replace(SOUND, contacts=(Person("赵六"),)), replace(SOUND, contacts=())
    merged = merge(SOUND, mine, theirs)
    assert merged.details == mine
    assert [(c.label, c.mine, c.theirs) for c in merged.clashes] == [("联系人", "赵六", "")]


def test_who_both_entered_the_same_do_not_clash() -> None:
    both = replace(SOUND, note="同样")
    assert merge(SOUND, both, both).clashes == ()
    assert merge(SOUND, both, both).taken == ()


texts = st.sampled_from(["", "一", "二", "三"])
versions = st.builds(
    Organisation, name=texts, note=texts, own=st.booleans(), contacts=st.lists(st.builds(Person, texts), max_size=2).map(tuple)
)


@given(versions, versions, versions)
def test_nothing_that_somebody_entered_is_lost_unseen(base: Organisation, mine: Organisation, theirs: Organisation) -> None:
    merged = merge(base, mine, theirs)
    told = {c.field for c in (*merged.taken, *merged.clashes)}
    for name in ("name", "note", "own", "contacts"):
        was, here, there, now = (getattr(v, name) for v in (base, mine, theirs, merged.details))
        assert now == (there if here == was else here)
        assert (name in told) == (there not in (was, here))
