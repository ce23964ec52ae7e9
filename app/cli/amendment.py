"""``amendment``: amendments of the text in force, and that text as of a day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from app.cli.common import Day
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.paper_common import (
    ENTERED,
    Entered,
    PaperDesk,
    at_paper,
    frozen_line,
    out_option,
    paper_argument,
    place_in,
    show_faults,
    write_files,
)
from app.domain.amendment import Standing
from app.domain.interchange import plain_value
from app.domain.redrafting import Rewrite, SetValue, Strike
from app.services.amending import (
    OURS,
    THEIRS,
    add_provision,
    draft_amendment,
    edit_amendment,
    enter_value,
    place_of_edit,
    rebase_amendment,
    take_back,
)
from app.services.amendment_signing import freeze_amendment, record_signed
from app.services.amendment_study import AmendmentStudy, study_amendment
from app.services.consolidating import InForce, history_of, terms_as_of
from app.services.current_terms import current_terms
from app.services.documents import file_document
from app.services.filing import DocumentKind
from app.services.paper_desk import study_any
from app.services.paper_files import copy_of
from app.wiring import now, today

day_option = click.option("--on", "day", type=Day(), default=today, show_default="今天", help="截至哪一天。")


@click.group(short_help="补充协议：修订现行文本、记录签署、合并文本")
def amendment() -> None:
    """补充协议和合并文本。补充协议的填写、生成文件、作废等另见 paper。"""


@amendment.command("draft", short_help="起草补充协议")
@number_argument
@acting_option
def draft(number: str, login: str) -> None:
    """就现行文本起草一份补充协议，取得编号。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = draft_amendment(uow, desk.actor, now(), today(), desk.wiring.papers, desk.contract_id)
    with desk.wiring.reading() as uow:
        click.echo(study_any(uow, desk.actor, desk.wiring.papers, made, today()).text.head.number)


@amendment.command("edit", short_help="修订现行文本")
@paper_argument
@click.option("--set", "entered", multiple=True, type=Entered(), help=f"改变合同的变量：{ENTERED}")
@click.option("--reword", "reworded", multiple=True, nargs=2, metavar="条款 文字", help="改写一处条款（可重复）。")
@click.option(
    "--add", "added", multiple=True, nargs=3, metavar="条款或节 标题 文字", help="在其后（节内末尾）增加一条，标题可为空。"
)
@click.option("--strike", "struck", multiple=True, metavar="条款", help="删除一处条款（可重复）。")
@click.option("--take-back", "taken", multiple=True, metavar="条款或变量", help="撤回对一处的修订（可重复）。")
@acting_option
def edit(
    paper: str,
    entered: tuple[tuple[str, Any], ...],
    reworded: tuple[tuple[str, str], ...],
    added: tuple[tuple[str, str, str], ...],
    struck: tuple[str, ...],
    taken: tuple[str, ...],
    login: str,
) -> None:
    """修订补充协议所要改变的现行文本，并显示由此形成的对照表。"""
    desk = at_paper(login, paper)
    for name, raw in entered:
        with desk.wiring.unit_of_work() as uow:
            enter_value(uow, desk.actor, now(), desk.kit, desk.head.id, name, raw)
    for said, text in reworded:
        _edit(desk, _rewrite(_after(desk), said, text))
    for said, title, text in added:
        with desk.wiring.unit_of_work() as uow:
            add_provision(uow, desk.actor, now(), desk.head.id, place_in(_after(desk).instrument, said), title, text)
    for said in struck:
        _edit(desk, Strike(place_in(_after(desk).instrument, said)))
    for said in taken:
        _take_back(desk, said)
    _show_changes(_study(desk))


@amendment.command("show", short_help="显示补充协议")
@paper_argument
@acting_option
def show(paper: str, login: str) -> None:
    """显示补充协议的修订、对照表、冲突和校对结果。"""
    desk = at_paper(login, paper)
    found = _study(desk)
    click.echo(f"{desk.head.number} {desk.head.title}　[{desk.head.state.label}]　以 {found.starts} 的现行文本为基础")
    _show_changes(found)
    for conflict in found.conflicts:
        click.echo(f"[冲突] {conflict.place} {conflict.sentence}")
        click.echo(f"        {conflict.label}：{conflict.theirs}")
        click.echo(f"        本次：{conflict.ours}")
    show_faults(found.paper)


@amendment.command("rebase", short_help="以最新文本为基础")
@paper_argument
@click.option("--ours", multiple=True, metavar="处", help="该处保留本次的修订（可重复）。")
@click.option("--theirs", multiple=True, metavar="处", help="该处采用已签署的文字，撤回本次的修订（可重复）。")
@acting_option
def rebase(paper: str, ours: tuple[str, ...], theirs: tuple[str, ...], login: str) -> None:
    """另一份补充协议先签署以后，改以最新文本为基础；冲突之处须逐一选择（处见 show）。"""
    desk = at_paper(login, paper)
    choices = dict.fromkeys(ours, OURS) | dict.fromkeys(theirs, THEIRS)
    with desk.wiring.unit_of_work() as uow:
        rebase_amendment(uow, desk.actor, now(), today(), desk.kit, desk.head.id, choices)
    _show_changes(_study(desk))


@amendment.command("freeze", short_help="定稿")
@paper_argument
@acting_option
def freeze(paper: str, login: str) -> None:
    """校对通过后固定补充协议的文本和它对合同的改动。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        click.echo(frozen_line(freeze_amendment(uow, desk.actor, now(), today(), desk.kit, desk.head.id)))


@amendment.command("sign", short_help="记录签署")
@paper_argument
@click.option("--on", "signed_on", type=Day(), required=True, help="最后一方签署之日。")
@click.option(
    "--copy", "copy", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="签署件（PDF 等）。"
)
@acting_option
def sign(paper: str, signed_on: date, copy: Path, login: str) -> None:
    """记录双方已签署，归入签署件；生效日已到的即行生效，未到的到日由后台任务生效。"""
    desk = at_paper(login, paper)
    with desk.wiring.unit_of_work() as uow:
        filed = file_document(
            uow, desk.actor, now(), desk.wiring.blobs, desk.wiring.inspect_file, desk.head.contract_id, kind=DocumentKind.SIGNED,
            name=copy.name, content=copy.read_bytes(), paper_id=desk.head.id,
        )  # fmt: skip
    with desk.wiring.unit_of_work() as uow:
        signed = record_signed(
            uow, desk.actor, now(), today(), desk.kit, desk.head.id, signed_on=signed_on, evidence_id=filed.id
        )  # fmt: skip
    state = "已生效" if signed.in_effect else f"自 {signed.effective_on} 起生效"
    click.echo(f"{signed.number} 已记录签署（第{signed.sequence}份），{state}")
    for other in signed.stale:
        click.echo(f"须以最新文本为基础重新拟定：{other}")


@amendment.command("text", short_help="某日的合并文本")
@number_argument
@day_option
@out_option
@acting_option
def text(number: str, day: date, out: Path, login: str) -> None:
    """生成截至某日的合并文本（仅供查阅）：HTML、DOCX、PDF、TXT，逐条注明由哪份补充协议修改。"""
    desk = at_desk(login, number)
    write_files(desk.wiring, copy_of(_in_force(login, number, day)), out)


@amendment.command("terms", short_help="某日有效的变量")
@number_argument
@click.argument("names", nargs=-1, metavar="[变量]...")
@day_option
@acting_option
def terms(number: str, names: tuple[str, ...], day: date, login: str) -> None:
    """以 JSON 输出截至某日的期限、有效的变量与附件，以及已生效、待生效的补充协议；续展期的价格依续约协议。给出变量名则只输出这些。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        now_in_force = current_terms(uow, desk.actor, desk.contract_id, day)
    found, term = now_in_force.in_force.consolidated, now_in_force.term
    values = {n: plain_value(v) for n, v in now_in_force.answers.values.items() if not names or n in names}
    annexes = [
        {"annex": a.name, "title": a.title, "changed_by": a.last.number if a.last else "", "since": a.since.isoformat() if a.since else ""}
        for a in now_in_force.annexes
    ]  # fmt: skip
    running = term and {"name": term.name, "first_day": term.first_day.isoformat(), "last_day": term.last_day.isoformat()}
    data = {
        "as_of": day.isoformat(),
        "term": running,
        "applied": [a.number for a in found.applied],
        "pending": [{"number": a.number, "starts": a.starts.isoformat()} for a in found.pending],
        "annexes": annexes,
        "values": values,
    }
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


@amendment.command("history", short_help="一处条款的沿革")
@number_argument
@click.argument("place", metavar="条款")
@acting_option
def history(number: str, place: str, login: str) -> None:
    """显示一处条款签署时的文字和历次修改。"""
    desk = at_desk(login, number)
    last = _in_force(login, number, date.max)
    with desk.wiring.reading() as uow:
        found = history_of(uow, desk.actor, desk.contract_id, place_in(last.consolidated.standing.instrument, place))
    click.echo(f"{found.label}")
    if found.original:
        click.echo(f"签署时：{found.original}")
    for mark in found.marks:
        click.echo(f"{mark.starts} {mark.sentence}（{mark.number}）：{mark.after or '（无）'}")
    if not found.marks:
        click.echo("没有被修改过。")


# ---- inside


def _study(desk: PaperDesk) -> AmendmentStudy:
    with desk.wiring.reading() as uow:
        return study_amendment(uow, desk.actor, desk.kit, desk.head.id, today())


def _after(desk: PaperDesk) -> Standing:
    return _study(desk).redraft.after


def _edit(desk: PaperDesk, edit: Rewrite | Strike) -> None:
    with desk.wiring.unit_of_work() as uow:
        edit_amendment(uow, desk.actor, now(), desk.head.id, edit)


def _rewrite(standing: Standing, said: str, text: str) -> Rewrite:
    """The words of a provision; its heading stays."""
    place = place_in(standing.instrument, said)
    known = standing.instrument.provision(place)
    return Rewrite(place, known.title if known else "", text)


def _take_back(desk: PaperDesk, said: str) -> None:
    found = _study(desk)
    named = {place_of_edit(e) for e in found.edits}
    place = said if said in named else place_in(found.redraft.after.instrument, said)
    with desk.wiring.unit_of_work() as uow:
        take_back(uow, desk.actor, now(), desk.head.id, place)


def _show_changes(found: AmendmentStudy) -> None:
    values = [e for e in found.edits if isinstance(e, SetValue)]
    click.echo(f"修订 {len(found.edits)} 处，其中变量 {len(values)} 个")
    for row in found.changes.comparison_rows():
        click.echo(f"{row['no']}. {row['place']}（{row['how']}）")
        click.echo(f"   原文：{row['before'] or '—'}")
        click.echo(f"   现文：{row['after'] or '—'}")
    for misplaced in found.redraft.misplaced:
        click.echo(f"[不适用] {misplaced.message}")


def _in_force(login: str, number: str, day: date) -> InForce:
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        return terms_as_of(uow, desk.actor, desk.contract_id, day)
