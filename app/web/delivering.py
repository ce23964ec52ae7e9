"""The forms that record how a notice was sent and that it arrived; the desks of renewal, ending and papers share them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.domain.notice import Method, Proof
from app.web.entered import Entered


@dataclass(frozen=True, slots=True)
class Sending:
    """A notice went out. ``sender``: the party, ``a`` or ``b``, where the form asks for it."""

    method: Method
    sent_on: date
    sender: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """A notice arrived, as the evidence says; ``revision``: of the delivery as the person saw it."""

    proof: Proof
    arrived_on: date
    evidence: str
    revision: int


def entered_sending() -> Sending:
    """Raises ``InputError`` with every fault of the form at once."""
    form = Entered()
    method, sent_on = form.member("method", _("送达方式"), Method), form.day("sent_on", _("发出日"))
    form.require_sound()
    assert method is not None
    assert sent_on is not None
    return Sending(method, sent_on, form.text("sender", 1))


def entered_arrival() -> Arriving:
    """Raises ``InputError`` with every fault of the form at once."""
    form = Entered()
    proof, arrived_on = form.member("proof", _("到达证明"), Proof), form.day("arrived_on", _("到达日"))
    revision = form.whole("revision", _("版本"), most=10**9)
    form.require_sound()
    assert proof is not None
    assert arrived_on is not None
    return Arriving(proof, arrived_on, form.text("evidence", 400), revision or 0)
