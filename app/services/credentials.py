"""Passwords, one-time codes and random tokens: the one room of argon2 and of TOTP.

Passwords are kept as argon2id (RFC 9106, the profile for limited memory); tokens are random enough that a plain SHA-256 keeps
them; a code of the second factor is six digits of RFC 6238.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime
from itertools import pairwise
from threading import BoundedSemaphore

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from app.domain.errors import ContractError

SHORTEST = 12
LONGEST = 200
FEWEST_DIFFERENT = 5
STEP = 30
"""Seconds of one TOTP time step."""
ISSUER = "成约"
RECOVERY_CODES = 10

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# One hash takes 64 MiB; no more than two at a time, however many sign in at once.
_at_once = BoundedSemaphore(2)
_nobody = "$argon2id$v=19$m=65536,t=3,p=4$cx8sqFelR0y7dqfm2VxuyQ$XUjOtHsvurDZILqALG5EYB5DiW4drs3Z8LYnSjM5IyY"
"""Compared with where there is no such user, so that the answer takes as long."""


class WeakPassword(ContractError):
    def __init__(self, why: str) -> None:
        super().__init__("password.weak", why)


def require_password(password: str, *own: str) -> None:
    """Raises ``WeakPassword``. ``own``: sign-in name, name and mail address, none of which may be part of it."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"密码至少{SHORTEST}个字符；几个互不相关的词连在一起，既好记又难猜。")
    if len(password) > LONGEST:
        raise WeakPassword(f"密码至多{LONGEST}个字符。")
    if len(set(password)) < FEWEST_DIFFERENT or _is_run(password):
        raise WeakPassword("密码过于简单：不能是重复或者连续的字符。")
    known = [part for word in own for part in (word.casefold(), word.casefold().partition("@")[0]) if len(part) >= 3]
    if any(part in password.casefold() for part in known):
        raise WeakPassword("密码不能包含登录名、姓名或者邮箱。")


def _is_run(text: str) -> bool:
    """True where nearly every character follows the one before it: 1234567890ab, abcdefghijkl."""
    steps = [ord(b) - ord(a) for a, b in pairwise(text)]
    return sum(1 for s in steps if s in (-1, 0, 1)) >= len(steps) - 2


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(_normal(password))


def password_matches(stored: str, password: str) -> bool:
    """Takes equally long whether or not there is a stored hash."""
    with _at_once:
        try:
            return _hasher.verify(stored or _nobody, _normal(password[: LONGEST + 1])) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """One form of what looks the same: input methods differ in how they compose characters."""
    return unicodedata.normalize("NFC", password)


def is_outdated(stored: str) -> bool:
    """True where the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def new_token() -> str:
    """256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is stored in place of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_recovery_code() -> str:
    """80 random bits in four groups, without characters that are easily confused: ``ABCD-EFGH-JKLM-NPQR``."""
    raw = base64.b32encode(secrets.token_bytes(10)).decode("ascii")
    return "-".join(raw[i : i + 4] for i in range(0, 16, 4))


def recovery_digest(user_id: str, code: str) -> str:
    plain = "".join(c for c in code.upper() if c.isalnum())
    return digest_of(f"{user_id}:{plain}")


def new_secret() -> str:
    """160 random bits in base32, the key that the authenticator app keeps."""
    return pyotp.random_base32()


def enrolment_address(secret: str, login: str) -> str:
    """The ``otpauth`` address that the QR code carries."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=login, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step of ``code``, one step early or late allowed, if it is later than ``after``: a code works once."""
    digits = "".join(c for c in code if c.isascii() and c.isdigit())
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    for step in (current - 1, current, current + 1):
        if step > after and hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None
