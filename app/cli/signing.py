"""``signing``: what the owner of a contract does with its signing; signatories use the link in their mail."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.signing_elsewhere import elsewhere
from app.cli.signing_paper import paper
from app.cli.signing_plan import plan_data, power_options, put_scan, read_plan
from app.cli.signing_roots import roots
from app.domain.ceremony import CodeWay
from app.domain.errors import ContractError
from app.services import signing_lead as lead
from app.services.authority_papers import PowerText
from app.services.signing_finish import finish_due
from app.services.signing_plan import Ask, Assigned, with_document
from app.services.signing_start import read_ask
from app.services.signing_start import start as start_signing
from app.services.signing_views import PlaceLine, Round, read_signing
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

    authority 为授权委托书：issued 签发日、from 生效日、until 失效日均须填写，file 为扫描件的路径（存入合同文件）。

    seam 为骑缝章：null，或者 {pages: all|odd, skip_cover: true|false, most_pages: 8}。
    """
    desk = at_desk(login, number)
    click.echo(yaml.safe_dump(plan_data(_ask(desk)), allow_unicode=True, sort_keys=False))


@signing.command("start", short_help="定稿并发起签署")
@number_argument
@click.argument("file", metavar="计划.yaml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@acting_option
def start(number: str, file: Path, login: str) -> None:
    """按计划定稿、认证，并向轮到的签署人发送链接；与合同约定不符的逐项列出，退出码为 1。"""
    desk = at_desk(login, number)
    plan = read_plan(desk, _ask(desk), file)
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


@signing.command("code", short_help="更改验证码的接收方式")
@number_argument
@place_option
@click.option("--by", required=True, type=click.Choice([w.value for w in CodeWay]), help="mail 邮件，sms 短信。")
@click.option("--phone", default="", help="手机号；境内号码可以省略 +86。")
@acting_option
def code(number: str, place: str, by: str, phone: str, login: str) -> None:
    """新链接发往原邮箱，原链接失效；此前的阅读和同意不再算数。没有设置短信网关（SMS_URL）的，短信只存入本地发件箱。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        lead.set_code_way(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, place, CodeWay(by), phone)
    click.echo("已更改。")


@signing.command("replace", short_help="更换签署人")
@number_argument
@place_option
@click.option("--name", required=True, help="新签署人的姓名。")
@click.option("--title", default="", help="职务。")
@click.option("--email", required=True, help="邮箱。")
@click.option(
    "--code", "by", type=click.Choice([w.value for w in CodeWay]), default="mail", show_default=True, help="验证码的接收方式。"
)
@click.option("--phone", default="", help="手机号，短信验证码用。")
@power_options
@reason_option
@acting_option
def replace(
    number: str, place: str, name: str, title: str, email: str, by: str, phone: str, power: PowerText, scan: Path | None, reason: str,
    login: str,
) -> None:  # fmt: skip
    """姓名印在文本中的不能更换：须撤回、修改文本、重新定稿。新签署人不是法定代表人的，须有本人的授权委托书。"""
    desk = at_desk(login, number)
    person = Assigned(place, name, title, email, code_way=CodeWay(by), phone=phone, power=power)
    with desk.wiring.unit_of_work() as uow:
        lead.check_replacement(uow, desk.actor, now(), desk.contract_id, place, person, reason)
    person = with_document(person, put_scan(desk, scan))
    with desk.wiring.unit_of_work() as uow:
        lead.replace_signatory(uow, desk.actor, now(), desk.wiring.sign_post, desk.contract_id, place, person, reason)
    click.echo("已更换。")


@signing.command("authority", short_help="更新授权委托书")
@number_argument
@place_option
@power_options
@acting_option
def authority(number: str, place: str, power: PowerText, scan: Path | None, login: str) -> None:
    """更新尚未签署的授权代表的授权委托书：编号、签发日、生效日、失效日均须填写；超期、越权的不予接受，原授权留在记录中。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        lead.check_authority(uow, desk.actor, now(), desk.contract_id, place, power)
    document = put_scan(desk, scan)
    with desk.wiring.unit_of_work() as uow:
        lead.put_authority(uow, desk.actor, now(), desk.contract_id, place, power, document)
    click.echo("已更新。")


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


def _code_words(line: PlaceLine) -> str:
    if not line.electronic or line.code_way is CodeWay.MAIL:
        return ""
    return f"  验证码：短信 {line.code_to}" + (f"（未能送达：{line.code_problem}）" if line.code_problem else "")


def _print(one: Round) -> None:
    click.echo(
        f"{one.execution.status.label}  {one.execution.order.label}  期限 {one.deadline}  发起 {one.starter} {one.started_at:%Y-%m-%d %H:%M}"
    )
    for line in one.lines:
        step = "已签署" if line.signed_at else "待签署" if line.turn else "未轮到"
        click.echo(f"  {line.place.id:<26} {line.place.label}  {line.email}  {step}{_code_words(line)}")
    if one.reason:
        click.echo(f"  {one.ended_by}：{one.reason}")


signing.add_command(paper)
signing.add_command(elsewhere)
signing.add_command(roots)
