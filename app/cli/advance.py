"""``advance``: what the calendar does to contracts, done once by hand."""

from __future__ import annotations

import sys
from datetime import date

import click

from app.cli.common import settings, today_option
from app.services.advancing import advance_due
from app.wiring import Wiring


@click.command(short_help="按日期自动流转合同阶段")
@today_option
def advance(today: date) -> None:
    """把到了日子的合同流转到下一阶段：生效、进入续约窗口、届满、签署逾期失效。逐日补办错过的日子，可以重复运行；每一步记入审计日志并通知负责人。"""
    wiring = Wiring(settings())
    if today > wiring.today():
        raise click.ClickException(f"{today.isoformat()} 尚未到来，不能提前流转。")
    done = advance_due(wiring.unit_of_work, wiring.clockwork, wiring.now, today, limit=1_000_000)
    click.echo(f"查看 {done.looked} 份合同，流转 {done.moved} 次，须人工处理 {done.stuck} 份，故障 {len(done.failed)} 份。")
    sys.exit(1 if done.failed else 0)
