"""Who drafts a call, approves it, publishes it, and when it takes applications."""

from grants.calls.models import PUBLIC_STATES, Call, CallState, Place
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.funds.policy import READERS, serves
from grants.people.models import Person, Role

ENDED = frozenset({CallState.ARCHIVED, CallState.CANCELLED})
ASKING = frozenset({CallState.DRAFT, CallState.PUBLISHED, CallState.OPEN})
EXTENDABLE = frozenset({CallState.APPROVED, CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED})


def is_public(call: Call) -> bool:
    """From publication on, to its archive or cancellation; past grants are imported into calls nobody may read."""
    return not call.imported and (
        call.state in PUBLIC_STATES or (call.state in ENDED and call.published_at is not None)
    )


@policy("anyone")
def view(user: Person, call: Call) -> Claims:
    """Anybody, from publication on; before, those who run the fund."""
    yield (
        is_public(call) or (user.is_authenticated and serves(user, call.fund, *READERS)),
        N_("This call is not published."),
    )


@policy(*READERS)
def browse(user: Person, _: object) -> Claims:
    """Anybody with a role in a fund; the list holds only the calls of theirs."""
    yield any(role in user.roles for role in READERS), N_("Only those who run a fund see this list.")


@policy(*READERS)
def follow(user: Person, call: Call) -> Claims:
    """Those who run or oversee the fund."""
    yield serves(user, call.fund, *READERS), N_("Only those who run this fund see its drafts.")


@policy(Role.OFFICER)
def draft(user: Person, fund: Fund) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, fund, Role.OFFICER), N_("Only a programme officer of the fund drafts a call.")


@policy(Role.OFFICER)
def begin(user: Person, _: object) -> Claims:
    """Programme officers, in the funds they serve."""
    yield Role.OFFICER in user.roles, N_("Only a programme officer of the fund drafts a call.")


@policy(Role.OFFICER)
def run(user: Person, call: Call) -> Claims:
    """A programme officer of the fund."""
    yield serves(user, call.fund, Role.OFFICER), N_("Only a programme officer of the fund may do this.")


@policy(Role.OFFICER)
def edit(user: Person, call: Call) -> Claims:
    """A programme officer of the fund, while it is a draft: approved rules are frozen."""
    yield from run.claims(user, call)
    yield (
        call.state == CallState.DRAFT,
        N_("The rules of this call are frozen. The committee may return it to be changed."),
    )


@policy(Role.OFFICER)
def ask(user: Person, call: Call) -> Claims:
    """A programme officer of the fund, while it is a draft; once published, as a correction, until it closes."""
    yield from run.claims(user, call)
    yield (
        call.state in ASKING,
        N_("The questions of this call are frozen: the committee has it, or applications are in."),
    )


@policy(Role.OFFICER)
def ask_here(user: Person, place: Place) -> Claims:
    """As for the questions of the call."""
    yield from ask.claims(user, place.call)


@policy(*READERS)
def read_questions(user: Person, place: Place) -> Claims:
    """Those who run or oversee the fund."""
    yield from follow.claims(user, place.call)


@policy(Role.OFFICER)
def extend(user: Person, call: Call) -> Claims:
    """A programme officer of the fund, from the approval until the evaluation starts."""
    yield from run.claims(user, call)
    yield call.state in EXTENDABLE, N_("The closing date of this call can no longer move.")


@policy(Role.COMMITTEE)
def approve(user: Person, call: Call) -> Claims:
    """A member of the cluster's strategic committee."""
    yield serves(user, call.fund, Role.COMMITTEE), N_("Only the strategic committee may do this.")
