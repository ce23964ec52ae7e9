"""The key that signs audit checkpoints, and the file that keeps them outside the database.

Whoever holds both the database and this folder can write history anew; a copy of the public key and of the checkpoints
that is kept elsewhere (``audit verify --checkpoints``) shows it even then.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.domain.audit import Checkpoint, read_checkpoint
from app.domain.errors import ContractError

KEY_FILE = "signing-key.pem"
PUBLIC_FILE = "public-key.pem"
CHECKPOINT_FILE = "checkpoints.jsonl"


def key_id(public: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints (``domain.audit.CheckpointSigner``)."""

    key: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        return key_id(self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Knows public keys by id (``domain.audit.CheckpointVerifier``)."""

    keys: Mapping[str, Ed25519PublicKey]

    def verify(self, key_id: str, message: bytes, signature: bytes) -> bool:
        key = self.keys.get(key_id)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class AuditSeal:
    """The folder with key and checkpoints."""

    folder: Path

    def signer(self) -> Signer:
        """The signing key, made at first use and readable by its owner alone."""
        path = self.folder / KEY_FILE
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            _create(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
        loaded = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(loaded, Ed25519PrivateKey):
            raise ContractError("audit.key", f"{path} 不是 Ed25519 私钥。")
        public = self.folder / PUBLIC_FILE
        if not public.exists():
            _create(public, loaded.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
        return Signer(loaded)

    def verifier(self, *others: Path) -> Verifier:
        """Knows this installation's public key and those in the files ``others``. Without any key nothing verifies."""
        keys = [read_public_key(path) for path in (self.folder / PUBLIC_FILE, *others) if path in others or path.exists()]
        return Verifier({key_id(key): key for key in keys})

    def keep(self, point: Checkpoint) -> None:
        """Add a checkpoint to the file; it is on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / CHECKPOINT_FILE
        with path.open("ab+") as stream:
            # A process that was killed while writing leaves half a line; the next one begins on a line of its own.
            torn = stream.seek(0, os.SEEK_END) > 0 and stream.seek(-1, os.SEEK_END) >= 0 and stream.read(1) != b"\n"
            stream.write((b"\n" if torn else b"") + point.line().encode("utf-8") + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def kept(self) -> tuple[tuple[Checkpoint, ...], tuple[int, ...]]:
        """Every checkpoint of the file, and the numbers of the lines that are none."""
        return read_checkpoint_file(self.folder / CHECKPOINT_FILE)


def read_checkpoint_file(path: Path) -> tuple[tuple[Checkpoint, ...], tuple[int, ...]]:
    """Checkpoints in a file, one a line, and the numbers of unreadable lines. An absent file has none."""
    found, unreadable = [], []
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(read_checkpoint(line.decode("utf-8")))
        except (ContractError, UnicodeDecodeError):
            unreadable.append(number)
    return tuple(found), tuple(unreadable)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A public key in PEM. Raises ``audit.key``."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ContractError("audit.key", f"{path} 不是可用的公钥文件。") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ContractError("audit.key", f"{path} 不是 Ed25519 公钥。")
    return key


def _create(path: Path, content: bytes, mode: int) -> None:
    """A new file, whole or not at all; one that another process made meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = path.parent / f".{uuid.uuid4().hex}.tmp"
    handle = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(work, path)
        except FileExistsError:
            return
    finally:
        work.unlink(missing_ok=True)
