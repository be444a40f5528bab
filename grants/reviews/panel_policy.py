"""Who makes up a panel, who answers an invitation to it, who says what they know and bids."""

from grants.calls.models import CallState
from grants.clusters.models import Commission
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Role
from grants.reviews.bidding import Sitting
from grants.reviews.conflict_queries import UNDER_WAY
from grants.reviews.panel_models import Absence, PanelSeat, SeatState, Topic
from grants.reviews.queries import Chaired

BEFORE_THE_DECISION = frozenset({CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED, CallState.EVALUATING})
ONLY_THE_CHAIR = N_("Only the chair of the commission may do this.")


@policy(Role.CHAIR)
def see_panel(user: Person, board: Chaired) -> Claims:
    """Who sits in the commission for a call: its chair."""
    yield user.holds(Role.CHAIR, commission_id=board.commission.id), ONLY_THE_CHAIR


@policy(Role.CHAIR)
def make_panel(user: Person, board: Chaired) -> Claims:
    """Inviting to the panel: the commission's chair, until the call is decided."""
    yield from see_panel.claims(user, board)
    yield board.call.state in BEFORE_THE_DECISION, N_("This call is decided: its panel stays as it is.")


@policy(Role.CHAIR)
def lead_seat(user: Person, seat: PanelSeat) -> Claims:
    """Inviting again, reminding, withdrawing: the commission's chair, until the call is decided."""
    yield user.holds(Role.CHAIR, commission_id=seat.commission_id), ONLY_THE_CHAIR
    yield seat.call.state in BEFORE_THE_DECISION, N_("This call is decided: its panel stays as it is.")


@policy(Role.CHAIR)
def replace_member(user: Person, found: tuple[PanelSeat, Person]) -> Claims:
    """Inviting somebody in place of a member who declined or fell silent: as for the seat."""
    yield from lead_seat.claims(user, found[0])


@policy(Role.CHAIR)
def name_topics(user: Person, commission: Commission) -> Claims:
    """The list of a commission's topics: its chair."""
    yield user.holds(Role.CHAIR, commission_id=commission.id), ONLY_THE_CHAIR


@policy(Role.CHAIR)
def name_topic(user: Person, topic: Topic) -> Claims:
    """One topic of a commission: its chair."""
    yield user.holds(Role.CHAIR, commission_id=topic.commission_id), ONLY_THE_CHAIR


@policy("whoever is invited")
def answer_seat(user: Person, seat: PanelSeat) -> Claims:
    """Accepting or declining a seat: the person who was invited."""
    yield user.id == seat.person_id, N_("Only the person who was invited may answer.")


@policy(Role.REVIEWER)
def say_expertise(user: Person, _: object) -> Claims:
    """What one knows and when one is away: reviewers, each for themselves."""
    yield Role.REVIEWER in user.roles, N_("Only reviewers say what they know.")


@policy(Role.REVIEWER)
def own_absence(user: Person, absence: Absence) -> Claims:
    """Days on which one is away: the reviewer."""
    yield user.id == absence.person_id, N_("These days are somebody else’s.")


@policy(Role.REVIEWER)
def bid(user: Person, sitting: Sitting) -> Claims:
    """Saying which applications one would take: whoever sits in the commission, while it reviews."""
    board, seat = sitting.board, sitting.seat
    yield (
        user.holds(Role.REVIEWER, commission_id=board.commission.id),
        N_("You are not a reviewer of this commission."),
    )
    yield (
        seat is None or seat.state == SeatState.ACCEPTED,
        N_("You do not sit in this call. Accept your invitation first."),
    )
    yield seat is None or not seat.is_over, N_("Your seat in this call has ended.")
    yield (
        board.call.state in UNDER_WAY,
        N_("Bids are taken from the closing of the call until its decision."),
    )
