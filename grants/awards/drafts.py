"""A committee member's own draft of decisions for a call: kept between visits, and nothing else changes by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from sqlalchemy import delete, select

from grants.awards import policy
from grants.awards.models import DecisionDraft, Outcome
from grants.calls.models import Call
from grants.core.db import db, lock, transaction
from grants.people.models import Person

LONGEST = 5_000  # characters of a reason


@dataclass(frozen=True)
class Choice:
    """What the draft does with one project: nothing where `outcome` and `minor` (its new amount) are None."""

    outcome: Outcome | None = None
    minor: int | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.outcome is not None or self.minor is not None or bool(self.reason)


@dataclass(frozen=True)
class Passage:
    """Money from one commission's envelope to another's, in minor units."""

    source: UUID
    target: UUID
    minor: int
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """Choices by decision; by commission, how many of its ranking are funded; passages between envelopes.

    `reason` stands for every choice that needs one and has none of its own.
    """

    choices: Mapping[UUID, Choice] = field(default_factory=dict)
    places: Mapping[UUID, int] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.choices or self.places or self.passages)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """From what is stored."""
        return cls(
            choices={
                UUID(id): Choice(
                    Outcome(one["outcome"]) if one.get("outcome") else None, one.get("minor"), one["reason"]
                )
                for id, one in content.get("choices", {}).items()
            },
            places={UUID(id): int(n) for id, n in content.get("places", {}).items()},
            passages=tuple(
                Passage(UUID(one["source"]), UUID(one["target"]), one["minor"], one["reason"])
                for one in content.get("passages", [])
            ),
            reason=content.get("reason", ""),
        )

    @property
    def stored(self) -> dict[str, Any]:
        """As plain JSON; choices that choose nothing are left out."""
        return {
            "choices": {
                str(id): {"outcome": one.outcome and one.outcome.value, "minor": one.minor, "reason": one.reason}
                for id, one in self.choices.items()
                if one
            },
            "places": {str(id): n for id, n in self.places.items()},
            "passages": [
                {"source": str(one.source), "target": str(one.target), "minor": one.minor, "reason": one.reason}
                for one in self.passages
            ],
            "reason": self.reason,
        }

    def choosing(self, ids: list[UUID], outcome: Outcome, reason: str) -> "Draft":
        """The same with one outcome and one reason for these."""
        kept = {id: replace(self.choices.get(id, Choice()), outcome=outcome, reason=reason) for id in ids}
        return replace(self, choices={**self.choices, **kept})


def kept(user: Person, call: Call) -> Draft:
    """One's own draft, empty where there is none; one query."""
    found = db.session.scalars(select(DecisionDraft.content).where(*_own(user, call))).one_or_none()
    return Draft.of(found or {})


def keep(draft: Draft, call: Call, *, actor: Person) -> None:
    """Keep one's own draft in place of the one before; an empty one is forgotten. Decides nothing."""
    with transaction():
        policy.steer.require(actor, call)
        db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
        row = db.session.scalars(select(DecisionDraft).where(*_own(actor, call))).one_or_none()
        if row is None:
            db.session.add(DecisionDraft(call_id=call.id, person_id=actor.id, content=draft.stored))
        else:
            lock(row)
            row.content = draft.stored


def forget(call: Call, *, actor: Person) -> None:
    """Throw one's own draft away."""
    with transaction():
        policy.steer.require(actor, call)
        db.session.execute(delete(DecisionDraft).where(*_own(actor, call)))


def _own(user: Person, call: Call) -> tuple[Any, Any]:
    return DecisionDraft.call_id == call.id, DecisionDraft.person_id == user.id
