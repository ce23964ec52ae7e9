"""The HTML of a contract: complete, linked, and inert whatever an answer holds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from jinja2.exceptions import SecurityError

from app.domain.tree import FilledValue, Instrument, Text
from app.rendering import html
from app.rendering.html import anchor_of, render_html, render_preview
from tests.rendering.sample import meta_of, sample, small

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}\"'&<b onload=x>\x00\x1f"


def _with_answer(text: str) -> Instrument:
    instrument = small()
    return replace(
        instrument, cover=(replace(instrument.cover[0], content=(FilledValue(text, "contract.no"),)), *instrument.cover[1:])
    )


def test_every_provision_is_an_element_with_its_anchor() -> None:
    instrument = sample()
    text = render_html(instrument, meta_of(instrument))
    ids = set(re.findall(r'id="([^"]+)"', text))
    assert {anchor_of(p.id) for p in instrument.provisions()} <= ids
    assert {anchor_of(s.id) for s in instrument.sections()} <= ids


def test_no_two_elements_share_an_id() -> None:
    instrument = sample()
    for text in (render_html(instrument, meta_of(instrument)), render_preview(instrument)):
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))


def test_every_link_leads_to_an_element() -> None:
    instrument = sample()
    text = render_html(instrument, meta_of(instrument))
    ids = set(re.findall(r'\sid="([^"]+)"', text))
    links = re.findall(r'href="#([^"]+)"', text)
    assert len(links) > 100
    assert set(links) <= ids


@pytest.mark.parametrize(("one", "other"), [("a.b", "a-b"), ("a.b", "a_b"), ("t#r", "t.r"), ("甲", "乙")])
def test_different_places_have_different_anchors(one: str, other: str) -> None:
    assert anchor_of(one) != anchor_of(other)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", anchor_of(one))


@pytest.mark.parametrize("draw", [lambda i: render_html(i, meta_of(i)), render_preview])
def test_markup_in_an_answer_appears_as_text(draw: object) -> None:
    text = draw(_with_answer(HOSTILE))  # type: ignore[operator]
    assert "<script>alert" not in text
    assert "<b onload" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}{% raw %}" in text
    assert "\x00" not in text
    assert "\x1f" not in text


def test_a_template_cannot_reach_into_python() -> None:
    environment = html._environment("print")
    with pytest.raises(SecurityError):
        environment.from_string("{{ contract.__class__.__mro__ }}").render(contract=small())


def test_a_draft_and_a_final_document_differ_in_the_draft_mark_only() -> None:
    instrument = small()
    draft, final = (render_html(instrument, meta_of(instrument, final=flag)) for flag in (False, True))
    assert "草稿" in draft
    assert "草稿" not in final
    assert draft.partition("<body>")[2] == final.partition("<body>")[2]


def test_the_preview_names_the_variables_that_a_provision_prints() -> None:
    element = re.search(r'<p [^>]*data-id="fees.payment.account"[^>]*>', render_preview(sample()))
    assert element is not None
    assert 'data-variables="x.y fees.account"' in element.group()


def test_the_preview_has_no_inline_style() -> None:
    assert " style=" not in render_preview(sample())
    assert "<style" not in render_preview(sample())


def test_a_line_break_in_an_answer_stays_a_line_break() -> None:
    assert "甲\n乙" in render_html(_with_answer("甲\r\n乙"), meta_of(small()))


def test_a_dangling_reference_is_marked_in_the_preview() -> None:
    from app.domain.tree import Reference

    instrument = replace(small(), preamble=(Text("见"), Reference("gone", "【引用失效】", "")))
    assert '<mark class="dangling">【引用失效】</mark>' in render_preview(instrument)


def test_the_document_is_well_formed_xml_whatever_an_answer_holds() -> None:
    from xml.etree import ElementTree

    text = render_html(_with_answer(HOSTILE + "\ufffe\ud800]]>&nbsp;<!--"), meta_of(small()), styled=False)
    root = ElementTree.fromstring(text)
    assert root.tag == "html"
    assert HOSTILE.replace("\x00", "").replace("\x1f", "") in "".join(root.itertext())
