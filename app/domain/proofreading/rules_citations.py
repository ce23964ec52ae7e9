"""R-33: laws cited in the text exist, are in force on the day of signing and carry their present article numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.domain.laws import ArticleMove, Law, LawBook, Repeal
from app.domain.proofreading.facts import Draft, Segment
from app.domain.proofreading.finding import FROM_REVIEW, Hit, ReplaceText, Severity, rule

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ARTICLE = re.compile(r"\s*第\s*([零〇一二两三四五六七八九十百千]{1,9}|\d{1,4})\s*条")
_FUTURE_NOTE = re.compile("届时有效|施行后|施行之日|尚未施行|自20\\d\\d年\\d{1,2}月\\d{1,2}日起施行")


@dataclass(frozen=True, slots=True)
class TextCitation:
    """A law named in the text, with the article where one is named."""

    segment: Segment
    start: int
    end: int
    name: str
    article: int | None

    @property
    def words(self) -> str:
        return self.segment.text[self.start : self.end]

    @property
    def sentence(self) -> str:
        head = re.split(r"[。；\n]", self.segment.text[: self.start])[-1]
        return head + re.split(r"[。；\n]", self.segment.text[self.start :])[0]


def article_number(text: str) -> int:
    """``585`` or ``五百八十五`` → 585."""
    if text.isdigit():
        return int(text)
    total, digit = 0, 0
    for character in text:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


@lru_cache(maxsize=8)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """A known name in title marks, or bare with an article behind it (本合同法定代表人 is no citation)."""
    alternatives = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    return re.compile(f"《({alternatives})》(?:{_ARTICLE.pattern})?|(?<!《)({alternatives}){_ARTICLE.pattern}")


def citations(draft: Draft, names: frozenset[str]) -> Iterator[TextCitation]:
    """Every citation of one of ``names`` in the printed text outside the tables of annex 13.3."""
    pattern = _pattern(names)
    for segment in draft.segments:
        # Without title marks or an article there is no citation; the long alternation need not run.
        if segment.lists_law or not ("《" in segment.text or "条" in segment.text):
            continue
        for match in pattern.finditer(segment.text):
            number = match[2] or match[4]
            yield TextCitation(
                segment, match.start(), match.end(), match[1] or match[3], article_number(number) if number else None
            )


def _names(book: LawBook) -> tuple[Mapping[str, Law], Mapping[str, Repeal]]:
    laws: dict[str, Law] = {}
    for law in book.laws.values():
        for name in law.names():
            laws.setdefault(name, law)
    repealed = {name: r for r in book.repeals for name in (r.name, *r.aliases)}
    return laws, repealed


@rule(
    "R-33", "引用不存在或已失效的法律版本、条号", ("CC:1260", "VAT:38", "ARB:96", "AUCL:41", "TM26:87"),
    "按 13.3 的法律清单与条号变更替换；跨期合同写“届时有效的”。", FROM_REVIEW,
)  # fmt: skip
def cited_law_is_in_force(d: Draft) -> Iterator[Hit]:
    """No repealed law, no article beyond the last, no old number, no law that is not yet in force."""
    laws, repealed = _names(d.laws)
    day = d.signing_day
    for citation in citations(d, frozenset(laws) | frozenset(repealed)):
        repeal = repealed.get(citation.name)
        if repeal is not None and citation.name not in laws:
            if day >= repeal.since:
                yield _repealed(d, citation, repeal)
            continue
        law = d.laws.in_force_on(laws[citation.name], day)
        move = _move(d.laws, {laws[citation.name].code, law.code}, law, citation, day)
        if law.in_force is not None and law.in_force > day and not _FUTURE_NOTE.search(citation.sentence):
            yield _hit(
                citation, f"在 {day.isoformat()} 尚未施行（{law.in_force.isoformat()} 起施行）", f"届时有效的《{law.short}》"
            )
        elif move is not None:
            yield _moved(d, citation, move)
        elif citation.article is not None and law.max_article is not None and citation.article > law.max_article:
            yield _hit(citation, f"在 {day.isoformat()} 不存在（该法共 {law.max_article} 条）", f"《{law.short}》的相应条款")


def _move(book: LawBook, codes: set[str], law: Law, citation: TextCitation, day: date) -> ArticleMove | None:
    """The renumbering that hits this citation: certain where the number now belongs to nothing we know, otherwise only
    where a keyword of the old article stands in the same sentence."""
    for move in book.moves:
        if move.law not in codes or move.old_article != str(citation.article) or day < move.since:
            continue
        living = move.old_article in law.articles
        if not living or any(word in citation.sentence for word in move.keywords):
            return move
    return None


def _hit(citation: TextCitation, fault: str, suggestion: str) -> Hit:
    message = f"引用“{citation.words}”{fault}，应为“{suggestion}”。"
    patch = ReplaceText(citation.segment.place_id, citation.words, suggestion) if not citation.segment.table else None
    return Hit(Severity.ERROR, message, citation.segment.place(citation.words), patch)


def _repealed(d: Draft, citation: TextCitation, repeal: Repeal) -> Hit:
    hint = repeal.article_hints.get(str(citation.article)) if citation.article is not None else None
    known = d.laws.citation(hint) if hint else None
    suggestion = known.text if known else f"《{repeal.replaced_by}》"
    if known is None and citation.article is not None:
        suggestion += "的相应条款"
    return _hit(citation, f"自 {repeal.since.isoformat()} 起已废止", suggestion)


def _moved(d: Draft, citation: TextCitation, move: ArticleMove) -> Hit:
    known = d.laws.citation(move.new)
    return _hit(citation, f"条号自 {move.since.isoformat()} 起已变（{move.subject}）", known.text if known else move.new)
