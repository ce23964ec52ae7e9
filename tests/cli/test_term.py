"""``renewal``, ``termination``, ``exit`` and ``notice`` on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.services.fixtures import LAWYER
from tests.services.living import in_force

__all__ = ["run"]
NUMBER = "SHFW-2025-0001"
ME = ("--as", LAWYER.id)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A contract in force for the year 2026."""
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    house = in_force(wiring.unit_of_work)
    assert house.view().number == NUMBER
    wiring.engine.dispose()
    return tmp_path


def on(day: str) -> tuple[str, str]:
    return "--today", day


def test_the_term_is_shown_with_the_reasons_of_every_date(run: Command, data_dir: Path) -> None:
    said = run("renewal", "show", NUMBER, *ME, *on("2026-09-01")).out
    assert "首期：2026-01-01 至 2026-12-31（自动续约）" in said
    assert "不续约通知到达截止日\t2026-10-30" in said
    assert "    届满前的通知期：自2026年12月31日往前数60个自然日，为2026年11月1日（周日）［第11.3.3条］" in said
    assert "    往前推算的截止日遇休假日：2026年11月1日（周日），提前至2026年10月30日［第1.1." in said
    assert "not_renew\t不续约" in said
    assert "✓ 没有及时到达的不续约通知" in said
    words = run("renewal", "timeline", NUMBER, *ME, *on("2026-09-01")).out.splitlines()
    assert words == sorted(words, key=lambda line: [int(n) for n in re.findall(r"\d+", line)[:3]])


def test_a_renewal_is_refused_by_notice_from_the_command_line(run: Command, data_dir: Path) -> None:
    refused = run("renewal", "decide", NUMBER, "到期不续", "--reason", "到期", *ME, *on("2026-09-01"))
    assert refused.code == 1
    assert "请选择“不续约”" in refused.err
    made = run("renewal", "decide", NUMBER, "not_renew", "--reason", "改由内部承接", *ME, *on("2026-09-01"))
    assert f"{NUMBER}-BX-01" in made.out
    sent = run(
        "renewal",
        "send",
        NUMBER,
        f"{NUMBER}-BX-01",
        "--from",
        "a",
        "--method",
        "express",
        "--on",
        "2026-09-01",
        *ME,
        *on("2026-09-01"),
    )
    done = run(
        "renewal", "arrived", NUMBER, sent.out.strip(), "--on", "2026-09-03", "--proof", "signed_for", "--evidence", "EMS 1", *ME,
        *on("2026-09-04"),
    )  # fmt: skip
    assert "届满终止" in done.out
    assert "现行决定：不续约" in run("renewal", "show", NUMBER, *ME, *on("2026-09-05")).out


def test_a_signed_renewal_moves_the_dates(run: Command, data_dir: Path) -> None:
    run("renewal", "decide", NUMBER, "renew", "--reason", "继续合作", *ME, *on("2026-09-01"))
    bad = run("renewal", "signed", NUMBER, f"{NUMBER}-XY-01", "--on", "2026-10-12", *ME, *on("2026-10-12"))
    assert bad.code == 2
    assert "请填写年数或者届满日" in bad.err
    done = run("renewal", "signed", NUMBER, f"{NUMBER}-XY-01", "--on", "2026-10-12", "--years", "2", *ME, *on("2026-10-12"))
    assert "2027-01-01 至 2028-12-31" in done.out
    assert "不续约通知到达截止日\t2028-11-01" in run("renewal", "show", NUMBER, *ME, *on("2026-10-12")).out


def test_renewed_prices_are_worked_out_and_written_into_the_agreement(run: Command, data_dir: Path) -> None:
    refused = run("renewal", "price", NUMBER, "--rise", "30", *ME)
    assert refused.code == 1
    assert "超过第8.3节的年度调价上限" in refused.err
    run("renewal", "decide", NUMBER, "renew", "--reason", "续签一年", *ME, *on("2026-09-01"))
    made = run("renewal", "price", NUMBER, "--rise", "2.5", "--write", *ME, *on("2026-09-01"))
    assert "固定月费：100,000.00元 ×（1 + 2.5%）= 102,500.00元" in made.out
    assert f"已写入 {NUMBER}-XY-01" in made.out
    assert run("renewal", "price", NUMBER, "--rise", "两成", *ME).code == 2


def test_a_notice_is_computed_both_ways(run: Command, data_dir: Path) -> None:
    back = run("notice", "compute", NUMBER, "--to", "b", "--method", "express", "--arrive-by", "2026-10-08", *ME).out
    assert "最后安全发出日（邮政特快专递）\t2026-09-30" in back
    assert "［第12.2.3条第（2）项］" in back
    assert "注意：" in back
    forth = run("notice", "compute", NUMBER, "--to", "b", "--method", "email", "--sent", "2026-10-03", *ME).out
    assert "最迟到达日\t2026-10-04" in forth
    assert run("notice", "compute", NUMBER, "--to", "b", "--method", "email", *ME).code == 2
    none = run("notice", "compute", NUMBER, "--to", "b", "--method", "system", "--sent", "2026-10-03", *ME)
    assert (none.code, "没有登记乙方的指定系统站内信地址" in none.err) == (2, True)


def test_a_breach_from_demand_to_archive(run: Command, data_dir: Path, tmp_path: Path) -> None:
    def termination(*words: str, day: str) -> str:
        done = run("termination", *words, *ME, *on(day))
        assert done.code == 0, done.err
        return done.out.strip()

    assert "fail\t违约解除\t考核持续不合格\t甲方主张，先催告" in run("termination", "grounds").out
    termination(
        "open", NUMBER, "--route", "breach", "--by", "a", "--ground", "fail", "--facts", "连续三期不合格", "--evidence", "JS-202604",
        "--known-on", "2026-07-06", "--grace-days", "15", day="2026-07-08",
    )  # fmt: skip
    demand = termination("demand", NUMBER, day="2026-07-08")
    assert demand == f"{NUMBER}-CG-01"
    sent = termination("send", NUMBER, demand, "--method", "express", "--on", "2026-07-08", day="2026-07-08")
    arrived = ("--proof", "signed_for", "--evidence", "EMS 2")
    termination("arrived", NUMBER, sent, "--on", "2026-07-10", *arrived, day="2026-07-12")
    early = run("termination", "notice", NUMBER, *ME, *on("2026-07-27"))
    assert early.code == 1
    assert "补救期至2026年7月27日（含当日）尚未届满" in early.err
    shown = termination("show", NUMBER, day="2026-07-27")
    assert "补救期届满日\t2026-07-27" in shown
    assert "✗ 补救期至2026年7月27日" in shown
    notice = termination("notice", NUMBER, day="2026-07-30")
    sent = termination("send", NUMBER, notice, "--method", "express", "--on", "2026-07-30", day="2026-07-30")
    termination("send", NUMBER, notice, "--method", "email", "--on", "2026-07-30", day="2026-07-30")
    assert "合同已终止" in termination("arrived", NUMBER, sent, "--on", "2026-08-03", *arrived, day="2026-08-04")
    termination("object", NUMBER, "--on", "2026-08-04", "--text", "考核数据有误", day="2026-08-04")
    termination("settle", NUMBER, "--outcome", "settled", day="2026-08-05")
    listed = run("exit", "list", NUMBER, *ME, *on("2026-08-05"), "--reasons").out
    assert "certificate\t2026-10-28\t待办\t乙方：出具返还、删除证明" in listed
    assert "继续有效\t第7.3节保密义务" in listed
    refused = run("exit", "archive", NUMBER, *ME, *on("2026-08-05"))
    assert refused.code == 1
    assert "终止清理任务尚未完成" in refused.err
    proof = tmp_path / "证明.pdf"
    proof.write_bytes(b"%PDF-1.7 x")
    keys = [
        line.split("\t")[0]
        for line in run("exit", "list", NUMBER, *ME, *on("2026-08-05")).out.splitlines()
        if "\t待办\t" in line or "\t逾期\t" in line
    ]
    assert len(keys) == 18
    for key in keys:
        done = run(
            "exit",
            "done",
            NUMBER,
            key,
            "--on",
            "2026-08-05",
            "--evidence",
            "交接单",
            "--file",
            str(proof),
            *ME,
            *on("2026-08-05"),
        )
        assert done.code == 0, done.err
    run("exit", "reopen", NUMBER, "stop", "--reason", "补充", *ME, *on("2026-08-05"))
    assert run("exit", "archive", NUMBER, *ME, *on("2026-08-05")).code == 1
    run("exit", "done", NUMBER, "stop", "--on", "2026-08-05", "--evidence", "公告", *ME, *on("2026-08-05"))
    assert run("exit", "archive", NUMBER, *ME, *on("2026-08-05")).out.strip() == "合同已归档。"


def test_leaving_by_agreement_and_withdrawing(run: Command, data_dir: Path) -> None:
    first = run("termination", "open", NUMBER, "--route", "convenience", "--by", "a", *ME, *on("2026-07-08")).out.strip()
    assert (
        "已撤回"
        in run("termination", "withdraw", NUMBER, "--reason", "改为协商", "--case", first[:6], *ME, *on("2026-07-08")).out
    )
    run("termination", "open", NUMBER, "--route", "agreement", *ME, *on("2026-07-08"))
    paper = run("termination", "agreement", NUMBER, *ME, *on("2026-07-08")).out.strip()
    assert paper == f"{NUMBER}-ZZ-01"
    said = run("termination", "signed", NUMBER, "--on", "2026-07-08", "--end-on", "2026-07-31", *ME, *on("2026-07-08")).out
    assert "尚未届至" in said
    assert run("termination", "confirm", NUMBER, *ME, *on("2026-07-30")).code == 1
    assert "退出任务已建立" in run("termination", "confirm", NUMBER, *ME, *on("2026-07-31")).out


def test_renewals_and_endings_of_every_contract_are_listed(run: Command, data_dir: Path) -> None:
    (line,) = run("renewal", "list", "--within", "90", *ME, *on("2026-10-12")).out.splitlines()
    assert line.split("\t")[:3] == [NUMBER, "须尽快决定", "2026-12-31"]
    assert "往前数60个自然日" in run("renewal", "list", "--reasons", *ME, *on("2026-10-12")).out
    assert "没有届满的合同" in run("renewal", "list", "--within", "30", *ME, *on("2026-05-01")).out
    assert "没有办理中的终止事项" in run("termination", "list", *ME, *on("2026-07-08")).out
    run(
        "termination", "open", NUMBER, "--route", "breach", "--by", "a", "--ground", "fail", "--facts", "连续三期不合格", "--evidence", "JS-1",
        "--known-on", "2026-07-06", "--grace-days", "15", *ME, *on("2026-07-08"),
    )  # fmt: skip
    (line,) = run("termination", "list", *ME, *on("2026-07-08")).out.splitlines()
    assert line.split("\t")[:3] == [NUMBER, "违约解除", "起草催告函"]
