"""Pairs of versions that together show every kind of change, and their redline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.comparison import Comparison, compare
from app.domain.tree import FilledValue, FormRow, Instrument, Level, Provision, Table, TableColumn, TableRow, Text
from app.rendering.redline_docx import render_redline_docx
from app.rendering.textdiff import ChineseDiff
from tests.rendering.sample import meta_of, sample, service_table
from tests.rendering.versions import behind, each, moved, provision, renumbered, reworded, rows_edited, tabled, with_rows, without

DIFF = ChineseDiff()
AUTHOR = "甲方法务 张喆"
MOMENT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def much_changed(base: Instrument) -> Instrument:
    """Words, values, references, added, removed and moved provisions, rows, cells, cover, parties, signature pages."""
    version = reworded(base, "fees.payment.term", "30个自然日", "15个工作日")
    version = reworded(version, "breach.cap", "30%", "40%")
    version = reworded(version, "fees.payment.amount", "1,407,600.00", "1,500,000.00")
    version = without(version, "fees.payment.invoice.red")
    version = behind(version, "fees.payment.term", provision("extra.audit", "甲方有权每年核查一次。", title="核查", children=(
        provision("extra.audit.a", "核查前五日通知；", level=Level.ITEM),
    )))  # fmt: skip
    version = moved(version, "breach.payment.rate", "breach.cap")
    version = moved(version, "c2_1.report.a", "c2_1.report.b")
    version = each(version, lambda p: (replace(p, prominent=True) if p.id == "fees.payment.account" else p,))
    version = each(version, lambda p: (replace(p, content=(Text("本条有意留空。"),)) if p.id == "c3_1.duty" else p,))
    version = tabled(version, "annex.services", lambda t: with_rows(t, (
        replace(t.rows[1], cells=("1", "远程技术支持（2）", *t.rows[1].cells[2:4], "1,300.00", "9%")),
        *t.rows[2:5],
        TableRow("S9999", ("5", "驻场服务", "派驻工程师两名", "人·月", "20,000.00", "6%")),
        *t.rows[5:],
    )))  # fmt: skip
    version = tabled(version, "sla.metrics", lambda t: replace(t, columns=t.columns[:2], rows=tuple(
        replace(r, cells=r.cells[:2]) for r in t.rows
    )))  # fmt: skip

    def row(r: FormRow) -> tuple[FormRow, ...]:
        match r.id:
            case "cover.place":
                return (replace(r, content=(FilledValue("北京市西城区", "x"),)),)
            case "cover.b":
                return (r, FormRow("cover.c", "丙方（担保方）", (Text("某某担保有限公司"),)))
            case "cover.date" | "party.b.legal" | "sign.b.rep":
                return ()
            case "party.a.address":
                return (replace(r, label="送达地址"),)
            case "sign.a.rep":
                return (replace(r, content=(FilledValue("张三", "x"),)), FormRow("sign.a.title", "职务", (Text("总经理"),)))
            case "sign.a.bank":
                return (replace(r, content=(Text("已核对账户信息 "), *r.content[1:])),)
            case "sign.a.name":
                return (replace(r, label="名称"),)
        return (r,)

    version = rows_edited(version, row)
    preamble = (Text("甲方委托乙方提供互联网产品售后服务，双方协商一致，订立本合同。"),)
    return replace(version, preamble=preamble, title="互联网产品售后服务合同", number="HT-2026-0002", version="1.1")


def without_section(base: Instrument, number: str) -> Instrument:
    """A section left out; the figures of the others stay."""
    chapters = tuple(replace(c, sections=tuple(s for s in c.sections if s.number != number)) for c in base.chapters)
    return renumbered(replace(base, chapters=chapters))


def without_chapter(base: Instrument, index: int) -> Instrument:
    """A chapter left out; those behind it take the figures before theirs."""
    chapters = []
    for chapter in base.chapters:
        if chapter.index == index:
            continue
        figure = chapter.index - (chapter.index > index)
        sections = tuple(replace(s, number=f"{figure}.{s.number.split('.')[1]}") for s in chapter.sections)
        chapters.append(replace(chapter, index=figure, sections=sections))
    return renumbered(replace(base, chapters=tuple(chapters)))


def wide(name: str = "fees.wide") -> Provision:
    """A provision with a table that lies on a page across."""
    columns = tuple(TableColumn(f"c{i}", f"第{i}列", 10) for i in range(9))
    rows = tuple(TableRow(f"w{r}", tuple(f"{r}-{c}" for c in range(9))) for r in range(3))
    return provision(f"{name}.list", "宽表如下：", table=Table(name, "宽表", columns, rows))


def narrow(name: str) -> Provision:
    """A provision with a table of a few rows on an ordinary page."""
    return provision(f"{name}.list", "清单如下：", table=replace(service_table(2), id=name))


def paragraphs(base: Instrument) -> Instrument:
    """The items of one article as paragraphs."""
    return each(base, lambda p: (
        replace(p, children=tuple(replace(c, level=Level.PARAGRAPH) for c in p.children)) if p.id == "defs.meaning" else p,
    ))  # fmt: skip


def at_once(base: Instrument) -> tuple[Instrument, Instrument]:
    """Two versions between which nearly everything happens that has a pair of its own below, each at another place: a section put in,
    one with a table, an annex and a chapter left out, tables put in, replaced and moved, wide ones too, items that become paragraphs."""
    old = without_section(base, "2.1")
    for place, added in (
        ("c3_1.duty", wide("wide.out")), ("c4_1.duty", wide("wide.alone")), ("c5_1.duty", narrow("alone")), ("c7_1.duty", narrow("moved")),
    ):  # fmt: skip
        old = behind(old, place, added)
    new = behind(base, "c4_1.duty", wide("wide.alone"))
    new = behind(behind(new, "c5_1.duty", narrow("alone")), "c12_1.duty", narrow("moved"))
    for number in ("8.2", "13.1"):
        new = without_section(new, number)
    new = tabled(without_chapter(new, 9), "annex.metrics", lambda t: replace(service_table(3), id=t.id))
    return tabled(tabled(old, "wide.alone", lambda t: None), "alone", lambda t: None), paragraphs(new)


BASE = sample(12)
PAIRS: dict[str, tuple[Instrument, Instrument]] = {
    "nothing": (BASE, BASE),
    "much": (BASE, much_changed(BASE)),
    "much, backwards": (much_changed(BASE), BASE),
    "section left out": (BASE, without_section(BASE, "8.2")),
    "section put in": (without_section(BASE, "2.1"), BASE),
    "section with table put in": (without_section(BASE, "8.2"), BASE),
    "annex left out": (BASE, without_section(BASE, "13.1")),
    "chapter left out": (BASE, without_chapter(BASE, 9)),
    "table put in": (tabled(BASE, "annex.services", lambda t: None), BASE),
    "table replaced": (BASE, tabled(BASE, "sla.metrics", lambda t: replace(service_table(3), id="sla.metrics"))),
    "provision with table moved": (BASE, moved(BASE, "fees.payment.amount", "breach.cap")),
    "wide table left out": (behind(BASE, "fees.payment.amount", wide()), BASE),
    "wide table put in": (BASE, behind(BASE, "fees.payment.term", wide())),
    "wide table alone put in": (tabled(behind(BASE, "fees.payment.term", wide()), "fees.wide", lambda t: None),
                                behind(BASE, "fees.payment.term", wide())),
    "items become paragraphs": (BASE, paragraphs(BASE)),
}  # fmt: skip
OLD, NEW = at_once(BASE)
FOR_OFFICES = {name: PAIRS[name] for name in ("nothing", "much", "much, backwards")} | {
    "at once": (OLD, NEW), "at once, backwards": (NEW, OLD),
}  # fmt: skip
"""The changes of all pairs in few documents: other programs take seconds for each."""


def compared(name: str) -> Comparison:
    return compare(*(PAIRS | FOR_OFFICES)[name], DIFF)


def redline(comparison: Comparison) -> bytes:
    return render_redline_docx(comparison, meta_of(comparison.new), DIFF, author=AUTHOR, date=MOMENT)
