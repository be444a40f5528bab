"""What commands need: settings, servers and the application, with every problem said in one sentence."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from config.settings import Settings
from grants.operate.servers import ServerProblem, servers

if TYPE_CHECKING:
    from flask import Flask

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def plainly() -> Iterator[None]:
    """A problem of the machine or its settings is a sentence and exit status 1, never a traceback."""
    try:
        yield
    except ServerProblem as problem:
        raise click.ClickException(str(problem)) from problem


def read_settings() -> Settings:
    """The settings of the environment; a wrong one is refused by name."""
    try:
        return Settings.from_env(os.environ)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def build_app(settings: Settings) -> "Flask":
    """The application, through the factory that `grants.__main__` gave us (commands stand below it)."""
    factory: Callable[[Settings], Flask] = click.get_current_context().find_root().obj
    return factory(settings)


def with_app(command: Callable[P, R], *, migrated: bool = True) -> Callable[P, R]:
    """The command runs inside an application context, on servers that are up for its duration.

    A database of another version is refused with a sentence, except by what is made for it (`migrated=False`).
    """

    @wraps(command)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with plainly(), servers(read_settings()) as settings, build_app(settings).app_context():
            from sqlalchemy.exc import OperationalError

            try:
                if migrated:
                    _refuse_other_version()
                return command(*args, **kwargs)
            except OperationalError as error:
                raise click.ClickException(f"The database does not answer: {error.orig}") from error

    return inside


with_any_database = partial(with_app, migrated=False)


def _refuse_other_version() -> None:
    from grants.core.db import db
    from grants.core.schema import is_current

    with db.engine.connect() as connection:
        if not is_current(connection):
            raise click.ClickException("The database is not at this version of the product. Run: grants migrate")
