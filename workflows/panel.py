"""A seat in a commission for one call: offered, accepted or declined, withdrawn; silence ends an offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.core.policy import clock_only
from grants.core.types import Money, new_id, sort_key
from grants.people import queries as people
from grants.people.models import Appointment, Person, Role
from grants.reviews import panel_policy as policy
from grants.reviews.panel_models import LEFT, SEAT_LABELS, PanelSeat, SeatState
from grants.reviews.panel_queries import whole_seats
from grants.reviews.queries import Chaired
from workflows import panel_mails as mails
from workflows.account import let_in
from workflows.machine import Lifecycle, Move
from workflows.outbox import promise
from workflows.schedule import every_tick

S = SeatState
MOST_AN_HOUR = 40  # invitations sent by one person
NO_LONGER = N_("This invitation no longer counts: it was withdrawn or renewed, or its date is past.")

lifecycle = Lifecycle(
    "seat",
    SEAT_LABELS,
    [
        Move("accept_seat", frozenset({S.INVITED}), S.ACCEPTED, policy.answer_seat, N_("Accept the seat")),
        Move(
            "decline_seat", frozenset({S.INVITED, S.ACCEPTED}), S.DECLINED, policy.answer_seat, N_("Decline the seat")
        ),
        Move("fall_silent", frozenset({S.INVITED}), S.SILENT, clock_only, N_("The date for the answer passes")),
        Move(
            "withdraw_seat",
            frozenset({S.INVITED, S.SILENT, S.ACCEPTED}),
            S.WITHDRAWN,
            policy.lead_seat,
            N_("Withdraw the seat"),
        ),
        Move("invite_again", frozenset({*LEFT, S.WITHDRAWN}), S.INVITED, policy.lead_seat, N_("Invite again")),
    ],
)


@dataclass(frozen=True)
class Terms:
    """What is offered: reviews in the call at least and at most, first and last day, and days left for the answer."""

    least: int | None = None
    most: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    days: int = 7


def invite_member(
    board: Chaired, name: str, email: str, terms: Terms, *, actor: Person, in_place_of: PanelSeat | None = None
) -> PanelSeat:
    """Offer a seat by mail to whoever has this address, known to us or not. Twice, by one chair or two, is once.

    Raises Forbidden once the call is decided, Refused for somebody who sits already or has no open account, when
    another was invited in the same place, or when too many were sent lately.
    """
    with transaction():
        policy.make_panel.require(actor, board)
        person = _whoever(name, email, actor)
        made = _offered(board, person, terms, actor, in_place_of)
        if made is None:
            return _known(board, person, terms, actor)
        seat = _whole(made)
        record("seat.invite", seat, actor, after={"person": str(person.id)})
        _send(seat)
        return seat


def replace_member(seat: PanelSeat, person: Person, *, actor: Person) -> PanelSeat:
    """Offer the seat of somebody who declined or fell silent to another, on the same terms."""
    with transaction():
        lock(seat, "state")
        if seat.state not in LEFT:
            raise WrongState(N_("Nobody has to be found in the place of %(name)s.", name=seat.person.name))
        board = Chaired(seat.call, seat.commission, Money(0, seat.call.currency))  # nothing here spends
        terms = Terms(seat.least, seat.most, seat.starts_on, seat.ends_on)
        return invite_member(board, person.name, person.email, terms, actor=actor, in_place_of=seat)


def _whoever(name: str, email: str, actor: Person) -> Person:
    """The person at this address, made when we know nobody: without a password, until they accept."""
    email = email.strip().lower()
    values = {"email": email, "name": name.strip(), "sort_key": sort_key(name), "locale": actor.locale}
    made = insert(Person).values(**values).on_conflict_do_nothing(index_elements=["email"]).returning(Person.id)
    new = db.session.execute(made).first() is not None
    person = people.by_email(email)
    assert person is not None  # noqa: S101 - it was just made, or was there
    if person.disabled_at is not None:
        raise Refused(N_("The account of %(name)s is closed.", name=person.name))
    if new:
        record("person.invite", person, actor)
    return person


def _offered(board: Chaired, person: Person, terms: Terms, actor: Person, in_place_of: PanelSeat | None) -> UUID | None:
    """The id of the new seat; None when this person has one already. Of two at once the second waits for the first."""
    _spare(actor)
    row = insert(PanelSeat).values(
        call_id=board.call.id,
        commission_id=board.commission.id,
        person_id=person.id,
        in_place_of_id=in_place_of and in_place_of.id,
        **_offer(terms, actor),
    )
    made: UUID | None = db.session.scalar(row.on_conflict_do_nothing().returning(PanelSeat.id))
    return made


def _offer(terms: Terms, actor: Person) -> Mapping[str, Any]:
    return {
        "least": terms.least,
        "most": terms.most,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "invited_by_id": actor.id,
        "invited_at": now(),
        "answer_by": now() + timedelta(days=terms.days),
        "link_id": new_id(),
    }


def _known(board: Chaired, person: Person, terms: Terms, actor: Person) -> PanelSeat:
    """The seat this person has already: offered anew where the last offer ended."""
    theirs = select(PanelSeat.id).where(
        PanelSeat.call_id == board.call.id,
        PanelSeat.commission_id == board.commission.id,
        PanelSeat.person_id == person.id,
    )
    id = db.session.scalar(theirs)
    if id is None:
        raise Refused(N_("Somebody else has been invited in this place meanwhile."))
    seat = _whole(id)
    lock(seat, "state")
    if seat.state == S.ACCEPTED:
        raise Refused(N_("%(name)s sits in this panel already.", name=person.name))
    if seat.state != S.INVITED:
        _again(seat, terms, actor)
    return seat


def invite_again(seat: PanelSeat, *, actor: Person) -> None:
    """Offer a seat anew on the same terms; the links of the older letter stop working."""
    with transaction():
        lock(seat, "state")
        if seat.state == S.INVITED:
            policy.lead_seat.require(actor, seat)
            return
        _spare(actor)
        _again(seat, Terms(seat.least, seat.most, seat.starts_on, seat.ends_on), actor)


def _again(seat: PanelSeat, terms: Terms, actor: Person) -> None:
    fresh = {**_offer(terms, actor), "answered_at": None, "reason": None}
    if lifecycle.fire("invite_again", seat, actor, set=fresh):
        _send(seat)


def _send(seat: PanelSeat) -> None:
    promise(mails.offer_seat, seat, seat.person_id, slot=str(seat.link_id))


def _spare(actor: Person) -> None:
    """Raises Refused when this person has sent too many lately."""
    recent = select(func.count(PanelSeat.id)).where(
        PanelSeat.invited_by_id == actor.id, PanelSeat.invited_at > now() - timedelta(hours=1)
    )
    if (db.session.scalar(recent) or 0) >= MOST_AN_HOUR:
        raise Refused(N_("Too many invitations were sent lately."), N_("Wait an hour, then try again."))


def remind_member(seat: PanelSeat, *, actor: Person) -> None:
    """Send the invitation once more; at most once a day."""
    with transaction():
        policy.lead_seat.require(actor, seat)
        lock(seat, "state")
        if seat.state != S.INVITED:
            raise WrongState(N_("%(name)s has answered, or is not expected to any more.", name=seat.person.name))
        promise(mails.offer_seat_again, seat, seat.person_id, slot=f"{seat.link_id} {now():%Y-%m-%d}")


def withdraw_seat(seat: PanelSeat, *, actor: Person) -> None:
    """Take an offer or a seat back: another may be invited in the same place. Reviews already asked of its holder stay
    theirs until the chair moves them.
    """
    with transaction():
        lock(seat, "state")
        told = seat.state in {S.INVITED, S.ACCEPTED}
        if lifecycle.fire("withdraw_seat", seat, actor, set={"in_place_of_id": None}) and told:
            promise(mails.tell_seat_withdrawn, seat, seat.person_id, slot=str(seat.link_id))


# --- the answer -----------------------------------------------------------------------------------------------


def accept_seat(seat: PanelSeat, *, actor: Person, link_id: UUID | None = None) -> None:
    """The person takes the seat, and with it the role of reviewer in the commission. Pressed twice, it is once.

    `link_id`: the letter's own link says who answers. Raises WrongState when the offer no longer stands.
    """
    with transaction():
        _must_stand(seat, link_id)
        if lifecycle.fire("accept_seat", seat, actor, set={"answered_at": now()}):
            _appoint(seat)
            promise(
                mails.tell_seat_answered,
                seat,
                seat.invited_by_id,
                slot=f"{seat.link_id} {seat.state}",
                state=seat.state,
            )
            let_in(seat.person)


def decline_seat(seat: PanelSeat, reason: str, *, actor: Person, link_id: UUID | None = None) -> None:
    """The person does not take the seat, or gives it back; whoever invited is told, with a substitute to ask."""
    with transaction():
        _must_stand(seat, link_id)
        if link_id is not None and seat.state == S.ACCEPTED:
            raise WrongState(N_("You have accepted this seat. Sign in to give it back."))
        said = {"answered_at": now(), "reason": reason.strip() or None}
        if lifecycle.fire("decline_seat", seat, actor, reason=reason.strip() or None, set=said):
            promise(
                mails.tell_seat_answered,
                seat,
                seat.invited_by_id,
                slot=f"{seat.link_id} {seat.state}",
                state=seat.state,
            )


def _must_stand(seat: PanelSeat, link_id: UUID | None) -> None:
    lock(seat, "state", "link_id", "answer_by")
    renewed = link_id is not None and seat.link_id != link_id
    if renewed or (seat.state == S.INVITED and seat.answer_by <= now()) or seat.state in {S.SILENT, S.WITHDRAWN}:
        raise WrongState(NO_LONGER)


def _appoint(seat: PanelSeat) -> None:
    """Whoever sits holds the role of reviewer in the commission."""
    role = {"person_id": seat.person_id, "role": Role.REVIEWER, "commission_id": seat.commission_id}
    place = {"cluster_id": seat.call.fund.cluster_id, "appointed_by_id": seat.invited_by_id}
    made = insert(Appointment).values(**role, **place).on_conflict_do_nothing().returning(Appointment.id)
    if db.session.execute(made).first() is not None:
        db.session.expire(seat.person, ["appointments"])
        said = {"role": Role.REVIEWER, "commission_id": str(seat.commission_id)}
        record("person.appoint", seat.person, seat.invited_by, after=said)


@every_tick
def end_unanswered() -> None:
    """Offers whose date is past: the person fell silent, and whoever invited is told."""
    with transaction():
        late = whole_seats().where(PanelSeat.state == S.INVITED, PanelSeat.answer_by <= now())
        for seat in db.session.scalars(late.with_for_update(of=PanelSeat, skip_locked=True)):
            if lifecycle.fire("fall_silent", seat, None):
                slot = f"{seat.link_id} {seat.state}"
                promise(mails.tell_seat_answered, seat, seat.invited_by_id, slot=slot, state=seat.state)


def _whole(id: UUID) -> PanelSeat:
    return db.session.scalars(whole_seats().where(PanelSeat.id == id)).one()
