"""Rules over the tree: terms, cross-references, annexes, headings, service levels in body and annex, characters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from app.domain.assembly import DANGLING
from app.domain.proofreading.facts import TERM_TABLE, Draft, as_number
from app.domain.proofreading.finding import Hit, Place, SetVariable, Severity, Stage, rule
from app.domain.tree import FilledValue
from app.domain.variables import FillStage

_HAND_TYPED = re.compile(r"第\s*(\d{1,2}(?:\.\d{1,3}){1,3})\s*[条款节]")
_HAND_TYPED_CHAPTER = re.compile(r"第([一二三四五六七八九十]{1,3})章")
_ANNEX_NAMED = re.compile(r"附件([一二三四五六七八九十]{1,3})(?![一二三四五六七八九十])")
_TERM_SUFFIX = re.compile(r"\s*[（(].*[）)]$|\s*P1.P4$")


@rule(
    "R-23", "术语未定义、重复定义或定义未用", ("CC:142", "CC:498"),
    "补定义于 1.1 或首次使用处（1.1.2 机制），保留唯一定义，删除未用项。",
)  # fmt: skip
def terms_are_defined_once_and_used(d: Draft) -> Iterator[Hit]:
    """Every term used as one is defined exactly once; every defined term is used."""
    defined = Counter(t for t, _ in d.definitions)
    places = dict(reversed(d.definitions))
    known = {form for term in defined for form in spoken_forms(term)}
    missing = {t: place for t, place in reversed(d.term_uses) if t not in known}
    for term, place in missing.items():
        yield Hit(Severity.ERROR, f"术语“{term}”未定义。", place)
    for term, count in defined.items():
        if count > 1:
            yield Hit(Severity.ERROR, f"术语“{term}”重复定义（{count} 处）。", places[term])
    body = "\n".join(s.text for s in d.segments if s.table != TERM_TABLE)
    for term, count in defined.items():
        # A definition in running text names the term once itself.
        own = 0 if places[term].variable == TERM_TABLE else count
        if sum(body.count(form) for form in spoken_forms(term)) <= own:
            yield Hit(Severity.WARN, f"术语“{term}”定义后从未使用。", places[term])


def spoken_forms(term: str) -> tuple[str, ...]:
    """The words by which a defined term occurs in text (``含税价/不含税价``, ``严重等级 P1–P4``)."""
    parts = [_TERM_SUFFIX.sub("", part).strip() for part in re.split(r"[/／、]", term)]
    return tuple(dict.fromkeys((term, *(p for p in parts if p))))


@rule(
    "R-25", "交叉引用悬空", ("CC:142",), "引用一律用节点标识渲染编号，禁止手写；删除条款时提示受影响引用。"
)  # fmt: skip
def references_resolve(d: Draft) -> Iterator[Hit]:
    """Every reference points to something that stands in this contract, typed numbers included."""
    for place, reference in d.references:
        if not reference.number or reference.target not in d.ids:
            message = f"{place.label}处引用的“{reference.target}”不存在或已变更编号。"
            yield Hit(Severity.ERROR, message, place)
    chapters = {c.number for c in d.instrument.chapters}
    for segment in d.segments:
        if segment.table and DANGLING in segment.text:
            yield Hit(Severity.ERROR, f"{segment.number}的表格中有失效的引用。", segment.place(segment.text[:40]))
        for match in _HAND_TYPED.finditer(segment.typed):
            if match[1] not in d.numbers:
                message = f"{segment.number or '首部'}处引用的“第{match[1]}条”不存在或已变更编号。"
                yield Hit(Severity.ERROR, message, segment.place(match[0]))
        for match in _HAND_TYPED_CHAPTER.finditer(segment.typed):
            # A chapter of a law (《…》第五章) is none of ours.
            if f"第{match[1]}章" not in chapters and not segment.typed[: match.start()].endswith("》"):
                yield Hit(Severity.ERROR, f"{segment.number or '首部'}处引用的“{match[0]}”不存在。", segment.place(match[0]))


@rule(
    "R-26", "附件缺失或未被引用", ("CC:470", "CC:510"),
    "生成并编号附件，正文写“见附件 X”，签署页勾选附件清单。",
)  # fmt: skip
def annexes_are_complete(d: Draft) -> Iterator[Hit]:
    """The three annexes exist, have content, are referred to from the body and confirmed on the signature page."""
    annexes = {s.number: s for s in d.instrument.annexes()}
    for number in ("13.1", "13.2", "13.3"):
        section = annexes.get(number)
        if section is None:
            yield Hit(Severity.ERROR, f"附件（第{number}节）缺失。", Place(f"s.{number}", f"第{number}节"))
            continue
        name, place = f"{section.annex} {section.title}", d.section_place(number)
        tables = [p.table for p in section.walk() if p.table is not None]
        if not any(p.text.strip() for p in section.walk()) or (tables and not any(t.rows for t in tables)):
            yield Hit(Severity.ERROR, f"附件“{name}”无内容。", place)
        if not _annex_referred_to(d, number, section.annex):
            yield Hit(Severity.ERROR, f"附件“{name}”未被正文引用。", place)
    known = d.variables.get("sign.annex_confirmed")
    waits = known is not None and known.stage is FillStage.SIGNING and d.stage is not Stage.SIGNING
    if annexes and not d.flag("sign.annex_confirmed") and not waits:
        message = "签署页未确认附件齐全。"
        patch = SetVariable("sign.annex_confirmed", True)
        yield Hit(Severity.ERROR, message, d.place("sign.annex_confirmed", "14.3"), patch)


def _annex_referred_to(d: Draft, number: str, label: str) -> bool:
    own = {s.place_id for s in d.of(number)} | {f"s.{number}"}
    targets = own
    if any(r.target in targets and p.provision_id not in own for p, r in d.references):
        return True
    return any(label in s.text for s in d.segments if s.section != number and s.place_id not in own and not s.table)


@rule(
    "R-31", "SLA 数值不单调、倒挂或正文附件不一致", ("CC:142", "CC:511"), "由变量单源渲染；按 P1 最严排序。"
)  # fmt: skip
def service_levels_are_ordered(d: Draft) -> Iterator[Hit]:
    """P1 is strictest; response ≤ restore ≤ resolve; floors lie below targets; the body has no second figure."""
    for kind, label in (("response", "首次响应"), ("restore", "恢复"), ("resolve", "解决")):
        known = [(level, t) for level in range(1, 5) if (t := _limit(d, level, kind)) is not None]
        for (upper, first), (lower, second) in pairwise(known):
            if _longer(first, second):
                message = f"P{upper} {label}时限（{first.words}）长于 P{lower}（{second.words}）。"
                yield Hit(Severity.ERROR, message, d.place(first.variable, "6.3"))
    for level in range(1, 5):
        steps = [t for kind in ("response", "restore", "resolve") if (t := _limit(d, level, kind)) is not None]
        for first, second in pairwise(steps):
            if _longer(first, second):
                message = f"P{level} 时限倒挂：{d.label(first.variable)}（{first.words}）长于{d.label(second.variable)}（{second.words}）。"
                yield Hit(Severity.ERROR, message, d.place(first.variable, "6.3"))
    p4, general = d.number("sla.p4_response_hours"), d.number("sla.response_hours")
    if p4 is not None and general is not None and p4 > general:
        message = f"P4 首次响应（{p4} 小时）长于一般首次响应时限（{general} 小时）。"
        yield Hit(Severity.ERROR, message, d.place("sla.p4_response_hours", "6.3"))
    yield from _targets(d)
    yield from _second_figures(d)


class _Limit:
    """A time limit in minutes under both ways of counting; ``None`` where a way does not fit its clock."""

    def __init__(self, variable: str, value: Decimal) -> None:
        self.variable, self.value = variable, value
        self.unit = variable.rpartition("_")[2]

    @property
    def words(self) -> str:
        unit = {"minutes": "分钟", "hours": "小时", "workdays": "个工作日"}[self.unit]
        return f"{format(self.value.normalize(), 'f')} {unit}"

    def minutes(self, workday_hours: int) -> Decimal:
        return self.value * {"minutes": 1, "hours": 60, "workdays": 60 * workday_hours}[self.unit]


# Clock of each level in section 6.3: P1 and P2 run in natural hours, P3 and P4 in service hours and working days.
_NATURAL_LEVELS = frozenset({1, 2})


def _limit(d: Draft, level: int, kind: str) -> _Limit | None:
    for unit in ("minutes", "hours", "workdays"):
        name = f"sla.p{level}_{kind}_{unit}"
        value = d.number(name)
        if value is not None:
            return _Limit(name, value)
    return None


def _longer(first: _Limit, second: _Limit) -> bool:
    """Whether ``first`` is longer. A working day is 8 service hours; against natural hours it lasts a day of 24."""
    levels = {int(limit.variable[5]) for limit in (first, second)}
    workday = 24 if levels & _NATURAL_LEVELS else 8
    return first.minutes(workday) > second.minutes(workday)


_HIGHER_IS_BETTER = ("first_response_rate", "answer_rate", "resolution_rate", "restore_ontime", "csat", "qa_pass")
_LOWER_IS_BETTER = ("complaint_rate",)


def _targets(d: Draft) -> Iterator[Hit]:
    for name in _HIGHER_IS_BETTER:
        target, floor = d.number(f"sla.{name}_target"), d.number(f"sla.{name}_floor")
        if target is not None and floor is not None and floor >= target:
            message = f"{d.label(f'sla.{name}_floor')}（{floor}%）不低于目标值（{target}%）。"
            yield Hit(Severity.ERROR, message, d.place(f"sla.{name}_floor", "5.1"))
    for name in _LOWER_IS_BETTER:
        target, ceiling = d.number(f"sla.{name}_target"), d.number(f"sla.{name}_ceiling")
        if target is not None and ceiling is not None and ceiling <= target:
            message = f"{d.label(f'sla.{name}_ceiling')}（{ceiling}%）不高于目标值（{target}%）。"
            yield Hit(Severity.ERROR, message, d.place(f"sla.{name}_ceiling", "5.1"))


_FIGURE = re.compile(r"(\d+(?:\.\d+)?)\s*(分钟|个?(?:自然|服务)?小时|个?工作日|%)")


def _second_figures(d: Draft) -> Iterator[Hit]:
    """Figures typed by hand into a deviation of a service-level section that no answer has."""
    known = {v for n, v in ((n, d.number(n)) for n in d.answers.values) if v is not None}
    changed = {p.id for p in d.instrument.provisions() if p.deviation is not None}
    for segment in d.of("2.3", "5.1", "6.3"):
        if segment.place_id not in changed:
            continue
        for match in _FIGURE.finditer(segment.typed):
            figure = as_number(Decimal(match[1]))
            if figure not in known:
                message = f"正文手写的“{match[0]}”与附件 13.2 的数值不一致。"
                yield Hit(Severity.ERROR, message, segment.place(match[0]))


@rule("X-03", "标题重复", ("CC:142",), "为重复的条另拟标题，或合并两条。")
def headings_are_unique(d: Draft) -> Iterator[Hit]:
    """No two provisions of a section carry the same heading, no two sections the same title."""
    for section in d.instrument.sections():
        first: dict[str, str] = {}
        for provision in section.provisions:
            if provision.title and provision.title in first:
                message = (
                    f"第{section.number}节内标题“{provision.title}”重复（第{first[provision.title]}条、第{provision.number}条）。"
                )
                yield Hit(Severity.WARN, message, Place(provision.id, f"第{provision.number}条"))
            elif provision.title:
                first[provision.title] = provision.number
    titles = Counter(s.title for s in d.instrument.sections())
    for section in d.instrument.sections():
        if titles[section.title] > 1:
            yield Hit(Severity.WARN, f"节标题“{section.title}”重复。", d.section_place(section.number))


@rule("X-05", "提及的附件不存在", ("CC:470", "CC:510"), "增设该附件，或更正附件序号。")
def named_annexes_exist(d: Draft) -> Iterator[Hit]:
    """An annex that the text names stands in the contract."""
    existing = {s.annex for s in d.instrument.annexes()}
    seen: set[tuple[str, str]] = set()
    for segment in d.segments:
        for match in _ANNEX_NAMED.finditer(segment.text):
            key = (segment.place_id, match[0])
            if match[0] not in existing and key not in seen and not _of_another_paper(segment.text, match):
                seen.add(key)
                yield Hit(Severity.ERROR, f"正文提及“{match[0]}”，合同没有该附件。", segment.place(match[0]))


def _of_another_paper(text: str, match: re.Match[str]) -> bool:
    """An annex of a law or of another paper: directly behind its title."""
    return text[: match.start()].endswith(("》", "》之", "》的"))


@rule("X-06", "字体缺字", (), "改用通行字形，或安装含该字的字体后重新生成。")
def characters_can_be_printed(d: Draft) -> Iterator[Hit]:
    """Every character is in an installed font; asked only where a renderer tells."""
    if d.covered is None:
        return
    covered = d.covered
    printed = dict.fromkeys("".join(segment.text for segment in d.segments))
    missing = {c for c in printed if not (c.isspace() or unicodedata.category(c) == "Cf" or covered(c))}
    if not missing:
        return
    first: dict[str, Place] = {}
    for segment in d.segments:
        for character in sorted(missing & set(segment.text) - first.keys()):
            first[character] = segment.place(character)
    for block in d.blocks:
        for span in block.content:
            if isinstance(span, FilledValue):
                for character in missing & set(span.text):
                    if first[character].provision_id == block.place_id:
                        first[character] = Place(block.place_id, block.label, span.variable, character)
    for character, place in first.items():
        name = unicodedata.name(character, "未命名字符")
        message = f"字符“{character}”（U+{ord(character):04X}，{name}）在已安装的字体中都没有，无法打印。"
        yield Hit(Severity.ERROR, message, place)
