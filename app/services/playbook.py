"""The playbook of a draft: every topic with its standard and its fallback wording as they would print in this contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.answers import read_answers
from app.domain.clauses import Topic
from app.domain.interchange import plain_value
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.services.drafting import Reference, build
from app.services.drafts import DraftView


@dataclass(frozen=True, slots=True)
class Wording:
    """One provision as it prints under a position; empty ``text`` where the position leaves the provision out."""

    provision: str
    number: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TopicChoice:
    topic: Topic
    chosen: str
    standard: tuple[Wording, ...]
    fallback: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """The topics of one section."""

    section: str
    title: str
    chapter: int
    topics: tuple[TopicChoice, ...]


def playbook_of(reference: Reference, view: DraftView, today: date) -> tuple[TopicGroup, ...]:
    """Every topic by section. Both wordings are assembled with the draft's own answers, deviations left aside."""
    standard = _assembled(reference, view, {}, today)
    fallback = _assembled(reference, view, {t.id: "fallback" for t in reference.library.topics()}, today)
    positions = view.reading.answers.positions
    groups: list[TopicGroup] = []
    for chapter in reference.library.chapters:
        for section in chapter.sections:
            choices = tuple(_choice(t, positions.get(t.id, "standard"), standard, fallback) for t in section.topics)
            if choices:
                groups.append(TopicGroup(section.number, section.title, chapter.index, choices))
    return tuple(groups)


def _choice(topic: Topic, chosen: str, standard: Instrument, fallback: Instrument) -> TopicChoice:
    """Both wordings; a provision that neither position prints under these answers is not shown."""
    ours, theirs = _printed(topic, standard), _printed(topic, fallback)
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.number or b.number]
    return TopicChoice(topic, chosen, _shown(tuple(a for a, _ in pairs)), _shown(tuple(b for _, b in pairs)))


def _shown(wordings: tuple[Wording, ...]) -> tuple[Wording, ...]:
    """What prints; that nothing prints is said only where that is all there is to say."""
    return tuple(w for w in wordings if w.number) or wordings[:1]


def _assembled(reference: Reference, view: DraftView, positions: Mapping[str, str], today: date) -> Instrument:
    library = reference.library
    raw = dict(view.raw)
    for topic in library.topics():
        for name, preset in topic.presets.items():
            # A chosen fallback has left its presets among the answers; each side shows its own.
            if topic.id in positions:
                raw[name] = preset
            elif raw.get(name) == plain_value(preset):
                del raw[name]
    reading = read_answers(library.variables, {**raw, "playbook": positions}, topics=library.topics())
    _, instrument = build(reference, Answers(reading.answers.values, positions, given=reading.answers.given), today)
    return instrument


def _printed(topic: Topic, instrument: Instrument) -> tuple[Wording, ...]:
    places = tuple(dict.fromkeys((*topic.provisions, *topic.wording)))
    found = {p.id: p for p in instrument.provisions() if p.id in places}
    wordings: list[Wording] = []
    for place in places:
        provision = found.get(place)
        if provision is None:
            wordings.append(Wording(place, "", "", ""))
            continue
        below = [f"{child.number} {child.text}" for child in provision.walk() if child is not provision]
        text = "\n".join(filter(None, [provision.text, *below]))
        wordings.append(Wording(place, provision.number, provision.title, text))
    return tuple(wordings)
