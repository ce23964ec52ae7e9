"""The command line as others rely on it: exit codes, all faults at once, refusals that leave nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.__main__ import main

DAY = "2026-11-22"


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


Command = Callable[..., Run]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_dir: Path) -> Command:
    monkeypatch.setenv("DATA_DIR", str(data_dir))

    def call(*arguments: object) -> Run:
        monkeypatch.setattr("sys.argv", ["chengyue", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        code = stopped.value.code
        return Run(code if isinstance(code, int) else 0, said.out, said.err)

    return call


@pytest.fixture
def example(run: Command, tmp_path: Path) -> Path:
    path = tmp_path / "answers.yaml"
    path.write_text(run("answers", "--example").out, encoding="utf-8")
    return path


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        assert re.search(pattern, text, re.M), pattern
        text = re.sub(pattern, replacement, text, count=1, flags=re.M)
    other = path.with_name("changed.yaml")
    other.write_text(text, encoding="utf-8")
    return other


def acknowledged(
    path: Path, run: Command, reason: str = "已由业务负责人核实并确认可以接受，签署前由法务再次复核并留存记录"
) -> Path:
    found = json.loads(run("check", path, "--json", "--today", DAY).out)["findings"]
    lines = ["acknowledgements:"]
    for finding in (f for f in found if f["severity"] == "warn"):
        place = finding["place"]["provision"] or finding["place"]["variable"]
        entry = {"rule": finding["rule"], "place": place, "by": "法务", "at": f"{DAY}T09:00:00+08:00", "reason": reason}
        lines.append(f"  - {json.dumps(entry, ensure_ascii=False)}")
    other = path.with_name("acknowledged.yaml")
    other.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return other


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


# 0: done


def test_a_draft_writes_what_was_asked_for_and_nothing_else(run: Command, example: Path, tmp_path: Path) -> None:
    out = tmp_path / "neu" / "out"
    done = run("draft", example, "--out", out, "--format", "json,txt,html", "--today", DAY)
    assert done.code == 0, done.err
    assert names(out) == ["contract.html", "contract.json", "contract.txt"]
    digest = json.loads((out / "contract.json").read_text(encoding="utf-8"))["digest"]["value"]
    assert f"文本哈希 SHA-256 {digest}" in done.out
    assert "人民币壹佰肆拾万柒仟陆佰元整" in (out / "contract.txt").read_text(encoding="utf-8")
    assert "…" in done.err


def test_the_same_answers_give_the_same_words(run: Command, example: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("draft", example, "--out", tmp_path / name, "--format", "txt", "--today", DAY).code == 0
    assert (tmp_path / "a" / "contract.txt").read_bytes() == (tmp_path / "b" / "contract.txt").read_bytes()


def test_the_demonstration_answers_check_without_error_and_with_the_expected_findings(run: Command, example: Path) -> None:
    done = run("check", example, "--json", "--today", DAY)
    data = json.loads(done.out)
    assert done.code == 0
    assert {(f["rule"], f["severity"]) for f in data["findings"]} == {("R-35", "warn"), ("R-46", "warn"), ("R-47", "info")}
    assert {f["rule"] for f in data["blocking"]} == {"R-35", "R-46"}
    assert all(f["message"] and f["fix"] and f["basis"] for f in data["findings"])


def test_the_blank_answers_file_is_readable_and_lacks_the_answers(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "blank.yaml"
    path.write_text(run("answers", "--blank").out, encoding="utf-8")
    done = run("check", path, "--today", DAY)
    assert done.code == 1, done.err
    assert "甲方" in done.out


def test_the_library_check_prints_its_coverage_and_its_code_says_whether_it_is_clean(run: Command) -> None:
    done = run("clauses", "check", "--json")
    data = json.loads(done.out)
    assert data["points"]["total"] == 296
    assert done.code == (1 if data["problems"] else 0)
    assert f"要点覆盖 {data['points']['covered']}/296" in run("clauses", "check").out


def test_the_schema_for_editors_is_json(run: Command) -> None:
    for kind in ("chapter", "points", "terms", "form", "variables"):
        done = run("clauses", "schema", kind)
        assert done.code == 0
        assert "$schema" in json.loads(done.out)


# 1: the contract has blocking findings


def test_an_error_in_the_contract_gives_one_and_its_rule(run: Command, example: Path) -> None:
    bad = changed(example, (r"^  hours_per_day: 12", "  hours_per_day: 10"))
    done = run("check", bad, "--today", DAY)
    assert done.code == 1
    assert re.search(r"\[错误\] R-03 第2\.3\.\d+条", done.out)
    assert "改法：" in done.out
    assert "依据：" in done.out


def test_a_draft_with_an_error_is_still_written_but_a_final_is_not(run: Command, example: Path, tmp_path: Path) -> None:
    bad = changed(example, (r"^  hours_per_day: 12", "  hours_per_day: 10"))
    assert run("draft", bad, "--out", tmp_path / "draft", "--format", "txt", "--today", DAY).code == 0
    done = run("draft", bad, "--out", tmp_path / "final", "--final", "--format", "txt", "--today", DAY)
    assert done.code == 1
    assert "R-03" in done.out
    assert "不能定稿" in done.err
    assert not (tmp_path / "final").exists()


def test_every_review_lists_what_deviates_from_the_library(run: Command, example: Path, tmp_path: Path) -> None:
    words = "服务费包含下表项目，其余履约费用应当由乙方承担。"
    entry = {"provision": "fees.composition.included", "kind": "override", "text": words, "reason": "谈判结果"}
    deviating = tmp_path / "deviating.yaml"
    more = f"\ndeviations:\n  - {json.dumps(entry, ensure_ascii=False)}\n"
    deviating.write_text(example.read_text(encoding="utf-8") + more, encoding="utf-8")
    line = re.compile(r"^\[偏离\] 改写 8\.1\.\d+ fees\.composition\.included：谈判结果$", re.M)
    assert line.search(run("check", deviating, "--today", DAY).out)
    assert line.search(run("draft", deviating, "--out", tmp_path / "out", "--format", "txt", "--today", DAY).out)
    listed = json.loads(run("check", deviating, "--json", "--today", DAY).out)["deviations"]
    assert [(d["provision"], d["reason"], d["contract_text"]) for d in listed] == [(entry["provision"], "谈判结果", words)]


def test_a_final_is_refused_while_a_warning_has_no_reason(run: Command, example: Path, tmp_path: Path) -> None:
    done = run("draft", example, "--out", tmp_path / "out", "--final", "--today", DAY)
    assert done.code == 1
    assert "不能定稿：2 项须先处理（R-35、R-46）" in done.err
    assert "不少于 20 字" in done.err
    assert {"R-35", "R-46"} <= set(re.findall(r"R-\d\d", done.out))
    assert not (tmp_path / "out").exists()


def test_a_final_is_made_once_every_warning_has_a_reason(run: Command, example: Path, tmp_path: Path) -> None:
    done = run("draft", acknowledged(example, run), "--out", tmp_path / "out", "--final", "--format", "json", "--today", DAY)
    assert done.code == 0, done.out + done.err
    data = json.loads((tmp_path / "out" / "contract.json").read_text(encoding="utf-8"))
    assert data["final"] is True
    assert {a["rule"] for a in data["acknowledgements"]} == {"R-35", "R-46"}


def test_a_reason_of_two_characters_is_none(run: Command, example: Path, tmp_path: Path) -> None:
    path = acknowledged(example, run, reason="可以")
    done = run("draft", path, "--out", tmp_path / "out", "--final", "--format", "json", "--today", DAY)
    assert done.code in (1, 2)
    assert not (tmp_path / "out").exists()


def test_a_final_is_refused_while_something_due_is_blank(run: Command, example: Path, tmp_path: Path) -> None:
    path = acknowledged(changed(example, (r"^  account_no: .*$", "  account_no: ~")), run)
    done = run("draft", path, "--out", tmp_path / "out", "--final", "--format", "json", "--today", DAY)
    assert done.code == 1
    assert "pay.account_no" in done.out or "账号" in done.out
    assert not (tmp_path / "out").exists()


# 2: the input is unusable


def test_all_faults_are_printed_at_once_each_with_its_line(run: Command, example: Path, tmp_path: Path) -> None:
    bad = changed(
        example,
        (r"^  start_date: 2027-01-01", "  start_date: 2027-02-30"),
        (r"^  monthly_fixed: .*$", '  monthly_fixed: "' + "9" * 30 + '"'),
        (r"^  unit_price_ticket: .*$", '  unit_price_ticket: "-28.00"'),
        (r"^  model: fixed_monthly", "  model: fixed_montly"),
        (r"^  enterprise_size: large", "  enterprise_size: large\n  enterprise_siez: large"),
    )
    done = run("draft", bad, "--out", tmp_path / "out", "--format", "txt", "--today", DAY)
    assert done.code == 2
    for part in ("term.start_date", "fees.monthly_fixed", "fees.unit_price_ticket", "fees.model", "enterprise_siez"):
        assert re.search(rf"第\d+行.*{re.escape(part)}", done.err), part
    assert "是否想写“enterprise_size”" in done.err or "enterprise_size" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "文件是空的"),
        (b"contract: [", "YAML 写法有误"),
        (b"contract:\n  no: 1\n  no: 2\n", "重复填写"),
        (b"\tcontract: 1\n", "第1行"),
        ("contract: {no: 合同}".encode("gb18030"), "不是 UTF-8 编码"),
        (b"\xff\xfe\x00", "不是 UTF-8 编码"),
        (b"contract: {no: a\x00b}", "控制字符"),
        (b"- 1\n- 2\n", "变量名: 值"),
        (b"a: &x 1\nb: *x\n", "第1行"),
        (b"a: !!python/object/apply:os.system [id]\n", "标签"),
    ],
    ids=["empty", "broken", "twice", "tab", "gb18030", "bytes", "nul", "list", "alias", "tag"],
)
def test_a_file_that_is_no_answers_file_says_why(run: Command, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_bytes(content)
    for command in (("check", path), ("draft", path, "--out", tmp_path / "out")):
        done = run(*command)
        assert done.code == 2
        assert said in done.err
        assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_a_file_of_more_than_ten_megabytes_is_refused(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(10 * 1024 * 1024 + 1)
    done = run("check", path)
    assert done.code == 2
    assert "10 MB" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "absent.yaml"),
        ("draft", "absent.yaml", "--out", "out"),
        ("draft", "absent.yaml"),
        ("draft", "absent.yaml", "--out", "out", "--format", "doc"),
        ("draft", "absent.yaml", "--out", "out", "--format", ","),
        ("check", "absent.yaml", "--today", "2027-02-30"),
        ("check", "absent.yaml", "--today", "22.11.2026"),
        ("answers",),
        ("annex", "check", "absent.xlsx"),
        ("unknown",),
        ("clauses", "schema", "unknown"),
    ],
    ids=" ".join,
)
def test_a_command_that_cannot_be_carried_out_gives_two_and_a_sentence(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.code == 2
    assert done.err.strip()
    assert "Traceback" not in done.err
    assert names(tmp_path) == []


def test_a_setting_that_cannot_be_used_gives_two_and_names_it(
    run: Command, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    done = run("check", example)
    assert done.code == 2
    assert "PORT=eighty" in done.err


# Text stays text


def test_markup_in_an_answer_appears_as_text_and_is_never_run(run: Command, example: Path, tmp_path: Path) -> None:
    hostile = "示例<script>alert(1)</script>{{7*7}}{% raw %}公司"
    bad = changed(
        example, (r"^  name: 示例甲方科技有限公司（虚构）|^  name: \"示例甲方科技有限公司（虚构）\"", f'  name: "{hostile}"')
    )
    done = run("draft", bad, "--out", tmp_path / "out", "--format", "txt,html,json", "--today", DAY)
    assert done.code == 0, done.err
    assert hostile in (tmp_path / "out" / "contract.txt").read_text(encoding="utf-8")
    html = (tmp_path / "out" / "contract.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}{% raw %}" in html


# Annex and template


def test_the_service_list_workbook_that_is_handed_out_reads_back_without_faults(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "new" / "services.xlsx"
    assert run("annex", "template", "--out", path).code == 0
    assert names(path.parent) == ["services.xlsx"]
    done = run("annex", "check", path)
    assert done.code == 0, done.out
    assert "通过" in done.out


def test_a_service_list_with_faults_gives_one_and_names_the_cells(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "services.csv"
    path.write_text(
        "编号,类别,项目名称,适用产品,渠道,服务时段,优先级,责任岗位,交付物,计价代码,备注\nA1,无此类别,,,,,,,,,\n", encoding="utf-8"
    )
    done = run("annex", "check", path)
    assert done.code == 1
    assert "✗" in done.out
    assert "处错误" in done.out


def test_the_template_in_the_repository_passes_its_check_and_another_file_does_not(run: Command, tmp_path: Path) -> None:
    assert run("template", "check").code == 0
    path = tmp_path / "contract.docx"
    path.write_bytes(b"no document")
    done = run("template", "check", path)
    assert done.code in (1, 2)
    assert "Traceback" not in done.err


def test_a_table_that_is_no_service_list_gives_two_and_the_headings_that_it_needs(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "services.csv"
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    done = run("annex", "check", path)
    assert done.code == 2
    assert "项目名称" in done.err
