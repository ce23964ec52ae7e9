"""Reminders: what comes next, how they go out (policies, hours, deputies), the channels, and the same for one contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.channels import ChannelKind
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Forbidden, Hidden, may
from app.domain.reminders import MAIL, Level, Policy, Topic, read_days, show_days
from app.services import channelling, reminder_rules, reminder_views
from app.services.calendar_planning import calendar_state, plan_anew
from app.services.reminder_rules import Place
from app.services.reminding import snooze
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.register_words import form_title

PAGE = 20
pages = Blueprint("reminders", __name__, url_prefix="/reminders")
contract_pages = Blueprint("contract_reminders", __name__, url_prefix="/contracts/<contract_id>/reminders")
pages.add_app_template_global(show_days, "show_days")


@pages.get("/")
def index() -> str:
    return _index()


def _index(**more: Any) -> str:
    mine, page = request.args.get("all") != "1", max(1, min(request.args.get("page", 1, type=int), 50))
    with desk().reading() as uow:
        lines = reminder_views.dates_ahead(uow, actor(), mine=mine, limit=PAGE * page + 1)[PAGE * (page - 1) :]
        undated = reminder_views.contracts_undated(uow, actor(), desk().calendar)
        unheard = reminder_views.notices_unheard(uow, actor())
    shown: dict[str, Any] = {"faults": (), "problem": "", "entered": {}, "form": "", **more}
    return render_template(
        "reminders/index.html",
        lines=lines[:PAGE],
        page=page,
        more=len(lines) > PAGE,
        undated=undated,
        unheard=unheard,
        mine=mine,
        today=desk().today(),
        **shown,
    )


@pages.post("/<date_id>/snooze")
def put_off(date_id: str) -> ResponseReturnValue:
    return _acted(lambda: _snooze(date_id), _index, url_for("reminders.index"))


def _snooze(date_id: str) -> str:
    form = Entered()
    until = form.day("until", _("推迟至"))
    form.require_sound()
    assert until is not None
    with desk().unit_of_work() as uow:
        snooze(uow, actor(), desk().now(), desk().today(), date_id, until, form.text("reason", 500))
    return str(_("已推迟至 %(day)s。", day=until.isoformat()))


# ---- policies


@pages.get("/policies/")
def policies() -> str:
    return _policies()


def _place() -> Place:
    form = request.values.get("place", "")
    return Place(Level.FORM, form) if form == desk().library.form else Place(Level.HOUSE)


def _policies(**more: Any) -> str:
    place = _place()
    with desk().reading() as uow:
        values = {
            "lines": reminder_rules.read_policies(uow, actor(), place),
            "house": reminder_rules.read_house(uow, actor()),
            "people": reminder_rules.people_to_choose(uow, actor()),
            "deputy": reminder_rules.deputy_of(uow, actor()),
            "channels": channelling.list_channels(uow, actor()),
            "calendar": calendar_state(uow, actor(), desk().calendar),
        }
    shown = {"faults": (), "problem": "", "entered": {}, "form": "", "calendar_fault": desk().calendar_fault, **more}
    return render_template(
        "reminders/policies.html", place=place, form_name=form_title(desk().library.form), form_code=desk().library.form, today=desk().today(),
        keeps=may(actor(), Action.KEEP_REMINDERS), **values, **shown,
    )  # fmt: skip


def _policy(form: Entered) -> tuple[Topic, Policy]:
    """Raises ``InputError`` with everything that can't be read."""
    topic = form.member("topic", _("事项"), Topic)
    days, why = read_days(form.text("days", 200))
    if why:
        form.faults.append(InputFault("days", _("提醒日"), why, "−90、−60、−30、−7"))
    limits = {}
    for name, label in (("deputy_from", _("抄送代理人")), ("head_from", _("抄送上级"))):
        found, wrong = read_days(form.text(name, 10))
        if wrong or len(found) > 1:
            form.faults.append(InputFault(name, label, wrong or _("只填一个天数"), _("例如 −7；不抄送的留空")))
        limits[name] = found[0] if len(found) == 1 else None
    channels = tuple(dict.fromkeys(c for c in request.form.getlist("channel") if c)) or (MAIL,)
    form.require_sound()
    assert topic is not None
    return topic, Policy(days, limits["deputy_from"], limits["head_from"], channels, form.flag("working_days"))


def _save_policy(place: Place) -> str:
    form = Entered()
    if form.flag("inherit"):
        topic = form.member("topic", _("事项"), Topic)
        form.require_sound()
        assert topic is not None
        with desk().unit_of_work() as uow:
            reminder_rules.drop_policy(uow, actor(), desk().now(), place, topic)
        return str(_("“%(topic)s”已改为沿用上级。", topic=topic.label))
    topic, policy = _policy(form)
    with desk().unit_of_work() as uow:
        reminder_rules.set_policy(uow, actor(), desk().now(), place, topic, policy)
    return str(_("“%(topic)s”的策略已保存，相关提醒将在一分钟内重排。", topic=topic.label))


@pages.post("/replan")
def replan() -> ResponseReturnValue:
    """Everything that hangs on the calendar of working days is worked out anew by the clock."""
    with desk().unit_of_work() as uow:
        made = plan_anew(uow, actor(), desk().now(), desk().calendar)
    flash(
        _(
            "后台任务将重新计算%(contracts)d份合同的期限和义务、%(dates)d个日期的提醒；日期有变动的，提醒随之改期并告知已收到旧日期的人。",
            contracts=made.contracts,
            dates=made.dates,
        )
    )
    return redirect(url_for("reminders.policies"))


@pages.post("/policies/")
def set_policy() -> ResponseReturnValue:
    place = _place()
    return _acted(lambda: _save_policy(place), _policies, url_for("reminders.policies", place=place.key or None))


@pages.post("/house")
def set_house() -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        hours = {
            name: _hour(form, name, label)
            for name, label in (("send_at", _("发送时刻")), ("quiet_from", _("免打扰开始")), ("quiet_until", _("免打扰结束")))
        }
        days = {
            name: form.day(name, label, required=False)
            for name, label in (("lpr_on", _("LPR 核对日")), ("laws_on", _("法律状态核对日")), ("published", _("公布日")))
        }
        grace = form.whole("silence_grace", _("视为确认的宽限（工作日）"), most=99)
        form.require_sound()
        new = reminder_rules.NewHouse(
            head_id=form.text("head", 32) or None, silence_grace=grace, **hours, **days  # type: ignore[arg-type]
        )  # fmt: skip
        with desk().unit_of_work() as uow:
            reminder_rules.set_house(uow, actor(), desk().now(), desk().today(), desk().calendar, new)
        return str(_("已保存。"))

    return _acted(act, _policies, url_for("reminders.policies"))


def _hour(form: Entered, name: str, label: str) -> time:
    try:
        return time.fromisoformat(form.text(name, 5))
    except ValueError:
        form.faults.append(InputFault(name, label, _("不是有效的时刻"), "08:30"))
        return time(8, 30)


@pages.post("/deputy")
def set_deputy() -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            reminder_rules.set_deputy(uow, actor(), desk().now(), Entered().text("deputy", 32))
        return str(_("已保存。"))

    return _acted(act, _policies, url_for("reminders.policies"))


# ---- channels


@pages.get("/channels/")
def channels() -> str:
    return _channels()


def _channels(**more: Any) -> str:
    with desk().reading() as uow:
        found = channelling.list_channels(uow, actor())
    shown = {"faults": (), "problem": "", "entered": {}, "form": "", **more}
    return render_template(
        "reminders/channels.html", channels=found, kinds=ChannelKind, settings=desk().settings,
        keeps=may(actor(), Action.KEEP_REMINDERS), **shown,
    )  # fmt: skip


@pages.post("/channels/")
def add_channel() -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        kind = form.member("kind", _("平台"), ChannelKind)
        form.require_sound()
        assert kind is not None
        new = channelling.NewChannel(kind, form.text("name", 200), form.text("address", 1000), form.text("secret", 200))
        with desk().unit_of_work() as uow:
            channelling.add_channel(uow, actor(), desk().now(), desk().vault, new, local_allowed=desk().settings.local_channels)
        return str(_("渠道已登记，请先测试再使用。"))

    return _acted(act, _channels, url_for("reminders.channels"))


@pages.post("/channels/<channel_id>/switch")
def switch_channel(channel_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            channelling.switch_channel(
                uow,
                actor(),
                desk().now(),
                channel_id,
                form.whole("revision", _("版本"), most=10**9) or 0,
                active=form.flag("active"),
            )
        return str(_("已启用。") if form.flag("active") else _("已停用，使用它的策略改走下一个渠道。"))

    return _acted(act, _channels, url_for("reminders.channels"))


@pages.post("/channels/<channel_id>/try")
def try_channel(channel_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            problem = channelling.try_channel(uow, actor(), desk().now(), desk().vault, desk().poster, channel_id)
        if problem:
            raise ContractError("channel.tried", _("测试没有送达：%(problem)s", problem=problem))
        return str(_("测试消息已送达。"))

    return _acted(act, _channels, url_for("reminders.channels"))


# ---- one contract


@contract_pages.get("/")
def show(contract_id: str) -> str:
    return _of_contract(contract_id)


def _of_contract(contract_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        limit = 200 if request.args.get("all") == "1" else 10
        found = reminder_views.dates_of_contract(uow, actor(), desk().today(), contract_id, limit=limit)
        policies = reminder_rules.read_policies(uow, actor(), Place(Level.CONTRACT, contract_id))
        channels = channelling.list_channels(uow, actor())
    shown = {"faults": (), "problem": "", "entered": {}, "form": "", **more}
    return contract_page(
        "contracts/reminders.html", contract_id, found=found, policies=policies, channels=channels, today=desk().today(), **shown
    )


@contract_pages.post("/policies")
def set_own_policy(contract_id: str) -> ResponseReturnValue:
    place = Place(Level.CONTRACT, contract_id)
    return acted(contract_id, lambda: _save_policy(place), _of_contract, "contract_reminders.show")


@contract_pages.post("/<date_id>/snooze")
def put_off_own(contract_id: str, date_id: str) -> ResponseReturnValue:
    return acted(contract_id, lambda: _snooze(date_id), _of_contract, "contract_reminders.show")


def _acted(act: Callable[[], str], page: Callable[..., str], target: str) -> ResponseReturnValue:
    """``web.acting.acted`` for pages of the house."""
    try:
        told = act()
    except (Forbidden, Hidden):
        raise
    except InputError as error:
        return page(faults=error.faults, entered=request.form, form=request.form.get("form", "")), 422
    except ContractError as error:
        return page(problem=error.message, entered=request.form, form=request.form.get("form", "")), 422
    flash(told)
    return redirect(target)
