"""``clauses``: check the clause library, print its JSON Schema."""

from __future__ import annotations

import json
import sys

import click


@click.group(short_help="条款库")
def clauses() -> None:
    """条款库：检查与编辑器用 JSON Schema。"""


@clauses.command("check", short_help="检查条款库")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def check(as_json: bool) -> None:
    """检查条款库：结构、变量、引用、条件、要点覆盖、术语、法条、议题、重复文字；八种文书和审批规则 approval.yaml 一并检查。"""
    from app.domain.papers import PaperKind
    from app.library.approval_policy import load_approval_policy
    from app.library.check import check_library
    from app.library.laws import load_laws
    from app.library.loader import load_library, load_paper

    library = load_library()
    policy = load_approval_policy()
    report = check_library(library, load_laws())
    papers = {kind: check_library(load_paper(kind), load_laws(), library) for kind in PaperKind}
    clean = report.clean and all(p.clean for p in papers.values())
    if as_json:
        data = {
            "points": {"covered": report.covered, "total": len(report.points)},
            "problems": list(report.problems),
            "characters": report.characters,
            "papers": {kind.value: list(found.problems) for kind, found in papers.items()},
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        for problem in report.problems:
            click.echo(f"✗ {problem}")
        click.echo(f"要点覆盖 {report.covered}/{len(report.points)}")
        click.echo(
            f"条款库 {library.version}：{sum(1 for _ in library.sections())} 节，{sum(1 for _ in library.clauses())} 条款，"
            f"{report.characters} 字，{len(library.variables)} 个变量，{report.topics} 个议题，{report.obligations} 项义务"
        )
        bands = "；".join(f"{b.at_least:,}元以上：{'、'.join(f.label for f in b.functions)}" for b in policy.bands)
        click.echo(f"审批规则：{bands or '不按金额分级'}；放行警告{policy.warnings_for_head}项起：法务负责人")
        for kind, found in papers.items():
            for problem in found.problems:
                click.echo(f"✗ {kind.label}：{problem}")
            own = load_paper(kind)
            click.echo(
                f"{kind.label}（{kind.form}）：{sum(1 for _ in own.clauses())} 条款，{found.characters} 字，{len(own.variables)} 个变量"
            )
        count = len(report.problems) + sum(len(p.problems) for p in papers.values())
        click.echo("通过" if clean else f"发现 {count} 个问题")
    sys.exit(0 if clean else 1)


@clauses.command("schema", short_help="输出 JSON Schema")
@click.argument("kind", type=click.Choice(["chapter", "points", "terms", "form", "variables"]), default="chapter")
def schema(kind: str) -> None:
    """输出条款库文件的 JSON Schema，供编辑器校验与补全。"""
    from app.library.schema import json_schema

    click.echo(json.dumps(json_schema(kind), ensure_ascii=False, indent=1))
