"""验签: anybody brings a signed PDF and learns what it is worth. Nothing of the file is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.services import verifying as service
from app.web.bounded import Bound, TooMany
from app.web.desk import desk
from app.web.gate import actor
from app.web.language import current_language
from signatures.verification.reasons import Reason, Weight
from signatures.verification.verdict import Outcome

pages = Blueprint("verification", __name__, url_prefix="/verify")
BOUND = "chengyue.verification"
MOST, WINDOW, PARALLEL = 30, timedelta(minutes=10), 2
TONES = {Outcome.VALID: "good", Outcome.INVALID: "bad", Outcome.UNREADABLE: "bad"}


def init_verification(app: Flask) -> None:
    app.extensions[BOUND] = Bound(MOST, WINDOW, PARALLEL)


@pages.get("/")
def show() -> str:
    return render_template("verification/index.html")


@pages.post("/")
def check() -> ResponseReturnValue:
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise ContractError("verification.none", _("请先选择一个文件。"))
        with (
            cast(Bound, current_app.extensions[BOUND]).admitted(request.remote_addr or "", desk().now()),
            desk().reading() as uow,
        ):
            found = service.check_file(
                uow, actor(), desk().now(), desk().blobs, desk().file_verifier, sent.filename[:200], sent.stream.read()
            )
    except TooMany as error:
        return render_template("verification/index.html", problem=error.message), 429 if error.often else 503
    except ContractError as error:
        return render_template("verification/index.html", problem=error.message), 422
    return render_template(
        "verification/verdict.html", found=found, verdict=found.verdict, tone=TONES.get(found.verdict.outcome, "warn")
    )


@pages.get("/<digest>")
def text(digest: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        facts = service.text_facts(uow, digest.lower())
    return render_template("verification/text.html", facts=facts, digest=digest.lower()[:64]), 200 if facts else 404


@pages.app_template_filter("spoken_reason")
def spoken_reason(reason: Reason) -> str:
    return reason.english if current_language() == "en" else reason.chinese


@pages.app_template_filter("spoken_label")
def spoken_label(label: tuple[str, str]) -> str:
    """Of a pair in Chinese and English."""
    return label[1] if current_language() == "en" else label[0]


@pages.app_template_filter("weighty")
def weighty(reasons: tuple[Reason, ...]) -> list[Reason]:
    """What decides the verdict, the gravest first; notes are told apart."""
    order = list(Weight)
    return sorted((r for r in reasons if r.weight is not Weight.NOTE), key=lambda r: order.index(r.weight))
