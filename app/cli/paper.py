"""``paper``: the papers of a contract, from their forms to files. Amendments are edited with ``amendment``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.paper_common import (
    ENTERED,
    Entered,
    at_paper,
    frozen_line,
    out_option,
    paper_argument,
    show_faults,
    show_text,
    write_files,
)
from app.cli.term_common import Member, day_type, party, revision_of
from app.domain.notice import Method, Proof
from app.domain.papers import PaperKind
from app.domain.variables import Requirement
from app.services.amending import draft_amendment
from app.services.paper_delivery import arrive_alone, confirm_settlement, send_alone
from app.services.paper_desk import drop_paper, freeze_any, paper_lines, paper_view, shown_paper, study_any
from app.services.paper_files import file_paper, files_of
from app.services.paper_freezing import FrozenPaper, reopen_paper
from app.services.paper_texts import fill_paper, let_pass, start_paper, typed
from app.wiring import now, today


class Kind(click.ParamType[PaperKind]):
    name = "|".join(k.value for k in PaperKind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> PaperKind:
        found = next((k for k in PaperKind if value in (k, k.value, k.label)), None)
        if found is None:
            known = "、".join(f"{k.value}（{k.label}）" for k in PaperKind)
            self.fail(f"没有文书“{value}”；可选 {known}。", param, ctx)
        return found


@click.group(short_help="文书：补充协议、续约、通知、结算单等")
def paper() -> None:
    """合同的八种文书：起草、填写、校对、定稿、生成文件。补充协议的修订另见 amendment。"""


@paper.command("list", short_help="列出文书")
@number_argument
@acting_option
def list_(number: str, login: str) -> None:
    """列出合同的全部文书，新的在前。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        lines = paper_lines(uow, desk.actor, desk.contract_id)
    for line in lines:
        dates = "".join(
            (
                f"\t签署或到达 {line.head.arrived_on}" if line.head.arrived_on else "",
                f"\t生效 {line.head.effective_on}" if line.head.effective_on else "",
                f"\t待按{'、'.join(line.stale)}重新拟定" if line.stale else "",
            )
        )
        click.echo(f"{line.head.number}\t{line.head.title}\t{line.head.state.label}{dates}")
    if not lines:
        click.echo("还没有文书。")


@paper.command("variables", short_help="列出一种文书的变量")
@click.argument("kind", type=Kind(), metavar="文书种类")
def variables(kind: PaperKind) -> None:
    """列出一种文书须填写的变量。"""
    from app.library.loader import load_paper

    for variable in load_paper(kind).variables:
        if variable.required is not Requirement.COMPUTED:
            click.echo(f"{variable.name}\t{variable.label}\t{variable.type.value}")


@paper.command("start", short_help="起草文书")
@number_argument
@click.argument("kind", type=Kind(), metavar="文书种类")
@click.option(
    "--from", "sender", type=click.Choice(["party_a", "party_b"]), default="party_a", show_default=True, help="发函方。"
)
@click.option("--set", "entered", multiple=True, type=Entered(), help=ENTERED)
@acting_option
def start(number: str, kind: PaperKind, sender: str, entered: tuple[tuple[str, Any], ...], login: str) -> None:
    """起草一份文书并取得编号；当事人、地址、签署人自合同现行文本带入。"""
    desk = at_desk(login, number)
    kit = desk.wiring.papers
    with desk.wiring.unit_of_work() as uow:
        if kind is PaperKind.AMENDMENT:
            made = draft_amendment(uow, desk.actor, now(), today(), kit, desk.contract_id)
        else:
            made = start_paper(
                uow, desk.actor, now(), today(), kit, desk.contract_id, kind, sender=sender,
                values={n: typed(kit.forms(kind).variables, n, raw) for n, raw in entered},
            )  # fmt: skip
    with desk.wiring.reading() as uow:
        compiled = study_any(uow, desk.actor, kit, made, today())
    click.echo(compiled.text.head.number)


@paper.command("fill", short_help="填写文书")
@paper_argument
@click.option("--set", "entered", multiple=True, required=True, type=Entered(), help=ENTERED)
@acting_option
def fill(paper: str, entered: tuple[tuple[str, Any], ...], login: str) -> None:
    """填写或者清除文书的变量，并显示校对结果。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        fill_paper(uow, desk.actor, now(), today(), desk.kit, desk.head.id, dict(entered))
    with desk.wiring.reading() as uow:
        show_faults(study_any(uow, desk.actor, desk.kit, desk.head.id, today()))


@paper.command("show", short_help="显示文书")
@paper_argument
@click.option("--text/--no-text", "with_text", default=True, show_default=True, help="显示全文。")
@acting_option
def show(paper: str, with_text: bool, login: str) -> None:
    """显示文书的全文；起草中的并显示校对结果。"""
    desk = at_paper(login, paper)
    with desk.wiring.reading() as uow:
        shown = shown_paper(uow, desk.actor, desk.kit, desk.head.id, today())
    click.echo(f"{desk.head.number} {desk.head.title}　[{desk.head.state.label}]")
    if with_text:
        show_text(shown.instrument)
    if not isinstance(shown, FrozenPaper):
        show_faults(shown)


@paper.command("pass", short_help="放行一项警告")
@paper_argument
@click.argument("rule", metavar="规则")
@click.option("--on", "place", default="*", help="处所；省略则为该规则的全部处所。")
@reason_option
@acting_option
def pass_(paper: str, rule: str, place: str, reason: str, login: str) -> None:
    """写明理由，放行一项警告；理由随文书保存。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        let_pass(uow, desk.actor, now(), today(), desk.kit, desk.head.id, rule, place, reason)
    click.echo(f"{rule} 已放行")


@paper.command("freeze", short_help="定稿")
@paper_argument
@acting_option
def freeze(paper: str, login: str) -> None:
    """校对通过后把文书的文本固定下来；有须处理的事项时逐项列出，退出码为 1。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        click.echo(frozen_line(freeze_any(uow, desk.actor, now(), today(), desk.kit, desk.head.id)))


@paper.command("reopen", short_help="恢复起草")
@paper_argument
@reason_option
@acting_option
def reopen(paper: str, reason: str, login: str) -> None:
    """把已定稿而未发出、未签署的文书恢复为起草；定稿的文本留在记录中。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        reopen_paper(uow, desk.actor, now(), desk.head.id, reason)
    click.echo(f"{desk.head.number} 已恢复起草")


@paper.command("void", short_help="作废")
@paper_argument
@reason_option
@acting_option
def void(paper: str, reason: str, login: str) -> None:
    """作废一份未发出、未签署的文书；编号不再使用。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        drop_paper(uow, desk.actor, now(), desk.head.id, reason)
    click.echo(f"{desk.head.number} 已作废")


@paper.command("send", short_help="记录发出")
@paper_argument
@click.option("--from", "sender", type=party, required=True, help="发出方：a 甲方，b 乙方。")
@click.option("--method", type=Member(Method), required=True, help="送达方式。")
@click.option("--on", "sent_on", type=day_type, required=True, help="发出日。")
@acting_option
def send(paper: str, sender: str, method: Method, sent_on: date, login: str) -> None:
    """记录整改通知、结算单、单独的催告函已经发出；打印送达的标识。续约与终止的文书见 renewal、termination。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        made = send_alone(
            uow, desk.actor, now(), today(), desk.wiring.calendar, desk.head.id, sender=sender, method=method, sent_on=sent_on
        )
    click.echo(made)


@paper.command("arrived", short_help="记录到达")
@paper_argument
@click.argument("delivery", metavar="送达标识")
@click.option("--on", "arrived_on", type=day_type, required=True, help="到达日。")
@click.option("--proof", type=Member(Proof), required=True, help="到达证明。")
@click.option("--evidence", default="", help="回执、妥投记录、邮件头、日志的编号。")
@acting_option
def arrived(paper: str, delivery: str, arrived_on: date, proof: Proof, evidence: str, login: str) -> None:
    """记录单独发出的文书到达对方。"""
    desk = at_paper(login, paper)
    with desk.wiring.reading() as uow:
        seen = revision_of((paper_view(uow, desk.actor, desk.head.id),), delivery)
    with desk.wiring.unit_of_work() as uow:
        number = arrive_alone(
            uow, desk.actor, now(), today(), desk.wiring.calendar, delivery, seen, arrived_on=arrived_on, proof=proof,
            evidence=evidence,
        )  # fmt: skip
    click.echo(f"{number} 的到达已记录")


@paper.command("confirm", short_help="记录结算单确认")
@paper_argument
@click.option("--on", "signed_on", type=day_type, required=True, help="对方确认（签署）日。")
@acting_option
def confirm(paper: str, signed_on: date, login: str) -> None:
    """记录对方以签署确认了结算单。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        confirm_settlement(uow, desk.actor, now(), today(), desk.head.id, signed_on=signed_on)
    click.echo(f"{desk.head.number} 已记录确认")


@paper.command("files", short_help="生成文件")
@paper_argument
@out_option
@click.option("--file", "keep", is_flag=True, help="同时归入合同的文件（仅限已定稿的文书）。")
@acting_option
def files(paper: str, out: Path, keep: bool, login: str) -> None:
    """生成文书的 DOCX、PDF、JSON、TXT，并证明文字一致；未定稿的带“草稿”标记。"""
    desk = at_paper(login, paper)
    with desk.wiring.reading() as uow:
        shown = shown_paper(uow, desk.actor, desk.kit, desk.head.id, today())
    made = write_files(desk.wiring, files_of(shown), out)
    if keep:
        with desk.wiring.unit_of_work() as uow:
            for filed in file_paper(uow, desk.actor, now(), desk.wiring.blobs, desk.head.id, made.files, made.meta.digest):
                click.echo(f"已归入 {filed.name}")
