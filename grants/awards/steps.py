"""The steps a claim took, from the journal of events: each with its day, its reason and who took it, returns too."""

from collections.abc import Sequence

from sqlalchemy import select

from grants.awards.models import Claim
from grants.core.audit import Event
from grants.core.db import db
from grants.people.models import Person


def steps_of(claim: Claim) -> Sequence[tuple[Event, str | None]]:
    """What happened to this claim, oldest first, each with the name of who did it (None: the clock); one query."""
    about = select(Event, Person.name).outerjoin(Person, Person.id == Event.actor_id)
    about = about.where(Event.subject_id == claim.id, Event.subject_kind == "claim")
    return [(event, name) for event, name in db.session.execute(about.order_by(Event.at, Event.id))]
