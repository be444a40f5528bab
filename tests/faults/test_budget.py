"""Many hands in one budget at once: one plan is kept whole, and the others are told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

from flask import Flask

from grants.applications import queries, service
from grants.applications.plan import Plan
from grants.core.db import db
from grants.core.errors import LostUpdate
from grants.people.models import Person
from tests.applications.budget_ground import LINES, budget_ground, budgeted, mad

HANDS = 6


def write(app: Flask, person_id: UUID, application_id: UUID, n: int, seen: int | None) -> str:
    """One request: load, replace the lines with n of one's own; how it ended."""
    with app.app_context():
        try:
            person = db.session.get_one(Person, person_id)
            application = queries.own_application(person, application_id)
            mine = tuple(replace(LINES[0], label=f"Hand {n}", net=mad(1_000 * (n + 1))) for _ in range(n + 1))
            service.revise(application, replace(Plan.of(application), lines=mine), seen=seen, actor=person)
            return "kept"
        except LostUpdate:
            return "told"
        finally:
            db.session.remove()


def kept(lead: UUID, application: UUID) -> tuple[Plan, int | None]:
    db.session.rollback()
    whole = queries.own_application(db.session.get_one(Person, lead), application)
    return Plan.of(whole), whole.cost_minor


def test_of_many_who_saw_the_same_one_is_kept(own_app: Flask) -> None:
    application = budgeted(budget_ground())
    lead, id, seen = application.lead_id, application.id, Plan.of(application).version
    db.session.commit()
    with ThreadPoolExecutor(HANDS) as pool:
        ended = list(pool.map(lambda n: write(own_app, lead, id, n, seen), range(HANDS)))
    assert sorted(ended) == ["kept"] + ["told"] * (HANDS - 1)
    plan, cost = kept(lead, id)
    n = ended.index("kept")
    assert [one.label for one in plan.lines] == [f"Hand {n}"] * (n + 1)
    assert cost == sum(one.net.minor for one in plan.lines if one.net)


def test_whoever_insists_leaves_a_whole_budget_all_the_same(own_app: Flask) -> None:
    application = budgeted(budget_ground())
    lead, id = application.lead_id, application.id
    db.session.commit()
    with ThreadPoolExecutor(HANDS) as pool:
        ended = list(pool.map(lambda n: write(own_app, lead, id, n, None), range(HANDS)))
    assert ended == ["kept"] * HANDS
    plan, cost = kept(lead, id)
    assert len({one.label for one in plan.lines}) == 1, "lines of two hands never mix"
    assert cost == sum(one.net.minor for one in plan.lines if one.net)
