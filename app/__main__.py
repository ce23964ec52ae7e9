"""``python -m app``: the command line, with the long-running processes among its commands."""

from app.cli.main import cli, main
from app.server import clock, run, serve

for command in (run, serve, clock):
    cli.add_command(command)

if __name__ == "__main__":
    main()
