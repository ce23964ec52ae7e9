"""The text of a contract with its comments in the margin: reading, commenting, answering, settling."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.comments import WHOLE, Audience, CommentRefused, places
from app.services.comment_mails import Post
from app.services.commenting import (
    Filter,
    Thread,
    list_threads,
    open_thread,
    read_thread,
    reopen,
    reply,
    resolve,
    set_audience,
)
from app.services.texts import ContractText, current_ordinal, load_text
from app.services.version_list import version_lines
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment

pages = Blueprint("commentary", __name__, url_prefix="/contracts/<contract_id>/text")
STATES = {"open": False, "resolved": True, "all": None}


@pages.app_template_global()
def audience_name(audience: Audience) -> str:
    return str({Audience.INTERNAL: _("内部"), Audience.SHAREABLE: _("可对外")}[audience])


@pages.app_template_global()
def text_name(ordinal: int) -> str:
    """A text of a contract in the language of the page."""
    return str(_("第%(n)d版", n=ordinal) if ordinal else _("草稿"))


@pages.get("")
def show(contract_id: str) -> str:
    shown = _shown(contract_id)
    with desk().reading() as uow:
        threads = list_threads(uow, actor(), contract_id, shown)
        lines = version_lines(uow, actor(), contract_id)
    return contract_page(
        "contracts/text.html", contract_id, shown=shown, lines=lines, paper=desk().preview(shown.instrument),
        threads=[t for t in threads if _filter().takes(t)], **_bar(threads),
    )  # fmt: skip


@pages.get("/new")
def new(contract_id: str) -> ResponseReturnValue:
    """The form for a comment at one place, to stand in the margin."""
    shown, place = _shown(contract_id), request.args.get("place", WHOLE)
    return _form(contract_id, shown, place)


@pages.post("/comments")
def create(contract_id: str) -> ResponseReturnValue:
    ordinal, place, text = _ordinal(), request.form.get("place", WHOLE), request.form.get("text", "")
    try:
        with desk().unit_of_work() as uow:
            thread_id = open_thread(
                uow, actor(), desk().now(), desk().today(), desk().reference, _post(), contract_id, text, ordinal=ordinal, place=place,
                audience=_audience(),
            )  # fmt: skip
    except CommentRefused as refusal:
        if not is_fragment():
            raise
        return _form(contract_id, _shown(contract_id), place, text, refusal.message), 422
    return _answer(contract_id, thread_id)


@pages.post("/comments/<thread_id>/replies")
def answer(contract_id: str, thread_id: str) -> ResponseReturnValue:
    text = request.form.get("text", "")
    try:
        with desk().unit_of_work() as uow:
            reply(uow, actor(), desk().now(), _post(), contract_id, thread_id, text, audience=_audience())
    except CommentRefused as refusal:
        if not is_fragment():
            raise
        return _answer(contract_id, thread_id, typed=text, problem=refusal.message), 422
    return _answer(contract_id, thread_id)


@pages.post("/comments/<thread_id>/resolve")
def settle(contract_id: str, thread_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        resolve(uow, actor(), desk().now(), _post(), contract_id, thread_id)
    return _answer(contract_id, thread_id)


@pages.post("/comments/<thread_id>/reopen")
def unsettle(contract_id: str, thread_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        reopen(uow, actor(), desk().now(), _post(), contract_id, thread_id)
    return _answer(contract_id, thread_id)


@pages.post("/comments/<thread_id>/audience/<comment_id>")
def audience(contract_id: str, thread_id: str, comment_id: str) -> ResponseReturnValue:
    problem = ""
    try:
        with desk().unit_of_work() as uow:
            set_audience(uow, actor(), desk().now(), contract_id, comment_id, _audience())
    except CommentRefused as refusal:
        if not is_fragment():
            raise
        problem = refusal.message
    return _answer(contract_id, thread_id, problem=problem)


def _post() -> Post:
    base = desk().settings.base_url
    return Post(
        desk().write_mail, lambda contract, thread: f"{base}{url_for('commentary.show', contract_id=contract)}#thread-{thread}"
    )


def _ordinal() -> int:
    ordinal = request.values.get("version", -1, type=int)
    return max(ordinal, -1)


def _shown(contract_id: str) -> ContractText:
    """The text that the address names; without one, the text that counts now."""
    ordinal = _ordinal()
    with desk().reading() as uow:
        if ordinal < 0:
            ordinal = current_ordinal(uow, actor(), contract_id)
        return load_text(uow, actor(), desk().reference, desk().today(), contract_id, ordinal)


def _audience() -> Audience:
    return Audience.SHAREABLE if request.form.get("audience") == Audience.SHAREABLE.value else Audience.INTERNAL


def _filter() -> Filter:
    wanted = request.values.get("audience_of", "")
    return Filter(STATES.get(request.values.get("state", "open"), False), next((a for a in Audience if a.value == wanted), None))


def _bar(threads: tuple[Thread, ...]) -> dict[str, Any]:
    """What the filter shows: which one is chosen, and how many threads each has."""
    state, wanted = request.values.get("state", "open"), request.values.get("audience_of", "")
    counts = {
        "open": sum(not t.resolved for t in threads),
        "resolved": sum(t.resolved for t in threads),
        "all": len(threads),
        **{a.value: sum(t.audience is a for t in threads) for a in Audience},
    }
    return {"state": state if state in STATES else "open", "audience_of": wanted, "counts": counts}


def _form(contract_id: str, shown: ContractText, place: str, typed: str = "", problem: str = "") -> str:
    found = places(shown.instrument).get(place)
    label = found.label if found else "" if place == WHOLE else _("（此条款已不在文本中）")
    return render_template(
        "contracts/_new_comment.html",
        contract_id=contract_id,
        shown=shown,
        place=place,
        label=label,
        typed=typed,
        problem=problem,
    )


def _answer(contract_id: str, thread_id: str, *, typed: str = "", problem: str = "") -> Any:
    """The thread as it stands now, for the margin; a whole page goes back to where it was."""
    if not is_fragment():
        return redirect(
            url_for("commentary.show", contract_id=contract_id, version=_ordinal(), state="all") + f"#thread-{thread_id}"
        )
    shown = _shown(contract_id)
    with desk().reading() as uow:
        threads = list_threads(uow, actor(), contract_id, shown)
        thread = read_thread(uow, actor(), contract_id, thread_id, shown)
    return render_template(
        "contracts/_thread_answer.html",
        contract_id=contract_id,
        shown=shown,
        thread=thread,
        typed=typed,
        problem=problem,
        **_bar(threads),
    )
