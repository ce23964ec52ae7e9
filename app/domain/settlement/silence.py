"""Where silence counts as consent: only where the text in force says so (CC:140), and only from the receipt of what is to be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType

from app.domain.calendar import WorkingCalendar
from app.domain.remembering import remembered
from app.domain.term import add_working_days, chinese_date
from app.domain.tree import Blank, FilledValue, Instrument, Provision, Reference

REVIEW = "quality.assessment.procedure.review"
"""Party A is silent on the figures that party B handed in (section 5.2)."""
OBJECTION = "quality.assessment.procedure.object"
"""Party B is silent on the result of party A's review (section 5.2)."""
STATEMENT = "fees.payment.cycle.confirm"
"""Party A neither confirms a 结算单 nor objects to it (section 8.2)."""
NOT_SAID = "合同没有约定逾期未提出即视为认可，沉默不产生确认的效果（民法典第一百四十条）"
CHANGED = "合同的这一条款已经改动，系统不代为认定沉默的效果（民法典第一百四十条），请人工核对条款，按双方的书面表示记录"
_SAID = re.compile(r"视为[^，。；：]*?(?:认可|确认)")
_DENIED = re.compile(r"[不未非拒无否]")


@dataclass(frozen=True, slots=True)
class Silence:
    """Whose silence would confirm, and after which day. ``last`` None: no period runs, ``why`` says what is missing.

    ``provision``: id of the provision that gives silence its meaning; ``until``: the last day of grace, after which the clock records it.
    """

    party: str
    provision: str
    last: date | None
    why: str = ""
    until: date | None = None

    def lapsed(self, today: date) -> bool:
        """The last day to speak is over."""
        return self.last is not None and self.last < today


@remembered(16)
def silence_in(text: Instrument, signed: Instrument) -> Mapping[str, str]:
    """Each of the three provisions → empty where by this text silence counts as consent, otherwise why it doesn't.

    ``signed``: the text before any amendment. Only words of the library are read by a machine: where the article was negotiated, or
    reworded later, a person has to read it. Other figures in the same words (a longer period) change nothing.
    """
    return MappingProxyType({name: _why_not(text, signed, name) for name in (REVIEW, OBJECTION, STATEMENT)})


def _why_not(text: Instrument, signed: Instrument, name: str) -> str:
    now, before = _article(text, name), _article(signed, name)
    if now is None and before is None:
        return NOT_SAID
    if now is None or before is None or any(p.deviation is not None for p in before.walk()) or _frames(now) != _frames(before):
        return CHANGED
    said = next(p.text for p in now.walk() if p.id == name)
    return "" if says_yes(said) else NOT_SAID


def says_yes(words: str) -> bool:
    """Whether a part of a sentence says that something counts as accepted, without a word of denial in that part."""
    parts = re.split(r"[，。；：]", words)
    return any(_SAID.search(part) and not _DENIED.search(part) for part in parts)


def _article(text: Instrument, name: str) -> Provision | None:
    """The article with the provision in it."""
    sections = (section for chapter in text.chapters for section in chapter.sections)
    return next((p for section in sections for p in section.provisions if any(x.id == name for x in p.walk())), None)


def _frames(article: Provision) -> dict[str, tuple[str, str]]:
    """Its words by provision, a filled-in value and a reference by what they stand for."""
    return {p.id: (p.title, _framed(p)) for p in article.walk()}


def _framed(provision: Provision) -> str:
    words = ""
    for span in provision.content:
        match span:
            case FilledValue(variable=variable) | Blank(variable=variable):
                words += "{{" + variable + "}}"
            case Reference(target=target):
                words += "{{@" + target + "}}"
            case _:
                words += span.text
    return words


def silence_after(
    party: str, provision: str, received: date, workdays: tuple[int, ...], agreed: Mapping[str, str], calendar: WorkingCalendar
) -> Silence:
    """The longest of the periods counts, each from the day after receipt (brief B1-9). ``agreed``: of ``silence_in``.

    A last day reckoned through a year whose holidays are not announced is no day at all: it may not be guessed (brief B2).
    """
    if why := agreed.get(provision, NOT_SAID):
        return Silence(party, provision, None, why)
    last = max((add_working_days(received, days, calendar) for days in workdays), key=lambda found: found.day)
    if last.provisional:
        years = "、".join(f"{year}年" for year in last.provisional_years)
        return Silence(
            party,
            provision,
            None,
            f"{years}放假安排未录入，期限的末日还不能确定（暂定为{chinese_date(last.day)}），录入以前不因沉默而确认",
        )
    return Silence(party, provision, last.day)


# ---- grace: the effect dates from the last day, only its record waits


MOST_GRACE = 10


def with_grace(silence: Silence, workdays: int, calendar: WorkingCalendar) -> Silence:
    """With the last day of grace: a word of the last evening needs some days to reach the record."""
    if silence.last is None:
        return silence
    return replace(silence, until=add_working_days(silence.last, workdays, calendar).day if workdays else silence.last)


def judged_by(today: date, workdays: int, calendar: WorkingCalendar) -> date:
    """The day as of which the clock judges whether a period is over: a last day before it has had all its working days of grace."""
    day = today
    while workdays and add_working_days(day - timedelta(days=1), workdays, calendar).day >= today:
        day -= timedelta(days=1)
    return day


# ---- what is in dispute already


@dataclass(frozen=True, slots=True)
class Said:
    """What a party did about figures. ``figures``: digest of those that it handed in, empty where it handed none in or nobody knows."""

    party: str
    kind: str
    figures: str = ""


def is_disputed(said: Sequence[Said]) -> bool:
    """Whether the figures that were handed in last are the same that the other party has spoken against before, by an objection or by
    figures of its own. Its word stands until it says otherwise: sending the same again gives its silence no meaning (CC:140)."""
    current: Said | None = None
    against: set[str] = set()
    for one in said:
        opposes = one.kind == "objected" or (one.kind == "submitted" and current is not None and one.figures != current.figures)
        if current is not None and current.figures and one.party != current.party and opposes:
            against.add(current.figures)
        if one.kind == "submitted":
            current = one
    return current is not None and current.figures in against
