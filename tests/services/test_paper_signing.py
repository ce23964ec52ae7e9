"""A contract signed with ink: print copy, scan, a person's word, executed. And what is refused on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.execution import Medium
from app.domain.lifecycle import Stage
from app.domain.paper_signing import SheetState
from app.domain.permissions import Actor, Forbidden, Role
from app.intake.scans import read_scans
from app.intake.uploads import inspect_upload
from app.rendering.print_copy import print_copy as make_copy
from app.services.filing import DocumentKind, load_contract
from app.services.paper_signing import PaperKit, PaperRecord, check_scan, paper_view, picture, print_copy, record_paper
from app.services.record import require_contract
from app.services.taking_over import ON_PAPER
from app.store.audit import entries_of
from app.store.documents import documents_of
from app.store.effects import signing_dates_of
from app.store.signings import events_of
from tests.intake.scanning import altered, as_pdf, page_of, scanned
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, TODAY
from tests.services.signing_house import PEOPLE, Held, House, approved, house
from tests.services.snapshots import filled

INK = tuple(replace(p, medium=Medium.PAPER, email="") for p in PEOPLE)
ANSWERS = {"sign.mode": "wet_sign", "effect.condition": "seal_and_sign", "sign.required_marks": ["seal", "signature"]}


def _wet(units: Units) -> Held:
    """Both sides sign with ink."""
    return Held(units, approved(units, ANSWERS))


contract = filled(_wet, ("sqlite",))


@pytest.fixture
def home(contract: Held, tmp_path: Path) -> House:
    return house(contract.units, tmp_path, contract=contract.contract)


@pytest.fixture
def kit(home: House) -> PaperKit:
    return PaperKit(home.kit, make_copy, read_scans, lambda content, name: inspect_upload(content, name, 20_000_000))


def record(home: House, **more: object) -> PaperRecord:
    days = {p.place: TODAY for p in INK}
    return replace(PaperRecord(days, "北京市海淀区", 4, "双方合同专用章，骑缝章各一"), **more)  # type: ignore[arg-type]


def refused(code: str) -> pytest.RaisesExc[ContractError]:
    return pytest.RaisesExc(ContractError, check=lambda e: e.code == code)


def test_from_the_print_copy_to_a_contract_formed_on_paper(home: House, kit: PaperKit) -> None:
    with home.units() as uow:
        assert paper_view(uow, LAWYER, home.contract) is None
    with refused("paper.none"):
        print_copy(kit, LAWYER, home.contract)
    home.start(INK)
    name, copy = print_copy(kit, LAWYER, home.contract)
    assert name.endswith("-打印签署件.pdf")
    sheets = [scanned(page_of(copy, n, 150), 0.4 * n, n) for n in (1, 2, 3, 4)]
    with refused("paper.files"):
        check_scan(kit, LAWYER, home.contract, [])
    short = check_scan(kit, LAWYER, home.contract, [("扫描.pdf", as_pdf(sheets[3:]))])
    assert short.report.missing == (1, 2, 3)
    with refused("paper.scan"):
        record_paper(kit, LAWYER, home.contract, short.id, record(home))

    sheets[1] = scanned(altered(copy, 2, "壹佰贰拾", "提供互联"))
    scan = check_scan(kit, LAWYER, home.contract, [("扫描.pdf", as_pdf(sheets))])
    assert [j.state for j in scan.report.sheets if j.page != 4] == [SheetState.SAME, SheetState.CHANGED, SheetState.SAME]
    assert picture(kit, LAWYER, home.contract, scan.pictures[2])
    assert picture(kit, LAWYER, home.contract, home.signing.frozen) is None
    seen = frozenset(scan.report.to_be_seen)
    for code, given in (
        ("paper.outdated", (short.id, record(home, seen=seen))),
        ("paper.unseen", (scan.id, record(home))),
        ("paper.remark", (scan.id, record(home, seen=seen))),
    ):
        with refused(code):
            record_paper(kit, LAWYER, home.contract, *given)
    sound = record(home, seen=seen, remark="第2页经核对与定稿一致")
    for wrong in ({"where": " "}, {"originals": 0}, {"seals": ""}, {"on": {}}):
        with refused("paper.record"):
            record_paper(kit, LAWYER, home.contract, scan.id, replace(sound, **wrong))  # type: ignore[arg-type]
    with refused("execution.date"):
        record_paper(kit, LAWYER, home.contract, scan.id, replace(sound, on={p.place: date(2026, 1, 1) for p in INK}))

    for day, why in ((TODAY + timedelta(days=1), "不能晚于今天"), (TODAY - timedelta(days=1), "早于签署日")):
        with pytest.raises(InputError, match=why):
            record_paper(kit, LAWYER, home.contract, scan.id, replace(sound, taken_over_on=day))
    assert record_paper(kit, LAWYER, home.contract, scan.id, replace(sound, taken_over_on=TODAY)) is True
    signing = home.signing.id
    with home.units() as uow:
        assert load_contract(uow, LAWYER, home.contract).state.stage is Stage.ACTIVE
        assert require_contract(uow, home.contract).taken_over_on == TODAY
        said = [json.loads(e.data) for e in entries_of(uow.session, home.contract) if e.action == "obligation.taken_over"]
        assert [(x["day"], x["reason"]) for x in said] == [(TODAY.isoformat(), ON_PAPER)], "said once, before the effect"
        filed = documents_of(uow.session, home.contract)
        assert [(d.kind, d.name) for d in filed] == [(DocumentKind.SIGNED.value, "扫描.pdf")]
        assert {r.signed_on for r in signing_dates_of(uow.session, home.contract)} == {TODAY}
        done = json.loads(next(e for e in events_of(uow.session, signing) if e.kind == "paper_signed").data)
        view = paper_view(uow, LAWYER, home.contract)
    assert (done["originals"], done["remark"], done["seen"]) == (4, "第2页经核对与定稿一致", sorted(seen))
    assert view is not None
    assert not view.open
    with refused("paper.none"):
        record_paper(kit, LAWYER, home.contract, scan.id, sound)


def test_only_who_leads_the_signing_may(home: House, kit: PaperKit) -> None:
    home.start(INK)
    reader = Actor("审计", "auditor", frozenset({Role.AUDITOR}))
    with home.units() as uow:
        view = paper_view(uow, reader, home.contract)
    assert view is not None
    assert next(p.label for p in view.places).startswith("甲方签名")
    for deed in (lambda: print_copy(kit, reader, home.contract), lambda: check_scan(kit, reader, home.contract, [])):
        with pytest.raises(Forbidden):
            deed()
