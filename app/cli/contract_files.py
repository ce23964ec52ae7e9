"""``contract files``: what is filed with a contract."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.domain.errors import ContractError
from app.services.documents import file_document, list_documents, open_document
from app.services.filing import DocumentKind, DocumentMissing
from app.wiring import now


@click.group(short_help="文件：列出、存入、取出")
def files() -> None:
    """存入合同的签署件、证据、往来函件等。"""


@files.command("list", short_help="列出文件")
@number_argument
@acting_option
def list_(number: str, login: str) -> None:
    """列出合同的文件，新的在前；方括号内为标识，供 get 使用。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = list_documents(uow, desk.actor, desk.contract_id)
    for line in found:
        view = line.view
        fault = "\t文件有误，请从备份恢复" if line.fault else ""
        click.echo(
            f"[{view.id[:8]}]\t{view.kind.label}\t{view.name}\t{view.size:,} 字节\t{view.created_by}\t{view.sha256[:12]}{fault}"
        )
    click.echo(f"共 {len(found)} 个", err=True)


@files.command("add", short_help="存入文件")
@number_argument
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice([k.value for k in DocumentKind]), default="other", show_default=True, help="类别。")
@click.option("--note", "remark", default="", help="说明。")
@acting_option
def add(number: str, path: Path, kind: str, remark: str, login: str) -> None:
    """把一个文件存入合同；内容与扩展名不符、含宏或者加密的不予接受。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = file_document(
            uow, desk.actor, now(), desk.wiring.blobs, desk.wiring.inspect_file, desk.contract_id, kind=DocumentKind(kind),
            name=path.name, content=path.read_bytes(), remark=remark,
        )  # fmt: skip
    click.echo(f"[{made.id[:8]}] 已存入 {made.name}，SHA-256 {made.sha256}")


@files.command("get", short_help="取出文件")
@number_argument
@click.argument("document", metavar="文件")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出文件。")
@acting_option
def get(number: str, document: str, out: Path, login: str) -> None:
    """取出一个文件；读取时核对 SHA-256。"""
    desk = at_desk(login, number)
    found = named_document(desk, document)
    with desk.wiring.reading() as uow:
        content = open_document(uow, desk.actor, desk.wiring.blobs, desk.contract_id, found)[1]
    write_all(out.parent, {out.name: content})
    click.echo(f"已写出 {out}（{len(content):,} 字节）")


def named_document(desk: Desk, prefix: str) -> str:
    """The id of the file that begins so, or has this name. Raises ``DocumentMissing``, ``document.ambiguous``."""
    with desk.wiring.reading() as uow:
        lines = list_documents(uow, desk.actor, desk.contract_id)
    found = [x.view.id for x in lines if x.view.id.startswith(prefix.lower()) or x.view.name == prefix]
    if len(found) > 1:
        raise ContractError("document.ambiguous", f"不止一个文件与“{prefix[:40]}”相符；用 contract files list 查看标识。")
    if not found:
        raise DocumentMissing(prefix)
    return found[0]
