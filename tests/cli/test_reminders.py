"""``reminders`` on the command line."""

from __future__ import annotations

import re
from pathlib import Path

from app.services.raising import raise_due
from app.services.renewal_reminding import work_out_waiting
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.cli.test_term import ME, NUMBER, data_dir, on
from tests.services.living import OFFICIAL, d, noon

__all__ = ["data_dir", "run"]


def test_dates_are_shown_put_off_and_policies_are_set(run: Command, data_dir: Path) -> None:
    wiring, day = Wiring(Settings(data_dir=data_dir)), d("2026-09-24")
    work_out_waiting(wiring.unit_of_work, noon(day), day, OFFICIAL)
    raise_due(wiring.unit_of_work, noon(day), OFFICIAL)
    wiring.engine.dispose()
    said = run("reminders", "show", NUMBER, *ME, *on("2026-09-24")).out
    assert re.search(
        r"2026-10-27  续约决定  SHFW-2025-0001 决定是否续约  下次 2026-10-20（−7 日，邮件）；上次 .* 等待次日汇总", said
    )
    assert "    最晚安全寄送日：2026年10月27日" in said
    (date_id,) = re.findall(r"决定是否续约 .*\[(\w+)\]", said)
    refused = run("reminders", "snooze", date_id, "--until", "2026-11-01", "--reason", "等待预算", *ME, *on("2026-09-24"))
    assert refused.code == 2
    assert "不得晚于最晚安全寄送日 2026-10-27" in refused.err
    assert run("reminders", "snooze", date_id, "--until", "2026-10-12", "--reason", "等待预算", *ME, *on("2026-09-24")).code == 0
    assert "付款：−10、−1（此处设定）" in run("reminders", "policy", "--topic", "payment", "--days", "-10,-1", *ME).out
    assert "付款：−5、−1、+1、+7、+15、+30（系统默认）" in run("reminders", "policy", "--topic", "payment", "--inherit", *ME).out
    own = run("reminders", "policy", "--contract", NUMBER, "--topic", "payment", "--days", "-3", *ME).out
    assert "付款：−3（此处设定）" in own
    assert "付款：−5、−1、+1、+7、+15、+30（系统默认）" in run("reminders", "policy", *ME).out
    assert "lpr" not in own  # what belongs to no contract is set for the house alone
    assert run("reminders", "policy", "--contract", NUMBER, "--form", "after_sales_outsourcing", *ME).code == 2
    assert "决定是否续约" in run("reminders", "list", *ME).out
    assert run("reminders", "replan", *ME).out.startswith("后台任务将重新计算1份合同的期限和义务，")


def test_the_hours_days_and_grace_of_the_house_are_shown_and_set_one_by_one(run: Command, data_dir: Path) -> None:
    before = run("reminders", "house", *ME).out
    assert "视为确认的宽限 2 个工作日" in before
    after = run("reminders", "house", "--silence-grace", "5", "--send-at", "10:15", *ME).out
    assert after.splitlines()[0].startswith("发送时刻 10:15，")
    assert "视为确认的宽限 5 个工作日" in after
    assert after.splitlines()[1] == before.splitlines()[1], "what was not said stays"
    assert run("reminders", "house", *ME).out == after
    refused = run("reminders", "house", "--silence-grace", "11", *ME)
    assert (refused.code, "0 至 10" in refused.err) == (2, True)
    told = run("reminders", "house", "--laws-on", "2026-09-01", "--silence-grace", "0", *ME, *on("2026-09-24")).out
    assert "法律状态核对日 2026-09-01" in told
    assert "宽限 0 个工作日" in told


def test_the_lpr_is_listed_entered_and_taken_out(run: Command, data_dir: Path) -> None:
    day = on("2026-09-28")
    before = run("reminders", "lpr", *ME, *day).out
    assert before.startswith("缺 2026-09\n2025-05-20\t一年期 3.00%\t五年期以上 —\t核至 2026-08-20\t")
    new = ("reminders", "lpr-set", "2026-09-21", "--source", "中国货币网", *ME, *day)
    assert "已登记" in run(*new, "--one-year", "2.59", "--five-year", "3.45").out
    assert "更正的理由" in run(*new, "--one-year", "2.95").err
    assert run(*new, "--one-year", "2.95", "--five-year", "3.45", "--reason", "数字录反").code == 0
    assert run("reminders", "lpr", *ME, *day).out.startswith("2026-09-21\t一年期 2.95%\t五年期以上 3.45%\t\t中国货币网\n")
    assert run("reminders", "lpr-drop", "2026-09-21", "--reason", "并未如此公布", *ME).code == 0
    assert run("reminders", "lpr", *ME, *day).out == before
