"""Small secrets that must be readable to the program, sealed for whoever has the database or a backup of it alone.

AES-256-GCM (NIST SP 800-38D) with a random nonce. The purpose of a secret is authenticated along with it, so a sealed text that is
moved to another row does not open there. The key lies outside the database.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import ContractError

FORM = "v1."
KEY_BYTES = 32
_NONCE = 12


class SecretUnreadable(ContractError):
    """The key isn't the one that sealed it, or the text was changed."""

    def __init__(self) -> None:
        super().__init__(
            "vault.unreadable",
            "存储的密钥无法解密：ENCRYPTION_KEY（或者数据目录下的 encryption-key）与数据库不相符，或者内容被改动。请恢复原来的密钥文件。",
        )


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens with one key of 32 bytes."""

    key: bytes = field(repr=False)

    def seal(self, plain: str, purpose: str) -> str:
        """``plain`` as ASCII text; opens with the same ``purpose`` alone."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self.key).encrypt(nonce, plain.encode("utf-8"), purpose.encode("utf-8"))
        return FORM + base64.urlsafe_b64encode(nonce + sealed).decode("ascii")

    def open(self, sealed: str, purpose: str) -> str:
        """Raises ``SecretUnreadable``."""
        try:
            if not sealed.startswith(FORM):
                raise ValueError(FORM)
            raw = base64.urlsafe_b64decode(sealed[len(FORM) :])
            return AESGCM(self.key).decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode("utf-8")).decode("utf-8")
        except (ValueError, InvalidTag) as error:
            raise SecretUnreadable from error


def is_sealed(text: str) -> bool:
    return text.startswith(FORM)
