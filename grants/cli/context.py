"""What commands need: settings, servers and the application, with every problem said in one sentence."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
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


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """The command runs inside an application context, on servers that are up for its duration."""

    @wraps(command)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with plainly(), servers(read_settings()) as settings, build_app(settings).app_context():
            from sqlalchemy.exc import OperationalError

            try:
                return command(*args, **kwargs)
            except OperationalError as error:
                raise click.ClickException(f"The database does not answer: {error.orig}") from error

    return inside
