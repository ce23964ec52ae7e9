"""One person who signs and seals: one mail, one link, one ceremony, two signatures with two keys, and one PIN unless there are two."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.ceremony import CodeWay
from app.domain.execution import Order
from app.services.signing_access import LinkGone, enter_code, request_code, visit
from app.services.signing_ceremony import NextMark, bench, consent, mark_read, refuse, sign
from app.services.signing_finish import finish
from app.services.signing_lead import correct_address, remind, remind_due, replace_signatory, set_code_way, withdraw
from app.services.signing_plan import Assigned
from app.store.signings import events_of
from tests.services.fixtures import LAWYER
from tests.services.signing_house import A_SEAL, A_SIGN, B_SIGN, HAND, PEOPLE, PHONE, PIN, SEAL_PIN, Held, House, house
from tests.services.snapshots import over_both
from tests.services.test_signing import HE, LIN, SHEN, WHY, refused, with_seals

__all__ = ["with_seals"]
BOTH = (PEOPLE[0], replace(PEOPLE[1], name="林 知远", email="LIN@party-a.example"), PEOPLE[2], PEOPLE[3])
"""The legal representative of party A keeps the seal, too."""


@pytest.fixture
def home(with_seals: Held, tmp_path: Path) -> House:
    return house(with_seals.units, tmp_path, contract=with_seals.contract)


def place(home: House, name: str):  # type: ignore[no-untyped-def]
    return next(p for p in home.signing.places if p.id == name)


def asked(home: House, address: str = LIN) -> int:
    """Mails with a link to a person."""
    return sum("/sign/" in m.text for m in home.mails() if m.recipient.casefold() == address)


@over_both("with_seals")
def test_one_mail_and_one_link_lead_through_both_marks(home: House) -> None:
    signing = home.start(BOTH)
    assert asked(home) == 1
    assert "签署并加盖电子印章" in home.mails(LIN)[0].subject
    token, secret = home.ready(LIN)
    with home.units() as uow:
        at = bench(uow, home.at[0], token, secret)
        assert [p.id for p in at.visit.line] == [A_SIGN, A_SEAL]
        words = at.consent
    assert "签署本合同，并在本合同上加盖甲方" in words
    assert sign(home.kit, PHONE, token, secret, HAND, PIN, PIN) is False
    hand, seal = place(home, A_SIGN), place(home, A_SEAL)
    assert None not in (hand.signed_at, seal.signed_at)
    assert hand.serial != seal.serial, "a key for each"
    assert asked(home) == 1
    home.sign(SHEN)
    assert home.sign(HE, None) is True
    finish(home.kit, signing)
    verdict = home.verdict()
    assert verdict.outcome.value == "valid"
    assert len({s.serial for s in verdict.signatures if s.serial in {p.serial for p in home.signing.places}}) == 4
    assert sum("签署完毕" in m.subject for m in home.mails(LIN)) == 1


def test_each_mark_has_its_own_evidence(home: House) -> None:
    signing = home.start(BOTH)
    home.sign(LIN)
    with home.units() as uow:
        found = [(e.place_id, e.kind, json.loads(e.data)) for e in events_of(uow.session, signing)]
    for name in (A_SIGN, A_SEAL):
        mine = {kind: data for at, kind, data in found if at == name}
        assert {"invited", "identified", "consented", "signed"} <= set(mine)
        assert "加盖" in mine["consented"]["text"]
    assert [at for at, kind, _ in found if kind == "consented"] == [A_SIGN, A_SEAL]


def test_in_sequence_the_same_link_goes_on_and_somebody_in_between_means_another_mail(home: House) -> None:
    home.start(BOTH, Order.SEQUENTIAL)
    home.sign(LIN)
    assert place(home, A_SEAL).signed_at is not None
    assert asked(home) == 1
    with home.units() as uow:
        withdraw(uow, LAWYER, home.at[0], home.kit.post, home.contract, WHY)
    home.later(minutes=1)
    home.start((BOTH[0], BOTH[2], BOTH[3], BOTH[1]), Order.SEQUENTIAL)
    token, secret = home.ready(LIN)
    sign(home.kit, PHONE, token, secret, HAND, PIN)
    assert place(home, A_SEAL).signed_at is None
    with home.units() as uow:
        assert not visit(uow, home.at[0], token, secret).line
    before = asked(home)
    home.sign(SHEN)
    home.sign(HE, None)
    assert asked(home) == before + 1
    assert home.sign(LIN, None) is True


@over_both("with_seals")
def test_two_keys_with_two_pins_are_asked_for_one_after_the_other_and_no_try_is_lost(home: House) -> None:
    home.start((BOTH[0], BOTH[2], BOTH[1], BOTH[3]), Order.SEQUENTIAL)
    home.sign(LIN)
    home.sign(SHEN)
    home.sign(LIN, None, SEAL_PIN)
    with home.units() as uow:
        withdraw(uow, LAWYER, home.at[0], home.kit.post, home.contract, WHY)
    home.later(minutes=1)
    home.start(BOTH)
    token, secret = home.ready(LIN)
    with pytest.raises(NextMark, match=r"甲方签名.+已经完成.+甲方盖章.+另一个签署密码"):
        sign(home.kit, PHONE, token, secret, HAND, PIN)
    assert (place(home, A_SIGN).signed_at is not None, place(home, A_SEAL).signed_at) == (True, None)
    with home.units() as uow:
        at = bench(uow, home.at[0], token, secret)
        assert at.visit.place_row.id == A_SEAL
        assert at.certificate is not None
        assert at.certificate.tries == 0
    with refused("pin.wrong"):
        sign(home.kit, PHONE, token, secret, None, "another-pin-1")
    assert sign(home.kit, PHONE, token, secret, None, SEAL_PIN) is False


@over_both("with_seals")
def test_two_presses_at_once_sign_and_seal_once(home: House) -> None:
    home.start(BOTH)
    token, secret = home.ready(LIN)
    faults: list[BaseException] = []

    def press() -> None:
        try:
            sign(home.kit, PHONE, token, secret, HAND, PIN, PIN)
        except BaseException as error:
            if getattr(error, "code", "") != "execution.twice":
                faults.append(error)

    pressed = [threading.Thread(target=press) for _ in range(2)]
    for thread in pressed:
        thread.start()
    for thread in pressed:
        thread.join()
    assert not faults
    with home.units() as uow:
        signed = [e.place_id for e in events_of(uow.session, home.signing.id) if e.kind == "signed"]
    assert sorted(signed) == [A_SEAL, A_SIGN]


# ---- what the owner does meanwhile


@over_both("with_seals")
def test_reminders_addresses_and_ways_of_codes_are_one_for_the_person(home: House) -> None:
    home.start(BOTH)
    home.later(days=3, minutes=1)
    assert remind_due(home.units, home.at[0], home.kit.post) == 3
    assert asked(home) == 2
    home.later(minutes=1)
    with home.units() as uow:
        remind(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL)
    assert asked(home) == 3
    home.later(minutes=1)
    with home.units() as uow:
        correct_address(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL, "new@party-a.example")
    assert {place(home, n).email for n in (A_SIGN, A_SEAL)} == {"new@party-a.example"}
    home.later(minutes=1)
    with home.units() as uow:
        set_code_way(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SIGN, CodeWay.SMS, "13812345678")
    assert {place(home, n).phone for n in (A_SIGN, A_SEAL)} == {"+8613812345678"}
    assert asked(home, "new@party-a.example") == 2
    token = home.link("new@party-a.example")
    request_code(home.kit, PHONE, token)
    assert enter_code(home.kit, PHONE, token, home.code("+8613812345678"))


def _signed_first(home: House) -> tuple[str, str]:
    """Of somebody who has signed and will seal once the others are through: the link of then, and the browser that came by it."""
    home.start((BOTH[0], BOTH[2], BOTH[3], BOTH[1]), Order.SEQUENTIAL)
    token, secret = home.ready(LIN)
    sign(home.kit, PHONE, token, secret, HAND, PIN, PIN)
    return token, secret


def dead(home: House, token: str) -> bool:
    with home.units() as uow:
        try:
            visit(uow, home.at[0], token, "")
        except LinkGone as gone:
            return gone.why == "unknown"
    return False


def test_a_link_of_before_the_first_mark_ends_with_the_next_one(home: House) -> None:
    token, secret = _signed_first(home)
    with home.units() as uow:
        assert visit(uow, home.at[0], token, secret).entered
    home.sign(SHEN)
    home.sign(HE, None)
    assert dead(home, token), "the door was the place that is signed"
    hand = place(home, A_SIGN)
    assert (hand.token, hand.session, hand.session_until, hand.code) == (None, "", None, "")
    second = home.link(LIN)
    home.later(minutes=1)
    with home.units() as uow:
        remind(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL)
    assert dead(home, second)
    assert home.sign(LIN, None) is True
    assert place(home, A_SIGN).signed_at < place(home, A_SEAL).signed_at


@pytest.mark.parametrize("by", ["address", "way"])
def test_a_change_for_the_next_mark_ends_the_link_of_the_signed_one(home: House, by: str) -> None:
    token, _secret = _signed_first(home)
    with home.units() as uow:
        at = (uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL)
        if by == "address":
            correct_address(*at, "new@party-a.example")
        else:
            set_code_way(*at, CodeWay.SMS, "13812345678")
    assert dead(home, token)
    assert place(home, A_SIGN).email == LIN, "where the signature was identified stays on record"


@pytest.mark.parametrize("read", [False, True])
def test_where_somebody_else_takes_the_seal_over_both_get_links_of_their_own(home: House, read: bool) -> None:
    home.start(BOTH)
    token, secret = home.enter(LIN)
    if read:
        mark_read(home.kit, PHONE, token, secret, 4)
    other = Assigned(A_SEAL, "吴接手", "印章保管人", "wu@party-a.example")
    home.later(minutes=1)
    with home.units() as uow:
        replace_signatory(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL, other, WHY)
    assert (asked(home), asked(home, other.email)) == (1, 1), "the link is kept at the place of the signature"
    with home.units() as uow:
        assert [p.id for p in visit(uow, home.at[0], token, secret).mine] == [A_SIGN]
    home.sign(other.email, None)
    home.sign(LIN)
    assert place(home, A_SIGN).signed_at is not None


def test_whoever_takes_another_place_over_gets_one_link_for_both(home: House) -> None:
    home.start()
    old = home.link(LIN)
    home.later(minutes=1)
    with home.units() as uow:
        replace_signatory(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SEAL, replace(BOTH[1], email=LIN), WHY)
    with home.units() as uow, pytest.raises(LinkGone):
        visit(uow, home.at[0], old, "")
    home.sign(LIN)
    assert None not in (place(home, A_SIGN).signed_at, place(home, A_SEAL).signed_at)


def test_a_refusal_and_an_end_are_told_once_to_a_person(home: House) -> None:
    home.start(BOTH)
    token, secret = home.enter(SHEN)
    refuse(home.kit, PHONE, token, secret, WHY)
    assert sum("已停止" in m.subject for m in home.mails(LIN)) == 1
    assert asked(home) == 1


def test_nobody_else_is_led_through_anothers_mark(home: House) -> None:
    home.start((BOTH[0], replace(BOTH[1], name="周保管"), *BOTH[2:]))
    assert asked(home) == 2, "a mailbox that two people share gets a link for each"
    token, secret = home.ready(LIN)
    with home.units() as uow:
        assert len(visit(uow, home.at[0], token, secret).line) == 1
    with home.units() as uow, refused("execution.place"):
        visit(uow, home.at[0], token, secret, at=B_SIGN)
    consent(home.kit, PHONE, token, secret, frozenset(
        f.name for f in _statements(home, token, secret)), agreed=True)  # fmt: skip
    assert sum(p.consented_at is not None for p in home.signing.places) == 1


def _statements(home: House, token: str, secret: str):  # type: ignore[no-untyped-def]
    with home.units() as uow:
        return bench(uow, home.at[0] + timedelta(), token, secret).statements
