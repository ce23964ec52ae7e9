"""Faults of spreadsheets, as people find them: by sheet, row and column."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellFault:
    """One bad cell: sheet, row (from 1, as the spreadsheet shows it), column label and letter, value, reason."""

    sheet: str
    row: int
    column: str
    letter: str
    value: str
    reason: str

    def sentence(self) -> str:
        place = f"工作表“{self.sheet}”第{self.row}行" + (f"“{self.column}”列" if self.column else "")
        cell = f"（{self.letter}{self.row}）" if self.letter else ""
        shown = f"，现为“{self.value}”" if self.value else ""
        return f"{place}{cell}：{self.reason}{shown}"
