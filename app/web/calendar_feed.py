"""A personal calendar for calendar programs: its address is its key, so that it needs no sign-in."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.services import calendar_feeds as service
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("calendar_feed", __name__)


@pages.get("/calendar/<token>.ics")
def read(token: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        found = service.read_feed(uow, desk().today(), desk().settings.base_url, token)
    if found is None:
        raise NotFound
    name, entries = found
    text = desk().reminder_post.calendar(entries, f"成约 · {name}")
    answer: Response = current_app.response_class(text, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'inline; filename="chengyue.ics"'
    return answer


@pages.get("/account/calendar")
def show() -> str:
    with desk().reading() as uow:
        return render_template("account/calendar.html", feed=service.feed_of(uow, actor()), address="")


@pages.post("/account/calendar")
def make() -> str:
    with desk().unit_of_work() as uow:
        token = service.make_feed(uow, actor(), desk().now())
        feed = service.feed_of(uow, actor())
    address = f"{desk().settings.base_url}{url_for('calendar_feed.read', token=token)}"
    return render_template("account/calendar.html", feed=feed, address=address)


@pages.post("/account/calendar/revoke")
def revoke() -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        service.revoke_feed(uow, actor(), desk().now())
    flash(_("订阅地址已经停用。"))
    return redirect(url_for("calendar_feed.show"))
