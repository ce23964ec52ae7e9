"""A contract that may be signed, whose first party keeps a seal here with an uploaded image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.domain.execution import Order
from app.domain.seal_register import SealKind, SealLook, SealMove, UseMedium, UseRequest
from app.domain.signing_form import SeamWish
from app.seal_studio import Studio
from app.services.registering import create_organisation
from app.services.seal_signing import Safe
from app.services.seal_use import apply_for_seal, decide, release
from app.services.sealing import move_seal, put_image
from app.services.signing_plan import Assigned, Plan
from app.services.signing_start import start
from app.store.contracts import ContractPartyRow
from app.store.vault import Vault
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, TODAY, ensure, organisation, reference
from tests.services.sealing import CHIEF, KEEPER, POST, SealHouse, seal_picture
from tests.services.signing_house import PEOPLE, House, house

VAULT = Vault(bytes(range(32)))
ELECTRONIC = UseRequest(UseMedium.ELECTRONIC, "服务外包合同", 1, True, "与乙方电子签署合同")


class Sealed:
    """The house, its seal in use; released by ``release``."""

    def __init__(self, units: Units, folder: Path, answers: Mapping[str, Any] | None = None, *, contract: str = "") -> None:
        home = house(units, folder, answers, contract=contract)
        home.kit = replace(home.kit, safe=Safe(home.kit.blobs, VAULT))
        self.home: House = home
        with units() as uow:
            ensure(uow, LAWYER, KEEPER, CHIEF)
            uow.commit()
        with units() as uow:
            own = create_organisation(uow, LAWYER, NOW, organisation(own=True))
        with units() as uow:
            statement = select(ContractPartyRow).where(
                ContractPartyRow.contract_id == home.contract, ContractPartyRow.role == "a"
            )
            uow.session.scalars(statement).one().organisation_id = own
            uow.commit()
        seals = SealHouse(units, home.kit.blobs, own, home.contract)
        self.seal = seals.seal(SealKind.OFFICIAL, SealLook.IMAGE, enabled=False)
        with units() as uow:
            put_image(uow, KEEPER, NOW, TODAY, home.kit.blobs, VAULT, Studio(), self.seal, content=seal_picture(), width_mm=42,
                      confirmed=True)  # fmt: skip
        with units() as uow:
            move_seal(uow, LAWYER, NOW, TODAY, self.seal, SealMove.ENABLE)

    def release(self) -> str:
        home = self.home
        with home.units() as uow:
            application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, home.contract, self.seal, ELECTRONIC)
        with home.units() as uow:
            decide(uow, CHIEF, NOW, TODAY, POST, home.contract, application, approve=True)
        with home.units() as uow:
            release(uow, KEEPER, NOW, TODAY, POST, home.contract, application)
        return application

    def start(self, seam: SeamWish | None = None, people: tuple[Assigned, ...] = PEOPLE) -> str:
        home = self.home
        plan = Plan(Order.PARALLEL, home.at[0].date(), people, seam)
        return start(home.kit, LAWYER, reference().calendar, home.contract, plan)
