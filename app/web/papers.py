"""The papers of a contract: the list, drafting one, freezing it, giving it up, and sending what stands alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.notice import PROOFS, Method
from app.domain.papers import PaperKind, PaperState
from app.services.amending import draft_amendment
from app.services.consolidating import InForce, NoSignedText, terms_as_of
from app.services.filing import load_contract
from app.services.paper_delivery import arrive_alone, confirm_settlement, may_be_sent_alone, send_alone
from app.services.paper_desk import drop_paper, freeze_any, paper_line, paper_lines, paper_view, shown_paper
from app.services.paper_freezing import CompiledPaper, FrozenPaper, reopen_paper
from app.services.paper_texts import start_paper, typed
from app.services.questionnaire import paper_groups
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.delivering import entered_arrival, entered_sending
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.questions import group_view

pages = Blueprint("papers", __name__, url_prefix="/contracts/<contract_id>/papers")
HERE = (PaperKind.AMENDMENT, PaperKind.SETTLEMENT, PaperKind.RECTIFICATION, PaperKind.DEMAND)
"""Drafted from this page; the others belong to a decision on the renewal or to a case of ending, which drafts them."""
TONES = {"draft": "plain", "frozen": "note", "sent": "note", "arrived": "good", "signed": "good", "void": "bad"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of paper on the list page. ``why``: why it can't be drafted now; ``elsewhere``: the endpoint that drafts it."""

    kind: PaperKind
    what: str
    why: str
    elsewhere: str


@pages.app_template_global()
def paper_tone(state: PaperState) -> str:
    return TONES[state.value]


@pages.app_template_global()
def paper_state_name(state: PaperState) -> str:
    names = {
        PaperState.DRAFT: _("起草中"), PaperState.FROZEN: _("已定稿"), PaperState.SENT: _("已发出"),
        PaperState.ARRIVED: _("已到达"), PaperState.SIGNED: _("已签署"), PaperState.VOID: _("已作废"),
    }  # fmt: skip
    return str(names[state])


@pages.get("")
def index(contract_id: str) -> str:
    return _list(contract_id)


def _list(contract_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        lines, contract = paper_lines(uow, actor(), contract_id), load_contract(uow, actor(), contract_id)
        terms = _terms(lambda: terms_as_of(uow, actor(), contract_id, desk().today()))
    offers = [_offer(kind, contract.state.stage, terms) for kind in PaperKind]
    return contract_page(
        "contracts/papers.html", contract_id, lines=lines, terms=terms, offers=offers,
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


def _terms(read: Callable[[], InForce]) -> InForce | None:
    try:
        return read()
    except NoSignedText:
        return None


def _offer(kind: PaperKind, stage: Any, terms: InForce | None) -> Offer:
    what = {
        PaperKind.AMENDMENT: _("改变价格、条款、附件或者主体信息"),
        PaperKind.SETTLEMENT: _("确认一个周期的数量、考核、抵扣与应付金额"),
        PaperKind.RECTIFICATION: _("指出不达标的事实，提出整改要求和期限"),
        PaperKind.DEMAND: _("给予宽限期，催告履行或者付款"),
        PaperKind.RENEWAL: _("续展期限"),
        PaperKind.NON_RENEWAL: _("通知期满不再续约"),
        PaperKind.RESCISSION: _("行使解除权，或者无因提前终止"),
        PaperKind.TERMINATION: _("协商终止并结清"),
    }[kind]
    why = "" if terms is not None else _("合同还没有冻结的文本")
    if stage not in kind.facts.stages:
        why = _("合同现在的阶段不适用")
    elsewhere = "" if kind in HERE else "ending.show" if kind in (PaperKind.RESCISSION, PaperKind.TERMINATION) else "term.show"
    return Offer(kind, str(what), str(why), elsewhere)


@pages.post("")
def create(contract_id: str) -> ResponseReturnValue:
    form = Entered()
    kind = form.member("kind", _("文书"), PaperKind)
    sender = "party_b" if form.text("sender", 20) == "party_b" else "party_a"
    values = {"settlement.period_start": form.text("period", 20)} if kind is PaperKind.SETTLEMENT else {}
    try:
        form.require_sound()
        assert kind is not None
        made = _drafted(contract_id, kind, sender, values)
    except ContractError as error:
        return _refused(contract_id, error)
    return redirect(address_of(contract_id, made, kind))


def _refused(contract_id: str, error: ContractError) -> ResponseReturnValue:
    if error.code.endswith(".missing"):
        raise error
    faults = getattr(error, "faults", ())
    return _list(contract_id, faults=faults, problem="" if faults else error.message, entered=request.form), 422


def _drafted(contract_id: str, kind: PaperKind, sender: str, values: dict[str, str]) -> str:
    kit, moment, today = desk().papers, desk().now(), desk().today()
    given = {name: typed(kit.forms(kind).variables, name, raw) for name, raw in values.items()}
    with desk().unit_of_work() as uow:
        if kind is PaperKind.AMENDMENT:
            return draft_amendment(uow, actor(), moment, today, kit, contract_id)
        return start_paper(uow, actor(), moment, today, kit, contract_id, kind, sender=sender, values=given)


def address_of(contract_id: str, paper_id: str, kind: PaperKind | None) -> str:
    endpoint = "amendment.show" if kind is PaperKind.AMENDMENT else "papers.show"
    return url_for(endpoint, contract_id=contract_id, paper_id=paper_id)


pages.add_app_template_global(address_of, "paper_address")


@pages.get("/<paper_id>")
def show(contract_id: str, paper_id: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        kind = paper_line(uow, actor(), contract_id, paper_id).head.kind
    if kind is PaperKind.AMENDMENT:
        return redirect(address_of(contract_id, paper_id, kind))
    return page(contract_id, paper_id=paper_id)


def page(contract_id: str, *, paper_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        line = paper_line(uow, actor(), contract_id, paper_id)
        shown = shown_paper(uow, actor(), desk().papers, paper_id, desk().today()) if line.head.kind else None
        sent, alone = paper_view(uow, actor(), paper_id), may_be_sent_alone(uow, actor(), paper_id)
    return contract_page(
        "contracts/paper.html", contract_id, line=line, own=line.head, shown=shown, sent=sent, alone=alone, **form_of(line.head.kind, shown),
        paper=desk().preview(shown.instrument) if isinstance(shown, FrozenPaper) else "", methods=Method, proofs=PROOFS,
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


def form_of(kind: PaperKind | None, shown: CompiledPaper | FrozenPaper | None) -> dict[str, Any]:
    """The questions of a paper being drafted; nothing for a frozen one."""
    if kind is None or not isinstance(shown, CompiledPaper):
        return {"groups": (), "text": None}
    groups = paper_groups(desk().papers.forms(kind), both=kind.facts.both)
    return {"groups": [group_view(g, shown.text) for g in groups], "text": shown.text}


@pages.post("/<paper_id>/freeze")
def freeze(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            frozen = freeze_any(uow, actor(), desk().now(), desk().today(), desk().papers, paper_id)
        return _("%(number)s 已定稿，可以生成文件、发出或者交付签署。", number=frozen.head.number)

    return on_paper(contract_id, paper_id, act)


@pages.post("/<paper_id>/reopen")
def reopen(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            reopen_paper(uow, actor(), desk().now(), paper_id, Entered().text("reason"))
        return _("已恢复起草；定稿过的文本留在记录中。")

    return on_paper(contract_id, paper_id, act)


@pages.post("/<paper_id>/void")
def void(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            drop_paper(uow, actor(), desk().now(), paper_id, Entered().text("reason"))
        return _("已作废；编号不再使用。")

    return on_paper(contract_id, paper_id, act)


@pages.post("/<paper_id>/sending")
def send(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        sending = entered_sending()
        with desk().unit_of_work() as uow:
            send_alone(
                uow, actor(), desk().now(), desk().today(), desk().calendar, paper_id, sender=sending.sender,
                method=sending.method, sent_on=sending.sent_on,
            )  # fmt: skip
        return _("已记录发出。到达后请回到这里记录到达。")

    return on_paper(contract_id, paper_id, act)


@pages.post("/<paper_id>/arrivals/<delivery_id>")
def arrive(contract_id: str, paper_id: str, delivery_id: str) -> ResponseReturnValue:
    def act() -> str:
        found = entered_arrival()
        with desk().unit_of_work() as uow:
            number = arrive_alone(
                uow, actor(), desk().now(), desk().today(), desk().calendar, delivery_id, found.revision,
                arrived_on=found.arrived_on, proof=found.proof, evidence=found.evidence,
            )  # fmt: skip
        return _("%(number)s 的到达已记录。", number=number)

    return on_paper(contract_id, paper_id, act)


@pages.post("/<paper_id>/confirmation")
def confirm(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        signed_on = form.day("signed_on", _("确认日"))
        form.require_sound()
        assert signed_on is not None
        with desk().unit_of_work() as uow:
            confirm_settlement(uow, actor(), desk().now(), desk().today(), paper_id, signed_on=signed_on)
        return _("已记录对方确认。")

    return on_paper(contract_id, paper_id, act)


def on_paper(contract_id: str, paper_id: str, act: Callable[[], str]) -> ResponseReturnValue:
    """Act on a paper of this contract and go back to its page."""
    with desk().reading() as uow:
        paper_line(uow, actor(), contract_id, paper_id)
    return acted(contract_id, act, page, "papers.show", {"paper_id": paper_id}, paper_id=paper_id)
