"""``python -m app``: the command line, with the web server as one of its commands."""

from app.cli.main import cli, main
from app.server import serve

cli.add_command(serve)

if __name__ == "__main__":
    main()
