"""The outbox: what waits, what was sent, what failed, and the words of one message."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.services import outbox_reading as service
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("outbox", __name__, url_prefix="/outbox")
PAGE = 50


@pages.app_template_global()
def mail_state(state: str) -> str:
    names = {"waiting": _("待发送"), "failed": _("未送达"), "local": _("存于本地"), "sent": _("已发送")}
    return str(names[state])


@pages.get("/")
def index() -> str:
    state, page = request.args.get("state", ""), max(1, min(request.args.get("page", 1, type=int), 10_000))
    with desk().reading() as uow:
        found = service.list_outbox(uow, actor(), state, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template("outbox/index.html", found=found, state=state, page=page, settings=desk().settings)


@pages.get("/<message_id>/")
def show(message_id: str) -> str:
    with desk().reading() as uow:
        message = service.read_message(uow, actor(), message_id)
    return render_template("outbox/message.html", message=message)


@pages.post("/<message_id>/uncover")
def uncover(message_id: str) -> str:
    with desk().unit_of_work() as uow:
        message = service.uncover_message(uow, actor(), desk().now(), message_id)
    return render_template("outbox/message.html", message=message)


@pages.post("/<message_id>/retry")
def retry(message_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        service.retry_message(uow, actor(), desk().now(), message_id)
    return redirect(url_for("outbox.index"))
