"""How many short messages go to one number, whoever asks for them at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.errors import ContractError
from app.domain.messages import MailText
from app.notify.mail_texts import write_mail
from app.services.code_delivery import text_code
from app.services.signing_kit import Post
from app.store.contracts import ContractRow
from app.store.outbox import sent_to_number
from app.store.signings import SigningPlaceRow, SigningRow
from tests.services.conftest import Units
from tests.services.sharing import both_databases

pytestmark = both_databases

NUMBER, NOW = "+8613812345678", datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_two_who_ask_at_once_for_codes_to_one_number_are_told_one_after_the_other(units: Units) -> None:
    """Two signings, so that neither row keeps the other out; both are held up between the look at what was sent and the message of their own."""
    both = threading.Barrier(2)
    told: list[str] = []

    def write(mail: str, values: Mapping[str, Any]) -> MailText:
        with suppress(threading.BrokenBarrierError):
            both.wait(1.5)
        return write_mail(mail, values)

    post = Post(write, str, str)

    def ask(signing: str) -> None:
        place = SigningPlaceRow(id="b", signing_id=signing, phone=NUMBER)
        try:
            with units() as uow:
                text_code(uow, NOW, post, ContractRow(number="N-1"), SigningRow(id=signing), place, "123456")
                uow.commit()
        except ContractError as error:
            told.append(error.code)
        else:
            told.append("sent")

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with units() as uow:
        assert len(sent_to_number(uow.session, NUMBER, NOW - timedelta(days=1))) == 1
    assert sorted(told) == ["sent", "signing.code_rate"]
