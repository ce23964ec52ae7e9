"""``signing``: what the owner of a contract does with its signing; signatories use the link in their mail."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.signing_elsewhere import elsewhere
from app.cli.signing_paper import paper
from app.domain.authority import Authority, Matter
from app.domain.errors import ContractError
from app.domain.execution import Medium, Order
from app.domain.signing_form import SeamPages, SeamWish
from app.services import signing_lead as lead
from app.services.signing_finish import finish_due
from app.services.signing_plan import Ask, Assigned, Plan, Proposal
from app.services.signing_start import read_ask
from app.services.signing_start import start as start_signing
from app.services.signing_views import Round, read_signing
from app.wiring import now, today

place_option = click.option("--place", required=True, metavar="栏位", help="签署栏位，见 signing show。")


@click.group(short_help="签署：发起、进度、提醒、更正、更换、撤回")
def signing() -> None:
    """合同的签署。签署人凭邮件中的链接在网页上办理；这里是发起方的各项操作。"""


@signing.command("plan", short_help="输出可填写的签署计划")
@number_argument
@acting_option
def plan(number: str, login: str) -> None:
    """输出签署计划（YAML）：每个栏位由谁签署，从合同文本预填；填好邮箱后交给 signing start。

    seam 为骑缝章：null，或者 {pages: all|odd, skip_cover: true|false, most_pages: 8}。
    """
    desk = at_desk(login, number)
    click.echo(yaml.safe_dump(_plan_data(_ask(desk)), allow_unicode=True, sort_keys=False))


@signing.command("start", short_help="定稿并发起签署")
@number_argument
@click.argument("file", metavar="计划.yaml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@acting_option
def start(number: str, file: Path, login: str) -> None:
    """按计划定稿、认证，并向轮到的签署人发送链接；与合同约定不符的逐项列出，退出码为 1。"""
    desk = at_desk(login, number)
    plan = _read_plan(_ask(desk), file)
    kit = desk.wiring.signing_kit
    made = start_signing(
        kit, desk.actor, desk.wiring.calendar, desk.contract_id, plan, lambda step: click.echo(f"… {step}", err=True)
    )
    click.echo(f"已发起签署 {made}，期限 {plan.deadline.isoformat()}。")


@signing.command("show", short_help="签署进度")
@number_argument
@acting_option
def show(number: str, login: str) -> None:
    """每个栏位由谁签署、到了哪一步。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        view = read_signing(uow, desk.actor, desk.contract_id)
    if view.current is None:
        click.echo("尚未发起签署。")
        return
    for one in (view.current, *view.earlier):
        _print(one)


@signing.command("remind", short_help="提醒签署人")
@number_argument
@place_option
@acting_option
def remind(number: str, place: str, login: str) -> None:
    """发送新的签署链接，原链接失效。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        lead.remind(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, place)
    click.echo("已提醒。")


@signing.command("address", short_help="更正签署人的邮箱")
@number_argument
@place_option
@click.option("--email", required=True, help="正确的邮箱。")
@acting_option
def address(number: str, place: str, email: str, login: str) -> None:
    """新链接发往新邮箱，原链接失效；此前的阅读和同意不再算数。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        lead.correct_address(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, place, email)
    click.echo("已更正。")


@signing.command("replace", short_help="更换签署人")
@number_argument
@place_option
@click.option("--name", required=True, help="新签署人的姓名。")
@click.option("--title", default="", help="职务。")
@click.option("--email", required=True, help="邮箱。")
@reason_option
@acting_option
def replace(number: str, place: str, name: str, title: str, email: str, reason: str, login: str) -> None:
    """姓名印在文本中的不能更换：须撤回、修改文本、重新定稿。"""
    desk = at_desk(login, number)
    person = Assigned(place, name, title, email)
    with desk.wiring.unit_of_work() as uow:
        lead.replace_signatory(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, place, person, reason)
    click.echo("已更换。")


@signing.command("withdraw", short_help="撤回签署")
@number_argument
@reason_option
@acting_option
def withdraw(number: str, reason: str, login: str) -> None:
    """链接和已有的签名失效，并通知全部签署人；文本仍为已定稿。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        lead.withdraw(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, reason)
    click.echo("已撤回。")


@signing.command("finish", short_help="为签署完毕的文件加盖存档时间戳（平时由后台任务进行）")
@acting_option
def finish(login: str) -> None:
    """全部签署人均已完成的：加盖存档时间戳，存入合同，合同成立。"""
    from app.cli.common import settings
    from app.services.access import actor_with_login
    from app.wiring import Wiring

    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor_with_login(uow, login)
    done, faults = finish_due(wiring.signing_kit)
    for fault in faults:
        click.echo(f"✗ {fault}", err=True)
    click.echo(f"完成 {done} 份。")
    if faults:
        raise ContractError("signing.unfinished", f"{len(faults)} 份未能完成。")


def _ask(desk: Desk) -> Ask:
    with desk.wiring.reading() as uow:
        return read_ask(uow, desk.actor, desk.wiring.calendar, today(), desk.contract_id)


def _plan_data(ask: Ask) -> dict[str, Any]:
    people = []
    for p in ask.proposals:
        line: dict[str, Any] = {
            "place": p.place.key, "name": p.person.name, "title": p.person.title, "email": p.person.email, "stage": 1,
            "medium": p.person.medium.value,
        }  # fmt: skip
        if p.agent:
            power = p.person.authority
            line["authority"] = {
                "number": power.number if power else "", "from": power.valid_from if power else None,
                "until": power.valid_until if power else None, "limit": "", "matters": ["contract"],
            }  # fmt: skip
        people.append(line)
    return {"order": Order.PARALLEL.value, "deadline": ask.terms.deadline, "seam": None, "people": people}


def _read_plan(ask: Ask, file: Path) -> Plan:
    """Raises ``signing.plan`` for a file that is none."""
    known = {p.place.key: p for p in ask.proposals}
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        people = tuple(_person(known.get(str(line["place"])), line) for line in data["people"])
        seam = data.get("seam")
        wish = (
            SeamWish(SeamPages(seam["pages"]), bool(seam.get("skip_cover")), int(seam.get("most_pages") or 8)) if seam else None
        )
        return Plan(Order(data["order"]), _day(data["deadline"]), people, wish)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ContractError("signing.plan", f"{file} 不是可用的签署计划（{error}）；请从 signing plan 的输出改起。") from error


def _person(proposal: Proposal | None, line: dict[str, Any]) -> Assigned:
    power, given = None, line.get("authority")
    if given and proposal is not None and given.get("number"):
        from decimal import Decimal

        limit = Decimal(str(given["limit"])) if given.get("limit") else None
        begins = _day(given["from"])
        matters = frozenset(Matter(m) for m in given["matters"])
        power = Authority(
            str(given["number"]), proposal.party_name, str(line["name"]), matters, begins, begins, _day(given["until"]), limit
        )
    return Assigned(
        str(line["place"]), str(line["name"]), str(line.get("title") or ""), str(line.get("email") or ""), int(line.get("stage") or 1),
        Medium(line.get("medium") or "electronic"), power,
    )  # fmt: skip


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _print(one: Round) -> None:
    click.echo(
        f"{one.execution.status.label}  {one.execution.order.label}  期限 {one.deadline}  发起 {one.starter} {one.started_at:%Y-%m-%d %H:%M}"
    )
    for line in one.lines:
        step = "已签署" if line.signed_at else "待签署" if line.turn else "未轮到"
        click.echo(f"  {line.place.id:<26} {line.place.label}  {line.email}  {step}")
    if one.reason:
        click.echo(f"  {one.ended_by}：{one.reason}")


signing.add_command(paper)
signing.add_command(elsewhere)
