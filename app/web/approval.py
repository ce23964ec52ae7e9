"""Review and approval of one contract: submit it, read who must approve and why, decide."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.approval import ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.comments import Place, places_by_chapter
from app.domain.errors import ContractError
from app.domain.permissions import Forbidden
from app.services import deciding
from app.services.approval_mails import Post
from app.services.approval_rows import Asked, WaiverAsked
from app.services.approval_views import Approvals, read_approvals
from app.services.record import ContractMissing
from app.services.submitting import look_ahead, withdraw_submission
from app.services.submitting import submit as submit_contract
from app.services.texts import load_text
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("approval", __name__, url_prefix="/contracts/<contract_id>")
LONGEST = 4000
TOLD = ("submitted", "approved", "decided", "returned", "delegated", "recalled", "withdrawn", "revoked", "redrafted")


def post_office() -> Post:
    """Addresses in mails come from the settings, never from the request."""
    base = desk().settings.base_url
    return Post(desk().write_mail, lambda contract_id: f"{base}{url_for('approval.show', contract_id=contract_id)}")


@pages.app_template_global()
def round_name(status: RoundStatus) -> str:
    names = {
        RoundStatus.OPEN: _("审批中"),
        RoundStatus.APPROVED: _("已通过"),
        RoundStatus.RETURNED: _("已退回"),
        RoundStatus.WITHDRAWN: _("已撤回"),
        RoundStatus.VOIDED: _("已失效"),
        RoundStatus.REVOKED: _("已撤销"),
    }
    return str(names[status])


@pages.app_template_global()
def round_tone(status: RoundStatus) -> str:
    tones = {RoundStatus.OPEN: "note", RoundStatus.APPROVED: "good", RoundStatus.RETURNED: "warn"}
    return tones.get(status, "plain")


@pages.get("/approvals")
def show(contract_id: str) -> str:
    return _page(contract_id)


@pages.get("/submission")
def prepare(contract_id: str) -> str:
    return _submission(contract_id, ())


@pages.post("/submission")
def submit(contract_id: str) -> ResponseReturnValue:
    """Submit, or look again with the waivers that were entered."""
    asked = Asked(request.form.get("remark", "").strip()[:LONGEST], _waivers())
    if request.form.get("do") != "submit":
        return _submission(contract_id, asked.waivers)
    seen = request.form.get("revision", 0, type=int)
    try:
        with desk().unit_of_work() as uow:
            submit_contract(
                uow, actor(), desk().now(), desk().today(), desk().reference, post_office(), contract_id, asked, seen=seen
            )
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _submission(contract_id, asked.waivers, problem=error.message), 422
    return _told(contract_id, "submitted")


@pages.post("/approvals/approve")
def approve(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            made = deciding.approve(
                uow, actor(), desk().now(), desk().today(), desk().reference, post_office(), contract_id, _function(),
                request.form.get("digest", ""), request.form.get("words", "")[:LONGEST],
            )  # fmt: skip
        return "approved" if made.status is RoundStatus.APPROVED else "decided"

    return _done(contract_id, act)


@pages.post("/approvals/return")
def send_back(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            deciding.return_contract(
                uow, actor(), desk().now(), post_office(), contract_id, _function(), request.form.get("digest", ""),
                request.form.get("reason", "")[:LONGEST], _remarks(),
            )  # fmt: skip
        return "returned"

    return _done(contract_id, act)


@pages.get("/approvals/remark")
def remark(contract_id: str) -> str:
    """One more line for a remark at a provision."""
    row = uuid.uuid4().hex[:8]  # the page must not have one id twice
    return render_template(
        "contracts/_remark.html", contract_id=contract_id, chapters=_places(contract_id), row=row, entered=None
    )


@pages.post("/approvals/delegate")
def delegate(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        to, reason = request.form.get("to", "")[:32], request.form.get("reason", "")[:LONGEST]
        with desk().unit_of_work() as uow:
            deciding.delegate(uow, actor(), desk().now(), post_office(), contract_id, _function(), to, reason)
        return "delegated"

    return _done(contract_id, act)


@pages.post("/approvals/recall")
def recall(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            deciding.recall(uow, actor(), desk().now(), contract_id, _function())
        return "recalled"

    return _done(contract_id, act)


@pages.post("/approvals/withdraw")
def withdraw(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            withdraw_submission(
                uow, actor(), desk().now(), post_office(), contract_id, request.form.get("reason", "").strip()[:LONGEST]
            )
        return "withdrawn"

    return _done(contract_id, act)


@pages.post("/approvals/revoke")
def revoke(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            deciding.revoke(uow, actor(), desk().now(), post_office(), contract_id, request.form.get("reason", "")[:LONGEST])
        return "revoked"

    return _done(contract_id, act)


def _done(contract_id: str, act: Any) -> ResponseReturnValue:
    """Carry an action out; a refusal shows the page again with what was entered."""
    try:
        told = act()
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message), 422
    return _told(contract_id, told)


def _told(contract_id: str, told: str) -> ResponseReturnValue:
    return redirect(url_for("approval.show", contract_id=contract_id, told=told))


def _page(contract_id: str, problem: str = "") -> str:
    with desk().reading() as uow:
        found = read_approvals(uow, actor(), desk().reference, desk().today(), contract_id)
    told = request.args.get("told", "")
    return contract_page(
        "contracts/approvals.html", contract_id, found=found, problem=problem, told=told if told in TOLD else "",
        entered=request.form, remarks=_entered_remarks(), chapters=_places(contract_id) if _decides(found) else (),
        topics={t.id: t for t in desk().library.topics()},
    )  # fmt: skip


def _decides(found: Approvals) -> bool:
    return bool(found.rounds) and bool(found.rounds[0].mine)


def _submission(contract_id: str, waivers: tuple[WaiverAsked, ...], problem: str = "") -> str:
    with desk().reading() as uow:
        outlook = look_ahead(uow, actor(), desk().reference, desk().today(), contract_id, waivers)
    topics = tuple(desk().library.topics())
    return contract_page(
        "contracts/submission.html", contract_id, outlook=outlook, problem=problem, topics=topics, waivers=waivers,
        remark=request.form.get("remark", ""),
    )  # fmt: skip


def _places(contract_id: str) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    """Every provision of the text that lies before the approvers by its chapter, for the remarks of a return."""
    with desk().reading() as uow:
        found = read_approvals(uow, actor(), desk().reference, desk().today(), contract_id)
        if not found.rounds:
            return ()
        shown = load_text(uow, actor(), desk().reference, desk().today(), contract_id, found.rounds[0].version)
    return places_by_chapter(shown.instrument)


def _function() -> Function:
    value = request.form.get("office", "")
    found = next((f for f in Function if f.value == value), None)
    if found is None:
        raise ContractError("approval.turn", _("请选择以哪个职务审批。"))
    return found


def _waivers() -> tuple[WaiverAsked, ...]:
    topics, reasons = request.form.getlist("waiver_topic"), request.form.getlist("waiver_reason")
    pairs = zip(topics, [*reasons, *[""] * len(topics)], strict=False)
    return tuple(WaiverAsked(t[:16], r.strip()[:LONGEST]) for t, r in pairs if t)


def _entered_remarks() -> tuple[ReturnComment, ...]:
    form = request.form
    pairs = zip(form.getlist("remark_place"), form.getlist("remark_text"), strict=False)
    return tuple(ReturnComment(place[:80], text[:LONGEST]) for place, text in pairs)


def _remarks() -> tuple[ReturnComment, ...]:
    return tuple(r for r in _entered_remarks() if r.text.strip())
