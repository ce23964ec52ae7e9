"""The redline before other programs: Microsoft's validator and LibreOffice. Skipped where they are not installed."""

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from app.domain.digest import canonical_lines
from app.domain.documents import TextDifference
from app.domain.tree import Instrument
from app.rendering.proof.compare import compare_stream
from app.rendering.proof.docx_text import read_blocks
from app.rendering.revisions import accept_all, reject_all
from tests.rendering.redlines import FOR_OFFICES, PAIRS, compared, redline
from tests.rendering.test_docx_office import _node_path, _validator

AGAIN = ("much", "section left out", "table replaced")
RESOLVER = Path(__file__).with_name("uno_resolve.py")


def _name(pair: str) -> str:
    return pair.replace(",", "").replace(" ", "_")


def _differences(content: bytes, instrument: Instrument) -> tuple[TextDifference, ...]:
    """What a file that LibreOffice wrote says differently; it lays tables out its own way, so the stream of words counts."""
    text = "".join(block.printed for block in read_blocks(content))
    return compare_stream(canonical_lines(instrument), text.replace("☐", ""))


@pytest.mark.parametrize("pair", FOR_OFFICES)
def test_microsofts_validator_finds_nothing(pair: str, tmp_path: Path) -> None:
    validator = _validator()
    target = tmp_path / "redline.docx"
    resolved = tmp_path / "accepted.docx"
    target.write_bytes(redline(compared(pair)))
    files = [target]
    if pair == "much":  # what our resolver leaves is proven by comparison; once is enough for its being valid, too
        resolved.write_bytes(accept_all(target.read_bytes()))
        files.append(resolved)
    for file in files:
        command = [validator, str(file), "--officeVersion", "Microsoft365"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": _node_path()})
        report = json.loads(result.stdout)
        assert report["errors"] == []
        assert report["ok"]


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """Redlines with all changes accepted and rejected by LibreOffice itself, some only saved by it, driven over a pipe."""
    office, python = shutil.which("soffice"), shutil.which("python3", path="/usr/bin")
    if office is None or python is None or subprocess.run([python, "-c", "import uno"], capture_output=True).returncode:
        pytest.skip("LibreOffice or python3-uno is not installed")
    folder = tmp_path_factory.mktemp("uno")
    for pair in {*FOR_OFFICES, *AGAIN}:
        (folder / f"{_name(pair)}.docx").write_bytes(redline(compared(pair)))
    files, again = ([str(folder / f"{_name(pair)}.docx") for pair in pairs] for pairs in (FOR_OFFICES, AGAIN))
    pipe = f"chengyue{uuid.uuid4().hex}"
    environment = {**os.environ, "HOME": str(folder), "SAL_USE_VCLPLUGIN": "svp"}
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    server = subprocess.Popen(
        [office, profile, "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        done = subprocess.run(
            [python, str(RESOLVER), pipe, *files, "--again", *again], capture_output=True, text=True, timeout=240, check=True
        )
    finally:
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, 9)
            server.wait()
    return folder, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("pair", FOR_OFFICES)
def test_libreoffices_own_accept_all_and_reject_all_give_both_versions(resolved, pair: str) -> None:
    folder, reports = resolved
    old, new = FOR_OFFICES[pair]
    mine = [r for r in reports if str(r["file"]).startswith(f"{_name(pair)}.")]
    assert [r["left"] for r in mine] == [0, 0]
    assert (mine[0]["before"] == 0) is (pair == "nothing")
    assert _differences((folder / f"{_name(pair)}.accepted.docx").read_bytes(), new) == ()
    assert _differences((folder / f"{_name(pair)}.rejected.docx").read_bytes(), old) == ()


@pytest.mark.parametrize("pair", AGAIN)
def test_libreoffice_reads_the_same_changes_as_our_resolver(resolved, pair: str) -> None:
    """Opened and saved by LibreOffice, with its changes resolved by us: both versions come out word for word."""
    folder, _ = resolved
    old, new = PAIRS[pair]
    again = (folder / f"{_name(pair)}.again.docx").read_bytes()
    assert _differences(accept_all(again), new) == ()
    assert _differences(reject_all(again), old) == ()
