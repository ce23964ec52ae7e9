"""The register of seals and their use, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.domain.errors import ContractError, InputError
from app.domain.permissions import Forbidden
from app.domain.seal_register import (
    PaperUse,
    SealKind,
    SealLook,
    SealMove,
    SealOffice,
    SealState,
    UseMedium,
    UseMove,
    UseRequest,
    UseState,
)
from app.seal_studio import Studio
from app.services.confidentiality import Closure, set_confidentiality
from app.services.deciding import revoke
from app.services.seal_use import apply_for_seal, decide, my_tasks, register_use, release, seal_desk, uses_of, withdraw
from app.services.sealing import (
    SealDetails,
    dismiss,
    load_seal,
    move_seal,
    open_authority,
    open_image,
    open_preview,
    put_image,
    register_seal,
    require_seal,
)
from app.store.audit import entries_of
from app.store.blobs import BlobStore
from app.store.outbox import messages
from app.store.vault import SecretUnreadable, Vault
from tests.services.approving import LEGAL, post
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, TODAY, later
from tests.services.sealing import CHIEF, KEEPER, POST, SealHouse, seal_house, seal_picture
from tests.services.sharing import both_databases

VAULT = Vault(bytes(range(32)))
PAPER = UseRequest(UseMedium.PAPER, "服务外包合同正本", 4, True, "与乙方签订服务外包合同")
ELECTRONIC = UseRequest(UseMedium.ELECTRONIC, "服务外包合同", 1, True, "与乙方电子签署合同")


@pytest.fixture
def house(units: Units, blobs: BlobStore) -> SealHouse:
    return seal_house(units, blobs)


@pytest.fixture
def signing(units: Units, blobs: BlobStore) -> SealHouse:
    return seal_house(units, blobs, approved=True)


def test_a_seal_goes_from_its_making_to_its_end_and_every_step_is_logged(units: Units, house: SealHouse) -> None:
    seal_id = house.seal()
    for move in (SealMove.SUSPEND, SealMove.SURRENDER, SealMove.DESTROY):
        with units() as uow:
            move_seal(uow, LAWYER, NOW, TODAY, seal_id, move, "行政部经办，法务部监督")
    with units() as uow:
        assert load_seal(uow, LAWYER, TODAY, seal_id).seal.state is SealState.DESTROYED
        actions = [e.action for e in entries_of(uow.session, seal_id)]
    assert actions == ["seal.registered", *["seal.appointed"] * 3, *["seal.moved"] * 4]


def test_registering_is_for_own_companies_and_sizes_the_rules_know(units: Units, house: SealHouse) -> None:
    for details, words in (
        (SealDetails("", SealKind.OFFICIAL, "公章", SealLook.DRAWN, 40), "本方主体"),
        (SealDetails(house.organisation, SealKind.OFFICIAL, "公章", SealLook.DRAWN, 45.5), "国发"),
        (SealDetails(house.organisation, SealKind.REPRESENTATIVE, "名章", SealLook.DRAWN, 40), "18至25"),
        (SealDetails(house.organisation, SealKind.OFFICIAL, " ", SealLook.NONE, 40), "名称"),
    ):
        with units() as uow, pytest.raises(InputError, match=words):
            register_seal(uow, LAWYER, NOW, details)
    with units() as uow, pytest.raises(Forbidden):
        register_seal(uow, OTHER, NOW, SealDetails(house.organisation, SealKind.OFFICIAL, "公章", SealLook.NONE, 40))


def test_the_keeper_alone_uploads_the_image_confirms_the_right_and_it_lies_sealed(
    units: Units, blobs: BlobStore, house: SealHouse
) -> None:
    seal_id = house.seal(look=SealLook.IMAGE, enabled=False)

    def put(actor: object = KEEPER, *, confirmed: bool = True) -> tuple[str, ...]:
        with units() as uow:
            return put_image(uow, actor, NOW, TODAY, blobs, VAULT, Studio(), seal_id, content=seal_picture(), width_mm=40,  # type: ignore[arg-type]
                             confirmed=confirmed)  # fmt: skip

    with pytest.raises(ContractError, match="您不是这枚合同专用章的保管人"):
        put(LAWYER)
    with pytest.raises(ContractError, match="请确认您有权"):
        put(confirmed=False)
    assert put() == ()
    with units() as uow:
        view, row = load_seal(uow, KEEPER, TODAY, seal_id), require_seal(uow, seal_id)
        png, kind, preview = open_image(row, blobs, VAULT), *open_preview(uow, LAWYER, blobs, Studio(), seal_id)
        entry = entries_of(uow.session, seal_id)[-1]
        digest = row.image_digest
        with pytest.raises(SecretUnreadable):
            open_image(row, blobs, Vault(bytes(32)))
    assert view.image_size is not None
    assert view.image_size[0] == 40
    assert abs(view.image_size[1] - 40) < 1
    assert png.startswith(b"\x89PNG")
    assert kind == "image/png"
    assert preview != png
    assert all(png not in blobs.get(name) for name in blobs.names()), "the image lies nowhere in the open"
    assert "我有权将其用于本单位的电子签署" in entry.data
    assert digest in entry.data
    with units() as uow:
        move_seal(uow, LAWYER, NOW, TODAY, seal_id, SealMove.ENABLE)
    with pytest.raises(ContractError, match="请先停用"):
        put()


def test_the_keeper_may_stop_the_seal_at_once_but_not_start_it(units: Units, house: SealHouse) -> None:
    seal_id = house.seal()
    with units() as uow, pytest.raises(Forbidden):
        move_seal(uow, CHIEF, NOW, TODAY, seal_id, SealMove.SUSPEND, "保管柜被撬，立即停用")
    with units() as uow:
        move_seal(uow, KEEPER, NOW, TODAY, seal_id, SealMove.SUSPEND, "保管柜被撬，立即停用")
    with units() as uow, pytest.raises(Forbidden):
        move_seal(uow, KEEPER, NOW, TODAY, seal_id, SealMove.ENABLE)


@both_databases
def test_an_authority_is_kept_with_its_document_and_taken_back_with_a_reason(
    units: Units, blobs: BlobStore, house: SealHouse
) -> None:
    seal_id = house.seal()
    with units() as uow:
        grant = load_seal(uow, KEEPER, TODAY, seal_id).grants[0].grant
        assert open_authority(uow, KEEPER, blobs, seal_id, grant.id)[2].decode() == "授权"
    with units() as uow, pytest.raises(ContractError, match="原因"):
        dismiss(uow, LAWYER, NOW, TODAY, grant.id, "离职")
    with units() as uow:
        dismiss(uow, LAWYER, NOW, TODAY, grant.id, "保管人离职，移交印章")
    with units() as uow:
        view = load_seal(uow, KEEPER, TODAY, seal_id)
    assert view.mine == frozenset()
    assert view.faults == ("没有授权在有效期内的保管人",)
    house.appoint(seal_id, LAWYER, SealOffice.KEEPER)


def test_paper_is_sealed_after_approval_and_the_log_says_which_seal_which_copies_who_and_when(
    units: Units, signing: SealHouse
) -> None:
    seal_id, contract = signing.seal(), signing.contract
    with units() as uow:
        desk = seal_desk(uow, LAWYER, TODAY, contract)
        assert [s.id for s in desk.seals] == [seal_id]
        assert desk.why_not == ""
        application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    with units() as uow, pytest.raises(ContractError, match="不能登记用印"):
        register_use(uow, KEEPER, NOW, TODAY, POST, contract, application, PaperUse(4, TODAY, "王律师"))
    with units() as uow, pytest.raises(ContractError, match=r"您不是.*审批人"):
        decide(uow, KEEPER, NOW, TODAY, POST, contract, application, approve=True)
    with units() as uow:
        assert [t.id for t in my_tasks(uow, CHIEF, TODAY)] == [application]
        assert my_tasks(uow, KEEPER, TODAY) == ()
    with units() as uow:
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=True)
    with units() as uow:
        assert [t.may for t in my_tasks(uow, KEEPER, TODAY)] == [frozenset({UseMove.USE})]
    with units() as uow, pytest.raises(InputError, match="超出批准的4份"):
        register_use(uow, KEEPER, later(1), TODAY, POST, contract, application, PaperUse(5, TODAY, "王律师"))
    with units() as uow:
        register_use(uow, KEEPER, later(2), TODAY, POST, contract, application, PaperUse(3, TODAY, "王律师", "第1至3份"))
    with units() as uow:
        (use,) = uses_of(uow, KEEPER, seal_id)
        (view,) = seal_desk(uow, LAWYER, TODAY, contract).applications
        subjects = {m.subject for m in messages(uow.session)}
        actions = [e.action for e in entries_of(uow.session, contract)]
    assert (use.copies, use.by, use.handed_to, use.used_on, use.seam) == (3, "章保管", "王律师", TODAY, True)
    assert use.digest == view.digest
    assert view.state is UseState.USED
    assert view.use == use
    assert {s.partition("（")[0] for s in subjects if "印" in s} >= {
        "成约：请审批用印申请",
        "成约：请登记用印",
        "成约：用印申请已批准",
    }
    assert actions[-3:] == ["seal.applied", "seal.approved", "seal.used"]


@both_databases
def test_the_log_of_uses_refuses_every_change(units: Units, signing: SealHouse) -> None:
    seal_id, contract = signing.seal(), signing.contract
    with units() as uow:
        application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    with units() as uow:
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=True)
    with units() as uow:
        register_use(uow, KEEPER, later(2), TODAY, POST, contract, application, PaperUse(4, TODAY, "王律师"))
    for statement in ("UPDATE seal_uses SET copies = 9", "DELETE FROM seal_uses"):
        with units() as uow, pytest.raises(DBAPIError, match="append-only"):
            uow.session.execute(text(statement))


def test_an_electronic_use_needs_the_keepers_release_which_can_be_taken_back(units: Units, signing: SealHouse) -> None:
    seal_id, contract = signing.seal(), signing.contract
    with units() as uow:
        application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, ELECTRONIC)
    with units() as uow, pytest.raises(ContractError, match="不能放行"):
        release(uow, KEEPER, NOW, TODAY, POST, contract, application)
    with units() as uow:
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=True)
    with units() as uow:
        release(uow, KEEPER, NOW, TODAY, POST, contract, application)
    with units() as uow, pytest.raises(ContractError, match="由签署本身登记"):
        register_use(uow, KEEPER, NOW, TODAY, POST, contract, application, PaperUse(1, TODAY, "王律师"))
    with units() as uow:
        release(uow, KEEPER, NOW, TODAY, POST, contract, application, back=True)
    with units() as uow:
        (view,) = seal_desk(uow, LAWYER, TODAY, contract).applications
    assert view.state is UseState.APPROVED
    assert view.released_at is None


def test_nobody_decides_on_an_own_application_and_a_refusal_has_a_reason(units: Units, signing: SealHouse) -> None:
    seal_id, contract = signing.seal(), signing.contract
    signing.appoint(seal_id, LAWYER, SealOffice.APPROVER)
    with units() as uow:
        application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    with units() as uow, pytest.raises(InputError, match="办理中的申请"):
        apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    with units() as uow, pytest.raises(ContractError, match="不能审批自己"):
        decide(uow, LAWYER, NOW, TODAY, POST, contract, application, approve=True)
    with units() as uow, pytest.raises(ContractError, match="理由"):
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=False)
    with units() as uow:
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=False, words="份数与合同约定不符")
    with units() as uow, pytest.raises(ContractError, match="已驳回，不能撤回"):
        withdraw(uow, LAWYER, NOW, contract, application)


def test_a_confidential_contract_is_sealed_by_named_people_alone(units: Units, signing: SealHouse) -> None:
    seal_id, contract = signing.seal(), signing.contract
    with units() as uow:
        set_confidentiality(uow, LAWYER, NOW, contract, confidential=True, readers=frozenset({CHIEF.id}),
                            seen=Closure(confidential=False, readers=frozenset()))  # fmt: skip
    with units() as uow, pytest.raises(ContractError, match="没有可以办理的保管人") as refused:
        apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    assert refused.value.code == "seal.readers"


def test_an_application_lapses_with_the_text_it_was_made_for(units: Units, signing: SealHouse) -> None:
    seal_id, contract = signing.seal(), signing.contract
    with units() as uow:
        application = apply_for_seal(uow, LAWYER, NOW, TODAY, POST, contract, seal_id, PAPER)
    with units() as uow:
        revoke(uow, LEGAL, NOW, post(), contract, "商务条件有变，须重新审批")
    with units() as uow:
        (view,) = seal_desk(uow, LAWYER, TODAY, contract).applications
    assert view.lapsed
    with units() as uow, pytest.raises(ContractError, match="申请随之失效"):
        decide(uow, CHIEF, NOW, TODAY, POST, contract, application, approve=True)
