"""Filling in a paper: saving answers as they are typed, the paper as it reads now, and what its checks say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError
from app.domain.papers import PaperKind
from app.domain.proofreading import Finding, Severity, unresolved
from app.domain.variables import Acknowledgement
from app.services.paper_desk import paper_line, study_any
from app.services.paper_freezing import CompiledPaper
from app.services.paper_texts import PaperText, fill_paper, let_pass, load_text
from app.services.questionnaire import paper_groups
from app.services.review import acknowledgement_place
from app.web.desk import desk
from app.web.entered import sent_answers
from app.web.gate import actor
from app.web.pages import clock
from app.web.questions import question, state

pages = Blueprint("paper_form", __name__, url_prefix="/contracts/<contract_id>/papers/<paper_id>/form")


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding with the reason that let it pass, if there is one. ``asked``: the paper itself asks for the variable it names."""

    finding: Finding
    place: str
    passed: Acknowledgement | None
    asked: bool


@pages.post("/answers")
def save(contract_id: str, paper_id: str) -> ResponseReturnValue:
    kind = _kind(contract_id, paper_id)
    with desk().unit_of_work() as uow:
        text = fill_paper(uow, actor(), desk().now(), desk().today(), desk().papers, paper_id, sent_answers()[0])
    return jsonify(_state(kind, text))


@pages.get("/answers")
def answers(contract_id: str, paper_id: str) -> ResponseReturnValue:
    """What stands in the questions, for a page that was changed elsewhere."""
    kind = _kind(contract_id, paper_id)
    with desk().reading() as uow:
        text = load_text(uow, actor(), desk().papers, paper_id, desk().today())
    return jsonify(_state(kind, text))


@pages.get("/preview")
def preview(contract_id: str, paper_id: str) -> str:
    return render_template("contracts/_paper_preview.html", paper=desk().preview(_compiled(contract_id, paper_id).instrument))


@pages.get("/findings")
def findings(contract_id: str, paper_id: str) -> str:
    return _panel(contract_id, paper_id)


@pages.post("/findings")
def pass_warning(contract_id: str, paper_id: str) -> ResponseReturnValue:
    _kind(contract_id, paper_id)
    rule, place, reason = (request.form.get(name, "") for name in ("rule", "place", "reason"))
    try:
        with desk().unit_of_work() as uow:
            let_pass(uow, actor(), desk().now(), desk().today(), desk().papers, paper_id, rule[:16], place[:80], reason[:2000])
    except ContractError as error:
        if error.code != "paper.reason":
            raise
        return _panel(contract_id, paper_id, problem=error.message, rule=rule, place=place, reason=reason), 422
    answer = make_response(_panel(contract_id, paper_id))
    answer.headers["HX-Trigger"] = "paper-judged"
    return answer


def _panel(contract_id: str, paper_id: str, **failed: str) -> str:
    compiled = _compiled(contract_id, paper_id)
    return render_template(
        "contracts/_paper_findings.html",
        contract_id=contract_id,
        paper_id=paper_id,
        compiled=compiled,
        lines=finding_lines(compiled),
        failed=failed,
    )


def finding_lines(compiled: CompiledPaper) -> dict[Severity, list[FindingLine]]:
    variables = desk().papers.forms(compiled.text.head.kind or PaperKind.AMENDMENT).variables
    found: dict[Severity, list[FindingLine]] = {s: [] for s in Severity}
    for finding in compiled.findings:
        place, passed = acknowledgement_place(finding), None
        if finding.severity is Severity.WARN and not unresolved([finding], compiled.text.acknowledgements):
            known = (a for a in compiled.text.acknowledgements if a.rule == finding.rule and a.place in (place, "*"))
            passed = next(known, None)
        found[finding.severity].append(FindingLine(finding, place, passed, finding.place.variable in variables))
    return found


def _kind(contract_id: str, paper_id: str) -> PaperKind:
    with desk().reading() as uow:
        return paper_line(uow, actor(), contract_id, paper_id).head.kind or PaperKind.AMENDMENT


def _compiled(contract_id: str, paper_id: str) -> CompiledPaper:
    with desk().reading() as uow:
        paper_line(uow, actor(), contract_id, paper_id)
        return study_any(uow, actor(), desk().papers, paper_id, desk().today())


def _state(kind: PaperKind, text: PaperText) -> dict[str, Any]:
    groups = paper_groups(desk().papers.forms(kind), both=kind.facts.both)
    return {
        "revision": text.revision,
        "savedAt": clock(desk().now())[-5:],
        "title": text.head.title,
        "conflicts": [],
        "questions": {v.name: state(question(v, text)) for g in groups for v in g.variables},
    }
