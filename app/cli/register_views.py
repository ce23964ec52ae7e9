"""``register views``: saved views of the register."""

from __future__ import annotations

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option
from app.cli.register_options import filter_option, read_filters
from app.domain.permissions import Actor
from app.services.access import actor_with_login
from app.services.register_settings import plain_settings
from app.services.register_views import SavedView, ViewMissing, choose_default, delete_view, list_views, save_view
from app.wiring import Wiring, now

name_argument = click.argument("name", metavar="视图名称")


@click.group(short_help="视图：列出、保存、删除、设为默认")
def views() -> None:
    """台账的视图：保存的条件、排序和列。"""


@views.command("list", short_help="列出视图")
@acting_option
def list_(login: str) -> None:
    """列出自己的和共享的视图及其条件。"""
    with Wiring(settings()).reading() as uow:
        found = list_views(uow, actor_with_login(uow, login))
    for view in found:
        marks = "、".join(
            filter(None, ("默认" if view.default else "", "共享" if view.shared else "", "" if view.own else view.owner_name))
        )
        plain = "&".join(f"{name}={value}" for name, values in plain_settings(view.settings).items() for value in values)
        click.echo(f"{view.name}\t{marks}\t{plain}")


@views.command("save", short_help="保存视图")
@name_argument
@filter_option
@click.option("--shared", is_flag=True, help="共享给可以查看合同的人。")
@acting_option
def save(name: str, filters: tuple[str, ...], login: str, *, shared: bool) -> None:
    """按给出的条件保存视图；已有同名的自己的视图即取代。"""
    wanted, wiring = read_filters(filters), Wiring(settings())
    with wiring.unit_of_work() as uow:
        save_view(uow, actor_with_login(uow, login), now(), name, wanted, shared=shared)
    click.echo("已保存。")


@views.command("delete", short_help="删除视图")
@name_argument
@acting_option
def delete(name: str, login: str) -> None:
    """删除自己的一个视图。"""
    wiring, actor, view = _named(name, login, own=True)
    with wiring.unit_of_work() as uow:
        delete_view(uow, actor, now(), view.id)
    click.echo("已删除。")


@views.command("default", short_help="设为默认")
@click.argument("name", metavar="[视图名称]", required=False)
@acting_option
def default(name: str | None, login: str) -> None:
    """把一个视图设为打开台账时的视图；不给名称即取消。"""
    wiring = Wiring(settings())
    if name is not None:
        wiring, actor, view = _named(name, login)
        chosen = view.id
    else:
        with wiring.reading() as uow:
            actor, chosen = actor_with_login(uow, login), ""
    with wiring.unit_of_work() as uow:
        choose_default(uow, actor, now(), chosen)
    click.echo("已设为默认。" if chosen else "已取消默认。")


def _named(name: str, login: str, *, own: bool = False) -> tuple[Wiring, Actor, SavedView]:
    """Raises ``ViewMissing``."""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        found = next((v for v in list_views(uow, actor) if v.name == name and (v.own or not own)), None)
    if found is None:
        raise ViewMissing
    return wiring, actor, found
