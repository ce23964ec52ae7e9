"""The comparison that both proofs share."""

from app.domain.digest import CanonicalLine, canonical_lines, canonical_text
from app.rendering.proof.compare import FoundBlock, compare_blocks, compare_stream
from tests.rendering.sample import sample

LINES = canonical_lines(sample())


def _blocks() -> list[FoundBlock]:
    return [
        FoundBlock(text=line.text) if "\t" not in line.text else FoundBlock(cells=tuple(line.text.split("\t"))) for line in LINES
    ]


def _line(anchor: str) -> CanonicalLine:
    return next(line for line in LINES if line.anchor == anchor)


def test_a_stream_broken_anywhere_by_spaces_and_line_ends_is_equal() -> None:
    broken = "\n".join(" ".join(text[i : i + 7] for i in range(0, len(text), 7)) for text in [canonical_text(sample())])
    assert compare_stream(LINES, broken) == ()


def test_one_changed_digit_in_a_stream_names_its_provision() -> None:
    text = canonical_text(sample()).replace("1,407,600.00", "1,407,601.00")
    (difference,) = compare_stream(LINES, text)
    assert difference.anchor == "fees.payment.amount"
    assert difference.number == "8.2.4"
    assert "1,407,601.00" in difference.found
    assert "1,407,600.00" in difference.expected


def test_a_removed_not_in_a_stream_names_its_provision() -> None:
    text = canonical_text(sample()).replace("不得限制赔偿责任", "得限制赔偿责任")
    assert [d.anchor for d in compare_stream(LINES, text)] == ["breach.cap"]


def test_a_half_width_comma_is_a_difference() -> None:
    text = canonical_text(sample()).replace("（2）本合同正文，", "（2）本合同正文,")
    assert [d.anchor for d in compare_stream(LINES, text)] == ["defs.reading.order.b"]


def test_two_neighbouring_faults_in_a_stream_are_told_apart() -> None:
    text = (
        canonical_text(sample()).replace("（1）补充协议；", "（1）补充合同；").replace("（2）本合同正文，", "（2）本合同全文，")
    )
    assert [d.anchor for d in compare_stream(LINES, text)] == ["defs.reading.order.a", "defs.reading.order.b"]


def test_text_behind_the_last_line_is_a_difference() -> None:
    (difference,) = compare_stream(LINES, canonical_text(sample()) + "另有约定")
    assert difference.found == "另有约定"
    assert difference.expected == ""


def test_a_missing_provision_in_a_stream_is_named() -> None:
    text = canonical_text(sample()).replace(_line("fees.payment.invoice.red").text + "\n", "")
    assert "fees.payment.invoice.red" in [d.anchor for d in compare_stream(LINES, text)]


def test_a_wholly_foreign_stream_is_a_difference() -> None:
    assert compare_stream(LINES, "甲" * 9000)


def test_equal_blocks_have_no_difference() -> None:
    assert compare_blocks(LINES, _blocks()) == ()


def test_text_moved_from_one_cell_to_the_next_is_a_difference() -> None:
    blocks = _blocks()
    at = next(i for i, line in enumerate(LINES) if line.anchor == "sla.metrics#r1")
    cells = blocks[at].cells
    blocks[at] = FoundBlock(cells=(cells[0] + cells[1], "", *cells[2:]))
    assert [d.anchor for d in compare_blocks(LINES, blocks)] == ["sla.metrics#r1"]


def test_two_provisions_run_together_are_a_difference() -> None:
    blocks = _blocks()
    at = next(i for i, line in enumerate(LINES) if line.anchor == "breach.cap")
    blocks[at - 1 : at + 1] = [FoundBlock(text=blocks[at - 1].text + blocks[at].text)]
    assert {d.anchor for d in compare_blocks(LINES, blocks)} == {"breach.payment.rate", "breach.cap"}


def test_a_block_with_the_anchor_of_another_provision_is_a_difference() -> None:
    blocks = _blocks()
    at = next(i for i, line in enumerate(LINES) if line.anchor == "breach.cap")
    blocks[at] = FoundBlock(text=blocks[at].text, anchor="breach.payment.rate")
    assert [d.anchor for d in compare_blocks(LINES, blocks)] == ["breach.cap"]
