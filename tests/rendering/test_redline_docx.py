"""The redline in DOCX: accepting everything gives the new version, rejecting everything the old one."""

import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.comparison import compare
from app.domain.tree import Provision, Text
from app.rendering.docx_check import check_structure
from app.rendering.proof.docx_text import prove_docx
from app.rendering.revisions import accept_all, count_revisions, reject_all
from tests.rendering.docx_tools import W, part, tree
from tests.rendering.redlines import AUTHOR, BASE, DIFF, PAIRS, compared, redline
from tests.rendering.sample import small
from tests.rendering.versions import behind, each, moved, provision, reworded, without

MUCH = "much"


@cache
def _file(name: str) -> bytes:
    return redline(compared(name))


@pytest.mark.parametrize("name", PAIRS)
def test_accepting_all_gives_exactly_the_new_version_and_rejecting_all_the_old(name: str) -> None:
    old, new = PAIRS[name]
    accepted, rejected = accept_all(_file(name)), reject_all(_file(name))
    assert prove_docx(accepted, new).differences == ()
    assert prove_docx(rejected, old).differences == ()
    assert count_revisions(accepted) == count_revisions(rejected) == 0


@pytest.mark.parametrize("name", PAIRS)
def test_the_file_is_sound_and_so_are_both_resolved_ones(name: str) -> None:
    assert check_structure(_file(name)) == []
    assert check_structure(accept_all(_file(name))) == []


def test_two_equal_versions_have_no_revisions() -> None:
    assert count_revisions(_file("nothing")) == 0


def test_no_move_is_written_as_a_move() -> None:
    assert not re.search(r"<w:move(From|To)", part(_file(MUCH)))


def test_every_change_names_its_author_and_its_moment_in_utc() -> None:
    found = {(e.get(f"{W}author"), e.get(f"{W}date")) for e in tree(_file(MUCH)).iter(f"{W}ins", f"{W}del", f"{W}rPrChange")}
    assert found == {(AUTHOR, "2026-11-20T08:30:00Z")}


def test_a_changed_figure_is_one_deletion_and_one_insertion_in_its_paragraph() -> None:
    version = reworded(BASE, "fees.payment.term", "30个自然日", "45个自然日")
    document = tree(redline(compare(BASE, version, DIFF)))
    assert ["".join(d.itertext()) for d in document.iter(f"{W}del")] == ["30"]
    assert ["".join(i.itertext()) for i in document.iter(f"{W}ins")] == ["45"]


def test_changed_annex_rows_are_row_revisions_and_the_table_stays_one() -> None:
    document = tree(_file(MUCH))
    tables = [t for t in document.iter(f"{W}tbl") if "服务内容与交付物" in "".join(t.itertext())]
    assert len(tables) == 1
    marks = [r.find(f"{W}trPr/{W}{k}") is not None for r in tables[0].iter(f"{W}tr") for k in ("ins", "del")]
    assert marks.count(True) == 2


def test_added_provisions_stand_in_no_control_and_bear_their_bookmark() -> None:
    document = tree(_file(MUCH))
    tags = {t.get(f"{W}val") for t in document.iter(f"{W}tag")}
    names = {b.get(f"{W}name") for b in document.iter(f"{W}bookmarkStart")}
    assert "clause:extra.audit" not in tags
    assert "_cl_extra_audit" in names
    assert "clause:fees.payment.account" in tags


def test_a_changed_cross_reference_is_inserted_as_a_whole_field_and_deleted_as_plain_text() -> None:
    """A deleted field that a word processor updates would show the new number in the old version."""
    document = tree(redline(compare(BASE, without(BASE, "fees.payment.term"), DIFF)))
    inserted = [[c.get(f"{W}fldCharType") for c in e.iter(f"{W}fldChar")] for e in document.iter(f"{W}ins")]
    assert ["begin", "separate", "end"] in inserted
    assert all(kinds.count("begin") == kinds.count("end") for kinds in inserted)
    assert not [f for d in document.iter(f"{W}del") for f in d.iter(f"{W}fldChar", f"{W}delInstrText")]
    assert not [t for d in document.iter(f"{W}del") for t in d.iter(f"{W}t", f"{W}instrText")]


def test_bold_that_comes_with_prominence_is_a_tracked_change_of_looks() -> None:
    document = tree(_file(MUCH))
    assert next(document.iter(f"{W}rPrChange"), None) is not None


def test_a_readers_own_edits_will_be_tracked_and_the_document_names_both_versions() -> None:
    settings_xml, custom = part(_file(MUCH), "word/settings.xml"), part(_file(MUCH), "docProps/custom.xml")
    assert "<w:trackRevisions/>" in settings_xml
    assert "updateFields" not in settings_xml
    assert "chengyue.base_digest" in custom
    assert ">redline<" in custom
    assert "互联网产品售后服务合同" in part(_file(MUCH), "word/header1.xml")
    assert "对比稿" in part(_file(MUCH), "word/header1.xml")


def test_equal_input_gives_equal_bytes() -> None:
    assert redline(compared(MUCH)) == _file(MUCH)


_BASE = small()
_IDS = [p.id for p in _BASE.provisions()]
_STEPS = st.tuples(st.sampled_from(["word", "drop", "add", "move"]), st.sampled_from(_IDS), st.sampled_from(_IDS))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_STEPS, min_size=1, max_size=6))
def test_any_edits_resolve_to_both_versions(steps: list[tuple[str, str, str]]) -> None:
    version = _BASE
    for index, (kind, id, other) in enumerate(steps):
        found = version.provision(id)
        if found is None:
            continue
        if kind == "word":
            version = each(version, lambda p, i=id: (replace_words(p) if p.id == i else p,))
        elif kind == "drop":
            version = without(version, id)
        elif kind == "add":
            version = behind(version, id, provision(f"added.{index}", f"新增约定<{index}>&“附注”。"))
        elif other not in {p.id for p in found.walk()}:
            target = version.provision(other)
            if target is not None and target.level is found.level:  # a 款 under an item has no number of its own kind
                version = moved(version, id, other)
    content = redline(compare(_BASE, version, DIFF))
    assert prove_docx(accept_all(content), version).differences == ()
    assert prove_docx(reject_all(content), _BASE).differences == ()


def replace_words(p: Provision) -> Provision:
    return replace(p, content=(Text("经双方确认，"), *p.content[:1], Text("（下称“该事项”）\n"), *p.content[2:]))
