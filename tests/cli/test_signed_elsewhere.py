"""Outside roots and tokens of the signing API on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.services.api_tokens import SIGN, TokenRefused, bearer
from app.wiring import Wiring
from tests.cli.installation import data_dir, wiring
from tests.cli.test_commands import Command, run
from tests.services.test_signing_elsewhere import authority
from tests.web.people import LAWYER

__all__ = ["data_dir", "run", "wiring"]
ME = ("--as", LAWYER.login)


def test_a_root_is_looked_at_trusted_listed_and_removed(run: Command, wiring: Wiring, tmp_path: Path) -> None:
    root = authority("命令行电子认证测试机构").certificate
    mark, file = root.fingerprint(hashes.SHA256()).hex(), tmp_path / "root.pem"
    file.write_bytes(root.public_bytes(Encoding.PEM))
    assert mark in run("signing", "roots", "look", file, *ME).out
    refused = run("signing", "roots", "add", file, "--fingerprint", "00" * 32, *ME)
    assert refused.code != 0
    assert mark in refused.err
    assert wiring.trusted_roots() == ()
    assert run("signing", "roots", "add", file, "--fingerprint", mark.upper(), *ME).code == 0
    assert wiring.trusted_roots() == (root.public_bytes(Encoding.DER),)
    assert "命令行电子认证测试机构" in run("signing", "roots", "list", *ME).out
    assert run("signing", "roots", "remove", mark, "--reason", "不再与该机构合作", *ME).code == 0
    assert wiring.trusted_roots() == ()
    assert run("signing", "roots", "list", *ME).out == ""


def test_a_token_is_made_listed_without_its_secret_and_revoked(run: Command, wiring: Wiring) -> None:
    token = run("api-tokens", "make", "--name", "乙方平台", "--scope", SIGN, "--days", "7", *ME).out.strip()
    with wiring.reading() as uow:
        found = bearer(uow, wiring.now(), token)
    assert found.scopes == {SIGN}
    assert found.actor.via == "接口令牌“乙方平台”"
    listed = run("api-tokens", "list", *ME).out
    assert "乙方平台" in listed
    assert token not in listed
    assert run("api-tokens", "revoke", listed.split("\t")[0], *ME).code == 0
    with wiring.reading() as uow, pytest.raises(TokenRefused):
        bearer(uow, wiring.now(), token)
    assert run("api-tokens", "make", "--name", " ", "--days", "900", *ME).code != 0
