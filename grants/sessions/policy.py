"""Who sits, who leads, who signs. Nobody leads, votes on or reads a file from which they step aside."""

from grants.awards.interests import hidden_commissions
from grants.awards.policy import LINKED, OVERSEERS, see_decisions
from grants.calls.models import Call
from grants.core.i18n import N_, Text
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reviews.policy import rank
from grants.reviews.queries import Chaired, conflicted
from grants.sessions import figures, minutes_queries, queries
from grants.sessions.models import Item, Minutes, Session

ASIDE = N_("You step aside from this file: nothing of it is shown to you until the decisions are published.")
ONLY_LEADER = N_("Only the chair of the commission, or whoever acts as chair, may do this.")


def _sits(user: Person, session: Session) -> tuple[bool, Text]:
    return (
        any(user.holds(role, commission_id=session.commission_id) for role in queries.SITTERS),
        N_("Only a member of the commission may see its sessions."),
    )


def leads(user: Person, session: Session) -> bool:
    """Whether the person is a chair of the commission or acts as chair."""
    return user.holds(Role.CHAIR, commission_id=session.commission_id) or session.acting_id == user.id


@policy(Role.CHAIR, Role.REVIEWER)
def list_sessions(user: Person, _: object) -> Claims:
    """Members of commissions; the list holds the sessions of theirs."""
    yield bool(user.roles & set(queries.SITTERS)), N_("Only a member of a commission sits in its sessions.")


@policy(Role.CHAIR, Role.REVIEWER)
def attend(user: Person, session: Session) -> Claims:
    """Members of the commission; files from which they step aside are left out."""
    yield _sits(user, session)


@policy(Role.CHAIR)
def plan_session(user: Person, board: Chaired) -> Claims:
    """The commission's chair."""
    yield (
        user.holds(Role.CHAIR, commission_id=board.commission.id),
        N_("Only the chair of the commission may do this."),
    )


@policy(Role.CHAIR, Role.REVIEWER)
def lead_session(user: Person, session: Session) -> Claims:
    """The commission's chair, or whoever acts as chair."""
    yield _sits(user, session)
    yield leads(user, session), ONLY_LEADER


@policy(Role.CHAIR)
def open_session(user: Person, session: Session) -> Claims:
    """The commission's chair."""
    yield user.holds(Role.CHAIR, commission_id=session.commission_id), N_("Only the chair of the commission opens it.")


@policy(Role.CHAIR)
def close_session(user: Person, session: Session) -> Claims:
    """The commission's chair, if they step aside from none of its files: closing sends the whole ranking."""
    yield from rank.claims(user, Chaired(session.call, session.commission, figures.envelope(session)))


@policy(Role.CHAIR, Role.REVIEWER)
def see_ranking(user: Person, session: Session) -> Claims:
    """Members who step aside from no file of the session: a total would reveal the hidden one."""
    yield _sits(user, session)
    yield (
        not queries.aside(user, session),
        N_("You step aside from a file of this session: its ranking and totals are not shown to you."),
    )


@policy(Role.CHAIR, Role.REVIEWER)
def break_tie(user: Person, session: Session) -> Claims:
    """Whoever leads and steps aside from no file of the session."""
    yield from lead_session.claims(user, session)
    yield from see_ranking.claims(user, session)


@policy(Role.CHAIR, Role.REVIEWER)
def discuss(user: Person, item: Item) -> Claims:
    """Members who do not step aside from the file."""
    yield _sits(user, item.session)
    yield item.session.call.state in queries.PUBLISHED or not conflicted(user, item.application), ASIDE


@policy(Role.CHAIR, Role.REVIEWER)
def lead_item(user: Person, item: Item) -> Claims:
    """The commission's chair or whoever acts as chair, if they do not step aside from the file."""
    yield from discuss.claims(user, item)
    yield leads(user, item.session), ONLY_LEADER


@policy(Role.CHAIR, Role.REVIEWER)
def agree(user: Person, item: Item) -> Claims:
    """Whoever leads, or the rapporteur of the file, if they do not step aside from it."""
    yield from discuss.claims(user, item)
    yield (
        leads(user, item.session) or item.rapporteur_id == user.id,
        N_("Only whoever leads the session or the rapporteur of this file writes what was agreed."),
    )


@policy(Role.CHAIR, Role.REVIEWER)
def read_minutes(user: Person, minutes: Minutes) -> Claims:
    """Members of the commission who step aside from none of its files; all of them once decisions are published."""
    session = minutes.session
    yield _sits(user, session)
    yield (
        not queries.aside(user, session),
        N_("You step aside from a file of this session: you read the minutes once the decisions are published."),
    )


@policy(*OVERSEERS)
def read_minutes_to_decide(user: Person, minutes: Minutes) -> Claims:
    """Those who run or oversee the fund, unless linked to an applicant of the commission."""
    yield from see_decisions.claims(user, minutes.session.call)
    yield minutes.session.commission_id not in hidden_commissions(user, minutes.session.call), LINKED


@policy(Role.CHAIR, Role.REVIEWER)
def sign_minutes(user: Person, minutes: Minutes) -> Claims:
    """Those who sat and stepped aside from no file, on the last version."""
    session = minutes.session
    yield _sits(user, session)
    yield (
        not any(user.id in people for people in queries.stepping_aside(session, [user]).values()),
        N_("You stepped aside from a file of this session: you do not sign its minutes."),
    )
    yield (
        any(one.person_id == user.id for one in queries.spans(session)),
        N_("Only those who sat sign the minutes."),
    )
    yield (
        minutes.number == minutes_queries.last_number(session),
        N_("There is a later version of these minutes: sign that one."),
    )


@policy(Role.CHAIR, Role.REVIEWER)
def correct_minutes(user: Person, minutes: Minutes) -> Claims:
    """Whoever led, if they may read the minutes."""
    yield from read_minutes.claims(user, minutes)
    yield leads(user, minutes.session), ONLY_LEADER


@policy(Role.OFFICER)
def set_session_rules(user: Person, call: Call) -> Claims:
    """A programme officer of the fund, until a commission has opened its session."""
    yield (
        user.holds(Role.OFFICER, cluster_id=call.fund.cluster_id, fund_id=call.fund_id),
        N_("Only a programme officer of this fund sets how its commissions sit."),
    )
    yield (
        not queries.has_opened(call.id),
        N_("A commission has opened its session on this call: its rules no longer change."),
    )


@policy(Role.OFFICER)
def see_session_rules(user: Person, call: Call) -> Claims:
    """Programme officers of the fund."""
    yield (
        user.holds(Role.OFFICER, cluster_id=call.fund.cluster_id, fund_id=call.fund_id),
        N_("Only a programme officer of this fund sets how its commissions sit."),
    )
