"""Searches that people keep: reading them, keeping one, letting one go."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from grants.applications.policy import FOLLOWERS
from grants.clusters.models import Cluster
from grants.core.audit import record
from grants.core.db import db, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.people.scope import covered
from grants.reports.models import SavedSearch
from grants.reports.search import policy
from grants.reports.search.keys import Audience

MOST = 30  # searches that one person keeps for one list


def visible_to(user: Person) -> Select[SavedSearch]:
    """One's own, and those shared in a cluster whose funds one follows."""
    shared = and_(SavedSearch.cluster_id.is_not(None), covered(user, *FOLLOWERS, cluster=SavedSearch.cluster_id))
    return select(SavedSearch).where(or_(SavedSearch.owner_id == user.id, shared))


def saved_searches(user: Person, audience: Audience) -> Sequence[SavedSearch]:
    """Those of one list, by name; one query."""
    found = visible_to(user).where(SavedSearch.audience == audience).options(joinedload(SavedSearch.owner))
    return db.session.scalars(found.order_by(func.lower(SavedSearch.name), SavedSearch.id).limit(100)).all()


def saved_search(user: Person, id: UUID) -> SavedSearch:
    """One visible search; raises NoResultFound."""
    return db.session.scalars(visible_to(user).where(SavedSearch.id == id)).one()


def clusters_to_share_with(user: Person) -> Sequence[Cluster]:
    """Where the person follows a fund; one query."""
    found = select(Cluster).where(covered(user, *FOLLOWERS, cluster=Cluster.id))
    return db.session.scalars(found.order_by(Cluster.name)).all()


def keep_search(
    audience: Audience,
    name: str,
    query: str,
    sort: str,
    columns: str,
    *,
    share_with: Cluster | None = None,
    actor: Person,
) -> SavedSearch:
    """Keep a search under a name; one's search of the same name is replaced. Raises Refused and Forbidden."""
    rule = policy.search_files if audience is Audience.FUND else policy.search_led
    with transaction():
        rule.require(actor)
        name = " ".join(name.split())
        if not name or len(name) > 80:
            raise Refused(N_("Give the search a name of at most 80 characters."))
        if share_with is not None and share_with.id not in {one.id for one in clusters_to_share_with(actor)}:
            raise Refused(N_("You can share a search only where you follow a fund."))
        mine = select(SavedSearch).where(SavedSearch.owner_id == actor.id, SavedSearch.audience == audience)
        db.session.scalar(select(Person.id).where(Person.id == actor.id).with_for_update())  # two tabs queue here
        kept = db.session.scalars(mine.where(SavedSearch.name == name)).one_or_none()
        if kept is None:
            if db.session.scalar(select(func.count()).select_from(mine.subquery())) >= MOST:  # type: ignore[operator]
                raise Refused(N_("You keep %(n)s searches already: remove one first.", n=MOST))
            kept = SavedSearch(owner_id=actor.id, audience=audience, name=name)
            db.session.add(kept)
        kept.query, kept.sort, kept.columns = query, sort, columns
        kept.cluster_id = share_with.id if share_with else None
        db.session.flush()
        record("saved_search.keep", kept, actor, after={"name": name, "query": query})
        return kept


def forget_search(saved: SavedSearch, *, actor: Person) -> None:
    with transaction():
        policy.forget_search.require(actor, saved)
        record("saved_search.forget", saved, actor, before={"name": saved.name, "query": saved.query})
        db.session.delete(saved)
