"""Entries of the log in sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.audit import Entry, Record, append, genesis
from app.domain.audit_words import SENTENCES, words_of

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def entry(action: str, **data: Any) -> Entry:
    return append(genesis("x"), Record(AT, data.pop("actor", "u1"), action, "c1", data))


@pytest.mark.parametrize(
    ("logged", "said"),
    [
        (entry("contract.moved", event="took_effect", before=["signed"], after=["active"]), "生效：已签未生效 → 履行中"),
        (entry("contract.moved", event="dispute_raised", before=["active"], after=["active", "disputed"]), "提出争议：履行中 → 履行中（争议中）"),
        (entry("contract.moved", event="content_changed", before=["draft"], after=["draft"]), "修改内容（起草）"),
        (entry("contract.confidentiality", confidential=True, before=[], after=["u2", "u9"]), "设为保密，指定可以阅读的人员：李律师、已不在册的人员"),
        (entry("contract.confidentiality", confidential=False, before=["u2"], after=[]), "取消保密，合同对有阅读权限的人员开放"),
        (entry("contract.owner_changed", before="u2", after="u3", owner_name="赵律师"), "移交合同：负责人由“李律师”改为“赵律师”"),
        (entry("document.attached", kind="evidence", name="a.pdf", size=12345), "存入证据“a.pdf”（12,345 字节）"),
        (entry("effect.checked_off", condition="annex_complete", ground="waived", on="2026-11-20"), "勾销生效前置条件“附件齐全”（双方书面放弃，2026-11-20）"),
        (entry("contract.signed", signatures=[["a", "张三", "2026-11-19"], ["b", "", "2026-11-20"]]), "记录签署日期：甲方 张三 2026-11-19；乙方 2026-11-20"),
        (entry("paper.sent", number="X-BX-01", method="email", sent_on="2027-10-01"), "发出文书 X-BX-01，指定邮箱，2027-10-01"),
        (entry("user.changed", user="u2", before={"roles": []}, after={"roles": ["auditor"]}), "修改用户“李律师”"),
        (entry("access.signed_in", second_factor=True), "登录（两步验证）"),
    ],
)  # fmt: skip
def test_an_entry_reads_as_a_sentence(logged: Entry, said: str) -> None:
    assert words_of(logged, {"u1": "王律师", "u2": "李律师"}).what == said


def test_the_name_is_the_one_of_that_time_and_the_door_is_told() -> None:
    assert words_of(entry("access.signed_out", actor_name="王律师", via="命令行"), {"u1": "王总监"}).who == "王律师（命令行）"
    assert words_of(entry("access.signed_out"), {"u1": "王总监"}).who == "王总监"
    assert words_of(entry("contract.moved", actor="clock")).who == "后台任务"


def test_reasons_and_changes_are_shown_beside_the_sentence() -> None:
    moved = entry("contract.moved", event="voided", before=["draft"], after=["void"], reason="项目取消")
    assert words_of(moved).details == (("理由", "项目取消"),)
    changed = entry(
        "organisation.changed",
        before={"legal_representative": "张三", "own": False},
        after={"legal_representative": "", "own": True},
    )
    assert words_of(changed).details == (("法定代表人（负责人）", "张三 → （空）"), ("本方主体", "否 → 是"))


def test_an_action_that_nobody_described_is_shown_with_everything_it_carries() -> None:
    found = words_of(entry("future.thing", actor_name="王律师", what=["a", 1], where={"b": None, "c": "d"}))
    assert (found.what, found.details) == ("操作 future.thing", (("what", "a、1"), ("where", "d")))


@pytest.mark.parametrize("data", ["{", "[]", "null", '{"actor_name": 5}', "[" * 3000])
@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_nothing_in_the_log_makes_the_page_fail(action: str, data: str) -> None:
    assert words_of(Entry(1, AT, "u1", action, "", data, "", "")).what
