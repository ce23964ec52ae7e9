"""Settlements on the command line: drawn up, shown figure by figure, confirmed, objected to, given up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from app.cli.common import today_option
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.files import write_all
from app.cli.settlement_common import line_of, month_argument, period_argument, print_figure, sheet_desk, yuan_type
from app.cli.settlement_months import on_option
from app.services.settling import (
    HOW,
    SETTLEMENT_STATES,
    confirm_settlement,
    draw_up,
    object_to,
    receive_settlement,
    resolve_objection,
    void_settlement,
)
from app.wiring import now


@click.command("draw")
@number_argument
@month_argument
@acting_option
@today_option
def draw(number: str, month: date, login: str, today: date) -> None:
    """编制包含该月的结算周期的结算单，起草文书；打印其编号。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = draw_up(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, month)
    line = line_of(desk, made, today)
    click.echo(f"{line.paper.number}\t应付（含税）{line.incl}")


@click.command("show")
@number_argument
@period_argument
@click.option("--depth", type=click.IntRange(0, 20), default=3, show_default=True, help="展开几层。")
@acting_option
@today_option
def show(number: str, period: str, depth: int, login: str, today: date) -> None:
    """显示结算单：各行、合计、每个数字的由来、到期日与付款。"""
    found = sheet_desk(at_desk(login, number), period, today)
    click.echo(f"{found.paper.number}\t{SETTLEMENT_STATES[found.state]}\t{found.sheet.start} 至 {found.sheet.end}")
    for row in found.sheet.rows:
        click.echo(f"{row.item}\t{row.excl}\t{row.tax}\t{row.incl}")
    print_figure(found.sheet.figure, found.labels, depth)
    for words in found.sheet.notices:
        click.echo(f"提示：{words}")
    if found.due and found.due.day:
        for text in found.due.day.lines:
            click.echo(f"  {text}")
    elif found.due:
        click.echo(f"{found.due.waiting}；开票期限 {found.due.invoice_by.day.isoformat()}")
    for i in found.invoices:
        right = f"与更正{i.correction}相符" if i.correction else "与结算单相符"
        belongs = f"\t更正 {i.correction}" if i.correction else ""
        click.echo(f"发票 {i.invoice.number}\t{i.invoice.incl}\t{'；'.join(i.wrong) or right}{belongs}")
    for x in found.standings:
        late = f"\t逾期{x.delay.days}日，违约金{x.delay.damages}（{'；'.join(x.delay.lines)}）" if x.delay.damages else ""
        click.echo(f"{x.claim.label}\t{x.claim.amount}\t未付{x.delay.outstanding}{late}")
        for s in x.delay.segments if x.delay.damages else ():
            click.echo(
                f"  {s.first.isoformat()}至{s.piece.until.isoformat()}\t{s.piece.days}日\t{s.piece.rate.words}\t{s.amount}"
            )
        if x.delay.missing:
            click.echo(
                f"  暂计：{'、'.join(f'{m.year}年{m.month}月' for m in x.delay.missing)}公布的LPR尚未登记（reminders lpr-set）"
            )


@click.command("xlsx")
@number_argument
@period_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="工作簿。")
@acting_option
@today_option
def xlsx(number: str, period: str, out: Path, login: str, today: date) -> None:
    """写出结算单的工作簿，计算过程可以折叠。"""
    desk = at_desk(login, number)
    found = sheet_desk(desk, period, today)
    write_all(out.parent, {out.name: desk.wiring.settlement_workbook(found.paper.number, found.sheet, found.labels)})
    click.echo(out)


@click.command("receive")
@number_argument
@period_argument
@on_option
@acting_option
@today_option
def receive(number: str, period: str, on: date | None, login: str, today: date) -> None:
    """记录甲方收到结算单的日期；确认期和异议期自此起算。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        silence = receive_settlement(
            uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, line.id, line.revision, on=on or today
        )
    last = f"至{silence.last.isoformat()}未确认也未异议的，视为确认" if silence.last else silence.why
    click.echo(f"{line.paper.number} 收到日已记录；{last}。")


@click.command("confirm")
@number_argument
@period_argument
@click.option("--how", type=click.Choice(list(HOW)), required=True, help="；".join(f"{k} {v}" for k, v in HOW.items()))
@on_option
@click.option("--evidence", default="", help="签署件或者确认函的名称、编号。")
@acting_option
@today_option
def confirm(number: str, period: str, how: str, on: date | None, evidence: str, login: str, today: date) -> None:
    """记录双方对结算单的确认；付款期自确认之日起算。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        said = confirm_settlement(
            uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, line.id, line.revision, on=on or today, how=how,
            evidence=evidence, post=desk.wiring.clockwork.post,
        )  # fmt: skip
    click.echo(said)


@click.command("object")
@number_argument
@period_argument
@click.option("--amount", type=yuan_type, required=True, help="争议金额（含税）。")
@on_option
@reason_option
@acting_option
@today_option
def object_(number: str, period: str, amount: Decimal, on: date | None, reason: str, login: str, today: date) -> None:
    """记录甲方对部分款项的异议；其余部分视为确认，照常支付。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        object_to(
            uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, line.id, line.revision, amount=amount, on=on or today,
            reason=reason, post=desk.wiring.clockwork.post,
        )  # fmt: skip
    click.echo("异议已记录。")


@click.command("resolve")
@number_argument
@period_argument
@click.option("--reduced", type=yuan_type, required=True, help="核减金额（含税），没有核减填0。")
@click.option("--apart", is_flag=True, help="核减金额不包含更正已经减少的金额；本期已有接受的更正的须确认。")
@on_option
@reason_option
@acting_option
@today_option
def resolve(
    number: str, period: str, reduced: Decimal, apart: bool, on: date | None, reason: str, login: str, today: date
) -> None:  # fmt: skip
    """记录异议的复核结果；应付部分须在五个工作日内支付。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        resolve_objection(
            uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, line.id, line.revision, on=on or today, reduced=reduced,
            reason=reason, apart=apart,
        )  # fmt: skip
    click.echo("复核结果已记录。")


@click.command("void")
@number_argument
@period_argument
@reason_option
@acting_option
@today_option
def void(number: str, period: str, reason: str, login: str, today: date) -> None:
    """作废没有开票、没有付款的结算单，以便重新编制。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        void_settlement(uow, desk.actor, now(), desk.wiring.papers, desk.contract_id, line.id, line.revision, reason)
    click.echo(f"{line.paper.number} 已作废。")
