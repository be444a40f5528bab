"""Who asks about a call, reads the answers, gives them."""

from datetime import datetime

from grants.calls.models import Call, CallQuestion, CallState, QuestionState
from grants.calls.policy import is_public, run
from grants.core.clock import arrival
from grants.core.i18n import N_, Text
from grants.core.policy import Claims, policy
from grants.funds.policy import READERS, serves
from grants.people.models import Person, Role

ASKABLE = frozenset({CallState.PUBLISHED, CallState.OPEN})


def questions_end(call: Call) -> datetime | None:
    """The last moment a question is taken, on the cluster's clock: the date of the call, else its closing."""
    at = call.questions_until or call.closes_at
    return at.astimezone(call.fund.cluster.zone) if at else None


def why_closed(call: Call) -> Text | None:
    """Why no question is taken now from anybody; None while they are."""
    end = questions_end(call)
    if call.state == CallState.CANCELLED:
        return N_("“%(call)s” was cancelled.", call=call.title)
    if end is not None and call.state in ASKABLE and arrival() <= end:
        return None
    return N_("Questions on this call could be asked until %(when)s.", when=end) if end else N_("No question is taken.")


@policy("signed in")
def write_to(user: Person, call: Call) -> Claims:
    """Anybody signed in, on the page of a published call."""
    yield user.is_authenticated, N_("Please sign in.")
    yield is_public(call), N_("This call is not published.")


@policy("signed in")
def ask_question(user: Person, call: Call) -> Claims:
    """Anybody signed in, about a call that takes applications or soon will, until its date for questions."""
    yield from write_to.claims(user, call)
    closed = why_closed(call)
    yield closed is None, closed or N_("No question is taken.")


@policy("anyone")
def view_question(user: Person, question: CallQuestion) -> Claims:
    """Anybody, once it is answered, on a published call; before, who asked it and those who run the fund."""
    published = question.state == QuestionState.ANSWERED and is_public(question.call)
    theirs = user.is_authenticated and (question.asker_id == user.id or serves(user, question.call.fund, *READERS))
    yield published or theirs, N_("This question has no public answer.")


@policy(Role.OFFICER)
def list_questions(user: Person, call: Call) -> Claims:
    """A programme officer of the fund."""
    yield from run.claims(user, call)


@policy(Role.OFFICER)
def answer_question(user: Person, question: CallQuestion) -> Claims:
    """A programme officer of the fund."""
    yield from run.claims(user, question.call)
