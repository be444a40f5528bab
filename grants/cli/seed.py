"""`grants seed demo`: a cluster to walk through, played by the verbs, so that every figure has its operation."""

import click
from sqlalchemy import select

from grants.cli import demo_story
from grants.cli.context import with_app
from grants.core.db import db
from grants.people.models import Person


@click.group()
def seed() -> None:
    """Fill an installation."""


@seed.command("demo")
@with_app
def demo() -> None:
    """A cluster, its fund of 100 000 000 MAD, three calls and somebody for every role. Twice is once."""
    if db.session.scalars(select(Person).where(Person.email == demo_story.PEOPLE["admin"].email)).first() is None:
        demo_story.play()
    width = max(len(one.email) for one in demo_story.PEOPLE.values())
    click.echo(f"\nSign in as (password for all: {demo_story.PASSWORD})")
    for one in demo_story.PEOPLE.values():
        click.echo(f"  {one.email:{width}}  {one.does}")
