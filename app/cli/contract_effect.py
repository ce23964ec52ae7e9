"""``contract effect``: what the effect of a contract hangs on (section 11.1), checked off with evidence."""

from __future__ import annotations

from datetime import date

import click

from app.cli.common import Day
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_files import named_document
from app.cli.contract_options import reason_option
from app.cli.contract_people import overview_post
from app.domain.effect import Condition, Ground
from app.services.taking_effect import (
    check_off,
    drop_official_approval,
    read_effect,
    require_official_approval,
    undo_check_off,
)
from app.wiring import now, today

condition_argument = click.argument("condition", type=click.Choice([c.value for c in Condition]))


@click.group(short_help="生效：前置条件的勾销")
def effect() -> None:
    """合同成立与生效（第11.1节）：签署日期、生效前置条件及其证据。"""


@effect.command("show", short_help="显示生效条件")
@number_argument
@acting_option
def show(number: str, login: str) -> None:
    """显示签署日期、每项前置条件由何证据勾销，以及还缺什么。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = read_effect(uow, desk.actor, today(), desk.contract_id)
    for signed in found.signatures:
        click.echo(f"{'甲方' if signed.role == 'a' else '乙方'}签署：{signed.signed_on} {signed.signatory}")
    for line in found.lines:
        done = line.fulfilment
        state = f"{done.ground.label}，{done.on}，{done.evidence}（{done.recorded_by}）" if done else "尚未勾销"
        click.echo(f"{line.condition.value}\t{line.condition.label}\t{state}")
    for words in found.missing:
        click.echo(f"还缺：{words}")
    click.echo(f"生效日：{found.took_effect_on or '尚未生效'}")


@effect.command("check-off", short_help="勾销前置条件")
@number_argument
@condition_argument
@click.option("--on", "on", required=True, type=Day(), help="条件成就之日。")
@click.option("--document", required=True, metavar="文件", help="作为证据的文件（标识或者文件名），须先存入合同。")
@click.option("--evidence", default="", help="证据说明；省略则为文件名。")
@click.option("--ground", type=click.Choice([g.value for g in Ground]), default="fulfilled", show_default=True, help="缘由。")
@acting_option
def check(number: str, condition: str, on: date, document: str, evidence: str, ground: str, login: str) -> None:
    """以存入合同的文件为证据，勾销一项生效前置条件；条件齐备且日期已到的，合同随即生效。"""
    desk = at_desk(login, number)
    found = named_document(desk, document)
    with desk.wiring.unit_of_work() as uow:
        check_off(
            uow, desk.actor, now(), today(), overview_post(desk), desk.contract_id, Condition(condition), on=on, evidence=evidence,
            document_id=found, ground=Ground(ground),
        )  # fmt: skip
    click.echo("已勾销。")


@effect.command("undo", short_help="撤销勾销")
@number_argument
@condition_argument
@reason_option
@acting_option
def undo(number: str, condition: str, reason: str, login: str) -> None:
    """撤销误记的勾销。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        undo_check_off(uow, desk.actor, now(), desk.contract_id, Condition(condition), reason)
    click.echo("已撤销。")


@effect.command("official-approval", short_help="依法须经批准")
@number_argument
@click.option("--required/--dropped", "needed", required=True, help="列为前置条件，或者取消。")
@reason_option
@acting_option
def official(number: str, reason: str, login: str, *, needed: bool) -> None:
    """把依法须经的批准列为生效前置条件（《民法典》第502条），或者取消。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        if needed:
            require_official_approval(uow, desk.actor, now(), desk.contract_id, reason)
        else:
            drop_official_approval(uow, desk.actor, now(), today(), overview_post(desk), desk.contract_id, reason)
    click.echo("已列为前置条件。" if needed else "已取消。")
