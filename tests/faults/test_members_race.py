"""Owners of one organisation act at the same moment: it always keeps an owner, an invitation is used once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from grants.core.db import db
from grants.core.errors import Problem
from grants.people import members, queries
from grants.people.models import Invitation, Membership, Person, Right
from tests.factories import MembershipFactory, OrganisationFactory
from workflows import invitation as workflow
from workflows.invitation import Asked


def race(app: Flask, acts: list[Callable[[], object]]) -> Counter[str]:
    """All at once, each on a connection of its own; how they ended, by name."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        with app.app_context():
            db.session.connection()
            start.wait()
            try:
                act()
            except Problem as problem:
                return type(problem).__name__
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def owners(organisation_id: object) -> int:
    db.session.rollback()
    held = select(func.count(Membership.id)).where(
        Membership.organisation_id == organisation_id, Membership.right == Right.OWNER
    )
    return db.session.scalar(held) or 0


def two_owners() -> tuple[object, list[object], list[object]]:
    organisation = OrganisationFactory()
    rows = [MembershipFactory(organisation=organisation) for _ in range(2)]
    found = organisation.id, [one.person_id for one in rows], [one.id for one in rows]
    db.session.commit()
    return found


def somebody(id: object) -> Person:
    return db.session.get_one(Person, id)


def test_two_owners_lower_each_other(own_app: Flask) -> None:
    for _ in range(5):
        organisation_id, people, rows = two_owners()

        def lower(mine: int, rows=rows, people=people) -> Callable[[], object]:
            def act() -> None:
                actor = somebody(people[mine])
                members.change_right(queries.membership(actor, rows[1 - mine]), Right.READER, actor=actor)

            return act

        assert race(own_app, [lower(0), lower(1)]) == {"done": 1, "Forbidden": 1}
        assert owners(organisation_id) == 1


def test_two_owners_leave_or_lower_themselves(own_app: Flask) -> None:
    organisation_id, people, rows = two_owners()

    def leave() -> None:
        actor = somebody(people[0])
        members.leave(queries.organisation(actor, organisation_id), actor=actor)

    def lower() -> None:
        actor = somebody(people[1])
        members.change_right(queries.membership(actor, rows[1]), Right.EDITOR, actor=actor)

    ended = race(own_app, [leave, lower])
    assert ended["done"] == 1 and sum(ended.values()) == 2
    assert owners(organisation_id) == 1


def test_a_newcomer_presses_twice(own_app: Flask) -> None:
    organisation_id, people, _ = two_owners()
    actor = somebody(people[0])
    organisation = queries.organisation(actor, organisation_id)
    invitation_id = workflow.invite_member(organisation, Asked("S", "s@example.org", Right.EDITOR), actor=actor).id
    db.session.commit()

    def join() -> None:
        members.join_anew(queries.invited(invitation_id), "S", "une phrase longue et rare", "fr")

    ended = race(own_app, [join] * 3)
    assert ended["done"] == 1 and sum(ended.values()) == 3
    db.session.rollback()
    person = queries.by_email("s@example.org")
    assert [one.right for one in queries.memberships_of(person)] == [Right.EDITOR]


def test_invited_twice_at_once(own_app: Flask) -> None:
    organisation_id, people, _ = two_owners()

    def invite(who: int) -> Callable[[], object]:
        def act() -> None:
            actor = somebody(people[who])
            organisation = queries.organisation(actor, organisation_id)
            workflow.invite_member(organisation, Asked("S", "s@example.org", Right.EDITOR), actor=actor)

        return act

    assert race(own_app, [invite(0), invite(1)]) == {"done": 2}
    db.session.rollback()
    assert db.session.scalar(select(func.count(Invitation.id))) == 1
