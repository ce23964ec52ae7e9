"""``drafts``: stored drafts, filled in and put right as on the pages; a contract's text is reached by its number, too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from app.cli.common import print_deviations, print_findings, settings, tally
from app.cli.contract_common import acting_option
from app.cli.contract_options import reason_option
from app.cli.files import write_all
from app.domain.errors import ContractError
from app.domain.party_answers import Picks
from app.domain.permissions import Actor
from app.domain.variables import DeviationKind
from app.services.access import actor_with_login
from app.services.draft_list import search_drafts
from app.services.drafts import (
    DraftView,
    acknowledge,
    choose_position,
    create_draft,
    delete_draft,
    deviate,
    save_answers,
    withdraw_acknowledgement,
    withdraw_deviation,
)
from app.services.filing import load_contract
from app.services.issuing import import_service_list, issue, prepare_issue
from app.services.party_filling import fill_party, propose_party
from app.services.record import ContractMissing, id_of
from app.services.registering import find_by_code
from app.services.review import apply_fix, review_draft
from app.store.uow import UnitOfWork
from app.wiring import Wiring, now, today

draft_argument = click.argument("name", metavar="草稿标识|合同编号")


@dataclass(frozen=True, slots=True)
class Work:
    """The tools, who acts, and the draft."""

    wiring: Wiring
    actor: Actor
    draft_id: str

    def do(self) -> UnitOfWork:
        return self.wiring.unit_of_work()


@click.group(short_help="草稿：列出、填写、校对、生成文件")
def drafts() -> None:
    """保存在系统中的草稿。可以用草稿标识，也可以用已登记合同的编号。"""


@drafts.command("list", short_help="列出草稿")
@click.argument("words", required=False, default="")
@acting_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="至多列出的份数。")
def list_(words: str, login: str, limit: int) -> None:
    """按编号和当事人查找，最近修改的在前。"""
    with Wiring(settings()).reading() as uow:
        found = search_drafts(uow, actor_with_login(uow, login), words, limit=limit)
    for line in found.lines:
        click.echo("\t".join((line.id, line.number or "—", line.party_a or "—", line.party_b or "—", line.updated_by)))
    click.echo(f"共 {found.found} 份。", err=True)


@drafts.command("new", short_help="新建草稿")
@click.argument("answers", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@acting_option
def new(answers: Path | None, login: str) -> None:
    """新建一份草稿，空白的，或者由答案文件填好的；打印其标识。"""
    from app.library.answers_file import read_answers_file

    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        raw = read_answers_file(answers).data if answers is not None else None
        click.echo(create_draft(uow, actor_with_login(uow, login), now(), wiring.library, raw))


@drafts.command("show", short_help="校对草稿")
@draft_argument
@acting_option
def show(name: str, login: str) -> None:
    """列出填写有误之处、校对意见和偏离范本之处。"""
    work = _at(name, login)
    with work.wiring.reading() as uow:
        view, compiled = review_draft(uow, work.actor, work.wiring.reference, work.draft_id, today())
    click.echo(f"{view.number or '（未编号）'}　{view.title}　第{view.revision}次修改，{view.updated_by}")
    _print_faults(view)
    print_findings(compiled.findings)
    print_deviations(compiled.instrument)
    click.echo(f"校对：{tally(compiled.findings)}")


@drafts.command("set", short_help="填写变量")
@draft_argument
@click.argument("values", nargs=-1, required=True, metavar="变量=值…")
@acting_option
def set_(name: str, values: tuple[str, ...], login: str) -> None:
    """填写一个或者多个变量，如 fees.monthly_fixed=120000；值为空即清除，以 [ 或 { 开头的按 YAML 读取。"""
    entered = dict(_assigned(v) for v in values)
    work = _at(name, login)
    with work.do() as uow:
        view = save_answers(uow, work.actor, now(), work.wiring.library, work.draft_id, entered)
    _saved(view, *entered)


@drafts.command("party", short_help="由主体资料填写当事人")
@draft_argument
@click.argument("role", type=click.Choice(["a", "b"]))
@click.argument("code", metavar="统一社会信用代码|标识")
@acting_option
def party(name: str, role: str, code: str, login: str) -> None:
    """用主体资料填写甲方（a）或者乙方（b）；与现有内容不同的一并替换，并逐项列出。"""
    work, library = _at(name, login), Wiring(settings()).library
    with work.do() as uow:
        organisation = find_by_code(uow, work.actor, code)
        proposal = propose_party(uow, work.actor, today(), library, work.draft_id, role, organisation.id, Picks())
        names = [change.name for change in proposal.changes]
        fill_party(
            uow, work.actor, now(), today(), library, work.draft_id, role, organisation.id, Picks(), names, proposal.view.revision
        )
    for change in proposal.changes:
        click.echo(f"{change.label}：{change.before or '（空）'} → {change.after}")


@drafts.command("position", short_help="选择立场")
@draft_argument
@click.argument("topic", metavar="议题")
@click.argument("position", type=click.Choice(["standard", "fallback"]))
@acting_option
def position(name: str, topic: str, position: str, login: str) -> None:
    """对一个议题采用标准立场或者可退让立场。"""
    work = _at(name, login)
    with work.do() as uow:
        choose_position(uow, work.actor, now(), work.wiring.library, work.draft_id, topic, position)
    click.echo("已选择。")


@drafts.command("deviate", short_help="改写、删去或者增加条款")
@draft_argument
@click.argument("kind", type=click.Choice([k.value for k in DeviationKind]))
@click.argument("provision", metavar="条款标识")
@reason_option
@click.option("--text", default="", help="条款文字；删去时不填。")
@click.option("--title", default="", help="增加的条款的标题。")
@acting_option
def deviate_(name: str, kind: str, provision: str, reason: str, text: str, title: str, login: str) -> None:
    """只在这一份合同中改写（override）、删去（remove）一条，或者在其后增加（add）一条；须写明理由。"""
    work, chosen = _at(name, login), DeviationKind(kind)
    adding = chosen is DeviationKind.ADD
    with work.do() as uow:
        deviate(
            uow, work.actor, now(), work.wiring.library, work.draft_id, kind=chosen, provision="" if adding else provision,
            after=provision if adding else "", text=text, title=title, reason=reason,
        )  # fmt: skip
    click.echo("已记录偏离。")


@drafts.command("restore", short_help="恢复范本文字")
@draft_argument
@click.argument("provision", metavar="条款标识")
@acting_option
def restore(name: str, provision: str, login: str) -> None:
    """取消一处偏离。"""
    work = _at(name, login)
    with work.do() as uow:
        withdraw_deviation(uow, work.actor, now(), work.wiring.library, work.draft_id, provision)
    click.echo("已恢复。")


@drafts.command("pass", short_help="放行警告")
@draft_argument
@click.argument("rule", metavar="规则")
@click.option("--place", default="*", show_default=True, metavar="位置", help="条款标识或者变量。")
@click.option("--reason", help="理由，不少于20字；撤销时不填。")
@click.option("--withdraw", is_flag=True, help="撤销已有的放行。")
@acting_option
def pass_(name: str, rule: str, place: str, reason: str | None, login: str, *, withdraw: bool) -> None:
    """写明理由放行一项警告，或者撤销放行。"""
    work = _at(name, login)
    with work.do() as uow:
        if withdraw:
            withdraw_acknowledgement(uow, work.actor, now(), work.wiring.library, work.draft_id, rule=rule, place=place)
        else:
            acknowledge(uow, work.actor, now(), work.wiring.library, work.draft_id, rule=rule, place=place, reason=reason or "")
    click.echo("已撤销放行。" if withdraw else "已放行。")


@drafts.command("fix", short_help="按校对意见修正")
@draft_argument
@click.argument("rule", metavar="规则")
@click.option("--place", default="", metavar="位置", help="条款标识或者变量；省略则为第一处。")
@acting_option
def fix(name: str, rule: str, place: str, login: str) -> None:
    """自动修正一项可以机械修正的意见。"""
    work = _at(name, login)
    with work.do() as uow:
        apply_fix(uow, work.actor, now(), work.wiring.reference, work.draft_id, today(), rule=rule, place=place)
    click.echo("已修正。")


@drafts.command("services", short_help="导入服务项目表")
@draft_argument
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@acting_option
def services(name: str, path: Path, login: str) -> None:
    """由填好的工作簿导入服务项目表；有一格不能用就不导入，并逐格列出。"""
    work = _at(name, login)
    reading = work.wiring.read_service_list(path.read_bytes(), path.name)
    with work.do() as uow:
        view = import_service_list(uow, work.actor, now(), work.wiring.reference, work.draft_id, reading)
    if view is None:
        for fault in reading.faults:
            click.echo(
                f"{fault.sheet} 第{fault.row}行 {fault.letter}列（{fault.column}）“{fault.value}”：{fault.reason}", err=True
            )
        raise ContractError("annex.faults", f"有 {len(reading.faults)} 格须先改正，没有导入。")
    click.echo("已导入。")


@drafts.command("documents", short_help="生成文件")
@draft_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
@click.option("--final", is_flag=True, help="生成定稿：有未处理的意见即拒绝。")
@acting_option
def documents(name: str, out: Path, login: str, *, final: bool) -> None:
    """生成草稿的 DOCX、PDF、HTML、JSON、TXT 与附件表，并证明文字一致。"""
    work = _at(name, login)
    with work.wiring.reading() as uow:
        wanted = prepare_issue(uow, work.actor, work.wiring.reference, work.draft_id, today(), final=final)
    made = issue(wanted, lambda: work.wiring.tools, now(), lambda step: click.echo(f"… {step}", err=True))
    for path in write_all(out, made.files):
        click.echo(f"已写出 {path}（{path.stat().st_size:,} 字节）")


@drafts.command("delete", short_help="删除草稿")
@draft_argument
@acting_option
def delete(name: str, login: str) -> None:
    """删除一份没有登记为合同的草稿。"""
    work = _at(name, login)
    with work.do() as uow:
        delete_draft(uow, work.actor, work.draft_id)
    click.echo("已删除。")


def _at(name: str, login: str) -> Work:
    """A contract's draft by the contract's number, or any draft by its id."""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        try:
            draft_id = load_contract(uow, actor, id_of(uow, actor, name)).draft_id
        except ContractMissing:
            draft_id = name
    return Work(wiring, actor, draft_id)


def _assigned(words: str) -> tuple[str, Any]:
    name, equals, text = words.partition("=")
    if not equals or not name.strip():
        raise click.UsageError(f"“{words}”应写成 变量=值 的样子。")
    if text[:1] not in ("[", "{"):
        return name.strip(), text or None
    try:
        return name.strip(), yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise click.UsageError(f"“{name.strip()}”的值不是有效的 YAML。") from error


def _saved(view: DraftView, *names: str) -> None:
    click.echo(f"已保存，第{view.revision}次修改。")
    for name in names:
        for fault in view.faults_of(name):
            click.echo(f"注意：{fault.sentence()}", err=True)


def _print_faults(view: DraftView) -> None:
    for fault in view.reading.faults:
        click.echo(f"[填写] {fault.sentence()}")
