"""Who is written to about an application: those who speak for the organisation today, whoever began the draft."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from grants.applications.models import Application, Partner
from grants.core.db import db
from grants.people.models import Membership, Right
from workflows.outbox import Job, promise

WRITERS = (Right.OWNER, Right.EDITOR)


def leads(applications: Select[UUID], *, writers: bool = False) -> Select[UUID, UUID]:
    """The id of each application with the id of each person to write to.

    They are the owners, and whoever began it while they still write for it; `writers`: whoever may write the draft.
    """
    began = (Membership.person_id == Application.lead_id) & Membership.right.in_(WRITERS)
    chosen = Membership.right.in_(WRITERS) if writers else or_(Membership.right == Right.OWNER, began)
    return (
        select(Application.id, Membership.person_id)
        .join(Membership, Membership.organisation_id == Application.organisation_id)
        .where(Application.id.in_(applications), chosen)
        .order_by(Application.id, Membership.person_id)
    )


def partners(those: Select[UUID], *, writers: bool = False) -> Select[UUID, UUID]:
    """The same for these partners of consortia: whoever accepted in place of whoever began."""
    accepted = (Membership.person_id == Partner.accepted_by_id) & Membership.right.in_(WRITERS)
    chosen = Membership.right.in_(WRITERS) if writers else or_(Membership.right == Right.OWNER, accepted)
    return (
        select(Partner.id, Membership.person_id)
        .join(Membership, Membership.organisation_id == Partner.organisation_id)
        .where(Partner.id.in_(those), chosen)
        .order_by(Partner.id, Membership.person_id)
    )


def tell_lead(job: Job, subject: Any, application: Application, slot: str = "once", **args: Any) -> None:
    """Inside a transaction: promise this letter about `subject` to each of the lead's people."""
    _tell(job, subject, leads(select(Application.id).where(Application.id == application.id)), slot, args)


def tell_partner(job: Job, subject: Any, partner: Partner, slot: str = "once", **args: Any) -> None:
    """The same to each of a partner's people; to nobody while it has not accepted."""
    _tell(job, subject, partners(select(Partner.id).where(Partner.id == partner.id)), slot, args)


def _tell(job: Job, subject: Any, people: Select[UUID, UUID], slot: str, args: dict[str, Any]) -> None:
    for _, person_id in db.session.execute(people).all():
        promise(job, subject, person_id, slot=slot, **args)
