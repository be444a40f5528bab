"""`grants access`: who may reach every route."""

import json
from dataclasses import asdict

import click
from flask import current_app

from grants.cli.context import with_any_database
from grants.web.access import matrix


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_any_database
def access(form: str) -> None:
    """Print who may reach every route, and which policy says so."""
    lines = matrix(current_app._get_current_object())  # type: ignore[attr-defined]
    if form == "json":
        click.echo(json.dumps([asdict(one) for one in lines], ensure_ascii=False, indent=2))
        return
    for one in lines:
        route = one.route or "(behind others)"
        click.echo(f"{one.method:6} {route:60} {one.policy:36} {', '.join(one.who)}")
