"""``contract register``, ``list``, ``show``, ``redraft``, ``void``: the record itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_options import post_office, reason_option
from app.domain.numbering_pattern import parse_pattern
from app.services.access import actor_with_login
from app.services.approval_views import Approvals, read_approvals
from app.services.content import reopen_text
from app.services.drafts import create_draft
from app.services.filing import ContractView, create_contract, list_contracts
from app.services.overview import read_head
from app.services.voiding import void_contract
from app.wiring import Wiring, now, today


@click.command("list", short_help="列出合同")
@acting_option
def list_(login: str) -> None:
    """列出可以查看的合同，最近修改的在前（至多200份）。"""
    with Wiring(settings()).reading() as uow:
        actor = actor_with_login(uow, login)
        for found in list_contracts(uow, actor):
            click.echo("\t".join((found.number, found.state.label, found.owner_name, _parties(found))))


@click.command("show", short_help="显示合同与审批")
@number_argument
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
@acting_option
def show(number: str, login: str, as_json: bool) -> None:
    """显示一份合同：阶段、下一步、当事人、每次送审及每个席位的理由。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        head = read_head(uow, desk.actor, desk.contract_id)
        approvals = read_approvals(uow, desk.actor, desk.wiring.reference, today(), desk.contract_id)
    if as_json:
        click.echo(json.dumps(_data(head.contract, approvals), ensure_ascii=False, indent=1))
        return
    click.echo(f"{head.contract.number} {head.contract.title}　[{head.contract.state.label}]")
    click.echo(f"当事人：{_parties(head.contract)}　负责人：{head.contract.owner_name or '—'}")
    who = "、".join(head.who)
    click.echo(f"下一步：{head.step.label}{f'（{who}）' if who else ''}")
    _print_rounds(approvals)


@click.command("register", short_help="登记合同")
@click.argument("answers", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--draft", "draft_id", help="登记已有的草稿（标识）。")
@click.option("--confidential", is_flag=True, help="保密：只有负责人和指定人员可以看到。")
@acting_option
def register(answers: Path | None, draft_id: str | None, confidential: bool, login: str) -> None:
    """把答案文件（ANSWERS）或者已有的草稿登记为合同，取得编号。"""
    if (answers is None) == (draft_id is None):
        raise click.UsageError("请给出答案文件，或者用 --draft 给出草稿标识，二者取一。")
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
    if answers is not None:
        from app.library.answers_file import read_answers_file

        with wiring.unit_of_work() as uow:
            draft_id = create_draft(uow, actor, now(), wiring.library, read_answers_file(answers).data)
    pattern = parse_pattern(wiring.settings.contract_number)
    with wiring.unit_of_work() as uow:
        made = create_contract(
            uow, actor, now(), today(), wiring.reference, draft_id or "", pattern, confidential=confidential
        )  # fmt: skip
    click.echo(f"{made.number}\t{made.id}")


@click.command("redraft", short_help="恢复起草")
@number_argument
@acting_option
def redraft(number: str, login: str) -> None:
    """把已定稿的合同恢复为起草状态；审批随之失效。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        reopen_text(uow, desk.actor, now(), post_office(desk.wiring), desk.contract_id)
    click.echo("已恢复起草。")


@click.command("void", short_help="作废")
@number_argument
@reason_option
@acting_option
def void(number: str, reason: str, login: str) -> None:
    """作废双方尚未受约束的合同。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        void_contract(uow, desk.actor, now(), post_office(desk.wiring), desk.contract_id, reason)
    click.echo("已作废。")


def _parties(found: ContractView) -> str:
    return " · ".join(p.name for p in found.parties if p.name) or "—"


def _print_rounds(approvals: Approvals) -> None:
    for round_ in approvals.rounds:
        click.echo(
            f"第{round_.ordinal}次送审（第{round_.version}版，{round_.submitter}）：{round_.status.label}　{round_.digest[:12]}…"
        )
        for number, step in enumerate(round_.steps, 1):
            for seat in step:
                who = seat.consent.by if seat.consent else "、".join(seat.asked)
                click.echo(f"  {number}. {seat.function.label} {'✓' if seat.consent else '…'} {who}")
                for reason in seat.reasons:
                    click.echo(f"       · {reason}")
        if round_.ending is not None:
            for place, words in (("", round_.ending.reason), *round_.ending.remarks):
                if words:
                    click.echo(f"  → {place}{'：' if place else ''}{words}")


def _data(found: ContractView, approvals: Approvals) -> dict[str, Any]:
    return {
        "id": found.id,
        "number": found.number,
        "title": found.title,
        "stage": found.state.stage.value,
        "flags": sorted(f.value for f in found.state.flags),
        "confidential": found.confidential,
        "owner": found.owner_name,
        "value": None if found.value is None else str(found.value),
        "parties": [{"role": p.role, "name": p.name, "uscc": p.uscc} for p in found.parties],
        "approvals": [
            {
                "round": r.ordinal,
                "status": r.status.value,
                "version": r.version,
                "digest": r.digest,
                "submitter": r.submitter,
                "submitted_at": r.submitted_at.isoformat(),
                "seats": [
                    {
                        "step": number,
                        "office": s.function.value,
                        "state": s.state.value,
                        "reasons": list(s.reasons),
                        "personal": s.personal,
                        "by": s.consent.by if s.consent else None,
                    }
                    for number, step in enumerate(r.steps, 1)
                    for s in step
                ],
            }
            for r in approvals.rounds
        ],
    }
