"""What the built-in authority answers to others, and the state of its keys: the services' port over ``signatures``.

Heavy libraries load with this module; wiring imports it on first use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.errors import ContractError
from app.services.ports import CertificateState, KeyHealth, OwnCertificate, TimeAnswer
from signatures.authority import FILE, Authority
from signatures.errors import SignatureError
from signatures.files import locked, replace
from signatures.keystore import KeyRing, SealedKey, rewrap
from signatures.revocation import Reason, Revocation, Status
from signatures.time_source import OutsideService, probe

KEY_FILE = "key-encryption-keys"


def told(error: SignatureError) -> ContractError:
    return ContractError(error.code, error.message)


@dataclass(frozen=True)
class AuthorityRoom:
    """``authority`` loads the authority, making it at first use; ``keys``: the key-encryption keys as text, empty for the file."""

    folder: Path
    authority: Callable[[], Authority]
    clock: Callable[[], datetime]
    keys: str = ""
    timestamp_url: str = ""

    # ---- what anybody may ask

    def certificate(self, name: str) -> bytes:
        """``root`` or ``issuing`` in DER."""
        own = self._loaded()
        return (own.root if name == "root" else own.issuing).public_bytes(Encoding.DER)

    def revocation_list(self, name: str, revoked: Sequence[tuple[str, CertificateState]]) -> bytes:
        """The CRL of the root, or of signatories (RFC 5280) with ``revoked``: serial in hex, state."""
        own, now = self._loaded(), self.clock()
        if name == "root":
            return own.authority_list(now)
        return own.holder_list([_revocation(serial, state) for serial, state in revoked if state.revoked_at is not None], now)

    def ocsp(self, request: bytes, state_of: Callable[[str], CertificateState | None]) -> bytes:
        """The response in DER (RFC 6960); ``state_of``: what the register says of a serial, None for one never issued."""

        def status(serial: int) -> Status:
            text = f"{serial:X}"
            state = state_of(text)
            if state is None:
                return Status(issued=False)
            return Status(True, _revocation(text, state) if state.revoked_at is not None else None)

        return self._loaded().answer_ocsp(request, status, self.clock())

    def timestamp(self, request: bytes) -> bytes:
        """The response in DER (RFC 3161). Raises ``time.backwards`` where the clock can't be trusted."""
        try:
            return self._loaded().timestamps(self.clock).respond(request)
        except SignatureError as error:
            raise told(error) from error

    # ---- what the administrator sees

    @property
    def made(self) -> bool:
        """Whether the authority was ever made; it is at the first signing."""
        return (self.folder / FILE).exists()

    def own_certificates(self) -> tuple[OwnCertificate, ...]:
        """Empty before the first use. Raises ``key.ring``, ``authority.damaged``."""
        if not self.made:
            return ()
        found = self._loaded().health(self.clock())
        return tuple(OwnCertificate(h.label, h.serial, h.valid_until, h.alarm) for h in found)

    def key_health(self) -> KeyHealth:
        """Raises ``key.ring``."""
        source = "environment" if self.keys else "file"
        path = self.folder / KEY_FILE
        if not self.keys and not path.exists():
            return KeyHealth(source, str(path), "", 0)
        ring = self._ring()
        return KeyHealth(source, "" if self.keys else str(path), ring.current, len(ring.keys))

    def ask_time(self) -> TimeAnswer:
        """Ask the outside service for one stamp, now; what came of it in words. Never raises."""
        if not self.timestamp_url:
            return TimeAnswer(outside=False, at=None, fault="")
        try:
            return TimeAnswer(outside=True, at=probe(OutsideService(self.timestamp_url)), fault="")
        except SignatureError as error:
            return TimeAnswer(outside=True, at=None, fault=error.message)

    # ---- rotation

    def new_ring(self) -> str:
        """Add a key to the file and make it current; returns its name. Raises ``key.environment`` where the keys come from there."""
        if self.keys:
            line = KeyRing.parse(self.keys).with_new_key().text().splitlines()[-1]
            raise ContractError(
                "key.environment",
                "密钥加密密钥来自环境变量 SIGNING_KEYS，本命令不能改写。请在其末尾加上（以逗号分隔）下面这一项，重启后再运行 keys rotate --rewrap：\n"
                + line,
            )
        with locked(self.folder / "keys.lock"):
            ring = self._ring().with_new_key()
            replace(self.folder / KEY_FILE, ring.text().encode())
        return ring.current

    def rewrap_authority(self) -> None:
        """The authority's own keys under the current key. Raises ``key.ring``, ``authority.damaged``."""
        if self.made:
            try:
                self.authority().rewrapped(self._ring())
            except SignatureError as error:
                raise told(error) from error

    def rewrapped(self, sealed: str) -> str:
        """A sealed key as text, under the current key; unchanged where it is already."""
        key, ring = SealedKey.read(sealed), self._ring()
        return sealed if key.ring_key == ring.current else rewrap(key, ring).text()

    def drop_old_keys(self, used: frozenset[str]) -> tuple[str, ...]:
        """Take keys out of the file that are neither current nor ``used``; their names."""
        if self.keys:
            return ()
        with locked(self.folder / "keys.lock"):
            ring = self._ring()
            kept = {name: key for name, key in ring.keys.items() if name == ring.current or name in used}
            replace(self.folder / KEY_FILE, KeyRing(ring.current, kept).text().encode())
        return tuple(name for name in ring.keys if name not in kept)

    # ---- inside

    def _loaded(self) -> Authority:
        try:
            return self.authority()
        except SignatureError as error:
            raise told(error) from error

    def _ring(self) -> KeyRing:
        try:
            return KeyRing.parse(self.keys) if self.keys else KeyRing.from_file(self.folder / KEY_FILE)
        except SignatureError as error:
            raise told(error) from error
        except OSError as error:
            raise ContractError("key.ring", f"无法读取密钥加密密钥文件：{os.strerror(error.errno or 0)}") from error


def ring_of(sealed: str) -> str:
    """Under which key-encryption key a sealed key lies."""
    return SealedKey.read(sealed).ring_key


def _revocation(serial: str, state: CertificateState) -> Revocation:
    assert state.revoked_at is not None
    return Revocation(int(serial, 16), state.revoked_at, Reason(state.reason or "ceased"))
