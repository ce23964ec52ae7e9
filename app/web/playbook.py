"""The playbook tab: standard and fallback wording of every topic side by side, and choosing between them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.services.drafts import choose_position
from app.services.playbook import playbook_of
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment
from app.web.reviewing import loaded

pages = Blueprint("playbook", __name__, url_prefix="/drafts/<draft_id>/playbook")


@pages.get("/")
def show(draft_id: str) -> str:
    view = loaded(draft_id)
    groups = playbook_of(desk().reference, view, desk().today())
    chosen = sum(1 for g in groups for c in g.topics if c.chosen == "fallback")
    return render_template("playbook.html", view=view, groups=groups, chosen=chosen, total=sum(len(g.topics) for g in groups))


@pages.post("/")
def choose(draft_id: str) -> ResponseReturnValue:
    topic, position = request.form.get("topic", ""), request.form.get("position", "")
    with desk().unit_of_work() as uow:
        view = choose_position(uow, actor(), desk().now(), desk().library, draft_id, topic, position)
    if not is_fragment():
        return redirect(url_for("playbook.show", draft_id=draft_id, _anchor=f"topic-{topic}"))
    groups = playbook_of(desk().reference, view, desk().today())
    choice = next(c for g in groups for c in g.topics if c.topic.id == topic)
    chosen = sum(1 for g in groups for c in g.topics if c.chosen == "fallback")
    return render_template("_topic.html", view=view, choice=choice, chosen=chosen, told=True)
