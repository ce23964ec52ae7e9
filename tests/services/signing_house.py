"""A contract that may be signed, and a signing kit over small files: a four-page paper in place of the whole contract's pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.approval import RoundStatus, open_round
from app.domain.approval_route import Function, Route, Seat, Step
from app.domain.documents import BoxPlacement, DocumentMeta, RenderedPdf, TextProof
from app.domain.execution import Order
from app.domain.signing_form import Hand, HandKind, IssuedKey, Person
from app.domain.tree import Instrument
from app.notify.mail_texts import write_mail
from app.services.access import Client
from app.services.approval_rows import Asked, new_row, read_round
from app.services.generation import Tools
from app.services.record import require_contract
from app.services.signing_access import enter_code, request_code
from app.services.signing_ceremony import bench, consent, mark_read, sign
from app.services.signing_kit import Post, SigningKit
from app.services.signing_plan import Assigned, Plan
from app.services.signing_start import start
from app.services.taking_effect import effect_of
from app.signing_room import Room, told
from app.store.blobs import BlobStore
from app.store.effects import FulfilmentRow
from app.store.outbox import OutboxRow, messages
from app.store.signings import SigningRow, latest_signing
from app.store.versions import latest_version
from signatures.errors import SignatureError
from signatures.keystore import PinCost, SealedKey, open_key, seal_key
from signatures.verification.asking import Trust
from signatures.verification.verdict import Verdict
from signatures.verification.worker import Verifier
from tests.rendering.fixtures import DOCX
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, reference
from tests.services.signed import POST as STAGE_POST
from tests.services.signed import filed
from tests.signatures.paper import paper

ANSWERS = {
    "sign.party_a_seal_type": "contract_seal", "sign.party_b_seal_type": "contract_seal",
    "contract.final_date": "2026-11-20",
}  # fmt: skip
"""Both sides sign and seal, nothing else is waited for."""
UNSEALED = {"effect.condition": "e_sign", "sign.party_a_seal_type": "none", "sign.party_b_seal_type": "none"}
"""Both sides sign only; for ``SHORT``."""
PHONE = Client("203.0.113.7", "Mozilla/5.0 (iPhone) Safari/604.1")
PIN, SEAL_PIN = "2580-lan", "7391-zhang"
STROKES = (((0.0, 20.0), (30.0, 0.0), (60.0, 40.0), (90.0, 5.0), (120.0, 35.0)), ((40.0, 60.0), (70.0, 55.0), (110.0, 62.0)))
HAND = Hand(HandKind.DRAWN, STROKES)
TYPED = Hand(HandKind.TYPED, text="沈亦舟")
A_SIGN, A_SEAL, B_SIGN, B_SEAL = (
    f"sign_party_{party}_{mark}" for party in "ab" for mark in ("signature", "seal")
)  # fmt: skip
PEOPLE = (
    Assigned(A_SIGN, "林知远", "法定代表人", "lin@party-a.example"),
    Assigned(A_SEAL, "周保管", "印章保管人", "zhou@party-a.example"),
    Assigned(B_SIGN, "沈亦舟", "法定代表人", "shen@party-b.example"),
    Assigned(B_SEAL, "何保管", "印章保管人", "he@party-b.example"),
)
SHORT = (PEOPLE[0], PEOPLE[2])


@cache
def small_pdf() -> RenderedPdf:
    drawn = paper()
    extra = []
    for party, top in (("a", 640.0), ("b", 440.0)):
        for name, x, y in (("esign_id", 180, -60), ("certificate", 180, -80), ("digest", 180, -100)):
            extra.append(BoxPlacement(f"sign.party_{party}_{name}", 4, x, top + y, x + 180, top + y + 16))
        for name, x in (("delivery_check", 60), ("annex_check", 80), ("pages_check", 100)):
            extra.append(BoxPlacement(f"sign.party_{party}_{name}", 4, x, top, x + 14, top + 14))
    extra.append(BoxPlacement("contract.sign_date", 4, 60, 200, 200, 220))
    extra.append(BoxPlacement("sign.verification_code", 4, 60, 170, 300, 190))
    return RenderedPdf(drawn.content, drawn.page_count, {}, (*drawn.boxes, *extra))


class _Pdf:
    def render(self, instrument: Instrument, meta: DocumentMeta, attach: Any) -> RenderedPdf:
        attach({})
        return small_pdf()


def _proof(_content: bytes, _instrument: Instrument) -> TextProof:
    return TextProof("x", 1, 1)


def small_tools() -> Tools:
    """Files that are ready; what the text of a contract looks like is shown elsewhere."""

    def docx(instrument: Instrument, meta: DocumentMeta, *, pages: Mapping[str, int] | None = None) -> bytes:
        return DOCX.content

    return Tools(docx, _Pdf(), lambda _i, _m: "", lambda _t, _m: b"", _proof, _proof)  # type: ignore[arg-type]


class QuickRoom(Room):
    """The real room, but for the working copy: that the small files have no places for it is no matter of these tests.

    A PIN costs the least work; what it costs by default is shown in ``tests.signatures``.
    """

    def issue(self, person: Person, pin: str | None, now: datetime) -> IssuedKey:
        made = super().issue(person, None, now)
        if pin is None:
            return made
        key = open_key(SealedKey.read(made.sealed), self.ring, made.serial, person.reference)
        try:
            sealed = seal_key(key, self.ring, made.serial, person.reference, pin, PinCost(memory=1024, passes=1))
        except SignatureError as error:
            raise told(error) from error
        return replace(made, sealed=sealed.text())

    def working_copy(self, docx: bytes, *_rest: Any) -> bytes:  # type: ignore[override]
        return docx


@dataclass
class House:
    """One contract, its kit, a clock that can be moved, and its mails."""

    units: Units
    kit: SigningKit
    contract: str
    at: list[datetime] = field(default_factory=lambda: [NOW])

    def later(self, **span: float) -> None:
        self.at[0] += timedelta(**span)

    def start(self, people: tuple[Assigned, ...] = PEOPLE, order: Order = Order.PARALLEL, deadline: date | None = None) -> str:
        plan = Plan(order, deadline or date(2026, 12, 4), people)
        return start(self.kit, LAWYER, reference().calendar, self.contract, plan)

    def verdict(self) -> Verdict:
        """Of the finished file."""
        final = self.kit.blobs.get(self.signing.final)
        assert isinstance(self.kit.room, Room)
        root = self.kit.room.authority.root.public_bytes(Encoding.DER)
        return Verifier().verify(final, Trust(own=(root,)), self.at[0])

    @property
    def signing(self) -> SigningRow:
        with self.units() as uow:
            row = latest_signing(uow.session, self.contract)
            assert row is not None
            uow.session.expunge_all()
            return row

    def mails(self, address: str = "") -> list[OutboxRow]:
        with self.units() as uow:
            found = messages(uow.session, states=(), limit=500)
            uow.session.expunge_all()
        return [m for m in found if not address or m.recipient.casefold() == address.casefold()]

    def link(self, address: str) -> str:
        """The token of the newest link that went to an address."""
        for mail in sorted(self.mails(address), key=lambda m: m.created_at, reverse=True):
            found = re.search(r"/sign/([A-Za-z0-9_-]{20,})", mail.text)
            if found:
                return found[1]
        raise AssertionError(f"no link went to {address}")

    def code(self, address: str) -> str:
        for mail in sorted(self.mails(address), key=lambda m: m.created_at, reverse=True):
            found = re.search(r"(?:【验证码】|签署验证码：)(\d{6})", mail.text)
            if found:
                return found[1]
        raise AssertionError(f"no code went to {address}")

    def enter(self, address: str) -> tuple[str, str]:
        """From the mail to an identified browser: the link's token and the browser's secret."""
        token = self.link(address)
        self.later(seconds=61)
        request_code(self.kit, PHONE, token)
        return token, enter_code(self.kit, PHONE, token, self.code(address))

    def ready(self, address: str) -> tuple[str, str]:
        """Read to the end, and consented."""
        token, secret = self.enter(address)
        mark_read(self.kit, PHONE, token, secret, 99)
        with self.units() as uow:
            ticked = frozenset(f.name for f in bench(uow, self.at[0], token, secret).statements)
        consent(self.kit, PHONE, token, secret, ticked, agreed=True)
        return token, secret

    def sign(self, address: str, hand: Hand | None = HAND, pin: str = PIN) -> bool:
        token, secret = self.ready(address)
        return sign(self.kit, PHONE, token, secret, hand, pin, pin)


def approved(units: Units, answers: Mapping[str, Any] | None = None) -> str:
    """A filed contract whose version is approved and whose conditions precedent are fulfilled; by whom is shown elsewhere."""
    contract = filed(units, {**ANSWERS, **(answers or {})})
    with units() as uow:
        row = require_contract(uow, contract, lock=True)
        version = latest_version(uow.session, contract)
        assert version is not None
        route = Route((Step((Seat(Function.LEGAL, ("合同总额",)),)),))
        round_ = new_row(uow, contract, version.id, open_round(version.digest, route, LAWYER.id, NOW), Asked())
        round_.status = RoundStatus.APPROVED.value
        assert read_round(round_).approved_digest == version.digest
        uow.session.add(round_)
        row.stage = "approved"
        for condition in effect_of(uow, row).conditions.agreed:
            uow.session.add(
                FulfilmentRow(
                    contract_id=contract, condition=condition.value, on_day=date(2026, 11, 20), ground="fulfilled", evidence="登记册第1页",
                    recorded_at=NOW, recorded_by=LAWYER.name,
                )
            )  # fmt: skip
        uow.commit()
    return contract


def kit_of(units: Units, folder: Path, now: Callable[[], datetime]) -> SigningKit:
    """The real room over ``folder``, with small files."""
    post = Post(
        write_mail, lambda token: f"https://example.com/sign/{token}", lambda c: f"https://example.com/contracts/{c}/signing"
    )
    room = QuickRoom(folder / "pki", "测试单位", "", now)
    return SigningKit(
        units, room, BlobStore(folder / "blobs"), post, STAGE_POST, small_tools, now, lambda: now().date(), "测试单位"
    )  # fmt: skip


def house(units: Units, folder: Path, answers: Mapping[str, Any] | None = None, *, contract: str = "") -> House:
    """``contract``: one that ``approved`` made in this database before; otherwise it is made now."""
    at = [NOW]
    return House(units, kit_of(units, folder, lambda: at[0]), contract or approved(units, answers), at)


@dataclass
class Held:
    """A contract that may be signed, for databases that are filled once."""

    units: Units
    contract: str


def hands_only(units: Units) -> Held:
    """Both sides sign, and nobody seals."""
    return Held(units, approved(units, UNSEALED))


def hands_and_seals(units: Units) -> Held:
    """Both sides sign and seal."""
    return Held(units, approved(units))
