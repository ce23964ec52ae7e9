"""What is measured: the demonstration contract, the same with a long annex, and an equal document for plain docxtpl."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from docx import Document
from docxtpl import DocxTemplate

from app.domain.answers import read_answers
from app.domain.digest import canonical_lines
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.library.answers_file import load_example
from app.services.drafting import Compiled, compile_draft
from app.services.generation import Generated, generate, identity
from app.settings import Settings
from app.wiring import Wiring, now

TODAY = date(2026, 11, 22)


def answers(wiring: Wiring, rows: int = 0) -> Answers:
    """The demonstration contract's answers, with ``rows`` service rows where given."""
    source = load_example()
    data: dict[str, Any] = dict(source.data)
    read = read_answers(wiring.library.variables, data, topics=wiring.library.topics()).require()
    if rows:
        model = wiring.library.variables["annex.service_items"].default
        assert isinstance(model, tuple)
        items = tuple({**dict(model[i % len(model)]), "code": f"N-{i:05}"} for i in range(rows))  # type: ignore[call-overload]
        read = read.with_values({"annex.service_items": items})
    return read


def compiled(wiring: Wiring, rows: int = 0) -> Compiled:
    return compile_draft(wiring.reference, answers(wiring, rows), TODAY)


def whole_draft(wiring: Wiring, rows: int = 0) -> Generated:
    """Answers → findings → all documents → proof."""
    made = compiled(wiring, rows)
    meta = identity(made.instrument, now(), final=False)
    return generate(made.instrument, made.answers, meta, wiring.tools)


def plain_docxtpl(instrument: Instrument) -> Callable[[], bytes]:
    """Plain docxtpl on a document of equal text: paragraphs in a loop, tables row by row, one render and save."""
    tables = {p.table.id: p.table for p in instrument.provisions() if p.table is not None}
    paragraphs = [line.text for line in canonical_lines(instrument) if "#" not in line.anchor]
    document = Document()
    document.add_paragraph("{%p for text in paragraphs %}")
    document.add_paragraph("{{ text }}")
    document.add_paragraph("{%p endfor %}")
    for index, table in enumerate(tables.values()):
        grid = document.add_table(rows=4, cols=len(table.columns))
        for cell, column in zip(grid.rows[0].cells, table.columns, strict=True):
            cell.text = column.label
        grid.rows[1].cells[0].text = f"{{%tr for row in tables[{index}] %}}"
        for place, cell in enumerate(grid.rows[2].cells):
            cell.text = f"{{{{ row[{place}] }}}}"
        grid.rows[3].cells[0].text = "{%tr endfor %}"
    template = io.BytesIO()
    document.save(template)
    rows = [[list(row.cells) for row in table.rows] for table in tables.values()]

    def render() -> bytes:
        filled = DocxTemplate(io.BytesIO(template.getvalue()))
        filled.render({"paragraphs": paragraphs, "tables": rows}, autoescape=True)
        target = io.BytesIO()
        filled.save(target)
        return target.getvalue()

    return render


def wiring() -> Wiring:
    return Wiring(replace(Settings.from_environment()))
