"""The gate before every page: who is signed in, and whether the permission table lets them through.

Every route stands in exactly one of two lists here. A route that stands in none is shut for everybody; a test names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug.exceptions import NotFound

from app.domain.approval_route import Function
from app.domain.permissions import NOTHING, Action, Actor, Decision, Record, Role, decide, may, require
from app.services.access import Client, SignedIn, note_seen, record_with_id, signed_in
from app.services.drafts import DraftMissing
from app.services.heartbeat import stopped_since
from app.services.record import ContractMissing, Filed, filed_as
from app.store.uow import UnitOfWork
from app.web.desk import desk
from app.web.errors import answer
from app.web.pages import is_fragment
from app.web.settlement_needs import SETTLEMENT_NEEDS
from app.web.signing_needs import API, CEREMONY, SIGNING_NEEDS

OPEN_TO_ALL = frozenset(
    {
        "static", "language", "access.sign_in", "access.enter", "access.second_factor", "access.pass_second_factor",
        "access.sign_out", "access.forgotten", "access.request_link", "access.first_run", "access.begin", "access.link",
        "access.set_password", "deciding.show", "deciding.decide", "calendar_feed.read", "verification.show", "verification.check", "verification.text",
        "pki.certificate", "pki.revocation_list", "pki.ocsp", "pki.ocsp_by_address", "pki.timestamp",
        *CEREMONY, *API,
    }
)  # fmt: skip
"""What must work for somebody who is not signed in."""

_A = Action
NEEDS: Mapping[str, Action] = {
    "start": _A.USE_OWN_ACCOUNT,
    "workbench.show": _A.READ_CONTRACTS,
    "workbench.dates": _A.READ_CONTRACTS,
    "workbench.report": _A.READ_CONTRACTS,
    "drafts.index": _A.READ_DRAFTS,
    "drafts.summary": _A.READ_DRAFTS,
    "drafts.new": _A.CREATE_DRAFT,
    "drafts.create": _A.CREATE_DRAFT,
    "drafts.create_demonstration": _A.CREATE_DRAFT,
    "drafts.create_from_file": _A.CREATE_DRAFT,
    "drafts.delete": _A.DELETE_DRAFT,
    "workspace.show": _A.READ_DRAFTS,
    "workspace.answers": _A.READ_DRAFTS,
    "workspace.preview": _A.READ_DRAFTS,
    "workspace.save": _A.EDIT_DRAFT,
    "findings.show": _A.READ_DRAFTS,
    "findings.fix": _A.EDIT_DRAFT,
    "findings.let_pass": _A.EDIT_DRAFT,
    "findings.withdraw": _A.EDIT_DRAFT,
    "parties.choose": _A.EDIT_DRAFT,
    "parties.fill": _A.EDIT_DRAFT,
    "playbook.show": _A.READ_DRAFTS,
    "playbook.choose": _A.EDIT_DRAFT,
    "deviations.show": _A.READ_DRAFTS,
    "deviations.new": _A.EDIT_DRAFT,
    "deviations.create": _A.EDIT_DRAFT,
    "deviations.withdraw": _A.EDIT_DRAFT,
    "service_list.template": _A.READ_DRAFTS,
    "service_list.upload": _A.EDIT_DRAFT,
    "documents.show": _A.READ_DRAFTS,
    "documents.create": _A.GENERATE_DOCUMENTS,
    "documents.state": _A.READ_DRAFTS,
    "documents.download": _A.READ_DRAFTS,
    "register.index": _A.READ_CONTRACTS,
    "register.hits": _A.READ_CONTRACTS,
    "register.keep_view": _A.READ_CONTRACTS,
    "register.open_with": _A.READ_CONTRACTS,
    "register.drop_view": _A.READ_CONTRACTS,
    "register.export": _A.EXPORT_REGISTER,
    "register.export_state": _A.EXPORT_REGISTER,
    "register.export_file": _A.EXPORT_REGISTER,
    "register_import.begin": _A.IMPORT_REGISTER,
    "register_import.template": _A.IMPORT_REGISTER,
    "register_import.upload": _A.IMPORT_REGISTER,
    "register_import.show": _A.IMPORT_REGISTER,
    "register_import.record": _A.IMPORT_REGISTER,
    "register_import.discard": _A.IMPORT_REGISTER,
    "contracts.register": _A.FILE_CONTRACT,
    "contracts.show": _A.READ_CONTRACTS,
    "contracts.void": _A.VOID_CONTRACT,
    "contracts.redraft": _A.EDIT_DRAFT,
    "approval.show": _A.READ_CONTRACTS,
    "approval.prepare": _A.SUBMIT_CONTRACT,
    "approval.submit": _A.SUBMIT_CONTRACT,
    "approval.withdraw": _A.SUBMIT_CONTRACT,
    "approval.approve": _A.DECIDE_APPROVAL,
    "approval.send_back": _A.DECIDE_APPROVAL,
    "approval.remark": _A.DECIDE_APPROVAL,
    "approval.delegate": _A.DELEGATE_APPROVAL,
    "approval.recall": _A.DELEGATE_APPROVAL,
    "approval.revoke": _A.DECIDE_APPROVAL,
    "approval_desk.show": _A.READ_CONTRACTS,
    "term_desks.renewals": _A.READ_CONTRACTS,
    "term_desks.reasons": _A.READ_CONTRACTS,
    "term_desks.endings": _A.READ_CONTRACTS,
    "files.index": _A.READ_CONTRACTS,
    "files.upload": _A.FILE_PAPER,
    "files.download": _A.READ_CONTRACTS,
    "people.show": _A.READ_CONTRACTS,
    "people.close": _A.SET_CONFIDENTIALITY,
    "people.hand_over": _A.CHANGE_OWNER,
    "effect.check": _A.KEEP_PERFORMANCE,
    "effect.undo": _A.KEEP_PERFORMANCE,
    "effect.require_approval": _A.KEEP_PERFORMANCE,
    "effect.drop_approval": _A.KEEP_PERFORMANCE,
    "contract_reminders.show": _A.READ_CONTRACTS,
    "contract_reminders.set_own_policy": _A.KEEP_PERFORMANCE,
    "contract_reminders.put_off_own": _A.KEEP_PERFORMANCE,
    "reminders.index": _A.READ_REMINDERS,
    "reminders.put_off": _A.READ_REMINDERS,
    "reminders.policies": _A.READ_REMINDERS,
    "reminders.replan": _A.KEEP_REMINDERS,
    "reminders.set_policy": _A.KEEP_REMINDERS,
    "reminders.set_house": _A.KEEP_REMINDERS,
    "reminders.set_deputy": _A.READ_REMINDERS,
    "lpr.show": _A.READ_REMINDERS,
    "lpr.enter": _A.KEEP_REMINDERS,
    "lpr.drop": _A.KEEP_REMINDERS,
    "reminders.channels": _A.READ_REMINDERS,
    "reminders.add_channel": _A.KEEP_REMINDERS,
    "reminders.switch_channel": _A.KEEP_REMINDERS,
    "reminders.try_channel": _A.KEEP_REMINDERS,
    "calendar_feed.show": _A.USE_OWN_ACCOUNT,
    "calendar_feed.make": _A.USE_OWN_ACCOUNT,
    "calendar_feed.revoke": _A.USE_OWN_ACCOUNT,
    "contract_log.show": _A.READ_CONTRACTS,
    "contract_log.export": _A.EXPORT_CONTRACT_AUDIT,
    "house_log.index": _A.READ_AUDIT,
    "outbox.index": _A.READ_OUTBOX,
    "outbox.show": _A.READ_OUTBOX,
    "outbox.uncover": _A.RETRY_MAIL,
    "outbox.retry": _A.RETRY_MAIL,
    "users.hand_over": _A.MANAGE_USERS,
    "organisations.index": _A.READ_ORGANISATIONS,
    "organisations.show": _A.READ_ORGANISATIONS,
    "organisations.new": _A.EDIT_ORGANISATIONS,
    "organisations.create": _A.EDIT_ORGANISATIONS,
    "organisations.edit": _A.EDIT_ORGANISATIONS,
    "organisations.change": _A.EDIT_ORGANISATIONS,
    "certificates.index": _A.READ_CERTIFICATES,
    "certificates.revoke": _A.REVOKE_CERTIFICATES,
    "setup.show": _A.READ_SETUP,
    "setup.ask_time": _A.READ_SETUP,
    "commentary.show": _A.READ_CONTRACTS,
    "commentary.new": _A.COMMENT,
    "commentary.create": _A.COMMENT,
    "commentary.answer": _A.COMMENT,
    "commentary.settle": _A.COMMENT,
    "commentary.unsettle": _A.COMMENT,
    "commentary.audience": _A.COMMENT,
    "sharing.show": _A.GENERATE_DOCUMENTS,
    "sharing.generate": _A.GENERATE_DOCUMENTS,
    "sharing.download": _A.GENERATE_DOCUMENTS,
    "versions.index": _A.READ_CONTRACTS,
    "versions.save": _A.EDIT_DRAFT,
    "versions.documents": _A.READ_CONTRACTS,
    "versions.generate": _A.READ_CONTRACTS,
    "versions.download": _A.READ_CONTRACTS,
    "comparison.show": _A.READ_CONTRACTS,
    "comparison.part": _A.READ_CONTRACTS,
    "comparison.files": _A.READ_CONTRACTS,
    "comparison.generate": _A.READ_CONTRACTS,
    "comparison.download": _A.READ_CONTRACTS,
    "papers.index": _A.READ_CONTRACTS,
    "papers.create": _A.FILE_PAPER,
    "papers.show": _A.READ_CONTRACTS,
    "papers.freeze": _A.FILE_PAPER,
    "papers.reopen": _A.FILE_PAPER,
    "papers.void": _A.FILE_PAPER,
    "papers.send": _A.FILE_PAPER,
    "papers.arrive": _A.FILE_PAPER,
    "papers.confirm": _A.FILE_PAPER,
    "paper_form.save": _A.FILE_PAPER,
    "paper_form.answers": _A.READ_CONTRACTS,
    "paper_form.preview": _A.READ_CONTRACTS,
    "paper_form.findings": _A.READ_CONTRACTS,
    "paper_form.pass_warning": _A.FILE_PAPER,
    "paper_documents.show": _A.READ_CONTRACTS,
    "paper_documents.generate": _A.READ_CONTRACTS,
    "paper_documents.download": _A.READ_CONTRACTS,
    "paper_documents.keep": _A.FILE_PAPER,
    "amendment.show": _A.READ_CONTRACTS,
    "amendment.text": _A.READ_CONTRACTS,
    "amendment.state": _A.READ_CONTRACTS,
    "amendment.values": _A.FILE_PAPER,
    "amendment.edit": _A.FILE_PAPER,
    "amendment.set_values": _A.FILE_PAPER,
    "amendment.words": _A.FILE_PAPER,
    "amendment.add": _A.FILE_PAPER,
    "amendment.strike": _A.FILE_PAPER,
    "amendment.take_edit_back": _A.FILE_PAPER,
    "amendment.rebase": _A.FILE_PAPER,
    "amendment.sign": _A.FILE_PAPER,
    "consolidated.show": _A.READ_CONTRACTS,
    "consolidated.text": _A.READ_CONTRACTS,
    "consolidated.history": _A.READ_CONTRACTS,
    "consolidated.documents": _A.READ_CONTRACTS,
    "consolidated.generate": _A.READ_CONTRACTS,
    "consolidated.download": _A.READ_CONTRACTS,
    "term.show": _A.READ_CONTRACTS,
    "term.choose": _A.KEEP_PERFORMANCE,
    "term.option": _A.KEEP_PERFORMANCE,
    "term.send": _A.FILE_PAPER,
    "term.arrive": _A.FILE_PAPER,
    "term.sign": _A.KEEP_PERFORMANCE,
    "term.notice": _A.READ_CONTRACTS,
    "term.price": _A.READ_CONTRACTS,
    "term.enter_price": _A.FILE_PAPER,
    "ending.show": _A.READ_CONTRACTS,
    "ending.create": _A.END_CONTRACT,
    "ending.change": _A.END_CONTRACT,
    "ending.demand": _A.END_CONTRACT,
    "ending.notice": _A.END_CONTRACT,
    "ending.confirm": _A.END_CONTRACT,
    "ending.agreement": _A.END_CONTRACT,
    "ending.sign": _A.END_CONTRACT,
    "ending.send": _A.FILE_PAPER,
    "ending.arrive": _A.FILE_PAPER,
    "ending.happening": _A.END_CONTRACT,
    "ending.withdraw": _A.END_CONTRACT,
    "ending.objection": _A.KEEP_PERFORMANCE,
    "ending.close": _A.KEEP_PERFORMANCE,
    **SETTLEMENT_NEEDS,
    **SIGNING_NEEDS,
    "exits.show": _A.READ_CONTRACTS,
    "exits.finish": _A.KEEP_PERFORMANCE,
    "exits.reopen": _A.KEEP_PERFORMANCE,
    "exits.archive": _A.ARCHIVE_CONTRACT,
    "annex.show": _A.READ_CONTRACTS,
    "annex.current": _A.READ_CONTRACTS,
    "annex.compare": _A.READ_CONTRACTS,
    "annex.draft": _A.FILE_PAPER,
    "obligations.show": _A.READ_CONTRACTS,
    "obligations.plan": _A.KEEP_PERFORMANCE,
    "obligations.set_takeover": _A.WAIVE_OBLIGATION,
    "obligations.export": _A.EXPORT_REGISTER,
    "obligations.detail": _A.READ_CONTRACTS,
    "obligations.done": _A.KEEP_PERFORMANCE,
    "obligations.give_up": _A.WAIVE_OBLIGATION,
    "obligations.contest": _A.KEEP_PERFORMANCE,
    "obligations.take_up": _A.KEEP_PERFORMANCE,
    "obligations.hand_to": _A.KEEP_PERFORMANCE,
    "obligations.hand_over_many": _A.KEEP_PERFORMANCE,
    "duties.hand_over_many": _A.KEEP_PERFORMANCE,
    "duty_events.show": _A.READ_CONTRACTS,
    "duty_events.record": _A.KEEP_PERFORMANCE,
    "duty_events.upload": _A.KEEP_PERFORMANCE,
    "duty_events.withdraw": _A.KEEP_PERFORMANCE,
    "duty_events.judge": _A.KEEP_PERFORMANCE,
    "duty_events.stop": _A.KEEP_PERFORMANCE,
    "duty_events.start": _A.KEEP_PERFORMANCE,
    "duty_events.end": _A.KEEP_PERFORMANCE,
    "duties.index": _A.READ_CONTRACTS,
    "duties.export": _A.EXPORT_REGISTER,
    "duties.events": _A.KEEP_PERFORMANCE,
    "duties.upload": _A.KEEP_PERFORMANCE,
    "duties.template": _A.READ_CONTRACTS,
    "account.show": _A.USE_OWN_ACCOUNT,
    "account.change_password": _A.USE_OWN_ACCOUNT,
    "account.end_session": _A.USE_OWN_ACCOUNT,
    "account.end_others": _A.USE_OWN_ACCOUNT,
    "account.offer_second_factor": _A.USE_OWN_ACCOUNT,
    "account.enable_second_factor": _A.USE_OWN_ACCOUNT,
    "account.disable_second_factor": _A.USE_OWN_ACCOUNT,
    "account.renew_codes": _A.USE_OWN_ACCOUNT,
    "users.index": _A.READ_USERS,
    "users.show": _A.READ_USERS,
    "users.new": _A.MANAGE_USERS,
    "users.invite": _A.MANAGE_USERS,
    "users.change": _A.MANAGE_USERS,
    "users.set_active": _A.MANAGE_USERS,
    "users.send_link": _A.MANAGE_USERS,
    "users.clear_second_factor": _A.MANAGE_USERS,
    "users.end_sessions": _A.MANAGE_USERS,
}
"""What the permission table is asked for each route."""

TOKEN = "token"  # noqa: S105  (the name of a field, no secret)
NOBODY = Actor("")


def init_gate(app: Flask) -> None:
    app.add_url_rule("/", "start", start)
    app.before_request(_gate)
    app.jinja_env.globals.update(
        me=me, can=can, filed=filed, role_name=role_name, office_name=office_name, clock_stopped=clock_stopped
    )


def start() -> ResponseReturnValue:
    """The first page that the one signed in may read."""
    page = "workbench.show" if can("contract.read") else "users.index" if can("user.read") else "account.show"
    return redirect(url_for(page))


def me() -> SignedIn | None:
    """Who is signed in, second factor and all."""
    found: SignedIn | None = g.get("signed_in")
    return found


def actor() -> Actor:
    """Who acts in this request; behind the gate it is always somebody."""
    found = me()
    return NOBODY if found is None else found.actor


def can(action: str) -> bool:
    """For pages: whether the one who looks may do ``action`` (its stable value) with what the page shows.

    The text of a draft isn't offered for editing while its contract lies before the approvers or is approved.
    """
    contract = filed()
    if contract is not None and not contract.editable and Action(action) is Action.EDIT_DRAFT:
        return False
    return may(actor(), Action(action), g.get("record", NOTHING))


def filed() -> Filed | None:
    """For pages of a draft: the contract that it is filed as."""
    found: Filed | None = g.get("filed")
    return found


def role_name(role: Role) -> str:
    names = {
        Role.DRAFTER: _("法务"),
        Role.APPROVER: _("审批人"),
        Role.CONTRACT_ADMINISTRATOR: _("合同管理员"),
        Role.AUDITOR: _("审计（只读）"),
        Role.SYSTEM_ADMINISTRATOR: _("系统管理员"),
    }
    return str(names[role])


def office_name(office: Function) -> str:
    names = {
        Function.LEGAL: pgettext("office", "法务"),
        Function.BUSINESS: _("业务负责人"),
        Function.FINANCE: _("财务负责人"),
        Function.LEGAL_HEAD: _("法务负责人"),
        Function.GENERAL_MANAGER: _("总经理"),
    }
    return str(names[office])


def client() -> Client:
    return Client(request.remote_addr or "", request.user_agent.string)


def clock_stopped() -> datetime | None:
    """Since when the background tasks have been seen no more; None while they are at work."""
    with desk().reading() as uow:
        return stopped_since(uow, desk().now())


def keep_session(token: str) -> None:
    """Give the browser a new session. Everything of the old one but the language goes, the forgery token too."""
    language = session.get("language")
    session.clear()
    session[TOKEN] = token
    if language:
        session["language"] = language
    session.permanent = True


def forget_session() -> None:
    keep_session("")
    session.pop(TOKEN)


def _gate() -> ResponseReturnValue | None:
    endpoint, names = request.endpoint, request.view_args or {}
    if endpoint == "static":
        return None
    # One snapshot for who asks and for what the table has to know of the record that the address names.
    with desk().reading() as uow:
        due = _identify(uow)
        admits = endpoint in NEEDS and endpoint not in OPEN_TO_ALL and me() is not None
        record = _record(uow, names) if admits else NOTHING
    if (found := me()) is not None and found.unseen:
        with desk().unit_of_work() as uow:
            note_seen(uow, desk().now(), found.session_id)
    if endpoint is None or endpoint in OPEN_TO_ALL:
        return None  # of an address that there isn't, or not this way, routing answers
    if me() is None:
        return _stranger(due=due)
    if endpoint not in NEEDS:
        raise NotFound
    _admit(NEEDS[endpoint], record, names)
    return None


def _identify(uow: UnitOfWork) -> bool:
    """Put the one signed in into ``g``; True where only the second factor is outstanding."""
    token = session.get(TOKEN)
    if not isinstance(token, str) or not token:
        return False
    found = signed_in(uow, desk().now(), token)
    if found is None or found.due:
        return found is not None
    g.signed_in = found
    return False


def _admit(action: Action, record: Record | None, names: Mapping[str, Any]) -> None:
    if record is None:
        raise ContractMissing(names["contract_id"])
    if decide(actor(), action, record) is Decision.HIDDEN:
        # Word for word what a draft or a contract that doesn't exist answers.
        if "contract_id" in names:
            raise ContractMissing(names["contract_id"])
        if "draft_id" in names:
            raise DraftMissing(names["draft_id"])
    require(actor(), action, record)
    g.record = record


def _record(uow: UnitOfWork, names: Mapping[str, Any]) -> Record | None:
    """What the table has to know of the contract or the draft that the address names; None where there is no such contract."""
    if "contract_id" in names:
        return record_with_id(uow, names["contract_id"])
    g.filed = filed_as(uow, names["draft_id"]) if "draft_id" in names else None
    return g.filed.record if g.filed else NOTHING


def _stranger(*, due: bool) -> ResponseReturnValue:
    """Pages lead to the sign-in and back; parts of pages, data and forms get the words."""
    if request.method != "GET" or is_fragment() or request.is_json or request.accept_mimetypes.best == "application/json":
        return answer(401, _("请先登录"), _("登录已结束。请在新窗口登录后重试；已填写的内容不会丢失。"))
    if due:
        return redirect(url_for("access.second_factor"))
    target = request.full_path.rstrip("?")
    return redirect(url_for("access.sign_in", next=target if target != "/" else None))
