"""The machine-readable comparison (``comparison.json``): every change of text, value and row as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.domain.comparison import Change, Comparison, Entry
from app.domain.digest import digest
from app.domain.outline import where
from app.domain.table_comparison import ComparedTable, RowChange
from app.domain.textual_change import Hunk
from app.domain.tree import Instrument

SCHEMA = "chengyue.comparison/1"


def comparison_json(comparison: Comparison) -> bytes:
    """The comparison as UTF-8 JSON; equal comparisons give equal bytes. Hunks are ``["equal" | "delete" | "insert", text]``."""
    data = {
        "schema": SCHEMA,
        "number": comparison.new.number,
        "title": comparison.new.title,
        "old": _version(comparison.old),
        "new": _version(comparison.new),
        "equal": comparison.equal,
        "counts": {change.value: count for change, count in comparison.counts().items()},
        "changes": [_entry(e) for e in comparison.notable()],
        "variables": [
            {"name": v.name, "label": v.label, "section": v.section, "old": v.old, "new": v.new} for v in comparison.variables
        ],
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _version(instrument: Instrument) -> dict[str, str]:
    return {"version": instrument.version, "digest": digest(instrument), "library_version": instrument.library_version}


def _entry(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": entry.block.id,
        "kind": entry.kind.value,
        "place": where(entry.block),
        "change": entry.change.value,
        "nature": entry.nature.value,
        "old_number": entry.old.number if entry.old else "",
        "new_number": entry.new.number if entry.new else "",
        "old_text": entry.old.text if entry.old else "",
        "new_text": entry.new.text if entry.new else "",
    }
    if entry.prominence:
        data["prominence"] = True
    if entry.change not in (Change.ADDED, Change.REMOVED):
        data["hunks"] = _hunks(entry.hunks)
    if entry.table is not None:
        data["table"] = _table(entry.table)
    return data


def _hunks(hunks: Iterable[Hunk]) -> list[list[str]]:
    return [[h.kind.value, h.text] for h in hunks]


def _table(table: ComparedTable) -> dict[str, Any]:
    rows = []
    for row in table.rows:
        if row.change is RowChange.UNCHANGED:
            continue
        known = row.new or row.old
        rows.append(
            {
                "id": known.id if known else "",
                "change": row.change.value,
                "placement": row.placement.value,
                "old": list(row.old.cells) if row.old else [],
                "new": list(row.new.cells) if row.new else [],
                "cells": [_hunks(cell) for cell in row.cells],
            }
        )
    return {"id": table.new.id, "replaced": table.whole, "columns": [c.label for c in table.new.columns], "rows": rows}
