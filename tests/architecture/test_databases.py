"""Which database a test of the services runs on: each on one, what works side by side on both, everything on both if asked."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.services.sharing import KINDS, both_databases, kind_of, shared_out, turn

SERVICES = Path(__file__).parents[1] / "services"
TOGETHER = re.compile(r"\b(Barrier|Thread|ThreadPoolExecutor)\(")
CASES = """
import pytest
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("number", range(20))
def test_each(kind, number): pass
@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_together(kind): pass
@pytest.mark.parametrize("kind", ["sqlite"])
def test_files(kind): pass
def test_plain(): pass
"""


class _Collected:
    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.items = list(items)


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[pytest.Item]:
    folder = tmp_path_factory.mktemp("cases")
    (folder / "test_cases.py").write_text(CASES)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = both_databases")
    found = _Collected()
    assert (
        pytest.main(
            [str(folder), "-qq", "--collect-only", "--no-header", f"--rootdir={folder}", "-p", "no:cacheprovider"], [found]
        )
        == 0
    )
    return found.items


def test_each_case_runs_on_one_kind_and_those_marked_on_both(items: list[pytest.Item]) -> None:
    kept, left = shared_out(items)
    assert len(kept) + len(left) == len(items) == 44
    names = [i.name.partition("[")[0] for i in kept]
    assert {n: names.count(n) for n in names} == {"test_each": 20, "test_together": 2, "test_files": 1, "test_plain": 1}
    numbers = sorted(re.sub(r"\D", "", i.name) for i in kept if i.name.startswith("test_each"))
    assert numbers == sorted(str(n) for n in range(20)), "each case once"
    assert {kind_of(i) for i in kept if i.name.startswith("test_each")} == set(KINDS)


def test_a_case_stays_on_its_kind_when_others_come_or_go(items: list[pytest.Item]) -> None:
    kept, _ = shared_out(items)
    fewer, _ = shared_out(items[10:])
    assert {i.nodeid for i in fewer} <= {i.nodeid for i in kept} | {i.nodeid for i in items[:10]}
    assert {turn(f"case {n}") for n in range(40)} == set(KINDS)


def test_whatever_works_side_by_side_runs_on_both() -> None:
    unmarked = []
    for path in sorted(SERVICES.glob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        if any(isinstance(n, ast.Assign) and both_databases.name in ast.unparse(n) for n in tree.body):
            continue
        for test in (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")):
            marks = " ".join(ast.unparse(d) for d in test.decorator_list)
            words = ast.get_source_segment(source, test) or ""
            if TOGETHER.search(words) and "both_databases" not in marks and "over_both" not in marks:
                unmarked.append(f"{path.name}: {test.name}")
    assert not unmarked
