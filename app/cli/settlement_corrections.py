"""Corrections of settled periods on the command line: proposed from a filled workbook or for changed terms, shown, decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from app.cli.common import today_option
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.settlement_common import line_of, period_argument, print_figure
from app.domain.errors import InputError, InputFault
from app.services.correcting import (
    CAUSES,
    STATES,
    CorrectionLine,
    CorrectionMissing,
    accept_correction,
    correct_for_terms,
    correct_month,
    refuse_correction,
)
from app.services.correcting import corrections as made_corrections
from app.services.settlement_views import terms_labels
from app.wiring import now

correction_argument = click.argument("correction", metavar="更正编号")


@click.command("correct")
@number_argument
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@reason_option
@acting_option
def correct(number: str, file: Path, reason: str, login: str) -> None:
    """用更正后的模板重新计算已结算的月份，差额作为更正建议；原结算单不变。打印其编号。"""
    desk = at_desk(login, number)
    read = desk.wiring.read_month_upload(file.read_bytes())
    if read.faults or read.figures is None:
        raise InputError([InputFault(f.letter or "—", f.sheet, f.sentence()) for f in read.faults])
    with desk.wiring.unit_of_work() as uow:
        made = correct_month(uow, desk.actor, now(), desk.contract_id, read.figures, reason)
    _print(_line(desk, made))


@click.command("recompute")
@number_argument
@period_argument
@reason_option
@acting_option
@today_option
def recompute(number: str, period: str, reason: str, login: str, today: date) -> None:
    """按现行条款重新计算已结算的期间，差额作为更正建议。"""
    desk = at_desk(login, number)
    line = line_of(desk, period, today)
    with desk.wiring.unit_of_work() as uow:
        made = correct_for_terms(uow, desk.actor, now(), desk.contract_id, line.id, reason)
    _print(_line(desk, made))


@click.command("corrections")
@number_argument
@click.option("--depth", type=click.IntRange(0, 20), default=0, help="展开几层。")
@acting_option
def corrections(number: str, depth: int, login: str) -> None:
    """列出更正建议及其结果；--depth 展开差额的计算。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found, labels = made_corrections(uow, desk.actor, desk.contract_id), terms_labels(uow, desk.actor, desk.contract_id)
    for line in found:
        _print(line)
        if depth:
            print_figure(line.working, labels, depth)


@click.command("accept")
@number_argument
@correction_argument
@click.option("--evidence", required=True, help="双方确认的依据。")
@acting_option
@today_option
def accept(number: str, correction: str, evidence: str, login: str, today: date) -> None:
    """接受一项更正，列入下一份结算单。"""
    desk = at_desk(login, number)
    line = _line(desk, correction)
    with desk.wiring.unit_of_work() as uow:
        follows = accept_correction(uow, desk.actor, now(), today, desk.contract_id, line.id, line.revision, evidence)
    click.echo(f"{line.number} 已接受。")
    if follows:
        click.echo(f"以后的结算单因此也有差额，已提出{'、'.join(follows)}，请一并决定。")


@click.command("refuse")
@number_argument
@correction_argument
@reason_option
@acting_option
@today_option
def refuse(number: str, correction: str, reason: str, login: str, today: date) -> None:
    """不采纳一项更正。"""
    desk = at_desk(login, number)
    line = _line(desk, correction)
    with desk.wiring.unit_of_work() as uow:
        refuse_correction(uow, desk.actor, now(), today, desk.contract_id, line.id, line.revision, reason)
    click.echo(f"{line.number} 未采纳。")


def _line(desk: Desk, wanted: str) -> CorrectionLine:
    with desk.wiring.reading() as uow:
        for line in made_corrections(uow, desk.actor, desk.contract_id):
            if wanted in (line.id, line.number):
                return line
    raise CorrectionMissing


def _print(line: CorrectionLine) -> None:
    click.echo(f"{line.number}\t{STATES[line.state]}\t不含税{line.excl}\t税{line.tax}\t{CAUSES[line.cause]}\t{line.reason}")
