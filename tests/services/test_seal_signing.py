"""Seals in the electronic signature: released by their keeper, shown as registered, logged with the signature. Taken back and stopped, over both databases."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest

from app.domain.documents import DocumentMeta, RenderedPdf
from app.domain.errors import ContractError
from app.domain.seal_register import SealMove, UseMedium, UseState
from app.domain.signing_form import SeamPages, SeamWish
from app.domain.tree import Instrument
from app.services.seal_signing import log_use, seal_for_signature, seal_shown_at
from app.services.seal_use import release, seal_desk, uses_of
from app.services.sealing import move_seal
from app.services.signing_finish import finish
from app.store.contracts import find_contract
from signatures.drawing import MM
from signatures.verification.verdict import Outcome
from tests.services.fixtures import LAWYER, NOW, TODAY
from tests.services.sealed_house import Sealed
from tests.services.sealing import KEEPER, POST
from tests.services.signing_house import PEOPLE, SEAL_PIN, TYPED, Held, hands_and_seals, small_pdf, small_tools
from tests.services.snapshots import filled, over_both

held = filled(hands_and_seals, ("sqlite",))
LIN, ZHOU, SHEN, HE = (p.email for p in PEOPLE)


@pytest.fixture
def sealed(held: Held, tmp_path: Path) -> Sealed:
    return Sealed(held.units, tmp_path, contract=held.contract)


def with_pages(made: RenderedPdf, count: int) -> RenderedPdf:
    """The same file with empty pages behind."""
    with pikepdf.open(io.BytesIO(made.content)) as document:
        while len(document.pages) < count:
            document.add_blank_page(page_size=(595.276, 841.89))
        target = io.BytesIO()
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return replace(made, content=target.getvalue(), page_count=count)


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


def test_the_registered_seal_and_both_seams_are_in_the_finished_file_and_its_use_in_the_log(sealed: Sealed) -> None:
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
    with sealed.home.units() as uow:
        (use,) = uses_of(uow, KEEPER, sealed.seal)
        (application,) = seal_desk(uow, LAWYER, TODAY, home.contract).applications
        shown = seal_shown_at(uow, home.kit.safe, f"{signing.id}:{place.id}")
    assert (use.medium, use.by, use.seam, use.serial) == (UseMedium.ELECTRONIC, "周保管", True, place.serial)
    assert application.state is UseState.USED
    assert shown is not None
    assert (shown.width, shown.kind) == (42.0, "official")


def test_a_party_that_keeps_seals_here_does_not_seal_without_a_release(sealed: Sealed) -> None:
    home = sealed.home
    sealed.start(SeamWish())
    with pytest.raises(ContractError, match="还没有为这份文本放行") as refused:
        home.sign(ZHOU, None, SEAL_PIN)
    assert refused.value.code == "seal.unreleased"
    sealed.release()
    home.sign(ZHOU, None, SEAL_PIN)
    assert _kinds(home.kit.blobs.get(home.signing.frozen))["seam_party_a"] == {"/Tx"}, "released after the freeze"
    with sealed.home.units() as uow:
        assert len(uses_of(uow, KEEPER, sealed.seal)) == 1


@over_both("held")
def test_a_release_taken_back_or_a_seal_stopped_meanwhile_stops_the_signature(sealed: Sealed) -> None:
    home = sealed.home
    application = sealed.release()
    with sealed.home.units() as uow:
        contract = find_contract(uow.session, home.contract)
        assert contract is not None
        digest = seal_desk(uow, LAWYER, TODAY, home.contract).digest
        seal = seal_for_signature(uow, home.kit.safe, contract, "party_a", digest)
        assert seal is not None
        with pytest.raises(ContractError, match="没有为这份文本放行"):
            seal_for_signature(uow, home.kit.safe, contract, "party_a", "0" * 64)
        assert seal_for_signature(uow, home.kit.safe, contract, "party_b", digest) is None
    with sealed.home.units() as uow:
        move_seal(uow, KEEPER, NOW, TODAY, sealed.seal, SealMove.SUSPEND, "印章疑似被盗用，先行停用")
    words = {"place": "x:y", "serial": "AB", "by": "周保管", "seam": False}
    with sealed.home.units() as uow, pytest.raises(ContractError, match="停用"):
        log_use(uow, NOW, TODAY, home.contract, seal, **words)  # type: ignore[arg-type]
    with sealed.home.units() as uow:
        release(uow, KEEPER, NOW, TODAY, POST, home.contract, application, back=True)
    with sealed.home.units() as uow, pytest.raises(ContractError, match="收回印章的放行"):
        log_use(uow, NOW, TODAY, home.contract, seal, **words)  # type: ignore[arg-type]


def test_seams_on_odd_pages_only_in_the_plan_lie_on_odd_pages_of_the_file(sealed: Sealed) -> None:
    sealed.start(SeamWish(SeamPages.ODD))
    frozen = sealed.home.kit.blobs.get(sealed.home.signing.frozen)
    assert _pages(frozen) == {key: ["p1", "p3"] for key in ("seam_party_a", "seam_party_b")}


def test_a_long_contract_gets_several_seams_each_whole_over_a_group_of_pages(sealed: Sealed) -> None:
    """Eight pages, at most three of them to a seal: three of 3, 3 and 2 pages, whose slices lie side by side from the seal's left edge on."""
    home = sealed.home
    sealed.release()
    longer = with_pages(small_pdf(), 8)

    class Longer:
        def render(self, instrument: Instrument, meta: DocumentMeta, attach: Callable[[dict[str, int]], object]) -> RenderedPdf:
            attach({})
            return longer

    tools = replace(small_tools(), pdf=Longer())  # type: ignore[arg-type]
    home.kit = replace(home.kit, tools=lambda: tools)
    sealed.start(SeamWish(most_pages=3))
    frozen = home.kit.blobs.get(home.signing.frozen)
    assert _pages(frozen)["seam_party_a"] == [f"p{n}" for n in range(1, 9)]
    with pikepdf.open(io.BytesIO(frozen)) as document:
        (seam,) = (f for f in document.Root.AcroForm.Fields if str(f.get("/T", "")) == "seam_party_a")
        spans = []
        for kid in seam.Kids:
            x1, _, x2, _ = (float(v) for v in kid.Rect)
            shown = kid.AP.N["/Yes"].read_bytes().decode()
            (start,) = re.findall(r"1 0 0 1 (\S+) 0 cm", shown)
            spans.append((-float(start), -float(start) + x2 - x1))
    groups = [spans[0:3], spans[3:6], spans[6:8]]
    for group in groups:
        assert group[0][0] == 0
        assert group[-1][1] == pytest.approx(42 * MM, abs=0.01)
        assert all(a[1] == pytest.approx(b[0], abs=0.01) for a, b in pairwise(group)), "no gap and no overlap"
        assert max(b - a for a, b in group) - min(b - a for a, b in group) <= 0.01


def test_seams_that_could_not_be_seen_in_print_are_refused() -> None:
    with pytest.raises(ContractError, match="3至14页"):
        SeamWish(most_pages=15)
