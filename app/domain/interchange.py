"""The machine-readable contract (``contract.json``): the tree, its answers and its digest as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.digest import digest
from app.domain.documents import DocumentMeta
from app.domain.tree import Blank, Box, FilledValue, FormRow, Instrument, Provision, Reference, Section, Span, Table, TermUse
from app.domain.variables import Answers, Contact

SCHEMA = "chengyue.contract/1"


def plain_value(value: object) -> Any:
    """A typed value as JSON: decimals and dates as text, so that nothing is rounded on the way."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Contact):
        return {"name": value.name, "title": value.title, "phone": value.phone, "email": value.email}
    if isinstance(value, Mapping):
        return {str(k): plain_value(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain_value(v) for v in value]
    return value


def contract_json(instrument: Instrument, answers: Answers, meta: DocumentMeta) -> bytes:
    """The contract as UTF-8 JSON with sorted answers; the same contract gives the same bytes."""
    data = {
        "schema": SCHEMA,
        "form": instrument.form,
        "library_version": instrument.library_version,
        "document_id": meta.document_id,
        "title": instrument.title,
        "number": instrument.number,
        "version": instrument.version,
        "final": meta.final,
        "digest": {"algorithm": "SHA-256", "value": digest(instrument)},
        "cover": [_row(r) for r in instrument.cover],
        "parties": [{"id": b.id, "heading": b.heading, "rows": [_row(r) for r in b.rows]} for b in instrument.parties],
        "preamble": [_span(s) for s in instrument.preamble],
        "chapters": [
            {"id": c.id, "number": c.number, "title": c.title, "sections": [_section(s) for s in c.sections]}
            for c in instrument.chapters
        ],
        "deviations": [
            {"kind": d.kind.value, "provision": d.provision, "reason": d.reason, "library_text": d.library_text,
             "contract_text": d.contract_text} for d in instrument.deviations
        ],
        "positions": dict(sorted(answers.positions.items())),
        "acknowledgements": [
            {"rule": a.rule, "place": a.place, "by": a.by, "at": plain_value(a.at), "reason": a.reason}
            for a in answers.acknowledgements
        ],
        "answers": {name: plain_value(answers.values[name]) for name in sorted(answers.values)},
    }  # fmt: skip
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _section(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "number": section.number,
        "title": section.title,
        "annex": section.annex,
        "provisions": [_provision(p) for p in section.provisions],
        "form": [_row(r) for r in section.form],
    }


def _provision(provision: Provision) -> dict[str, Any]:
    return {
        "id": provision.id,
        "level": provision.level.value,
        "number": provision.number,
        "title": provision.title,
        "content": [_span(s) for s in provision.content],
        "laws": list(provision.laws),
        "prominent": provision.prominent,
        "position": provision.position.value,
        "topics": list(provision.topics),
        "table": _table(provision.table) if provision.table else None,
        "children": [_provision(c) for c in provision.children],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "id": table.id,
        "caption": table.caption,
        "columns": [{"key": c.key, "label": c.label} for c in table.columns],
        "rows": [{"id": r.id, "cells": list(r.cells)} for r in table.rows],
    }


def _row(row: FormRow) -> dict[str, Any]:
    return {"id": row.id, "label": row.label, "content": [_span(s) for s in row.content]}


def _span(span: Span) -> dict[str, Any]:
    match span:
        case FilledValue(text, variable):
            return {"text": text, "variable": variable}
        case Blank(variable, label, stage, text):
            return {"text": text, "blank": variable, "label": label, "stage": stage.value}
        case Reference(target, text, _):
            return {"text": text, "reference": target}
        case TermUse(text):
            return {"text": text, "term": True}
        case Box(name, kind, width, height):
            return {"box": name, "kind": kind.value, "width_mm": width, "height_mm": height}
        case _:
            return {"text": span.text}
