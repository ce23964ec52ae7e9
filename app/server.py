"""``serve``: migrate the database, then serve the web pages with waitress."""

from __future__ import annotations

import logging

import click

from app.settings import Settings


@click.command(short_help="启动网页服务")
def serve() -> None:
    """启动网页服务（HOST、PORT、DATA_DIR 等设置取自环境变量，见 README）。"""
    from waitress import create_server

    from app.factory import create_app

    try:
        settings = Settings.from_environment()
    except ValueError as error:
        raise click.UsageError(f"环境变量有误：\n{error}") from error
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    application = create_app(settings)
    try:
        server = create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            max_request_body_size=settings.max_upload_mb * 1024 * 1024,
            ident="Chengyue",
        )
    except OSError as error:
        raise click.ClickException(f"无法监听 {settings.host}:{settings.port}：{error.strerror or error}") from error
    port = getattr(server, "effective_port", settings.port)
    click.echo(f"成约已启动：http://{settings.host}:{port}　（Ctrl-C 结束）")
    try:
        server.run()
    finally:
        server.close()
