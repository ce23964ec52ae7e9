"""The amendment editor: the text in force as it will read, edited in place; the table of changes, conflicts and checks beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.amendment import is_tombstone
from app.domain.answers import Reading
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.numbering import reference_labels
from app.domain.papers import PaperState
from app.domain.redrafting import Add, Edit, Rewrite, SetValue, Strike
from app.domain.textual_change import Hunk, HunkKind
from app.domain.tree import Instrument, Provision
from app.domain.variables import Requirement, Variable
from app.services.amending import (
    OURS,
    THEIRS,
    add_provision,
    edit_amendment,
    enter_value,
    place_of_edit,
    rebase_amendment,
    take_back,
)
from app.services.amendment_signing import record_signed
from app.services.amendment_study import AmendmentStudy, study_amendment
from app.services.filing import DocumentKind
from app.services.paper_desk import paper_line, shown_paper
from app.services.paper_freezing import FrozenPaper
from app.services.questionnaire import parts
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered, sent_answers
from app.web.files import put_in
from app.web.gate import actor
from app.web.papers import form_of
from app.web.questions import question

pages = Blueprint("amendment", __name__, url_prefix="/contracts/<contract_id>/amendments/<paper_id>")
MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class EditLine:
    """One edit as the panel lists it. ``go``: the place in the text; ``variable``: what to open again to change it."""

    place: str
    how: str
    what: str
    go: str
    variable: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of the text as it will stand, for a question of the contract."""

    raw: Mapping[str, Any]
    reading: Reading
    revisions: Mapping[str, int]

    def faults_of(self, _name: str) -> tuple[InputFault, ...]:
        return ()


@pages.app_template_global()
def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """Both texts as one, for marking what went and what came."""
    return desk().differ.diff(before, after)


@pages.app_template_global()
def hunk_tag(hunk: Hunk) -> str:
    return {HunkKind.DELETE: "del", HunkKind.INSERT: "ins", HunkKind.EQUAL: ""}[hunk.kind]


@pages.get("")
def show(contract_id: str, paper_id: str) -> str:
    return page(contract_id, paper_id=paper_id)


def page(contract_id: str, *, paper_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        line = paper_line(uow, actor(), contract_id, paper_id)
        shown = shown_paper(uow, actor(), desk().papers, paper_id, desk().today())
    frozen = isinstance(shown, FrozenPaper)
    return contract_page(
        "contracts/amendment.html", contract_id, line=line, own=line.head, shown=shown, **form_of(line.head.kind, shown),
        paper=desk().preview(shown.instrument) if frozen else "",
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.get("/text")
def text(contract_id: str, paper_id: str) -> str:
    """The text as it will stand, and which of its places are new, changed or gone."""
    found = _study(contract_id, paper_id)
    after = found.redraft.after.instrument
    return render_template("contracts/_amended_text.html", paper=desk().preview(after), marks=_marks(found), starts=found.starts)


@pages.get("/state")
def state(contract_id: str, paper_id: str) -> str:
    return _panel(contract_id, paper_id)


def _panel(contract_id: str, paper_id: str, problem: str = "") -> str:
    found = _study(contract_id, paper_id)
    with desk().reading() as uow:
        head = paper_line(uow, actor(), contract_id, paper_id).head
    return render_template(
        "contracts/_amendment_state.html", contract_id=contract_id, paper_id=paper_id, found=found, edits=_edits(found), head=head,
        labels={p: n for p, (n, _short) in reference_labels(found.redraft.after.instrument).items()}, problem=problem,
        editable=head.state is PaperState.DRAFT,
    )  # fmt: skip


@pages.get("/values")
def values(contract_id: str, paper_id: str) -> str:
    """Questions of the contract that match what was typed, to choose the one to change."""
    _own(contract_id, paper_id)
    said = request.args.get("query", "").strip().lower()
    found = [(part.title, v) for part in parts(desk().library) for v in part.variables() if _matches(v, said)]
    return render_template("contracts/_value_choice.html", found=found[:MOST_FOUND], more=len(found) > MOST_FOUND, said=said)


@pages.get("/edit")
def edit(contract_id: str, paper_id: str) -> ResponseReturnValue:
    """The form for one edit: ``variable``, or ``place`` with ``kind`` (reword, add, strike)."""
    return _dialog(contract_id, paper_id, request.args.get("kind", "reword"), request.args.get("place", ""))


@pages.post("/values")
def set_values(contract_id: str, paper_id: str) -> ResponseReturnValue:
    _own(contract_id, paper_id)
    faults: list[str] = []
    for name, raw in sent_answers()[0].items():
        try:
            with desk().unit_of_work() as uow:
                enter_value(uow, actor(), desk().now(), desk().papers, paper_id, name, raw)
        except InputError as error:
            faults += [f.sentence() for f in error.faults]
    return jsonify(faults=faults), 422 if faults else 200


@pages.post("/words")
def words(contract_id: str, paper_id: str) -> ResponseReturnValue:
    place, typed, title = request.form.get("place", "")[:120], _typed("text"), request.form.get("title", "").strip()[:200]

    def act() -> None:
        if not typed:
            raise ContractError("amendment.text", _("请写明改后的文字；不再需要这一条的，请用“删除”。"))
        with desk().unit_of_work() as uow:
            edit_amendment(uow, actor(), desk().now(), paper_id, Rewrite(place, title, typed))

    return _edited(contract_id, paper_id, act, "reword", place)


@pages.post("/additions")
def add(contract_id: str, paper_id: str) -> ResponseReturnValue:
    after, title = request.form.get("place", "")[:120], request.form.get("title", "").strip()[:200]

    def act() -> None:
        with desk().unit_of_work() as uow:
            add_provision(uow, actor(), desk().now(), paper_id, after, title, _typed("text"))

    return _edited(contract_id, paper_id, act, "add", after)


@pages.post("/deletions")
def strike(contract_id: str, paper_id: str) -> ResponseReturnValue:
    place = request.form.get("place", "")[:120]

    def act() -> None:
        with desk().unit_of_work() as uow:
            edit_amendment(uow, actor(), desk().now(), paper_id, Strike(place))

    return _edited(contract_id, paper_id, act, "strike", place)


@pages.post("/take-back")
def take_edit_back(contract_id: str, paper_id: str) -> ResponseReturnValue:
    _own(contract_id, paper_id)
    with desk().unit_of_work() as uow:
        take_back(uow, actor(), desk().now(), paper_id, request.form.get("place", "")[:120])
    return _changed(_panel(contract_id, paper_id))


@pages.post("/rebase")
def rebase(contract_id: str, paper_id: str) -> ResponseReturnValue:
    """Take the draft over to the newest text; ``choice:<place>`` says for each conflict which words stay."""
    _own(contract_id, paper_id)
    choices = {k.partition(":")[2]: v for k, v in request.form.items() if k.startswith("choice:") and v in (OURS, THEIRS)}
    try:
        with desk().unit_of_work() as uow:
            rebase_amendment(uow, actor(), desk().now(), desk().today(), desk().papers, paper_id, choices)
    except ContractError as error:
        if error.code != "amendment.undecided":
            raise
        return _panel(contract_id, paper_id, error.message), 422
    return _changed(_panel(contract_id, paper_id))


@pages.post("/signature")
def sign(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        signed_on = form.day("signed_on", _("签署日"))
        form.require_sound()
        assert signed_on is not None
        filed = put_in(contract_id, request.files.get("file"), DocumentKind.SIGNED, "", paper_id)
        with desk().unit_of_work() as uow:
            signed = record_signed(
                uow, actor(), desk().now(), desk().today(), desk().papers, paper_id, signed_on=signed_on, evidence_id=filed.id
            )
        day = signed.effective_on.isoformat()
        told = _("已生效，合并文本存为新的版本。") if signed.in_effect else _("将自%(day)s起生效。", day=day)
        if signed.stale:
            told += " " + _("须以最新文本为基础重新拟定：%(others)s。", others="、".join(signed.stale))
        return _("已记录签署。") + told

    _own(contract_id, paper_id)
    return acted(contract_id, act, page, "amendment.show", {"paper_id": paper_id}, paper_id=paper_id)


# ---- inside


def _own(contract_id: str, paper_id: str) -> None:
    """Raises ``PaperMissing`` for a paper of another contract."""
    with desk().reading() as uow:
        paper_line(uow, actor(), contract_id, paper_id)


def _study(contract_id: str, paper_id: str) -> AmendmentStudy:
    with desk().reading() as uow:
        paper_line(uow, actor(), contract_id, paper_id)
        return study_amendment(uow, actor(), desk().papers, paper_id, desk().today())


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:20000]


def _edited(contract_id: str, paper_id: str, act: Callable[[], None], kind: str, place: str) -> ResponseReturnValue:
    """Make the edit and close the dialog, or show the dialog again with what stands against it."""
    _own(contract_id, paper_id)
    try:
        act()
    except ContractError as error:
        return _dialog(contract_id, paper_id, kind, place, error.message), 422
    return _changed("", "close-dialog")


def _changed(body: str, *more: str) -> ResponseReturnValue:
    answer = make_response(body)
    answer.headers["HX-Trigger"] = ", ".join(("amendment-changed", *more))
    return answer


def _dialog(contract_id: str, paper_id: str, kind: str, place: str, problem: str = "") -> str:
    found = _study(contract_id, paper_id)
    name = request.args.get("variable", "")
    variable = desk().library.variables.get(name) if name else None
    after = found.redraft.after
    provision = after.instrument.provision(place)
    shown: dict[str, Any] = {"variable": variable, "name": name, "provision": provision, "kind": kind, "place": place}
    if variable is not None and variable.required is not Requirement.COMPUTED:
        shown["q"] = question(variable, Answered({name: after.answers.get(name)}, Reading(after.answers, ()), {}))
    label = reference_labels(after.instrument).get(place, ("", ""))[0]
    return render_template(
        "contracts/_edit_dialog.html", contract_id=contract_id, paper_id=paper_id, label=label, problem=problem,
        typed=request.form, fixed=provision is None and not variable, gone=provision is not None and is_tombstone(provision),
        edited=place in {place_of_edit(e) for e in found.edits}, **{"q": None, **shown},
    )  # fmt: skip


def _matches(variable: Variable, said: str) -> bool:
    if variable.required is Requirement.COMPUTED:
        return False
    return not said or said in variable.label.lower() or said in variable.name


def _marks(found: AmendmentStudy) -> dict[str, str]:
    """Kind of change → the places that it touches, parted by spaces."""
    before, after = found.redraft.before.instrument, found.redraft.after.instrument
    old, new = _places(before), _places(after)
    struck = {p for p, x in new.items() if is_tombstone(x) and not (p in old and is_tombstone(old[p]))}
    added = new.keys() - old.keys()
    changed = {p for p, x in new.items() if p in old and p not in struck and _own_words(x) != _own_words(old[p])}
    rows_before, rows_after = _rows(before), _rows(after)
    changed |= {r for r, content in rows_after.items() if rows_before.get(r) != content}
    return {"added": " ".join(sorted(added)), "changed": " ".join(sorted(changed)), "struck": " ".join(sorted(struck))}


def _places(instrument: Instrument) -> dict[str, Provision]:
    return {p.id: p for p in instrument.provisions()}


def _own_words(provision: Provision) -> tuple[Any, ...]:
    return provision.title, provision.content, provision.table


def _rows(instrument: Instrument) -> dict[str, Any]:
    """Lines of the cover and of the parties."""
    return {row.id: row.content for row in (*instrument.cover, *(r for block in instrument.parties for r in block.rows))}


def _edits(found: AmendmentStudy) -> list[EditLine]:
    labels = reference_labels(found.redraft.after.instrument)
    return [_edit_line(e, labels) for e in found.edits]


def _edit_line(edit: Edit, labels: Mapping[str, tuple[str, str]]) -> EditLine:
    place = place_of_edit(edit)
    reads = labels.get(place, ("", ""))[0]
    match edit:
        case SetValue(variable=name):
            variable = desk().library.variables.get(name)
            return EditLine(place, _("改变"), variable.label if variable else name, "", name)
        case Rewrite():
            return EditLine(place, _("改写"), reads or place, place, "")
        case Strike():
            return EditLine(place, _("删除"), reads or place, place, "")
        case Add(title=title):
            return EditLine(place, _("增加"), f"{reads} {title}".strip() or place, place, "")


pages.add_app_template_global(
    lambda contract_id, paper_id, name: url_for(f"amendment.{name}", contract_id=contract_id, paper_id=paper_id), "amendment_url"
)
