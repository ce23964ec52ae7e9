"""The text with its shareable comments, to be handed to the other party."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.services.commented_document import CommentedText, commented_text, make_commented, share_comments
from app.services.generation import Generated
from app.services.ports import Progress
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.documents import jobs
from app.web.gate import actor
from app.web.made_files import Made, send, stem_of

pages = Blueprint("sharing", __name__, url_prefix="/contracts/<contract_id>/text/share")


@pages.get("")
def show(contract_id: str) -> str:
    found = _found(contract_id)
    made = Made.of(jobs(), f"{contract_id}/{found.key}")
    return contract_page("contracts/share.html", contract_id, shown=found.shown, threads=found.threads, made=made)


@pages.post("")
def generate(contract_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        found = share_comments(uow, actor(), desk().now(), desk().reference, desk().today(), contract_id, _ordinal())
    tools, moment = desk(), desk().now()

    def work(progress: Progress) -> Generated:
        return make_commented(found, tools.comment_tools, moment, progress)

    jobs().start(f"{contract_id}/{found.key}", work, "")
    return redirect(url_for("sharing.show", contract_id=contract_id, version=_ordinal()))


@pages.get("/<name>")
def download(contract_id: str, name: str) -> ResponseReturnValue:
    found = _found(contract_id)
    stem = f"{stem_of(found.shown.instrument.number)}-{found.shown.label}-批注"
    return send(jobs(), f"{contract_id}/{found.key}", name, stem)


def _ordinal() -> int:
    return max(request.values.get("version", 0, type=int), 0)


def _found(contract_id: str) -> CommentedText:
    with desk().reading() as uow:
        return commented_text(uow, actor(), desk().reference, desk().today(), contract_id, _ordinal())
