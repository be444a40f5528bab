"""Who asks an applicant for a clarification, who answers, who reads both."""

from grants.applications.models import Application, ApplicationState, Clarification, ClarificationFile
from grants.applications.policy import APPLICANT, FOLLOWERS, WRITERS, read_file, read_own, right_in, screen
from grants.core.clock import arrival
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role

S = ApplicationState
EXAMINED = frozenset({S.SUBMITTED, S.ADMISSIBLE, S.ELIGIBLE, S.IN_REVIEW, S.REVIEWED, S.RANKED})
ANSWERABLE = EXAMINED | {S.INCOMPLETE}  # what was asked before the file had to be completed is answered meanwhile


@policy(Role.OFFICER)
def ask_clarification(user: Person, application: Application) -> Claims:
    """Programme officers of the fund who do not belong to the applicant, while the file is examined."""
    yield from screen.claims(user, application)
    yield (
        application.state in EXAMINED,
        N_("A clarification is asked while a file is examined: after its submission, before its decision."),
    )


@policy(Role.OFFICER)
def take_back_clarification(user: Person, clarification: Clarification) -> Claims:
    """Programme officers of the fund who do not belong to the applicant."""
    yield from screen.claims(user, clarification.application)


@policy(APPLICANT)
def answer_clarification(user: Person, clarification: Clarification) -> Claims:
    """Owners and editors of the organisation, until the date the fund gave."""
    yield (
        right_in(user, clarification.application.organisation) in WRITERS,
        N_("Only an owner or editor of the organisation may answer."),
    )
    yield (
        clarification.application.state in ANSWERABLE,
        N_("The fund has ended its examination: this answer is not awaited any more."),
    )
    yield (
        arrival() <= clarification.due_at,
        N_("This had to be answered by %(when)s. Write to the fund if it still matters.", when=clarification.due_here),
    )


@policy(APPLICANT)
def read_own_clarification(user: Person, clarification: Clarification) -> Claims:
    """Anybody who speaks for the organisation."""
    yield from read_own.claims(user, clarification.application)


@policy(APPLICANT)
def read_own_clarification_file(user: Person, file: ClarificationFile) -> Claims:
    """Anybody who speaks for the organisation."""
    yield from read_own.claims(user, file.clarification.application)


@policy(APPLICANT)
def remove_clarification_file(user: Person, file: ClarificationFile) -> Claims:
    """Whoever may answer."""
    yield from answer_clarification.claims(user, file.clarification)


@policy(*FOLLOWERS)
def read_clarification_file(user: Person, file: ClarificationFile) -> Claims:
    """Those who follow the fund, once the answer is sent."""
    yield from read_file.claims(user, file.clarification.application)
    yield file.clarification.is_answered, N_("This answer has not been sent yet.")
