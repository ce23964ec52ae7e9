"""Check of a contract template before anyone relies on it: placeholders, styles, structure. Messages are for a lawyer."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from jinja2 import TemplateSyntaxError, UndefinedError, meta
from lxml import etree

from app.domain.documents import DocumentMeta
from app.domain.tree import Box, BoxKind, Chapter, FormRow, Instrument, Level, PartyBlock, Provision, Section, Text
from app.rendering.docx import environment, render_docx, template_context
from app.rendering.docx_check import check_structure
from app.rendering.docx_styles import TemplateError, missing_style_problem, missing_styles
from app.rendering.docx_xml import w
from app.rendering.proof.docx_text import prove_docx

MAX_BYTES = 20 * 1024 * 1024
_MAX_PART = 60 * 1024 * 1024
_REQUIRED_BODY = ("title", "cover", "contents", "body", "form_label", "form_content")
_REQUIRED_ANYWHERE = ("document_id", "version", "digest_short", "draft_mark")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_ROW_TAG = re.compile(r"\{%\s*(?:tr|tc|p|r)\s+")
_OPEN = re.compile(r"\{\{|\{%|\}\}|%\}")
_LITERAL = re.compile(r"\w")
_CONTENTS_TITLES = frozenset({"目录", "Contents"})


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    label: str
    root: etree._Element


def check_template(path: Path) -> list[str]:
    """Every problem of a template in Chinese; an empty list when it can be used.

    Checks: is it a Word document; are all styles there; is each placeholder known, whole (not torn over differently formatted
    runs) and none of the required ones missing; is there fixed text in the body, which no contract text would account for;
    and at last a trial document: does it render, is it sound, does its text prove equal.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return [f"模板文件无法读取：{error.strerror or error}"]
    if len(content) > MAX_BYTES:
        return [f"模板文件超过 {MAX_BYTES // 1024 // 1024} MB"]
    try:
        parts, styles = _open(content)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError) as error:
        return [f"不是可用的 Word 文档（.docx）：{error}"]
    problems = (
        [missing_style_problem(s) for s in missing_styles(styles)] if styles is not None else ["缺少样式部件 word/styles.xml"]
    )
    problems += _placeholders(parts)
    problems += _fixed_text(parts)
    if not problems:
        problems += _trial(path)
    return problems


def _open(content: bytes) -> tuple[list[_Part], etree._Element | None]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if any(i.file_size > _MAX_PART for i in archive.infolist()):
            raise ValueError("部件过大")
        names = archive.namelist()
        parts = [_Part("word/document.xml", "正文", etree.fromstring(archive.read("word/document.xml"), parser))]
        for name in sorted(names):
            found = re.fullmatch(r"word/(header|footer)\d*\.xml", name)
            if found:
                label = "页眉" if found.group(1) == "header" else "页脚"
                parts.append(_Part(name, f"{label}（{name.rpartition('/')[2]}）", etree.fromstring(archive.read(name), parser)))
        styles = etree.fromstring(archive.read("word/styles.xml"), parser) if "word/styles.xml" in names else None
    return parts, styles


def _placeholders(parts: list[_Part]) -> list[str]:
    known = set(template_context(_TRIAL, _meta()))
    problems: list[str] = []
    used: dict[str, set[str]] = {}
    for part in parts:
        source: list[str] = []
        for paragraph in part.root.iter(w("p")):
            text = "".join(t.text or "" for t in paragraph.iter(w("t")))
            rest = _TAG.sub("", text)
            if _OPEN.search(rest):
                problems.append(f"{part.label}：占位符不完整，缺少成对的括号：“{text.strip()[:60]}”")
                continue
            torn = [tag for tag in _TAG.findall(text) if _torn(paragraph, tag)]
            problems += [f"{part.label}：占位符“{tag}”被拆成几段不同的格式；请删除后一次输入，或选中它统一格式" for tag in torn]
            source += [_ROW_TAG.sub("{% ", tag) for tag in _TAG.findall(text)]
        try:
            used[part.name] = meta.find_undeclared_variables(environment().parse("\n".join(source)))
        except TemplateSyntaxError as error:
            problems.append(f"{part.label}：模板语句有语法错误：{error.message}")
            used[part.name] = set()
        problems += [
            f"{part.label}：未知的占位符 {{{{ {name} }}}}；可用的有 {'、'.join(sorted(known))}"
            for name in sorted(used[part.name] - known)
        ]
    everywhere = set().union(*used.values())
    body = used.get("word/document.xml", set())
    problems += [f"正文缺少占位符 {{{{ {name} }}}}" for name in _REQUIRED_BODY if name not in body]
    problems += [f"页眉或页脚缺少占位符 {{{{ {name} }}}}" for name in _REQUIRED_ANYWHERE if name not in everywhere]
    return problems


def _torn(paragraph: etree._Element, tag: str) -> bool:
    """Whether a tag lies over runs of different looks (Word splits it where formatting or spelling marks change)."""
    looks: list[str] = []
    text = ""
    for run in paragraph.iter(w("r")):
        properties = run.find(w("rPr"))
        look = etree.tostring(properties).decode() if properties is not None else ""
        piece = "".join(t.text or "" for t in run.iter(w("t")))
        text += piece
        looks += [look] * len(piece)
    start = text.find(tag)
    return start >= 0 and len(set(looks[start : start + len(tag)])) > 1


def _fixed_text(parts: list[_Part]) -> list[str]:
    """Words typed into the body. They would stand in every contract without being part of its text, and fail its proof."""
    problems = []
    for paragraph in parts[0].root.iter(w("p")):
        text = _TAG.sub("", "".join(t.text or "" for t in paragraph.iter(w("t")))).strip()
        if _LITERAL.search(text) and re.sub(r"\s", "", text) not in _CONTENTS_TITLES:
            problems.append(f"正文中有固定文字“{text[:40]}”；合同文字只能来自条款库，请改写到条款库或放入页眉、页脚")
    return problems


def _trial(path: Path) -> list[str]:
    try:
        content = render_docx(_TRIAL, _meta(), template=path, pages={"ch.1": 2, "s.1.1": 2, "s.1.2": 3})
    except TemplateError as error:
        return list(error.problems)
    except (TemplateSyntaxError, UndefinedError) as error:
        return [f"模板无法渲染：{error.message}"]
    except Exception as error:  # a foreign file may break docxtpl anywhere; the lawyer needs the reason, not a trace
        return [f"模板无法渲染：{type(error).__name__}：{error}"]
    problems = [f"试生成的文件有结构问题：{p}" for p in check_structure(content)]
    proof = prove_docx(content, _TRIAL)
    problems += [f"试生成的文件文字不符：应为“{d.expected}”，实为“{d.found}”" for d in proof.differences]
    return problems


def _meta() -> DocumentMeta:
    return DocumentMeta("00000000", _TRIAL.title, _TRIAL.number, "0", "0" * 64, datetime(2026, 1, 1, tzinfo=UTC))


_TRIAL = Instrument(
    form="trial",
    title="试生成合同",
    number="T-1",
    version="0",
    library_version="0",
    language="zh",
    cover=(FormRow("cover.number", "合同编号", (Text("T-1"),)),),
    parties=(PartyBlock("party.a", "甲方", (FormRow("party.a.name", "名称", (Text("某公司"),)),)),),
    preamble=(Text("双方订立本合同。"),),
    chapters=(
        Chapter(1, "第一章", "总则", (
            Section("1.1", "定义", (Provision("trial.one", Level.ARTICLE, "1.1.1", "试", (Text("一条。"),)),)),
            Section("1.2", "签署页", (), (
                FormRow("trial.name", "名称", (Text("某公司"),)),
                FormRow("trial.box", "签字", (Box("trial.box", BoxKind.SIGNATURE, 50, 20),)),
            )),
        )),
    ),
)  # fmt: skip
"""A contract that uses every placeholder, for the trial document."""
