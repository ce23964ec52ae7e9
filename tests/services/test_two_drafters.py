"""Two people in one draft."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.variables import DeviationKind
from app.services.conflicts import DeviationChanged
from app.services.drafts import deviate, load_draft_unasked, save_answer, save_answers
from app.store.drafts import find_draft
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, draft, later, reference
from tests.services.sharing import both_databases

pytestmark = both_databases

PLACE, COPIES = "contract.sign_place", "contract.copies_total"


@pytest.fixture
def draft_id(units: Units) -> str:
    with units() as uow:
        return draft(uow)


def _seen(units: Units, draft_id: str) -> int:
    with units() as uow:
        return load_draft_unasked(uow, reference().library, draft_id).revision


def _raw(units: Units, draft_id: str, name: str) -> object:
    with units() as uow:
        return load_draft_unasked(uow, reference().library, draft_id).raw.get(name)


def test_who_saves_second_sees_the_other_value_and_the_rest_is_stored(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        save_answer(uow, LAWYER, later(1), reference().library, draft_id, PLACE, "上海市", seen=seen)
    with units() as uow:
        entered = {PLACE: "广州市", "contract.drafted_by": "李律师"}
        view = save_answers(uow, OTHER, later(2), reference().library, draft_id, entered, seen=seen)
    (conflict,) = view.conflicts
    assert (conflict.name, conflict.mine, conflict.theirs, conflict.by) == (PLACE, "广州市", "上海市", "王律师")
    assert _raw(units, draft_id, PLACE) == "上海市"
    assert _raw(units, draft_id, "contract.drafted_by") == "李律师"


def test_each_answer_is_judged_by_the_revision_that_the_page_showed_of_it(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        save_answers(uow, LAWYER, later(1), reference().library, draft_id, {PLACE: "上海市", COPIES: "6"}, seen=seen)
        entered = {PLACE: "广州市", COPIES: "8", "party_a.legal_rep": "李四"}
        view = save_answers(uow, OTHER, later(2), reference().library, draft_id, entered, seen={PLACE: seen + 1, COPIES: seen})
    assert [c.name for c in view.conflicts] == [COPIES, "party_a.legal_rep"]  # of the last the page has not said what it showed
    assert _raw(units, draft_id, PLACE) == "广州市"


def test_on_the_new_revision_one_overwrites_knowingly(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        save_answer(uow, LAWYER, later(1), reference().library, draft_id, PLACE, "上海市", seen=seen)
        refused = save_answer(uow, OTHER, later(2), reference().library, draft_id, PLACE, "广州市", seen=seen)
        taken = save_answer(uow, OTHER, later(3), reference().library, draft_id, PLACE, "广州市", seen=refused.revision)
    assert (len(refused.conflicts), taken.conflicts) == (1, ())
    assert _raw(units, draft_id, PLACE) == "广州市"


def test_a_save_that_only_conflicts_makes_no_revision(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        first = save_answer(uow, LAWYER, later(1), reference().library, draft_id, PLACE, "上海市", seen=seen)
        second = save_answer(uow, OTHER, later(2), reference().library, draft_id, PLACE, "广州市", seen=seen)
    assert second.revision == first.revision


def test_the_same_answer_from_both_is_no_conflict(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        save_answer(uow, LAWYER, later(1), reference().library, draft_id, PLACE, "上海市", seen=seen)
        assert save_answer(uow, OTHER, later(2), reference().library, draft_id, PLACE, "上海市", seen=seen).conflicts == ()


def test_an_answer_that_the_other_one_cleared_is_a_conflict_too(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    with units() as uow:
        save_answer(uow, LAWYER, later(1), reference().library, draft_id, PLACE, None, seen=seen)
        view = save_answer(uow, OTHER, later(2), reference().library, draft_id, PLACE, "广州市", seen=seen)
    assert [(c.theirs, c.by) for c in view.conflicts] == [(None, "王律师")]
    assert _raw(units, draft_id, PLACE) is None


def test_different_answers_at_the_same_moment_are_both_kept(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    start = threading.Barrier(2)

    def save(name: str) -> int:
        start.wait()
        with units() as uow:
            return len(save_answer(uow, LAWYER, NOW, reference().library, draft_id, name, "8", seen=seen).conflicts)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(save, (PLACE, COPIES))) == [0, 0]
    assert (_raw(units, draft_id, PLACE), _raw(units, draft_id, COPIES)) == ("8", "8")
    assert _seen(units, draft_id) == seen + 2


def test_a_provision_that_the_other_one_rewrote_is_not_overwritten_unseen(units: Units, draft_id: str) -> None:
    seen = _seen(units, draft_id)
    provision = next(iter(reference().library.clauses())).id

    def rewrite(actor: object, text: str, revision: int) -> None:
        with units() as uow:
            deviate(
                uow, actor, NOW, reference().library, draft_id,  # type: ignore[arg-type]
                kind=DeviationKind.OVERRIDE, provision=provision, reason="谈判结果", text=text, seen=revision,
            )  # fmt: skip

    rewrite(LAWYER, "甲的文字", seen)
    with pytest.raises(DeviationChanged) as refused:
        rewrite(OTHER, "乙的文字", seen)
    assert (refused.value.text, refused.value.by) == ("甲的文字", "王律师")
    rewrite(OTHER, "乙的文字", _seen(units, draft_id))


def test_a_number_that_two_drafts_claim_at_once_goes_to_one_and_both_keep_their_answers(units: Units) -> None:
    with units() as uow:
        drafts = [draft(uow), draft(uow)]
    both = threading.Barrier(2)

    def claim(draft_id: str) -> None:
        with units() as uow:
            both.wait(10)
            entered = {"contract.no": "SHFW-2026-7777", PLACE: "上海市"}
            save_answers(uow, LAWYER, later(1), reference().library, draft_id, entered)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(claim, drafts))
    with units() as uow:
        numbers = [found.number for found in (find_draft(uow.session, d) for d in drafts) if found is not None]
    assert sorted(numbers, key=str) == [None, "SHFW-2026-7777"]
    assert [_raw(units, d, name) for d in drafts for name in ("contract.no", PLACE)] == ["SHFW-2026-7777", "上海市"] * 2
