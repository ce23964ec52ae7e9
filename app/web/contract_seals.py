"""The seals of one contract: applied for, approved, released or entered as used, each with what the reader may do."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import InputError, InputFault
from app.domain.seal_register import PaperUse, UseMedium, UseMove, UseRequest, UseState
from app.services import seal_use as service
from app.services.seal_mails import Post
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("contract_seals", __name__, url_prefix="/contracts/<contract_id>/seals")
_TONES = {
    UseState.SUBMITTED: "note", UseState.APPROVED: "note", UseState.RELEASED: "good", UseState.USED: "good", UseState.REFUSED: "warn",
    UseState.WITHDRAWN: "plain",
}  # fmt: skip


def post_office() -> Post:
    """Addresses in mails come from the settings, never from the request."""
    base = desk().settings.base_url
    return Post(desk().write_mail, lambda contract_id: f"{base}{url_for('contract_seals.show', contract_id=contract_id)}")


@pages.app_template_global()
def use_state_name(state: UseState) -> str:
    names = {
        UseState.SUBMITTED: _("待审批"),
        UseState.APPROVED: _("待保管人办理"),
        UseState.RELEASED: _("已放行"),
        UseState.USED: _("已用印"),
        UseState.REFUSED: _("已驳回"),
        UseState.WITHDRAWN: _("已撤回"),
    }
    return str(names[state])


@pages.app_template_global()
def use_state_tone(state: UseState) -> str:
    return _TONES[state]


@pages.get("/")
def show(contract_id: str) -> str:
    return _page(contract_id)


@pages.post("/")
def apply(contract_id: str) -> ResponseReturnValue:
    form = request.form
    medium = UseMedium.ELECTRONIC if form.get("medium") == "electronic" else UseMedium.PAPER
    wanted = UseRequest(
        medium, form.get("document", ""), 1 if medium is UseMedium.ELECTRONIC else _whole(form.get("copies", "")),
        form.get("seam") == "1", form.get("purpose", "")[:2000],
    )  # fmt: skip

    def act() -> str:
        with desk().unit_of_work() as uow:
            service.apply_for_seal(
                uow, actor(), desk().now(), desk().today(), post_office(), contract_id, form.get("seal", ""), wanted
            )
        return str(_("已提出申请，印章的审批人会收到通知。"))

    return acted(contract_id, act, _page, "contract_seals.show")


@pages.post("/<application_id>/decide")
def decide(contract_id: str, application_id: str) -> ResponseReturnValue:
    approve = request.form.get("do") == "approve"

    def act() -> str:
        with desk().unit_of_work() as uow:
            service.decide(
                uow, actor(), desk().now(), desk().today(), post_office(), contract_id, application_id, approve=approve,
                words=request.form.get("words", "")[:2000],
            )  # fmt: skip
        return str(_("已批准，保管人会收到通知。") if approve else _("已驳回，申请人会收到通知。"))

    return acted(contract_id, act, _page, "contract_seals.show")


@pages.post("/<application_id>/release")
def release(contract_id: str, application_id: str) -> ResponseReturnValue:
    back = request.form.get("back") == "1"

    def act() -> str:
        with desk().unit_of_work() as uow:
            service.release(uow, actor(), desk().now(), desk().today(), post_office(), contract_id, application_id, back=back)
        return str(_("已收回放行。") if back else _("已放行：本方的电子签名可以显示这枚印章。"))

    return acted(contract_id, act, _page, "contract_seals.show")


@pages.post("/<application_id>/use")
def use(contract_id: str, application_id: str) -> ResponseReturnValue:
    form = request.form

    def act() -> str:
        entered = PaperUse(
            _whole(form.get("copies", "")), _day(form.get("used_on", "")), form.get("handed_to", ""), form.get("remark", "")[:500]
        )
        with desk().unit_of_work() as uow:
            service.register_use(uow, actor(), desk().now(), desk().today(), post_office(), contract_id, application_id, entered)
        return str(_("用印已登记。"))

    return acted(contract_id, act, _page, "contract_seals.show")


@pages.post("/<application_id>/withdraw")
def withdraw(contract_id: str, application_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            service.withdraw(uow, actor(), desk().now(), contract_id, application_id)
        return str(_("申请已撤回。"))

    return acted(contract_id, act, _page, "contract_seals.show")


def _page(contract_id: str, **more: object) -> str:
    with desk().reading() as uow:
        found = service.seal_desk(uow, actor(), desk().today(), contract_id)
    values = {"problem": "", "faults": (), "entered": {}, "form": "", **more}
    return contract_page(
        "contracts/seals.html",
        contract_id,
        desk=found,
        media=UseMedium,
        moves=UseMove,
        states=UseState,
        today=desk().today(),
        **values,
    )


def _whole(text: str) -> int:
    return int(text) if text.strip().isdecimal() and len(text.strip()) < 6 else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError([InputFault("used_on", _("用印日期"), _("请填写日期"), "2026-11-28")]) from None
