"""``users invite``, ``change``, ``close`` and others: what the page of users does, from the machine itself."""

from __future__ import annotations

from dataclasses import replace

import click

from app.cli.common import settings
from app.cli.contract_options import Office
from app.domain.approval_route import Function
from app.domain.permissions import Role
from app.services import accounts
from app.services.accounts import (
    CONSOLE,
    Post,
    UserDetails,
    change_user,
    end_sessions_of,
    find_login,
    load_user,
    set_active,
)
from app.services.confidentiality import hand_over_all
from app.services.stage_mails import Post as StagePost
from app.wiring import Wiring, now

roles_option = click.option(
    "--role", "roles", multiple=True, type=click.Choice([r.value for r in Role]), help="角色，可重复。"
)  # fmt: skip
offices_option = click.option("--office", "offices", multiple=True, type=Office(), help="审批职务，可重复。")
login_argument = click.argument("login", metavar="登录名")


@click.command("invite", short_help="新建用户")
@login_argument
@click.option("--name", required=True, help="姓名。")
@click.option("--email", default="", help="电子邮箱；省略则只打印链接。")
@roles_option
@offices_option
def invite(login: str, name: str, email: str, roles: tuple[str, ...], offices: tuple[Function, ...]) -> None:
    """新建一个用户，打印其设置密码的一次性链接；有邮箱的同时寄出。"""
    wiring = Wiring(settings())
    base = wiring.settings.base_url
    details = UserDetails(login, name, email, _roles(roles), frozenset(offices))
    with wiring.unit_of_work() as uow:
        made = accounts.invite(uow, CONSOLE, now(), details, Post(wiring.write_mail, lambda token: f"{base}/password/{token}"))
    click.echo(made.link)


@click.command("change", short_help="修改用户")
@login_argument
@click.option("--name", help="姓名。")
@click.option("--email", help="电子邮箱。")
@roles_option
@offices_option
@click.option("--no-roles", is_flag=True, help="取消全部角色。")
@click.option("--no-offices", is_flag=True, help="取消全部审批职务。")
def change(
    login: str, name: str | None, email: str | None, roles: tuple[str, ...], offices: tuple[Function, ...], *, no_roles: bool,
    no_offices: bool,
) -> None:  # fmt: skip
    """修改姓名、邮箱、角色和审批职务；没有给出的保持不变，给出的角色、职务取代原有的。"""
    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        view = load_user(uow, CONSOLE, find_login(uow, login))
        details = view.details
        if name is not None:
            details = replace(details, name=name)
        if email is not None:
            details = replace(details, email=email)
        if roles or no_roles:
            details = replace(details, roles=_roles(roles))
        if offices or no_offices:
            details = replace(details, offices=frozenset(offices))
        change_user(uow, CONSOLE, now(), view.id, view.revision, details)
    click.echo("已修改。")


@click.command("close", short_help="停用或者恢复用户")
@login_argument
@click.option("--undo", is_flag=True, help="恢复停用的账号。")
def close(login: str, *, undo: bool) -> None:
    """停用一个账号，其登录随之结束；所做的事情仍记在其名下。"""
    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        set_active(uow, CONSOLE, now(), find_login(uow, login), undo)
    click.echo("已恢复。" if undo else "已停用。")


@click.command("end-sessions", short_help="结束用户的全部登录")
@login_argument
def end_sessions(login: str) -> None:
    """结束一个用户在各处的登录。"""
    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        end_sessions_of(uow, CONSOLE, now(), find_login(uow, login))
    click.echo("已结束。")


@click.command("hand-over", short_help="移交离职人员的全部合同")
@login_argument
@click.option("--to", "to", required=True, metavar="登录名", help="由谁接手。")
def hand_over(login: str, to: str) -> None:
    """把一个人负责的全部合同移交给另一人，并邮件告知。"""
    wiring = Wiring(settings())
    base = wiring.settings.base_url
    post = StagePost(wiring.write_mail, lambda found: f"{base}/contracts/{found}/")
    with wiring.unit_of_work() as uow:
        count = hand_over_all(uow, CONSOLE, now(), find_login(uow, login), find_login(uow, to), post)
    click.echo(f"已移交 {count} 份合同。")


def _roles(values: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(r for r in Role if r.value in values)
