"""Two texts of one contract compared and made into files that are proven."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass, replace

import pytest

from app.domain.comparison import Change
from app.domain.permissions import Actor, Role
from app.domain.table_comparison import RowChange
from app.domain.variables import DeviationKind
from app.rendering.textdiff import ChineseDiff
from app.services.comparing import Compared, NothingToCompare, compare_contract, pair_key
from app.services.drafts import deviate, load_draft_unasked, save_answers
from app.services.filing import create_contract, load_contract_unasked
from app.services.generation import Format, UnequalText
from app.services.record import ContractMissing, require_contract
from app.services.redlining import RedlineTools, make_redline, redline_identity
from app.services.texts import DRAFT, TextMissing, current_ordinal
from app.services.versions import save_version
from app.settings import Settings
from app.wiring import Wiring
from tests.services.conftest import Units
from tests.services.fixtures import NOW, PATTERN, TODAY, draft, later, reference, user

DIFF = ChineseDiff()
REASON = "对方在谈判中提出，经内部讨论决定接受的修改。"


@dataclass
class Pair:
    """A contract with two versions, and a draft that has moved on."""

    units: Units
    owner: Actor
    stranger: Actor
    contract: str

    def compare(self, old: int, new: int, actor: Actor | None = None) -> Compared:
        with self.units() as uow:
            return compare_contract(uow, actor or self.owner, reference(), DIFF, TODAY, self.contract, old, new)


@pytest.fixture
def pair(units: Units) -> Pair:
    with units() as uow:
        owner, stranger = user(uow, "wang", "王律师", Role.DRAFTER), user(uow, "li", "李律师", Role.DRAFTER)
        uow.commit()
    with units() as uow:
        draft_id = draft(uow)
    with units() as uow:
        contract = create_contract(uow, owner, NOW, TODAY, reference(), draft_id, PATTERN).id
    library = reference().library
    with units() as uow:
        save_version(uow, owner, NOW, TODAY, reference(), contract, "首次送审")
    with units() as uow:
        people = [dict(row) for row in load_draft_unasked(uow, library, draft_id).raw["team.key_personnel"]]
    people[1]["position"] += "（兼）"
    del people[2]
    entered = {"fees.monthly_fixed": "135000", "team.key_personnel": people}
    with units() as uow:
        save_answers(uow, owner, later(1), library, draft_id, entered)
    with units() as uow:
        deviate(
            uow, owner, later(2), library, draft_id, kind=DeviationKind.REMOVE, provision="fees.payment.term.sme", reason=REASON
        )
    with units() as uow:
        save_version(uow, owner, later(3), TODAY, reference(), contract, "按谈判意见修改")
    with units() as uow:
        save_answers(uow, owner, later(4), library, draft_id, {"fees.monthly_fixed": "140000"})
    return Pair(units, owner, stranger, contract)


def test_versions_are_compared_by_provision_value_and_row(pair: Pair) -> None:
    found = pair.compare(1, 2)
    changes = {e.block.id: e.change for e in found.comparison.notable()}
    assert changes["fees.payment.term.sme"] is Change.REMOVED
    values = {v.label: (v.old, v.new) for v in found.comparison.variables}
    assert values["固定月费(不含税)"] == ("人民币100,000.00元/月", "人民币135,000.00元/月")
    (table,) = [e.table for e in found.comparison.notable() if e.table and e.table.new.id == "team.key_personnel"]
    assert [r.change for r in table.rows] == [RowChange.UNCHANGED, RowChange.CHANGED, RowChange.REMOVED, RowChange.UNCHANGED]
    assert (found.old.label, found.new.label, found.key) == ("第1版", "第2版", "v1-v2")


def test_a_version_is_compared_with_the_draft_as_it_stands(pair: Pair) -> None:
    found = pair.compare(2, DRAFT)
    assert [(v.old, v.new) for v in found.comparison.variables if v.name == "fees.monthly_fixed"] == [
        ("人民币135,000.00元/月", "人民币140,000.00元/月")
    ]
    assert found.new.label == "草稿"
    with pair.units() as uow:
        assert found.key == pair_key(uow, pair.owner, pair.contract, 2, DRAFT)
        assert found.key.startswith("v2-d")
        assert pair_key(uow, pair.owner, pair.contract, 1, 2) == "v1-v2"
        with pytest.raises(TextMissing):
            pair_key(uow, pair.owner, pair.contract, 1, 9)


def test_backwards_what_was_removed_is_added(pair: Pair) -> None:
    changes = {e.block.id: e.change for e in pair.compare(2, 1).comparison.notable()}
    assert changes["fees.payment.term.sme"] is Change.ADDED


def test_a_text_is_not_compared_with_itself_and_not_with_one_that_does_not_exist(pair: Pair) -> None:
    with pytest.raises(NothingToCompare):
        pair.compare(1, 1)
    with pytest.raises(TextMissing, match="第9版"):
        pair.compare(1, 9)


def test_for_somebody_who_may_not_read_the_contract_there_is_none(pair: Pair) -> None:
    with pair.units() as uow:
        require_contract(uow, pair.contract, lock=True).confidential = True
        uow.commit()
    with pytest.raises(ContractMissing):
        pair.compare(1, 2, pair.stranger)
    with pair.units() as uow, pytest.raises(ContractMissing):
        current_ordinal(uow, pair.stranger, pair.contract)


def test_while_it_is_drafted_the_draft_is_the_text_that_counts(pair: Pair) -> None:
    with pair.units() as uow:
        assert current_ordinal(uow, pair.owner, pair.contract) == DRAFT
        require_contract(uow, pair.contract, lock=True).stage = "in_review"
        uow.commit()
    with pair.units() as uow:
        assert current_ordinal(uow, pair.owner, pair.contract) == 2
        assert load_contract_unasked(uow, pair.contract).draft_id


# ---- files; over one database is enough, they don't know of any


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> RedlineTools:
    """The real tools; where the contents' pages lie is of no interest here, and finding it takes seconds."""
    found = Wiring(Settings(data_dir=tmp_path_factory.mktemp("redline"))).redline_tools
    return replace(found, pages=lambda _instrument, _meta: {})


ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""The files don't know of the database."""


@ONE_DATABASE
def test_accepting_all_changes_is_proven_to_give_the_new_text_and_rejecting_all_the_old(pair: Pair, tools: RedlineTools) -> None:
    both = pair.compare(1, 2)
    made = make_redline(both, redline_identity(both, NOW), tools, (Format.DOCX, Format.JSON, Format.HTML))
    assert set(made.files) == {"comparison.docx", "comparison.html", "comparison.json"}
    assert [(p.file, p.equal) for p in made.proofs] == [
        ("comparison.docx（接受全部修订）", True),
        ("comparison.docx（拒绝全部修订）", True),
    ]
    report = json.loads(made.files["comparison.json"])
    assert (report["old"]["version"], report["new"]["version"]) == ("第1版", "第2版")
    assert {c["id"] for c in report["changes"]} >= {"fees.payment.term.sme", "team.key_personnel"}
    assert "人民币135,000.00元/月" in made.files["comparison.html"].decode()
    with zipfile.ZipFile(io.BytesIO(made.files["comparison.docx"])) as package:
        authors = set(re.findall(r'w:author="([^"]*)"', package.read("word/document.xml").decode()))
    # The file is kept for whoever asks for the same comparison next; it names nobody.
    assert authors == {"版本对比"}


@ONE_DATABASE
def test_a_docx_that_does_not_lead_to_both_texts_is_never_handed_out(pair: Pair, tools: RedlineTools) -> None:
    right, other = pair.compare(1, 2), pair.compare(1, DRAFT)
    wrong = replace(tools, docx=lambda _comparison, meta, *, pages: tools.docx(other.comparison, meta, pages=pages))
    with pytest.raises(UnequalText, match="接受全部修订"):
        make_redline(right, redline_identity(right, NOW), wrong, (Format.DOCX,))
