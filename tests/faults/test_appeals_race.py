"""Two tabs file the same appeal, two people hear it at once: it is filed once, heard once, told once."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from grants.appeals import queries
from grants.appeals.models import Appeal, AppealState
from grants.applications.models import Application, ApplicationState
from grants.applications.queries import own_application
from grants.core.audit import Event
from grants.core.db import db
from grants.messages.models import Promise
from grants.people.models import Person, Role
from tests.appeals.ground import GROUNDS, Refused, refused
from tests.factories import with_role
from tests.faults.test_members_race import race
from workflows import appeal as workflow


def kept(case: Refused) -> tuple[Any, Any, Any]:
    """The ids of the application, its lead and one more hearer, committed."""
    other = with_role(Role.OFFICER, cluster=case.on.call.fund.cluster)
    found = case.id, case.on.lead.id, other.id
    db.session.commit()
    return found


def press(application_id: Any, person_id: Any, grounds: str = GROUNDS) -> Callable[[], object]:
    def act() -> object:
        lead = db.session.get_one(Person, person_id)
        return workflow.file(own_application(lead, application_id), grounds, actor=lead)

    return act


def hear(verb: Callable[..., object], appeal_id: Any, person_id: Any) -> Callable[[], object]:
    def act() -> object:
        judge = db.session.get_one(Person, person_id)
        return verb(queries.followed(judge, appeal_id), "Parce que.", actor=judge)

    return act


def promised(kind: str) -> int:
    return db.session.scalar(select(func.count(Promise.id)).where(Promise.kind == kind)) or 0


def test_one_appeal_from_six_presses(own_app: Flask) -> None:
    id, lead, _ = kept(refused())
    assert race(own_app, [press(id, lead)] * 6) == {"done": 6}
    assert db.session.scalar(select(func.count(Appeal.id))) == 1
    assert promised("tell_filed") == 1


def test_two_tabs_with_different_words_file_one_and_tell_the_other(own_app: Flask) -> None:
    id, lead, _ = kept(refused())
    assert race(own_app, [press(id, lead), press(id, lead, "Autre chose.")]) == {"done": 1, "WrongState": 1}
    assert db.session.scalar(select(func.count(Appeal.id))) == 1


def test_two_people_at_once_hear_it_once(own_app: Flask) -> None:
    case = refused()
    id, lead, other = kept(case)
    judge = case.judge.id
    appeal_id = press(id, lead)().id  # type: ignore[attr-defined]
    db.session.commit()
    acts = [hear(workflow.uphold_appeal, appeal_id, judge), hear(workflow.dismiss_appeal, appeal_id, other)]
    assert race(own_app, acts) == {"done": 1, "WrongState": 1}
    db.session.rollback()
    outcome = db.session.get_one(Appeal, appeal_id).state
    state = ApplicationState.SUBMITTED if outcome == AppealState.UPHELD else ApplicationState.INADMISSIBLE
    assert db.session.get_one(Application, id).state == state
    heard = select(func.count(Event.id)).where(
        Event.subject_id == appeal_id, Event.name.in_(["appeal.uphold_appeal", "appeal.dismiss_appeal"])
    )
    assert db.session.scalar(heard) == 1 and promised("tell_heard") == 1


def test_withdrawn_while_it_is_heard_one_of_the_two_comes_first(own_app: Flask) -> None:
    case = refused()
    id, lead, _ = kept(case)
    judge = case.judge.id
    appeal_id = press(id, lead)().id  # type: ignore[attr-defined]
    db.session.commit()

    def give_up() -> object:
        person = db.session.get_one(Person, lead)
        return workflow.withdraw_appeal(queries.own(person, appeal_id), actor=person)

    assert race(own_app, [hear(workflow.uphold_appeal, appeal_id, judge), give_up]) == {"done": 1, "WrongState": 1}
