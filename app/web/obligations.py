"""履行 of one contract: list and calendar, each obligation with its reasons, and what becomes of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputFault
from app.domain.obligation_state import Shown
from app.domain.term import BEIJING
from app.services.filing import DocumentKind
from app.services.obligation_handover import HandedOver, assign, hand_over
from app.services.obligation_keeping import Proof, dispute, finish, reopen, waive
from app.services.obligation_planning import replan
from app.services.obligation_views import duty_board, duty_detail, export_duties
from app.services.record import opened
from app.services.taking_over import take_over
from app.store.obligations import DutyFilter
from app.web import obligation_words as words
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.files import put_in
from app.web.gate import actor
from app.web.register import XLSX

pages = Blueprint("obligations", __name__, url_prefix="/contracts/<contract_id>/obligations")
CSV = "text/csv"

pages.add_app_template_global(words.shown_name, "shown_name")
pages.add_app_template_global(words.obligor_name, "obligor_name")
pages.add_app_template_global(words.hour, "hour")
pages.add_app_template_global(words.moment_field, "moment_field")
pages.add_app_template_global(words.choice_name, "choice_name")
pages.add_app_template_global(words.query, "duty_query")
pages.add_app_template_global(words.TONES, "duty_tones")  # type: ignore[arg-type]


@pages.app_template_global()
def law_source(code: str) -> str:
    """A citation code in words; what stands in the contract is words already."""
    citation = desk().reference.laws.citation(code) if ":" in code else None
    return citation.text if citation else code


@pages.get("/")
def show(contract_id: str) -> str:
    return page(contract_id)


def page(contract_id: str, **more: Any) -> str:
    asked, view = words.asked(desk().today()), request.args.get("view", "")
    wanted = DutyFilter(asked.wanted.obligor, (), asked.wanted.person) if view == "calendar" else asked.wanted
    with desk().reading() as uow:
        board = duty_board(uow, actor(), desk().now(), contract_id, wanted)
    month = words.month_of(words.month_asked(desk().today()), board.lines) if view == "calendar" else None
    return contract_page(
        "contracts/obligations.html", contract_id, board=board, asked=asked, months=words.by_month(board.lines), month=month,
        choices=words.CHOICES, shown=Shown, today=desk().today(),
        **{"entered": {}, "faults": asked.faults, "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.post("/plan")
def plan(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        from app.domain.permissions import Action

        with desk().unit_of_work() as uow:
            contract = opened(uow, actor(), Action.KEEP_PERFORMANCE, contract_id, lock=True)
            made = replan(uow, actor(), desk().now(), contract, desk().almanac)
            uow.commit()
        return _(
            "已排期：新增%(added)d项，改期%(moved)d项，取消%(dropped)d项。",
            added=made.added,
            moved=made.moved,
            dropped=made.dropped,
        )

    return acted(contract_id, act, page, "obligations.show")


@pages.post("/takeover")
def set_takeover(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        day = form.day("day", _("接管日"), required=False)
        form.require_sound()
        with desk().unit_of_work() as uow:
            made = take_over(uow, actor(), desk().now(), desk().today(), contract_id, day, form.text("reason"))
        return _("接管日已更改：%(taken)d项视为接管前已办，%(reopened)d项恢复为待办。", taken=made.taken, reopened=made.reopened)

    return acted(contract_id, act, page, "obligations.show")


@pages.get("/export.<kind>")
def export(contract_id: str, kind: str) -> Response:
    return exported(kind, contract_id)


def exported(kind: str, contract_id: str = "") -> Response:
    """The filtered obligations as a file to keep."""
    asked = words.asked(desk().today())
    with desk().unit_of_work() as uow:
        book, sheet = export_duties(uow, actor(), desk().now(), asked.wanted, desk().write_register, asked.words({}), contract_id)
    name = "-".join((_("履行清单"), desk().today().isoformat()))
    if kind == "csv":
        return send_file(io.BytesIO(sheet), as_attachment=True, download_name=f"{name}.csv", mimetype=CSV)
    return send_file(io.BytesIO(book), as_attachment=True, download_name=f"{name}.xlsx", mimetype=XLSX)


@pages.get("/<obligation_id>/")
def detail(contract_id: str, obligation_id: str) -> str:
    return _detail(contract_id, obligation_id)


def _detail(contract_id: str, obligation_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        found = duty_detail(uow, actor(), desk().now(), contract_id, obligation_id)
    return contract_page(
        "contracts/obligation.html", contract_id, found=found, line=found.line, shown=Shown, today=desk().today(), now=desk().now(),
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.post("/<obligation_id>/done")
def done(contract_id: str, obligation_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        moment = at(form, "done_at", _("完成时刻"), required=False)
        done_on = moment.date() if moment else form.day("done_on", _("完成日"))
        form.require_sound()
        assert done_on is not None
        proof = Proof(done_on, form.text("evidence"), _document(contract_id, form), moment)
        with desk().unit_of_work() as uow:
            finish(uow, actor(), desk().now(), desk().today(), desk().almanac, contract_id, obligation_id, _seen(form), proof)
        return _("已记录完成。")

    return _acted(contract_id, obligation_id, act)


@pages.post("/<obligation_id>/waiver")
def give_up(contract_id: str, obligation_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        document = _document(contract_id, form)
        with desk().unit_of_work() as uow:
            waive(
                uow, actor(), desk().now(), contract_id, obligation_id, _seen(form), reason=form.text("reason"),
                authority=form.text("authority", 400), document_id=document,
            )  # fmt: skip
        return _("已记录豁免。")

    return _acted(contract_id, obligation_id, act)


@pages.post("/<obligation_id>/dispute")
def contest(contract_id: str, obligation_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            dispute(uow, actor(), desk().now(), contract_id, obligation_id, _seen(form), reason=form.text("reason"))
        return _("已记录争议。")

    return _acted(contract_id, obligation_id, act)


@pages.post("/<obligation_id>/reopen")
def take_up(contract_id: str, obligation_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            reopen(
                uow, actor(), desk().now(), desk().almanac, contract_id, obligation_id, _seen(form), reason=form.text("reason")
            )
        return _("已重新打开。")

    return _acted(contract_id, obligation_id, act)


@pages.post("/<obligation_id>/responsible")
def hand_to(contract_id: str, obligation_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        to, reason = form.text("responsible", 32), form.text("reason", 400)
        with desk().reading() as uow:
            duty = duty_detail(uow, actor(), desk().now(), contract_id, obligation_id).line.duty
        with desk().unit_of_work() as uow:
            if form.text("scope") == "one":
                made = hand_over(uow, actor(), desk().now(), [obligation_id], to, reason)
            else:
                made = assign(uow, actor(), desk().now(), contract_id, duty, to, reason)
        return told_handover(made)

    return _acted(contract_id, obligation_id, act)


@pages.post("/responsible")
def hand_over_many(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        asked = words.asked(desk().today())

        def filtered() -> list[str]:
            with desk().reading() as uow:
                board = duty_board(uow, actor(), desk().now(), contract_id, asked.wanted)
            return [line.id for line in board.lines]

        return handed_over(filtered)

    return acted(contract_id, act, page, "obligations.show", where=words.query())


def handed_over(filtered: Callable[[], list[str]]) -> str:
    """Does what the form of many asks for: those that are ticked, or all that the filter shows."""
    form = Entered()
    ids = filtered() if form.text("scope") == "all" else [i for i in request.form.getlist("duty") if len(i) <= 32]
    with desk().unit_of_work() as uow:
        return told_handover(hand_over(uow, actor(), desk().now(), ids, form.text("responsible", 32), form.text("reason", 400)))


def told_handover(made: HandedOver) -> str:
    told = _("已更换%(n)d项义务的责任人，提醒改发给新的责任人。", n=made.changed)
    return told + (_("另有%(n)d项已经办结或者原来就由其负责，没有改动。", n=made.passed) if made.passed else "")


def at(form: Entered, name: str, label: str, *, required: bool = True) -> datetime | None:
    """A moment in Beijing from a field of type ``datetime-local``."""
    text = form.text(name, 20)
    if not text:
        if required:
            form.faults.append(InputFault(name, label, _("未填写")))
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        form.faults.append(InputFault(name, label, _("不是有效的时刻"), "2027-03-01T14:30"))
        return None


def _document(contract_id: str, form: Entered) -> str:
    """The file that came along, else the one chosen."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return put_in(contract_id, sent, DocumentKind.EVIDENCE, form.text("evidence", 200)).id
    return form.text("document_id", 32)


def _seen(form: Entered) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0


def _acted(contract_id: str, obligation_id: str, act: Any) -> ResponseReturnValue:
    """Do it and show the obligation again, or say what is wrong with what was entered."""

    def again(contract_id: str, **more: Any) -> str:
        return _detail(contract_id, obligation_id, **more)

    answer = acted(contract_id, act, again, "obligations.show")
    if isinstance(answer, tuple):
        return answer
    answer.location = url_for("obligations.detail", contract_id=contract_id, obligation_id=obligation_id) + "#told"  # type: ignore[union-attr]
    return answer


def unreadable(error: ContractError) -> tuple[str, tuple[InputFault, ...]]:
    """The words of a refusal, and its single faults where it has some."""
    return error.message, tuple(getattr(error, "faults", ()))
