"""The consolidated text as a copy for reading: 合并文本（仅供查阅）, each change with the instrument that made it.

What is added are editor's words (``Note``) and a block that says what was put together; the agreed words stand as they are. Nothing can be signed in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.consolidation import Consolidated, Mark
from app.domain.refilling import rewritten
from app.domain.term import chinese_date
from app.domain.term_chain import Term
from app.domain.tree import Box, FormRow, Instrument, Note, PartyBlock, Provision, Section, Span, Text

TITLE = "合并文本（仅供查阅）"
_DISCLAIMER = "本文本由系统根据已签署的合同和补充协议合并生成，仅供查阅，不是签署文本；与签署文本不一致的，以签署文本为准。"
_SIGNED = "见已签署的原件"


def reading_copy(consolidated: Consolidated, signed_on: str = "", renewed: Sequence[Term] = ()) -> Instrument:
    """The copy of the text in force on its day. ``signed_on``: when the contract was signed, as it reads; ``renewed``: terms that renewals
    added and that have begun, which no words of the contract tell."""
    tables = _row_marks(consolidated)

    def noted(place: str, content: tuple[Span, ...]) -> tuple[Span, ...]:
        mark = consolidated.last(place)
        found = [] if mark is None else [_note(mark)]
        found += [Note(text) for text in tables.get(place, ())]
        return (*content, *found)

    instrument = rewritten(consolidated.standing.instrument, noted)
    chapters = tuple(replace(c, sections=tuple(_unsigned(s) for s in c.sections)) for c in instrument.chapters)
    about = _about(consolidated, signed_on, renewed)
    cover = (*(_plain(r) for r in instrument.cover), about.rows[0])
    parties = (replace(about, rows=about.rows[1:]), *instrument.parties)
    return replace(instrument, title=f"{instrument.title}　{TITLE}", chapters=chapters, cover=cover, parties=parties)


def _note(mark: Mark) -> Note:
    return Note(f"〔{mark.sentence}，自{chinese_date(mark.starts)}起适用〕")


def _row_marks(consolidated: Consolidated) -> dict[str, tuple[str, ...]]:
    """Provision → what is to be said of the rows of its table: 〔表中3行由补充协议一第4条修改〕."""
    counts: dict[tuple[str, str, str], int] = {}
    for place in consolidated.marks:
        table, _, row = place.partition("#")
        mark = consolidated.last(place)
        if row and mark is not None:
            key = (table, f"{mark.label}{mark.clause}", mark.how)
            counts[key] = counts.get(key, 0) + 1
    found: dict[str, tuple[str, ...]] = {}
    for provision in consolidated.standing.instrument.provisions():
        if provision.table is not None:
            own = [f"〔表中{n}行由{who}{how}〕" for (table, who, how), n in counts.items() if table == provision.table.id]
            found[provision.id] = tuple(own)
    return found


def _about(consolidated: Consolidated, signed_on: str, renewed: Sequence[Term]) -> PartyBlock:
    """What was put together here, and what it is worth."""
    sources = [f"原合同（{signed_on}签订）" if signed_on else "原合同"]
    sources += [f"{a.label}（编号{a.number}，自{chinese_date(a.starts)}起适用）" for a in consolidated.applied]
    rows = [
        ("consolidated.day", "合并截至", chinese_date(consolidated.as_of)),
        ("consolidated.sources", "合并依据", "、".join(sources)),
    ]
    if renewed:
        rows.append(("consolidated.renewed", "续展", "；".join(_renewal(t) for t in renewed)))
    if consolidated.pending:
        waiting = "、".join(f"{a.label}（自{chinese_date(a.starts)}起）" for a in consolidated.pending)
        rows.append(("consolidated.pending", "已签署而尚未适用", waiting))
    rows.append(("consolidated.note", "说明", _DISCLAIMER))
    return PartyBlock("consolidated", "合并说明", tuple(FormRow(place, label, (Text(text),)) for place, label, text in rows))


def _renewal(term: Term) -> str:
    how = f"{term.origin.label}{term.paper}，价格与附件有更新的从其约定" if term.paper else term.origin.label
    return f"{term.name}自{chinese_date(term.first_day)}起至{chinese_date(term.last_day)}止（{how}）"


def _plain(row: FormRow) -> FormRow:
    """Without boxes: nobody signs a copy."""
    content = tuple(s for s in row.content if not isinstance(s, Box))
    return replace(row, content=content or (Text(_SIGNED),))


def _unsigned(section: Section) -> Section:
    return replace(section, form=tuple(_plain(r) for r in section.form)) if section.form else section


def changed_places(consolidated: Consolidated) -> tuple[Provision, ...]:
    """Provisions that some amendment changed, in reading order."""
    return tuple(p for p in consolidated.standing.instrument.provisions() if p.id in consolidated.marks)
