"""A month of the demonstration contract from its figures to its payment: score, settlement, invoice, delay, and what a low score raises."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from openpyxl import load_workbook

from app.cli.demo_life import Life, lives
from app.domain.permissions import Actor
from app.domain.settlement.figure import Figure
from app.domain.settlement.invoices import InvoiceLine
from app.services.billing import NewPayment, draft_dunning, record_payment
from app.services.correcting import accept_correction, correct_month, corrections
from app.services.generation import Format, Tools
from app.services.invoicing import NewInvoice, record_invoice
from app.services.paper_files import PAPER_FORMATS
from app.services.paper_texts import PaperKit
from app.services.service_levels import Evidence, enter_month, review_month
from app.services.settlement_views import SettlementDesk, month_desk, settlement_desk
from app.services.settling import confirm_settlement, draw_up, receive_settlement

GOOD = ((3936, 4100), (4400, 5000), (3567, 4100), (40, 40), (840, 1000), (8, 1000), (190, 200))
"""The month of brief B6: 82.49 points. Invented, in the order of the contract's table of weights."""
POOR = ((80, 100), (70, 100), (70, 100), (40, 40), (70, 100), (8, 1000), (190, 200))
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def settlement_files(
    tools: Callable[[], Tools], formats: frozenset[Format] = PAPER_FORMATS
) -> tuple[dict[str, bytes], list[str], list[str]]:
    """The papers and workbooks of a month and the record of what happened, its lines, and what did not hold."""
    with lives(tools, formats) as begin:
        life = _settled(begin("考核与结算"))
        life.audit()
    lines = [f"── {life.name} ──", *life.log, ""]
    return life.files | {"settling.txt": "\n".join(lines).encode()}, lines, life.failed


def _settled(life: Life) -> Life:
    life.at(2026, 2, 6)
    _month(life, JANUARY, 3000, GOOD)
    life.at(2026, 3, 6)
    _month(life, FEBRUARY, 4100, GOOD)
    found = _drawn(life)
    service = next(t for t in found.sheet.by_rate if t.rate == 6)
    life.hold("月费114,000.00，得分82.49抵扣6,840.00，服务部分含税113,589.60", service.incl == Decimal("113589.60"))
    _unfold(life, found.sheet.figure, found)
    life.finish(found.paper.id, "settlement", {})
    life.files["settlement.xlsx"] = life.wiring.settlement_workbook(found.paper.number, found.sheet, found.labels)
    _confirmed(life, found)
    _invoiced(life)
    life.at(2026, 4, 17)
    _month(life, MARCH, 3000, POOR)
    _dunned(life)
    life.at(2026, 4, 20)
    left = life.do(
        lambda uow: record_payment(uow, *_kit(life), NewPayment(life.today, _sheet(life).open_amount, "HD20260420001"))
    )
    life.hold("付清后没有未付，也没有多付", left == 0 and _sheet(life).open_amount == 0)
    _corrected(life)
    return life


def _month(life: Life, month: date, tickets: int, counts: tuple[tuple[int, int], ...]) -> None:
    """Filled into the workbook that the page gives out, read back, entered, agreed to by party A."""
    with life.wiring.reading() as uow:
        empty = month_desk(uow, life.actor, life.wiring.papers, life.contract_id, month)
    book = load_workbook(io.BytesIO(life.wiring.month_template(month, [level.name for level in empty.levels])))
    book["月度数据"]["B3"], book["月度数据"]["B4"] = f"YB-{month:%Y%m}", tickets
    for row, (top, bottom) in enumerate(counts, 2):
        book["指标"].cell(row, 2, top)
        book["指标"].cell(row, 3, bottom)
    target = io.BytesIO()
    book.save(target)
    read = life.wiring.read_month_upload(target.getvalue())
    life.hold(f"{month:%Y-%m}考核数据从工作簿读入，没有错误单元格", read.figures is not None and not read.faults)
    figures = read.figures
    assert figures is not None
    if month == FEBRUARY:
        life.files["figures.xlsx"] = target.getvalue()
    scored = life.do(lambda uow: enter_month(uow, *_kit(life), figures, life.today))
    life.say(f"{month:%Y-%m}得分{scored.total}{'（爬坡期，只记录）' if scored.ramp else ''}")
    said = life.do(
        lambda uow: review_month(uow, *_kit(life), month, 1, agrees=True, on=life.today, evidence=Evidence("与平台数据核对一致"))
    )
    life.say(said)
    if month == MARCH:
        with life.wiring.reading() as uow:
            raised = month_desk(uow, life.actor, life.wiring.papers, life.contract_id, month).rectification
        life.hold("低分触发整改，整改通知随确认起草", raised is not None)
        if raised is not None:
            life.finish(raised.id, "improvement", {})


def _drawn(life: Life) -> SettlementDesk:
    made = life.do(lambda uow: draw_up(uow, *_kit(life), FEBRUARY))
    life.settlement = str(made)
    found = _sheet(life)
    for row in found.sheet.rows:
        life.say(f"{row.item}：不含税{row.excl:,.2f}，税{row.tax:,.2f}，含税{row.incl:,.2f}")
    return found


def _unfold(life: Life, figure: Figure, found: SettlementDesk, level: int = 0) -> None:
    where = found.labels.get(figure.clause, (figure.clause, ""))[0]
    rest = "　".join(x for x in (figure.how, where, figure.variable, figure.source) if x)
    life.log.append(f"{'':14}{'  ' * level}{figure.label}：{figure.text}　［{rest}］")
    for part in figure.parts:
        _unfold(life, part, found, level + 1)


def _confirmed(life: Life, found: SettlementDesk) -> None:
    said = life.do(
        lambda uow: confirm_settlement(
            uow, *_kit(life), found.id, _sheet(life).revision, on=life.today, how="signed", evidence="双方签署的结算单"
        )
    )
    life.say(said)
    due = _sheet(life).due
    life.hold("没有相符的发票，付款期没有届满日", due is not None and due.day is None)


def _invoiced(life: Life) -> None:
    wrong = _invoice(life, "26112000000000000001", "ordinary")
    life.hold(f"普通发票与约定不符，付款期不起算：{'；'.join(wrong)}", bool(wrong))
    _invoice(life, "26112000000000000002", "ordinary", red_of="26112000000000000001")
    life.hold("红字冲销后另开专用发票，与结算单相符", not _invoice(life, "26112000000000000003", "special"))
    due = _sheet(life).due
    life.show(due.day if due else None)
    life.hold(
        "付款到期日为2026-04-07（清明假期顺延）", due is not None and due.day is not None and due.day.day == date(2026, 4, 7)
    )


def _invoice(life: Life, number: str, kind: str, red_of: str = "") -> tuple[str, ...]:
    found, sign = _sheet(life), -1 if red_of else 1
    lines = tuple(InvoiceLine(t.rate, sign * t.excl, sign * t.tax) for t in found.sheet.by_rate)
    invoice = NewInvoice(number, kind, life.today, life.today, lines, found.buyer_uscc, red_of)
    wrong: tuple[str, ...] = life.do(lambda uow: record_invoice(uow, *_kit(life), found.id, found.revision, invoice))
    return wrong


def _dunned(life: Life) -> None:
    late = next(x for x in _sheet(life).standings)
    life.say(f"逾期{late.delay.days}日，违约金{late.delay.damages:,.2f}元：{'；'.join(late.delay.lines)}")
    paper = life.do(lambda uow: draft_dunning(uow, *_kit(life)))
    life.finish(paper, "dunning", {})


def _corrected(life: Life) -> None:
    """A slip in the counts of February comes to light: the difference goes into the sheet of March, which silence confirms."""
    with life.wiring.reading() as uow:
        figures = month_desk(uow, life.actor, life.wiring.papers, life.contract_id, FEBRUARY).figures
    assert figures is not None
    right = replace(figures, tickets=Decimal(4000))
    life.do(lambda uow: correct_month(uow, life.actor, life.now, life.contract_id, right, "一百件工单重复计数，见双方核对表"))
    with life.wiring.reading() as uow:
        line = corrections(uow, life.actor, life.contract_id)[0]
    life.hold(f"更正建议{line.number}：{line.working.parts[0].how}", line.excl == Decimal("-2632.00"))
    life.do(
        lambda uow: accept_correction(
            uow, life.actor, life.now, life.today, life.contract_id, line.id, line.revision, "双方确认函QR-20260420"
        )
    )
    life.settlement = str(life.do(lambda uow: draw_up(uow, *_kit(life), MARCH)))
    found = _sheet(life)
    carried = [x.amount.excl for x in found.sheet.extras if x.carry]
    life.hold(f"更正列入{found.paper.number}，原结算单不变", carried == [line.excl])
    life.do(lambda uow: receive_settlement(uow, *_kit(life), found.id, found.revision, on=life.today))
    last = _sheet(life).silence.last
    life.hold("甲方2026-04-20收到，确认期和异议期至2026-04-27届满", last == date(2026, 4, 27))
    life.at(2026, 4, 27)
    life.silence()
    life.hold("期限届满当日仍可提出异议，没有确认", _sheet(life).state == "open")
    life.at(2026, 4, 29)
    life.silence()
    life.hold("宽限两个工作日，供期限内的异议补录，没有确认", _sheet(life).state == "open")
    life.at(2026, 4, 30)
    life.silence()
    found = _sheet(life)
    life.hold(
        "宽限期满后记录：依合同第8.2节视为确认，付款期自2026-04-27起算",
        (found.how, found.confirmed_on) == ("silence", date(2026, 4, 27)),
    )


def _sheet(life: Life) -> SettlementDesk:
    with life.wiring.reading() as uow:
        return settlement_desk(uow, life.actor, life.today, life.wiring.papers, life.contract_id, life.settlement)


def _kit(life: Life) -> tuple[Actor, datetime, date, PaperKit, str]:
    """The arguments that most use cases of settlement begin with."""
    return (life.actor, life.now, life.today, life.wiring.papers, life.contract_id)
