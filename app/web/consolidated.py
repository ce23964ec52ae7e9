"""The text of a contract as of a day: read with the mark of what changed each place, its history, and as files."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.annexes_in_force import annexes_in_force
from app.services.consolidating import InForce, NoSignedText, history_of, terms_as_of
from app.services.paper_files import copy_of
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.documents import jobs
from app.web.gate import actor
from app.web.made_files import Made, send
from app.web.paper_documents import labels_of, start

pages = Blueprint("consolidated", __name__, url_prefix="/contracts/<contract_id>/consolidated")
BEFORE, BEHIND = timedelta(days=30), timedelta(days=90)
"""How far the slider runs beyond the first and the last day on which the text turns."""


@pages.get("")
def show(contract_id: str) -> str:
    try:
        found = _found(contract_id)
    except NoSignedText as error:
        return contract_page("contracts/papers_unknown.html", contract_id, why=error.message)
    first, last = _span(found)
    return contract_page(
        "contracts/consolidated.html", contract_id, found=found, first=first, last=last, turns=_turns(found, first, last),
        paper=desk().preview(found.copy()), marked=_marked(found), annexes=annexes_in_force(found.consolidated),
    )  # fmt: skip


@pages.get("/text")
def text(contract_id: str) -> str:
    """The text of the day that the slider stands on."""
    found = _found(contract_id)
    return render_template(
        "contracts/_consolidated.html",
        contract_id=contract_id,
        found=found,
        paper=desk().preview(found.copy()),
        marked=_marked(found),
        annexes=annexes_in_force(found.consolidated),
    )


@pages.get("/history")
def history(contract_id: str) -> str:
    with desk().reading() as uow:
        found = history_of(uow, actor(), contract_id, request.args.get("place", "")[:120])
    return render_template("contracts/_place_history.html", contract_id=contract_id, history=found)


@pages.get("/documents")
def documents(contract_id: str) -> str:
    found = _found(contract_id)
    made = Made.of(jobs(), _key(contract_id, found))
    labels = labels_of(made.finished.files) if made.finished else {}
    return contract_page("contracts/consolidated_files.html", contract_id, found=found, made=made, labels=labels)


@pages.post("/documents")
def generate(contract_id: str) -> ResponseReturnValue:
    """Make the files of the day that the form names; without one nothing is made."""
    found = _found(contract_id)
    if "on" in request.form:
        start(_key(contract_id, found), copy_of(found))
    return redirect(url_for("consolidated.documents", contract_id=contract_id, on=found.consolidated.as_of.isoformat()))


@pages.get("/documents/<name>")
def download(contract_id: str, name: str) -> ResponseReturnValue:
    try:
        key = _key(contract_id, _found(contract_id))
    except NoSignedText:
        abort(404)
    return send(jobs(), key, name, name.rpartition(".")[0])


def _found(contract_id: str) -> InForce:
    """The text in force on the day that the address or the form names; today without one."""
    with desk().reading() as uow:
        return terms_as_of(uow, actor(), contract_id, _day())


def _day() -> date:
    try:
        return date.fromisoformat(request.values.get("on", ""))
    except ValueError:
        return desk().today()


def _span(found: InForce) -> tuple[date, date]:
    """The days between which the slider runs."""
    known = [*found.turning, desk().today(), found.consolidated.as_of]
    known += [found.base.signed_on] if found.base.signed_on else []
    end = found.base.standing.answers.get("term.end_date")
    known += [end] if isinstance(end, date) else []
    return _shifted(min(known), -BEFORE), _shifted(max(known), BEHIND)


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _turns(found: InForce, first: date, last: date) -> list[dict[str, Any]]:
    """The days on which the text turns: where they stand on the slider, and what begins then."""
    signed = (*found.consolidated.applied, *found.consolidated.pending)
    whole = max((last - first).days, 1)
    return [
        {
            "day": day,
            "at": (day - first).days,
            "x": round(1000 * (day - first).days / whole, 1),
            "what": "、".join(a.label for a in signed if a.starts == day),
        }
        for day in found.turning
    ]


def _marked(found: InForce) -> str:
    """Places that an amendment changed, parted by spaces."""
    return " ".join(sorted({place.partition("#")[0] for place in found.consolidated.marks}))


def _key(contract_id: str, found: InForce) -> str:
    state = "\n".join((found.base.version_id, *(a.id for a in (*found.consolidated.applied, *found.consolidated.pending))))
    return f"{contract_id}/t{found.consolidated.as_of:%Y%m%d}-c{hashlib.sha256(state.encode()).hexdigest()[:16]}-copy"
