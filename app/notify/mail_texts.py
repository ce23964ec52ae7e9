"""The words of mails: a folder of ``templates/mails`` for each, with ``subject.txt``, ``body.txt`` and, where wanted, ``body.html``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.domain.messages import MailText

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mails"


def write_mail(mail: str, values: Mapping[str, Any]) -> MailText:
    """The mail ``mail`` with ``values`` filled in; a value that is missing is an error, HTML is escaped."""
    places = _environment()
    subject = " ".join(places.get_template(f"{mail}/subject.txt").render(values).split())
    text = places.get_template(f"{mail}/body.txt").render(values).strip() + "\n"
    has_html = (FOLDER / mail / "body.html").exists()
    return MailText(subject, text, places.get_template(f"{mail}/body.html").render(values) if has_html else "")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=lambda name: bool(name and name.endswith(".html"))
    )
