"""Who has confirmed what, where a party signs with another program: record, finished file and working copy claim no more than was done here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.documents import BoxPlacement, RenderedPdf
from app.domain.signing_form import HandKind, Use
from app.services.evidence import _about
from app.services.signing_elsewhere import ElsewhereKit, accept_elsewhere, file_to_sign, sign_elsewhere
from app.services.signing_finish import IN_THE_ORIGINAL, finish
from app.services.signing_rows import read_form
from app.store.signings import events_of
from app.verification_room import VerificationRoom
from signatures.field_states import values
from tests.services.fixtures import LAWYER
from tests.services.signing_house import B_SIGN, PHONE, SHORT, Held, House, QuickRoom, house, small_pdf, small_tools
from tests.services.test_signing_elsewhere import holder, unsealed
from tests.signatures.test_elsewhere import signed_elsewhere

__all__ = ["unsealed"]
KEY, CERTIFICATE = holder("沈亦舟")
LIN, SHEN = SHORT[0].email, SHORT[1].email


@dataclass(frozen=True)
class CopyRoom(QuickRoom):
    """Keeps what goes into the working copy; how that is written is shown in ``tests.signatures``."""

    copied: dict[str, Any] = field(default_factory=dict)

    def working_copy(self, docx: bytes, *rest: Any) -> bytes:  # type: ignore[override]
        self.copied.update(rest[0])
        return docx


class _Pages:
    """The small pages with a statement of both parties."""

    def render(self, instrument: Any, meta: Any, attach: Any) -> RenderedPdf:
        attach({})
        made = small_pdf()
        return replace(made, boxes=(*made.boxes, BoxPlacement("sign.delivery_confirmed", 4, 320, 200, 334, 214)))


@pytest.fixture
def home(unsealed: Held, tmp_path: Path) -> House:
    made = house(unsealed.units, tmp_path, contract=unsealed.contract)
    roots = (CERTIFICATE.public_bytes(Encoding.DER),)
    room = CopyRoom(tmp_path / "pki", "测试单位", "", lambda: made.at[0], roots=lambda: roots)
    made.kit = replace(made.kit, room=room, tools=lambda: replace(small_tools(), pdf=_Pages()))
    return made


@pytest.fixture
def kit(home: House, tmp_path: Path) -> ElsewhereKit:
    room = VerificationRoom(tmp_path / "pki", (CERTIFICATE.public_bytes(Encoding.DER),))
    return ElsewhereKit(home.kit, room)


def finished(home: House, signing: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, set[str]]]:
    """What the working copy got, what the finished PDF says, and the confirmations of each party and of both by name."""
    assert finish(home.kit, signing) is True
    shown = values(home.kit.blobs.get(home.signing.final))
    form = read_form(home.signing.form)
    asked = {owner: {f.name for f in form.owned(owner) if f.use is Use.CONFIRMATION} for owner in ("party_a", "party_b", "")}
    assert asked[""]
    copied = home.kit.room.copied  # type: ignore[attr-defined]
    for one in form.fields:
        if one.use is not Use.HAND:
            assert copied.get(one.name, "") == (shown.get(one.key, "") or ""), one.name
    return copied, {f.name: shown.get(f.key) for f in form.fields}, asked


def consent_of(home: House) -> tuple[str, str]:
    with home.units() as uow:
        event = next(e for e in events_of(uow.session, home.signing.id) if e.kind == "imported")
        return json.loads(event.data)["consent"], _about(event)


def test_a_file_that_the_desk_brings_confirms_nothing(home: House, kit: ElsewhereKit) -> None:
    signing = home.start(SHORT)
    _, before = file_to_sign(kit, LAWYER, home.contract)
    accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, signed_elsewhere(before, B_SIGN, KEY, CERTIFICATE))
    home.sign(LIN)
    copied, shown, asked = finished(home, signing)
    assert asked["party_a"]
    assert asked["party_b"]
    assert all(shown[name] is True for name in asked["party_a"])
    assert not any(shown[name] for name in (*asked["party_b"], *asked[""]))
    assert copied["sign.party_b_signature"] == IN_THE_ORIGINAL
    assert "sign.party_b_certificate" not in copied
    assert "sign.party_a_certificate" in copied
    told, words = consent_of(home)
    assert "未经本系统确认" in told
    assert told in words


def test_whoever_has_consented_on_the_own_page_has_confirmed_what_is_both_parties(home: House, kit: ElsewhereKit) -> None:
    signing = home.start(SHORT)
    token, secret = home.ready(SHEN)
    _, before = file_to_sign(kit, LAWYER, home.contract)
    sign_elsewhere(kit, PHONE, token, secret, signed_elsewhere(before, B_SIGN, KEY, CERTIFICATE))
    home.sign(LIN)
    _, shown, asked = finished(home, signing)
    assert all(shown[name] is True for name in asked[""])
    assert not any(shown[name] for name in asked["party_b"]), "another program ticks nothing"
    assert consent_of(home)[0] == "签署人已在签署页面阅读并同意"


def test_who_signs_here_has_all_of_it_in_the_copy(home: House) -> None:
    signing = home.start(SHORT)
    home.sign(SHEN)
    home.sign(LIN)
    copied, shown, asked = finished(home, signing)
    assert all(shown[name] is True for names in asked.values() for name in names)
    assert copied["sign.party_b_signature"].kind is HandKind.DRAWN
    assert copied["sign.party_b_certificate"]
