"""Settings of the record and of mail, read from the environment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.server import serve
from app.settings import Settings
from app.wiring import Wiring


@pytest.fixture
def own_signals() -> Iterator[None]:
    """What a server would do at a signal doesn't stay with the tests that follow."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("CONTRACT_NUMBER", "SHFW-{YYYY}", "流水号"),
        ("CONTRACT_NUMBER", "{NNNN}-{DD}", "占位符"),
        ("SMTP_SECURITY", "ssl", "starttls"),
        ("SMTP_PORT", "0", "整数"),
        ("SMS_FORMAT", "xml", "json"),
        ("INTERNAL_HOSTS", "http://ocsp.corp", "主机名"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named_with_what_is_allowed(name: str, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        Settings.from_environment({name: value})
    assert str(refused.value).startswith(f"{name}={value}")


def test_without_a_mail_server_there_is_no_mailer_and_with_one_it_is_encrypted() -> None:
    assert Wiring(Settings.from_environment({})).mailer is None
    mailer = Wiring(Settings.from_environment({"SMTP_HOST": "mail.example.com", "MAIL_FROM": "a@example.com"})).mailer
    assert (getattr(mailer, "security", ""), getattr(mailer, "port", 0)) == ("starttls", 587)


def test_a_gateway_of_short_messages_is_checked_as_a_whole(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file-0123456789\n", encoding="utf-8")
    url = {"SMS_URL": "https://sms.example.com/send"}
    assert Settings.from_environment({**url, "SMS_SECRET_FILE": str(secret)}).sms_key == "from-a-file-0123456789"
    assert Settings.from_environment({"SMS_SECRET": "short"}).sms_url == ""
    wrong = {"SMS_URL": "http://127.0.0.1:9/", "SMS_SECRET": "short", "SMS_TEMPLATE": '{"to": "{phone}"}', "SMS_ACCEPTED": "ok"}
    with pytest.raises(ValueError, match="SMS_URL") as refused:
        Settings.from_environment(wrong)
    assert [name in str(refused.value) for name in ("SMS_SECRET", "{phone}", "SMS_TEMPLATE：缺少号码", "SMS_ACCEPTED=ok")] == [
        True
    ] * 4
    assert "short" not in str(refused.value)
    with pytest.raises(ValueError, match="不能读取"):
        Settings.from_environment({**url, "SMS_SECRET_FILE": str(tmp_path / "none")})


@pytest.mark.usefixtures("own_signals")
def test_a_data_folder_that_can_not_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "var"))
    refused = CliRunner().invoke(serve)
    assert refused.exit_code != 0
    assert "无法使用数据目录 DATA_DIR=" in refused.output
