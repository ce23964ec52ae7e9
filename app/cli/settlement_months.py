"""Monthly figures on the command line: workbook out and in, score with its working, what both parties say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from app.cli.common import today_option
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument, put_evidence
from app.cli.contract_options import reason_option
from app.cli.files import write_all
from app.cli.settlement_common import month_argument, print_figure
from app.cli.term_common import day_type
from app.domain.errors import InputError, InputFault
from app.services.service_levels import (
    STATES,
    Evidence,
    answer_objection,
    enter_month,
    open_failure_case,
    receive_result,
    reopen_month,
    review_month,
)
from app.services.settlement_views import MonthDesk, month_desk, overview
from app.services.settling import SETTLEMENT_STATES
from app.services.silence import deem_confirmed
from app.wiring import now

on_option = click.option("--on", type=day_type, default=None, help="日期，不填为今天。")
evidence_option = click.option(
    "--evidence",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="存入合同的证据文件，可重复。",
)


@click.command("months")
@number_argument
@acting_option
@today_option
def months(number: str, login: str, today: date) -> None:
    """列出各月的得分与状态、各份结算单与未付金额。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = overview(uow, desk.actor, today, desk.contract_id)
    for m in reversed(found.months):
        score = "不计分" if m.score is None and m.state else "" if m.score is None else f"{m.score}分"
        marks = "，".join(x for x in ("爬坡期" if m.ramp else "", "不合格" if m.failed else "") if x)
        click.echo(
            "\t".join(
                (f"{m.month:%Y-%m}", STATES.get(m.state, "未录入"), score, marks, m.settlement.number if m.settlement else "")
            ).rstrip()
        )
    for s in reversed(found.settlements):
        due = f"逾期{s.late}日（{s.due_on}）" if s.late else s.due_on.isoformat() if s.due_on else ""
        click.echo("\t".join((s.paper.number, SETTLEMENT_STATES[s.state], f"应付{s.incl}", f"未付{s.open_amount}", due)).rstrip())
    if found.failure and found.failure.reached:
        click.echo(f"考核持续不合格：{found.failure.sentence}。可用 settlement fail 启动解除事项。")


@click.command("template")
@number_argument
@month_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="工作簿。")
@acting_option
def template(number: str, month: date, out: Path, login: str) -> None:
    """写出某月考核数据的填报模板；已经录入的数据一并写出。"""
    desk = at_desk(login, number)
    found = _month(desk, month)
    made = desk.wiring.month_template(found.month, [level.name for level in found.levels], found.figures)
    write_all(out.parent, {out.name: made})
    click.echo(out)


@click.command("enter")
@number_argument
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--by", type=click.Choice(["a", "b"]), default="b", show_default=True, help="b 乙方提交，a 甲方审核结果。")
@on_option
@click.option("--words", default="", help="说明。")
@evidence_option
@acting_option
@today_option
def enter(
    number: str, file: Path, by: str, on: date | None, words: str, files: tuple[Path, ...], login: str, today: date
) -> None:  # fmt: skip
    """从填好的模板录入某月的考核数据；有误的单元格全部列出，一处也不录入。证据文件先存入合同，与页面上传的检查相同。"""
    desk = at_desk(login, number)
    read = desk.wiring.read_month_upload(file.read_bytes())
    if read.faults or read.figures is None:
        raise InputError([InputFault(f.letter or "—", f.sheet, f.sentence()) for f in read.faults])
    seen = _month(desk, read.figures.month).revision
    evidence = _evidence(desk, words, files)
    with desk.wiring.unit_of_work() as uow:
        scored = enter_month(
            uow,
            desk.actor,
            now(),
            today,
            desk.wiring.papers,
            desk.contract_id,
            read.figures,
            on or today,
            seen=seen,
            by=by,
            evidence=evidence,
        )
    click.echo(f"{read.figures.month:%Y-%m} 已录入，{'不计分' if scored.total is None else f'得分{scored.total}分'}。")


@click.command("score")
@number_argument
@month_argument
@click.option("--depth", type=click.IntRange(0, 20), default=3, show_default=True, help="展开几层。")
@acting_option
def score(number: str, month: date, depth: int, login: str) -> None:
    """显示某月的得分、每个数字的由来、触发的整改和双方意见。"""
    found = _month(at_desk(login, number), month)
    if found.scored is None:
        click.echo(f"{month:%Y-%m} 还没有录入考核数据。")
        return
    click.echo(f"{month:%Y-%m}\t{STATES[found.state]}")
    print_figure(found.scored.figure, found.labels, depth)
    for t in found.triggers:
        click.echo(f"触发整改：{t.sentence}［{found.labels.get(t.clause, (t.clause, ''))[0]}］")
    if found.rectification:
        click.echo(f"整改通知：{found.rectification.number}")
    for s in found.statements:
        named = "、".join(name for _, name in s.files)
        click.echo(f"{s.on.isoformat()}\t{'甲方' if s.party == 'a' else '乙方'}\t{s.kind}\t{s.words}\t{named}".rstrip())


def _said_by(name: str, words: str, record: Callable[..., str]) -> click.Command:
    """``review`` and ``answer``: what one party says of the figures, recorded by ``record``."""

    @click.command(name, help=words)
    @number_argument
    @month_argument
    @click.option("--agree/--object", "agrees", required=True, help="认可，或者提出异议。")
    @on_option
    @click.option("--words", default="", help="理由和证据；提出异议须填。")
    @evidence_option
    @acting_option
    @today_option
    def command(
        number: str, month: date, agrees: bool, on: date | None, words: str, files: tuple[Path, ...], login: str, today: date
    ) -> None:  # fmt: skip
        desk = at_desk(login, number)
        seen = _month(desk, month).revision
        evidence = _evidence(desk, words, files)
        with desk.wiring.unit_of_work() as uow:
            click.echo(
                record(
                    uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, month, seen, agrees, on=on or today,
                    evidence=evidence,
                )
            )  # fmt: skip

    return command


def _answered(*place: Any, on: date, evidence: Evidence) -> str:
    *at, accepts = place
    return answer_objection(*at, accepts=accepts, on=on, evidence=evidence)


def _reviewed(*place: Any, on: date, evidence: Evidence) -> str:
    *at, agrees = place
    return review_month(*at, agrees=agrees, on=on, evidence=evidence)


review = _said_by("review", "记录甲方对考核数据的认可（即确认）或者异议。", _reviewed)
answer = _said_by("answer", "记录乙方对甲方审核结果的认可或者异议。", _answered)


@click.command("received")
@number_argument
@month_argument
@on_option
@click.option("--words", default="", help="怎样收到的。")
@evidence_option
@acting_option
@today_option
def received(
    number: str, month: date, on: date | None, words: str, files: tuple[Path, ...], login: str, today: date
) -> None:  # fmt: skip
    """记录乙方收到甲方审核结果的日期；乙方的异议期自此起算。"""
    desk = at_desk(login, number)
    seen = _month(desk, month).revision
    evidence = _evidence(desk, words, files)
    with desk.wiring.unit_of_work() as uow:
        silence = receive_result(
            uow,
            desk.actor,
            now(),
            today,
            desk.wiring.papers,
            desk.contract_id,
            month,
            seen,
            on=on or today,
            evidence=evidence,
        )
    last = f"乙方至{silence.last.isoformat()}未提出异议的，视为认可" if silence.last else silence.why
    click.echo(f"{month:%Y-%m} 收到审核结果的日期已记录；{last}。")


@click.command("lapse")
@number_argument
@month_argument
@acting_option
@today_option
def lapse(number: str, month: date, login: str, today: date) -> None:
    """审核期或者异议期届满而未提出的，视为确认。"""
    desk = at_desk(login, number)
    seen = _month(desk, month).revision
    with desk.wiring.unit_of_work() as uow:
        click.echo(deem_confirmed(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, month, seen))


@click.command("reopen")
@number_argument
@month_argument
@reason_option
@acting_option
def reopen(number: str, month: date, reason: str, login: str) -> None:
    """撤销对某月考核的确认，以便更正；已列入结算单的不能撤销。"""
    desk = at_desk(login, number)
    seen = _month(desk, month).revision
    with desk.wiring.unit_of_work() as uow:
        reopen_month(uow, desk.actor, now(), desk.wiring.papers, desk.contract_id, month, seen, reason)
    click.echo(f"{month:%Y-%m} 的确认已撤销。")


@click.command("fail")
@number_argument
@acting_option
@today_option
def fail(number: str, login: str, today: date) -> None:
    """不合格期数达到合同第9.1节门槛的，以“考核持续不合格”启动解除事项；打印其标识。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        click.echo(open_failure_case(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id))


def _evidence(desk: Desk, words: str, files: tuple[Path, ...]) -> Evidence:
    return Evidence(words, put_evidence(desk, files, "考核数据的证据"))


def _month(desk: Desk, month: date) -> MonthDesk:
    with desk.wiring.reading() as uow:
        return month_desk(uow, desk.actor, desk.wiring.papers, desk.contract_id, month)
