"""The signing of the demonstration, over small files and with hands alone; seals and evidence are shown elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from app.cli.demo_review import Review, add_people
from app.cli.demo_signing import ceremony
from app.settings import Settings
from app.signing_room import Room
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.services.fixtures import NOW
from tests.services.signing_house import UNSEALED, house


def test_everybody_signs_by_the_link_in_the_mail_and_the_contract_is_formed(tmp_path: Path) -> None:
    own = Wiring(Settings(data_dir=with_database(tmp_path)))
    home = house(own.unit_of_work, tmp_path, UNSEALED)
    review = Review(own, home.contract)
    add_people(review)

    def now() -> datetime:
        home.at[0] += timedelta(seconds=5)
        return home.at[0]

    assert isinstance(home.kit.room, Room)
    files = ceremony(review, replace(home.kit, now=now, post=own.sign_post), home.kit.room, NOW.date())
    own.engine.dispose()
    assert review.failed == []
    assert set(files) == {"signed.pdf", "signed.docx"}
    told = "\n".join(review.log)
    assert "✓ 少一枚印章的签署计划被拒绝" in told
    assert "✓ 已签署的 PDF 验证通过，2个签名各用自己的证书" in told
    assert "✓ 双方签署完毕，合同成立" in told
    assert told.count("以本人密钥签署") == 2
