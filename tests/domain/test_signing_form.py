"""The signature pages as a form: whose box, what for, and what goes into it."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.answers import read_answers
from app.domain.errors import ContractError
from app.domain.execution import Mark
from app.domain.signing_form import (
    SigningForm,
    Use,
    confirmations,
    form_of,
    party_texts,
    require_confirmed,
    shared_texts,
)
from app.library.answers_file import load_example
from app.services.drafting import build
from tests.services.fixtures import TODAY, reference

DAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def form() -> SigningForm:
    """Of the demonstration contract."""
    answers = read_answers(reference().library.variables, load_example().data).answers
    return form_of(build(reference(), answers, TODAY)[1])


def test_every_box_of_the_signature_pages_is_somebodys(form: SigningForm) -> None:
    assert [(p.owner, p.mark) for p in form.places] == [("party_a", Mark.SIGNATURE), ("party_b", Mark.SIGNATURE)]
    assert {f.use for f in form.fields} == set(Use)
    assert {f.owner for f in form.fields} == {"party_a", "party_b", ""}
    keys = [x.key for x in (*form.places, *form.fields)]
    assert len(keys) == len(set(keys))
    assert not any("." in key for key in keys)


def test_a_party_fills_its_own_boxes_and_nobody_elses(form: SigningForm) -> None:
    texts = party_texts(form, "party_a", on=DAY, serial="S1", at="T", digest="D", platform="P", signing="E")
    assert texts["sign_party_a_date"] == texts["sign_party_a_rep_date"] == "2026年11月28日"
    assert (texts["sign_party_a_esign_id"], texts["sign_party_a_certificate"], texts["sign_party_a_digest"]) == ("E", "S1", "D")
    assert all(key.startswith("sign_party_a_") for key in texts)
    assert shared_texts(form, DAY, "CODE") == {"contract_sign_date": "2026年11月28日", "sign_verification_code": "CODE"}


def test_a_signatory_confirms_the_statements_of_the_own_party_and_of_both(form: SigningForm) -> None:
    ours = confirmations(form, "party_a")
    assert {f.owner for f in ours} == {"party_a", ""}
    require_confirmed(form, "party_a", frozenset(f.name for f in ours))
    with pytest.raises(ContractError, match=r"逐页页码确认.+送达地址确认：第12\.2节") as caught:
        require_confirmed(form, "party_a", frozenset(f.name for f in ours[:2]))
    assert caught.value.code == "signing.confirmations"
