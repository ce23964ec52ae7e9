"""The findings panel: what proofreading says, fixing it with one click, and letting a warning pass with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError
from app.domain.proofreading import Finding, Severity, unresolved
from app.domain.variables import Acknowledgement
from app.services.drafting import Compiled
from app.services.drafts import DraftView, acknowledge, withdraw_acknowledgement
from app.services.review import acknowledgement_place, apply_fix
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment
from app.web.reviewing import reviewed

pages = Blueprint("findings", __name__, url_prefix="/drafts/<draft_id>/findings")


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with the reason that let it pass, if there is one."""

    finding: Finding
    place: str
    passed: Acknowledgement | None
    variable: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one severity: those that repeat, by card, and the single ones."""

    count: int
    repeated: tuple[tuple[FindingView, ...], ...]
    single: tuple[FindingView, ...]


@pages.get("/")
def show(draft_id: str) -> ResponseReturnValue:
    panel = _panel(draft_id)
    return panel if is_fragment() else redirect(url_for("workspace.show", draft_id=draft_id, _anchor="findings"))


@pages.post("/fix")
def fix(draft_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        apply_fix(uow, actor(), desk().now(), desk().reference, draft_id, desk().today(), **_named())
    return _changed(draft_id)


@pages.post("/acknowledge")
def let_pass(draft_id: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        with desk().unit_of_work() as uow:
            acknowledge(uow, actor(), desk().now(), desk().library, draft_id, **_named(), reason=reason)
    except ContractError as error:
        return _panel(draft_id, problem=error.message, reason=reason, **_named())
    return _changed(draft_id)


@pages.post("/withdraw")
def withdraw(draft_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        withdraw_acknowledgement(uow, actor(), desk().now(), desk().library, draft_id, **_named())
    return _changed(draft_id)


def _named() -> dict[str, str]:
    return {"rule": request.form.get("rule", "")[:16], "place": request.form.get("place", "")[:80]}


def _changed(draft_id: str) -> ResponseReturnValue:
    response = make_response(_panel(draft_id))
    response.headers["HX-Trigger"] = "draft-changed"
    return response


def _panel(draft_id: str, **failed: str) -> str:
    view, compiled = reviewed(draft_id)
    groups = {s: _grouped(s, [_seen(f, view, compiled) for f in compiled.findings if f.severity is s]) for s in Severity}
    return render_template("workspace/_findings.html", view=view, groups=groups, failed=failed, compiled=compiled)


def _grouped(severity: Severity, seen: list[FindingView]) -> FindingGroup:
    """Findings of one rule with the same fix stand on one card, save those that a person acts upon one by one."""
    cards: dict[tuple[str, str], list[FindingView]] = {}
    for index, item in enumerate(seen):
        alone = severity is Severity.WARN or item.finding.patch is not None
        cards.setdefault((item.finding.rule, str(index) if alone else item.finding.fix), []).append(item)
    repeated = tuple(tuple(items) for items in cards.values() if len(items) > 1)
    return FindingGroup(len(seen), repeated, tuple(items[0] for items in cards.values() if len(items) == 1))


def _seen(finding: Finding, view: DraftView, compiled: Compiled) -> FindingView:
    place = acknowledgement_place(finding)
    passed = None
    if finding.severity is Severity.WARN and not unresolved([finding], view.reading.answers.acknowledgements):
        passed = next(
            (a for a in view.reading.answers.acknowledgements if a.rule == finding.rule and a.place in (place, "*")), None
        )
    variable = finding.place.variable if finding.place.variable in desk().library.variables else ""
    return FindingView(finding, place, passed, variable or _first_blank(finding, compiled))


def _first_blank(finding: Finding, compiled: Compiled) -> str:
    """The unanswered variable of the place, where the finding names none."""
    return next((b.variable for p, b in compiled.instrument.blanks() if p == finding.place.provision_id), "")
