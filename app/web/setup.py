"""The state of the installation, for the system administrator; and the banner that stands on every page while something is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from flask import Blueprint, Flask, current_app, render_template
from flask_babel import gettext as _

from app.domain.permissions import Action, may
from app.services.ports import TimeAnswer
from app.services.setup_state import Alarm, alarms_of, read_setup
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("setup", __name__, url_prefix="/setup")
KEY = "chengyue.alarms"
FRESH = timedelta(minutes=1)
"""For how long the banner's state is remembered; asking for it at every page would only cost time."""


def init_setup(app: Flask) -> None:
    app.extensions[KEY] = None
    app.jinja_env.globals.update(house_alarms=house_alarms)


@pages.get("/")
def show() -> str:
    return _page()


@pages.post("/time")
def ask_time() -> str:
    return _page(desk().authority.ask_time())


def house_alarms() -> tuple[Alarm, ...]:
    """What the administrator must know on whatever page; for others nothing."""
    if not may(actor(), Action.READ_SETUP):
        return ()
    now = desk().now()
    kept: tuple[datetime, tuple[Alarm, ...]] | None = current_app.extensions[KEY]
    if kept is None or not timedelta(0) <= now - kept[0] < FRESH:
        with desk().reading() as uow:
            kept = (now, alarms_of(uow, actor(), desk().authority))
        current_app.extensions[KEY] = kept
    return kept[1]


def _page(answer: TimeAnswer | None = None) -> str:
    with desk().reading() as uow:
        setup = read_setup(uow, actor(), desk().now(), desk().authority)
    current_app.extensions[KEY] = None
    settings = desk().settings
    return render_template(
        "setup/index.html", setup=setup, answer=answer, settings=settings, now=desk().now(), kept=_to_keep(settings.data_dir.resolve()),
        database=settings.url.partition("@")[2] or settings.url,
    )  # fmt: skip


def _to_keep(data_dir: Path) -> tuple[tuple[str, str], ...]:
    """What a backup has to hold, each with the reason."""
    return (
        (str(data_dir / "blobs"), str(_("文件和图样；每个文件以其 SHA-256 命名"))),
        (str(data_dir / "pki"), str(_("内置证书机构和密钥加密密钥；丢失后已签文件的信任链中断"))),
        (str(data_dir / "audit"), str(_("审计日志的签名密钥和检查点"))),
        (str(data_dir / "encryption-key"), str(_("两步验证和印章图样的加密密钥"))),
    )
