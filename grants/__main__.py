"""The `grants` command: `grants up`, or `python -m grants up`."""

from typing import TYPE_CHECKING

from config.settings import Settings
from grants.cli import grants

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings) -> "Flask":
    """The application, imported when a command needs it: the supervisor and the mail sink do not."""
    from grants import app

    return app.create_app(settings)


def main() -> None:
    grants(obj=create_app)


if __name__ == "__main__":
    main()
