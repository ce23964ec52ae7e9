"""``reminders``: what people are reminded of, how, and the clock's round done once by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import click

from app.cli.common import settings, today_option
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.term_common import Figure, Member, day_type
from app.domain.permissions import Actor
from app.domain.reminders import Level, Policy, Topic, read_days, show_days
from app.services.access import actor_with_login
from app.services.calendar_planning import plan_anew
from app.services.channelling import list_channels
from app.services.lending_rate import drop_quote, read_register, set_quote
from app.services.record import id_of
from app.services.reminder_rules import NewHouse, Place, drop_policy, read_house, read_policies, set_house, set_policy
from app.services.reminder_views import DateLine, contracts_undated, dates_ahead, dates_of_contract, notices_unheard
from app.services.reminding import snooze
from app.store.users import user_with_login
from app.wiring import Wiring


@click.group(short_help="提醒：近期日期、策略、推迟")
def reminders() -> None:
    """到期提醒的日期、策略和送达结果。"""


def _at_house(login: str) -> tuple[Wiring, Actor]:
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        return wiring, actor_with_login(uow, login)


def _print(line: DateLine) -> None:
    ahead = f"下次 {line.next_on.isoformat()}（{line.step}，{line.channel}）" if line.next_on else "没有后续提醒"
    last = f"上次 {line.last.at:%Y-%m-%d} {line.last.result}" if line.last else "尚未提醒过"
    click.echo(
        f"{line.due_on.isoformat()}  {line.topic.label}  {line.contract_number} {line.title}  {ahead}；{last}  [{line.id}]"
    )


@reminders.command("list", short_help="近期提醒")
@click.option("--all", "everything", is_flag=True, help="不限于本人负责的。")
@acting_option
def list_(login: str, *, everything: bool) -> None:
    """列出近期提醒、没有日期的合同和没有送达任何人的提醒。"""
    wiring, who = _at_house(login)
    with wiring.reading() as uow:
        for line in dates_ahead(uow, who, mine=not everything):
            _print(line)
        for undated in contracts_undated(uow, who, wiring.calendar):
            click.echo(f"无日期  {undated.number} {undated.title}：{undated.why}")
        for unheard in notices_unheard(uow, who):
            click.echo(f"未送达  {unheard.number} {unheard.title}（{unheard.due_on.isoformat()}）：{unheard.why}")
        for channel in list_channels(uow, who):
            click.echo(f"渠道    {channel.name}（{channel.kind.label}）{'启用' if channel.active else '停用'} {channel.problem}")


@reminders.command("show", short_help="一份合同的日期")
@number_argument
@acting_option
@today_option
def show(number: str, login: str, today: date) -> None:
    """列出一份合同的全部日期、依据和送达结果。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = dates_of_contract(uow, desk.actor, today, desk.contract_id, limit=200)
    for line in (*found.late, *found.ahead):
        _print(line)
        for words in line.detail:
            click.echo(f"    {words}")


@reminders.command("snooze", short_help="推迟一项提醒")
@click.argument("date_id")
@click.option("--until", type=day_type, required=True, help="推迟至。")
@click.option("--reason", required=True, help="理由。")
@acting_option
@today_option
def snooze_(date_id: str, until: date, reason: str, login: str, today: date) -> None:
    """到选定的日期再提醒；续约提醒不得晚于最晚安全寄送日。"""
    wiring, who = _at_house(login)
    with wiring.unit_of_work() as uow:
        snooze(uow, who, wiring.now(), today, date_id, until, reason)
    click.echo(f"已推迟至 {until.isoformat()}。")


@reminders.command("replan", short_help="按放假安排重新计算")
@acting_option
def replan(login: str) -> None:
    """放假安排更新后由后台任务自动进行；也可以在此要求立即重新计算全部期限、义务和提醒。"""
    wiring, who = _at_house(login)
    with wiring.unit_of_work() as uow:
        made = plan_anew(uow, who, wiring.now(), wiring.calendar)
    click.echo(f"后台任务将重新计算{made.contracts}份合同的期限和义务，{made.dates}个日期的提醒。")


@reminders.command("policy", short_help="查看或者设置提醒策略")
@click.option("--form", default="", help="合同类型；不填为全单位。")
@click.option("--contract", "number", default="", help="单份合同的编号。")
@click.option("--topic", type=Member(Topic), help="要设置的事项。")
@click.option("--days", help="提醒日，例如 “-90,-60,-30,-7”。")
@click.option("--deputy-from", type=int, help="自该日起抄送代理人。")
@click.option("--head-from", type=int, help="自该日起抄送上级。")
@click.option("--inherit", is_flag=True, help="改为沿用上级。")
@acting_option
def policy(
    login: str, form: str, number: str, topic: Topic | None, days: str | None, deputy_from: int | None, head_from: int | None, *, inherit: bool
) -> None:  # fmt: skip
    """不带 --days 和 --inherit 时列出现行策略。"""
    if form and number:
        raise click.UsageError("--form 和 --contract 只填一个。")
    wiring, who = _at_house(login)
    place = Place(Level.FORM, form) if form else Place(Level.HOUSE)
    if number:
        with wiring.reading() as uow:
            place = Place(Level.CONTRACT, id_of(uow, who, number))
    if topic is not None and (inherit or days is not None):
        chosen, why = read_days(days or "")
        if why:
            raise click.UsageError(why)
        with wiring.unit_of_work() as uow:
            if inherit:
                drop_policy(uow, who, wiring.now(), place, topic)
            else:
                set_policy(uow, who, wiring.now(), place, topic, Policy(chosen, deputy_from, head_from))
    with wiring.reading() as uow:
        for line in read_policies(uow, who, place):
            source = "此处设定" if line.own else line.applies.level.label if line.applies.level else "系统默认"
            click.echo(
                f"{line.topic.value:<14} {line.topic.label}：{show_days(line.applies.policy.days) or '不提醒'}（{source}）"
            )


_HOUR = click.DateTime(["%H:%M"])


@reminders.command("house", short_help="查看或者设置全单位的时刻、核对日和宽限")
@click.option("--send-at", type=_HOUR, help="发送时刻。")
@click.option("--quiet-from", type=_HOUR, help="免打扰开始。")
@click.option("--quiet-until", type=_HOUR, help="免打扰结束。")
@click.option("--head", help="上级的登录名；“无”为不设。")
@click.option("--lpr-on", type=day_type, help="LPR 核对日。")
@click.option("--laws-on", type=day_type, help="法律状态核对日。")
@click.option("--published", type=day_type, help="次年放假安排的公布日。")
@click.option("--silence-grace", type=int, help="视为确认的宽限（工作日）：期限届满后等待几个工作日才记录。")
@acting_option
@today_option
def house_(
    login: str, today: date, head: str | None, lpr_on: date | None, laws_on: date | None, published: date | None,
    silence_grace: int | None, **hours: datetime | None,
) -> None:  # fmt: skip
    """没有写明的保持不变；什么都不写则只显示。"""
    wiring, who = _at_house(login)
    with wiring.reading() as uow:
        now = read_house(uow, who)
        head_id = now.head_id if head is None else None
        if head is not None and head != "无":
            person = user_with_login(uow.session, head)
            if person is None:
                raise click.UsageError(f"没有登录名为“{head}”的账号。")
            head_id = person.id
    given = {name: hour.time() for name, hour in hours.items() if hour is not None}
    if given or any(x is not None for x in (head, lpr_on, laws_on, published, silence_grace)):
        new = NewHouse(
            **{"send_at": now.hours.send_at, "quiet_from": now.hours.quiet_from, "quiet_until": now.hours.quiet_until, **given},
            head_id=head_id, lpr_on=lpr_on or now.lpr_on, laws_on=laws_on or now.laws_on, published=published, silence_grace=silence_grace,
        )  # fmt: skip
        with wiring.unit_of_work() as uow:
            set_house(uow, who, wiring.now(), today, wiring.calendar, new)
        with wiring.reading() as uow:
            now = read_house(uow, who)
    click.echo(f"发送时刻 {now.hours.send_at:%H:%M}，免打扰 {now.hours.quiet_from:%H:%M}–{now.hours.quiet_until:%H:%M}")
    click.echo(f"LPR 核对日 {now.lpr_on or '—'}，法律状态核对日 {now.laws_on or '—'}")
    click.echo(f"视为确认的宽限 {now.silence_grace} 个工作日")


@reminders.command("lpr", short_help="LPR 登记")
@acting_option
@today_option
def lpr(login: str, today: date) -> None:
    """列出登记的LPR（先新后旧）和尚未登记的公布。"""
    wiring, who = _at_house(login)
    with wiring.reading() as uow:
        found = read_register(uow, who, today, wiring.calendar)
    for m in found.missing:
        click.echo(f"缺 {m:%Y-%m}")
    for x in found.lines:
        longer = f"{x.quote.five_year}%" if x.quote.five_year is not None else "—"
        until = f"核至 {x.quote.until.isoformat()}" if x.quote.until > x.quote.published_on else ""
        click.echo(f"{x.quote.published_on.isoformat()}\t一年期 {x.quote.one_year}%\t五年期以上 {longer}\t{until}\t{x.source}")


@reminders.command("lpr-set", short_help="登记一次公布的 LPR")
@click.argument("published_on", type=day_type, metavar="公布日")
@click.option("--one-year", type=Figure(), required=True, help="一年期，百分数，例如 3.00。")
@click.option("--five-year", type=Figure(), default=None, help="五年期以上，百分数。")
@click.option("--until", type=day_type, default=None, help="其后各月未变的，最后一次核对的公布日。")
@click.option("--source", required=True, help="在哪里查得。")
@click.option("--reason", default="", help="更正该日已有登记的理由。")
@acting_option
@today_option
def lpr_set(
    published_on: date, one_year: Decimal, five_year: Decimal | None, until: date | None, source: str, reason: str, login: str,
    today: date,
) -> None:  # fmt: skip
    """登记或者更正某日公布的LPR；登记最新一次公布后，“LPR 参数”的提醒自该日重新起算。"""
    wiring, who = _at_house(login)
    with wiring.unit_of_work() as uow:
        set_quote(
            uow, who, wiring.now(), today, wiring.calendar, published_on=published_on, one_year=one_year, five_year=five_year, until=until,
            source=source, reason=reason,
        )  # fmt: skip
    click.echo(f"{published_on.isoformat()}公布的LPR已登记。")


@reminders.command("lpr-drop", short_help="删除误记的 LPR")
@click.argument("published_on", type=day_type, metavar="公布日")
@click.option("--reason", required=True, help="理由。")
@acting_option
@today_option
def lpr_drop(published_on: date, reason: str, login: str, today: date) -> None:
    """删除从未如此公布的登记；理由留在审计记录。"""
    wiring, who = _at_house(login)
    with wiring.unit_of_work() as uow:
        drop_quote(uow, who, wiring.now(), today, wiring.calendar, published_on, reason)
    click.echo(f"{published_on.isoformat()}的登记已删除。")
