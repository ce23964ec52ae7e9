"""A house with a seal: its keeper, approver and user appointed, the demonstration contract's first party its owner."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta

from PIL import Image, ImageDraw

from app.domain.permissions import Actor, Role
from app.domain.seal_register import SealKind, SealLook, SealMove, SealOffice
from app.intake.uploads import inspect_upload
from app.library.answers_file import load_example
from app.notify.mail_texts import write_mail
from app.services.registering import create_organisation
from app.services.seal_mails import Post
from app.services.sealing import SealDetails, appoint, move_seal, register_seal
from app.store.blobs import BlobStore
from tests.services.approving import Office, ready_contract
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, TODAY, ensure, organisation

KEEPER = Actor("章保管", "keeper", frozenset({Role.APPROVER}))
CHIEF = Actor("印审批", "chief", frozenset({Role.APPROVER}))
POST = Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/seals")
YEAR = timedelta(days=365)


def inspect(content: bytes, name: str) -> str:
    return inspect_upload(content, name, 1 << 20)


def seal_picture() -> bytes:
    """A red round seal on white paper, PNG."""
    image = Image.new("RGB", (640, 640), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((70, 70, 570, 570), outline=(200, 20, 30), width=16)
    pen.polygon([(320, 230), (345, 300), (420, 300), (360, 345), (385, 420), (320, 375), (255, 420), (280, 345), (220, 300), (295, 300)],
                fill=(200, 20, 30))  # fmt: skip
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@dataclass
class SealHouse:
    units: Units
    blobs: BlobStore
    organisation: str
    contract: str = ""

    def seal(
        self, kind: SealKind = SealKind.CONTRACT, look: SealLook = SealLook.DRAWN, size: float = 40.0, *, enabled: bool = True
    ) -> str:
        with self.units() as uow:
            seal_id = register_seal(uow, LAWYER, NOW, SealDetails(self.organisation, kind, f"示例{kind.label}", look, size))
        for person, office in ((KEEPER, SealOffice.KEEPER), (CHIEF, SealOffice.APPROVER), (LAWYER, SealOffice.USER)):
            self.appoint(seal_id, person, office)
        if enabled:
            with self.units() as uow:
                move_seal(uow, LAWYER, NOW, TODAY, seal_id, SealMove.ENABLE)
        return seal_id

    def appoint(self, seal_id: str, person: Actor, office: SealOffice, until: date = TODAY + YEAR) -> str:
        with self.units() as uow:
            return appoint(
                uow, LAWYER, NOW, TODAY, self.blobs, inspect, seal_id, person=person.id, office=office, number="用印授〔2026〕1号",
                valid_from=TODAY, valid_until=until, file_name="授权书.txt", content="授权".encode(),
            )  # fmt: skip


def seal_house(units: Units, blobs: BlobStore, *, approved: bool = False) -> SealHouse:
    """``approved``: with the demonstration contract approved; its first party owns the seals."""
    party = load_example().data["party_a"]
    details = organisation(name=party["name"], uscc=party["uscc"], legal_representative="张三", own=True)
    with units() as uow:
        ensure(uow, LAWYER, KEEPER, CHIEF)
        uow.commit()
    with units() as uow:
        made = create_organisation(uow, LAWYER, NOW, details)
    house = SealHouse(units, blobs, made)
    if approved:
        with units() as uow:
            house.contract = ready_contract(uow)
        office = Office(units, house.contract)
        office.submit()
        office.approve_all()
    return house
