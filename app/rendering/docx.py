"""DOCX of the contract tree: docxtpl fills cover, headers, footers and signature frame, lxml builds the numbered body.

The template (templates/documents/contract.docx) is an ordinary Word file; a lawyer may restyle it and move the body's
placeholder. Jinja runs sandboxed and strict; nothing from an answer is ever run as a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from docx.opc.constants import RELATIONSHIP_TYPE
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2 import TemplateError as JinjaError
from lxml import etree

from app.domain.documents import DocumentMeta
from app.domain.tree import Box, FormRow, Instrument, Layout
from app.rendering.docx_body import BodyWriter
from app.rendering.docx_code import code_picture
from app.rendering.docx_contents import contents_xml
from app.rendering.docx_forms import CONTENT, COVER_BOX, LABEL, FormFrame, place_cover_boxes
from app.rendering.docx_numbering import Numbering, number_properties
from app.rendering.docx_package import set_custom_properties, write_package
from app.rendering.docx_runs import RunWriter, Targets
from app.rendering.docx_sections import PageLayout
from app.rendering.docx_styles import Style, Styles, TemplateError, read_styles
from app.rendering.docx_xml import MC, NSMAP, Ids, clean, paragraph, w
from app.rendering.sandbox import Sandbox

_DOCUMENTS = Path(__file__).resolve().parent.parent.parent / "templates" / "documents"
TEMPLATE = _DOCUMENTS / "contract.docx"
TEMPLATES = {Layout.BOOK: TEMPLATE, Layout.PAPER: _DOCUMENTS / "paper.docx"}
CONTENTS = "\ue001contents\ue001"
BODY = "\ue001body\ue001"
DRAFT_MARK = "草稿"
SHORT_DIGEST = 16
"""Hex digits of the digest in the footer: 48 bits, enough to tell two versions of a contract apart at a glance."""

PROPERTY_PREFIX = "chengyue."


def environment() -> Sandbox:
    """Jinja that can't reach Python's inside and fails on a placeholder it does not know."""
    return Sandbox(autoescape=True, undefined=StrictUndefined)


def template_context(instrument: Instrument, meta: DocumentMeta) -> dict[str, object]:
    """Every placeholder a template may use, with its value."""
    return {
        "title": clean(instrument.title),
        "number": clean(meta.number),
        "version": clean(meta.version),
        "document_id": clean(meta.document_id),
        "digest": meta.digest,
        "digest_short": meta.digest[:SHORT_DIGEST],
        "draft_mark": "" if meta.final else DRAFT_MARK,
        "cover": [{"label": clean(r.label), "value": _cover_value(r)} for r in instrument.cover],
        "contents": CONTENTS,
        "body": BODY,
        "form_label": LABEL,
        "form_content": CONTENT,
    }


@lru_cache(maxsize=4)
def _read(path: Path, modified: int) -> bytes:
    return path.read_bytes()


def render_docx(
    instrument: Instrument,
    meta: DocumentMeta,
    *,
    template: Path | None = None,
    pages: Mapping[str, int] | None = None,
) -> bytes:
    """The contract as DOCX.

    ``pages``: page from 1 of every anchor (``ch.8``, ``s.8.2``) in the PDF layout, cached in the table of contents; without
    it the contents carry no page numbers and the word processor is asked to update its fields on opening.
    Equal input gives equal bytes. Raises TemplateError when the template can't be used.
    """
    sheet = open_template(template_context(instrument, meta), template or TEMPLATES[instrument.layout])
    if meta.verification:
        sheet.frame.code = code_picture(sheet.document, meta.verification)
    runs = RunWriter(sheet.styles, Targets.of(instrument))
    writer = BodyWriter(sheet.styles, sheet.ids, sheet.numbering, runs, sheet.frame, sheet.layout)
    # The contents come first, so that their ids do not depend on the body's.
    book = instrument.layout is Layout.BOOK
    contents = contents_xml(instrument, sheet.styles, sheet.ids, pages) if book else None
    text = writer.write(instrument)
    return sheet.finish(contents, text, instrument, meta, update_fields=book and pages is None)


@dataclass(slots=True)
class Sheet:
    """A template whose own placeholders are filled in, ready for contents and body. Use once."""

    document: DocxTemplate
    root: etree._Element
    styles_root: etree._Element
    numbering_root: etree._Element
    styles: Styles
    ids: Ids
    numbering: Numbering
    frame: FormFrame
    layout: PageLayout

    @property
    def body(self) -> etree._Element:
        return self.root[0]

    def finish(
        self,
        contents: str | None,
        text: str,
        instrument: Instrument,
        meta: DocumentMeta,
        *,
        update_fields: bool,
        properties: Mapping[str, str] | None = None,
        settings: Callable[[etree._Element], None] | None = None,
        furniture: Mapping[str, str] | None = None,
    ) -> bytes:
        """The finished package. ``contents`` None: the template has no place for a list of contents. ``properties`` go to
        custom.xml beside the usual ones; ``settings`` may change settings.xml; ``furniture``: words of headers and footers to be
        replaced."""
        main = self.document.docx.part
        settings_part = main.part_related_by(RELATIONSHIP_TYPE.SETTINGS)
        # LibreOffice drops a content control that directly follows the contents' own: a paragraph keeps them apart.
        inserts = {} if contents is None else {"contents": contents + paragraph(self.styles[Style.TABLE_END], "")}
        inserts["body"] = text
        for name, token in (("contents", CONTENTS), ("body", BODY)):
            if name in inserts:
                _mark(self.body, token, name)
        content = _serialise(self.root)
        for name, inserted in inserts.items():
            content = content.replace(f"<?{name} ?>".encode(), inserted.encode("utf-8"))
        self.numbering.write_into(self.numbering_root)
        _link_heading(self.styles_root, self.styles, self.numbering)
        settings_root = etree.fromstring(settings_part.blob)
        _update_fields(settings_root, wanted=update_fields)
        if settings is not None:
            settings(settings_root)
        _properties(self.document, instrument, meta)
        set_custom_properties(main.package, {**custom_properties(instrument, meta), **(properties or {})})
        trees = (
            (main.part_related_by(RELATIONSHIP_TYPE.STYLES), self.styles_root),
            (main.part_related_by(RELATIONSHIP_TYPE.NUMBERING), self.numbering_root),
            (settings_part, settings_root),
        )
        replaced = {str(main.partname): content, **{str(part.partname): _serialise(tree) for part, tree in trees}}
        for part in main.package.iter_parts() if furniture else ():
            if part.content_type.endswith(("header+xml", "footer+xml")):
                words = part.blob.decode("utf-8")
                for old, new in (furniture or {}).items():
                    words = words.replace(old, escape(clean(new)))
                replaced[str(part.partname)] = words.encode("utf-8")
        return write_package(main.package, meta.created, replaced)


def open_template(context: Mapping[str, object], template: Path | None = None) -> Sheet:
    """Fill in a template's placeholders. Raises TemplateError when it can't be used."""
    path = template or TEMPLATE
    try:
        document = DocxTemplate(BytesIO(_read(path, path.stat().st_mtime_ns)))
        document.render(dict(context), environment(), autoescape=True)
    except JinjaError as error:
        raise TemplateError([f"占位符无法处理：{error.message or error}"]) from error
    main = document.docx.part
    styles_root = etree.fromstring(main.part_related_by(RELATIONSHIP_TYPE.STYLES).blob)
    numbering_root = etree.fromstring(main.part_related_by(RELATIONSHIP_TYPE.NUMBERING).blob)
    styles, ids = read_styles(styles_root), Ids()
    root = _root(document.docx.element)
    place_cover_boxes(root, ids)
    numbering = Numbering.beside(numbering_root, styles, ids)
    return Sheet(
        document, root, styles_root, numbering_root, styles, ids, numbering, FormFrame.take(root[0]), PageLayout(root[0])
    )


def _cover_value(row: FormRow) -> str:
    """The words of a line of the cover, or the mark of the box that signing fills there."""
    box = next((span for span in row.content if isinstance(span, Box)), None)
    return f"{COVER_BOX}{box.name}{COVER_BOX}" if box is not None and not row.text else clean(row.text)


def custom_properties(instrument: Instrument, meta: DocumentMeta) -> dict[str, str]:
    """What docProps/custom.xml says about the document; a later read-back relies on it."""
    values = {
        "document_id": meta.document_id,
        "version": meta.version,
        "digest": meta.digest,
        "number": meta.number,
        "form": instrument.form,
        "library_version": instrument.library_version,
        "status": "final" if meta.final else "draft",
    }
    return {PROPERTY_PREFIX + key: value for key, value in values.items()}


def _root(source: etree._Element) -> etree._Element:
    """The document element anew with every namespace that the body uses; Word must ignore those it doesn't know."""
    root = etree.Element(w("document"), nsmap={**{k: v for k, v in source.nsmap.items() if k}, **NSMAP})
    for key, value in source.items():
        root.set(key, value)
    ignorable = set(root.get(f"{{{MC}}}Ignorable", "").split()) | {"w14", "w15"}
    root.set(f"{{{MC}}}Ignorable", " ".join(sorted(ignorable)))
    root.extend(e for e in list(source) if e.tag == w("body"))
    return root


def _serialise(tree: etree._Element) -> bytes:
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)


def _mark(body: etree._Element, token: str, name: str) -> None:
    """Put a processing instruction where the placeholder's paragraph stands; text can't contain one unescaped."""
    for child in body:
        if child.tag == w("p") and token in "".join(t.text or "" for t in child.iter(w("t"))):
            body.replace(child, etree.ProcessingInstruction(name))
            return
    raise TemplateError([f"缺少占位符 {{{{ {name} }}}}；它应当单独成段，放在正文中（不在表格或文本框里）"])


def _link_heading(styles_root: etree._Element, styles: Styles, numbering: Numbering) -> None:
    """Tie the chapter style to the chapter list, so that a new 标题 1 in the word processor gets its number."""
    if not numbering.chapter_list:
        return
    for element in styles_root.iterfind(w("style")):
        if element.get(w("styleId")) == styles[Style.CHAPTER]:
            properties = element.find(w("pPr"))
            if properties is None or properties.find(w("numPr")) is not None:
                return
            numbered = etree.fromstring(f'<x xmlns:w="{NSMAP["w"]}">{number_properties(numbering.first_chapter_list, 0)}</x>')[0]
            before = {w(n) for n in ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl")}
            position = sum(1 for child in properties if child.tag in before)
            properties.insert(position, numbered)
            return


def _update_fields(settings: etree._Element, *, wanted: bool) -> None:
    found = settings.find(w("updateFields"))
    if found is not None:
        settings.remove(found)
    if wanted:
        mark = etree.Element(w("updateFields"), {w("val"): "true"})
        behind = {w(n) for n in ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "themeFontLang",
                                 "clrSchemeMapping", "shapeDefaults", "decimalSymbol", "listSeparator")}  # fmt: skip
        position = next((i for i, e in enumerate(settings) if e.tag in behind or not e.tag.startswith(w(""))), len(settings))
        settings.insert(position, mark)


def _properties(document: DocxTemplate, instrument: Instrument, meta: DocumentMeta) -> None:
    core = document.docx.core_properties
    moment = meta.created.replace(tzinfo=None, microsecond=0)
    core.title = clean(meta.title)[:255]
    core.subject = clean(meta.number)[:255]
    core.author = core.last_modified_by = clean(meta.author)[:255]
    core.identifier = clean(meta.document_id)[:255]
    core.version = clean(meta.version)[:255]
    core.language = "zh-CN"
    core.created = core.modified = moment
    core.revision = 1
