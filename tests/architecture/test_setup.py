"""Set-up on a machine that has nothing yet: what can be told without one."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKES = {"dpkg-query": "exit 1", "sudo": "exit 1", "id": "echo 1000"}


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH on which no package is installed, nobody is root and sudo refuses."""
    for name, body in FAKES.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n", encoding="ascii")
        (tmp_path / name).chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("mode", ["run", "test"])
def test_without_root_and_sudo_setup_prints_the_one_command_and_exits_1(mode: str, bare_path: str) -> None:
    made = subprocess.run(
        [ROOT / "tools" / "setup.sh", mode], env=os.environ | {"PATH": bare_path}, capture_output=True, text=True, check=False
    )
    assert made.returncode == 1
    commands = [line for line in made.stdout.splitlines() if line.strip().startswith("sudo ")]
    assert len(commands) == 1
    for package in ("libpango-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk"):
        assert package in commands[0]
    assert ("libreoffice-writer-nogui" in commands[0]) == (mode == "test")


def test_the_front_end_lock_names_every_dependency_of_every_platform() -> None:
    """``npm ci`` refuses a lock without the optional packages of other platforms."""
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {
        name: version
        for entry in locked.values()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name, version in entry.get(kind, {}).items()
    }
    absent = {name: version for name, version in wanted.items() if f"node_modules/{name}" not in locked}
    assert absent == {}
    fixed = {n: v for n, v in wanted.items() if re.fullmatch(r"[0-9.]+", v)}
    assert {n: locked[f"node_modules/{n}"]["version"] for n in fixed} == fixed
