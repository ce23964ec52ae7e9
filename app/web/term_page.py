"""What the desks of renewal and of ending show alike: the dates of one contract, its drawn life, and forms that keep what was entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.errors import ContractError
from app.domain.notice import CAUTION, PROOFS, Method
from app.services.record import ContractMissing
from app.services.timeline import read_timeline
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor
from app.web.term_words import in_words
from app.web.timeline_drawing import draw, strip


def term_desk_page(template: str, contract_id: str, read: Callable[..., Any], **more: Any) -> str:
    """``read``: the desk's own reading. A contract whose dates can't be computed says why instead of showing the desk."""
    asked = (actor(), desk().today(), desk().calendar, contract_id)
    try:
        with desk().reading() as uow:
            found, timeline = read(uow, *asked), in_words(read_timeline(uow, *asked))
    except ContractMissing:
        raise
    except ContractError as error:
        return contract_page("contracts/term_unknown.html", contract_id, why=error.message)
    return contract_page(
        template, contract_id, found=found, timeline=timeline, drawing=draw(timeline), strip=strip(timeline), caution=CAUTION,
        methods=Method, proofs=PROOFS, **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip
