"""The arithmetic of a session: quorum, ranking with its ties, lots. Pure: nothing here reads the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from grants.sessions.models import TieRule

BAND = 20, 80  # percent: P(funded) between these is for the commission to discuss


@dataclass(frozen=True)
class Quorum:
    """Of `members` who may vote (those who step aside left out), `present` sit and `needed` must."""

    members: int
    present: int
    needed: int

    @property
    def reached(self) -> bool:
        return self.members > 0 and self.present >= self.needed

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.present)


def quorum(members: Collection[UUID], aside: Collection[UUID], present: Collection[UUID], percent: int) -> Quorum:
    """At least `percent` of the voting members who do not step aside, and never nobody."""
    voting = set(members) - set(aside)
    return Quorum(len(voting), len(voting & set(present)), max(1, -(-len(voting) * percent // 100)))


# --- lots -----------------------------------------------------------------------------------------------------


def sealed(seed: str) -> str:
    """What is published of a seed before it is used."""
    return sha256(seed.encode()).hexdigest()


def draw(seed: str, references: Collection[str]) -> list[str]:
    """The references in the order of SHA-256(seed, colon, reference): anybody with the seed draws the same."""
    return sorted(references, key=lambda one: (sha256(f"{seed}:{one}".encode()).hexdigest(), one))


# --- the ranking ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """A file as it stands: marks in hundredths of a point of 100, money in minor units, `chance` in percent.

    `best`: mean of its marks for the criterion with the greatest weight, in hundredths of a half mark.
    """

    item_id: UUID | None
    application_id: UUID
    reference: str
    title: str
    organisation: str  # empty in a double-blind call: the commission ranks without knowing it
    raw: int | None
    consensus: int | None
    requested: int
    amount: int
    best: int | None
    submitted_at: datetime | None
    chance: int | None = None
    rejected: bool = False

    @property
    def score(self) -> int | None:
        return self.raw if self.consensus is None else self.consensus

    @property
    def in_band(self) -> bool:
        return self.chance is not None and BAND[0] <= self.chance <= BAND[1]


@dataclass(frozen=True)
class Place:
    """One line of the ranking. `spent`: what funding down to here takes; None where it is not proposed for funding.

    `tied`: the references with the same mark, this one's among them; `rule`: what put it after the one before it;
    `undrawn`: only a lot can order it, and none was drawn.
    """

    rank: int
    of: Standing
    outcome: str
    spent: int | None
    tied: Sequence[str] = ()
    rule: TieRule | None = None
    undrawn: bool = False


FUNDED, RESERVE, REJECTED = "funded", "reserve", "rejected"


def ranked(
    standings: Sequence[Standing],
    envelope: int,
    *,
    ties: Sequence[str],
    threshold: int | None,
    lots: Mapping[frozenset[str], Sequence[str]],
) -> list[Place]:
    """Best mark first, ties broken by the rules in their order and at last by the lot of exactly those references.

    Funded from the top while the envelope lasts; the first that does not fit draws the line, and what follows is the
    reserve list. What a vote or the threshold turned down comes last.
    """
    order = sorted(standings, key=lambda one: (_turned_down(one, threshold), -(one.score or 0), one.reference))
    places: list[Place] = []
    spent, full = 0, False
    for (down, _), group in groupby(order, key=lambda one: (_turned_down(one, threshold), one.score or 0)):
        tied = list(group)
        names = tuple(one.reference for one in tied) if len(tied) > 1 and not down else ()
        for standing, rule, undrawn in _separated(tied, ties, lots):
            outcome: str = REJECTED
            if not down:
                full = full or spent + standing.amount > envelope
                outcome = RESERVE if full else FUNDED
                spent += 0 if full else standing.amount
            place = Place(len(places) + 1, standing, outcome, spent if outcome == FUNDED else None)
            places.append(place if down else replace(place, tied=names, rule=rule, undrawn=undrawn))
    return places


def _turned_down(one: Standing, threshold: int | None) -> bool:
    return one.rejected or (threshold is not None and (one.score or 0) < threshold)


def _key(one: Standing, rule: str) -> Any:
    """What the rule compares, the smaller the better."""
    match rule:
        case TieRule.CRITERION:
            return -(one.best or 0)
        case TieRule.AMOUNT:
            return one.requested
        case TieRule.SUBMITTED:
            return one.submitted_at.timestamp() if one.submitted_at else float("inf")
    raise ValueError(rule)


def _separated(
    tied: Sequence[Standing], ties: Sequence[str], lots: Mapping[frozenset[str], Sequence[str]]
) -> list[tuple[Standing, TieRule | None, bool]]:
    """Equal marks in their order, each with the rule that put it after the one before and whether a lot is missing."""
    order = sorted(tied, key=lambda one: (*(_key(one, rule) for rule in ties), one.reference))
    found: list[tuple[Standing, TieRule | None, bool]] = []
    for _, group in groupby(order, key=lambda one: tuple(_key(one, rule) for rule in ties)):
        same = list(group)
        drawn = lots.get(frozenset(one.reference for one in same))
        if drawn is not None:
            same.sort(key=lambda one: drawn.index(one.reference))
        for at, one in enumerate(same):
            by_lot = len(same) > 1
            rule = TieRule.LOT if at else _rule_between(found[-1][0], one, ties) if found else None
            found.append((one, rule, by_lot and drawn is None))
    return found


def _rule_between(first: Standing, second: Standing, ties: Sequence[str]) -> TieRule:
    return next((TieRule(rule) for rule in ties if _key(first, rule) != _key(second, rule)), TieRule.LOT)


def to_draw(places: Sequence[Place], ties: Sequence[str]) -> list[list[str]]:
    """The groups of references that only a lot can order and that none was drawn for, the best first."""
    groups: dict[Any, list[str]] = {}
    for one in places:
        if one.undrawn:
            key = (one.of.score, *(_key(one.of, rule) for rule in ties))
            groups.setdefault(key, []).append(one.of.reference)
    return [sorted(group) for group in groups.values()]
