"""A whole number as a field brings it."""

from __future__ import annotations

MOST = 9
"""Digits; no count in a form is longer."""


def number_in(text: str, otherwise: int) -> int:
    """``otherwise`` where it is none: signs like ² are digits to Unicode and numbers to nobody, and thousands of digits are no count."""
    return int(text) if text.isdecimal() and len(text) <= MOST else otherwise
