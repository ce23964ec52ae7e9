"""The pages of a ceremony: link, code, reading, consent, signature, own copy. No account; opening a page changes nothing."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, send_file, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.execution import Mark, Status
from app.domain.signing_form import Hand, HandKind
from app.services import signing_access as doors
from app.services import signing_ceremony as service
from app.services.credentials import digest_of
from app.services.signing_elsewhere import may_sign_elsewhere
from app.web.desk import desk
from app.web.entered_numbers import number_in
from app.web.gate import client
from app.web.made_files import stem_of

pages = Blueprint("ceremony", __name__, url_prefix="/sign/<token>")
SECRETS = "signing"
MOST_SECRETS = 6
MOST_POINTS = 400_000
"""Bytes of a drawn signature."""


@pages.errorhandler(doors.LinkGone)
def gone(error: doors.LinkGone) -> ResponseReturnValue:
    return render_template("sign/gone.html", message=error.message), 410 if error.why == "expired" else 404


@pages.errorhandler(doors.NotEntered)
def not_entered(_error: doors.NotEntered) -> ResponseReturnValue:
    return redirect(url_for("ceremony.show", token=(request.view_args or {})["token"]))


@pages.get("/")
def show(token: str) -> ResponseReturnValue:
    return _page(token)


@pages.post("/code")
def code(token: str) -> ResponseReturnValue:
    return _do(token, lambda: doors.request_code(desk().signing_kit, client(), token), told="code")


@pages.post("/enter")
def enter(token: str) -> ResponseReturnValue:
    def work() -> None:
        _keep(token, doors.enter_code(desk().signing_kit, client(), token, request.form.get("code", "")[:40]))

    return _do(token, work)


@pages.get("/pages/<int:number>.png")
def page(token: str, number: int) -> ResponseReturnValue:
    """A page as a picture; drawn once and kept for a while."""
    with desk().reading() as uow:
        found = doors.entered(uow, desk().now(), token, secret_of(token))
        file, count = found.row.file, found.row.pages
    if not 1 <= number <= count:
        abort(404)
    path = desk().page_cache.page(
        file, number, desk().now(), lambda: desk().signing_kit.room.page(desk().blobs.get(file), number)
    )
    answer = send_file(path, mimetype="image/png", etag=f"{file}-{number}")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.post("/read")
def read(token: str) -> ResponseReturnValue:
    upto = request.form.get("upto", "0")
    done = service.mark_read(desk().signing_kit, client(), token, secret_of(token), number_in(upto, 0))
    return jsonify(read=done) if request.form.get("script") else redirect(url_for("ceremony.show", token=token))


@pages.post("/consent")
def consent(token: str) -> ResponseReturnValue:
    ticked = frozenset(request.form.getlist("statement"))
    agreed = request.form.get("agreed") == "1"
    return _do(token, lambda: service.consent(desk().signing_kit, client(), token, secret_of(token), ticked, agreed=agreed))


@pages.post("/sign")
def sign(token: str) -> ResponseReturnValue:
    pin, again = request.form.get("pin", "")[:200], request.form.get("again", "")[:200]

    def work() -> None:
        try:
            service.sign(desk().signing_kit, client(), token, secret_of(token), _hand(), pin, again)
        except ContractError as error:
            if error.code != "execution.twice":  # a second press: it is signed
                raise

    return _do(token, work)


@pages.post("/forget")
def forget(token: str) -> ResponseReturnValue:
    return _do(token, lambda: service.forget_pin(desk().signing_kit, client(), token, secret_of(token)))


@pages.post("/refuse")
def refuse(token: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")[:2000]
    return _do(token, lambda: service.refuse(desk().signing_kit, client(), token, secret_of(token), reason))


@pages.get("/copy")
def copy(token: str) -> ResponseReturnValue:
    """The file as it stands: the finished original once everybody has signed."""
    with desk().reading() as uow:
        found = doors.entered(uow, desk().now(), token, secret_of(token))
        sha256, number, done = found.row.final or found.row.file, found.contract.number, bool(found.row.final)
    name = f"{stem_of(number)}-{_('已签署') if done else _('待签署')}.pdf"
    content = io.BytesIO(desk().blobs.get(sha256))
    answer = send_file(content, mimetype="application/pdf", as_attachment=True, download_name=name, etag=sha256)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _do(token: str, work: Callable[[], None], told: str = "") -> ResponseReturnValue:
    """Back to where the ceremony stands; what was refused is said there, with what was entered."""
    try:
        work()
    except (doors.LinkGone, doors.NotEntered):
        raise
    except ContractError as error:
        return _page(token, problem=error.message, status=422)
    return redirect(url_for("ceremony.show", token=token, told=told or None))


def _page(token: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of the step at which the signatory stands."""
    now, secret = desk().now(), secret_of(token)
    with desk().reading() as uow:
        found = doors.visit(uow, now, token, secret)
        at = service.bench(uow, now, token, secret) if found.entered else None
        values: dict[str, Any] = {"visit": found, "contract": found.contract, "row": found.row, "place": found.place, "at": at}
        marks = {p.mark for p in found.line} or {p.mark for p in (found.execution.place(r.id) for r in found.mine)}
        body = render_template(
            f"sign/{step_of(found)}.html", token=token, problem=problem, told=request.args.get("told", ""), entered=request.form,
            seal=marks == {Mark.SEAL}, both=len(marks) > 1, texts_go_out=bool(desk().settings.sms_url),
            mails_go_out=bool(desk().settings.smtp_host),
            elsewhere=may_sign_elsewhere(uow, found.contract, found.row, found.place), **values,
        )  # fmt: skip
    return body, status


def step_of(found: doors.Visit) -> str:
    """The page at which a signatory stands: ``door``, ``read``, ``hand``, ``wait``, ``done``, ``over``."""
    status = found.execution.status
    if status not in (Status.OPEN, Status.COMPLETE):
        return "over"
    if not found.entered:
        return "door"
    if found.signed:
        return "done"
    if found.place not in found.execution.waiting:
        return "wait"
    return "hand" if found.place_row.consented_at is not None else "read"


def _hand() -> Hand | None:
    """What was drawn, typed or uploaded. Raises ``hand.empty``."""
    form = request.form
    kind = form.get("kind", "drawn")
    if kind == "typed":
        return Hand(HandKind.TYPED, text=form.get("typed", "").strip()[:60])
    if kind == "uploaded":
        sent = request.files.get("image")
        content = sent.stream.read() if sent is not None and sent.filename else b""
        if not content:
            raise ContractError("hand.empty", _("请选择手写签名的图片。"))
        return Hand(HandKind.UPLOADED, image=content)
    text = form.get("strokes", "")
    if not text:
        return None
    try:
        data = json.loads(text) if len(text) <= MOST_POINTS else []
        strokes = tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in data)
        if not all(math.isfinite(value) for stroke in strokes for point in stroke for value in point):
            raise ValueError("not finite")
        return Hand(HandKind.DRAWN, strokes)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ContractError("hand.empty", _("没有收到完整的签名，请清除后重新书写。")) from error


def secret_of(token: str) -> str:
    """What this browser showed after its code; empty where it has shown none."""
    kept = session.get(SECRETS)
    return str(kept.get(_name(token), "")) if isinstance(kept, dict) else ""


def _keep(token: str, secret: str) -> None:
    kept = session.get(SECRETS)
    others = [(k, v) for k, v in kept.items() if k != _name(token)] if isinstance(kept, dict) else []
    session[SECRETS] = dict([*others[-(MOST_SECRETS - 1) :], (_name(token), secret)])


def _name(token: str) -> str:
    return digest_of(token)[:16]
