"""Two chairs, two tabs, somebody who leaves while a vote is closed: one comes first, and the log says which."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from grants.awards.models import Decision
from grants.core.db import db
from grants.people.models import Person, Role
from grants.sessions import queries
from grants.sessions.models import Attendance, Ballot, Choice, Entry, Happening, Item, ItemState, Minutes, Vote
from tests.factories import with_role
from tests.faults.test_members_race import race
from tests.sessions.ground import Ground, ground
from workflows import agenda, session


def act(who: Any, verb: Callable[..., object], of: Callable[[Person], Any], *args: Any) -> Callable[[], object]:
    """The verb by this person, who and what it is done to read anew in a transaction of its own."""

    def run() -> object:
        actor = db.session.get_one(Person, who)
        return verb(of(actor), *args, actor=actor)

    return run


def count(model: Any, *where: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def ready(sitting: int = 2) -> tuple[Ground, list[Any], list[Any]]:
    """A session that is open and committed; the ids of who sits, and of its items."""
    at = ground()
    second = with_role(Role.CHAIR, commission=at.stage.commission)
    at.open(sitting=sitting)
    session.enter(at.session(second), second, actor=second)
    people = [at.chair.id, second.id, *(one.id for one in at.members)]
    items = [at.item(n).id for n in range(3)]
    db.session.commit()
    return at, people, items


def item_of(id: Any) -> Callable[[Person], Item]:
    return lambda person: queries.item(person, id)


def test_two_chairs_bring_up_two_files_and_one_is_up(own_app: Flask) -> None:
    _, people, items = ready()
    acts = [act(people[n], agenda.open_item, item_of(items[n])) for n in range(2)]
    assert race(own_app, acts) == {"done": 1, "Refused": 1}
    assert count(Item, Item.state == ItemState.OPEN) == 1


def test_two_chairs_write_two_marks_from_the_same_screen_and_the_second_is_told(own_app: Flask) -> None:
    at, people, items = ready()
    agenda.open_item(at.item(0), actor=at.chair)
    version = at.item(0).version
    db.session.commit()

    def write(n: int) -> Callable[[], object]:
        def run() -> object:
            actor = db.session.get_one(Person, people[n])
            found = queries.item(actor, items[0])
            return agenda.keep_consensus(found, 8_000 + n, "Motif", "", version=version, actor=actor)

        return run

    assert race(own_app, [write(0), write(1)]) == {"done": 1, "LostUpdate": 1}
    assert count(Entry, Entry.kind == Happening.CONSENSUS) == 1


def test_six_presses_are_one_voice(own_app: Flask) -> None:
    at, people, items = ready()
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    db.session.commit()
    presses = [act(people[0], agenda.cast, item_of(items[0]), Choice.FOR) for _ in range(3)]
    presses += [act(people[0], agenda.cast, item_of(items[0]), Choice.AGAINST) for _ in range(3)]
    assert race(own_app, presses) == {"done": 6}
    assert count(Ballot) == 1
    vote = db.session.scalars(select(Vote)).one()
    assert vote.in_favour + vote.against == 1


def test_a_vote_closed_while_somebody_leaves_had_its_quorum_or_does_not_close(own_app: Flask) -> None:
    at, people, items = ready(sitting=1)  # five members, three sit, three are needed
    member = people[2]
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0), Choice.FOR, actor=at.chair)
    db.session.commit()
    closing = act(people[0], agenda.close_vote, item_of(items[0]))

    def go() -> object:
        person = db.session.get_one(Person, member)
        return session.leave(queries.session(person, at.id), person, actor=person)  # type: ignore[arg-type]

    ended = race(own_app, [closing, go])
    db.session.rollback()
    kinds = list(db.session.scalars(select(Entry.kind).order_by(Entry.number)))
    if ended == {"done": 2}:
        assert kinds.index(Happening.VOTE_CLOSED) < kinds.index(Happening.LEFT)
    else:
        assert ended == {"done": 1, "Refused": 1} and Happening.VOTE_CLOSED not in kinds


def test_entering_at_once_is_entering_once(own_app: Flask) -> None:
    at, people, _ = ready()

    def come() -> object:
        person = db.session.get_one(Person, people[5])
        return session.enter(queries.session(person, at.id), person, actor=person)  # type: ignore[arg-type]

    assert race(own_app, [come] * 4) == {"done": 4}
    assert count(Attendance, Attendance.person_id == people[5]) == 1
    numbers = db.session.scalars(select(Entry.number).order_by(Entry.number)).all()
    assert numbers == list(range(1, len(numbers) + 1))


def test_two_chairs_close_and_one_proposal_leaves(own_app: Flask) -> None:
    at, people, _ = ready()
    at.settle(0, 1, 2)
    db.session.commit()

    def close(n: int) -> Callable[[], object]:
        def run() -> object:
            actor = db.session.get_one(Person, people[n])
            return session.close_session(queries.session(actor, at.id), actor=actor)  # type: ignore[arg-type]

        return run

    assert race(own_app, [close(0), close(1), close(0)])["done"] >= 1
    assert count(Decision) == 3 and count(Minutes) == 1
