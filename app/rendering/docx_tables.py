"""Tables of the tree as native tables: repeated header row, rows that never split, widths from the columns' weights."""

from __future__ import annotations

from app.domain.tree import Table, TableRow
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import Ids, bookmark_name, paragraph, run, run_properties

_MINIMUM = 480
"""Narrowest column in twips (two characters of 10.5 pt and the cell's margins)."""


def table_bookmark(table_id: str) -> str:
    return bookmark_name(table_id, "_tb_")


def column_widths(weights: tuple[int, ...], total: int) -> list[int]:
    """Widths in twips that add up to ``total``, in proportion to ``weights`` but none too narrow to read."""
    if not weights:
        return []
    base = max(sum(weights), 1)
    widths = [max(total * weight // base, min(_MINIMUM, total // len(weights))) for weight in weights]
    widest = widths.index(max(widths))
    widths[widest] += total - sum(widths)
    return widths


def table_xml(table: Table, styles: Styles, ids: Ids, width: int) -> str:
    """Caption and table inside one bookmark, ``width`` in twips; a small paragraph behind it keeps two tables apart.

    A bookmark and no content control: LibreOffice shrinks a control around a table to the first cell.
    Rows are written as text; building them through an object model costs the square of their number.
    """
    number = ids.of("table", table.id)
    widths = column_widths(tuple(c.width for c in table.columns), width)
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
