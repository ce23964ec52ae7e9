"""Obligations of a demonstration contract: planned on its effect, some done, a clock stopped and started, and its service list changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from app.cli.demo_life import Life, lives
from app.domain.annex_change import PRICES
from app.domain.obligation_state import Shown
from app.domain.term import BEIJING
from app.services.annex_changing import compare_with, list_in_force
from app.services.event_rows import Happening
from app.services.generation import Format, Tools
from app.services.obligation_events import record_event, start_clock, stop_clock
from app.services.obligation_keeping import Proof, finish, waive
from app.services.obligation_views import DutyBoard, DutyLine, duty_board, duty_detail, export_duties
from app.store.obligations import DutyFilter
from app.store.uow import UnitOfWork


def duty_files(
    tools: Callable[[], Tools], formats: frozenset[Format] = frozenset()
) -> tuple[dict[str, bytes], list[str], list[str]]:
    """The record of what happened and the list to take away, the record's lines, and what did not hold."""
    with lives(tools, formats) as begin:
        life = begin("履行")
        _planned(life)
        _handed_in(life)
        _clock(life)
        _list(life)
        life.audit()
        sheet = life.do(partial(_exported, life=life))
    lines = [f"── {life.name} ──", *life.log, ""]
    return {"duties.txt": "\n".join(lines).encode(), "duties.csv": sheet}, lines, life.failed


def _planned(life: Life) -> None:
    board = _board(life)
    recurring = sum(line.duty == "O-8.2-1" for line in board.lines)
    life.say(
        f"合同生效，按{len({x.duty for x in board.lines})}项条款义务排定{len(board.lines)}期，另有{len(board.standing)}项持续义务"
    )
    life.hold("结算单每月一期，共12期", recurring == 12)
    with life.wiring.reading() as uow:
        found = duty_detail(uow, life.actor, life.now, life.contract_id, _line(life, "O-8.2-1", "2026年3月").id)
    life.say(f"{found.line.action}（{found.line.label}）：{found.line.due_on}")
    life.log += [f"{'':14}{reason.text}（{'、'.join(reason.source)}）" for reason in found.reasons]


def _handed_in(life: Life) -> None:
    life.at(2026, 4, 8)
    life.do(partial(_finish, life=life, line=_line(life, "O-8.2-1", "2026年3月"), evidence="结算单JS-202603，邮件第12号"))
    answer = _line(life, "O-8.2-2", "2026年3月")
    life.hold(f"乙方提交结算单后，甲方的确认期随即起算：{answer.due_on}", answer.due_on == date(2026, 4, 15))
    life.at(2026, 4, 16)
    life.hold("到期未确认，列为逾期", _line(life, "O-8.2-2", "2026年3月").shown is Shown.LATE)
    meeting = _line(life, "O-4.2-3", "2026年5月")
    life.do(
        lambda uow: waive(
            uow, life.actor, life.now, life.contract_id, meeting.id, meeting.revision, reason="五月例会并入季度复盘",
            authority="双方项目经理会议纪要2026-04",
        )
    )  # fmt: skip
    life.say("五月例会经授权豁免")


def _clock(life: Life) -> None:
    life.at(2026, 4, 21)
    moment, almanac = datetime(2026, 4, 20, 10, 0, tzinfo=BEIJING), life.wiring.almanac
    happening = Happening("ticket_escalated", moment.date(), "GD-20260420-0007", moment)
    made = life.do(lambda uow: record_event(uow, life.actor, life.now, life.today, almanac, life.contract_id, happening, "cli"))
    before = _line(life, "O-1.2-3").due_at
    stop, go = moment + timedelta(hours=1), moment + timedelta(hours=3)
    life.do(lambda uow: stop_clock(uow, life.actor, life.now, almanac, life.contract_id, made.id, ground="user", at=stop))
    life.do(lambda uow: start_clock(uow, life.actor, life.now, almanac, life.contract_id, made.id, at=go))
    after = _line(life, "O-1.2-3").due_at
    life.say(
        f"工单升级，答复期限{before:%m-%d %H:%M}；停钟两小时后为{after:%m-%d %H:%M}" if before and after else "没有排定答复期限"
    )
    life.hold("停钟两小时，期限顺延两小时", before is not None and after is not None and after - before == timedelta(hours=2))


def _list(life: Life) -> None:
    """A changed service list against the one in force."""
    with life.wiring.reading() as uow:
        found = list_in_force(uow, life.actor, life.contract_id, life.today)
    value = found.values[PRICES]
    rows: list[dict[str, Any]] = [dict(r) for r in value if not isinstance(r, str)] if isinstance(value, tuple) else []
    rows[0]["excl_tax"] = Decimal("1320000.00")
    with life.wiring.reading() as uow:
        change = compare_with(uow, life.actor, life.wiring.papers, life.contract_id, {PRICES: rows}, life.today)
    price = change.price
    life.hold(
        f"服务费调为1,320,000元：每年增加{price.yearly_incl:,.2f}元（含税），固定月费应随之改为{price.fixed_after:,.2f}元"
        if price is not None and price.fixed_after is not None
        else "变更的清单没有算出价款的影响",
        price is not None and (price.yearly_incl, price.fixed_after) == (Decimal("127200.00"), Decimal("110000.00")),
    )


def _board(life: Life) -> DutyBoard:
    with life.wiring.reading() as uow:
        return duty_board(uow, life.actor, life.now, life.contract_id)


def _line(life: Life, duty: str, label: str = "") -> DutyLine:
    return next(x for x in _board(life).lines if x.duty == duty and label in x.label)


def _finish(uow: UnitOfWork, *, life: Life, line: DutyLine, evidence: str) -> None:
    proof = Proof(life.today, evidence)
    finish(uow, life.actor, life.now, life.today, life.wiring.almanac, life.contract_id, line.id, line.revision, proof)
    life.say(f"{line.action}（{line.label}）：已完成，{evidence}")


def _exported(uow: UnitOfWork, *, life: Life) -> bytes:
    return export_duties(uow, life.actor, life.now, DutyFilter(), life.wiring.write_register, [], life.contract_id)[1]
