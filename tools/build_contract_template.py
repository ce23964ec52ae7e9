"""Build the first versions of templates/documents/contract.docx and paper.docx (the short instruments).

The files it writes are ordinary Word templates: a lawyer restyles it in Word and commits the result; this program is then
needed only to start afresh. Usage: ``python tools/build_contract_template.py [FOLDER]``.

Sizes: fonts in half-points, lengths in twips (1/20 point). 五号 = 10.5 pt = 21, 小五 = 9 pt. Text size, line pitch, column width
and indents are those of the PDF's print.css, so that the page numbers of the PDF layout fit the contents of the DOCX. Line
pitch is exact: fonts of one size have very different heights, and pages must not depend on which one a machine has.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NS = f'xmlns:w="{W}" xmlns:r="{R}"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TEXT_WIDTH = 8820
"""42 full-width characters of 10.5 pt: lines of pure Chinese end flush."""
TEXT = 21
PITCH = 357
"""17.85 pt: 1.7 times the text size."""
MARGIN = (11906 - TEXT_WIDTH) // 2


def fonts(east: str, latin: str = "Times New Roman") -> str:
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{east}" w:cs="{latin}"/>'


def paragraph_style(
    style_id: str, name: str, ppr: str = "", rpr: str = "", *, based: str = "Normal", following: str = "", order: int = 1
) -> str:
    custom = "" if name.isascii() else ' w:customStyle="1"'
    then = f'<w:next w:val="{following}"/>' if following else ""
    base = f'<w:basedOn w:val="{based}"/>' if based else ""
    default = ' w:default="1"' if style_id == "Normal" else ""
    return (
        f'<w:style w:type="paragraph"{default}{custom} w:styleId="{style_id}"><w:name w:val="{name}"/>{base}{then}'
        f'<w:uiPriority w:val="{order}"/><w:qFormat/>'
        + (f"<w:pPr>{ppr}</w:pPr>" if ppr else "")
        + (f"<w:rPr>{rpr}</w:rPr>" if rpr else "")
        + "</w:style>"
    )


def character_style(style_id: str, name: str, rpr: str) -> str:
    return (
        f'<w:style w:type="character" w:customStyle="1" w:styleId="{style_id}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="DefaultParagraphFont"/><w:uiPriority w:val="3"/><w:qFormat/><w:rPr>{rpr}</w:rPr></w:style>'
    )


def size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


def spacing(before: int = 0, after: int = 0, line: int = PITCH, rule: str = "exact") -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="{rule}"/>'


def hanging(left: int, hang: int) -> str:
    return f'<w:ind w:left="{left}" w:hanging="{hang}"/>'


def borders(kind: str, edges: dict[str, tuple[str, int]]) -> str:
    order = [e for e in ("top", "left", "bottom", "right", "insideH", "insideV") if e in edges]
    inner = "".join(f'<w:{e} w:val="{edges[e][0]}" w:sz="{edges[e][1]}" w:space="0" w:color="auto"/>' for e in order)
    return f"<w:{kind}>{inner}</w:{kind}>"


def styles_xml(paper: bool = False) -> str:
    single = spacing(line=240, rule="auto")
    cover_size = TEXT if paper else 28
    indents = (525, 525, 1575, 1050, 1155, 630, 1785, 630) if paper else (840, 840, 1890, 1050, 1470, 735, 2625, 735)
    table_rules = dict.fromkeys(("top", "left", "bottom", "right", "insideH", "insideV"), ("single", 4))
    parts = [
        f'{HEAD}<w:styles {NS}><w:docDefaults><w:rPrDefault><w:rPr>{fonts("宋体")}<w:kern w:val="2"/>{size(TEXT)}'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:widowControl/><w:overflowPunct w:val="0"/></w:pPr></w:pPrDefault></w:docDefaults>',
        paragraph_style("Normal", "Normal", f'{spacing()}<w:jc w:val="both"/>', based="", order=0),
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
        '<w:uiPriority w:val="1"/><w:semiHidden/></w:style>',
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>'
        '<w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
        '<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
        '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:uiPriority w:val="99"/>'
        "<w:semiHidden/></w:style>",
        paragraph_style(
            "Heading1", "heading 1",
            f'<w:keepNext/><w:keepLines/>{spacing(284, 113, 380)}<w:jc w:val="left"/><w:outlineLvl w:val="0"/>'
            if paper
            else f'<w:keepNext/><w:keepLines/>{spacing(567, 284, 420)}<w:jc w:val="center"/><w:outlineLvl w:val="0"/>',
            fonts("黑体") + size(24 if paper else 30), following="ContractArticle" if paper else "Heading2", order=9,
        ),
        paragraph_style(
            "Heading2", "heading 2",
            f'<w:keepNext/><w:keepLines/>{spacing(284, 113, 345)}<w:jc w:val="left"/><w:outlineLvl w:val="1"/>',
            fonts("黑体") + size(23), following="ContractArticle", order=9,
        ),
        paragraph_style("TOCHeading", "TOC Heading", f'<w:keepNext/>{spacing(0, 240, 480)}<w:jc w:val="center"/>',
                        fonts("黑体") + size(32), order=39),
        paragraph_style("TOC1", "toc 1",
                        f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs>'
                        f'{spacing(91, 0, 320)}<w:jc w:val="left"/>', fonts("黑体"), order=39),
        paragraph_style("TOC2", "toc 2",
                        f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs>'
                        f'{spacing(0, 0, 320)}<w:ind w:left="420"/><w:jc w:val="left"/>', size(20), order=39),
        paragraph_style("Header", "header",
                        borders("pBdr", {"bottom": ("single", 4)}).replace('w:space="0"', 'w:space="4"')
                        + f'<w:tabs><w:tab w:val="center" w:pos="{TEXT_WIDTH // 2}"/><w:tab w:val="right" w:pos="{TEXT_WIDTH}"/></w:tabs>'
                        f'{single}<w:jc w:val="left"/>', size(18), order=99),
        paragraph_style("Footer", "footer",
                        f'<w:tabs><w:tab w:val="right" w:pos="{TEXT_WIDTH}"/></w:tabs>{single}<w:jc w:val="left"/>', size(18), order=99),
        # 封面
        paragraph_style("ContractTitle", "合同标题",
                        f'{spacing(120, 240, 240, "auto") if paper else spacing(2800, 1600, 240, "auto")}<w:jc w:val="center"/>',
                        fonts("黑体") + size(38 if paper else 52)),
        paragraph_style("ContractCoverLabel", "合同封面项目", f'{single}<w:jc w:val="left"/>', fonts("黑体") + size(cover_size)),
        paragraph_style("ContractCoverValue", "合同封面内容", f'{single}<w:jc w:val="left"/>', fonts("仿宋") + size(cover_size)),
        # 首部
        paragraph_style("ContractParty", "合同当事人", f'<w:keepNext/>{spacing(240, 57)}<w:jc w:val="left"/>', fonts("黑体") + size(23)),
        paragraph_style("ContractPartyRow", "合同当事人信息", f'{spacing(line=406)}<w:ind w:left="420"/><w:jc w:val="left"/>', fonts("仿宋")),
        paragraph_style("ContractPreamble", "合同序言", f'{spacing(227, 113)}<w:ind w:firstLineChars="200" w:firstLine="420"/>'),
        # 条款
        paragraph_style("ContractArticle", "合同条", spacing(68, 0) + hanging(*indents[0:2]), order=2),
        paragraph_style("ContractParagraph", "合同款", spacing() + hanging(*indents[2:4]), order=2),
        paragraph_style("ContractItem", "合同项", spacing() + hanging(*indents[4:6]), order=2),
        paragraph_style("ContractSubItem", "合同款下项", spacing() + hanging(*indents[6:8]), order=2),
        character_style("ContractLeadIn", "合同条名", fonts("黑体")),
        character_style("ContractProminent", "合同重点条款", "<w:b/><w:bCs/>"),
        character_style("ContractBlank", "合同空白", '<w:u w:val="single"/>'),
        # 表格
        paragraph_style("ContractCaption", "合同表题", f'<w:keepNext/>{spacing(170, 85, 300)}<w:jc w:val="center"/>', fonts("黑体") + size(19)),
        paragraph_style("ContractTableHead", "合同表头", f'<w:keepNext/>{spacing(20, 20, 261)}<w:jc w:val="center"/>', fonts("黑体") + size(17)),
        paragraph_style("ContractTableText", "合同表文", f'{spacing(0, 0, 261)}<w:jc w:val="left"/>', size(18)),
        paragraph_style("ContractTableNumber", "合同表数字", f'{spacing(0, 0, 261)}<w:jc w:val="right"/>', size(18)),
        paragraph_style("ContractTableEnd", "合同表后", spacing(0, 0, 100), size(10)),
        # 签署页
        paragraph_style("ContractFormLabel", "合同签署项目", f'{single}<w:jc w:val="left"/>', fonts("黑体")),
        paragraph_style("ContractFormValue", "合同签署内容", f'{single}<w:jc w:val="left"/>', fonts("仿宋")),
        paragraph_style("ContractBox", "合同签署框", f'{spacing(0, 0, 240, "auto")}<w:jc w:val="left"/>', fonts("仿宋") + size(21)),
        '<w:style w:type="table" w:customStyle="1" w:styleId="ContractTable"><w:name w:val="合同表格"/><w:basedOn w:val="TableNormal"/>'
        f'<w:uiPriority w:val="4"/><w:qFormat/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{borders("tblBorders", table_rules)}'
        '<w:tblCellMar><w:top w:w="57" w:type="dxa"/><w:left w:w="79" w:type="dxa"/><w:bottom w:w="57" w:type="dxa"/>'
        '<w:right w:w="79" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tcPr><w:vAlign w:val="center"/></w:tcPr>'
        '<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/></w:tcPr></w:tblStylePr></w:style>',
        "</w:styles>",
    ]  # fmt: skip
    return "".join(parts)


def para(style: str, content: str, ppr: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{ppr}</w:pPr>{content}</w:p>'


def run(text: str, rpr: str = "") -> str:
    return f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{rpr}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def field(instruction: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def cell(width: int, content: str, tcpr: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{tcpr}</w:tcPr>{content}</w:tc>'


def layout_table(widths: tuple[int, int], rows: str, indent: int, edges: str = "", margins: str = "") -> str:
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblInd w:w="{indent}" w:type="dxa"/>{edges}'
        f'<w:tblLayout w:type="fixed"/>{margins}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>'
    )


def document_xml(paper: bool = False) -> str:
    loop = "<w:tr>{}{}</w:tr>"
    cover_widths = (2000, 6820) if paper else (2700, 4800)
    upright = '<w:vAlign w:val="top"/>' if paper else '<w:vAlign w:val="bottom"/>'  # an address may take two lines
    rule = ("" if paper else borders("tcBorders", {"bottom": ("single", 4)})) + upright
    height = 360 if paper else 794

    def tag_row(tag: str) -> str:
        return loop.format(
            cell(cover_widths[0], para("ContractCoverLabel", run(tag))), cell(cover_widths[1], para("ContractCoverValue", ""))
        )

    cover = layout_table(
        cover_widths,
        tag_row("{%tr for row in cover %}")
        + f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/></w:trPr>'
        + cell(cover_widths[0], para("ContractCoverLabel", run("{{ row.label }}：")), upright)
        + cell(cover_widths[1], para("ContractCoverValue", run("{{ row.value }}")), rule)
        + "</w:tr>"
        + tag_row("{%tr endfor %}"),
        0 if paper else 570,
    )
    form_widths = (2700, TEXT_WIDTH - 2700)
    every = dict.fromkeys(("top", "left", "bottom", "right", "insideH", "insideV"), ("single", 4))
    frame = layout_table(
        form_widths,
        '<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="442" w:hRule="atLeast"/></w:trPr>'
        + cell(form_widths[0], para("ContractFormLabel", run("{{ form_label }}：")), '<w:vAlign w:val="center"/>')
        + cell(form_widths[1], para("ContractFormValue", run("{{ form_content }}")), '<w:vAlign w:val="center"/>')
        + "</w:tr>",
        0,
        borders("tblBorders", every),
        '<w:tblCellMar><w:top w:w="51" w:type="dxa"/><w:bottom w:w="34" w:type="dxa"/></w:tblCellMar>',
    )
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId10"/><w:headerReference w:type="first" r:id="rId11"/>'
        '<w:footerReference w:type="default" r:id="rId12"/><w:footerReference w:type="first" r:id="rId13"/>'
        f'<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1701" w:right="{MARGIN}" w:bottom="1417" w:left="{MARGIN}" '
        f'w:header="964" w:footer="737" w:gutter="0"/>{"" if paper else "<w:titlePg/>"}</w:sectPr>'
    )
    contents = para("TOCHeading", run("目　录"), "<w:pageBreakBefore/>") + para("Normal", run("{{ contents }}"))
    return (
        f"{HEAD}<w:document {NS}><w:body>"
        + para("ContractTitle", run("{{ title }}"))
        + cover
        + ("" if paper else contents)
        + para("Normal", run("{{ body }}"))
        + frame
        + para("ContractTableEnd", "")
        + section
        + "</w:body></w:document>"
    )


RED = '<w:b/><w:color w:val="C00000"/>'


def furniture(paper: bool = False) -> dict[str, str]:
    """Headers and footers. They lie outside the contract's text."""
    identity = run("文档编号 {{ document_id }}　版本 {{ version }}　正文摘要 {{ digest_short }}", size(15))
    tab = "<w:r><w:tab/></w:r>"
    pages = run("第 ") + field("PAGE") + run(" 页　共 ") + field("NUMPAGES") + run(" 页")
    none = '<w:pBdr><w:bottom w:val="nil"/></w:pBdr>'
    return {
        "header1": para(
            "Header",
            run("{{ title }}")
            + tab
            + run("{{ draft_mark }}", RED)
            + tab
            + run(f"{'文书' if paper else '合同'}编号：{{{{ number }}}}"),
        ),
        "header2": para("Header", tab + run("{{ draft_mark }}", RED + size(24)), none),
        "footer1": para("Footer", identity + tab + pages),
        "footer2": para("Footer", identity),
    }


FONT_TABLE = (
    f"{HEAD}<w:fonts {NS}>"
    + "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{alt}"/><w:panose1 w:val="{panose}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
        for name, alt, panose, family in (
            ("宋体", "SimSun", "02010600030101010101", "auto"),
            ("黑体", "SimHei", "02010609060101010101", "modern"),
            ("仿宋", "FangSong", "02010609060101010101", "modern"),
        )
    )
    + '<w:font w:name="Times New Roman"><w:panose1 w:val="02020603050405020304"/><w:charset w:val="00"/>'
    '<w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>'
)
SETTINGS = (
    f'{HEAD}<w:settings {NS}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
    '<w:characterSpacingControl w:val="compressPunctuation"/><w:compat>'
    '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>'
)
CORE = (
    f'{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>合同模板</dc:title>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">2026-11-22T00:00:00Z</dcterms:created></cp:coreProperties>'
)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_OFFICE_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def parts(paper: bool = False) -> dict[str, str]:
    """Part name → XML of the whole package."""
    inside = {"styles": "styles", "settings": "settings", "numbering": "numbering", "fontTable": "fontTable"}
    overrides = {f"word/{part}.xml": f"{_WORD}.{kind}+xml" for part, kind in inside.items()}
    overrides["word/document.xml"] = f"{_WORD}.document.main+xml"
    overrides["docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    relations = [(f"rId{i}", name, f"{name}.xml") for i, name in enumerate(inside, 1)]
    files = {
        "word/document.xml": document_xml(paper),
        "word/styles.xml": styles_xml(paper),
        "word/settings.xml": SETTINGS,
        "word/numbering.xml": f"{HEAD}<w:numbering {NS}/>",
        "word/fontTable.xml": FONT_TABLE,
        "docProps/core.xml": CORE,
    }
    for index, (name, content) in enumerate(furniture(paper).items()):
        kind = name[:-1]
        tag = "hdr" if kind == "header" else "ftr"
        files[f"word/{name}.xml"] = f"{HEAD}<w:{tag} {NS}>{content}</w:{tag}>"
        overrides[f"word/{name}.xml"] = f"{_WORD}.{kind}+xml"
        relations.append((f"rId{10 + index}", kind, f"{name}.xml"))
    files["word/_rels/document.xml.rels"] = _relationships((i, f"{_OFFICE_REL}/{t}", target) for i, t, target in relations)
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    files["_rels/.rels"] = _relationships(
        [("rId1", f"{_OFFICE_REL}/officeDocument", "word/document.xml"), ("rId2", core, "docProps/core.xml")]
    )
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in sorted(overrides.items()))
    files["[Content_Types].xml"] = (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    return files


def _relationships(rows: object) -> str:
    inner = "".join(f'<Relationship Id="{i}" Type="{t}" Target="{target}"/>' for i, t, target in rows)  # type: ignore[attr-defined]
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'


def build(target: Path, *, paper: bool = False) -> None:
    """Write a template; the same bytes on every machine."""
    files = parts(paper)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("[Content_Types].xml", *sorted(n for n in files if n != "[Content_Types].xml")):
            info = zipfile.ZipInfo(name, (2026, 11, 22, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "templates" / "documents"
    build(folder / "contract.docx")
    build(folder / "paper.docx", paper=True)
