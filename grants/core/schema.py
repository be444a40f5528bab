"""The database's schema: brought up to date, compared with the models. Settings must have their addresses filled in."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from config.settings import ROOT, Settings

MIGRATIONS = ROOT / "migrations"


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Run what is missing, as the owner, and give the application's role its rights. Safe to repeat and to race."""
    command.upgrade(_config(settings), revision)


def downgrade(settings: Settings, revision: str) -> None:
    command.downgrade(_config(settings), revision)


def compare(settings: Settings) -> None:
    """Raises alembic.util.CommandError when models and migrated schema differ."""
    command.check(_config(settings))


def draft(settings: Settings, words: str) -> None:
    """Write the next migration from the difference between models and schema, to be read before it is kept."""
    command.revision(_config(settings), words, autogenerate=True)


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    wanted = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == wanted


def _config(settings: Settings) -> Config:
    config = Config(attributes={"settings": settings})
    for name, value in {
        "script_location": str(MIGRATIONS),
        "file_template": "%(rev)s_%(slug)s",
        "path_separator": "os",
    }.items():
        config.set_main_option(name, value.replace("%", "%%"))
    return config
