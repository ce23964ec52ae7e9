"""Refusals of this package: a stable code and a Chinese sentence for the person who can mend it."""

from __future__ import annotations


class SignatureError(Exception):
    """Base of all refusals; ``code`` is stable and safe to rely on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
