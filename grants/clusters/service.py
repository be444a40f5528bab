"""Verbs about clusters and commissions."""

from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from grants.clusters import policy
from grants.clusters.models import Cluster, Commission
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text, Words
from grants.people.models import Person

CODE_TAKEN = N_("This code is already used.")


@dataclass(frozen=True)
class ClusterDraft:
    """A cluster as typed: country ISO 3166, currency ISO 4217, timezone of the IANA database."""

    code: str
    name: str
    country: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class CommissionDraft:
    code: str
    name: Words


def create_cluster(draft: ClusterDraft, *, actor: Person) -> Cluster:
    """Raises Refused when the code is taken, or the currency or the zone does not exist."""
    with transaction():
        policy.configure.require(actor)
        _refuse_unknown(draft)
        made = Cluster(**_cluster(draft))
        made.commissions = []
        db.session.add(made)
        _flush(CODE_TAKEN)
        record("cluster.create", made, actor, after=_cluster(draft))
    return made


def revise_cluster(cluster: Cluster, draft: ClusterDraft, *, actor: Person, version: int | None = None) -> None:
    """Deadlines already set keep their moment; they are shown by the new clock. Funds keep their currency."""
    with transaction():
        policy.configure.require(actor)
        expect(cluster, version)
        _refuse_unknown(draft)
        after = _cluster(draft)
        before = {name: getattr(cluster, name) for name in after}
        for name, value in after.items():
            setattr(cluster, name, value)
        _flush(CODE_TAKEN)
        record("cluster.revise", cluster, actor, before=before, after=after)


def create_commission(cluster: Cluster, draft: CommissionDraft, *, actor: Person) -> Commission:
    """Comes last in its cluster. Raises Refused when the code is taken there."""
    with transaction():
        policy.configure.require(actor)
        lock(cluster)
        last = select(func.max(Commission.position)).where(Commission.cluster_id == cluster.id)
        position = (db.session.scalar(last) or 0) + 1
        made = Commission(cluster_id=cluster.id, code=draft.code.upper(), name=draft.name, position=position)
        db.session.add(made)
        _flush(CODE_TAKEN)
        record("commission.create", made, actor, after={"code": made.code, "name": dict(made.name)})
    return made


def revise_commission(
    commission: Commission, draft: CommissionDraft, *, actor: Person, version: int | None = None
) -> None:
    with transaction():
        policy.configure.require(actor)
        expect(commission, version)
        before = {"code": commission.code, "name": dict(commission.name)}
        commission.code, commission.name = draft.code.upper(), draft.name
        _flush(CODE_TAKEN)
        record(
            "commission.revise", commission, actor, before=before, after={"code": draft.code, "name": dict(draft.name)}
        )


def move_commission(commission: Commission, *, earlier: bool, actor: Person) -> None:
    """One place up or down; the first does not go up, the last does not go down."""
    with transaction():
        policy.configure.require(actor)
        lock(db.session.get_one(Cluster, commission.cluster_id))
        db.session.refresh(commission, ["position"])
        beyond = Commission.position < commission.position if earlier else Commission.position > commission.position
        order = Commission.position.desc() if earlier else Commission.position.asc()
        living = Commission.archive.is_(False)
        neighbours = select(Commission).where(Commission.cluster_id == commission.cluster_id, living, beyond)
        neighbour = db.session.scalars(neighbours.order_by(order).limit(1)).first()
        if neighbour is None:
            return
        mine, theirs = commission.position, neighbour.position
        commission.position = -1  # two commissions never share a place, not even for a moment
        db.session.flush()
        neighbour.position = mine
        db.session.flush()
        commission.position = theirs
        record("commission.move", commission, actor, before={"position": mine}, after={"position": theirs})


def _cluster(draft: ClusterDraft) -> dict[str, Any]:
    return asdict(draft) | {"code": draft.code.upper()}


def _refuse_unknown(draft: ClusterDraft) -> None:
    if draft.currency not in list_currencies():
        raise Refused(N_("There is no currency “%(code)s”.", code=draft.currency))
    if draft.timezone not in available_timezones():
        raise Refused(N_("There is no time zone “%(name)s”.", name=draft.timezone))


def _flush(taken: Text) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Refused(taken, N_("Choose another one.")) from error
