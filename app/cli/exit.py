"""``exit``: the tasks of a contract that has ended, and its archive."""

from __future__ import annotations

import mimetypes
from datetime import date
from pathlib import Path

import click

from app.cli.common import today_option
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.term_common import PARTIES, Member, day_type, print_date
from app.domain.exit_plan import TaskKey
from app.services.exiting import ExitMissing, ExitView, exit_desk, finish_task, reopen_task
from app.services.exiting import archive as archive_contract
from app.services.filing import DocumentKind, attach_document
from app.wiring import now

task_argument = click.argument("task", type=Member(TaskKey), metavar="任务")


@click.group(name="exit", short_help="退出任务与归档")
def exit_() -> None:
    """合同届满或者终止后的退出任务：移交、数据、结算、存续，以及归档。"""


@exit_.command("list", short_help="列出退出任务")
@number_argument
@click.option("--reasons", is_flag=True, help="逐行显示每个期限的计算过程。")
@acting_option
@today_option
def list_(number: str, reasons: bool, login: str, today: date) -> None:
    """列出退出任务、期限和办理情况，以及继续有效的条款。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = exit_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    if not found.exits:
        click.echo("还没有退出任务：合同尚未届满或者终止，或者后台任务尚未建立。")
    for one in found.exits:
        click.echo(f"终止日 {one.ending.on.isoformat()}{f'（部分：{one.ending.part}）' if one.ending.part else ''}")
        for t in one.tasks:
            state = (
                f"{'不再办理' if t.waived else '完成'} {t.done_on.isoformat()}" if t.done_on else "逾期" if t.overdue else "待办"
            )
            proof = "，须附文件" if t.task.proof else ""
            click.echo(
                f"{t.task.key.value}\t{t.task.due.day.isoformat()}\t{state}\t{PARTIES[t.task.obligor]}：{t.task.title}{proof}"
            )
            if reasons:
                print_date(t.task.due, found.state.instrument)
        for w in one.watches:
            click.echo(f"继续有效\t第{w.section}节{w.title}\t{w.until.day.isoformat() if w.until else '没有期限限制'}")


@exit_.command("done", short_help="记录任务完成")
@number_argument
@task_argument
@click.option("--on", "done_on", type=day_type, required=True, help="完成日。")
@click.option("--evidence", required=True, help="依据。")
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="所附文件。")
@click.option("--waived", is_flag=True, help="不再办理；在依据中写明理由。")
@acting_option
@today_option
def done(
    number: str, task: TaskKey, done_on: date, evidence: str, path: Path | None, waived: bool, login: str, today: date
) -> None:
    """记录一项任务完成及其依据；后续任务的期限随之重算。"""
    desk = at_desk(login, number)
    one = _exit(desk, today)
    document_id = ""
    if path is not None:
        with desk.wiring.unit_of_work() as uow:
            document_id = attach_document(
                uow, desk.actor, now(), desk.wiring.blobs, desk.contract_id, kind=DocumentKind.EVIDENCE, name=path.name,
                media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream", content=path.read_bytes(),
            ).id  # fmt: skip
    with desk.wiring.unit_of_work() as uow:
        finish_task(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, one.id, one.revision, task, done_on=done_on,
            evidence=evidence, document_id=document_id, waived=waived,
        )  # fmt: skip
    click.echo("已记录。")


@exit_.command("reopen", short_help="重新打开任务")
@number_argument
@task_argument
@reason_option
@acting_option
@today_option
def reopen(number: str, task: TaskKey, reason: str, login: str, today: date) -> None:
    """撤销一项任务的完成记录，重新办理。"""
    desk = at_desk(login, number)
    one = _exit(desk, today)
    with desk.wiring.unit_of_work() as uow:
        reopen_task(uow, desk.actor, now(), desk.wiring.calendar, desk.contract_id, one.id, one.revision, task, reason)
    click.echo("该任务已重新打开。")


@exit_.command("archive", short_help="归档")
@number_argument
@acting_option
@today_option
def archive(number: str, login: str, today: date) -> None:
    """全部任务办结后归档；未办结的逐项列出并拒绝。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        seen = exit_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id).contract.revision
    with desk.wiring.unit_of_work() as uow:
        archive_contract(uow, desk.actor, now(), desk.wiring.calendar, desk.contract_id, seen)
    click.echo("合同已归档。")


def _exit(desk: Desk, today: date) -> ExitView:
    with desk.wiring.reading() as uow:
        found = exit_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    if not found.exits:
        raise ExitMissing
    return found.exits[0]
