"""``seals``: the register of seals and their use on the command line, with the permissions of the account that acts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from app.cli.common import Day, settings
from app.cli.contract_common import acting_option
from app.domain.seal_register import PaperUse, SealKind, SealLook, SealMove, SealOffice, UseMedium, UseRequest
from app.services.access import actor_with_login
from app.services.record import id_of
from app.services.seal_mails import Post
from app.services.seal_use import apply_for_seal, decide, register_use, release, seal_desk, uses_of
from app.services.sealing import SealDetails, appoint, list_seals, load_seal, move_seal, put_image, register_seal
from app.store.organisations import organisation_with_code
from app.wiring import Wiring, now, today


def _names(kind: type) -> click.Choice[str]:
    return click.Choice([member.value for member in kind])  # type: ignore[attr-defined]


@click.group(short_help="印章：登记、授权、图样、用印")
def seals() -> None:
    """印章登记和用印。用 --as 指明以谁的账号办理，权限与网页相同。"""


def _wiring() -> Wiring:
    return Wiring(settings())


def _post(wiring: Wiring) -> Post:
    return Post(wiring.write_mail, lambda contract_id: f"{wiring.settings.base_url}/contracts/{contract_id}/seals/")


@seals.command("list", short_help="列出印章")
@acting_option
def list_(login: str) -> None:
    """标识、单位、名称、种类、状态、现任保管人。"""
    with _wiring().reading() as uow:
        found = list_seals(uow, actor_with_login(uow, login), today())
    for view in found:
        keepers = "、".join(g.name for g in view.seal.standing(SealOffice.KEEPER, today())) or "无保管人"
        click.echo("\t".join((view.id, view.organisation, view.name, view.seal.kind.label, view.seal.state.label, keepers)))


@seals.command(short_help="显示一枚印章及其用印记录")
@click.argument("seal")
@acting_option
def show(seal: str, login: str) -> None:
    """状态、授权和每一次用印。"""
    with _wiring().reading() as uow:
        actor = actor_with_login(uow, login)
        view, uses = load_seal(uow, actor, today(), seal), uses_of(uow, actor, seal)
    click.echo(f"{view.organisation}　{view.name}（{view.seal.kind.label}，{view.seal.look.label}，{view.size:g}毫米）")
    click.echo(f"状态：{view.seal.state.label}")
    for line in view.grants:
        g = line.grant
        click.echo(
            f"{g.office.label}　{g.name}　{g.number}　{g.valid_from}至{g.valid_until}　{'有效' if line.stands else '不在有效期'}"
        )
    for fault in view.faults:
        click.echo(f"注意：{fault}")
    for use in uses:
        click.echo(
            f"{use.used_on}　{use.medium.label}　{use.contract or '（保密合同）'}　{use.document}　{use.copies}份　{use.by}"
        )


@seals.command(short_help="登记一枚印章")
@click.option("--organisation", required=True, metavar="统一社会信用代码", help="本方主体。")
@click.option("--kind", required=True, type=_names(SealKind), help="公章、合同专用章、财务专用章或者法定代表人章。")
@click.option("--name", required=True, help="印章名称。")
@click.option("--look", type=_names(SealLook), default="image", show_default=True, help="上传图样、系统绘制，或者仅用于纸质。")
@click.option("--size", type=float, default=40.0, show_default=True, help="宽度（毫米），至多45。")
@click.option("--code", default="", help="编号或者备案号。")
@acting_option
def register(organisation: str, kind: str, name: str, look: str, size: float, code: str, login: str) -> None:
    """登记后处于“制作中”，指定保管人和审批人后启用。"""
    with _wiring().unit_of_work() as uow:
        row = organisation_with_code(uow.session, organisation)
        details = SealDetails(row.id if row else "", SealKind(kind), name, SealLook(look), size, code)
        made = register_seal(uow, actor_with_login(uow, login), now(), details)
    click.echo(made)


@seals.command("appoint", short_help="登记书面授权")
@click.argument("seal")
@click.option("--person", required=True, metavar="登录名", help="被授权的人。")
@click.option("--office", required=True, type=_names(SealOffice), help="保管人、审批人或者使用人。")
@click.option("--number", required=True, help="授权文件编号。")
@click.option("--from", "start", type=Day(), default=today, show_default="今天", help="自（含当日）。")
@click.option("--until", required=True, type=Day(), help="至（含当日）。")
@click.option("--file", "paper", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="书面授权。")
@acting_option
def appoint_(seal: str, person: str, office: str, number: str, start: date, until: date, paper: Path, login: str) -> None:
    """保管人与审批人不能是同一个人。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        actor, who = actor_with_login(uow, login), actor_with_login(uow, person)
        appoint(
            uow, actor, now(), today(), wiring.blobs, wiring.inspect_file, seal, person=who.id, office=SealOffice(office), number=number,
            valid_from=start, valid_until=until, file_name=paper.name, content=paper.read_bytes(),
        )  # fmt: skip
    click.echo(f"已授权 {who.name} 为{SealOffice(office).label}。")


@seals.command(short_help="上传印章图样（由保管人）")
@click.argument("seal")
@click.argument("picture", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--width", required=True, type=float, help="印章的实际宽度（毫米）。")
@click.option("--confirm", is_flag=True, help="确认有权使用该印章的图样。")
@acting_option
def image(seal: str, picture: Path, width: float, confirm: bool, login: str) -> None:
    """去除底色，保留颜色和实际尺寸，加密存放。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        notes = put_image(
            uow, actor_with_login(uow, login), now(), today(), wiring.blobs, wiring.vault, wiring.seal_studio, seal,
            content=picture.read_bytes(), width_mm=width, confirmed=confirm,
        )  # fmt: skip
    click.echo("\n".join(("图样已存入。", *notes)))


@seals.command(short_help="启用、停用、收缴、销毁")
@click.argument("seal")
@click.argument("move", type=_names(SealMove))
@click.option("--reason", default="", help="原因；启用可不填。")
@acting_option
def state(seal: str, move: str, reason: str, login: str) -> None:
    """制作中 → 启用 → 停用 → 收缴 → 销毁。"""
    with _wiring().unit_of_work() as uow:
        after = move_seal(uow, actor_with_login(uow, login), now(), today(), seal, SealMove(move), reason)
    click.echo(f"印章现为“{after.label}”。")


@seals.command(short_help="申请用印")
@click.argument("contract")
@click.argument("seal")
@click.option("--medium", type=_names(UseMedium), default="paper", show_default=True, help="纸质用印或者电子签章。")
@click.option("--document", default="合同正本", show_default=True, help="盖在什么文件上。")
@click.option("--copies", type=int, default=1, show_default=True, help="份数。")
@click.option("--seam/--no-seam", default=True, show_default=True, help="是否加盖骑缝章。")
@click.option("--purpose", required=True, help="事由。")
@acting_option
def apply(contract: str, seal: str, medium: str, document: str, copies: int, seam: bool, purpose: str, login: str) -> None:
    """为合同审批通过的文本申请用印，显示申请的标识。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        request = UseRequest(UseMedium(medium), document, copies, seam, purpose)
        made = apply_for_seal(uow, actor, now(), today(), _post(wiring), id_of(uow, actor, contract), seal, request)
    click.echo(made)


@seals.command(short_help="列出一份合同的用印申请")
@click.argument("contract")
@acting_option
def uses(contract: str, login: str) -> None:
    """标识、印章、方式、份数、状态。"""
    with _wiring().reading() as uow:
        actor = actor_with_login(uow, login)
        desk = seal_desk(uow, actor, today(), id_of(uow, actor, contract))
    for a in desk.applications:
        state_ = "文本已变，失效" if a.lapsed else a.state.label
        click.echo("\t".join((a.id, a.seal, a.medium.label, f"{a.copies}份", state_, a.applicant)))


@seals.command("decide", short_help="批准或者驳回用印申请（由审批人）")
@click.argument("contract")
@click.argument("application")
@click.argument("answer", type=click.Choice(["approve", "refuse"]))
@click.option("--words", default="", help="意见；驳回须写明理由。")
@acting_option
def decide_(contract: str, application: str, answer: str, words: str, login: str) -> None:
    """印章的审批人作出决定。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        decide(uow, actor, now(), today(), _post(wiring), id_of(uow, actor, contract), application, approve=answer == "approve",
               words=words)  # fmt: skip
    click.echo("已批准。" if answer == "approve" else "已驳回。")


@seals.command("release", short_help="放行电子签章（由保管人）")
@click.argument("contract")
@click.argument("application")
@click.option("--back", is_flag=True, help="收回放行。")
@acting_option
def release_(contract: str, application: str, back: bool, login: str) -> None:
    """放行后，本方的电子签名显示这枚印章。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        release(uow, actor, now(), today(), _post(wiring), id_of(uow, actor, contract), application, back=back)
    click.echo("已收回放行。" if back else "已放行。")


@seals.command("use", short_help="登记纸质用印（由保管人）")
@click.argument("contract")
@click.argument("application")
@click.option("--copies", required=True, type=int, help="用印份数。")
@click.option("--on", "day", type=Day(), default=today, show_default="今天", help="用印日期。")
@click.option("--handed-to", required=True, help="经办人。")
@click.option("--remark", default="", help="哪几份、盖在何处。")
@acting_option
def use_(contract: str, application: str, copies: int, day: date, handed_to: str, remark: str, login: str) -> None:
    """用印记录只能增加，不能修改或者删除。"""
    wiring = _wiring()
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        entered = PaperUse(copies, day, handed_to, remark)
        register_use(uow, actor, now(), today(), _post(wiring), id_of(uow, actor, contract), application, entered)
    click.echo("用印已登记。")
