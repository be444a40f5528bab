"""Who plans milestones, reports on them, examines the reports; who asks for support in kind and who gives it."""

from grants.applications.models import TAKING_PART
from grants.awards.models import (
    INTERNAL,
    Agreement,
    AgreementState,
    Award,
    Milestone,
    MilestoneFile,
    Support,
    SupportRequest,
)
from grants.awards.policy import OVERSEERS, prepare, serves, speaks_for, view
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Right, Role

PREPARING = frozenset({AgreementState.PREPARATION, AgreementState.VISA_REFUSED})


def takes_part(user: Person, award: Award) -> bool:
    """Whether the person belongs to a partner of the project, once the agreement is sent for signature."""
    if award.application is None or award.agreement is None or award.agreement.state in INTERNAL:
        return False
    return any(
        member.person_id == user.id
        for one in award.application.partners
        if one.state in TAKING_PART and one.organisation is not None
        for member in one.organisation.memberships
    )


@policy(Role.OFFICER)
def plan_milestones(user: Person, agreement: Agreement) -> Claims:
    """A programme officer of the fund, until the commitment is proposed."""
    yield from prepare.claims(user, agreement)
    yield (
        agreement.state in PREPARING,
        N_("The commitment has been proposed: the agreement can no longer be changed."),
    )


@policy(*OVERSEERS, "applicant", "partner")
def view_milestone(user: Person, milestone: Milestone) -> Claims:
    """Those who see the agreement, and the partners of the project."""
    award = milestone.agreement.award
    yield view.allows(user, award) or takes_part(user, award), N_("This milestone is not yours.")


@policy(*OVERSEERS, "applicant", "partner")
def view_milestone_file(user: Person, file: MilestoneFile) -> Claims:
    """Those who see the milestone."""
    yield from view_milestone.claims(user, file.milestone)


@policy("applicant")
def report_milestone(user: Person, milestone: Milestone) -> Claims:
    """An owner or editor of the beneficiary’s organisation, while the agreement is active."""
    yield (
        speaks_for(user, milestone.agreement.award, Right.OWNER, Right.EDITOR),
        N_("Only the beneficiary may do this."),
    )
    yield (
        milestone.agreement.state == AgreementState.ACTIVE,
        N_("Milestones are reported on while the agreement is active."),
    )


@policy("applicant")
def remove_milestone_file(user: Person, file: MilestoneFile) -> Claims:
    """Whoever may write the report."""
    yield from report_milestone.claims(user, file.milestone)


@policy(Role.OFFICER)
def examine_milestone(user: Person, milestone: Milestone) -> Claims:
    """A programme officer of the fund."""
    yield (
        serves(user, milestone.agreement.award.fund, Role.OFFICER),
        N_("Only a programme officer of the fund may do this."),
    )


@policy(Role.AUTHORISING_OFFICER)
def waive_milestone(user: Person, milestone: Milestone) -> Claims:
    """An authorising officer of the fund."""
    yield (
        serves(user, milestone.agreement.award.fund, Role.AUTHORISING_OFFICER),
        N_("Only an authorising officer of the fund may do this."),
    )


# --- support in kind ------------------------------------------------------------------------------------------


@policy("applicant")
def ask_support(user: Person, support: Support) -> Claims:
    """An owner or editor of the beneficiary’s organisation, while the agreement is active."""
    yield (
        speaks_for(user, support.agreement.award, Right.OWNER, Right.EDITOR),
        N_("Only the beneficiary may do this."),
    )
    yield (
        support.agreement.state == AgreementState.ACTIVE,
        N_("Support is asked for while the agreement is active."),
    )


@policy(Role.OFFICER)
def check_support(user: Person, request: SupportRequest) -> Claims:
    """A programme officer of the fund."""
    yield (
        serves(user, request.support.agreement.award.fund, Role.OFFICER),
        N_("Only a programme officer of the fund may do this."),
    )


@policy(Role.AUTHORISING_OFFICER)
def certify_support(user: Person, request: SupportRequest) -> Claims:
    """An authorising officer of the fund who did not check the request."""
    yield (
        serves(user, request.support.agreement.award.fund, Role.AUTHORISING_OFFICER),
        N_("Only an authorising officer of the fund may do this."),
    )
    yield user.id != request.checked_by_id, N_("You checked this request: somebody else takes this step.")


@policy(Role.OFFICER)
def deliver_support(user: Person, request: SupportRequest) -> Claims:
    """A programme officer of the fund who neither checked nor certified the request."""
    yield (
        serves(user, request.support.agreement.award.fund, Role.OFFICER),
        N_("Only a programme officer of the fund may do this."),
    )
    yield user.id != request.checked_by_id, N_("You checked this request: somebody else takes this step.")
    yield user.id != request.certified_by_id, N_("You certified this request: somebody else takes this step.")


@policy(*OVERSEERS)
def read_schedule(user: Person, _: None) -> Claims:
    """Those who run or oversee a fund; each sees the instalments and milestones of theirs."""
    yield bool(user.roles & frozenset(OVERSEERS)), N_("Only those who run a fund see this list.")
