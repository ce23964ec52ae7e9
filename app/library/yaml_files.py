"""YAML source files → plain data and pydantic models, with the file and line of every fault."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)


# libyaml's parser is ten times faster; the pure Python one serves where PyYAML was built without it.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_Base):  # type: ignore[misc]
    """SafeLoader that refuses a mapping with the same key twice; YAML would silently keep the last one."""


# Clause ids and section numbers look like times, numbers and dates; keep only what the files really use.
_UniqueKeyLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith((":timestamp", ":float"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _construct_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
    mapping: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "键应为一个词，不能是列表或对照", key_node.start_mark)
        if key in mapping:
            raise yaml.constructor.ConstructorError(None, None, f"键“{key}”重复", key_node.start_mark)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_yaml(path: Path, problems: list[str]) -> Any:
    """The file's data, or None with the reason appended to ``problems``; an empty file is a fault too."""
    try:
        # A SafeLoader subclass: no arbitrary objects can be built.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506
        if data is None:
            problems.append(f"{path.name}：文件是空的")
        return data
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" 第{mark.line + 1}行" if mark else ""
        problems.append(f"{path.name}{line}：YAML 有误：{error.problem or error}")
    except (yaml.YAMLError, RecursionError) as error:
        problems.append(f"{path.name}：YAML 有误：{error}")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}：无法读取：{error}")
    return None


def read_model(path: Path, model: type[ModelT], problems: list[str]) -> ModelT | None:
    """The file as ``model``; every schema fault is appended to ``problems`` with file, line and path."""
    data = read_yaml(path, problems)
    if data is None:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = _line_index(path)
        for fault in error.errors():
            where = ".".join(str(p) for p in fault["loc"])
            line = _nearest_line(lines, tuple(fault["loc"]))
            problems.append(f"{path.name}{f' 第{line}行' if line else ''}：{where}：{fault['msg']}")
        return None


def _line_index(path: Path) -> dict[tuple[Any, ...], int]:
    index: dict[tuple[Any, ...], int] = {}

    def visit(node: yaml.Node, where: tuple[Any, ...]) -> None:
        index[where] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                visit(value, (*where, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for position, child in enumerate(node.value):
                visit(child, (*where, position))

    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Base)
    if root is not None:
        visit(root, ())
    return index


def _nearest_line(index: dict[tuple[Any, ...], int], where: tuple[Any, ...]) -> int | None:
    while where not in index and where:
        where = where[:-1]
    return index.get(where)
