"""The workspace of a draft: the questionnaire beside the contract as paper, and saving what is typed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.services.conflicts import Conflict
from app.services.drafting import build
from app.services.drafts import DraftView, save_answers
from app.services.party_filling import answer_in_words
from app.services.questionnaire import FRONT, Part, Progress, part_of, parts, progress
from app.web.desk import desk
from app.web.entered import sent_answers
from app.web.gate import actor
from app.web.pages import clock, printable
from app.web.questions import group_view, state
from app.web.reviewing import loaded

pages = Blueprint("workspace", __name__, url_prefix="/drafts/<draft_id>")


@pages.get("/")
def show(draft_id: str) -> str:
    """One chapter of the questionnaire, by ``chapter`` or by the ``variable`` that it asks for."""
    view = loaded(draft_id)
    part = _part()
    return render_template(
        "workspace/index.html",
        view=view,
        part=part,
        parts=parts(desk().library),
        groups=[group_view(g, view) for g in part.groups],
        progress=_progress(view),
        total=_total(view),
        focus=request.args.get("variable", ""),
    )


@pages.post("/answers")
def save(draft_id: str) -> ResponseReturnValue:
    """Store what was typed, sound or not, and tell what the page must show differently now."""
    entered, seen = sent_answers()
    with desk().unit_of_work() as uow:
        view = save_answers(uow, actor(), desk().now(), desk().library, draft_id, entered, seen=seen)
    return jsonify(_state(view, _part()))


@pages.get("/answers")
def answers(draft_id: str) -> ResponseReturnValue:
    """The state of one chapter's questions, for a page whose draft was changed elsewhere (a fix, a position, an upload)."""
    return jsonify(_state(loaded(draft_id), _part()))


@pages.get("/preview")
def preview(draft_id: str) -> str:
    view = loaded(draft_id)
    _answers, instrument = build(desk().reference, view.reading.answers, desk().today())
    return render_template("workspace/_preview.html", view=view, paper=desk().preview(instrument))


def _part() -> Part:
    found = parts(desk().library)
    name = request.args.get("variable", "")
    index = part_of(desk().library, name) if name else request.args.get("chapter", FRONT, type=int)
    return next((p for p in found if p.index == index), found[0])


def _conflict(conflict: Conflict, view: DraftView) -> dict[str, Any]:
    """What was not stored, since somebody else had answered it unseen: both values, theirs in words and as it goes back into the form."""
    variable = desk().library.variables[conflict.name]
    theirs = "" if conflict.theirs is None else answer_in_words(variable, conflict.theirs)
    return {
        "name": conflict.name, "label": conflict.label, "by": conflict.by, "mine": conflict.mine, "theirs": conflict.theirs,
        "words": printable(theirs), "revision": view.revisions.get(conflict.name, 0),
    }  # fmt: skip


def _progress(view: DraftView) -> dict[int, Progress]:
    reading = view.reading
    return {p.index: progress(p.variables(), reading.answers.values, reading.faults) for p in parts(desk().library)}


def _total(view: DraftView) -> Progress:
    return progress(iter(desk().library.variables), view.reading.answers.values, view.reading.faults)


def _state(view: DraftView, part: Part) -> dict[str, Any]:
    total = _total(view)
    questions = [q for g in part.groups for q in group_view(g, view).questions]
    return {
        "revision": view.revision,
        "savedAt": clock(view.updated_at)[-5:],
        "number": view.number,
        "title": view.title,
        "questions": {q.variable.name: state(q) for q in questions},
        "progress": {i: [p.answered, p.needed, p.faults] for i, p in _progress(view).items()},
        "total": [total.answered, total.needed, total.faults],
        "conflicts": [_conflict(c, view) for c in view.conflicts],
    }
