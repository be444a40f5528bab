"""Two clicks, and two people, on one seat at the same moment."""

from flask import Flask
from sqlalchemy import func, select

from grants.core.audit import Event
from grants.core.db import db
from grants.messages.models import Promise
from grants.people.models import Appointment, Person, Role
from grants.reviews import panel_queries as reads
from grants.reviews.panel_models import PanelSeat, SeatState
from tests.factories import CommissionFactory, with_role
from tests.faults.test_members_race import race
from tests.story import set_stage
from workflows import panel as workflow
from workflows.panel import Terms


def count(model, *where) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def scene() -> tuple[object, object, object, object]:
    """Ids of two chairs, the call and the commission; committed."""
    stage = set_stage()
    second = with_role(Role.CHAIR, commission=stage.commission)
    found = stage.chair.id, second.id, stage.call.id, stage.commission.id
    db.session.commit()
    return found


def met(id: object) -> Person:
    return db.session.get_one(Person, id)


def offered(chair_id: object, call_id: object, commission_id: object) -> object:
    board = reads.panel_of(met(chair_id), call_id, commission_id)
    made = workflow.invite_member(board, "N", "n@example.org", Terms(), actor=met(chair_id)).id
    db.session.remove()
    return made


def seat(id: object) -> PanelSeat:
    return db.session.scalars(reads.whole_seats().where(PanelSeat.id == id)).one()


def test_two_chairs_invite_the_same_person(own_app: Flask) -> None:
    first, second, call_id, commission_id = scene()
    db.session.remove()

    def invite(chair_id: object) -> None:
        board = reads.panel_of(met(chair_id), call_id, commission_id)
        workflow.invite_member(board, "N", "n@example.org", Terms(), actor=met(chair_id))

    acts = [lambda one=one: invite(one) for one in (first, second) * 4]
    assert race(own_app, acts) == {"done": 8}
    assert count(PanelSeat) == 1
    assert count(Person, Person.email == "n@example.org") == 1
    assert count(Promise, Promise.kind == "offer_seat") == 1
    assert count(Event, Event.name == "seat.invite") == 1


def test_eight_presses_accept_once(own_app: Flask) -> None:
    first, _, call_id, commission_id = scene()
    id = offered(first, call_id, commission_id)

    def accept() -> None:
        found = seat(id)
        workflow.accept_seat(found, actor=found.person, link_id=found.link_id)

    assert race(own_app, [accept] * 8) == {"done": 8}
    assert count(Event, Event.name == "seat.accept_seat") == 1
    assert count(Promise, Promise.kind == "tell_seat_answered") == 1
    assert count(Appointment, Appointment.person_id == seat(id).person_id) == 1


def test_accepted_while_withdrawn(own_app: Flask) -> None:
    """Withdrawn in the end, accepted before or never."""
    for _ in range(3):
        first, _, call_id, commission_id = scene()
        id = offered(first, call_id, commission_id)

        def accept(id: object = id) -> None:
            found = seat(id)
            workflow.accept_seat(found, actor=found.person, link_id=found.link_id)

        def withdraw(id: object = id, first: object = first) -> None:
            workflow.withdraw_seat(reads.led_seat(met(first), id), actor=met(first))

        race(own_app, [accept, withdraw])
        db.session.rollback()
        assert seat(id).state == SeatState.WITHDRAWN
        accepted = count(Event, Event.subject_id == id, Event.name == "seat.accept_seat")
        theirs = Appointment.person_id == seat(id).person_id, Appointment.commission_id == commission_id
        assert count(Appointment, *theirs) == accepted
        with db.session.no_autoflush:
            db.session.remove()


def test_two_substitutes_for_one_place(own_app: Flask) -> None:
    first, second, call_id, commission_id = scene()
    cluster = reads.panel_of(met(first), call_id, commission_id).call.fund.cluster
    near = [with_role(Role.REVIEWER, commission=CommissionFactory(cluster=cluster)).id for _ in range(2)]
    db.session.commit()
    id = offered(first, call_id, commission_id)
    found = seat(id)
    workflow.decline_seat(found, "", actor=found.person)
    db.session.remove()

    def replace(chair_id: object, person_id: object) -> None:
        workflow.replace_member(*reads.replacement_for(met(chair_id), id, person_id), actor=met(chair_id))

    pairs = zip((first, second) * 2, near * 2, strict=True)
    race(own_app, [lambda pair=pair: replace(*pair) for pair in pairs])
    assert count(PanelSeat, PanelSeat.in_place_of_id == id) == 1
