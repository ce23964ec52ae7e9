"""``obligation`` on the command line: planned, done, events and their clock, import and export."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import Command, run
from tests.cli.test_term import ME, NUMBER, data_dir, on

__all__ = ["data_dir", "run"]


def found(text: str, *words: str) -> list[str]:
    """The fields of the first line that has all of these words."""
    return next(line.split("\t") for line in text.splitlines() if all(w in line for w in words))


def test_a_year_of_obligations_from_the_command_line(run: Command, data_dir: Path, tmp_path: Path) -> None:
    assert "新增" in run("obligation", "plan", NUMBER, *ME).out
    assert run("obligation", "plan", NUMBER, *ME).out == "已排期：新增0项，改期0项，取消0项。\n"
    listed = run("obligation", "list", NUMBER, *ME, "--party", "B", "--from", "2026-04-01", "--to", "2026-04-30").out
    statement = found(listed, "提交结算单与明细", "2026年3月")
    assert statement[0] == "2026-04-08"
    shown = run("obligation", "show", NUMBER, statement[-1], *ME).out
    assert "期限取自合同变量“结算周期”、“结算单提交日”［第8.2.1条第（1）项］" in shown
    refused = run("obligation", "done", NUMBER, statement[-1], *ME, *on("2026-04-08"))
    assert refused.code == 2
    assert "须写明完成的依据" in refused.err
    done = run("obligation", "done", NUMBER, statement[-1], *ME, *on("2026-04-08"), "--evidence", "邮件第12号")
    assert done.out == "已记录完成。\n"
    answer = found(run("obligation", "list", NUMBER, *ME, "--party", "A").out, "核对确认结算金额")
    assert answer[0] == "2026-04-15"
    waived = run("obligation", "waive", NUMBER, answer[-1], *ME, "--reason", "已经直接付款", "--authority", "会议纪要第3号")
    assert waived.out == "已记录豁免。\n"
    assert run("obligation", "reopen", NUMBER, answer[-1], *ME, "--reason", "仍须书面确认").out == "已重新打开。\n"
    assert run("obligation", "dispute", NUMBER, answer[-1], *ME, "--reason", "金额有分歧").out == "已记录争议。\n"
    why = ("--reason", "由王律师接手")
    assert run("obligation", "assign", NUMBER, "O-8.2-1", *ME, "--to", "lawyer", *why).out.startswith("已更换责任人")
    assert run("obligation", "assign", NUMBER, statement[-1], *ME, *why).out == "已更换责任人，涉及0项。\n"  # it is settled
    assert "没有登录名为“nobody”的账号" in run("obligation", "handover", "lawyer", "--to", "nobody", *ME, *why).err
    assert run("obligation", "handover", "lawyer", "--to", "lawyer", *ME, *why).out.startswith("已移交")
    taken = run("obligation", "takeover", NUMBER, *ME, *on("2026-05-04"), "--on", "2026-05-04", "--reason", "五月起接管").out
    assert taken.endswith("项视为接管前已办，0项恢复为待办。\n")
    assert int(taken.partition("项")[0]) > 20
    assert "接管前已办" in run("obligation", "list", NUMBER, *ME, "--all").out
    back = run("obligation", "takeover", NUMBER, *ME, *on("2026-05-04"), "--none", "--reason", "误设接管日").out
    assert back == f"0项视为接管前已办，{taken.partition('项')[0]}项恢复为待办。\n"
    assert run("obligation", "takeover", NUMBER, *ME, "--reason", "误设接管日").code == 2
    target = tmp_path / "duties.csv"
    run("obligation", "export", NUMBER, *ME, str(target))
    assert "提交结算单与明细" in target.read_text(encoding="utf-8-sig")


def test_events_and_their_clock_from_the_command_line(run: Command, data_dir: Path, tmp_path: Path) -> None:
    assert "ticket_escalated\t工单升级至甲方" in run("obligation", "events", NUMBER, *ME).out
    args = (
        "obligation",
        "event",
        NUMBER,
        "工单升级至甲方",
        *ME,
        *on("2026-03-03"),
        "--at",
        "2026-03-02T10:00",
        "--subject",
        "GD-1",
    )
    event = run(*args).out.rstrip().split("\t")[1]
    assert run(*args).out == f"此前已经记录\t{event}\n"
    assert run("obligation", "stop", NUMBER, event, *ME, "--at", "2026-03-02T11:00", "--ground", "user").code == 0
    assert "停钟中" in run("obligation", "list", NUMBER, *ME).out
    assert run("obligation", "start", NUMBER, event, *ME, "--at", "2026-03-02T12:30").code == 0
    assert found(run("obligation", "list", NUMBER, *ME).out, "答复升级工单")[0] == "2026-03-02 15:30"
    sheet = tmp_path / "events.csv"
    sheet.write_text(
        f"合同编号,事件,日期,对象\n{NUMBER},收到投诉,2026-03-02,C-1\n{NUMBER},怪事,2026-03-32,C-2\n", encoding="gb18030"
    )
    bad = run("obligation", "import", str(sheet), *ME, *on("2026-03-03"))
    assert bad.code == 2
    assert bad.err.count("第3行") == 2
    sheet.write_text(f"合同编号,事件,日期,对象\n{NUMBER},收到投诉,2026-03-02,C-1\n", encoding="utf-8")
    assert "已导入1条，此前已有0条，由此排定义务3项" in run("obligation", "import", str(sheet), *ME, *on("2026-03-03")).out
    assert "取消未办的义务1项" in run("obligation", "withdraw", NUMBER, event, *ME, "--reason", "记错了合同").out
    told = run("obligation", "event", NUMBER, "regulator_complaint", *ME, *on("2026-03-03"), "--subject", "TS-1").out
    judged = run("obligation", "judge", NUMBER, told.rstrip().split("\t")[1], *ME, *on("2026-03-03"), "--fault", "b")
    assert "触发整改：因乙方原因于2026-03-03发生重大投诉TS-1。" in judged.out
    late = run("obligation", "event", NUMBER, "ticket_escalated", *ME, *on("2026-03-03"), "--on", "2026-03-09")
    assert late.code == 2
    assert "尚未到来" in late.err


def test_a_changed_service_list_from_the_command_line(run: Command, data_dir: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "list.xlsx"
    assert run("annex", "current", NUMBER, *ME, "--out", str(path)).code == 0
    assert "修改0行，不变" in run("annex", "diff", NUMBER, str(path), *ME, "--on", "2026-06-01").out
    book = load_workbook(path)
    money = next(c.column for c in book["价格"][1] if str(c.value).startswith("不含税"))
    book["价格"].cell(2, money).value = 1320000
    book.save(path)
    said = run("annex", "diff", NUMBER, str(path), *ME, "--on", "2026-06-01").out
    assert "每年增减：不含税 +120,000.00，含税 +127,200.00" in said
    assert "固定月费：100,000.00 → 110,000.00" in said
    assert run("annex", "amend", NUMBER, str(path), *ME).out == f"{NUMBER}-BC-01\n"
