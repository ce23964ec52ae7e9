"""The law book: every statute, rule, interpretation and standard a contract cites, with version, validity and gist.

It answers three questions: what does a citation code mean (``CC:585``), what does a name in the text mean on a given
day (《商标法》 before and after 2027-01-01), and is a cited number still the right one. Gists are in our own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum


class Verification(Enum):
    """How far a statement about the law was checked."""

    VERIFIED = "verified"
    """Compared with the stored full text."""
    SECONDARY = "secondary"
    """Compared with a secondary source only."""
    MEMORY = "memory"
    """From memory; a person must check it before relying on it."""

    @property
    def label(self) -> str:
        return {"verified": "已核对全文", "secondary": "二手来源核对", "memory": "未核验"}[self.value]


class LawKind(Enum):
    STATUTE = "statute"
    REGULATION = "regulation"
    INTERPRETATION = "interpretation"
    RULE = "rule"
    POLICY = "policy"
    NOTICE = "notice"

    @property
    def label(self) -> str:
        return {
            "statute": "法律", "regulation": "行政法规", "interpretation": "司法解释", "rule": "部门规章及规范性文件",
            "policy": "司法政策文件", "notice": "公告、通知",
        }[self.value]  # fmt: skip


class StandardKind(Enum):
    """Whether a standard binds by itself (标准化法 art. 2) or only because the contract names it."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    INTERNATIONAL = "international"
    INDUSTRY = "industry"

    @property
    def label(self) -> str:
        return {
            "mandatory": "强制性国家标准", "recommended": "推荐性国家标准", "international": "国际标准", "industry": "行业标准",
        }[self.value]  # fmt: skip


class StandardGroup(Enum):
    AFTER_SALES = "after_sales"
    CUSTOMER_SERVICE = "customer_service"
    OPERATIONS = "operations"
    SECURITY = "security"
    PERSONAL_INFORMATION = "personal_information"
    ELECTRONIC_CONTRACT = "electronic_contract"
    IDENTITY = "identity"

    @property
    def label(self) -> str:
        return {
            "after_sales": "售后", "customer_service": "客服", "operations": "运维", "security": "安全",
            "personal_information": "个人信息", "electronic_contract": "电子合同", "identity": "主体标识",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """``number`` as the code writes it: ``585``, ``附一``."""

    number: str
    gist: str

    @property
    def label(self) -> str:
        return f"第{self.number}条" if self.number.isdigit() else self.number


@dataclass(frozen=True, slots=True)
class Law:
    """A normative text. ``in_force`` is the day of the whole text, ``amended_in_force`` of its last amendment;
    ``expires`` the last day of this version; ``max_article`` the number of its last article where known."""

    code: str
    name: str
    short: str
    kind: LawKind
    issuer: str
    status: Verification
    aliases: tuple[str, ...] = ()
    number: str = ""
    number_status: Verification = Verification.VERIFIED
    version: str = ""
    version_note: str = ""
    in_force: date | None = None
    in_force_note: str = ""
    in_force_status: Verification = Verification.VERIFIED
    amended_in_force: date | None = None
    expires: date | None = None
    successor: str = ""
    max_article: int | None = None
    cited: bool = True
    note: str = ""
    summary: str = ""
    articles: Mapping[str, Article] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name, self.short, *self.aliases)))


@dataclass(frozen=True, slots=True)
class Standard:
    """A technical standard; ``published`` and ``in_force`` are ISO dates, to the month where the day is not known."""

    number: str
    name: str
    kind: StandardKind
    group: StandardGroup
    status: Verification
    published: str = ""
    in_force: str = ""
    in_force_status: Verification = Verification.VERIFIED
    replaces: str = ""
    adopts: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Repeal:
    """A law no longer in force. ``article_hints``: old article → code of the article that rules the matter now."""

    name: str
    since: date
    successor: str
    replaced_by: str
    basis: str
    aliases: tuple[str, ...] = ()
    article_hints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArticleMove:
    """A renumbered article. ``keywords`` tell an old number from a living article of the same number."""

    law: str
    subject: str
    old_article: str
    new: str
    since: date
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A legal basis as a person reads it."""

    code: str
    law: str
    article: str
    gist: str
    status: Verification

    @property
    def text(self) -> str:
        return f"《{self.law}》{self.article}" if not self.law.startswith(("GB", "ISO", "SJ", "YD")) else self.law

    @property
    def sentence(self) -> str:
        """Article and gist, with a remark where nobody compared the full text."""
        remark = "" if self.status is Verification.VERIFIED else f"（{self.status.label}）"
        return f"{self.text}：{self.gist}{remark}" if self.gist else f"{self.text}{remark}"


@dataclass(frozen=True, slots=True)
class LawBook:
    """The whole table. ``legal_status_date`` is the day as of which it was drawn up."""

    legal_status_date: date
    laws: Mapping[str, Law]
    standards: tuple[Standard, ...] = ()
    repeals: tuple[Repeal, ...] = ()
    moves: tuple[ArticleMove, ...] = ()

    def law(self, code: str) -> Law | None:
        return self.laws.get(code)

    def standard(self, number: str) -> Standard | None:
        wanted = _compact(number)
        return next((s for s in self.standards if _compact(s.number) == wanted), None)

    def citation(self, code: str) -> Citation | None:
        """``CC:585``, a whole law (``VAT10``) or a standard (``GB/T 47746-2026``); None where the table lacks it."""
        law_code, _, number = code.partition(":")
        law = self.laws.get(law_code)
        if law is None:
            standard = self.standard(code)
            return Citation(code, standard.number, "", standard.name, standard.status) if standard else None
        if number in ("", "-"):
            return Citation(code, law.short, "", law.summary, law.status)
        article = law.articles.get(number)
        return Citation(code, law.short, article.label, article.gist, law.status) if article else None

    def name(self, code: str) -> str:
        """Full name of the law of a code (``CC`` or ``CC:585``); the code itself where the table lacks it."""
        law = self.laws.get(code.partition(":")[0])
        return law.name if law else code

    def in_force_on(self, law: Law, day: date) -> Law:
        """The version of ``law`` that is in force on ``day`` (follows ``successor`` past ``expires``)."""
        if law.expires is not None and day > law.expires and law.successor in self.laws:
            return self.in_force_on(self.laws[law.successor], day)
        return law

    def listed_laws(self, codes: Iterable[str] | None = None) -> tuple[Law, ...]:
        """The laws of annex 13.3 in table order: those of ``codes`` (article codes allowed), or all that are cited."""
        if codes is None:
            return tuple(law for law in self.laws.values() if law.cited)
        wanted = {c.partition(":")[0] for c in codes}
        return tuple(law for law in self.laws.values() if law.code in wanted and law.cited)

    def listed_standards(self) -> tuple[Standard, ...]:
        """The standards of annex 13.3: mandatory ones first, then by group."""
        kinds, groups = list(StandardKind), list(StandardGroup)
        return tuple(sorted(self.standards, key=lambda s: (kinds.index(s.kind), groups.index(s.group))))


def _compact(number: str) -> str:
    return number.replace(" ", "").replace("—", "-").replace("–", "-").upper()
