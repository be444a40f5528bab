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
from grants.core.i18n import N_, Text
from grants.people import service as people
from grants.people.facts import OrganisationFacts
from grants.people.models import Membership, Organisation, Person, Right
from grants.people.service import OrganisationDraft
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

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
        if lifecycle.fire("confirm_member", membership, actor, set={"decided_at": now(), "reason": None}):
            _tell(membership)


def refuse_member(membership: ClusterMembership, reason: str, *, actor: Person) -> None:
    """Not a member, for this reason; the organisation reads it."""
    with transaction():
        if not reason.strip():
            raise Refused(N_("Write the reason: the other side reads it."))
        told = {"decided_at": now(), "reason": reason.strip()}
        if lifecycle.fire("refuse_member", membership, actor, reason=reason.strip(), set=told):
            _tell(membership)


def _tell(membership: ClusterMembership) -> None:
    """The owners of the organisation."""
    owners = select(Membership.person_id).where(
        Membership.organisation_id == membership.organisation_id, Membership.right == Right.OWNER
    )
    slot = f"{membership.state} {now():%Y%m%dT%H%M%S%f}"
    for owner in db.session.scalars(owners.order_by(Membership.person_id)):
        promise(tell_membership, membership, owner, slot=slot, state=str(membership.state))


ANSWERED: dict[str, Text] = {
    State.CONFIRMED: N_("%(cluster)s has confirmed that %(organisation)s is a member."),
    State.REFUSED: N_("%(cluster)s has not confirmed that %(organisation)s is a member."),
}


@letter
def tell_membership(due: Due) -> Letter | None:
    """To an owner: what the cluster said of the membership; nothing when that has changed since."""
    parts = joinedload(ClusterMembership.organisation), joinedload(ClusterMembership.cluster)
    membership = db.session.get_one(ClusterMembership, due.subject_id, options=parts)
    if membership.state != due.args["state"]:
        return None
    cluster, organisation = membership.cluster, membership.organisation
    answer = Text(ANSWERED[membership.state].id, {"cluster": cluster.name, "organisation": organisation.name})
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Membership of %(cluster)s: %(organisation)s", cluster=cluster.name, organisation=organisation.name),
        paragraphs=[answer],
        facts=[(N_("Reason"), membership.reason)] if membership.reason else [],
        action=(N_("Open the organisation"), address("applicant.organisation", organisation_id=organisation.id)),
        cluster=cluster,
    )
