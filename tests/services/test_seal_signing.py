"""Seals in the electronic signature: released by their keeper, shown as registered, logged with the signature. Over both databases."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest

from app.domain.errors import ContractError
from app.domain.seal_register import SealMove, UseMedium, UseState
from app.domain.signing_form import SeamPages, SeamWish
from app.services.seal_signing import log_use, seal_for_signature, seal_shown_at
from app.services.seal_use import release, seal_desk, uses_of
from app.services.sealing import move_seal
from app.services.signing_finish import finish
from app.store.contracts import find_contract
from signatures.verification.verdict import Outcome
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, TODAY
from tests.services.sealed_house import Sealed
from tests.services.sealing import KEEPER, POST
from tests.services.signing_house import PEOPLE, SEAL_PIN, TYPED

LIN, ZHOU, SHEN, HE = (p.email for p in PEOPLE)


@pytest.fixture
def sealed(units: Units, tmp_path: Path) -> Sealed:
    return Sealed(units, tmp_path)


def _pages(pdf: bytes) -> dict[str, list[str]]:
    """Of each seam: the pages that it lies on."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        seams = [f for f in document.Root.AcroForm.Fields if str(f.get("/T", "")).startswith("seam_")]
        return {str(f.T): [str(kid.T) for kid in f.Kids] for f in seams}


def _kinds(pdf: bytes) -> dict[str, set[str]]:
    """Of each seam: what fields it has, and whether they show."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = {}
        for field in document.Root.AcroForm.Fields:
            if str(field.get("/T", "")).startswith("seam_"):
                found[str(field.T)] = {f"{kid.FT}{kid.get('/AS', '')}" for kid in field.Kids}
        return found


def test_the_registered_seal_and_both_seams_are_in_the_finished_file_and_its_use_in_the_log(units: Units, sealed: Sealed) -> None:
    home = sealed.home
    sealed.release()
    sealed.start(SeamWish(SeamPages.ALL, skip_cover=True))
    assert _pages(home.kit.blobs.get(home.signing.frozen)) == {
        key: ["p2", "p3", "p4"] for key in ("seam_party_a", "seam_party_b")
    }
    frozen = _kinds(home.kit.blobs.get(home.signing.frozen))
    assert frozen == {"seam_party_a": {"/Btn/Off"}, "seam_party_b": {"/Tx"}}, "released before: held; unknown before: comes later"
    home.sign(LIN)
    home.sign(ZHOU, None, SEAL_PIN)
    home.sign(SHEN, TYPED)
    assert home.sign(HE, None, SEAL_PIN)
    assert _kinds(home.kit.blobs.get(home.signing.file))["seam_party_a"] == {"/Btn/Yes"}
    assert finish(home.kit, home.signing.id)
    assert home.verdict().outcome is not Outcome.INVALID
    signing = home.signing
    place = next(p for p in signing.places if p.email == ZHOU)
    with units() as uow:
        (use,) = uses_of(uow, KEEPER, sealed.seal)
        (application,) = seal_desk(uow, LAWYER, TODAY, home.contract).applications
        shown = seal_shown_at(uow, home.kit.safe, f"{signing.id}:{place.id}")
    assert (use.medium, use.by, use.seam, use.serial) == (UseMedium.ELECTRONIC, "周保管", True, place.serial)
    assert application.state is UseState.USED
    assert shown is not None
    assert (shown.width, shown.kind) == (42.0, "official")


def test_a_party_that_keeps_seals_here_does_not_seal_without_a_release(units: Units, sealed: Sealed) -> None:
    home = sealed.home
    sealed.start(SeamWish())
    with pytest.raises(ContractError, match="还没有为这份文本放行") as refused:
        home.sign(ZHOU, None, SEAL_PIN)
    assert refused.value.code == "seal.unreleased"
    sealed.release()
    home.sign(ZHOU, None, SEAL_PIN)
    assert _kinds(home.kit.blobs.get(home.signing.frozen))["seam_party_a"] == {"/Tx"}, "released after the freeze"
    with units() as uow:
        assert len(uses_of(uow, KEEPER, sealed.seal)) == 1


def test_a_release_taken_back_or_a_seal_stopped_meanwhile_stops_the_signature(units: Units, sealed: Sealed) -> None:
    home = sealed.home
    application = sealed.release()
    with units() as uow:
        contract = find_contract(uow.session, home.contract)
        assert contract is not None
        digest = seal_desk(uow, LAWYER, TODAY, home.contract).digest
        seal = seal_for_signature(uow, home.kit.safe, contract, "party_a", digest)
        assert seal is not None
        with pytest.raises(ContractError, match="没有为这份文本放行"):
            seal_for_signature(uow, home.kit.safe, contract, "party_a", "0" * 64)
        assert seal_for_signature(uow, home.kit.safe, contract, "party_b", digest) is None
    with units() as uow:
        move_seal(uow, KEEPER, NOW, TODAY, sealed.seal, SealMove.SUSPEND, "印章疑似被盗用，先行停用")
    words = {"place": "x:y", "serial": "AB", "by": "周保管", "seam": False}
    with units() as uow, pytest.raises(ContractError, match="停用"):
        log_use(uow, NOW, TODAY, home.contract, seal, **words)  # type: ignore[arg-type]
    with units() as uow:
        release(uow, KEEPER, NOW, TODAY, POST, home.contract, application, back=True)
    with units() as uow, pytest.raises(ContractError, match="收回印章的放行"):
        log_use(uow, NOW, TODAY, home.contract, seal, **words)  # type: ignore[arg-type]


def test_seams_on_odd_pages_only_in_the_plan_lie_on_odd_pages_of_the_file(sealed: Sealed) -> None:
    sealed.start(SeamWish(SeamPages.ODD))
    frozen = sealed.home.kit.blobs.get(sealed.home.signing.frozen)
    assert _pages(frozen) == {key: ["p1", "p3"] for key in ("seam_party_a", "seam_party_b")}


def test_seams_that_could_not_be_seen_in_print_are_refused() -> None:
    with pytest.raises(ContractError, match="3至14页"):
        SeamWish(most_pages=15)
