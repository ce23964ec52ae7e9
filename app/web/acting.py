"""One way for the pages of a contract to act: do it and go on, or show the same page again with every fault and what was entered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError, InputError
from app.domain.permissions import Forbidden
from app.services.record import ContractMissing

Page = Callable[..., str]


def acted(
    contract_id: str, act: Callable[[], str], page: Page, endpoint: str, where: Mapping[str, Any] | None = None, **more: Any
) -> ResponseReturnValue:
    """``act`` does the work and returns the sentence to tell on the next page; it travels in the signed session, never in the address.

    ``where``: what else the address of the next page wants.
    What is refused shows ``page`` again with ``problem``, ``faults``, ``entered`` (the form) and ``form`` (its name), and status 422.
    """
    try:
        told = act()
    except (ContractMissing, Forbidden):
        raise
    except InputError as error:
        return page(contract_id, faults=error.faults, entered=request.form, form=request.form.get("form", ""), **more), 422
    except ContractError as error:
        return page(contract_id, problem=error.message, entered=request.form, form=request.form.get("form", ""), **more), 422
    flash(told)
    return redirect(url_for(endpoint, contract_id=contract_id, **(where or {})) + "#told")
