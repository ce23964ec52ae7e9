"""The machine-readable contract: stable bytes, nothing rounded, everything that is printed in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assembly import assemble
from app.domain.digest import digest
from app.domain.documents import DocumentMeta
from app.domain.interchange import SCHEMA, contract_json, plain_value
from app.domain.variables import Acknowledgement, Answers, Contact
from tests.domain.small_library import VALUES, answers, library

META = DocumentMeta("D1", "小合同", "HT-2026-01", "1", "0" * 64, datetime(2026, 11, 22, tzinfo=UTC))


def made(given: Answers | None = None, meta: DocumentMeta = META) -> bytes:
    chosen = given or answers()
    return contract_json(assemble(library(), chosen), chosen, meta)


def data(given: Answers | None = None) -> Any:
    return json.loads(made(given))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Decimal("1407600.00"), "1407600.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (Decimal("9999999999999999.99"), "9999999999999999.99"),
        (date(2027, 1, 1), "2027-01-01"),
        (datetime(2026, 11, 22, 8, tzinfo=UTC), "2026-11-22T08:00:00+00:00"),
        (("a", Decimal("1.5")), ["a", "1.5"]),
        ({"price": Decimal("2.50"), "rows": ({"x": date(2027, 1, 1)},)}, {"price": "2.50", "rows": [{"x": "2027-01-01"}]}),
        (Contact("张三", "经理", "1", "a@b"), {"name": "张三", "title": "经理", "phone": "1", "email": "a@b"}),
        (True, True),
        (7, 7),
        (None, None),
    ],
)
def test_a_value_becomes_plain_json(value: object, plain: object) -> None:
    assert plain_value(value) == plain


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_comes_back_exactly(value: Decimal) -> None:
    text = json.loads(json.dumps(plain_value(value)))
    assert isinstance(text, str)
    assert "E" not in text.upper()
    assert Decimal(text) == value


def test_the_same_contract_gives_the_same_bytes_whatever_order_it_was_answered_in() -> None:
    assert made() == made()
    backwards = Answers(dict(reversed(list(VALUES.items()))))
    assert made(backwards) == made()


def test_another_answer_gives_another_file_and_another_digest() -> None:
    assert data()["digest"]["value"] != data(answers(pay__days=31))["digest"]["value"]
    assert made() != made(answers(pay__days=31))


def test_the_file_says_what_it_is_and_carries_the_digest_of_the_words() -> None:
    found = data()
    assert found["schema"] == SCHEMA
    assert found["digest"] == {"algorithm": "SHA-256", "value": digest(assemble(library(), answers()))}
    assert (found["form"], found["library_version"], found["document_id"]) == ("small", "1", "D1")
    assert found["final"] is False


def test_no_number_of_the_answers_is_a_float() -> None:
    def floats(value: object) -> list[float]:
        if isinstance(value, float):
            return [value]
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [f for part in parts for f in floats(part)]

    found = data()
    assert floats(found["answers"]) == []
    assert found["answers"]["annex.items"] == [{"code": "A1", "price": "1200.00"}, {"code": "A2", "price": "80.50"}]
    assert list(found["answers"]) == sorted(found["answers"])


def test_every_provision_stands_in_it_with_number_and_references() -> None:
    sections = [s for c in data()["chapters"] for s in c["sections"]]
    first = sections[0]["provisions"]
    assert [(p["id"], p["number"]) for p in first][:2] == [("pay.term", "1.1.1"), ("pay.onsite", "1.1.2")]
    assert {"text": "第1.1.3条第（2）项", "reference": "pay.detail.second"} in first[0]["content"]
    assert [c["number"] for c in first[2]["children"]] == ["（1）", "（2）"]
    table = sections[1]["provisions"][0]["table"]
    assert [r["cells"] for r in table["rows"]] == [["A1", "1,200.00"], ["A2", "80.50"]]


def test_a_blank_and_a_signing_box_are_named() -> None:
    text = json.dumps(data(answers(pay__days=None)), ensure_ascii=False)
    assert '"blank": "pay.days"' in text
    assert '"box": "sign.date"' in text


def test_it_ends_with_a_line_break_and_is_utf8_without_escapes() -> None:
    assert made().endswith(b"}\n")
    assert "甲方应当在" in made().decode("utf-8")


def test_acknowledged_warnings_and_positions_are_kept() -> None:
    noted = Acknowledgement("R-46", "11.3", "法务", datetime(2026, 11, 22, 8, tzinfo=UTC), "日历待录入")
    chosen = replace(answers(), acknowledgements=(noted,), positions={"1.1-t1": "fallback"})
    found = data(chosen)
    assert found["acknowledgements"] == [
        {"rule": "R-46", "place": "11.3", "by": "法务", "at": "2026-11-22T08:00:00+00:00", "reason": "日历待录入"}
    ]
    assert found["positions"] == {"1.1-t1": "fallback"}
