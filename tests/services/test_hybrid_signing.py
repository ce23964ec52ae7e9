"""``sign.mode`` hybrid (11.1): one party signs electronically, the other with ink; either first; the electronic text is what counts."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from app.domain.errors import ContractError
from app.domain.execution import Medium
from app.domain.lifecycle import Stage
from app.intake.scans import read_scans
from app.intake.uploads import inspect_upload
from app.rendering.print_copy import print_copy as make_copy
from app.services.filing import load_contract
from app.services.paper_signing import PaperKit, PaperRecord, check_scan, print_copy, record_paper
from app.services.signing_finish import finish
from app.services.signing_plan import Assigned
from app.services.verifying import text_facts
from app.store.effects import signing_dates_of
from tests.intake.scanning import as_pdf, page_of, scanned
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, TODAY
from tests.services.signing_house import A_SEAL, A_SIGN, B_SEAL, B_SIGN, PEOPLE, SEAL_PIN, Held, House, approved, house
from tests.services.snapshots import filled

ANSWERS = {"sign.mode": "hybrid", "effect.condition": "seal_and_sign", "sign.required_marks": ["seal", "signature"]}
HYBRID = (*PEOPLE[:2], *(replace(p, medium=Medium.PAPER, email="") for p in PEOPLE[2:]))


def _hybrid(units: Units) -> Held:
    """One side signs with ink."""
    return Held(units, approved(units, ANSWERS))


contract = filled(_hybrid, ("sqlite",))


@pytest.fixture
def home(contract: Held, tmp_path: Path) -> House:
    return house(contract.units, tmp_path, contract=contract.contract)


@pytest.fixture
def kit(home: House) -> PaperKit:
    return PaperKit(home.kit, make_copy, read_scans, lambda content, name: inspect_upload(content, name, 20_000_000))


def by_hand(home: House) -> None:
    home.sign(PEOPLE[0].email)
    home.sign(PEOPLE[1].email, None, SEAL_PIN)


def with_ink(home: House, kit: PaperKit) -> bool:
    _, copy = print_copy(kit, LAWYER, home.contract)
    scan = check_scan(
        kit, LAWYER, home.contract, [("扫描.pdf", as_pdf([scanned(page_of(copy, n, 150), 0.4 * n, n) for n in (1, 2, 3, 4)]))]
    )
    days = {B_SIGN: TODAY, B_SEAL: TODAY}
    record = PaperRecord(days, "北京市海淀区", 4, "乙方合同专用章", frozenset(scan.report.to_be_seen), "经核对与定稿一致")
    return record_paper(kit, LAWYER, home.contract, scan.id, record)


def framed(pdf: bytes) -> set[str]:
    """Fields that show the frame which guides a seal."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fields: Any = opened.Root.AcroForm.Fields
        shown = {str(f.T): f.AP.N for f in fields if "/AP" in f and isinstance(f.AP.get("/N"), pikepdf.Stream)}
        drawings = {name: n.get("/Resources", {}).get("/XObject", {}).get("/Whole") for name, n in shown.items()}
        return {name for name, whole in drawings.items() if whole is not None and b"0.6 0.6 0.6 rg" in whole.read_bytes()}


@pytest.mark.parametrize(("contract", "ink_first"), [("sqlite", False), ("postgresql", True)], indirect=["contract"])
def test_one_signs_electronically_the_other_with_ink_and_the_file_says_so(home: House, kit: PaperKit, ink_first: bool) -> None:
    signing = home.start(HYBRID)
    assert framed(home.kit.blobs.get(home.signing.frozen)) == {A_SEAL, B_SEAL}
    assert home.mails(PEOPLE[0].email)
    assert not home.mails(PEOPLE[2].email)
    if ink_first:
        assert with_ink(home, kit) is False
        by_hand(home)
    else:
        by_hand(home)
        assert with_ink(home, kit) is True
    assert finish(home.kit, signing) is True
    assert framed(home.kit.blobs.get(home.signing.final)) == set()
    verdict = home.verdict()
    assert verdict.ok, [r.english for r in verdict.reasons]
    assert {s.field for s in verdict.signatures if s.kind == "signature"} == {A_SIGN, A_SEAL}
    with pikepdf.open(io.BytesIO(home.kit.blobs.get(home.signing.final))) as opened:
        fields: Any = opened.Root.AcroForm.Fields
        values = {str(f.T): str(f.get("/V", "")) for f in fields if str(f.T) in (B_SIGN, B_SEAL)}
    told = f"{TODAY.year}年{TODAY.month}月{TODAY.day}日以纸质签署，见纸质原件"
    assert values[B_SIGN] == values[B_SEAL] == told
    row = home.signing
    with home.units() as uow:
        assert load_contract(uow, LAWYER, home.contract).state.stage is Stage.ACTIVE
        assert len(signing_dates_of(uow.session, home.contract)) == 4
        facts = text_facts(uow, row.digest)
        assert facts is not None
        assert facts.file == row.final, "the electronic text counts where both differ"
        assert [m.medium for m in facts.marks] == [Medium.ELECTRONIC] * 2 + [Medium.PAPER] * 2


@pytest.mark.parametrize("people", [PEOPLE, tuple(replace(p, medium=Medium.PAPER) for p in PEOPLE), (*HYBRID[:3], PEOPLE[3])])
def test_any_other_mixture_is_refused_with_its_reason(home: House, people: tuple[Assigned, ...]) -> None:
    with pytest.raises(ContractError, match="合同约定一方电子、一方纸质，每一方须只用一种方式，且双方不同") as told:
        home.start(people)
    assert told.value.code == "execution.plan"
