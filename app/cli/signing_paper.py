"""``signing paper``: the print copy, the check of a scan, and the record of a signing with ink."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import click

from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.domain.errors import ContractError
from app.services.paper_signing import PaperRecord, Scan, check_scan, paper_view, print_copy, record_paper

readable = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(short_help="纸质签署：打印件、扫描件核对、登记")
def paper() -> None:
    """以纸质签署的栏位：打印、逐页核对扫描件、由人确认后登记。"""


@paper.command("copy", short_help="输出打印件")
@number_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出文件（PDF）。")
@acting_option
def copy(number: str, out: Path, login: str) -> None:
    """每页带有页码二维码的打印件，供打印后签名盖章。"""
    desk = at_desk(login, number)
    _, content = print_copy(desk.wiring.paper_kit, desk.actor, desk.contract_id)
    write_all(out.parent, {out.name: content})
    click.echo(f"已输出 {out}，{len(content):,} 字节")


@paper.command("scan", short_help="核对扫描件")
@number_argument
@click.argument("files", nargs=-1, required=True, type=readable)
@acting_option
def scan(number: str, files: tuple[Path, ...], login: str) -> None:
    """一个 PDF，或者按页码顺序的多张图片；逐页输出核对结果。不能采用的退出码为 1。"""
    desk = at_desk(login, number)
    found = check_scan(desk.wiring.paper_kit, desk.actor, desk.contract_id, [(f.name, f.read_bytes()) for f in files])
    _tell(found)
    sys.exit(1 if found.report.faults else 0)


@paper.command("record", short_help="登记纸质签署")
@number_argument
@click.argument("file", metavar="登记.json", type=readable)
@acting_option
def record(number: str, file: Path, login: str) -> None:
    """按登记文件登记：{"on": {栏位: 日期}, "where": 地点, "originals": 份数, "seals": 印章, "seen": [看过的页], "remark": 说明, "takeover": 接管日}。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        view = paper_view(uow, desk.actor, desk.contract_id)
    if view is None or view.scan is None:
        raise ContractError("paper.none", "请先发起纸质签署并上传扫描件。")
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        given = PaperRecord(
            {place: date.fromisoformat(day) for place, day in data["on"].items()}, str(data["where"]), int(data["originals"]),
            str(data.get("seals", "")), frozenset(map(int, data.get("seen", ()))), str(data.get("remark", "")),
            date.fromisoformat(data["takeover"]) if data.get("takeover") else None,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContractError("paper.record", f"登记文件不完整或者写法有误：{error}") from error
    done = record_paper(desk.wiring.paper_kit, desk.actor, desk.contract_id, view.scan.id, given)
    click.echo("已登记；双方签署完毕。" if done else "已登记；尚有其他栏位待签署。")


def _tell(found: Scan) -> None:
    for judged in found.report.sheets:
        page = f"第{judged.page}页" if judged.page else "—"
        click.echo(f"{judged.sheet.ordinal}\t{page}\t{judged.state.label}")
    for fault in found.report.faults:
        click.echo(fault, err=True)
