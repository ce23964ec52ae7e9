"""Private keys at rest: sealed with AES-256-GCM under a key-encryption key, a signatory's also under their own PIN.

A sealed key names its purpose and owner as associated data, so that a key moved to another row of a database does not open. With
a PIN, the key inside is wrapped once more under Argon2id of the PIN: the server alone can't sign, which is what 电子签名法 13(1)(2)
asks (control by the signatory alone). The limit of it, plainly: whoever holds the key-encryption key *and* the database can try
PINs offline, at the price of one Argon2id each; a PIN of six digits then falls within days, a passphrase does not.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from signatures.errors import SignatureError
from signatures.files import create

PrivateKey = ec.EllipticCurvePrivateKey
_CONTEXT = b"chengyue.key/1"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Key-encryption keys by name; new keys are sealed under ``current``, old ones stay readable until they are rewrapped."""

    current: str
    keys: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if self.current not in self.keys or any(len(k) != _KEY_BYTES for k in self.keys.values()):
            raise SignatureError("key.ring", "密钥加密密钥须为32字节（Base64编码），且至少有一个。")

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """``name base64`` a line, or separated by commas; the last one is current. Raises ``key.ring``."""
        found: dict[str, bytes] = {}
        for item in text.replace(",", "\n").splitlines():
            parts = item.split()
            if not parts or item.lstrip().startswith("#"):
                continue
            try:
                name, encoded = parts
                found[name] = base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise SignatureError("key.ring", "密钥加密密钥的写法应为“名称 Base64”，每行一个。") from error
        return cls(next(reversed(found), ""), found)

    @classmethod
    def from_file(cls, path: Path) -> KeyRing:
        """The keys of ``path``, made at first use. Raises ``key.ring`` where others than its owner may read the file."""
        if not path.exists():
            create(path, f"{_fresh_line()}\n".encode())
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise SignatureError("key.ring", f"{path} 的权限为 {mode:04o}，其他用户可读；请执行 chmod 600 后重试。")
        return cls.parse(path.read_text())

    def with_new_key(self) -> KeyRing:
        """With one more key, which is current from now on; sealed keys are then to be rewrapped."""
        added = KeyRing.parse(_fresh_line())
        return KeyRing(added.current, {**self.keys, **added.keys})

    def text(self) -> str:
        """As ``parse`` reads it. Secret."""
        ordered = [*(n for n in self.keys if n != self.current), self.current]
        return "".join(f"{name} {base64.b64encode(self.keys[name]).decode()}\n" for name in ordered)


def _fresh_line() -> str:
    return f"k{secrets.token_hex(4)} {base64.b64encode(AESGCM.generate_key(256)).decode()}"


@dataclass(frozen=True, slots=True)
class PinCost:
    """What one try of a PIN costs: Argon2id memory in KiB, passes, lanes (RFC 9106 names 64 MiB, 3 passes)."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class PinLayer:
    """How the key inside is wrapped under the PIN."""

    salt: bytes
    nonce: bytes
    cost: PinCost


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A private key at rest; safe to store. ``pin`` None: a key of the system itself."""

    key_id: str
    owner: str
    ring_key: str
    wrapped: bytes
    nonce: bytes
    ciphertext: bytes
    pin: PinLayer | None = None

    def text(self) -> str:
        """One line of JSON for a database column."""
        data: dict[str, Any] = {
            "v": 1,
            "key_id": self.key_id,
            "owner": self.owner,
            "ring_key": self.ring_key,
            "wrapped": _encode(self.wrapped),
            "nonce": _encode(self.nonce),
            "ciphertext": _encode(self.ciphertext),
        }
        if self.pin:
            cost = self.pin.cost
            data["pin"] = {
                "kdf": "argon2id", "memory": cost.memory, "passes": cost.passes, "lanes": cost.lanes,
                "salt": _encode(self.pin.salt), "nonce": _encode(self.pin.nonce),
            }  # fmt: skip
        return json.dumps(data, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> SealedKey:
        """Raises ``key.damaged``."""
        try:
            data = json.loads(text)
            if data["v"] != 1:
                raise ValueError("unknown version")
            pin = data.get("pin")
            layer = None
            if pin:
                cost = PinCost(int(pin["memory"]), int(pin["passes"]), int(pin["lanes"]))
                layer = PinLayer(_decode(pin["salt"]), _decode(pin["nonce"]), cost)
            return cls(
                str(data["key_id"]), str(data["owner"]), str(data["ring_key"]),
                _decode(data["wrapped"]), _decode(data["nonce"]), _decode(data["ciphertext"]), layer,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise SignatureError("key.damaged", "密钥记录已损坏，无法读取。") from error


def new_private_key(curve: ec.EllipticCurve | None = None) -> PrivateKey:
    """A fresh key; P-256 unless told otherwise."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def seal_key(
    key: PrivateKey, ring: KeyRing, key_id: str, owner: str, pin: str | None = None, cost: PinCost | None = None
) -> SealedKey:
    """``key`` sealed for ``owner``. Raises ``pin.weak`` for a PIN that ``pin_faults`` refuses."""
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    context = _associated(key_id, owner)
    layer = None
    if pin is not None:
        faults = pin_faults(pin)
        if faults:
            raise SignatureError("pin.weak", "；".join(faults) + "。")
        layer = PinLayer(os.urandom(16), os.urandom(12), cost or PinCost())
        secret = AESGCM(_from_pin(pin, layer)).encrypt(layer.nonce, secret, context + b"|pin")
    data_key, nonce = AESGCM.generate_key(256), os.urandom(12)
    ciphertext = AESGCM(data_key).encrypt(nonce, secret, context)
    wrapped = aes_key_wrap(ring.keys[ring.current], data_key)
    return SealedKey(key_id, owner, ring.current, wrapped, nonce, ciphertext, layer)


def open_key(sealed: SealedKey, ring: KeyRing, key_id: str, owner: str, pin: str | None = None) -> PrivateKey:
    """The private key. ``key_id`` and ``owner`` are what the caller expects, not what the record says.

    Raises ``pin.wrong``; ``key.damaged`` where the record is not this owner's or was changed; ``key.ring`` where the
    key-encryption key is absent. Count a try (``PinTries``) and commit it before calling with a PIN.
    """
    context = _associated(key_id, owner)
    secret = _outer(sealed, ring, context)
    if sealed.pin is not None:
        if not pin:
            raise SignatureError("pin.wrong", "请输入签署密码（PIN）。")
        try:
            secret = AESGCM(_from_pin(pin, sealed.pin)).decrypt(sealed.pin.nonce, secret, context + b"|pin")
        except InvalidTag as error:
            raise SignatureError("pin.wrong", "签署密码（PIN）不正确。") from error
    key = load_der_private_key(secret, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SignatureError("key.damaged", "密钥类型不符。")
    return key


def rewrap(sealed: SealedKey, ring: KeyRing) -> SealedKey:
    """Under the ring's current key. Needs no PIN: only the data key is wrapped anew."""
    data_key = _data_key(sealed, ring)
    return replace(sealed, ring_key=ring.current, wrapped=aes_key_wrap(ring.keys[ring.current], data_key))


def _outer(sealed: SealedKey, ring: KeyRing, context: bytes) -> bytes:
    try:
        return AESGCM(_data_key(sealed, ring)).decrypt(sealed.nonce, sealed.ciphertext, context)
    except InvalidTag as error:
        raise SignatureError("key.damaged", "密钥记录与其所属人不符，或者已被改动。") from error


def _data_key(sealed: SealedKey, ring: KeyRing) -> bytes:
    if sealed.ring_key not in ring.keys:
        raise SignatureError("key.ring", f"缺少密钥加密密钥“{sealed.ring_key}”，无法使用这把密钥。")
    try:
        return aes_key_unwrap(ring.keys[sealed.ring_key], sealed.wrapped)
    except (InvalidUnwrap, ValueError) as error:
        raise SignatureError("key.damaged", "密钥记录已被改动，或者密钥加密密钥不对。") from error


def _associated(key_id: str, owner: str) -> bytes:
    return b"|".join((_CONTEXT, str(len(key_id)).encode(), key_id.encode(), owner.encode()))


def _from_pin(pin: str, layer: PinLayer) -> bytes:
    cost = layer.cost
    kdf = Argon2id(salt=layer.salt, length=_KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory)
    return kdf.derive(pin.encode())


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


SHORTEST_PIN = 6
LONGEST_PIN = 64
PIN_TRIES = 5
"""Wrong PINs in a row before the key is given up; a new key and a new certificate follow, never a reset of this one."""


def pin_faults(pin: str) -> tuple[str, ...]:
    """What is wrong with a new PIN, in Chinese; empty if it can be used."""
    faults = []
    if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
        faults.append(f"签署密码应为{SHORTEST_PIN}至{LONGEST_PIN}个字符")
    if pin != pin.strip() or any(ord(c) < 32 for c in pin):
        faults.append("签署密码的首尾不能有空格，也不能含有控制字符")
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(pin)}
    if len(pin) > 1 and (steps <= {1} or steps <= {-1} or len(set(pin)) < 3):
        faults.append("签署密码过于简单（连续数字或者重复字符）")
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class PinTries:
    """Wrong PINs in a row. Store the value of ``begun`` before the PIN is tried, so that tries at once can't share one."""

    failures: int = 0

    @property
    def locked(self) -> bool:
        return self.failures >= PIN_TRIES

    @property
    def left(self) -> int:
        return max(PIN_TRIES - self.failures, 0)

    def begun(self) -> PinTries:
        """A try is under way and counts as wrong until ``succeeded``. Raises ``pin.locked``."""
        if self.locked:
            raise SignatureError(
                "pin.locked", f"签署密码已连续输错{PIN_TRIES}次，这把密钥已停用；请联系发起方重新核验身份并签发新证书。"
            )
        return PinTries(self.failures + 1)

    def succeeded(self) -> PinTries:
        return PinTries()
