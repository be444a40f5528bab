"""Who appeals, until when; who hears an appeal: never somebody who took part in the refusal."""

from grants.appeals import queries
from grants.appeals.models import Against, Appeal, AppealState
from grants.applications.models import Application
from grants.applications.policy import (
    APPLICANT,
    FOLLOWERS,
    WRITERS,
    read_file,
    read_own,
    refuse_admission,
    right_in,
    screen,
)
from grants.awards.models import Decision
from grants.calls.models import CallState
from grants.core.clock import arrival
from grants.core.i18n import N_, Text
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reviews.queries import conflicted

CONFLICT = N_("You have a conflict of interest with this application: somebody else hears this appeal.")
ONLY_WRITERS = N_("Only an owner or editor of the organisation may appeal.")


@policy(APPLICANT)
def write_appeal(user: Person, application: Application) -> Claims:
    """Owners and editors of the organisation: whether there is something to appeal is said on the page."""
    yield right_in(user, application.organisation) in WRITERS, ONLY_WRITERS


@policy(APPLICANT)
def file_appeal(user: Person, application: Application) -> Claims:
    """Owners and editors of the organisation, once, within the days the call gives after they were told."""
    yield from write_appeal.claims(user, application)
    yield (
        queries.of_application(application) is None,
        N_("Your appeal has been filed. There is one appeal for each application."),
    )
    refused = queries.refusal(application)
    yield refused is not None, N_("Only a refusal that you have been told can be appealed.")
    until = refused.until if refused else None
    yield application.call.state != CallState.CANCELLED, N_("This call was cancelled: there is nothing to appeal.")
    yield until is not None, N_("This call provides for no appeal.")
    zone = application.call.fund.cluster.zone
    yield (
        until is not None and arrival() <= until,
        N_("The last moment to appeal was %(when)s.", when=until.astimezone(zone) if until else ""),
    )


@policy(APPLICANT)
def withdraw_appeal(user: Person, appeal: Appeal) -> Claims:
    """Owners and editors of the organisation, before it is heard."""
    yield right_in(user, appeal.application.organisation) in WRITERS, ONLY_WRITERS


@policy(APPLICANT)
def read_own_appeal(user: Person, appeal: Appeal) -> Claims:
    """Anybody who speaks for the organisation."""
    yield from read_own.claims(user, appeal.application)


@policy(*FOLLOWERS)
def read_appeal(user: Person, appeal: Appeal) -> Claims:
    """Those who follow the fund and have no conflict of interest with the file."""
    yield from read_file.claims(user, appeal.application)
    yield not conflicted(user, appeal.application), CONFLICT


@policy(Role.OFFICER)
def list_screening_appeals(user: Person, _: object) -> Claims:
    """Programme officers; the list holds the appeals of their funds."""
    yield Role.OFFICER in user.roles, N_("Only a programme officer hears appeals against the screening.")


@policy(Role.COMMITTEE)
def list_decision_appeals(user: Person, _: object) -> Claims:
    """Members of the strategic committee; the list holds the appeals of their funds."""
    yield (
        Role.COMMITTEE in user.roles,
        N_("Only a member of the strategic committee hears appeals against its decisions."),
    )


@policy(Role.OFFICER, Role.COMMITTEE)
def hear_appeal(user: Person, appeal: Appeal) -> Claims:
    """A programme officer (screening) or a member of the strategic committee (decision) who took no part in the
    refusal, did not review the project, does not belong to the applicant and has no conflict of interest.
    """
    fund, decided = appeal.application.call.fund, appeal.against == Against.DECISION
    yield (
        user.holds(queries.hearing_role(appeal.against), cluster_id=fund.cluster_id, fund_id=fund.id),
        N_("Only a member of the strategic committee hears appeals against its decisions.")
        if decided
        else N_("Only a programme officer of this fund hears appeals against the screening."),
    )
    yield (
        user.id != appeal.refused_by_id,
        N_("You took the decision that is appealed: another member of the committee hears this appeal.")
        if decided
        else N_("You declared the refusal that is appealed: another programme officer hears this appeal."),
    )
    yield (
        user.id != queries.proposer(appeal),
        N_("You made the proposal as chair: another member of the committee hears this appeal."),
    )
    members = [appeal.application.organisation]
    members += [one.organisation for one in appeal.application.taking_part if one.organisation is not None]
    yield (
        all(right_in(user, one) is None for one in members),
        N_("You belong to the organisation that appeals, or to a partner of it: somebody else hears this appeal."),
    )
    yield not conflicted(user, appeal.application), CONFLICT
    yield (
        not queries.reviewed(user, appeal.application),
        N_("You were asked to review this project: somebody else hears this appeal."),
    )
    yield (
        appeal.application.call.state != CallState.CANCELLED,
        N_("This call was cancelled: there is nothing to hear."),
    )


@policy(Role.OFFICER)
def declare_inadmissible(user: Person, application: Application) -> Claims:
    """As refuse_admission; after an upheld appeal, not the officer who had refused the file before."""
    yield from refuse_admission.claims(user, application)
    yield _had_not_refused(user, application)


@policy(Role.OFFICER)
def declare_ineligible(user: Person, application: Application) -> Claims:
    """As for screening; after an upheld appeal, not the officer who had refused the file before."""
    yield from screen.claims(user, application)
    yield _had_not_refused(user, application)


def _had_not_refused(user: Person, application: Application) -> tuple[bool, Text]:
    appeal = queries.of_application(application)
    return (
        appeal is None or appeal.state != AppealState.UPHELD or appeal.refused_by_id != user.id,
        N_("You had refused this file, and an appeal was upheld: another programme officer decides on it."),
    )


@policy(Role.OFFICER)
def overturn_screening(user: Person, application: Application) -> Claims:
    """As for screening; only upholding an appeal leads here."""
    yield from screen.claims(user, application)


@policy(Role.COMMITTEE)
def overturn_decision(user: Person, decision: Decision) -> Claims:
    """A member of the committee who neither decided nor proposed; only upholding an appeal leads here."""
    fund = decision.call.fund
    yield (
        user.holds(Role.COMMITTEE, cluster_id=fund.cluster_id, fund_id=fund.id),
        N_("Only the strategic committee may do this."),
    )
    yield (
        user.id not in {decision.decided_by_id, decision.proposed_by_id},
        N_("You took the decision that is appealed: another member of the committee hears this appeal."),
    )
