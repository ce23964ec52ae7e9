"""From master data to the answers of a party's questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from app.domain.answers import read_answers
from app.domain.organisations import BankAccount, Licence, Organisation, Person, ServiceAddress
from app.domain.party_answers import Picks, party_answers
from app.library.loader import load_library

TODAY = date(2026, 11, 22)
WHOLE = Organisation(
    "示例乙方客户服务有限公司",
    "91310115MA1K0XYW5B",
    "李四",
    "上海市浦东新区示例大道88号",
    "small",
    addresses=(
        ServiceAddress("email", "first@example.org"),
        ServiceAddress("postal", "上海市浦东新区示例大道88号 200120"),
        ServiceAddress("email", "second@example.org"),
    ),
    bank_accounts=(
        BankAccount("示例乙方客户服务有限公司", "示例银行", "3100000000000001"),
        BankAccount("他人", "示例银行", "3100000000000002"),
    ),
    licences=(
        Licence("增值电信业务经营许可证", "沪B2-1", valid_until=date(2026, 11, 21)),
        Licence("增值电信业务经营许可证", "沪B2-2", valid_until=date(2026, 11, 22)),
        Licence("信息安全管理体系认证", "ISMS-1", valid_until=date(2028, 1, 1)),
        Licence("未生效的认证", "X-1", valid_from=date(2027, 1, 1), valid_until=date(2029, 1, 1)),
    ),
    contacts=(Person("钱会计", "财务"), Person("赵经理", "项目负责人", "021-00000001", "zhao@example.org")),
)


@cache
def variables():  # type: ignore[no-untyped-def]
    return load_library().variables


def answers(role: str = "b", picks: Picks = Picks(), **changes: object) -> dict[str, object]:  # noqa: B008
    return party_answers(role, replace(WHOLE, **changes), picks, variables(), TODAY)  # type: ignore[arg-type]


def test_every_answer_is_one_that_the_form_takes() -> None:
    for role in "ab":
        reading = read_answers(variables(), answers(role))
        assert reading.faults == ()
    assert reading.answers.get("party_b.certs")


def test_the_contractor_brings_account_and_licences_the_client_does_not() -> None:
    assert {"pay.account_no", "party_b.telecom_license_no", "party_b.certs"} <= answers("b").keys()
    assert not [n for n in answers("a") if n.startswith("pay.") or "cert" in n or "license" in n]


def test_licences_that_ended_or_have_not_begun_are_left_out() -> None:
    assert answers()["party_b.telecom_license_no"] == "沪B2-2"
    assert answers()["party_b.certs"] == [{"name": "信息安全管理体系认证", "number": "ISMS-1", "expiry": "2028-01-01"}]


@pytest.mark.parametrize(
    ("picks", "name", "value"),
    [
        (Picks(), "notice.party_b_email", "first@example.org"),
        (Picks(email=1), "notice.party_b_email", "second@example.org"),
        (Picks(account=1), "pay.account_name", "他人"),
        (
            Picks(),
            "party_b.project_manager",
            {"name": "赵经理", "title": "项目负责人", "phone": "021-00000001", "email": "zhao@example.org"},
        ),
        (Picks(contact=0), "party_b.project_manager", {"name": "钱会计", "title": "财务"}),
    ],
)
def test_of_several_the_chosen_one_goes_in(picks: Picks, name: str, value: object) -> None:
    assert answers(picks=picks)[name] == value


@pytest.mark.parametrize("picks", [Picks(postal=9, email=9, account=9, contact=9), Picks(-1, -1, -1, -1)])
def test_a_choice_that_there_is_not_leaves_the_question_alone(picks: Picks) -> None:
    assert not [n for n in answers(picks=picks) if n.startswith(("notice.", "pay.")) or n.endswith("project_manager")]


def test_what_the_master_data_do_not_know_is_left_as_it_is() -> None:
    bare = party_answers("a", Organisation("某公司"), Picks(), variables(), TODAY)
    assert bare == {"party_a.name": "某公司"}


def test_a_size_that_the_form_does_not_offer_is_left_out() -> None:
    assert answers("a", size_class="public_body")["party_a.enterprise_size"] == "public_body"
    assert "party_b.enterprise_size" not in answers("b", size_class="public_body")
