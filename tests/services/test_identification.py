"""Which code may be named for a signature: the last one entered before it, at this place, by this person, on the own page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from app.domain.ceremony import Carried, CodeWay
from app.services.identification import identified
from app.store.signings import SigningEventRow, SigningPlaceRow
from tests.services.fixtures import NOW
from tests.services.signing_house import A_SIGN, B_SIGN

PLACE = SigningPlaceRow(id=A_SIGN)
MAIL = {"by": "mail", "to": "l***@party-a.example"}
SMS = {"by": "sms", "to": "+86 138****5678", "carried": "sent"}


def record(*told: tuple[str, dict[str, Any]], place: str = A_SIGN) -> list[SigningEventRow]:
    return [
        SigningEventRow(place_id=place, kind=kind, data=json.dumps(data), at=NOW + timedelta(minutes=n))
        for n, (kind, data) in enumerate(told)
    ]


def test_the_last_code_before_the_signature_counts_and_not_the_one_for_the_copy() -> None:
    found = identified(record(("identified", MAIL), ("identified", SMS), ("signed", {}), ("identified", MAIL)), PLACE)
    assert found is not None
    assert (found.way, found.to, found.carried, found.at) == (CodeWay.SMS, SMS["to"], Carried.SENT, NOW + timedelta(minutes=1))
    assert identified(record(("identified", SMS), place=B_SIGN), PLACE) is None


@pytest.mark.parametrize("kind", ["replaced", "address_corrected", "code_way_changed"])
def test_what_was_entered_before_a_change_counts_no_more(kind: str) -> None:
    assert identified(record(("identified", SMS), (kind, {}), ("signed", {})), PLACE) is None


def test_a_signature_that_came_by_another_door_has_no_code() -> None:
    for kind, via in (("imported", ""), ("remote_signed", "接口令牌“甲”")):
        assert identified(record(("identified", SMS), (kind, {"via": via})), PLACE) is None
    assert identified(record(("identified", SMS), ("imported", {"via": "签署页面"})), PLACE) is not None


def test_an_older_record_says_nothing_of_how_the_code_went() -> None:
    found = identified(record(("identified", MAIL), ("signed", {})), PLACE)
    assert found is not None
    assert found.carried is None
