"""One payment of a contract: what it is laid upon, changed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.presentation import money_digits
from app.services.matching import MatchDesk, match_desk, match_payment
from app.web.desk import desk
from app.web.gate import actor
from app.web.settlements import Money, acting, page_of

pages = Blueprint("payments", __name__, url_prefix="/contracts/<contract_id>/settlements/payments/<payment_id>")
PREFIX = "match-"


@pages.get("")
def show(contract_id: str, payment_id: str) -> str:
    return _page(contract_id, payment_id)


def _page(contract_id: str, payment_id: str, **more: Any) -> str:
    def read() -> dict[str, Any]:
        with desk().reading() as uow:
            found = match_desk(uow, actor(), desk().papers, contract_id, payment_id)
        return {"found": found, "typed": _typed(found, more.get("entered", {})), "today": desk().today()}

    return page_of("contracts/payment.html", contract_id, read, **more)


@pages.post("")
def match(contract_id: str, payment_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        wanted: dict[str, Decimal] = {}
        for name in request.form:
            if name.startswith(PREFIX) and form.text(name, 30):
                wanted[name.removeprefix(PREFIX)] = form.amount(name, _("核销金额"))
        seen = form.whole("revision", _("版本"), most=10**9) or 0
        form.require_sound()
        with desk().unit_of_work() as uow:
            left = match_payment(
                uow, actor(), desk().now(), desk().papers, contract_id, payment_id, seen, wanted, form.text("reason", 400)
            )
        if left:
            return _("核销已保存；余额%(left)s元尚未核销。", left=money_digits(left))
        return _("核销已保存，付款已全部核销。")

    return acting(
        lambda: url_for("payments.show", contract_id=contract_id, payment_id=payment_id),
        lambda **more: _page(contract_id, payment_id, **more), act,
    )  # fmt: skip


def _typed(found: MatchDesk, entered: Any) -> dict[str, str]:
    """What the form shows: what was just typed, otherwise what is matched now with what is proposed on top."""
    if entered:
        return {x.settlement_id: entered.get(f"{PREFIX}{x.settlement_id}", "") for x in found.lines}
    sums = {x.settlement_id: x.matched + x.proposed for x in found.lines}
    return {key: format(amount, "f") if amount else "" for key, amount in sums.items()}
