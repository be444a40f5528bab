"""A conflict of interest declared while bidding, before anybody asked for a review."""

from sqlalchemy import select

from grants.applications.models import Application
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.reviews import panel_policy as policy
from grants.reviews.bidding import Sitting
from grants.reviews.models import Review, ReviewState


def declare_conflict(sitting: Sitting, application: Application, reason: str, *, actor: Person) -> None:
    """The person sees nothing of this application from now on, and nobody can give it to them.

    It is kept as every declaration is, on a review; here one that waits for nobody. Raises Refused without a reason,
    or when a review was asked meanwhile: its own page takes the declaration.
    """
    with transaction():
        policy.bid_conflict.require(actor, (sitting, application))
        if not reason.strip():
            raise Refused(N_("Write the reason: the chair reads it."))
        lock(application)  # whoever assigns takes it too
        asked = select(Review).where(Review.application_id == application.id, Review.reviewer_id == actor.id)
        if (known := db.session.scalars(asked).first()) is not None:
            if known.conflict_reason:
                return
            raise Refused(N_("You have been asked to review this application: declare the conflict there."))
        made = Review(
            application_id=application.id,
            reviewer_id=actor.id,
            assigned_by_id=actor.id,
            state=ReviewState.REASSIGNED,
            conflict_reason=reason.strip(),
            currency=application.currency,
        )
        db.session.add(made)
        db.session.flush()
        record("review.declare_conflict", made, actor, reason=reason.strip(), after={"bidding": True})
