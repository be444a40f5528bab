"""What is written about a seat in a commission: the offer, its reminder, the answer to whoever invited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.panel_models import PanelSeat, SeatState
from grants.reviews.panel_queries import chairs_panel, whole_seats
from grants.reviews.queries import Chaired
from workflows.invitation import signed
from workflows.letters import Letter, address, letter
from workflows.outbox import Due

ANSWERED: dict[str, Text] = {
    SeatState.ACCEPTED: N_("%(name)s accepts the seat in the commission “%(commission)s”."),
    SeatState.DECLINED: N_("%(name)s declines the seat in the commission “%(commission)s”."),
    SeatState.SILENT: N_("%(name)s has not answered in time about the seat in the commission “%(commission)s”."),
}


@letter
def offer_seat(due: Due) -> Letter | None:
    """`promise(offer_seat, seat, person, slot=link)`: the links are made here, kept nowhere; older ones fall silent."""
    seat = _standing(due)
    if seat is None or str(seat.link_id) != due.slot:
        return None
    return _offer(
        seat,
        N_("A seat in the commission “%(commission)s”", commission=seat.commission.name),
        N_(
            "%(chair)s asks you to sit in the commission “%(commission)s” for the call “%(call)s”.",
            chair=seat.invited_by.name,
            commission=seat.commission.name,
            call=seat.call.title,
        ),
    )


@letter
def offer_seat_again(due: Due) -> Letter | None:
    """The same letter, because the chair asks for an answer; nothing once there is one."""
    seat = _standing(due)
    if seat is None or not due.slot.startswith(str(seat.link_id)):
        return None
    return _reminder(seat)


def _standing(due: Due) -> PanelSeat | None:
    """The seat, while its offer waits for an answer."""
    seat = _whole(due)
    return seat if seat and seat.state == SeatState.INVITED and seat.answer_by > now() else None


def _reminder(seat: PanelSeat) -> Letter:
    return _offer(
        seat,
        N_("Your answer is awaited: a seat in “%(commission)s”", commission=seat.commission.name),
        N_(
            "%(chair)s waits for your answer about a seat in the commission “%(commission)s” for the call “%(call)s”.",
            chair=seat.invited_by.name,
            commission=seat.commission.name,
            call=seat.call.title,
        ),
    )


def _offer(seat: PanelSeat, subject: Text, first: Text) -> Letter:
    zone, token = seat.call.fund.cluster.zone, signed(seat.link_id)
    facts: list[tuple[Text, Any]] = []
    if seat.most is not None:
        facts.append((N_("Your reviews"), N_n("%(n)s at most", "%(n)s at most", seat.most)))
    if seat.call.reviews_due_at:
        facts.append((N_("Reviews due"), seat.call.reviews_due_at.astimezone(zone)))
    facts += [
        (label, day) for label, day in ((N_("Sits from"), seat.starts_on), (N_("Sits until"), seat.ends_on)) if day
    ]
    return Letter(
        to=seat.person,
        subject=subject,
        paragraphs=[
            first,
            N_(
                "Members declare their conflicts of interest, read the applications given to them and mark each by the"
                " rubric of the call."
            ),
        ],
        facts=facts,
        action=(N_("Accept"), address("account.take_seat", token=token)),
        otherwise=(N_("Decline"), address("account.refuse_seat", token=token)),
        afterwards=[
            N_("Please answer by %(when)s. One press on the page that opens is enough.",
               when=seat.answer_by.astimezone(zone)),
        ],
        cluster=seat.call.fund.cluster,
    )  # fmt: skip


@letter
def tell_seat_answered(due: Due) -> Letter | None:
    """To whoever invited: the answer, or that there is none, and whom to ask instead; nothing when it has moved on."""
    seat = _whole(due)
    if seat is None or seat.state != due.args["state"] or not due.slot.startswith(str(seat.link_id)):
        return None
    facts: list[tuple[Text, Any]] = [(N_("Call"), seat.call.title)]
    if seat.reason:
        facts.append((N_("Reason"), seat.reason))
    instead = _instead(seat)
    if instead is not None:
        facts.append((N_("Proposed instead"), instead.name))
    answer = ANSWERED[seat.state]
    names = {"name": seat.person.name, "commission": seat.commission.name}
    return Letter(
        to=seat.invited_by,
        subject=N_("Panel: the answer of %(name)s", name=seat.person.name)
        if seat.state != SeatState.SILENT
        else N_("Panel: no answer from %(name)s", name=seat.person.name),
        paragraphs=[Text(answer.id, names)],
        facts=facts,
        action=(
            N_("Open the panel"),
            address("reviewer.panel", call_id=seat.call_id, commission_id=seat.commission_id),
        ),
        cluster=seat.call.fund.cluster,
    )


def _instead(seat: PanelSeat) -> Person | None:
    """Whom the chair's page proposes in this place now."""
    board = Chaired(seat.call, seat.commission, Money(0, seat.call.currency))
    lines = chairs_panel(seat.invited_by, board).proposals
    return next((one.substitute.person for one in lines if one.substitute and one.one.seat is seat), None)


@letter
def tell_seat_withdrawn(due: Due) -> Letter | None:
    """To whoever held or was offered the seat."""
    seat = _whole(due)
    if seat is None or seat.state != SeatState.WITHDRAWN or str(seat.link_id) != due.slot:
        return None
    return Letter(
        to=seat.person,
        subject=N_("The commission “%(commission)s” no longer needs you", commission=seat.commission.name),
        paragraphs=[
            N_(
                "The chair has withdrawn your seat for the call “%(call)s”. Nothing needs to be done. Thank you for"
                " your availability.",
                call=seat.call.title,
            )
        ],
        cluster=seat.call.fund.cluster,
    )


# --- a reminder: promised by workflows.reminders --------------------------------------------------------------


def seats_unanswered() -> Select[UUID, UUID, datetime | None, datetime]:
    """An offer that waits for its answer, counted from the day it was sent."""
    return (
        select(
            PanelSeat.id.label("subject_id"),
            PanelSeat.person_id.label("recipient_id"),
            PanelSeat.invited_at.label("at"),
            PanelSeat.invited_at.label("since"),
        )
        .join(Person, Person.id == PanelSeat.person_id)
        .where(PanelSeat.state == SeatState.INVITED, PanelSeat.answer_by > now(), Person.disabled_at.is_(None))
    )


def write_seat_unanswered(due: Due) -> Letter | None:
    seat = _whole(due)
    return _reminder(seat) if seat is not None else None


def _whole(due: Due) -> PanelSeat | None:
    return db.session.scalars(whole_seats().where(PanelSeat.id == due.subject_id)).one_or_none()
