"""The list of drafts, and beginning a new one: from a form, from an answers file, or from the demonstration contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import InputError
from app.domain.proofreading import Severity
from app.services.draft_list import free_number, search_drafts
from app.services.drafts import create_draft, delete_draft, load_draft
from app.services.questionnaire import progress
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment
from app.web.reviewing import reviewed

pages = Blueprint("drafts", __name__, url_prefix="/drafts")
PAGE = 20
FIRST_QUESTIONS = ("contract.no", "party_a.name", "party_b.name")


@pages.get("/")
def index() -> str:
    query = request.args.get("q", "").strip()[:100]
    page = max(1, min(request.args.get("page", 1, type=int), 10_000))
    with desk().unit_of_work() as uow:
        found = search_drafts(uow, actor(), query, limit=PAGE, offset=(page - 1) * PAGE)
    template = "drafts/_list.html" if is_fragment() else "drafts/index.html"
    return render_template(template, found=found, query=query, page=page, pages=-(-found.found // PAGE))


@pages.get("/<draft_id>/summary")
def summary(draft_id: str) -> str:
    """Completeness and findings of one line of the list; asked for after the list is shown."""
    view, compiled = reviewed(draft_id)
    state = progress(iter(desk().library.variables), view.reading.answers.values, view.reading.faults)
    counts = {s.value: compiled.count(s) for s in Severity}
    return render_template("drafts/_summary.html", progress=state, counts=counts)


@pages.get("/new")
def new() -> str:
    return render_template("drafts/new.html", entered={}, faults=(), questions=_questions())


@pages.post("/")
def create() -> ResponseReturnValue:
    entered = {name: request.form.get(name, "").strip() for name in FIRST_QUESTIONS}
    return _created({name: value for name, value in entered.items() if value})


@pages.post("/demonstration")
def create_demonstration() -> ResponseReturnValue:
    raw = {**desk().example_answers()}
    with desk().unit_of_work() as uow:
        raw["contract"] = {**raw["contract"], "no": free_number(uow, str(raw["contract"]["no"]))}
    return _created(raw)


@pages.post("/upload")
def create_from_file() -> ResponseReturnValue:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _new_again(_("请先选择一个答案文件。"), ())
    try:
        return _created(desk().read_answers_file(upload.stream.read()))
    except InputError as error:
        return _new_again(_("文件无法使用，没有创建草稿。"), error.faults)


@pages.post("/<draft_id>/delete")
def delete(draft_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        delete_draft(uow, actor(), draft_id)
    return redirect(url_for("drafts.index"))


def _created(raw: Mapping[str, Any]) -> ResponseReturnValue:
    """A new draft; entries that can't be used are shown before the workspace opens, and kept."""
    library = desk().library
    with desk().unit_of_work() as uow:
        draft_id = create_draft(uow, actor(), desk().now(), library, raw)
    with desk().unit_of_work() as uow:
        faults = load_draft(uow, actor(), library, draft_id).reading.faults
    dropped = _unknown(raw)
    if faults or dropped:
        return render_template("drafts/imported.html", draft_id=draft_id, faults=(*dropped, *faults))
    return redirect(url_for("workspace.show", draft_id=draft_id))


def _unknown(raw: Mapping[str, Any]) -> tuple[Any, ...]:
    """Entries of a file that no question takes."""
    from app.domain.answers import read_answers

    library = desk().library
    reading = read_answers(library.variables, raw, topics=library.topics())
    names = {v.name for v in library.variables}
    return tuple(
        f for f in reading.faults if f.path.split("[")[0] not in names and not any(f.path.startswith(f"{n}.") for n in names)
    )


def _new_again(message: str, faults: tuple[Any, ...]) -> ResponseReturnValue:
    return render_template("drafts/new.html", entered=request.form, message=message, faults=faults, questions=_questions()), 422


def _questions() -> list[Any]:
    return [desk().library.variables[name] for name in FIRST_QUESTIONS]
