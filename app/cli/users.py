"""``users``: links and help for people who can't sign in, from the machine itself."""

from __future__ import annotations

import click

from app.cli.common import settings
from app.cli.lazy import LazyGroup
from app.services.accounts import CONSOLE, Post, clear_second_factor, find_login, list_users, send_link
from app.wiring import Wiring, first_run_link, now

COMMANDS = {
    "invite": ("app.cli.users_manage", "新建用户"),
    "change": ("app.cli.users_manage", "修改用户"),
    "close": ("app.cli.users_manage", "停用或者恢复用户"),
    "end-sessions": ("app.cli.users_manage", "结束用户的全部登录"),
    "hand-over": ("app.cli.users_manage", "移交离职人员的全部合同"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="账号：新建、修改、停用、一次性链接、两步验证")
def users() -> None:
    """账号的命令行维护，与网页的“用户”相同；在本机以系统管理员办理。"""


@users.command("create-link", short_help="生成一次性链接")
@click.argument("login", required=False)
def create_link(login: str | None) -> None:
    """生成一次性链接：没有任何用户时用于创建系统管理员；给出登录名时用于该用户设置密码，并解除暂停登录。"""
    wiring = Wiring(settings())
    if login is None:
        link = first_run_link(wiring)
        if not link:
            raise click.ClickException("已有用户；请给出登录名：users create-link 登录名")
        click.echo(link)
        return
    base = wiring.settings.base_url
    with wiring.unit_of_work() as uow:
        user_id = find_login(uow, login)
        made = send_link(uow, CONSOLE, now(), user_id, Post(wiring.write_mail, lambda token: f"{base}/password/{token}"))
    click.echo(made.link)


@users.command("clear-second-factor", short_help="清除两步验证")
@click.argument("login")
def clear(login: str) -> None:
    """清除一个用户的两步验证，用于手机与恢复码均已遗失；其所有登录随之结束。"""
    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        clear_second_factor(uow, CONSOLE, now(), find_login(uow, login), wiring.write_mail)
    click.echo(f"{login} 的两步验证已清除。")


@users.command("list", short_help="列出用户")
def show() -> None:
    """列出全部用户。"""
    with Wiring(settings()).reading() as uow:
        for user in list_users(uow, CONSOLE):
            roles = "、".join(r.label for r in sorted(user.details.roles, key=lambda r: r.value)) or "无角色"
            click.echo(f"{user.details.login}\t{user.details.name}\t{roles}\t{'' if user.active else '已停用'}")
