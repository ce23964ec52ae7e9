"""系统状态: every state of certificates, keys, time, mail and stored files is told in words, and what keeps people from signing on every page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain.messages import NewMail
from app.settings import Settings
from app.store.documents import BlobCheckRow
from app.store.outbox import FAILED, OutboxRow
from app.web.desk import KEY
from app.wiring import Wiring
from signatures.authority import open_authority
from signatures.keystore import KeyRing
from tests.data_folders import with_database, with_fonts
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, first_lawyer, session_of
from tests.web.test_pki import issue


@dataclass
class Installation:
    folder: Path

    def page(self, path: str = "/setup/", *, ask_time: bool = False, **settings: object) -> str:
        """What its administrator sees, as a freshly started server shows it."""
        app = application(replace(Settings(data_dir=self.folder), **settings))  # type: ignore[arg-type]
        visitor = Visitor(app.test_client())
        visitor.sign_in(session_of(app.extensions[KEY], LAWYER.login))
        answer = visitor.post("/setup/time") if ask_time else visitor.get(path)
        assert answer.status_code == 200
        app.extensions[KEY].engine.dispose()
        text: str = answer.get_data(as_text=True)
        return text


@pytest.fixture
def fresh(tmp_path: Path) -> Installation:
    folder = with_database(with_fonts(tmp_path))
    wiring = Wiring(Settings(data_dir=folder))
    first_lawyer(wiring)
    wiring.engine.dispose()
    return Installation(folder)


@pytest.fixture
def used(fresh: Installation) -> Installation:
    """One where a signatory's certificate was issued."""
    wiring = Wiring(Settings(data_dir=fresh.folder))
    issue(wiring, "张三")
    wiring.engine.dispose()
    return fresh


def test_a_fresh_installation_says_that_nothing_is_wrong_and_what_it_does_not_have(fresh: Installation) -> None:
    page = fresh.page()
    for words in (
        "没有需要处理的问题", "尚未使用", "不是独立第三方的时间", "没有设置邮件服务器", "本系统不知道备份是否在进行", "不构成第三方认证",
        str(fresh.folder / "pki"),
    ):  # fmt: skip
        assert words in page


def test_certificates_and_keys_in_use_are_listed_with_their_ends(used: Installation) -> None:
    page = used.page()
    assert "已签发 1 张证书，其中吊销 0 张" in page
    assert "没有需要处理的问题" in page
    assert "key-encryption-keys" in page


@pytest.mark.parametrize("path", ["/setup/", "/drafts/new"])
def test_a_missing_authority_is_an_alarm_on_every_page(used: Installation, path: str) -> None:
    (used.folder / "pki" / "authority.json").unlink()
    assert "请从备份恢复数据目录下的 pki" in used.page(path)


@pytest.mark.parametrize("path", ["/setup/", "/drafts/new"])
def test_a_missing_key_is_an_alarm_on_every_page(used: Installation, path: str) -> None:
    (used.folder / "pki" / "key-encryption-keys").unlink()
    page = used.page(path)
    assert 'role="alert"' in page
    assert "密钥" in page


def test_an_authority_that_ends_soon_is_an_alarm_and_the_page_still_opens(fresh: Installation) -> None:
    folder = fresh.folder / "pki"
    long_ago = datetime.now(UTC) - timedelta(days=365 * 19 + 200)
    open_authority(folder, KeyRing.from_file(fresh.folder / "pki" / "key-encryption-keys"), long_ago, "测试单位")
    page = fresh.page()
    assert "须处理" in page
    assert "没有需要处理的问题" not in page


def test_mail_that_failed_and_files_that_are_damaged_are_counted(used: Installation) -> None:
    probe = Wiring(Settings(data_dir=used.folder))
    with probe.unit_of_work() as uow:
        uow.send_now(probe.now(), NewMail("k", "a@example.com", "标题", "正文"))
        uow.session.scalars(select(OutboxRow).where(OutboxRow.key == "k")).one().state = FAILED
        uow.session.add(BlobCheckRow(sha256="0" * 64, checked_at=probe.now(), fault="missing"))
        uow.commit()
    probe.engine.dispose()
    page = used.page(smtp_host="mail.example.com")
    for words in ("有1封邮件投递失败", "有1个存储的文件损坏或者丢失", "mail.example.com", "1 封失败"):
        assert words in page


# ---- the outside clock


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another house's RFC 3161 service."""
    folder = tmp_path_factory.mktemp("outside")
    authority = open_authority(folder, KeyRing.from_file(folder / "keys"), datetime.now(UTC), "另一单位")
    stamps = authority.timestamps(lambda: datetime.now(UTC))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = stamps.respond(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_outside_clock_is_asked_by_a_button_and_its_silence_is_told(fresh: Installation, outside: str) -> None:
    assert "服务已响应" in fresh.page(ask_time=True, timestamp_url=outside)
    page = fresh.page(ask_time=True, timestamp_url="http://127.0.0.1:9/")
    assert "未能响应" in page
    assert "在文件和页面上写明不是独立时间" in page
