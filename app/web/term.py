"""The term of a contract: its timeline, every date with its reasons, the decision on the renewal, its papers on their way."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.notice import CAUTION, Method, arrival, last_safe_day
from app.domain.numbering import reference_labels
from app.domain.papers import PaperKind, PaperState
from app.domain.reasoning import Reasoner
from app.domain.renewal import Mode
from app.domain.renewal_decision import Choice
from app.domain.renewal_price import Proposal
from app.domain.tree import Instrument
from app.services.record import ContractMissing
from app.services.renewal import decide, renewal_desk
from app.services.renewal_papers import AgreedRenewal, draft_option_notice, notice_arrived, renewal_signed, send_paper
from app.services.renewal_pricing import enter_prices, work_out
from app.services.term_state import TermState
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.delivering import entered_arrival, entered_sending
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.term_page import term_desk_page
from app.web.term_words import said

pages = Blueprint("term", __name__, url_prefix="/contracts/<contract_id>/term")
PARTIES = ("a", "b")


@pages.app_template_global()
def party_name(letter: str) -> str:
    return {"a": _("甲方"), "b": _("乙方"), "ab": _("双方")}.get(letter, letter)


@pages.app_template_global()
def sources(codes: tuple[str, ...], instrument: Instrument) -> str:
    """Where rules stand, for a line of reasoning: the contract's provisions by number, statutes by name and article."""
    labels = _labels(instrument)
    laws = desk().reference.laws
    found = []
    for code in codes:
        citation = laws.citation(code) if ":" in code else None
        found.append(citation.text if citation else labels.get(code, (code, ""))[0])
    return "、".join(found)


def _labels(instrument: Instrument) -> Mapping[str, tuple[str, str]]:
    """Reads the whole tree, so once for all lines of a page; the instrument is held, for its identity is the key."""
    known: dict[int, tuple[Instrument, Mapping[str, tuple[str, str]]]] = g.setdefault("reference_labels", {})
    if id(instrument) not in known:
        known[id(instrument)] = (instrument, reference_labels(instrument))
    return known[id(instrument)][1]


@pages.get("/")
def show(contract_id: str) -> str:
    return page(contract_id)


def page(contract_id: str, **more: Any) -> str:
    return term_desk_page("contracts/term.html", contract_id, renewal_desk, **{"modes": Mode, **more})


@pages.post("/decision")
def choose(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        choice, seen = form.member("choice", _("决定"), Choice), form.whole("revision", _("版本"), most=10**9)
        form.require_sound()
        with desk().unit_of_work() as uow:
            papers = decide(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, seen or 0, choice or Choice.RENEW,
                form.text("reason"),
            )  # fmt: skip
        label = said(choice) if choice else ""
        if papers:
            return _("已记录决定“%(choice)s”，已起草 %(papers)s。", choice=label, papers="、".join(papers))
        return _("已记录决定“%(choice)s”。", choice=label)

    return acted(contract_id, act, page, "term.show")


@pages.post("/option")
def option(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            draft_option_notice(uow, actor(), desk().now(), desk().calendar, contract_id)
        return _("已起草选择续约通知。")

    return acted(contract_id, act, page, "term.show")


@pages.post("/papers/<paper_id>/sending")
def send(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        sending = entered_sending()
        with desk().unit_of_work() as uow:
            send_paper(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, paper_id, sender=sending.sender,
                method=sending.method, sent_on=sending.sent_on,
            )  # fmt: skip
        return _("已记录发出。到达后请回到这里记录到达。")

    return acted(contract_id, act, page, "term.show")


@pages.post("/deliveries/<delivery_id>/arrival")
def arrive(contract_id: str, delivery_id: str) -> ResponseReturnValue:
    def act() -> str:
        found = entered_arrival()
        with desk().unit_of_work() as uow:
            return notice_arrived(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, delivery_id, found.revision,
                arrived_on=found.arrived_on, proof=found.proof, evidence=found.evidence,
            )  # fmt: skip

    return acted(contract_id, act, page, "term.show")


@pages.post("/papers/<paper_id>/signature")
def sign(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        signed_on = form.day("signed_on", _("签署日"))
        years, last_day = form.whole("years", _("续展年数")), form.day("last_day", _("续展届满日"), required=False)
        form.require_sound()
        assert signed_on is not None
        agreed = AgreedRenewal(signed_on, years, last_day, form.flag("counts"), form.text("remark"))
        with desk().unit_of_work() as uow:
            term = renewal_signed(uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, paper_id, agreed)
        return _(
            "续展期已登记：%(first)s至%(last)s，各项日期已随之更新。",
            first=term.first_day.isoformat(),
            last=term.last_day.isoformat(),
        )

    return acted(contract_id, act, page, "term.show")


@pages.get("/notice")
def notice(contract_id: str) -> str:
    """The calculator: forward from a day of sending, or backward from a day by which a notice must have arrived."""
    form = Entered(request.args)
    try:
        with desk().reading() as uow:
            state = renewal_desk(uow, actor(), desk().today(), desk().calendar, contract_id).state
    except ContractMissing:
        raise
    except ContractError as error:
        return contract_page("contracts/term_unknown.html", contract_id, why=error.message)
    result, faults = _calculated(form, state) if request.args else (None, ())
    template = "contracts/_notice_result.html" if request.headers.get("HX-Request") == "true" else "contracts/notice.html"
    values = {"state": state, "result": result, "faults": faults, "entered": request.args, "methods": Method, "caution": CAUTION}
    if template.startswith("contracts/_"):
        return render_template(template, **values)
    return contract_page(template, contract_id, **values)


def _calculated(form: Entered, state: TermState) -> tuple[Any, Any]:
    method, day = form.member("method", _("送达方式"), Method), form.day("day", _("日期"))
    recipient, backward = form.text("recipient", 1), form.text("direction", 10) == "backward"
    margin = form.whole("margin", _("在途余量"), most=60) or 0
    if form.faults or method is None or day is None:
        return None, form.faults
    rules = state.rules
    if recipient in PARTIES and method not in rules.methods(recipient):
        return None, [_no_address(recipient, method)]
    if not backward:
        return arrival(method, day, rules, state.calendar), ()
    reasoner = Reasoner(state.calendar)
    due = reasoner.result(_("应当到达日"), reasoner.given(_("应当至迟到达"), day))
    return last_safe_day(due, method, rules, state.calendar, margin), ()


@pages.get("/price")
def price(contract_id: str) -> str:
    """Work out the prices of the renewed term before anything is written."""
    if not any(request.args.get(name) for name in ("rise", "index")):
        return price_page(contract_id)
    form = Entered(request.args)
    proposal = _proposal(form)
    return price_page(contract_id, None if form.faults else proposal, entered=request.args, faults=tuple(form.faults))


def price_page(contract_id: str, proposal: Proposal | None = None, **more: Any) -> str:
    try:
        with desk().reading() as uow:
            found = renewal_desk(uow, actor(), desk().today(), desk().calendar, contract_id)
            result = work_out(uow, actor(), desk().calendar, contract_id, proposal or Proposal())
    except ContractMissing:
        raise
    except ContractError as error:
        return contract_page("contracts/term_unknown.html", contract_id, why=error.message)
    drafted = any(p.kind == PaperKind.RENEWAL.value and p.state == PaperState.DRAFT.value for p in found.papers)
    return contract_page(
        "contracts/renewal_price.html", contract_id, found=found, result=result, asked=proposal is not None, drafted=drafted,
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


def _proposal(form: Entered) -> Proposal:
    rise, index = form.figure("rise", _("协商调价")), form.figure("index", _("指数调价"))
    published = form.figure("published", _("公布的指数涨幅"))
    return Proposal(rise or Decimal(0), index or Decimal(0), published, form.text("source", 200))


@pages.post("/price")
def enter_price(contract_id: str) -> ResponseReturnValue:
    form = Entered()
    proposal = _proposal(form)

    def act() -> str:
        form.require_sound()
        with desk().unit_of_work() as uow:
            paper = enter_prices(uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, proposal)
        return _("已将价格计算写入 %(paper)s。", paper=paper)

    def again(contract_id: str, **more: Any) -> str:
        return price_page(contract_id, None if form.faults else proposal, **more)

    return acted(contract_id, act, again, "term.price")


def _no_address(recipient: str, method: Method) -> Any:
    from app.domain.errors import InputFault

    return InputFault("method", _("送达方式"), _("第12.2节没有登记%(party)s的该种地址", party=party_name(recipient)))
