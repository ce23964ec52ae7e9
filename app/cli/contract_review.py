"""``contract submit``, ``approve``, ``return``, ``delegate`` …: review and approval."""

from __future__ import annotations

import click

from app.cli.common import settings
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import Pair, office_option, post_office, reason_option
from app.domain.approval import ReturnComment
from app.domain.approval_route import Function, Route
from app.services import deciding
from app.services.access import actor_with_login
from app.services.approval_desk import DeskLine, read_desk
from app.services.approval_rows import Asked, WaiverAsked
from app.services.approval_views import read_approvals
from app.services.submitting import look_ahead, withdraw_submission
from app.services.submitting import submit as submit_contract
from app.wiring import Wiring, now, today


@click.command("submit", short_help="送审")
@number_argument
@click.option("--remark", default="", help="送审说明。")
@click.option("--waive", "waived", multiple=True, type=Pair(), help="申请豁免不可接受立场：议题=理由（可重复）。")
@click.option("--dry-run", is_flag=True, help="只显示审批路线，不送审。")
@acting_option
def submit(number: str, remark: str, waived: tuple[tuple[str, str], ...], dry_run: bool, login: str) -> None:
    """冻结当前文本并送审；有不能送审的事项时逐项列出，退出码为 1。"""
    desk, day = at_desk(login, number), today()
    asked = Asked(remark, tuple(WaiverAsked(topic, reason) for topic, reason in waived))
    if dry_run:
        with desk.wiring.reading() as uow:
            outlook = look_ahead(uow, desk.actor, desk.wiring.reference, day, desk.contract_id, asked.waivers)
        if outlook.route is not None:
            _print_route(outlook.route)
        for problem in (*(f"{f.rule} {f.message}" for f in outlook.findings), *outlook.problems):
            click.echo(f"✗ {problem}")
        return
    with desk.wiring.unit_of_work() as uow:
        post = post_office(desk.wiring)
        submit_contract(uow, desk.actor, now(), day, desk.wiring.reference, post, desk.contract_id, asked)
    click.echo("已送审。")


@click.command("approve", short_help="审批通过")
@number_argument
@office_option
@click.option("--words", default="", help="审批意见；豁免不可接受立场时为理由，不少于20字。")
@click.option("--digest", default="", help="所阅文本的哈希（可只写开头）；与送审版本不符即拒绝。省略则为当前送审版本。")
@acting_option
def approve(number: str, office: Function, words: str, digest: str, login: str) -> None:
    """以一个职务通过当前送审的文本。"""
    desk = at_desk(login, number)
    shown, post = _digest(desk, digest), post_office(desk.wiring)
    with desk.wiring.unit_of_work() as uow:
        made = deciding.approve(
            uow, desk.actor, now(), today(), desk.wiring.reference, post, desk.contract_id, office, shown, words
        )  # fmt: skip
    click.echo(f"已通过（{office.label}）；本次审批：{made.status.label}。")


@click.command("return", short_help="退回修改")
@number_argument
@office_option
@reason_option
@click.option("--remark", "remarks", multiple=True, type=Pair(), help="逐条意见：条款标识=意见（可重复）。")
@click.option("--digest", default="", help="所阅文本的哈希（可只写开头）。")
@acting_option
def return_(number: str, office: Function, reason: str, remarks: tuple[tuple[str, str], ...], digest: str, login: str) -> None:
    """退回当前送审的文本；逐条意见同时记为批注。"""
    desk = at_desk(login, number)
    said = tuple(ReturnComment(place, text) for place, text in remarks)
    shown, post = _digest(desk, digest), post_office(desk.wiring)
    with desk.wiring.unit_of_work() as uow:
        deciding.return_contract(uow, desk.actor, now(), post, desk.contract_id, office, shown, reason, said)
    click.echo("已退回。")


@click.command("delegate", short_help="转交审批")
@number_argument
@office_option
@click.option("--to", required=True, metavar="登录名", help="转交给谁。")
@reason_option
@acting_option
def delegate(number: str, office: Function, to: str, reason: str, login: str) -> None:
    """把本次审批中自己的一个席位转交他人。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        user = actor_with_login(uow, to)
    with desk.wiring.unit_of_work() as uow:
        deciding.delegate(uow, desk.actor, now(), post_office(desk.wiring), desk.contract_id, office, user.id, reason)
    click.echo("已转交。")


@click.command("recall", short_help="收回转交")
@number_argument
@office_option
@acting_option
def recall(number: str, office: Function, login: str) -> None:
    """收回受托人尚未决定的席位。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        deciding.recall(uow, desk.actor, now(), desk.contract_id, office)
    click.echo("已收回。")


@click.command("withdraw", short_help="撤回送审")
@number_argument
@click.option("--reason", default="", help="理由。")
@acting_option
def withdraw(number: str, reason: str, login: str) -> None:
    """撤回送审；只有送审人可以。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        withdraw_submission(uow, desk.actor, now(), post_office(desk.wiring), desk.contract_id, reason)
    click.echo("已撤回。")


@click.command("revoke", short_help="撤销审批")
@number_argument
@reason_option
@acting_option
def revoke(number: str, reason: str, login: str) -> None:
    """撤销已通过的审批；只有参与审批的人可以。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        deciding.revoke(uow, desk.actor, now(), post_office(desk.wiring), desk.contract_id, reason)
    click.echo("已撤销。")


@click.command("desk", short_help="待我审批")
@acting_option
def desk(login: str) -> None:
    """列出等待决定的、送审的和决定过的合同。"""
    with Wiring(settings()).reading() as uow:
        found = read_desk(uow, actor_with_login(uow, login))
    for name, lines in (("等待我决定", found.waiting), ("我送审的", found.submitted), ("我决定过的", found.decided)):
        click.echo(f"{name}（{len(lines)}）")
        for line in lines:
            click.echo(f"  {_line(line)}")


def _line(line: DeskLine) -> str:
    offices = "、".join(f.label for f in line.offices)
    return "\t".join((line.number, line.status.label, offices, f"第{line.round}次", line.submitter))


def _digest(desk: Desk, wanted: str) -> str:
    """The digest of the text under decision; one that begins otherwise is handed on, to be refused as stale."""
    with desk.wiring.reading() as uow:
        rounds = read_approvals(uow, desk.actor, desk.wiring.reference, today(), desk.contract_id).rounds
    current = rounds[0].digest if rounds else ""
    return current if current.startswith(wanted) else wanted


def _print_route(route: Route) -> None:
    for number, step in enumerate(route.steps, 1):
        for seat in step.seats:
            click.echo(f"{number}. {seat.function.label}{'（须本人）' if seat.personal else ''}")
            for reason in seat.reasons:
                click.echo(f"     · {reason}")
