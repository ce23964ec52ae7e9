"""Children that sign and finish a signing, and are killed while they do: steps for ``tests.services.nursery``.

Before the first child is born both signatories have read and consented; their links and browsers lie in a file.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from app.services.signing_ceremony import sign
from app.services.signing_finish import finish_due
from app.services.signing_kit import SigningKit
from app.store.engine import open_engine
from app.store.migrate import upgrade
from app.store.uow import UnitOfWork
from tests.services import nursery
from tests.services.signing_house import HAND, PEOPLE, PHONE, PIN, SHORT, House, house, kit_of

say = nursery.say
ANSWERS = {"effect.condition": "e_sign", "sign.party_a_seal_type": "none", "sign.party_b_seal_type": "none"}
A, B = PEOPLE[0].email, PEOPLE[2].email
DOORS = "doors.json"


class SigningLife(nursery.Life):
    """Each step may be taken again after a death; one whose work is done is refused, or does nothing."""

    def __init__(self, url: str, folder: Path, at: int | None) -> None:
        super().__init__(url, folder, at)
        self.folder = folder
        self.doors = json.loads((folder / DOORS).read_text()) if (folder / DOORS).exists() else {}

    def _kit(self) -> SigningKit:
        begun, then = self.doors["begun"], self.doors["wall"]
        start = datetime.fromisoformat(begun)
        return kit_of(self.unit, self.folder, lambda: start + timedelta(seconds=time.time() - then))

    def _sign(self, address: str) -> None:
        token, secret = self.doors[address]
        sign(self._kit(), PHONE, token, secret, HAND, PIN, PIN)
        say(signed=address)

    def first(self) -> None:
        self._sign(A)

    def second(self) -> None:
        self._sign(B)

    def finish(self) -> None:
        done, faults = finish_due(self._kit())
        assert not faults, faults
        if done:
            say(finished=done)


STEPS = ("first", "second", "finish")


def prepare(url: str, folder: Path) -> House:
    """A signing that both have consented to."""
    engine = open_engine(url)
    home = house(lambda: UnitOfWork(engine), folder, ANSWERS)
    home.start(SHORT)
    doors: dict[str, object] = {address: home.ready(address) for address in (A, B)}
    home.later(seconds=5)
    doors |= {"begun": home.at[0].isoformat(), "wall": time.time()}
    (folder / DOORS).write_text(json.dumps(doors))
    engine.dispose()
    return home


def rehearse() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/rehearsal.sqlite3"
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        prepare(url, folder)
        life = SigningLife(url, folder, None)
        for step in STEPS:
            getattr(life, step)()
        life.engine.dispose()


if __name__ == "__main__":
    nursery.Life = SigningLife  # type: ignore[misc]
    nursery.STEPS = STEPS
    nursery.rehearse = rehearse
    nursery.main()
