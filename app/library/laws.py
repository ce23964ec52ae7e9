"""``clauses/laws.yaml`` → ``LawBook``. Shape faults and dangling codes are reported all at once, with their line."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from app.domain.errors import LibraryError
from app.domain.laws import (
    Article,
    ArticleMove,
    Law,
    LawBook,
    LawKind,
    Repeal,
    Standard,
    StandardGroup,
    StandardKind,
    Verification,
)
from app.library.models import Strict
from app.library.yaml_files import read_model

Checked = Literal["verified", "secondary", "memory"]


class LawModel(Strict):
    code: str = Field(pattern=r"^[A-Z]+[0-9]*$")
    name: str = Field(min_length=2)
    short: str = Field(min_length=2)
    aliases: list[str] = Field(default_factory=list)
    kind: LawKind
    number: str = ""
    number_status: Checked | None = None
    issuer: str = Field(min_length=2)
    version: str = Field(default="", pattern=r"^(\d{4}-\d{2}(-\d{2})?)?$")
    version_note: str = ""
    version_status: Checked | None = None
    in_force: date | None = None
    in_force_note: str = ""
    in_force_status: Checked | None = None
    amended_in_force: date | None = None
    expires: date | None = None
    successor: str = ""
    status: Checked
    max_article: int | None = Field(default=None, ge=1)
    cited: bool = True
    note: str = ""
    summary: str = ""
    articles: dict[str, str] = Field(default_factory=dict)


class StandardModel(Strict):
    number: str = Field(min_length=3)
    name: str = Field(min_length=2)
    kind: StandardKind
    group: StandardGroup
    adopts: str = ""
    published: str = ""
    published_status: Checked | None = None
    in_force: str = ""
    in_force_status: Checked | None = None
    replaces: str = ""
    status: Checked
    note: str = ""


class RepealModel(Strict):
    name: str
    aliases: list[str] = Field(default_factory=list)
    since: date
    successor: str
    basis: str
    replaced_by: str
    article_hints: dict[str, str] = Field(default_factory=dict)


class MoveModel(Strict):
    law: str
    subject: str
    old_article: str
    new: str
    since: date
    keywords: list[str] = Field(default_factory=list)


class LawsFile(Strict):
    legal_status_date: date
    laws: list[LawModel] = Field(min_length=1)
    standards: list[StandardModel]
    repeals: list[RepealModel]
    moves: list[MoveModel]


def laws_path() -> Path:
    return Path(__file__).resolve().parents[2] / "clauses" / "laws.yaml"


@lru_cache(maxsize=4)
def load_laws(path: Path | None = None) -> LawBook:
    """The law book. Raises ``LibraryError`` with every fault of the file."""
    problems: list[str] = []
    source = path or laws_path()
    model = read_model(source, LawsFile, problems)
    if model is None:
        raise LibraryError(problems or [f"{source.name}：内容为空"])
    book = LawBook(
        legal_status_date=model.legal_status_date,
        laws={m.code: _law(m) for m in model.laws},
        standards=tuple(_standard(m) for m in model.standards),
        repeals=tuple(
            Repeal(r.name, r.since, r.successor, r.replaced_by, r.basis, tuple(r.aliases), dict(r.article_hints))
            for r in model.repeals
        ),
        moves=tuple(ArticleMove(m.law, m.subject, m.old_article, m.new, m.since, tuple(m.keywords)) for m in model.moves),
    )
    problems = _dangling(model, book)
    if problems:
        raise LibraryError(problems)
    return book


def _law(m: LawModel) -> Law:
    status = Verification(m.status)
    return Law(
        code=m.code,
        name=m.name,
        short=m.short,
        kind=m.kind,
        issuer=m.issuer,
        status=status,
        aliases=tuple(m.aliases),
        number=m.number,
        number_status=_checked(m.number_status, status),
        version=m.version,
        version_note=m.version_note,
        in_force=m.in_force,
        in_force_note=m.in_force_note,
        in_force_status=_checked(m.in_force_status, status),
        amended_in_force=m.amended_in_force,
        expires=m.expires,
        successor=m.successor,
        max_article=m.max_article,
        cited=m.cited,
        note=m.note,
        summary=m.summary,
        articles={number: Article(number, gist) for number, gist in m.articles.items()},
    )


def _standard(m: StandardModel) -> Standard:
    status = Verification(m.status)
    return Standard(
        number=m.number,
        name=m.name,
        kind=m.kind,
        group=m.group,
        status=status,
        published=m.published,
        in_force=m.in_force,
        in_force_status=_checked(m.in_force_status, status),
        replaces=m.replaces,
        adopts=m.adopts,
        note=m.note,
    )


def _checked(own: Checked | None, whole: Verification) -> Verification:
    return Verification(own) if own else whole


def _dangling(model: LawsFile, book: LawBook) -> list[str]:
    """Doubled codes, codes that point to nothing, articles beyond a law's last one."""
    problems = [f"laws.yaml：代码 {m.code} 重复" for i, m in enumerate(model.laws) if m.code in {x.code for x in model.laws[:i]}]
    numbers = [s.number for s in model.standards]
    problems += [f"laws.yaml：标准 {n} 重复" for n in sorted({n for n in numbers if numbers.count(n) > 1})]
    codes = [(f"{m.code}.successor", m.successor) for m in model.laws if m.successor]
    codes += [(f"废止 {r.name}", c) for r in model.repeals for c in (r.successor, r.basis, *r.article_hints.values())]
    codes += [(f"条号变更 {m.subject}", m.new) for m in model.moves]
    codes += [(f"条号变更 {m.subject}", m.law) for m in model.moves]
    problems += [f"laws.yaml：{where} 指向的 {code} 不在表中" for where, code in codes if book.citation(code) is None]
    for law in book.laws.values():
        over = [n for n in law.articles if law.max_article and n.isdigit() and int(n) > law.max_article]
        problems += [f"laws.yaml：{law.code}:{n} 超过最后一条第{law.max_article}条" for n in over]
    return problems
