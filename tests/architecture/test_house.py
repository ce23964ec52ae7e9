"""The house rules that a test can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE = 450


def _sources(*folders: str) -> list[Path]:
    return sorted(p for f in folders for p in (ROOT / f).rglob("*.py") if "migrations" not in p.parts)


def test_the_law_room_loads_nothing_but_the_standard_library_and_itself() -> None:
    modules = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in _sources("app/domain") if p.stem != "__init__"]
    program = (
        f"import sys\nfor m in {modules!r}: __import__(m)\n"
        "tops = {m.split('.')[0] for m in sys.modules}\n"
        "inside = {m for m in sys.modules if m.startswith('app.') and not m.startswith('app.domain')}\n"
        "print(sorted(t for t in tops if t not in sys.stdlib_module_names and not t.startswith('_')), sorted(inside))"
    )
    result = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
                            capture_output=True, text=True, check=True)  # fmt: skip
    outside, inside = result.stdout.strip().split("] [")
    assert set(re.findall(r"'([^']+)'", outside)) <= {"app", "sitecustomize", "usercustomize", "distutils_hack"}
    assert inside == "]"


def test_wiring_loads_heavy_libraries_on_first_use_only() -> None:
    heavy = {"sqlalchemy", "alembic", "weasyprint", "openpyxl", "docx", "pikepdf", "pyhanko", "flask"}
    program = f"import sys, app.wiring; print(*sorted({heavy!r} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.split() == []


def test_time_is_an_argument_below_the_doors() -> None:
    calls = re.compile(r"\b(?:datetime\.now|date\.today|datetime\.utcnow|time\.time)\(")
    offenders = [
        f"{p.relative_to(ROOT)}:{i}"
        for p in _sources("app/domain", "app/services", "app/library", "app/store", "signatures")
        for i, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if calls.search(line)
    ]
    assert offenders == []


def test_every_setting_is_documented_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [f.name.upper() for f in fields(Settings) if f"`{f.name.upper()}`" not in readme]
    assert missing == []


def test_every_file_does_one_thing() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in _sources("app", "signatures")}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in _sources("app", "signatures", "bench", "tools")
        if p.read_text(encoding="utf-8").strip() and ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "package-lock.json"])
def test_lock_files_record_no_download_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert not re.search(r"^--?(index-url|extra-index-url|find-links|trusted-host|i\b|f\b)", text, re.MULTILINE)


def test_every_requirement_is_pinned_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^([A-Za-z0-9_.\-]+)==\S+", text, re.MULTILINE)
        entries = re.split(r"^(?=[A-Za-z0-9_.\-]+==)", text, flags=re.MULTILINE)[1:]
        assert len(pins) > 10
        assert [e.split("==")[0] for e in entries if "--hash=sha256:" not in e] == []
