"""A committee member's own draft of decisions for a call: kept between visits, and nothing else changes by it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Select, select

from grants.awards import policy
from grants.awards.models import DecisionDraft, Outcome
from grants.calls.models import Call
from grants.core.db import db, expect, lock, transaction
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
    """Money from one commission's envelope to another's, in minor units; half typed, it lacks one of the three."""

    source: UUID | None
    target: UUID | None
    minor: int
    reason: str = ""

    @property
    def whole(self) -> bool:
        return self.minor > 0 and self.source is not None and self.target is not None


@dataclass(frozen=True)
class Draft:
    """Choices by decision; by commission, how many of its ranking are funded; passages between envelopes.

    `reason` stands for every choice that needs one and has none of its own. `version`: that of what is stored, 0 before
    anything was.
    """

    choices: Mapping[UUID, Choice] = field(default_factory=dict)
    places: Mapping[UUID, int] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    reason: str = ""
    version: int = field(default=0, compare=False)

    def __bool__(self) -> bool:
        return bool(self.choices or self.places or self.passages)

    @classmethod
    def of(cls, content: Mapping[str, Any], version: int = 0) -> Self:
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
                Passage(_id(one["source"]), _id(one["target"]), one["minor"], one["reason"])
                for one in content.get("passages", [])
            ),
            reason=content.get("reason", ""),
            version=version,
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
                {
                    "source": one.source and str(one.source),
                    "target": one.target and str(one.target),
                    "minor": one.minor,
                    "reason": one.reason,
                }
                for one in self.passages
            ],
            "reason": self.reason,
        }

    @property
    def seal(self) -> str:
        """Changes whenever the draft does."""
        return sha256(json.dumps(self.stored, sort_keys=True).encode()).hexdigest()[:32]

    def choosing(self, ids: list[UUID], outcome: Outcome, reason: str) -> "Draft":
        """The same with one outcome and one reason for these."""
        kept = {id: replace(self.choices.get(id, Choice()), outcome=outcome, reason=reason) for id in ids}
        return replace(self, choices={**self.choices, **kept})


def kept(user: Person, call: Call) -> Draft:
    """One's own draft, empty where there is none; one query."""
    return _read(_stored(user, call))


def held(user: Person, call: Call) -> Draft:
    """In a transaction: one's own draft as it stands, which no other tab changes until the end."""
    return _read(_stored(user, call).with_for_update())


def _stored(user: Person, call: Call) -> Select[dict[str, Any], int]:
    return select(DecisionDraft.content, DecisionDraft.version).where(*_own(user, call))


def _read(found: Select[dict[str, Any], int]) -> Draft:
    row = db.session.execute(found).one_or_none()
    return Draft.of(*row) if row else Draft()


def keep(draft: Draft, call: Call, version: int | None = None, *, actor: Person) -> int:
    """Keep one's own draft in place of the one before, and say its version. Decides nothing.

    `version`: what the page was drawn from. Raises LostUpdate when the draft was kept, confirmed or thrown away since.
    """
    with transaction():
        policy.steer.require(actor, call)
        db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
        row = db.session.scalars(select(DecisionDraft).where(*_own(actor, call))).one_or_none()
        if row is None:
            row = DecisionDraft(call_id=call.id, person_id=actor.id, content=draft.stored)
            db.session.add(row)
        else:
            lock(row)
            expect(row, version)
            row.content = draft.stored
        db.session.flush()
        return row.version


def forget(call: Call, *, actor: Person) -> None:
    """Throw one's own draft away. Its row stays, empty: a tab that still shows the draft does not bring it back."""
    with transaction():
        policy.steer.require(actor, call)
        row = db.session.scalars(select(DecisionDraft).where(*_own(actor, call))).one_or_none()
        if row is not None:
            lock(row, "content")
            row.content = {}


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _own(user: Person, call: Call) -> tuple[Any, Any]:
    return DecisionDraft.call_id == call.id, DecisionDraft.person_id == user.id
