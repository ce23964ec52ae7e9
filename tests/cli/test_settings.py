"""Settings of the record and of mail, read from the environment."""

from __future__ import annotations

import pytest

from app.settings import Settings
from app.wiring import Wiring


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("CONTRACT_NUMBER", "SHFW-{YYYY}", "流水号"),
        ("CONTRACT_NUMBER", "{NNNN}-{DD}", "占位符"),
        ("SMTP_SECURITY", "ssl", "starttls"),
        ("SMTP_PORT", "0", "整数"),
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
