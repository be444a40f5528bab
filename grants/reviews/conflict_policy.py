"""Who declares a conflict of interest, and who settles one."""

from dataclasses import dataclass

from grants.applications.models import REVIEWABLE, Application
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reviews import conflict_queries
from grants.reviews import policy as reviews
from grants.reviews.conflicts import conflicted
from grants.reviews.models import Review


@dataclass(frozen=True)
class Concern:
    """A person and the file with which they may have a conflict of interest."""

    application: Application
    person: Person


@policy(Role.REVIEWER, Role.CHAIR)
def declare(user: Person, application: Application) -> Claims:
    """The reviewers and chairs of the commission, asked or not."""
    yield (
        any(user.holds(role, commission_id=application.commission_id) for role in (Role.REVIEWER, Role.CHAIR)),
        N_("Only the reviewers and chairs of the commission may do this."),
    )
    yield application.state in REVIEWABLE, N_("This application is not under review.")


@policy(Role.CHAIR)
def settle(user: Person, concern: Concern) -> Claims:
    """A chair of the commission who has no conflict with the file, about somebody else."""
    yield from reviews.lead.claims(user, concern.application)
    yield user.id != concern.person.id, N_("Somebody else settles your own conflicts.")


@policy(Role.OFFICER)
def list_unled(user: Person, _: object) -> Claims:
    """Programme officers; the list holds the files of their funds."""
    yield Role.OFFICER in user.roles, N_("Only a programme officer may do this.")


@policy(Role.OFFICER)
def stand_in(user: Person, concern: Concern) -> Claims:
    """A programme officer of the fund without a conflict, where every chair of the commission has one with the file."""
    fund = concern.application.call.fund
    yield (
        user.holds(Role.OFFICER, cluster_id=fund.cluster_id, fund_id=fund.id),
        N_("Only a programme officer of this fund may do this."),
    )
    yield user.id != concern.person.id, N_("Somebody else settles your own conflicts.")
    yield not conflicted(user, concern.application), reviews.CLOSED
    yield (
        not conflict_queries.free_chairs(concern.application, concern.person),
        N_("A chair of the commission without a conflict settles this."),
    )


@policy(Role.CHAIR, Role.OFFICER)
def resume(user: Person, application: Application) -> Claims:
    """The chair, unless conflicted; or the officer who stands in for one."""
    fund = application.call.fund
    stands_in = user.holds(Role.OFFICER, cluster_id=fund.cluster_id, fund_id=fund.id)
    if stands_in and not conflict_queries.free_chairs(application):
        yield not conflicted(user, application), reviews.CLOSED
    else:
        yield from reviews.lead.claims(user, application)


@policy(Role.CHAIR, Role.OFFICER)
def set_aside(user: Person, review: Review) -> Claims:
    """Whoever may confirm the conflict of its reviewer."""
    yield from resume.claims(user, review.application)
