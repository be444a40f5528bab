"""Who is given what of a commission with conflicts of interest: person × application × every read (see truth.py).

What is not in the table is nothing: a new read without a row fails.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.exc import NoResultFound

from grants.core.db import db
from grants.core.errors import Problem
from grants.people.models import Person
from grants.reports.search import ground as search_ground
from grants.reports.search import listing
from grants.reports.search.ground import ground as list_ground
from grants.reports.search.keys import Audience
from grants.reports.search.language import Query
from grants.reviews import (
    bidding,
    conflict_queries,
    conflicts,
    findings,
    notes,
    pages,
    panel_queries,
    panels,
    policy,
    queries,
    statistics,
    together,
    turns,
)
from grants.reviews.assignment import plan
from grants.sessions import minutes_queries, screen
from grants.sessions import policy as session_policy
from grants.sessions import queries as sessions
from grants.sessions.models import Minutes, Session
from tests.web.truth import (
    AGENDA,
    BIDS,
    CHAIRS,
    CONFLICTED,
    DECLARABLE,
    EVERYBODY,
    HOLDS,
    IN_HAND,
    LED,
    MEMBERS,
    OPEN_TO,
    OWN,
    SEEN,
    SITS,
    UNTOUCHED,
    Ground,
    laid,
)


@pytest.fixture
def ground(app) -> Ground:
    return laid()


def reached(ground: Ground, among: dict[str, Any], read: Callable[[Any], Any]) -> set[str]:
    """The names of those among these records that the read gives and does not refuse."""

    def given(one: Any) -> bool:
        try:
            return read(one) is not None
        except (NoResultFound, Problem):
            return False

    return {name for name, one in among.items() if given(one)}


def of_lines(ground: Ground, lines: Any) -> set[str]:
    return ground.called(one.application.id for one in lines)


def ids(ground: Ground, statement: Any) -> set[str]:
    return ground.called(one.id for one in db.session.scalars(statement).unique())


def chaired(ground: Ground, user: Person) -> Any:
    return queries.chaired(user, ground.call.id, ground.commission.id)


def ranked(ground: Ground, user: Person) -> Any:
    """As the pages do: nobody reads a ranking but by the policy."""
    board = chaired(ground, user)
    policy.rank.require(user, board)
    return board


def boards(read: Callable[[Ground, Person], set[str]]) -> Callable[[Ground, Person], set[str]]:
    def asked(ground: Ground, user: Person) -> set[str]:
        try:
            return read(ground, user)
        except (NoResultFound, Problem):
            return set()

    return asked


def every(ground: Ground) -> list[Any]:
    return [one.id for one in ground.files.values()]


def in_list(user: Person, audience: Audience) -> Any:
    return listing.listed(list_ground(user, audience), listing.wanted(Query(), "", "", 1, audience)).rows


Read = Callable[[Ground, Person], set[str]]
READS: dict[str, tuple[Read, dict[str, str]]] = {
    "queries.visible_to": (lambda g, u: ids(g, queries.visible_to(u)), SEEN),
    "queries.review": (lambda g, u: reached(g, g.reviews, lambda one: queries.review(u, one.id)), SEEN),
    "queries.replacement": (
        lambda g, u: reached(g, g.reviews, lambda one: queries.replacement(u, one.id, g.people["after"].id)),
        SEEN,
    ),
    "queries.own_review": (lambda g, u: reached(g, g.reviews, lambda one: queries.own_review(u, one.id)), OWN),
    "queries.worklist": (lambda g, u: g.called(one.id for one in queries.worklist(u)), OWN),
    "queries.in_hand": (lambda g, u: g.called(one.id for one in queries.in_hand(u)), IN_HAND),
    "turns.next_of": (
        lambda g, u: g.called(one.id for one in [turns.next_of(u, queries.worklist(u))] if one),
        {"before": "A0:before", "detected": "A1:detected"},
    ),
    "turns.place_of": (
        lambda g, u: neighbours(g, u),
        {"before": OWN["before"], "after": OWN["after"]},
    ),
    "notes.note_of": (lambda g, u: reached(g, g.reviews, lambda one: notes.note_of(u, one)), OWN),
    "queries.on_file": (
        lambda g, u: g.called(one.id for file in g.files.values() for one in queries.on_file(u, file)),
        SEEN,
    ),
    "queries.led_applications": (lambda g, u: ids(g, queries.led_applications(u)), LED),
    "queries.led_application": (
        lambda g, u: reached(g, g.files, lambda one: queries.led_application(u, one.id)),
        LED,
    ),
    "queries.seats": (
        lambda g, u: {f"{s.applications} files {s.asked} asked {s.submitted} in" for s in queries.seats(u)},
        {"free": "3 files 8 asked 5 in", "torn": "2 files 5 asked 3 in"},
    ),
    "queries.chaired": (boards(lambda g, u: {chaired(g, u).commission.code}), {"free": "K", "torn": "K"}),
    "queries.board": (
        boards(lambda g, u: ranked(g, u) and of_lines(g, queries.board(u, g.call.id, g.commission.id).lines)),
        {"free": "A0 A1 A2"},
    ),
    "queries.whole_board": (
        boards(lambda g, u: of_lines(g, queries.whole_board(u, ranked(g, u)).lines)),
        {"free": "A0 A1 A2"},
    ),
    "queries.lines": (lambda g, u: of_lines(g, queries.lines(u, g.call.id, g.commission.id)), LED),
    "pages.counted": (
        boards(lambda g, u: {f"{pages.counted(u, chaired(g, u)).total}"}),
        {"free": "3", "torn": "2"},
    ),
    "pages.listed": (
        boards(lambda g, u: of_lines(g, pages.listed(u, (b := chaired(g, u)), 1, pages.counted(u, b)).lines)),
        LED,
    ),
    "statistics.statistics": (
        boards(lambda g, u: g.called(one.id for one in statistics.statistics(u, ranked(g, u)).standings)),
        {"free": "A0 A1 A2"},
    ),
    "together.led": (lambda g, u: g.called(one.id for one in together.led(u, every(g))), LED),
    "together.waited_for": (
        lambda g, u: {
            f"{file}:{who(g, wait.person)}"
            for wait in together.waited_for(u, every(g))
            for file in g.called(wait.application_ids)
        },
        {"free": "A0:before A1:before A1:detected", "torn": "A1:before A1:detected"},
    ),
    "ground.ground": (
        lambda g, u: set().union(*(of_lines(g, in_list(u, audience)) for audience in Audience)),
        LED | {"officer": "A0 A1 A2 B0", "committee": "A0 A1 A2 B0"},
    ),
    "conflict_queries.register": (
        boards(
            lambda g, u: {
                f"{next(iter(g.called([row.application.id])))}:{who(g, row.person)}"
                for row in conflict_queries.register(u, chaired(g, u))
            }
        ),
        {"free": "A0:declared A0:detected A0:torn"},
    ),
    "conflict_queries.led_concern": (
        lambda g, u: reached(g, g.files, lambda one: conflict_queries.led_concern(u, one.id, g.people["before"].id)),
        LED,
    ),
    "conflict_queries.unled": (lambda g, u: of_lines(g, conflict_queries.unled(u)), {}),
    "conflict_queries.unled_concern": (
        lambda g, u: reached(g, g.files, lambda one: conflict_queries.unled_concern(u, one.id, g.people["before"].id)),
        {"officer": "A0 A1 A2"},
    ),
    "conflict_queries.declarable": (lambda g, u: ids(g, conflict_queries.declarable(u)), OPEN_TO),
    "conflict_queries.declarables": (
        lambda g, u: g.called(one.id for one in conflict_queries.declarables(u, 1)[0]),
        OPEN_TO,
    ),
    "conflict_queries.own_declarable": (
        lambda g, u: reached(g, g.files, lambda one: conflict_queries.own_declarable(u, one.id)),
        DECLARABLE,
    ),
    "conflict_queries.declared": (
        lambda g, u: g.called(one.application_id for one in conflict_queries.declared(u)),
        {},
    ),
    "bidding.sitting": (boards(lambda g, u: {sitting(g, u).board.commission.code}), SITS),
    "bidding.open_applications": (
        boards(lambda g, u: ids(g, bidding.open_applications(u, sitting(g, u).board))),
        BIDS,
    ),
    "bidding.choices": (
        boards(lambda g, u: of_lines(g, bidding.choices(u, sitting(g, u).board, 1).rows)),
        BIDS,
    ),
    "bidding.places": (
        lambda g, u: {f"{one.said} of {one.total}" for one in bidding.places(u)},
        dict.fromkeys(BIDS, "0 of 1"),
    ),
    "bidding.offered_topics": (
        lambda g, u: {"T" for _, topics in bidding.offered_topics(u) for _ in topics},
        dict.fromkeys((*SITS, "elsewhere"), "T"),
    ),
    "bidding.expertise_of": (lambda g, u: {"E"} if bidding.expertise_of(u) else set(), {}),
    "bidding.own_absence": (
        lambda g, u: reached(g, g.absence, lambda one: bidding.own_absence(u, one.id)),
        {"after": "D"},
    ),
    "panel_queries.panel_of": (
        boards(lambda g, u: {panel_of(g, u).commission.code}),
        CHAIRS,
    ),
    "panel_queries.coming": (lambda g, u: {one.code for _, one in panel_queries.coming(u)}, {}),
    "panel_queries.led_seat": (
        lambda g, u: reached(g, g.seat, lambda one: panel_queries.led_seat(u, one.id)),
        dict.fromkeys(CHAIRS, "S"),
    ),
    "panel_queries.replacement_for": (
        lambda g, u: reached(g, g.seat, lambda one: panel_queries.replacement_for(u, one.id, g.people["before"].id)),
        dict.fromkeys(CHAIRS, "S"),
    ),
    "panel_queries.own_seat": (
        lambda g, u: reached(g, g.seat, lambda one: panel_queries.own_seat(u, one.id)),
        HOLDS,
    ),
    "panel_queries.own_seats": (lambda g, u: {"S" for _ in panel_queries.own_seats(u)}, HOLDS),
    "panel_queries.chairs_panel": (
        boards(lambda g, u: {figures(panel_queries.chairs_panel(u, panel_of(g, u)))}),
        {"free": "3 files 3 on T", "torn": "2 files 2 on T"},
    ),
    "panel_queries.led_commission": (
        boards(lambda g, u: {panel_queries.led_commission(u, g.commission.id).code}),
        CHAIRS,
    ),
    "assignment.plan.planned": (
        lambda g, u: reached(g, g.plan, lambda one: policy.see_plan.require(u, (p := plan.planned(u, one.id))) or p),
        {"free": "P"},
    ),
    "assignment.plan.planned_file": (
        lambda g, u: reached(
            g,
            g.files,
            lambda one: policy.edit_plan.require(u, (p := plan.planned_file(u, g.plan["P"].id, one.id))) or p,
        ),
        {"free": "A0 A1 A2"},
    ),
    "panel_queries.led_topic": (
        lambda g, u: reached(g, g.topic, lambda one: panel_queries.led_topic(u, one.id)),
        dict.fromkeys(CHAIRS, "T"),
    ),
    "sessions.queries.visible_to": (
        lambda g, u: {"N" for _ in db.session.scalars(sessions.visible_to(u))},
        dict.fromkeys(MEMBERS, "N"),
    ),
    "sessions.queries.sessions": (lambda g, u: {"N" for _ in sessions.sessions(u)}, dict.fromkeys(MEMBERS, "N")),
    "sessions.queries.session": (
        lambda g, u: reached(g, g.session, lambda one: sessions.session(u, one.id)),
        dict.fromkeys(MEMBERS, "N"),
    ),
    "sessions.queries.glance": (
        lambda g, u: reached(g, g.session, lambda one: sessions.glance(u, one.id)),
        dict.fromkeys(MEMBERS, "N"),
    ),
    "sessions.queries.item": (lambda g, u: reached(g, g.items, lambda one: sessions.item(u, one.id)), AGENDA),
    "sessions.queries.mark": (  # the same for two who are shown the same
        boards(lambda g, u: same_mark(g, u)),
        {name: " ".join(sorted(UNTOUCHED)) for name in UNTOUCHED}
        | {name: " ".join(sorted(CONFLICTED)) for name in CONFLICTED},
    ),
    "sessions.queries.aside": (
        boards(lambda g, u: g.called(sessions.aside(u, sits_in(g, u)))),
        dict.fromkeys(CONFLICTED, "A0"),
    ),
    "sessions.queries.agenda": (
        boards(lambda g, u: g.called(one.id for one in sessions.agenda(u, sits_in(g, u)))),
        AGENDA,
    ),
    "sessions.minutes_queries.minutes": (lambda g, u: reached(g, g.session, lambda one: minutes_of(u, one)), UNTOUCHED),
    "sessions.minutes_queries.minutes_to_decide": (
        lambda g, u: reached(g, g.session, lambda one: minutes_to_decide(g, u)),
        {"committee": "N", "officer": "N"},
    ),
    "sessions.queries.plannable": (lambda g, u: {one.code for _, one in sessions.plannable(u)}, {}),
    "sessions.screen.sitting": (
        boards(lambda g, u: on_screen(g, screen.sitting(u, sits_in(g, u)))),
        AGENDA | dict.fromkeys(UNTOUCHED, "A0 A1 A2 ranking envelope"),
    ),
}


def sits_in(ground: Ground, user: Person) -> Session:
    return sessions.session(user, ground.session["N"].id)


def same_mark(ground: Ground, user: Person) -> set[str]:
    """Who of the members has the same mark: it holds what they see of the session, and nothing else."""
    own = sessions.mark(user, sits_in(ground, user))
    members = {name: ground.people[name] for name in MEMBERS}
    return {name for name, one in members.items() if sessions.mark(one, sits_in(ground, one)) == own}


def minutes_of(user: Person, session: Session) -> Minutes:
    """As the page does: by the policy."""
    found = minutes_queries.minutes(user, session.id, 1)
    session_policy.read_minutes.require(user, found)
    return found


def minutes_to_decide(ground: Ground, user: Person) -> Minutes:
    found = minutes_queries.minutes_to_decide(user, ground.call.id, ground.commission.id)
    session_policy.read_minutes_to_decide.require(user, found)
    return found


def on_screen(ground: Ground, found: screen.Sitting) -> set[str]:
    """The files of which anything is on the screen, and the totals that are."""
    files = {one.application_id for one in found.items} | set(found.marks) | set(found.asides)
    totals = {"ranking": found.places, "envelope": found.envelope}
    return ground.called(files) | {name for name, one in totals.items() if one is not None}


def neighbours(ground: Ground, user: Person) -> set[str]:
    """Where the pages of the files that this person may read lead on to."""
    work = queries.worklist(user)
    places = [turns.place_of(user, one, work) for one in work if policy.read_file.allows(user, one)]
    around = [one for place in places for one in (place.previous, place.following, place.turn)]
    return ground.called(one.id for one in around if one)


def sitting(ground: Ground, user: Person) -> bidding.Sitting:
    return bidding.sitting(user, ground.call.id, ground.commission.id)


def panel_of(ground: Ground, user: Person) -> Any:
    return panel_queries.panel_of(user, ground.call.id, ground.commission.id)


def figures(found: panel_queries.Panel) -> str:
    return f"{found.applications} files {found.coverage[0].applications} on T"


def who(ground: Ground, person: Person) -> str:
    return next(name for name, one in ground.people.items() if one.id == person.id)


def reads(module: ModuleType) -> set[str]:
    """Every public function of the module whose first parameter is the reader."""
    short = module.__name__.removeprefix("grants.reviews.").removeprefix("grants.").removeprefix("reports.search.")
    return {
        f"{short}.{name}"
        for name, one in vars(module).items()
        if inspect.isfunction(one)
        and one.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(one).parameters), "") == "user"
    }


def test_every_read_has_a_row() -> None:
    modules = (
        queries,
        pages,
        statistics,
        together,
        conflict_queries,
        conflicts,
        findings,
        bidding,
        panel_queries,
        search_ground,
        turns,
        notes,
        plan,
        sessions,
        minutes_queries,
        screen,
    )
    assert set().union(*(reads(one) for one in modules)) == set(READS)


CODES = ("queries.chaired", "bidding.sitting", "panel_queries.panel_of", "panel_queries.led_commission")


@pytest.mark.parametrize("read", READS)
def test_what_each_read_gives(ground: Ground, read: str) -> None:
    ask, table = READS[read]
    asked = {name: set(ask(ground, person)) for name, person in ground.people.items()}
    if read in CODES:
        table = dict.fromkeys(table, ground.commission.code)
    said = ("queries.seats", "bidding.places", "panel_queries.chairs_panel")
    wanted = {name: {table[name]} if read in said else set(table[name].split()) for name in table}
    assert asked == {name: wanted.get(name, set()) for name in EVERYBODY}


def test_a_load_leaves_out_what_is_hidden(ground: Ground) -> None:
    """Minus the reviews one sees, a load would tell who reviews the hidden file."""

    def loads(read: Callable[[Any, Any, Any], Any], name: str) -> dict[str, int]:
        found = read(ground.call, ground.commission, ground.people[name])
        known = {one.id: name for name, one in ground.people.items()}
        return {known[one.person.id]: one.load for one in found if one.person.id in known}

    for read in (lambda call, commission, user: queries.candidates(call, commission.id, user), panels.roster):
        assert loads(read, "free") == {"before": 2, "after": 3, "declared": 1, "detected": 2}
        assert loads(read, "torn") == {"before": 1, "after": 2, "declared": 1, "detected": 1}
