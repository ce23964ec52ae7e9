"""Tables of the tree as native tables: repeated header row, rows that never split, widths from the columns' weights."""

from __future__ import annotations

import re

from app.domain.tree import Table, TableRow
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import Ids, bookmark_name, paragraph, run, run_properties

_MINIMUM = 480
"""Narrowest column in twips (two characters of 10.5 pt and the cell's margins)."""
_LONGEST = 16
"""Figures and codes up to so many characters are never broken over two lines; longer ones (addresses of mail) may be."""
_CHARACTER, _MARGINS = 116, 180
"""Width of a bold Latin character of 9 pt in a wide font, and of a cell's margins, in twips."""
_TOKEN = re.compile(r"[!-~]+")


def table_bookmark(table_id: str) -> str:
    return bookmark_name(table_id, "_tb_")


def column_widths(weights: tuple[int, ...], total: int, needed: tuple[int, ...] = ()) -> list[int]:
    """Widths in twips that add up to ``total``: in proportion to ``weights``, but none narrower than it needs to be read.

    ``needed``: width of each column's longest figure or code. What a narrow column needs is taken from the others in
    proportion to what they can spare; when nothing can be spared the weights alone decide.
    """
    if not weights:
        return []
    base = max(sum(weights), 1)
    widths = [total * weight // base for weight in weights]
    floor = min(_MINIMUM, total // len(weights))
    least = [max(floor, n) for n in (needed or (0,) * len(weights))]
    if sum(least) <= total:
        short = sum(max(0, m - x) for m, x in zip(least, widths, strict=True))
        spare = sum(max(0, x - m) for m, x in zip(least, widths, strict=True))
        widths = [m if x <= m else x - (x - m) * short // max(spare, 1) for m, x in zip(least, widths, strict=True)]
    widest = widths.index(max(widths))
    widths[widest] += total - sum(widths)
    return widths


def needed_widths(table: Table) -> tuple[int, ...]:
    """Width that the longest unbreakable figure or code of each column takes."""
    longest = [0] * len(table.columns)
    for row in table.rows:
        for index, cell in enumerate(row.cells):
            if len(cell) > longest[index]:
                for token in _TOKEN.findall(cell):
                    if longest[index] < len(token) <= _LONGEST:
                        longest[index] = len(token)
    return tuple(n * _CHARACTER + _MARGINS if n else 0 for n in longest)


def table_xml(table: Table, styles: Styles, ids: Ids, width: int) -> str:
    """Caption and table inside one bookmark, ``width`` in twips; a small paragraph behind it keeps two tables apart.

    A bookmark and no content control: LibreOffice shrinks a control around a table to the first cell.
    Rows are written as text; building them through an object model costs the square of their number.
    """
    number = ids.of("table", table.id)
    widths = column_widths(tuple(c.width for c in table.columns), width, needed_widths(table))
    grid = "".join(f'<w:gridCol w:w="{x}"/>' for x in widths)
    plain, strong = run_properties(), run_properties(bold=True)
    head = styles[Style.TABLE_HEAD]
    text, figure = styles[Style.TABLE_TEXT], styles[Style.TABLE_NUMBER]
    openings = [f'<w:tc><w:tcPr><w:tcW w:w="{x}" w:type="dxa"/></w:tcPr>' for x in widths]
    starts = [
        f'{opening}<w:p><w:pPr><w:pStyle w:val="{figure if column.numeric else text}"/></w:pPr>'
        for opening, column in zip(openings, table.columns, strict=True)
    ]

    def row_xml(row: TableRow) -> str:
        properties = strong if row.emphasis else plain
        cells = "".join(f"{start}{run(c, properties)}</w:p></w:tc>" for start, c in zip(starts, row.cells, strict=True))
        return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"

    header = "".join(f"{o}{paragraph(head, run(c.label))}</w:tc>" for o, c in zip(openings, table.columns, strict=True))
    caption = paragraph(styles[Style.CAPTION], run(table.caption)) if table.caption else ""
    return (
        f'<w:bookmarkStart w:id="{number}" w:name="{table_bookmark(table.id)}"/>{caption}'
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{styles[Style.TABLE]}"/><w:tblW w:w="{width}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        f'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{header}</w:tr>{''.join(map(row_xml, table.rows))}</w:tbl>"
        f'<w:bookmarkEnd w:id="{number}"/>{paragraph(styles[Style.TABLE_END], "")}'
    )
