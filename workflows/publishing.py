"""Open data: a fund manager says what is published; the files are made anew each day, and whenever that changes."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from config.settings import Settings
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import after_commit, db, lock, transaction
from grants.core.i18n import Reader
from grants.core.storage import storage
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reports.publishing import policy, queries, threesixty
from grants.reports.publishing.models import Licence, Publication
from workflows.letters import address
from workflows.outbox import Due, Gone, job, promise
from workflows.schedule import every_tick

FRESH = timedelta(days=1)


def publish(fund: Fund, prefix: str, licence: Licence, *, actor: Person) -> Publication:
    """Publish the awards of this fund from now on, under this licence; the files follow in a moment."""
    with transaction():
        policy.publish_awards.require(actor, fund)
        lock(fund)
        one = queries.of_fund(fund.id)
        before: dict[str, Any] = {}
        if one is None:
            one = Publication(fund_id=fund.id, prefix=prefix, licence=licence)
            db.session.add(one)
        else:
            before = {"prefix": one.prefix, "licence": one.licence, "published": one.published}
        one.prefix, one.licence, one.published = prefix, licence, True
        db.session.flush()
        record("fund.publish", fund, actor, before=before, after={"prefix": prefix, "licence": licence})
        promise(publish_awards, one, slot=f"version {one.version}")
        return one


def withdraw_publication(fund: Fund, *, actor: Person) -> None:
    """Take the fund's files away; what others have copied stays with them. Done twice is done once."""
    with transaction():
        policy.publish_awards.require(actor, fund)
        lock(fund)
        one = queries.of_fund(fund.id)
        if one is None or not one.published:
            return
        one.published = False
        record("fund.unpublish", fund, actor, after={"published": False})
        _replace(one, None, None)


@every_tick
def refresh_publications() -> None:
    """A promise for each fund whose files are a day old."""
    old = now() - FRESH
    with transaction():
        waiting = select(Publication.id).where(
            Publication.published.is_(True), or_(Publication.made_at.is_(None), Publication.made_at <= old)
        )
        for id in db.session.scalars(waiting):
            promise(publish_awards, id, slot=f"{now():%Y-%m-%d}")


@job(queue="work", timeout=600)
def publish_awards(due: Due) -> dict[str, Any]:
    """Write both files of a fund, in French. Raises Gone when it publishes no more."""
    whole = joinedload(Publication.fund).joinedload(Fund.cluster)
    one = db.session.get(Publication, due.subject_id, options=[whole], with_for_update={"of": Publication})
    if one is None or not one.published:
        raise Gone
    reader = Reader("fr", one.fund.cluster.country)
    found = [threesixty.grant(one, award, standing, reader) for award, standing in queries.public_awards(one.fund_id)]
    made_at = now()
    page = address("public.open_data")
    if found:
        _replace(one, threesixty.package(one, found, made_at, page), threesixty.table(found))
    else:
        _replace(one, None, None)
    one.grants, one.made_at = len(found), made_at
    return {"grants": len(found)}


def _replace(one: Publication, package: bytes | None, table: bytes | None) -> None:
    """Keep these files under their fingerprints; the ones before go once nobody can be sent to them."""
    store, fund_id = storage(_settings()), one.fund_id
    before = {file_name(fund_id, one.json_sha256), file_name(fund_id, one.csv_sha256)}
    one.json_sha256, one.json_size = _keep(one, package)
    one.csv_sha256, one.csv_size = _keep(one, table)
    one.grants = one.grants if package else 0
    after = {file_name(fund_id, one.json_sha256), file_name(fund_id, one.csv_sha256)}
    for name in before - after - {""}:
        after_commit(_forgetting(store.forget_made, name))


def _forgetting(forget: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: forget(name)


def _keep(one: Publication, content: bytes | None) -> tuple[str | None, int]:
    if content is None:
        return None, 0
    digest = sha256(content).hexdigest()
    storage(_settings()).keep_made(file_name(one.fund_id, digest), content)
    return digest, len(content)


def file_name(fund_id: Any, digest: str | None) -> str:
    """Where a file of open data is kept; empty without one."""
    return f"open/{fund_id}/{digest}" if digest else ""


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]
