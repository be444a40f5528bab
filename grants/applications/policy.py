"""Who reads an application, writes it, submits it, screens it.

Reviewers and chairs are not here: they reach files through their reviews, once they have declared no conflict.
"""

from typing import Any

from grants.applications.content import Sheet
from grants.applications.deadline import due_at, grace, in_time, is_taking
from grants.applications.models import EDITABLE, PRIVATE, Application, ApplicationState, Document, Submission
from grants.applications.slots import Slot
from grants.calls.models import Call, CallState
from grants.core.clock import now
from grants.core.i18n import N_, Text
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.people.models import Organisation, Person, Right, Role

APPLICANT = "applicant"
FOLLOWERS = (  # the roles that read what was submitted to their funds
    Role.OFFICER,
    Role.FUND_MANAGER,
    Role.COMMITTEE,
    Role.AUTHORISING_OFFICER,
    Role.ACCOUNTANT,
    Role.AUDITOR,
)
WRITERS = frozenset({Right.OWNER, Right.EDITOR})


def right_in(user: Person, organisation: Organisation) -> Right | None:
    """What the person may do for the organisation, whose memberships must be loaded."""
    return next((one.right for one in organisation.memberships if one.person_id == user.id), None)


def follows(user: Person, fund: Fund) -> bool:
    return any(user.holds(role, cluster_id=fund.cluster_id, fund_id=fund.id) for role in FOLLOWERS)


def _announced(application: Application) -> bool:
    """Whether the fund may know of it: submitted once and not taken back to a draft."""
    return application.state not in PRIVATE and application.submitted_at is not None


@policy(APPLICANT, *FOLLOWERS)
def view(user: Person, application: Application) -> Claims:
    """The organisation's people; the fund's, from the submission on."""
    mine = right_in(user, application.organisation) is not None
    followed = _announced(application) and follows(user, application.call.fund)
    yield mine or followed, N_("This application is not yours.")


@policy(APPLICANT)
def read_own(user: Person, application: Application) -> Claims:
    """Anybody who speaks for the organisation."""
    yield right_in(user, application.organisation) is not None, N_("This application is not yours.")


@policy(*FOLLOWERS)
def read_file(user: Person, application: Application) -> Claims:
    """Those who follow the fund, from the submission on."""
    yield (
        _announced(application) and follows(user, application.call.fund),
        N_("Only those who follow this fund may read its files."),
    )


@policy("signed in")
def begin(user: Person, call: Call) -> Claims:
    """Anybody signed in, while the call is open."""
    yield user.is_authenticated, N_("Please sign in.")
    yield is_taking(call), _closed(call)


@policy(APPLICANT)
def edit(user: Person, application: Application) -> Claims:
    """Owners and editors of the organisation, while it is a draft or to be completed."""
    yield (
        right_in(user, application.organisation) in WRITERS,
        N_("Only an owner or editor of the organisation may change this application."),
    )
    yield application.state in EDITABLE, N_("It is with the fund now and cannot be changed.")


@policy(APPLICANT)
def answer(user: Person, sheet: Sheet) -> Claims:
    """As for the application."""
    yield from edit.claims(user, sheet.application)


@policy(APPLICANT)
def fill(user: Person, slot: Slot[Any]) -> Claims:
    """As for the application."""
    yield from edit.claims(user, slot.application)


@policy(APPLICANT)
def read_own_document(user: Person, document: Document) -> Claims:
    """As for the application."""
    yield from read_own.claims(user, document.application)


@policy(APPLICANT)
def read_own_submission(user: Person, submission: Submission) -> Claims:
    """As for the application."""
    yield from read_own.claims(user, submission.application)


@policy(*FOLLOWERS)
def read_file_submission(user: Person, submission: Submission) -> Claims:
    """As for the application."""
    yield from read_file.claims(user, submission.application)


@policy(APPLICANT)
def edit_document(user: Person, document: Document) -> Claims:
    """As for the application."""
    yield from edit.claims(user, document.application)


@policy(*FOLLOWERS)
def read_file_document(user: Person, document: Document) -> Claims:
    """As for the application."""
    yield from read_file.claims(user, document.application)


@policy(APPLICANT)
def submit(user: Person, application: Application) -> Claims:
    """Owners of the organisation, until the call closes (or the date given to complete the file)."""
    yield from _own(user, application)
    yield application.state not in EDITABLE or in_time(application), _late(application)


@policy(APPLICANT)
def reopen(user: Person, application: Application) -> Claims:
    """Owners of the organisation, until the call closes."""
    yield from _own(user, application)
    yield is_taking(application.call), _closed(application.call)


@policy(APPLICANT)
def withdraw(user: Person, application: Application) -> Claims:
    """Owners of the organisation, any time before the decision."""
    yield from _own(user, application)


def _own(user: Person, application: Application) -> Claims:
    yield (
        right_in(user, application.organisation) == Right.OWNER,
        N_("Only an owner of the organisation may do this."),
    )


@policy(*FOLLOWERS)
def list_files(user: Person, call: Call) -> Claims:
    """Those who follow the fund of the call."""
    yield follows(user, call.fund), N_("Only those who follow this fund may read its files.")


@policy(Role.OFFICER)
def screen_call(user: Person, call: Call) -> Claims:
    """Programme officers of the fund."""
    yield (
        user.holds(Role.OFFICER, cluster_id=call.fund.cluster_id, fund_id=call.fund_id),
        N_("Only a programme officer of this fund may do this."),
    )


@policy(Role.OFFICER)
def screen(user: Person, application: Application) -> Claims:
    """Programme officers of the fund who do not belong to the applicant."""
    yield from screen_call.claims(user, application.call)
    yield (
        right_in(user, application.organisation) is None,
        N_("You belong to the organisation that applies. Another programme officer screens this application."),
    )
    partners = [one.organisation for one in application.taking_part if one.organisation is not None]
    yield (
        all(right_in(user, one) is None for one in partners),
        N_("You belong to a partner of the consortium. Another programme officer screens this application."),
    )


@policy(Role.OFFICER)
def refuse_admission(user: Person, application: Application) -> Claims:
    """As for screening; a file to be completed, once its date is over."""
    yield from screen.claims(user, application)
    waiting = application.state == ApplicationState.INCOMPLETE
    yield (
        not waiting or now() > due_at(application) + grace(),
        N_(
            "The applicant has until %(when)s to complete this file.",
            when=due_at(application) if waiting else "",
        ),
    )


@policy(Role.COMMITTEE)
def decide(user: Person, application: Application) -> Claims:
    """Members of the cluster's strategic committee."""
    fund = application.call.fund
    yield (
        user.holds(Role.COMMITTEE, cluster_id=fund.cluster_id, fund_id=fund.id),
        N_("Only the strategic committee may do this."),
    )


def _late(application: Application) -> Text:
    if application.state != ApplicationState.INCOMPLETE or application.call.state == CallState.CANCELLED:
        return _closed(application.call)
    return N_("This file had to be completed by %(when)s.", when=due_at(application))


def _closed(call: Call) -> Text:
    """Why the call takes nothing now, with the moment and its zone."""
    zone = call.fund.cluster.zone
    if call.state == CallState.CANCELLED:
        return N_("“%(call)s” was cancelled.", call=call.title)
    if call.opens_at is None or call.closes_at is None or call.published_at is None:
        return N_("“%(call)s” is not open yet.", call=call.title)
    if now() < call.opens_at:
        return N_("“%(call)s” opens on %(when)s.", call=call.title, when=call.opens_at.astimezone(zone))
    return N_("“%(call)s” closed on %(when)s.", call=call.title, when=call.closes_at.astimezone(zone))
