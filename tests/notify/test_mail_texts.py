"""The words of mails."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Environment, UndefinedError, meta

from app.notify.mail_texts import FOLDER, write_mail

VALUES = {"name": "王律师", "login": "wang", "number": "SHFW-2026-0001", "link": "https://example.com/password/x"}
ITEM = {
    "about": "合同 SHFW-2026-0001《售后服务外包合同》", "topic": "付款", "title": "1月服务费", "day_label": "付款到期日", "due": "2027年3月17日",
    "distance": "还有 5 天", "detail": ("依据第8.2节。",), "link": "https://example.com/c", "why": "至今没有处理", "previous": "2027年3月1日",
    "choices": ({"label": "续签", "url": "https://example.com/d"},),
}  # fmt: skip
LISTS = {"items": [ITEM, {**ITEM, "choices": ()}]}
SHORT = "signing_code_text"
MAILS = sorted(p.name for p in FOLDER.iterdir() if p.is_dir() and p.name != SHORT)
OUTSIDE = frozenset({"signing_code", "signing_copy", "signing_invitation", "signing_over"})
"""To signatories of either party, who know the contract and not this program."""


def values_for(mail: str) -> dict[str, Any]:
    """A value for every name that the mail's words ask for."""
    sources = [p.read_text(encoding="utf-8") for p in (FOLDER / mail).iterdir()]
    names = set().union(*(meta.find_undeclared_variables(Environment(autoescape=True).parse(source)) for source in sources))
    return {name: LISTS.get(name) or VALUES.get(name, f"（{name}）") for name in names}


@pytest.mark.parametrize("mail", MAILS)
def test_every_mail_greets_by_name_and_leaves_nothing_unfilled(mail: str) -> None:
    words = write_mail(mail, values_for(mail))
    assert (mail in OUTSIDE) != words.subject.startswith("成约：")
    assert "\n" not in words.subject
    assert words.text.startswith("王律师：")
    assert "wang" in words.text or "SHFW-2026-0001" in words.text  # which account, or which contract
    assert "{" not in words.text + words.html


def test_a_short_message_fits_into_one_and_names_the_contract() -> None:
    text = write_mail(SHORT, {"code": "042917", "minutes": "10", "contract": "SHFW-2026-0001"}).text.strip()
    assert text.startswith("签署验证码：042917，10分钟")
    assert "SHFW-2026-0001" in text
    assert len(text) <= 70, "GSM 03.38: one message holds 70 characters of UCS-2"


@pytest.mark.parametrize("mail", ["invitation", "password_reset"])
def test_a_link_stands_on_a_line_of_its_own(mail: str) -> None:
    assert VALUES["link"] in write_mail(mail, VALUES).text.splitlines()


def test_a_missing_value_is_an_error_and_no_empty_mail() -> None:
    with pytest.raises(UndefinedError):
        write_mail("invitation", {"name": "王律师"})


def test_values_are_words_and_no_template() -> None:
    assert "{{ 7*7 }}" in write_mail("password_changed", {**VALUES, "name": "{{ 7*7 }}"}).text
