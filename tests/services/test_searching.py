"""Searching contracts by their text, on both databases."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from app.domain.lifecycle import Stage
from app.domain.passages import PassageKind
from app.domain.permissions import Actor, Hidden, Role
from app.domain.searching import UnusableQuery
from app.services import searching
from app.services.filing import create_contract
from app.services.indexing import index_contract, index_missing
from app.services.record import ContractMissing
from app.services.register import Filter, read_register
from app.services.searching import all_hits
from app.services.versions import save_version
from app.store.blobs import BlobStore
from app.store.contracts import find_contract
from app.store.search import BundlePassageRow, BundleRow, IndexedContractRow, PassageRow, PostingRow
from app.store.search_reading import windows
from app.store.tree_json import write_tree
from app.store.uow import UnitOfWork
from app.store.versions import VersionRow
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, ensure, reference
from tests.services.sharing import both_databases
from tests.services.shelf import Shelf, instrument

pytestmark = both_databases

STANDARD = (
    ("本合同适用中华人民共和国法律。", "逾期付款的，应当支付违约金。"),
    ("争议由北京仲裁委员会仲裁。", "服务费为每月|10,000元。"),
)


@pytest.fixture
def shelf(units: Units) -> Shelf:
    return Shelf(units)


def found(shelf: Shelf, text: str, actor: Actor | None = None, **more: object) -> list[str]:
    """The numbers of the contracts found, in the order of the register."""
    with shelf.units() as uow:
        page = read_register(uow, actor or shelf.lawyer, Filter(text=text, **more), size=100)  # type: ignore[arg-type]
    assert page.count == len(page.lines)
    return [line.contract.number for line in page.lines]


def shown(shelf: Shelf, text: str) -> list[tuple[str, str]]:
    """Number and excerpt of every first hit; what is marked stands in brackets."""
    with shelf.units() as uow:
        page = read_register(uow, shelf.lawyer, Filter(text=text))
    return [
        (line.hit.number, "".join(f"[{p.text}]" if p.hit else p.text for p in line.hit.pieces)) for line in page.lines if line.hit
    ]


def count(shelf: Shelf, table: type) -> int:
    with shelf.units() as uow:
        return uow.session.scalar(select(func.count()).select_from(table)) or 0


# ---- what is found


def test_words_of_one_two_and_more_characters_are_found_with_their_place(shelf: Shelf) -> None:
    shelf.contract("HT-1", STANDARD)
    assert shown(shelf, "违约") == [("1.1.2", "逾期付款的，应当支付[违约]金。")]
    assert shown(shelf, "金。") == [("1.1.2", "逾期付款的，应当支付违约[金。]")]
    assert shown(shelf, "裁") == [("1.2.1", "争议由北京仲[裁]委员会仲[裁]。")]
    assert shown(shelf, "北京仲裁委员会") == [("1.2.1", "争议由[北京仲裁委员会]仲裁。")]
    assert shown(shelf, "每月10000元") == [("1.2.2", "服务费为[每月10,000元]。")]


def test_what_only_looks_alike_is_not_found(shelf: Shelf) -> None:
    shelf.contract("HT-1", (("委员会仲裁由北京市仲裁", "裁委；北京仲；仲裁委；委员会"),))
    assert found(shelf, "北京仲裁委员会") == []
    assert found(shelf, "约违") == []


def test_every_word_must_stand_in_one_passage(shelf: Shelf) -> None:
    shelf.contract("HT-1", STANDARD)
    assert found(shelf, "逾期 违约金") == ["HT-1"]
    assert found(shelf, "逾期 仲裁") == []


def test_number_name_parties_annexes_and_table_rows_are_found(shelf: Shelf) -> None:
    shelf.contract("HT-2026-7788", (("甲",),), party_b="星河客服有限公司", title="年度外包合同", annex=("电话受理", "上门维修"))
    for text in ("ht-2026-7788", "7788", "星河客服", "年度外包", "上门维修", "服务项目如下表"):
        assert found(shelf, text) == ["HT-2026-7788"], text
    assert shown(shelf, "上门维修") == [("附件一 13.1.1", "2　[上门维修]")]
    assert found(shelf, "788") == []


def test_the_whole_demonstration_contract_is_indexed_with_its_version(shelf: Shelf, units: Units) -> None:
    with units() as uow:
        draft_id = draft(uow)
    with units() as uow:
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN)
    assert found(shelf, "争议") == []
    assert found(shelf, contract.parties[0].name) == [contract.number]
    with units() as uow:
        save_version(uow, LAWYER, NOW, TODAY, reference(), contract.id)
    with units() as uow:
        hits = all_hits(uow, shelf.lawyer, contract.id, "违约金")
    assert len(hits) > 5
    assert all(h.current and h.first == h.last == 1 for h in hits)
    assert [h.number for h in hits if h.kind is PassageKind.TEXT] == sorted(
        (h.number for h in hits if h.kind is PassageKind.TEXT), key=lambda n: [int(x) for x in n.split(".") if x.isdigit()]
    )


def test_old_versions_are_found_and_said_to_be_old(shelf: Shelf, units: Units) -> None:
    contract = shelf.contract("HT-1", (("旧的写法",), ("不变",)), (("新的写法",), ("不变",)), (("最新写法",), ("不变",)))
    with units() as uow:
        old, stays = (all_hits(uow, shelf.lawyer, contract, text) for text in ("旧的", "不变"))
    assert [(h.first, h.last, h.current) for h in old] == [(1, 1, False)]
    assert [(h.first, h.last, h.current) for h in stays] == [(1, 3, True)]
    assert found(shelf, "旧的写法") == ["HT-1"]


def test_a_new_number_or_party_replaces_the_old_one_in_the_index(shelf: Shelf, units: Units) -> None:
    contract = shelf.contract("HT-1", STANDARD, party_a="旧名有限公司")
    with units() as uow:
        row = find_contract(uow.session, contract, lock=True)
        assert row
        row.parties[0].name = "新名有限公司"
        index_contract(uow, row)
        uow.commit()
    assert (found(shelf, "旧名"), found(shelf, "新名")) == ([], ["HT-1"])


def test_a_list_shows_the_hit_of_the_newest_version_before_an_old_one(shelf: Shelf) -> None:
    shelf.contract("HT-1", (("违约金为百分之一",), ("旧的违约金条款",)), (("违约金为百分之一",), ("新的一条",)))
    shelf.contract("HT-2", (("违约金为百分之九",), ("甲",)), (("乙",), ("丙",)))
    assert sorted(shown(shelf, "违约金")) == [("1.1.1", "[违约金]为百分之一"), ("1.1.1", "[违约金]为百分之九")]


# ---- once per content


def test_equal_text_is_indexed_once_however_many_contracts_have_it(shelf: Shelf) -> None:
    shelf.contract("HT-1", STANDARD)
    shelf.contract("HT-2", STANDARD)
    passages, bundles = count(shelf, PassageRow), count(shelf, BundleRow)
    for n in range(3, 9):
        shelf.contract(f"HT-{n}", STANDARD, STANDARD)
    assert count(shelf, PassageRow) == passages + 6  # the numbers alone
    assert count(shelf, BundleRow) == bundles + 6
    assert sorted(found(shelf, "违约")) == [f"HT-{n}" for n in range(1, 9)]


def test_a_changed_provision_adds_itself_and_no_more(shelf: Shelf) -> None:
    long = tuple(f"第{n}条内容，双方应当遵守。" for n in range(30))
    contract = shelf.contract("HT-1", (long, ("尾款",)))
    before = count(shelf, PassageRow)
    shelf.version(contract, ((*long[:-1], "改过的一条"), ("尾款",)))
    assert count(shelf, PassageRow) == before + 1
    assert found(shelf, "改过") == found(shelf, "第29条") == ["HT-1"]


_lives = itertools.count()
texts = st.lists(st.text("甲乙丙丁戊", min_size=1, max_size=4), min_size=1, max_size=4).map(tuple)


versions = st.lists(texts, min_size=1, max_size=3).map(tuple)


@given(
    contracts=st.lists(st.lists(versions, min_size=1, max_size=3), min_size=1, max_size=4),
    word=st.text("甲乙丙丁戊", min_size=1, max_size=3),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_search_finds_exactly_the_contracts_that_have_the_word_in_some_version(
    units: Units, contracts: list[list[tuple[tuple[str, ...], ...]]], word: str
) -> None:
    shelf = Shelf.__new__(Shelf)
    shelf.units, shelf.minutes = units, 0
    shelf.lawyer = Actor("王律师", "w", frozenset({Role.DRAFTER}))
    mark = f"第{next(_lives)}批"
    with units() as uow:
        ensure(uow, shelf.lawyer)
        uow.commit()
    expected = set()
    for n, versions in enumerate(contracts):
        number = f"{mark}{n}号"
        shelf.contract(number, *versions, title="无", party_a="无", party_b="无")
        if any(word in text for sections in versions for section in sections for text in section):
            expected.add(number)
    for few in (0, 4000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(searching, "FEW", few)
            hits = found(shelf, word)
        assert {number for number in hits if number.startswith(mark)} == expected, few


# ---- who may see what


def test_a_confidential_contract_is_found_by_its_people_alone(shelf: Shelf) -> None:
    other, named = (
        shelf.person("li", "李律师", Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR),
        shelf.person("sun", "孙审计", Role.AUDITOR),
    )
    secret = shelf.contract("HT-1", (("秘密条款",),), confidential=True, readers=(named,))
    assert found(shelf, "秘密") == found(shelf, "秘密", named) == ["HT-1"]
    assert found(shelf, "秘密", other) == []
    with shelf.units() as uow, pytest.raises(ContractMissing):
        all_hits(uow, other, secret, "秘密")


def test_who_reads_no_contracts_searches_none(shelf: Shelf) -> None:
    with shelf.units() as uow, pytest.raises(Hidden):
        read_register(uow, shelf.person("root", "系统管理员", Role.SYSTEM_ADMINISTRATOR), Filter(text="甲"))


def test_search_and_filters_work_together(shelf: Shelf) -> None:
    shelf.contract("HT-1", STANDARD, stage="active")
    shelf.contract("HT-2", STANDARD, party_a="星河有限公司")
    assert found(shelf, "违约", stages=frozenset({Stage.ACTIVE})) == ["HT-1"]
    assert found(shelf, "违约", party="星河") == ["HT-2"]
    assert found(shelf, "违约", party="不存在") == []


# ---- bounds


def test_hits_stop_at_the_cap_and_the_newest_wording_comes_first(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "CAP", 4)
    monkeypatch.setattr(searching, "FEW", 0)
    for n in range(8):
        shelf.contract(f"HT-{n}", (("共同的条款", f"单独的条款{n}"),))
    with shelf.units() as uow:
        page = read_register(uow, shelf.lawyer, Filter(text="条款"), size=3)
        following = read_register(uow, shelf.lawyer, Filter(text="条款"), size=3, after=page.after)
        last = read_register(uow, shelf.lawyer, Filter(text="单独的条款7"), size=3)
    assert page.capped
    assert page.more
    assert [line.contract.number for line in page.lines] == ["HT-7", "HT-6", "HT-5"]
    assert [line.contract.number for line in following.lines] == ["HT-4"]
    assert (following.before, following.after) == ("0", "")
    assert not last.capped


def test_a_query_without_words_is_refused(shelf: Shelf) -> None:
    with shelf.units() as uow, pytest.raises(UnusableQuery):
        read_register(uow, shelf.lawyer, Filter(text="，。"))


@pytest.mark.parametrize("newest", [0, 1, 4095, 4096, 5000, 4096 * 4, 4096 * 1023 + 7, 4096 * 1024, 4096 * 5000 + 1])
def test_the_windows_cover_every_passage_once(newest: int) -> None:
    covered = []
    for window in windows(newest):
        for name in window:
            level, number = (int(x) for x in name[1:].split("y"))
            covered.append((number << level, (number + 1) << level))
    covered.sort()
    assert covered[0][0] == 0
    assert covered[-1][1] == (newest >> 12) + 1
    assert all(a[1] == b[0] for a, b in itertools.pairwise(covered))


# ---- filling what is missing


def test_an_emptied_index_is_filled_again_by_the_clock(shelf: Shelf, units: Units, blobs: BlobStore) -> None:
    shelf.contract("HT-1", STANDARD, (*STANDARD, ("补充条款",)))
    shelf.contract("HT-2", STANDARD)
    with units() as uow:
        for table in (PostingRow, IndexedContractRow):
            for row in uow.session.scalars(select(table)):
                uow.session.delete(row)
        uow.commit()
    assert found(shelf, "违约") == []
    done = index_missing(units, blobs, _no_pdf)
    assert done.contracts == 2
    assert sorted(found(shelf, "违约")) == ["HT-1", "HT-2"]
    assert found(shelf, "补充条款") == ["HT-1"]
    assert index_missing(units, blobs, _no_pdf).contracts == 0


def test_a_contract_changed_behind_the_index_is_seen_by_the_clock(shelf: Shelf, units: Units, blobs: BlobStore) -> None:
    contract = shelf.contract("HT-1", STANDARD)
    with units() as uow:
        row = find_contract(uow.session, contract, lock=True)
        assert row
        row.title, row.updated_at = "改了名称的合同", NOW.replace(year=2027)
        uow.commit()
    assert found(shelf, "改了名称") == []
    assert index_missing(units, blobs, _no_pdf).contracts == 1
    assert found(shelf, "改了名称") == ["HT-1"]


def test_a_contract_whose_text_cannot_be_read_keeps_no_other_out(shelf: Shelf, units: Units, blobs: BlobStore) -> None:
    broken, sound = shelf.contract("HT-1", STANDARD), shelf.contract("HT-2", STANDARD)
    with units() as uow:
        for table in (PostingRow, IndexedContractRow):
            uow.session.execute(delete(table))
        for contract in (broken, sound):
            text = write_tree(instrument(STANDARD)) if contract == sound else "{}"
            uow.session.add(
                VersionRow(
                    id=f"v{contract[1:]}", contract_id=contract, ordinal=2, tree=text, answers="", library_version="", digest="",
                    content="", created_at=NOW, created_by="",
                )
            )  # fmt: skip
        uow.commit()
    done = index_missing(units, blobs, _no_pdf)
    assert (done.contracts, done.damaged) == (1, (broken,))
    assert found(shelf, "违约") == ["HT-2"]


def test_a_version_that_is_rolled_back_leaves_nothing_in_the_index(shelf: Shelf, units: Units) -> None:
    contract = shelf.contract("HT-1", STANDARD)
    before = [count(shelf, t) for t in (PassageRow, BundleRow, BundlePassageRow, PostingRow)]

    class Broken(UnitOfWork):
        def commit(self) -> None:
            raise RuntimeError("power cut")

    with units() as uow:
        engine = uow.session.get_bind()
    shelf.units = lambda: Broken(engine)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="power cut"):
        shelf.version(contract, (("从未提交",),))
    shelf.units = units
    assert [count(shelf, t) for t in (PassageRow, BundleRow, BundlePassageRow, PostingRow)] == before
    assert found(shelf, "从未提交") == []


def _no_pdf(_content: bytes) -> tuple[str, ...]:
    raise AssertionError("there is no file here")
