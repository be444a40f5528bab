"""Membership of a cluster: an organisation declares it, a programme officer of the cluster answers."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.clusters import policy
from grants.clusters.models import MEMBERSHIP_LABELS, ClusterMembership
from grants.clusters.models import MembershipState as State
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people import service as people
from grants.people.facts import OrganisationFacts
from grants.people.models import Organisation, Person
from grants.people.service import OrganisationDraft
from workflows.machine import Lifecycle, Move

lifecycle = Lifecycle(
    "membership",
    MEMBERSHIP_LABELS,
    [
        Move(
            "declare_member",
            frozenset({State.ABSENT}),
            State.DECLARED,
            policy.declare_membership,
            N_("Declare the membership"),
        ),
        Move(
            "deny_member",
            frozenset({State.DECLARED, State.CONFIRMED, State.REFUSED}),
            State.ABSENT,
            policy.declare_membership,
            N_("Say that it is no member"),
        ),
        Move(
            "confirm_member",
            frozenset({State.DECLARED, State.REFUSED}),
            State.CONFIRMED,
            policy.answer_membership,
            N_("Confirm"),
        ),
        Move(
            "refuse_member",
            frozenset({State.DECLARED, State.CONFIRMED}),
            State.REFUSED,
            policy.answer_membership,
            N_("Do not confirm"),
            why=True,
        ),
    ],
)


# --- the organisation -----------------------------------------------------------------------------------------


def register(
    draft: OrganisationDraft, facts: OrganisationFacts | None, clusters: Collection[UUID] | None, *, actor: Person
) -> Organisation:
    """A new organisation with what it says about itself, in one transaction; the actor is its owner."""
    with transaction():
        made = people.create_organisation(draft, actor=actor, facts=facts)
        db.session.flush()
        for cluster_id in clusters or ():
            declare(made, cluster_id, True, actor=actor)
        return made


def revise(
    organisation: Organisation,
    draft: OrganisationDraft,
    facts: OrganisationFacts | None,
    clusters: Collection[UUID] | None,
    *,
    actor: Person,
    version: int | None = None,
) -> None:
    """Everything its form holds; None leaves the facts, or the memberships, as they are.

    A cluster that is not named any more is denied only where something was declared.
    """
    with transaction():
        people.revise_organisation(organisation, draft, actor=actor, version=version, facts=facts)
        if clusters is None:
            return
        for cluster_id in {*clusters, *_said(organisation)}:
            declare(organisation, cluster_id, cluster_id in clusters, actor=actor)


def declare(organisation: Organisation, cluster_id: UUID, member: bool, *, actor: Person) -> None:
    """What the organisation, whose people must be loaded, says about one cluster; saying it again changes nothing.

    Declaring does not undo a confirmation, nor does it ask again after a refusal unless the organisation had said no.
    """
    with transaction():
        lock(organisation)
        known = _said(organisation).get(cluster_id)
        if known is None:
            state = State.DECLARED if member else State.ABSENT
            made = ClusterMembership(organisation=organisation, cluster_id=cluster_id, state=state, declared_at=now())
            policy.declare_membership.require(actor, made)
            db.session.add(made)
            db.session.flush()
            record("membership.declare_member" if member else "membership.deny_member", made, actor)
        elif member and known.state == State.ABSENT:
            lifecycle.fire("declare_member", known, actor, set={"declared_at": now(), "decided_at": None})
        elif not member and known.state != State.ABSENT:
            lifecycle.fire("deny_member", known, actor, set={"decided_at": None, "reason": None})


def _said(organisation: Organisation) -> dict[UUID, ClusterMembership]:
    people_of = joinedload(ClusterMembership.organisation).selectinload(Organisation.memberships)
    found = select(ClusterMembership).where(ClusterMembership.organisation_id == organisation.id)
    return {one.cluster_id: one for one in db.session.scalars(found.options(people_of))}


# --- the programme officer ------------------------------------------------------------------------------------


def confirm_member(membership: ClusterMembership, *, actor: Person) -> None:
    with transaction():
        lifecycle.fire("confirm_member", membership, actor, set={"decided_at": now(), "reason": None})


def refuse_member(membership: ClusterMembership, reason: str, *, actor: Person) -> None:
    """Not a member, for this reason; the organisation reads it."""
    with transaction():
        if not reason.strip():
            raise Refused(N_("Write the reason: the other side reads it."))
        told = {"decided_at": now(), "reason": reason.strip()}
        lifecycle.fire("refuse_member", membership, actor, reason=reason.strip(), set=told)
