"""Deviations of one contract from the library: the list, the form that makes one, and going back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError
from app.domain.tree import Instrument
from app.domain.variables import DeviationKind, DeviationRequest
from app.services.drafts import DraftView, deviate, load_draft, withdraw_deviation
from app.store.uow import UnitOfWork
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment
from app.web.reviewing import reviewed

pages = Blueprint("deviations", __name__, url_prefix="/drafts/<draft_id>/deviations")
FIELDS = ("kind", "provision", "text", "title", "reason", "after")


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A provision that a deviation may concern; ``source`` is its library text with markup."""

    id: str
    number: str
    title: str
    printed: str
    source: str


@pages.get("/")
def show(draft_id: str) -> str:
    view, compiled = reviewed(draft_id)
    numbers = {p.id: p.number for p in compiled.instrument.provisions()}
    return render_template(
        "deviations.html",
        view=view,
        deviations=compiled.instrument.deviations,
        numbers=numbers,
        places=_places(compiled.instrument),
    )


@pages.get("/new")
def new(draft_id: str) -> str:
    view, compiled = reviewed(draft_id)
    place = _place(request.args.get("provision", ""), compiled.instrument, view)
    kind = request.args.get("kind", DeviationKind.OVERRIDE.value)
    entered = {"text": place.source if kind == DeviationKind.OVERRIDE.value else "", "title": "", "reason": ""}
    return render_template(_form(), view=view, place=place, kind=kind, entered=entered)


@pages.post("/")
def create(draft_id: str) -> ResponseReturnValue:
    entered = {name: request.form.get(name, "") for name in FIELDS}
    try:
        with desk().unit_of_work() as uow:
            _deviate(uow, draft_id, entered)
    except ContractError as error:
        view, compiled = reviewed(draft_id)
        place = _place(entered["after"] or entered["provision"], compiled.instrument, view)
        return render_template(_form(), view=view, place=place, kind=entered["kind"], entered=entered, problem=error.message), 422
    return _done(draft_id)


@pages.post("/withdraw")
def withdraw(draft_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        withdraw_deviation(uow, actor(), desk().now(), desk().library, draft_id, request.form.get("provision", ""))
    return _done(draft_id)


def _deviate(uow: UnitOfWork, draft_id: str, entered: dict[str, str]) -> None:
    kind = next((k for k in DeviationKind if k.value == entered["kind"]), DeviationKind.OVERRIDE)
    own = _own(load_draft(uow, actor(), desk().library, draft_id), entered["provision"])
    if own is not None and kind is DeviationKind.REMOVE:
        withdraw_deviation(uow, actor(), desk().now(), desk().library, draft_id, own.provision)
        return
    adding = kind is DeviationKind.ADD or own is not None
    deviate(
        uow, actor(), desk().now(), desk().library, draft_id,
        kind=DeviationKind.ADD if adding else kind,
        provision="" if adding and own is None else entered["provision"],
        after=own.after if own else entered["after"] if adding else "",
        title=own.title if own else entered["title"] if adding else "",
        text=entered["text"].replace("\r\n", "\n"), reason=entered["reason"],
    )  # fmt: skip


def _own(view: DraftView, provision: str) -> DeviationRequest | None:
    """The provision that this contract itself added: rewriting it keeps its place, removing it takes it back."""
    own = (d for d in view.reading.answers.deviations if d.kind is DeviationKind.ADD and d.provision == provision)
    return next(own, None)


def _done(draft_id: str) -> ResponseReturnValue:
    if request.form.get("from") == "paper" and is_fragment():
        response = make_response("", 200)
        response.headers["HX-Trigger"] = "draft-changed, close-dialog"
        return response
    return redirect(url_for("deviations.show", draft_id=draft_id))


def _form() -> str:
    return "_deviation_form.html" if is_fragment() else "deviation.html"


def _places(instrument: Instrument) -> list[PlaceView]:
    clauses = {c.id: c.text for c in desk().library.clauses()}
    return [PlaceView(p.id, p.number, p.title, p.text, clauses.get(p.id, "")) for p in instrument.provisions()]


def _place(place_id: str, instrument: Instrument, view: DraftView) -> PlaceView:
    """The provision meant. Raises ``ContractError`` where the contract has none of that id."""
    found = next((p for p in _places(instrument) if p.id == place_id), None)
    if found is None:
        raise ContractError("draft.unknown", f"条款“{place_id[:80]}”不存在，或按现有填写内容不写入合同。")
    own = next((d.text for d in view.reading.answers.deviations if d.provision == place_id and d.text), None)
    return found if own is None else PlaceView(found.id, found.number, found.title, found.printed, own)
