"""Key-encryption keys rotated on the command line, and what the state of the installation tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from app.store.signings import find_certificate
from app.wiring import Wiring
from signatures.errors import SignatureError
from signatures.keystore import SealedKey, open_key
from tests.cli.installation import data_dir, wiring
from tests.cli.test_commands import Command, run
from tests.web.test_pki import PIN, issue

__all__ = ["data_dir", "run", "wiring"]


def test_a_new_key_encryption_key_rewraps_everything_and_the_old_one_can_go(run: Command, wiring: Wiring, data_dir: Path) -> None:
    row = issue(wiring, "张三")
    old = wiring.signing_room.ring
    assert run("keys", "state").code == 0
    said = run("keys", "rotate", "--drop-old")
    assert said.code == 0, said.err
    assert "改写 1 把" in said.out
    assert old.current in said.out.splitlines()[-1]
    with wiring.reading() as uow:
        stored = find_certificate(uow.session, row.serial)
        assert stored
        sealed = SealedKey.read(stored.sealed)
    new = wiring.signing_room.ring
    assert list(new.keys) == [new.current]
    assert new.current != old.current
    assert open_key(sealed, new, row.serial, row.reference, PIN)
    with pytest.raises(SignatureError, match="缺少密钥加密密钥"):
        open_key(sealed, old, row.serial, row.reference, PIN)
    fresh = Wiring(Settings(data_dir=data_dir))
    assert fresh.signing_room.authority.root == wiring.signing_room.authority.root


def test_a_lost_authority_is_an_alarm_in_the_state(run: Command, wiring: Wiring, data_dir: Path) -> None:
    issue(wiring, "张三")
    (data_dir / "pki" / "authority.json").unlink()
    said = run("keys", "state")
    assert said.code == 1
    assert "请从备份恢复数据目录下的 pki" in said.err
