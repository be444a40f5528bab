"""The facts of one commission in one call, read in a constant number of queries, and the instance they make.

Affinity of a pair, from 0 to 1: half of it is the bid (its rank among the reviewer's own bids, so that somebody eager
for everything says no more than somebody neutral), four tenths declared expertise, one tenth how free the reviewer is.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from scipy.stats import rankdata
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.core.db import db
from grants.core.types import sort_key
from grants.people.models import Membership, Organisation, Person
from grants.reviews import conflicts, panels
from grants.reviews.assignment.instance import Bools, Floats, Instance
from grants.reviews.models import COUNTED, Review
from grants.reviews.panel_models import BidLevel
from grants.reviews.panels import Panellist
from grants.reviews.queries import Chaired
from grants.reviews.topics import ARTICLES, topics_by_application

OPEN_TO_REVIEW = frozenset({ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW})
LEVELS = {BidLevel.UNABLE: 0, BidLevel.RELUCTANT: 1, BidLevel.NEUTRAL: 2, BidLevel.WILLING: 3, BidLevel.EAGER: 4}
BID, EXPERTISE, FREE = 0.5, 0.4, 0.1
PAIR = tuple[UUID, UUID]


@dataclass(frozen=True)
class Reasons:
    """What speaks for a pair: the bid, the topics in common, the keywords found in the file."""

    bid: str
    topics: tuple[str, ...]
    words: tuple[str, ...]
    affinity: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "bid": self.bid,
            "topics": list(self.topics),
            "words": list(self.words),
            "affinity": self.affinity,
        }


@dataclass(frozen=True)
class File:
    """An application, in short."""

    id: UUID
    reference: str
    title: str
    summary: str
    organisation: str


@dataclass(frozen=True)
class Facts:
    """Files that want reviewers, and everybody who may be asked.

    `asked` is everyone ever asked about a file, `counted` those who are reviewing it. `institutions` of each reviewer.
    """

    files: Sequence[File]
    people: Sequence[Panellist]
    wanted: int
    conflicts: frozenset[PAIR]
    bids: Mapping[PAIR, BidLevel]
    asked: frozenset[PAIR]
    counted: Mapping[UUID, frozenset[UUID]]
    institutions: Mapping[UUID, UUID]
    topics: Mapping[UUID, frozenset[UUID]]

    def missing(self, file: UUID) -> int:
        """How many reviewers the file still wants."""
        return max(0, self.wanted - len(self.counted.get(file, ())))

    @cached_property
    def found(self) -> dict[UUID, list[tuple[str, ...]]]:
        """For each file, the keywords of each reviewer that its title and summary hold."""
        every = sorted({word for one in self.people for word in one.keywords})
        stems = {word: stem for word in every if (stem := _words(word))}
        held = {}
        for one in self.files:
            text = _words(f"{one.title} {one.summary}")
            here = {word for word, stem in stems.items() if stem in text}
            held[one.id] = [tuple(word for word in person.keywords if word in here) for person in self.people]
        return held

    def reasons(self, file: UUID, at: int, affinity: float | None = None) -> Reasons:
        """What speaks for the reviewer at this place."""
        person = self.people[at]
        bid = self.bids.get((file, person.person.id))
        topics = sorted(str(one) for one in self.topics.get(file, frozenset()) & person.topics)
        words = self.found[file][at] if file in self.found else ()  # a file that no longer waits
        return Reasons(bid or "", tuple(topics), words, affinity)


def _words(text: str) -> str:
    """Words as lists compare them, a space before each; Arabic ones without what is written before a noun."""
    return "".join(f" {re.sub(f'^{ARTICLES}', '', one)}" for one in re.findall(r"\w+", sort_key(text)))


def gather(board: Chaired, seen_by: Person) -> Facts:
    """Every fact of this commission in this call; a dozen queries however large. `seen_by` may see all its files; no
    load counts those of other commissions that they are conflicted with.
    """
    call, commission = board.call, board.commission
    place = (Application.call_id == call.id, Application.commission_id == commission.id)
    rows = db.session.execute(
        select(*(Application.id, Application.reference, Application.title, Application.summary, Organisation.name))
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(*place, Application.state.in_(OPEN_TO_REVIEW))
        .order_by(Application.reference)
    )
    people = panels.panel(call, commission, seen_by)
    reviews = db.session.execute(
        select(Review.application_id, Review.reviewer_id, Review.state)
        .join(Application, Application.id == Review.application_id)
        .where(*place)
    ).all()
    counted: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for one in reviews:
        if one.state in COUNTED:
            counted[one.application_id].add(one.reviewer_id)
    everybody = {one.person.id for one in people} | {one.reviewer_id for one in reviews}
    members = db.session.execute(
        select(Membership.person_id, Membership.organisation_id)
        .where(Membership.person_id.in_(everybody))
        .order_by(Membership.organisation_id.desc())
    )
    return Facts(
        files=[File(id, reference or "", *rest) for id, reference, *rest in rows],
        people=people,
        wanted=call.reviewers_per_application,
        conflicts=frozenset(conflicts.pairs(call, commission)),
        bids=panels.bids(call, commission),
        asked=frozenset((one.application_id, one.reviewer_id) for one in reviews),
        counted={id: frozenset(some) for id, some in counted.items()},
        institutions=dict(members.all()),
        topics=topics_by_application(call, commission),
    )


@dataclass(frozen=True)
class Posed:
    """The instance of some facts: `files` are the rows of its arrays, `conflicts` (n, m) what conflicts alone close."""

    files: Sequence[File]
    instance: Instance
    conflicts: Bools


def pose(facts: Facts, experts: bool = True) -> Posed:
    """The files that want reviewers, as an instance. `experts`: each wants one who knows its subject."""
    files = [one for one in facts.files if facts.missing(one.id)]
    n, m = len(files), len(facts.people)
    level, closed = np.full((n, m), LEVELS[BidLevel.NEUTRAL]), np.zeros((n, m), dtype=bool)
    conflict, expertise = np.zeros((n, m), dtype=bool), np.zeros((n, m))
    held = np.zeros(n, dtype=bool)
    numbers = {one: at for at, one in enumerate(sorted(set(facts.institutions.values())))}
    theirs = [facts.institutions.get(one.person.id) for one in facts.people]
    institution = np.array([-1 if one is None else numbers[one] for one in theirs], dtype=np.int64)
    place = {one.person.id: at for at, one in enumerate(facts.people)}
    available = np.array([one.available for one in facts.people], dtype=bool)
    for row, file in enumerate(files):
        expertise[row] = _expertise(facts, file.id)
        for at, person in enumerate(facts.people):
            pair = (file.id, person.person.id)
            conflict[row, at] = pair in facts.conflicts
            level[row, at] = LEVELS[facts.bids[pair]] if pair in facts.bids else LEVELS[BidLevel.NEUTRAL]
            closed[row, at] = pair in facts.asked
        for one in facts.counted.get(file.id, ()):
            held[row] |= one in place and expertise[row, place[one]] > 0
            if one in facts.institutions:
                closed[row] |= institution == numbers[facts.institutions[one]]
    closed |= (level == LEVELS[BidLevel.UNABLE]) | ~available[None, :]
    cap = np.array([one.cap for one in facts.people], dtype=np.int64)
    load = np.array([one.load for one in facts.people], dtype=np.int64)
    known = np.array([bool(facts.topics.get(one.id)) for one in files], dtype=bool) | (expertise > 0).any(axis=1)
    free = np.clip(1 - load / np.maximum(cap, 1), 0, 1)
    ranks = (rankdata(level, axis=0) - 0.5) / max(1, n) if n and m else np.zeros((n, m))
    instance = Instance(
        affinity=np.clip(BID * ranks + EXPERTISE * expertise + FREE * free[None, :], 0, 1),
        open=~conflict & ~closed,
        institution=institution,
        expert=expertise > 0,
        needs_expert=known & ~held & experts,
        demand=np.array([facts.missing(one.id) for one in files], dtype=np.int64),
        cap=cap,
        floor=np.array([one.least for one in facts.people], dtype=np.int64),
        carried=load,
    )
    return Posed(files, instance, conflict & ~closed)


def _expertise(facts: Facts, file: UUID) -> Floats:
    """(m,) from 0 to 1: the share of the file's topics a reviewer knows, or each keyword found halving what is left."""
    topics = facts.topics.get(file, frozenset())
    return np.array(
        [
            max(len(topics & one.topics) / max(1, len(topics)), 1 - 0.5 ** len(words))
            for one, words in zip(facts.people, facts.found[file], strict=True)
        ]
    )
