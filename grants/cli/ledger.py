"""`grants ledger …` and `grants audit …`: prove what was recorded, export it."""

import sys
from pathlib import Path

import click
from sqlalchemy import select

from grants.cli.context import with_app
from grants.core import audit as events
from grants.core.db import db
from grants.core.i18n import LANGUAGES, render
from grants.funds.models import Fund
from grants.ledger.service import verify as prove
from grants.ledger.service import words_for


@click.group()
def ledger() -> None:
    """Prove and export the ledger."""


@ledger.command("verify")
@click.option("--fund", "codes", multiple=True, help="Code of a fund; may be repeated. Default: every fund.")
@with_app
def verify(codes: tuple[str, ...]) -> None:
    """Recompute every operation from its lines: exit 0 and how many hold, or 1 and the first that does not."""
    proof = prove([_fund(code).id for code in codes] if codes else None)
    click.echo(render(words_for(proof), "en"), err=bool(proof.broken))
    sys.exit(1 if proof.broken else 0)


@ledger.command("export")
@click.option("--fund", "code", required=True, help="Code of the fund.")
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), help="FILE.xlsx")
@click.option("--lang", type=click.Choice(LANGUAGES), default="fr", show_default=True)
@with_app
def export(code: str, target: Path, lang: str) -> None:
    """Write the Excel ledger of a fund."""
    from grants.reports import workbook

    fund = _fund(code)
    try:
        written = workbook.export(fund, target, lang, author="grants ledger export")
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror}") from error
    click.echo(f"{target}: {written.lines} lines up to operation no. {written.no} ({written.hash.hex()})")


@click.group()
def audit() -> None:
    """Prove the record of who did what."""


@audit.command("verify")
@with_app
def verify_events() -> None:
    """Seal what waits, then recompute the chain of events: exit 0 and how many hold, or 1 and the first broken one."""
    events.seal(everything=True)
    proof = events.verify()
    click.echo(render(proof.sentence, "en"), err=bool(proof.broken))
    sys.exit(1 if proof.broken else 0)


def _fund(code: str) -> Fund:
    fund = db.session.scalar(select(Fund).where(Fund.code == code.upper()))
    if fund is None:
        known = ", ".join(db.session.scalars(select(Fund.code).order_by(Fund.code))) or "none yet"
        raise click.ClickException(f"There is no fund {code}. Known: {known}.")
    return fund
