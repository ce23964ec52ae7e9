"""Children that take a contract from its approved text to the evidence package, and are killed while they do: steps for
``tests.services.nursery``.

Before the first child is born the text is approved and the first party's seal is released by its keeper.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.domain.execution import Order
from app.domain.signing_form import Hand, SeamWish
from app.rendering.pdf_file import attached
from app.services.evidence import EvidenceKit, make_evidence
from app.services.filing import DocumentKind
from app.services.seal_signing import Safe
from app.services.signing_access import enter_code, request_code
from app.services.signing_ceremony import bench, consent, mark_read, sign
from app.services.signing_finish import finish_due
from app.services.signing_plan import Plan
from app.services.signing_start import start
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.engine import open_engine
from app.store.signings import latest_signing
from app.store.uow import UnitOfWork
from app.verification_room import VerificationRoom
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine
from signatures.verification.verdict import Verdict
from signatures.verification.worker import Verifier
from tests.services import nursery
from tests.services.fixtures import LAWYER, NOW, reference
from tests.services.sealed_house import VAULT, Sealed
from tests.services.signing_house import HAND, PEOPLE, PHONE, PIN, SEAL_PIN, TYPED, House, kit_of, small_pdf

say = nursery.say
ANSWERS = {"effect.condition": "e_sign", "sign.party_a_seal_type": "contract_seal", "sign.party_b_seal_type": "none"}
FIRST, SEAL, SECOND = PEOPLE[0], PEOPLE[1], replace(PEOPLE[2], stage=2)
STRIDE = timedelta(minutes=2)
"""Between the births of two children: a code may be asked for again, and one that was entered holds for long."""


class _Here(Verifier):
    """The same examination in this process: one of its own would outlive a child that is killed."""

    def verify(self, pdf: bytes, trust: Trust, now: object, expected: Expected | None = None) -> Verdict:
        return examine(pdf, trust, expected or Expected(), now)  # type: ignore[arg-type]


class SigningLife(nursery.Life):
    """Each step may be taken again after a death; one whose work is done is refused, or does nothing."""

    def __init__(self, url: str, folder: Path, at: int | None) -> None:
        super().__init__(url, folder, at)
        self.folder = folder
        with (folder / "births").open("ab") as births:
            births.write(b".")
            begun = NOW + births.tell() * STRIDE
        woke = time.monotonic()
        kit = kit_of(self.unit, folder, lambda: begun + timedelta(seconds=time.monotonic() - woke))
        kit = replace(kit, safe=Safe(kit.blobs, VAULT))
        with self.unit() as uow:
            contract = uow.session.scalars(select(ContractRow.id)).one()
        self.home = House(self.unit, kit, contract)

    # ---- the owner

    def start(self) -> None:
        plan = Plan(Order.STAGED, self.home.kit.today() + timedelta(days=7), (FIRST, SEAL, SECOND), SeamWish())
        say(started=start(self.home.kit, LAWYER, reference().calendar, self.home.contract, plan))

    # ---- signatories

    def _door(self, address: str) -> Path:
        return self.folder / f"door-{address}"

    def _at(self, address: str) -> tuple[str, str]:
        """The link and what the browser keeps; a browser that was lost on the way keeps nothing."""
        kept = self._door(address).read_text() if self._door(address).exists() else ""
        token, _, secret = kept.partition(" ")
        return (token, secret) if secret else (self.home.link(address), "")

    def _enter(self, address: str) -> None:
        token, secret = self._at(address)
        if secret:
            return
        request_code(self.home.kit, PHONE, token)
        secret = enter_code(self.home.kit, PHONE, token, self.home.code(address))
        self._door(address).write_text(f"{token} {secret}")
        say(entered=address)

    def _read(self, address: str) -> None:
        say(read=mark_read(self.home.kit, PHONE, *self._at(address), 99), by=address)

    def _consent(self, address: str) -> None:
        token, secret = self._at(address)
        with self.unit() as uow:
            ticked = frozenset(f.name for f in bench(uow, self.home.kit.now(), token, secret).statements)
        consent(self.home.kit, PHONE, token, secret, ticked, agreed=True)
        say(consented=address)

    def _sign(self, address: str, hand: Hand | None, pin: str) -> None:
        sign(self.home.kit, PHONE, *self._at(address), hand, pin, pin)
        say(signed=address)

    def _ready(self, address: str) -> None:
        for step in (self._enter, self._read, self._consent):
            step(address)

    def enter(self) -> None:
        self._enter(FIRST.email)

    def read(self) -> None:
        self._read(FIRST.email)

    def agree(self) -> None:
        self._consent(FIRST.email)

    def first(self) -> None:
        self._sign(FIRST.email, HAND, PIN)

    def keeper(self) -> None:
        self._ready(SEAL.email)

    def seal_(self) -> None:
        self._sign(SEAL.email, None, SEAL_PIN)

    def other(self) -> None:
        self._ready(SECOND.email)

    def second(self) -> None:
        self._sign(SECOND.email, TYPED, PIN)

    # ---- afterwards

    def finish(self) -> None:
        done, faults = finish_due(self.home.kit)
        assert not faults, faults
        if done:
            say(finished=done)

    def evidence(self) -> None:
        with self.unit() as uow:
            row = latest_signing(uow.session, self.home.contract)
            due = row is not None and row.final
            kinds = list(uow.session.scalars(select(DocumentRow.kind)))
        if not due or DocumentKind.EVIDENCE.value in kinds:
            return
        room = VerificationRoom(self.folder / "pki", verifier=_Here())
        kit = EvidenceKit(
            self.home.kit, room, lambda: lambda _report, _meta: small_pdf().content, attached, self.seal.signer, self.seal
        )
        say(evidence=make_evidence(kit, LAWYER, self.home.contract)[0].id)


LIFE = SigningLife
STEPS = ("start", "enter", "read", "agree", "first", "keeper", "seal_", "other", "second", "finish", "evidence")
UNWATCHED = frozenset({"keeper", "other"})
"""What the first signatory is watched at, they do as well."""
STAGES = (("start",), ("enter", "read", "agree", "first"), ("keeper", "seal_"), ("other", "second"), ("finish", "evidence"))
"""The steps in parts that can each begin from what the part before left."""


def prepare(url: str, folder: Path) -> None:
    """An approved text that three people are to sign and seal, the seal released."""
    engine = open_engine(url)
    Sealed(lambda: UnitOfWork(engine), folder, ANSWERS).release()
    engine.dispose()
