"""One key ring and one authority for all tests of this folder; making keys is quick, but not free."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from signatures.authority import Authority, open_authority
from signatures.keystore import KeyRing
from tests.signatures.ceremony import Ceremony, complete


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.from_file(tmp_path_factory.mktemp("ring") / "key-encryption-keys")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, ring: KeyRing) -> Authority:
    return open_authority(tmp_path_factory.mktemp("pki"), ring, datetime.now(UTC), "测试单位", "https://sign.example.com")


@pytest.fixture(scope="session")
def root_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cryptography.hazmat.primitives.serialization import Encoding

    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(authority.root.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def ceremony(authority: Authority) -> Ceremony:
    """A contract signed by everybody and archived; ``history`` has the file after each step. Treat as read-only."""
    return complete(authority)
