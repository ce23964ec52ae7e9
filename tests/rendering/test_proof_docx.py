"""The proof of a finished DOCX: one changed sign anywhere in the file is found, and its provision named."""

import re

import pytest

from app.rendering.proof.docx_numbers import chinese_counting, format_number
from app.rendering.proof.docx_text import prove_docx, read_blocks
from tests.rendering.docx_tools import edited, rendered, replacing
from tests.rendering.sample import sample, small, with_rows

SAMPLE = sample()
CONTENT = rendered(SAMPLE)


def _anchors(content: bytes) -> list[str]:
    return [d.anchor for d in prove_docx(content, SAMPLE).differences]


@pytest.mark.parametrize("instrument", [SAMPLE, small(), with_rows(300)], ids=["full", "with gaps", "300 rows"])
def test_the_file_says_what_the_tree_says(instrument) -> None:
    proof = prove_docx(rendered(instrument), instrument)
    assert proof.differences == ()
    assert proof.equal
    assert proof.characters > 1500


@pytest.mark.parametrize(
    ("old", "new", "anchor"),
    [
        ("人民币1,407,600.00元", "人民币1,407,601.00元", "fees.payment.amount"),
        ("不得限制赔偿责任", "得限制赔偿责任", "breach.cap"),
        (">99.90%<", ">99.80%<", None),
        (">电话与在线客服（1）<", ">电话与在线客服（2）<", "annex.services#S0001"),
        ("国务院规定的法定工作日，", "国务院规定的法定工作日,", "defs.meaning.b"),
        ("中关村大街１号", "中关村大街1号", "party.a.address"),
    ],
)
def test_one_changed_sign_fails_the_proof_and_names_its_place(old: str, new: str, anchor: str | None) -> None:
    if anchor is None:  # stands in two tables: change the first
        content = edited(CONTENT, lambda text: text.replace(old, new, 1))
        anchor = "sla.metrics#r2"
    else:
        content = edited(CONTENT, replacing(old, new))
    proof = prove_docx(content, SAMPLE)
    assert [d.anchor for d in proof.differences] == [anchor]
    assert not proof.equal


def test_a_changed_start_in_the_numbering_fails_the_proof_and_names_the_provisions() -> None:
    def change(text: str) -> str:
        return text.replace('<w:lvlText w:val="8.%1.%2"/>', '<w:lvlText w:val="8.%1.9%2"/>')

    anchors = _anchors(edited(CONTENT, change, "word/numbering.xml"))
    assert "fees.payment.term" in anchors
    assert "fees.payment.account" in anchors
    assert all(a.startswith(("fees.", "c8_")) for a in anchors)


def test_one_number_one_higher_in_the_numbering_is_found() -> None:
    def change(text: str) -> str:
        head, middle, tail = text.partition('<w:lvlText w:val="9.%1"/>')
        position = head.rindex('<w:start w:val="1"/>')
        return head[:position] + '<w:start w:val="2"/>' + head[position + len('<w:start w:val="1"/>') :] + middle + tail

    assert {"s.9.1", "breach.cap"} <= set(_anchors(edited(CONTENT, change, "word/numbering.xml")))


def test_a_changed_number_in_a_references_cache_is_found() -> None:
    def change(text: str) -> str:
        pattern = r"(REF _cl_breach_payment_rate \\n \\h .*?<w:t [^>]*>)9\.2\.1(<)"
        return re.sub(pattern, r"\g<1>9.2.2\2", text, count=1)

    assert _anchors(edited(CONTENT, change)) == ["fees.payment.term"]


def test_hidden_text_is_not_text() -> None:
    def change(text: str) -> str:
        head, middle, tail = text.partition("任何一方的赔偿总额")
        position = head.rindex("<w:rPr>") + len("<w:rPr>")
        return head[:position] + head[position:].replace("</w:rPr>", "<w:vanish/></w:rPr>", 1) + middle + tail

    assert _anchors(edited(CONTENT, change)) == ["breach.cap"]


def test_text_typed_behind_the_last_provision_is_found() -> None:
    content = edited(CONTENT, lambda text: text.replace("<w:sectPr>", "<w:p><w:r><w:t>另有约定</w:t></w:r></w:p><w:sectPr>"))
    (difference,) = prove_docx(content, SAMPLE).differences
    assert difference.found == "另有约定"
    assert difference.expected == ""


def test_text_typed_into_a_signature_box_is_found() -> None:
    def change(text: str) -> str:
        head, middle, tail = text.partition('w:val="box:sign.party_a_date"')
        return head + middle + tail.replace("　　", "2027年1月1日", 1)

    assert _anchors(edited(CONTENT, change)) == ["sign.a.date"]


def test_a_ticked_box_is_no_difference_but_another_sign_in_it_is() -> None:
    def ticking(mark: str) -> bytes:
        return edited(CONTENT, lambda text: text.replace("☐", mark, 1))

    assert _anchors(ticking("☑")) == []
    assert _anchors(ticking("无")) == ["sign.a.bank"]


def test_a_provision_moved_elsewhere_is_found() -> None:
    def change(text: str) -> str:
        start = text.rindex("<w:sdt>", 0, text.index('w:val="clause:breach.cap"'))
        end = text.index("</w:sdt>", start) + len("</w:sdt>")
        moved = text[start:end]
        rest = text[:start] + text[end:]
        at = rest.rindex("<w:sdt>", 0, rest.index('w:val="clause:breach.payment.rate"'))
        return rest[:at] + moved + rest[at:]

    assert {"breach.cap", "breach.payment.rate"} & set(_anchors(edited(CONTENT, change)))


def test_two_controls_that_swapped_their_tags_are_found() -> None:
    def change(text: str) -> str:
        return text.replace('"clause:breach.cap"', '"clause:x"').replace('"clause:breach.payment.rate"', '"clause:breach.cap"')

    assert "breach.payment.rate" in _anchors(edited(CONTENT, change))


def test_a_changed_entry_of_the_contents_is_found() -> None:
    content = edited(CONTENT, lambda text: text.replace("8.2　费用支付方式与时间", "8.2　费用支付方式及时间", 1))
    (difference,) = prove_docx(content, SAMPLE).differences
    assert difference.anchor == "s.8.2"
    assert difference.found == "目录：8.2　费用支付方式及时间"


def test_a_file_that_is_none_fails_the_proof_with_a_reason() -> None:
    (difference,) = prove_docx(b"PK not a zip", SAMPLE).differences
    assert "DOCX" in difference.found


def test_the_reader_computes_numbers_of_every_level() -> None:
    numbers = {b.anchor: b.number for b in read_blocks(CONTENT) if b.anchor}
    assert numbers["defs.reading.order.b"] == "（2）"
    assert numbers["defs.reading.order"] == "1.1.2.2"
    assert numbers["fees.payment.invoice.late.a"] == "（1）"
    assert numbers["fees.payment.account"] == "8.2.3"
    headings = [b.number for b in read_blocks(CONTENT) if b.number.endswith("章")]
    assert headings[:2] == ["第一章", "第二章"]
    assert headings[9:] == ["第十章", "第十一章", "第十二章", "第十三章", "第十四章"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (21, "二十一"),
        (105, "一百零五"),
        (110, "一百一十"),
        (1010, "一千零一十"),
    ],
)
def test_chinese_counting_figures(number: int, text: str) -> None:
    assert chinese_counting(number) == text


def test_an_unknown_number_format_never_passes_by_chance() -> None:
    assert format_number(3, "hebrew1") == "{hebrew1:3}"
    assert [format_number(4, f) for f in ("upperRoman", "lowerLetter", "decimalZero", "none")] == ["IV", "d", "04", ""]
