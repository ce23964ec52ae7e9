"""Documents of a draft: ask for them, watch them being made, take them away."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.domain.permissions import Action
from app.services.generation import Generated
from app.services.issuing import Issue, NotFinal, issue, prepare_issue
from app.services.ports import Progress
from app.web.desk import desk
from app.web.gate import actor, can
from app.web.jobs import JOBS, Jobs
from app.web.reviewing import loaded, reviewed

pages = Blueprint("documents", __name__, url_prefix="/drafts/<draft_id>/documents")
KINDS = ("draft", "final")


def jobs() -> Jobs:
    return cast(Jobs, current_app.extensions[JOBS])


@pages.get("/")
def show(draft_id: str) -> str:
    view, compiled = reviewed(draft_id)
    keys = {kind: f"{draft_id}/{view.revision}-{kind}" for kind in KINDS}
    finished = {kind: jobs().finished(key) for kind, key in keys.items()}
    blocking = len(compiled.blocking) + len(view.reading.faults)
    return render_template("documents.html", view=view, finished=finished, keys=keys, blocking=blocking)


@pages.post("/")
def create(draft_id: str, kind: str = "") -> ResponseReturnValue:
    final = (kind or request.form.get("kind")) == "final"
    try:
        with desk().unit_of_work() as uow:
            wanted = prepare_issue(uow, actor(), desk().reference, draft_id, desk().today(), final=final)
    except NotFinal as refusal:
        return render_template("refused.html", view=loaded(draft_id), refusal=refusal), 422
    kind = _start(wanted)
    return redirect(url_for("documents.state", draft_id=draft_id, revision=wanted.view.revision, kind=kind))


@pages.get("/<int:revision>-<any(draft,final):kind>/")
def state(draft_id: str, revision: int, kind: str) -> ResponseReturnValue:
    view = loaded(draft_id)
    key = f"{draft_id}/{revision}-{kind}"
    finished, job = jobs().finished(key), jobs().running(key)
    if finished is None and job is None:
        # The server was restarted meanwhile: the same work is begun again, unless the draft has moved on.
        if view.revision != revision or not can(Action.GENERATE_DOCUMENTS.value):
            return redirect(url_for("documents.show", draft_id=draft_id))
        return create(draft_id, kind)
    return render_template("document_state.html", view=view, finished=finished, job=job, revision=revision, kind=kind, key=key)


@pages.get("/<int:revision>-<any(draft,final):kind>/<name>")
def download(draft_id: str, revision: int, kind: str, name: str) -> ResponseReturnValue:
    key = f"{draft_id}/{revision}-{kind}"
    finished, folder = jobs().finished(key), jobs().folder(key)
    if finished is None or folder is None or name not in finished.files:
        abort(404)
    number = loaded(draft_id).number or "合同"
    label = number if kind == "final" else f"{number}-草稿"
    stem = f"{label}-附件表" if name.startswith("annexes") else label
    return send_file(folder.resolve() / name, as_attachment=True, download_name=f"{stem}.{name.rpartition('.')[2]}")


def _start(wanted: Issue) -> str:
    kind = "final" if wanted.final else "draft"
    tools, moment = desk(), desk().now()

    def work(progress: Progress) -> Generated:
        return issue(wanted, lambda: tools.tools, moment, progress)

    jobs().start(f"{wanted.view.id}/{wanted.view.revision}-{kind}", work)
    return kind
