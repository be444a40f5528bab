"""`grants admin`: the first administrator, who then invites everybody else."""

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app

from grants.cli.context import with_app
from grants.people import links
from workflows.account import make_administrator
from workflows.letters import address


@click.group()
def admin() -> None:
    """Administrators."""


@admin.command()
@click.argument("email")
@click.option("--name", help="Shown to others. Default: what stands before the @.")
@with_app
def create(email: str, name: str | None) -> None:
    """Make EMAIL an administrator and print a link to choose the password, good once and for seven days."""
    try:
        email = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise click.BadParameter(f"{email} is not an e-mail address.", param_hint="EMAIL") from error
    person, link = make_administrator(email, name)
    click.echo(f"{person.email} is an administrator.")
    if link is None:
        click.echo("This account has a password: sign in with it.")
        return
    secret_key = str(current_app.secret_key)
    click.echo(f"Choose the password here, before {link.expires_at:%d %B %Y %H:%M} UTC:")
    click.echo(address("account.reset", token=links.token(link.id, secret_key)))
