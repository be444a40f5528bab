"""Several presses at once, on several connections: one question, one answer, one letter to each."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.calls import queries as calls
from grants.calls import question_queries as questions
from grants.calls.models import CallQuestion
from grants.core.db import db
from grants.core.errors import LostUpdate
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.messages.models import Promise
from grants.people.models import Person, Role
from tests.factories import CallFactory, PersonFactory, with_role
from workflows import question as workflow

CONNECTIONS = 6


@pytest.fixture
def scene(own_app: Flask) -> tuple[UUID, UUID, list[UUID]]:
    """A call, somebody who asks, two officers: their ids, committed."""
    call = CallFactory()
    asker = PersonFactory()
    officers = [with_role(Role.OFFICER, fund=call.fund) for _ in range(2)]
    found = call.id, asker.id, [one.id for one in officers]
    db.session.commit()
    return found


def race(app: Flask, acts: list[Callable[[], Any]]) -> Counter[str]:
    """All start together; how they ended, by name."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        with app.app_context():
            db.session.connection()
            start.wait()
            try:
                act()
            except LostUpdate:
                return "told so"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def test_one_question_however_often_it_is_pressed(own_app, scene):
    call_id, asker_id, _ = scene
    key = new_id()

    def press():
        asker = db.session.get_one(Person, asker_id)
        workflow.ask(calls.call(asker, call_id), "Pourquoi ?", "fr", actor=asker, id=key)

    assert race(own_app, [press] * CONNECTIONS) == {"done": CONNECTIONS}
    assert db.session.scalar(select(func.count()).select_from(CallQuestion)) == 1


def test_no_more_questions_than_allowed_however_fast(own_app, scene):
    call_id, asker_id, _ = scene

    def press():
        asker = db.session.get_one(Person, asker_id)
        call = calls.call(asker, call_id)
        try:
            workflow.ask(call, "Pourquoi ?", "fr", actor=asker)
        except workflow.TooMany:
            raise LostUpdate(workflow.TooMany.title) from None

    assert race(own_app, [press] * (workflow.MOST_WAITING + 2)) == {"done": workflow.MOST_WAITING, "told so": 2}


def test_two_officers_at_once_publish_one_answer(own_app, scene):
    call_id, asker_id, officers = scene
    asker = db.session.get_one(Person, asker_id)
    question_id = workflow.ask(calls.call(asker, call_id), "Pourquoi ?", "fr", actor=asker).id
    db.session.commit()

    def publish(officer_id: UUID, answer: str) -> Callable[[], None]:
        def press() -> None:
            officer = db.session.get_one(Person, officer_id)
            question = questions.question(officer, question_id)
            workflow.publish_answer(question, Words(fr="Pourquoi ?"), Words(fr=answer), 1, actor=officer)

        return press

    acts = [publish(officers[0], "Oui."), publish(officers[0], "Oui."), publish(officers[1], "Non.")]
    ended = race(own_app, acts)
    assert ended in ({"done": 2, "told so": 1}, {"done": 1, "told so": 2})
    kept = db.session.get_one(CallQuestion, question_id)
    assert kept.corrected_at is None and kept.version == 2
    letters = select(func.count()).select_from(Promise).where(Promise.kind == workflow.tell_answer.kind)
    assert db.session.scalar(letters) == 1
