"""Answers files: hostile YAML → plain data with the line of every key; and the files that a person starts from.

Only plain YAML is read: no aliases, no tags, no second document, no key twice, at most 10 MB and twelve levels. Every
scalar stays text (or nothing), so that the domain decides what ``2``, ``09:00`` or ``yes`` mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.domain.errors import InputError, InputFault
from app.domain.typed_values import allowed_range
from app.domain.variables import Column, Contact, Requirement, Variable, VariableSet, VariableType, is_blank

SIZE_LIMIT = 10 * 1024 * 1024
DEPTH_LIMIT = 12
NODE_LIMIT = 500_000
CODE = "input.file"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_PLAIN = re.compile(r"[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9_（）、，。；—·. -]*")


@dataclass(frozen=True, slots=True)
class AnswersSource:
    """The data of a file and the line (from 1) of every dotted path in it."""

    data: Mapping[str, Any]
    lines: Mapping[str, int]


def read_answers_file(path: Path) -> AnswersSource:
    """Read a file; raises ``InputError`` with every fault found."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise _refusal(f"文件过大（{path.stat().st_size / 1024 / 1024:.1f} MB）", "至多10 MB")
        content = path.read_bytes()
    except FileNotFoundError:
        raise _refusal(f"找不到文件 {path}") from None
    except OSError as error:
        raise _refusal(f"无法读取文件 {path}：{error.strerror or error}") from error
    return parse_answers(content)


def parse_answers(content: bytes) -> AnswersSource:
    """Bytes of a YAML answers file → data and lines; raises ``InputError``."""
    if len(content) > SIZE_LIMIT:
        raise _refusal(f"文件过大（{len(content) / 1024 / 1024:.1f} MB）", "至多10 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refusal(f"文件不是 UTF-8 编码（第{error.start + 1}个字节起无法识别）", "另存为 UTF-8 编码", line) from error
    bad = _FORBIDDEN.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise _refusal(f"含有不可见的控制字符 U+{ord(bad[0]):04X}", "删除该字符", line)
    reader = _Reader()
    try:
        root = reader.build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refusal(f"YAML 写法有误：{_explain(error.problem or '')}", "", mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refusal(f"YAML 写法有误：{error}") from error
    if reader.faults:
        raise InputError(reader.faults, CODE)
    if root is None:
        raise _refusal("文件是空的", "用 `python -m app answers --blank` 生成空白答案文件")
    if not isinstance(root, dict):
        raise _refusal("文件的最外层应写成“变量名: 值”", "", 1)
    return AnswersSource(root, reader.lines)


def _refusal(problem: str, allowed: str = "", line: int | None = None) -> InputError:
    return InputError([InputFault("答案文件", "", problem, allowed, line)], CODE)


_PROBLEMS = (
    ("mapping values are not allowed", "冒号的位置不对，或者上一行的引号没有闭合"),
    ("could not find expected ':'", "缺少冒号，或者缩进不对"),
    ("did not find expected key", "缩进不对，或者缺少引号"),
    ("did not find expected '-' indicator", "列表的缩进不对"),
    ("found character that cannot start any token", "出现不能作为开头的字符（例如制表符、@ 或反引号），请加引号"),
    ("found unexpected end of stream", "引号没有闭合"),
    ("did not find expected", "括号、引号或缩进不完整"),
    ("found undefined tag handle", "不能使用标签（以 ! 开头的写法）"),
    ("found undefined alias", "不能使用别名（以 * 开头的写法）；内容以 * 开头的请加引号"),
)


def _explain(problem: str) -> str:
    return next((chinese for english, chinese in _PROBLEMS if english in problem), problem or "无法识别")


@dataclass(slots=True)
class _Frame:
    """A mapping or list under construction; ``key`` waits for its value."""

    path: str
    holder: dict[str, Any] | list[Any]
    key: str | None = None
    skipped: bool = False


@dataclass(slots=True)
class _Reader:
    """Builds data from parser events without recursion, so that depth and size are ours to limit."""

    lines: dict[str, int] = field(default_factory=dict)
    faults: list[InputFault] = field(default_factory=list)
    _nodes: int = 0

    def build(self, events: Iterator[Any]) -> Any:
        root: Any = None
        stack: list[_Frame] = []
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _refusal("文件中有不止一个 YAML 文档（多余的 ---）", "只保留一个", line)
            elif isinstance(event, yaml.AliasEvent):
                raise _refusal("不能使用别名（以 * 开头的写法）", "内容以 * 开头的请加引号", line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._count(event, stack, line)
                made = self._made(event)
                if stack and isinstance(stack[-1].holder, dict) and stack[-1].key is None:
                    self._key(event, stack[-1], line)
                    continue
                path = self._place(stack, made, line)
                if not stack:
                    root = made
                if isinstance(made, dict | list):
                    stack.append(_Frame(path, made))
        return root

    def _count(self, event: Any, stack: list[_Frame], line: int) -> None:
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise _refusal("文件内容过多", f"至多{NODE_LIMIT:,}个值", line)
        if len(stack) > DEPTH_LIMIT:
            raise _refusal("嵌套过深", f"至多{DEPTH_LIMIT}层", line)
        if event.anchor:
            raise _refusal("不能使用锚点（以 & 开头的写法）", "内容以 & 开头的请加引号", line)
        if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:str"):
            raise _refusal(f"不能使用标签 {event.tag}", "删去标签；内容以 ! 开头的请加引号", line)

    @staticmethod
    def _made(event: Any) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        return None if not event.style and event.value in _NULLS else event.value

    def _key(self, event: Any, frame: _Frame, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise _refusal("键只能是一个词，不能是列表或表格", "内容以 { 或 [ 开头的请加引号", line)
        key = event.value
        path = f"{frame.path}.{key}" if frame.path else key
        frame.key = key
        frame.skipped = isinstance(frame.holder, dict) and key in frame.holder
        if frame.skipped:
            self.faults.append(InputFault(path, "", f"重复填写（第{self.lines[path]}行已有）", "只保留一处", line))
        else:
            self.lines[path] = line

    def _place(self, stack: list[_Frame], made: Any, line: int) -> str:
        """Put a value where it belongs and return its path; a value of a repeated key is read but dropped."""
        if not stack:
            return ""
        frame = stack[-1]
        if isinstance(frame.holder, list):
            frame.holder.append(made)
            path = f"{frame.path}[{len(frame.holder)}]"
            self.lines[path] = line
            return path
        path = f"{frame.path}.{frame.key}" if frame.path else str(frame.key)
        if not frame.skipped:
            frame.holder[str(frame.key)] = made
        frame.key = None
        return path


def blank_answers(variables: VariableSet) -> str:
    """An answers file to fill in: what must be given stands open, what has a default stands as a comment."""
    return _written(variables, {}, "空白答案文件：填写没有默认值的项目；以 # 开头的是默认值，去掉 # 即可改写。")


def load_example(path: Path | None = None) -> AnswersSource:
    """The demonstration contract: ``example.yaml`` beside the chapters of the form."""
    from app.library.loader import FORM, clauses_root

    return read_answers_file(path or clauses_root() / FORM / "example.yaml")


def example_answers(variables: VariableSet, example: Mapping[str, Any] | None = None) -> str:
    """The demonstration contract as an answers file; ``example`` is other data than that of ``example.yaml``."""
    example = load_example().data if example is None else example
    flat = dict(_flat(example, "", variables))
    extras = {k: v for k, v in example.items() if k in ("playbook", "deviations", "acknowledgements")}
    text = _written(variables, flat, "演示合同的答案文件：当事人、账号、联系方式均为虚构。")
    for key, value in extras.items():
        text += "\n" + "\n".join(_yaml_lines(key, value, 0)) + "\n"
    return text


def _flat(data: Mapping[str, Any], prefix: str, variables: VariableSet) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{prefix}{key}"
        if name in variables:
            yield name, value
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{name}.", variables)


def _written(variables: VariableSet, given: Mapping[str, Any], heading: str) -> str:
    out = [f"# {heading}", "# 期限、金额、比例只填数字；日期写成 2027-01-01；表格每行以“- ”开头。", ""]
    groups: dict[str, list[Variable]] = {}
    for variable in variables:
        if variable.required is not Requirement.COMPUTED:
            groups.setdefault(variable.name.partition(".")[0], []).append(variable)
    for prefix, members in groups.items():
        out.append(f"{prefix}:")
        for variable in members:
            key = variable.name.partition(".")[2]
            out.append(f"  # {_comment(variable)}")
            if variable.name in given:
                out.extend(_yaml_lines(key, given[variable.name], 2))
            elif not is_blank(variable.default):
                out.extend(_commented(_yaml_lines(key, _raw(variable.default), 2)))
            elif variable.required is Requirement.REQUIRED and not variable.default_from and variable.stage.value != "signing":
                out.append(f"  {key}:")
            else:
                out.append(f"  # {key}:")
        out.append("")
    return "\n".join(out)


def _comment(variable: Variable) -> str:
    """Label, section, unit, requirement, range and options of a variable, in one line."""
    parts = [variable.label]
    if variable.unit not in ("", "-"):
        parts.append(f"单位：{variable.unit}")
    wanted = {Requirement.REQUIRED: "必填", Requirement.OPTIONAL: "可不填", Requirement.CONDITIONAL: "按条件必填"}
    has_default = not is_blank(variable.default) or variable.default_from or variable.type is VariableType.BOOL
    required = "有默认值" if has_default else wanted[variable.required]
    if not has_default and variable.required is Requirement.CONDITIONAL and variable.condition:
        required += f"（{variable.condition}）"
    parts.append(required)
    if variable.stage.value != "draft":
        parts.append({"freeze": "定稿前填写", "signing": "签署时填写", "after": "签署后填写"}[variable.stage.value])
    if variable.options:
        parts.append("选项：" + "、".join(f"{o.value}={o.label}" for o in variable.options))
    elif allowed_range(variable):
        parts.append(f"范围：{allowed_range(variable)}")
    if variable.type is VariableType.CONTACT:
        parts.append("写成 name（姓名）、title（职务）、phone（电话）、email（邮箱）")
    if variable.columns:
        parts.append("列：" + "、".join(_column_comment(c) for c in variable.columns))
        if variable.min_rows:
            parts.append(f"至少{variable.min_rows}行")
    if variable.constraint_help:
        parts.append(variable.constraint_help)
    section = "合同头" if variable.section == "0" else variable.section
    return f"[{section}] " + "；".join(parts)


def _column_comment(column: Column) -> str:
    """``kind=产品类型（software=软件/hardware=配套硬件）``: key, label, and what may stand in the cells."""
    notes = ["/".join(f"{o.value}={o.label}" for o in column.options)] if column.options else []
    if column.unit not in ("", "-"):
        notes.append(f"单位：{column.unit}")
    if column.type is VariableType.BOOL:
        notes.append("true=是/false=否")
    if not column.required:
        notes.append("可不填")
    return f"{column.key}={column.label}" + (f"（{'，'.join(notes)}）" if notes else "")


def _commented(lines: list[str]) -> list[str]:
    return [f"{line[:2]}# {line[2:]}" for line in lines]


def _raw(value: Any) -> Any:
    if isinstance(value, Contact):
        return {f: getattr(value, f) for f in Contact.__slots__ if getattr(value, f)}
    return value


def _yaml_lines(key: str, value: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(value, Mapping):
        return [f"{pad}{key}:", *(line for k, v in value.items() for line in _yaml_lines(str(k), v, indent + 2))]
    if isinstance(value, list | tuple):
        if all(not isinstance(v, Mapping) for v in value):
            return [f"{pad}{key}: [{', '.join(_scalar(v) for v in value)}]"]
        return [f"{pad}{key}:", *(f"{pad}  - {{{', '.join(f'{k}: {_scalar(v)}' for k, v in row.items())}}}" for row in value)]
    return [f"{pad}{key}: {_scalar(value)}"]


def _scalar(value: Any) -> str:
    if value is None:
        return "~"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if re.fullmatch(r"\d+(\.\d+)?|\d{4}-\d\d-\d\d", text):
        return text
    if _PLAIN.fullmatch(text) and not text.endswith((" ", ".")) and text.lower() not in _NULLS and "- " not in text:
        return text
    return json.dumps(text, ensure_ascii=False)
