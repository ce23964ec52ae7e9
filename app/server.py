"""The long-running commands: ``serve`` (web pages), ``clock`` (background tasks), ``run`` (both under one supervisor)."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from app.settings import Settings

if TYPE_CHECKING:
    from app.wiring import Wiring


@click.command(short_help="启动网页服务和后台任务")
def run() -> None:
    """启动网页服务和后台任务，各为一个进程；Ctrl-C 同时结束两者，其中一个意外结束则全部结束。"""
    from app.supervisor import supervise

    _settings()  # a setting that can't be used is told once, not by each process
    program = [sys.executable, "-m", "app"]
    sys.exit(supervise({"网页服务": [*program, "serve"], "后台任务": [*program, "clock"]}))


@click.command(short_help="只启动网页服务")
def serve() -> None:
    """只启动网页服务（HOST、PORT、DATA_DIR 等设置取自环境变量，见 README）。"""
    with _loading():
        from waitress import create_server

        from app.factory import create_app
        from app.jobs.watcher import watch_clock
        from app.supervisor import hold_lifeline
        from app.wiring import Wiring, first_run_link

        hold_lifeline()
        signal.signal(signal.SIGTERM, _end)
        settings = _settings()
        _assert_tools()
        wiring = Wiring(settings)
        application = create_app(settings, wiring)
    Thread(target=_warm, args=(wiring,), name="warm-up", daemon=True).start()
    ending = Event()
    watcher = Thread(target=watch_clock, args=(wiring, ending), name="watcher", daemon=True)
    watcher.start()
    try:
        server = create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            max_request_body_size=_body_limit(settings),
            ident="Chengyue",
        )
    except OSError as error:
        raise click.ClickException(f"无法监听 {settings.host}:{settings.port}：{error.strerror or error}") from error
    port = getattr(server, "effective_port", settings.port)
    click.echo(f"成约已启动：http://{settings.host}:{port}　（Ctrl-C 结束）")
    link = first_run_link(wiring, port)
    if link:
        click.echo(f"首次使用：请在 24 小时内打开以下链接创建系统管理员，只能使用一次。\n  {link}")
    sys.stdout.flush()
    try:
        server.run()
    finally:
        ending.set()
        server.close()


@click.command(short_help="只启动后台任务")
def clock() -> None:
    """只启动后台任务（邮件投递、审计检查点等），直到 Ctrl-C。"""
    with _loading():
        from app.jobs.clock import run_clock
        from app.jobs.tasks import all_tasks
        from app.supervisor import hold_lifeline
        from app.wiring import Wiring

    hold_lifeline()
    wiring = Wiring(_settings())
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    _ = wiring.engine  # migrated before the first task
    run_clock(all_tasks(wiring))


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded here stays to the end: the collector looks for nothing in it meanwhile (a fifth of a start) nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _settings() -> Settings:
    try:
        settings = Settings.from_environment()
    except ValueError as error:
        raise click.UsageError(f"环境变量有误：\n{error}") from error
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"无法使用数据目录 DATA_DIR={settings.data_dir}：{error.strerror or error}") from error
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("alembic", "weasyprint", "fontTools", "pikepdf"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return settings


def _body_limit(settings: Settings) -> int:
    """Bytes the server reads before it hangs up; far above the upload limit, so that our own page can say what is too large."""
    return max(16 * settings.max_upload_mb, 512) * 1024 * 1024


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends the web server like Ctrl-C does: requests under way are finished."""
    raise SystemExit(0)


def _assert_tools() -> None:
    """Refuse to start where the PDF engine would be seven times slower or fail later; the message names the package."""
    from app.rendering.pdf import assert_engine

    assert_engine()


def _warm(wiring: Wiring) -> None:
    """Fonts and renderers before the first document is asked for; a fault here is shown again by the first document."""
    from app.domain.errors import ContractError

    try:
        _ = wiring.tools
        _ = wiring.reference
    except ContractError as error:
        logging.getLogger(__name__).error("%s", error.message)
