"""``serve``: migrate the database, then serve the web pages with waitress."""

from __future__ import annotations

import logging
from threading import Thread

import click

from app.domain.errors import ContractError
from app.settings import Settings
from app.wiring import Wiring, first_run_link


@click.command(short_help="启动网页服务")
def serve() -> None:
    """启动网页服务（HOST、PORT、DATA_DIR 等设置取自环境变量，见 README）。"""
    from waitress import create_server

    from app.factory import create_app

    try:
        settings = Settings.from_environment()
    except ValueError as error:
        raise click.UsageError(f"环境变量有误：\n{error}") from error
    _assert_tools()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    wiring = Wiring(settings)
    application = create_app(settings, wiring)
    Thread(target=_warm, args=(wiring,), name="warm-up", daemon=True).start()
    try:
        server = create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            # The application refuses what is above the limit, with a page; the server only stops what is beyond all measure.
            max_request_body_size=max(16 * settings.max_upload_mb, 512) * 1024 * 1024,
            ident="Chengyue",
        )
    except OSError as error:
        raise click.ClickException(f"无法监听 {settings.host}:{settings.port}：{error.strerror or error}") from error
    port = getattr(server, "effective_port", settings.port)
    click.echo(f"成约已启动：http://{settings.host}:{port}　（Ctrl-C 结束）")
    link = first_run_link(wiring, port)
    if link:
        click.echo(f"首次使用：请在 24 小时内打开以下链接创建系统管理员，只能使用一次。\n  {link}")
    try:
        server.run()
    finally:
        server.close()


def _assert_tools() -> None:
    """Refuse to start where the PDF engine would be seven times slower or fail later; the message names the package."""
    from app.rendering.pdf import assert_engine

    assert_engine()


def _warm(wiring: Wiring) -> None:
    """Fonts and renderers before the first document is asked for; a fault here is shown again by the first document."""
    try:
        _ = wiring.tools
        _ = wiring.reference
    except ContractError as error:
        logging.getLogger(__name__).error("%s", error.message)
