"""The command line. Exit codes: 0 done, 1 the contract has blocking findings, 2 the input is unusable."""

from __future__ import annotations

import sys

import click

from app.cli.annex import annex
from app.cli.answers import answers
from app.cli.clauses import clauses
from app.cli.demo import demo
from app.cli.draft import check, draft
from app.cli.fonts import fonts
from app.cli.template import template
from app.cli.users import users
from app.domain.errors import ContractError, InputError

BLOCKED = 1
UNUSABLE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="成约 Chengyue")
def cli() -> None:
    """成约：互联网产品售后服务外包合同的起草、校对与生成。"""


for command in (draft, answers, check, clauses, annex, template, fonts, demo, users):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an error of ours is a sentence on stderr, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("已中止。", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(UNUSABLE)
    except InputError as error:
        click.echo(f"输入有误，共 {len(error.faults)} 处：", err=True)
        for fault in error.faults:
            click.echo(f"  {fault.sentence()}", err=True)
        sys.exit(UNUSABLE)
    except ContractError as error:
        click.echo(error.message, err=True)
        sys.exit(BLOCKED if error.code.startswith("document.") else UNUSABLE)
