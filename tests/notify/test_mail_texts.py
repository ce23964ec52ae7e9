"""The words of mails."""

from __future__ import annotations

import pytest
from jinja2 import Environment, UndefinedError, meta

from app.notify.mail_texts import FOLDER, write_mail

VALUES = {"name": "王律师", "login": "wang", "number": "SHFW-2026-0001", "link": "https://example.com/password/x"}
MAILS = sorted(p.name for p in FOLDER.iterdir() if p.is_dir())


def values_for(mail: str) -> dict[str, str]:
    """A value for every name that the mail's words ask for."""
    sources = [p.read_text(encoding="utf-8") for p in (FOLDER / mail).iterdir()]
    names = set().union(*(meta.find_undeclared_variables(Environment(autoescape=True).parse(source)) for source in sources))
    return {name: VALUES.get(name, f"（{name}）") for name in names}


@pytest.mark.parametrize("mail", MAILS)
def test_every_mail_greets_by_name_and_leaves_nothing_unfilled(mail: str) -> None:
    words = write_mail(mail, values_for(mail))
    assert words.subject.startswith("成约：")
    assert "\n" not in words.subject
    assert words.text.startswith("王律师：")
    assert "wang" in words.text or "SHFW-2026-0001" in words.text  # which account, or which contract
    assert "{" not in words.text + words.html


@pytest.mark.parametrize("mail", ["invitation", "password_reset"])
def test_a_link_stands_on_a_line_of_its_own(mail: str) -> None:
    assert VALUES["link"] in write_mail(mail, VALUES).text.splitlines()


def test_a_missing_value_is_an_error_and_no_empty_mail() -> None:
    with pytest.raises(UndefinedError):
        write_mail("invitation", {"name": "王律师"})


def test_values_are_words_and_no_template() -> None:
    assert "{{ 7*7 }}" in write_mail("password_changed", {**VALUES, "name": "{{ 7*7 }}"}).text
