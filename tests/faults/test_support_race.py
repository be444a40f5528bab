"""Colleagues who ask for the last training seats at once: never more than the agreement gives."""

from collections.abc import Callable

from flask import Flask

from grants.awards import milestone_queries as queries
from grants.awards import queries as awards
from grants.core.db import db
from grants.people.models import Person
from tests.awards.test_milestones import SEATS, planned, signed
from tests.faults.test_members_race import race
from tests.story import set_stage
from workflows import in_kind


def test_the_last_seats_are_given_once(own_app: Flask) -> None:
    stage = set_stage()
    agreement = signed(stage, planned(stage, supports=SEATS))
    owner_id, support_id = stage.owner().id, agreement.supports[0].id
    db.session.commit()

    def ask(quantity: int) -> Callable[[], object]:
        def run() -> object:
            owner = db.session.get_one(Person, owner_id)
            return in_kind.ask_support(queries.support(owner, support_id), quantity, "", actor=owner)

        return run

    assert race(own_app, [ask(6), ask(6), ask(6), ask(6)])["done"] == 1
    db.session.rollback()
    owner = db.session.get_one(Person, owner_id)
    found = queries.support(owner, support_id)
    assert (found.taken, found.left) == (6, 4)
    assert awards.agreement(owner, found.agreement_id).supports[0].left == 4
