"""待我审批: what waits for the one signed in, what that person submitted, and what that person decided."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.services.approval_desk import read_desk
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("approval_desk", __name__, url_prefix="/approvals")


@pages.get("/")
def show() -> str:
    with desk().reading() as uow:
        found = read_desk(uow, actor())
    return render_template("approvals.html", found=found)
