"""Who reads a file under review, who marks it, who leads the commission."""

from collections.abc import Sequence

from grants.applications.models import Application, ApplicationState, Document
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.core.types import Money
from grants.people.models import Person, Role
from grants.reviews import queries
from grants.reviews.assignment_models import AssignmentPlan
from grants.reviews.models import IN_HAND, Review, ReviewState
from grants.reviews.offline import Work

OPENED = IN_HAND | {ReviewState.SUBMITTED}
CLOSED = N_("A conflict of interest stands between you and this file: it is closed to you.")


@policy(Role.REVIEWER)
def answer(user: Person, review: Review) -> Claims:
    """The reviewer who was asked: says whether there is a conflict of interest."""
    yield user.id == review.reviewer_id, N_("Only the reviewer who was asked may answer.")


@policy(Role.REVIEWER)
def accept(user: Person, review: Review) -> Claims:
    """The reviewer who was asked, unless a conflict of interest stands already."""
    yield from answer.claims(user, review)
    yield not queries.conflicted(user, review.application), CLOSED


@policy(Role.REVIEWER)
def read_file(user: Person, review: Review) -> Claims:
    """The reviewer, once no conflict has been declared."""
    yield from answer.claims(user, review)
    yield (
        review.state in OPENED,
        N_("The file opens once you have declared that you have no conflict of interest with the applicant."),
    )
    yield not queries.conflicted(user, review.application), CLOSED


@policy(Role.REVIEWER)
def read_document(user: Person, found: tuple[Review, Document]) -> Claims:
    """As the file it belongs to."""
    yield from read_file.claims(user, found[0])


@policy(Role.CHAIR)
def lead_document(user: Person, found: tuple[Application, Document]) -> Claims:
    """As the application it belongs to."""
    yield from lead.claims(user, found[0])


@policy(Role.REVIEWER)
def mark(user: Person, review: Review) -> Claims:
    """The reviewer, from the declaration to the submission of the review."""
    yield from read_file.claims(user, review)
    yield review.state in IN_HAND, N_("Your review is submitted. The chair may reopen it, with a reason.")
    yield (
        review.application.state == ApplicationState.IN_REVIEW,
        N_("This application is no longer under review."),
    )


@policy(Role.REVIEWER)
def mark_away(user: Person, work: Sequence[Work]) -> Claims:
    """The reviewer who has something to mark: `work` is what is in their hands."""
    yield bool(work), N_("No file is in your hands: first accept one.")


@policy(Role.CHAIR)
def lead(user: Person, application: Application) -> Claims:
    """The commission's chair, unless conflicted with this application."""
    yield (
        user.holds(Role.CHAIR, commission_id=application.commission_id),
        N_("Only the chair of the commission may do this."),
    )
    yield (
        not queries.conflicted(user, application),
        N_("You have a conflict of interest with this application. Another chair deals with it."),
    )


@policy(Role.CHAIR)
def lead_review(user: Person, review: Review) -> Claims:
    """The chair of the application's commission, unless conflicted with it."""
    yield from lead.claims(user, review.application)


@policy(Role.CHAIR)
def rank(user: Person, board: "queries.Chaired") -> Claims:
    """The commission's chair, if conflicted with none of its applications: a total would reveal the hidden one."""
    yield (
        user.holds(Role.CHAIR, commission_id=board.commission.id),
        N_("Only the chair of the commission may do this."),
    )
    yield (
        not queries.conflicted_in(user, board.call, board.commission),
        N_("You have a conflict of interest with an application of this commission: another chair ranks it."),
    )


@policy(Role.CHAIR)
def lead_commission(user: Person, board: "queries.Chaired") -> Claims:
    """The commission's chair; applications they are conflicted with are left out."""
    yield (
        user.holds(Role.CHAIR, commission_id=board.commission.id),
        N_("Only the chair of the commission may do this."),
    )


@policy(Role.CHAIR)
def lead_replacement(user: Person, found: tuple[Review, Person]) -> Claims:
    """As for the review that is given to somebody else."""
    yield from lead_review.claims(user, found[0])


@policy(Role.CHAIR)
def assign_all(user: Person, board: "queries.Chaired") -> Claims:
    """The commission's chair, if conflicted with none of its applications: loads would tell who has the hidden one."""
    yield (
        user.holds(Role.CHAIR, commission_id=board.commission.id),
        N_("Only the chair of the commission may do this."),
    )
    yield (
        not queries.conflicted_in(user, board.call, board.commission),
        N_(
            "You have a conflict of interest with an application of this commission: another chair assigns all of"
            " them. You can still assign the others one by one."
        ),
    )


@policy(Role.CHAIR)
def assign_plan(user: Person, plan: AssignmentPlan) -> Claims:
    """As for the commission the proposal is for."""
    yield from assign_all.claims(user, queries.Chaired(plan.call, plan.commission, Money(0, plan.call.currency)))


@policy(Role.CHAIR)
def see_plan(user: Person, found: "tuple[queries.Chaired, AssignmentPlan]") -> Claims:
    """As for all applications of the commission."""
    yield from assign_all.claims(user, found[0])


@policy(Role.CHAIR)
def edit_plan(user: Person, found: "tuple[queries.Chaired, AssignmentPlan, Application]") -> Claims:
    """As for all applications of the commission."""
    yield from assign_all.claims(user, found[0])
