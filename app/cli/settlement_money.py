"""Invoices, payments, what is due, plan and budget on the command line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import click

from app.cli.common import settings, today_option
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.settlement_common import line_of, period_argument, sheet_desk, yuan_type
from app.cli.settlement_months import on_option
from app.cli.term_common import day_type
from app.domain.settlement.invoices import INVOICE_KINDS, InvoiceLine
from app.services.access import actor_with_login
from app.services.billing import NewPayment, draft_dunning, record_payment, reverse_payment, set_budget
from app.services.invoicing import NONE, NewInvoice, assign_invoice, record_invoice
from app.services.matching import match_desk, match_payment, payment_with
from app.services.matching import unmatched as payments_left
from app.services.paper_desk import paper_line
from app.services.settlement_views import money_desk, payment_plan, settlement_desk
from app.wiring import Wiring, now


@click.command("invoice")
@number_argument
@period_argument
@click.option("--number", "invoice_number", required=True, help="发票号码。")
@click.option("--kind", type=click.Choice(list(INVOICE_KINDS)), default=None, help="种类，不填为合同约定的。")
@click.option("--issued", type=day_type, default=None, help="开票日，不填为今天。")
@click.option("--received", type=day_type, default=None, help="收到日，不填为今天。")
@click.option(
    "--line",
    "lines",
    type=(yuan_type, yuan_type, yuan_type),
    multiple=True,
    help="税率 不含税额 税额；不填则与结算单相同（可重复）。",
)
@click.option("--buyer", default=None, help="购买方统一社会信用代码，不填为合同甲方。")
@click.option("--red-of", default="", help="红字发票：所冲销的发票号码。")
@click.option("--correction", default="", help="所属更正的编号；none 不属于更正；不填则按金额判断。")
@acting_option
@today_option
def invoice(
    number: str, period: str, invoice_number: str, kind: str | None, issued: date | None, received: date | None,
    lines: tuple[tuple[Decimal, Decimal, Decimal], ...], buyer: str | None, red_of: str, correction: str, login: str, today: date,
) -> None:  # fmt: skip
    """登记一张发票；与结算单不符的照样登记，但付款期不起算。"""
    desk = at_desk(login, number)
    found = sheet_desk(desk, period, today)
    sign = -1 if red_of else 1
    of_sheet = tuple((t.rate, t.excl, t.tax) for t in found.sheet.by_rate)
    of_correction = next((tuple((r, *x) for r, x in c.left().items()) for c in found.corrections if c.number == correction), None)
    typed = lines or of_correction or of_sheet
    new = NewInvoice(
        invoice_number, kind or found.pay.invoice_type, issued or today, received or today,
        tuple(InvoiceLine(rate, sign * abs(excl), sign * abs(tax)) for rate, excl, tax in typed), buyer or found.buyer_uscc, red_of, correction=correction,
    )  # fmt: skip
    with desk.wiring.unit_of_work() as uow:
        wrong = record_invoice(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, found.id, found.revision, new)
    with desk.wiring.reading() as uow:
        after = settlement_desk(uow, desk.actor, today, desk.wiring.papers, desk.contract_id, found.id)
    belongs = next(i.correction for i in after.invoices if i.invoice.number == invoice_number)
    what = f"更正{belongs}" if belongs else "结算单"
    click.echo(f"{invoice_number} 已登记，{f'与{what}相符' if not wrong else f'与{what}不符：' + '；'.join(wrong)}。")


@click.command("assign")
@number_argument
@period_argument
@click.argument("invoice_number", metavar="发票号码")
@click.option("--correction", default="", help="所属更正的编号。")
@click.option("--none", "nothing", is_flag=True, help="不属于更正，归结算单。")
@reason_option
@acting_option
@today_option
def assign(
    number: str, period: str, invoice_number: str, correction: str, nothing: bool, reason: str, login: str, today: date
) -> None:  # fmt: skip
    """把一张发票改归某项更正，或者改归结算单本身；两边的相符与付款期随之重算。"""
    desk = at_desk(login, number)
    found = sheet_desk(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        wrong = assign_invoice(
            uow, desk.actor, now(), desk.wiring.papers, desk.contract_id, found.id, found.revision, invoice_number,
            NONE if nothing else correction, reason,
        )  # fmt: skip
    what = "结算单" if nothing else f"更正{correction}"
    click.echo(f"{invoice_number} 已归{what}，{'相符' if not wrong else '不符：' + '；'.join(wrong)}。")


@click.command("pay")
@number_argument
@click.option("--amount", type=yuan_type, required=True, help="付款金额。")
@click.option("--reference", required=True, help="银行流水号。")
@on_option
@click.option("--note", default="", help="附言；写有结算单号、发票号的先核销。")
@click.option("--hold", is_flag=True, help="先登记，稍后用 match 手工核销。")
@acting_option
@today_option
def pay(number: str, amount: Decimal, reference: str, on: date | None, note: str, hold: bool, login: str, today: date) -> None:
    """登记一笔付款并核销：先按流水号、附言所写的单号，再按金额，再按到期先后；余额为多付，乙方应当退还。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        left = record_payment(
            uow,
            desk.actor,
            now(),
            today,
            desk.wiring.papers,
            desk.contract_id,
            NewPayment(on or today, amount, reference, note, held=hold),
        )
    rest = f"，{'尚未核销' if hold else '多付'}{left}元" if left else ""
    click.echo(f"已登记付款{amount}元{rest}。")


@click.command("match")
@number_argument
@click.argument("reference", metavar="银行流水号")
@click.option(
    "--to",
    "targets",
    type=(str, yuan_type),
    multiple=True,
    help="结算单编号、发票号码或者 YYYY-MM，和核销金额（可重复）；不填则列出现状与建议。",
)
@click.option("--nothing", is_flag=True, help="撤销该笔付款的全部核销。")
@click.option("--reason", default="", help="撤销或者减少已有的核销时须填。")
@acting_option
@today_option
def match(
    number: str, reference: str, targets: tuple[tuple[str, Decimal], ...], nothing: bool, reason: str, login: str, today: date
) -> None:  # fmt: skip
    """把一笔付款核销到所列的结算单，没有列出的撤销；不列则只显示。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = payment_with(uow, desk.actor, desk.contract_id, reference)
        shown = match_desk(uow, desk.actor, desk.wiring.papers, desk.contract_id, found.id)
    if not targets and not nothing:
        for x in shown.lines:
            click.echo(f"{x.number}\t可核销{x.room}\t已核销{x.matched}\t建议{x.matched + x.proposed}")
        click.echo(f"{reference}\t{found.amount}\t尚未核销{found.left}")
        return
    wanted: dict[str, Decimal] = {}
    for period, amount in targets:
        billed = next((x.settlement_id for x in shown.lines if period in x.invoices), "")
        key = billed or line_of(desk, period, today).id
        wanted[key] = wanted.get(key, Decimal(0)) + amount
    with desk.wiring.unit_of_work() as uow:
        left = match_payment(
            uow, desk.actor, now(), desk.wiring.papers, desk.contract_id, found.id, found.revision, wanted, reason
        )
    click.echo(f"{reference} 已核销{found.amount - left}元{f'，尚未核销{left}元' if left else ''}。")


@click.command("unmatched")
@acting_option
def unmatched(login: str) -> None:
    """列出可以查看的各合同没有全部核销的付款。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        for x in payments_left(uow, actor_with_login(uow, login)):
            click.echo(
                f"{x.number}\t{x.payment.reference}\t{x.payment.paid_on.isoformat()}\t{x.payment.amount}\t尚未核销{x.payment.left}"
            )


@click.command("reverse")
@number_argument
@click.argument("reference", metavar="银行流水号")
@reason_option
@acting_option
@today_option
def reverse(number: str, reference: str, reason: str, login: str, today: date) -> None:
    """冲销一笔付款（银行退回、误记）；记录保留，未付金额恢复。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = payment_with(uow, desk.actor, desk.contract_id, reference)
    with desk.wiring.unit_of_work() as uow:
        reverse_payment(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, found.id, found.revision, reason)
    click.echo(f"{reference} 已冲销。")


@click.command("due")
@acting_option
@today_option
def due(login: str, today: date) -> None:
    """列出可以查看的各合同已确认、未付清的结算款，先到期的在前。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        found = money_desk(uow, actor_with_login(uow, login), today)
    for label, lines in (
        ("已逾期", found.overdue),
        ("三十日内到期", found.soon),
        ("以后到期", found.later),
        ("待发票或者复核", found.waiting),
    ):
        for x in lines:
            day = f"{x.due_on.isoformat()}" if x.due_on else ""
            click.echo(
                "\t".join((label, x.number, x.paper, f"{x.open_amount}", day, f"逾期{x.late}日" if x.late else "")).rstrip()
            )
        if lines:
            click.echo(f"{label}合计\t{found.total(lines)}")


@click.command("dun")
@number_argument
@acting_option
@today_option
def dun(number: str, login: str, today: date) -> None:
    """就全部逾期款项起草催款函，逐笔写明本金、逾期天数和违约金；打印其编号。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = draft_dunning(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id)
    with desk.wiring.reading() as uow:
        click.echo(paper_line(uow, desk.actor, desk.contract_id, made).head.number)


@click.command("plan")
@number_argument
@acting_option
def plan(number: str, login: str) -> None:
    """逐年列出付款计划、已确认金额、全年预计与预算；列出印花税计税依据。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = payment_plan(uow, desk.actor, desk.contract_id)
    for year in found.years:
        click.echo(
            f"{year.year.isoformat()}起\t计划{year.planned}\t已确认{year.confirmed}\t预计{year.forecast}\t预算{year.budget or '未设'}"
        )
        for m in year.months:
            settled = year.settled.get(m.month)
            click.echo(
                f"  {m.month:%Y-%m}\t{m.incl}{'（估算）' if m.estimated else ''}\t{settled if settled is not None else ''}".rstrip()
            )
    for b in found.stamp:
        click.echo(f"印花税依据\t{b.label}\t{b.excl}\t{b.basis}；税目请由税务人员判断")


@click.command("budget")
@number_argument
@click.argument("day", type=day_type, metavar="年度内任一日")
@click.argument("amount", type=yuan_type)
@click.option("--note", default="", help="说明。")
@acting_option
def budget(number: str, day: date, amount: Decimal, note: str, login: str) -> None:
    """设定该日所在合同年度的预算（含税）。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        set_budget(uow, desk.actor, now(), desk.contract_id, day, amount, note)
    click.echo(f"预算已设为{amount}元。")
