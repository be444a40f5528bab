"""A lifecycle is a table of moves. Nothing else may write `.state`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from grants.core.audit import Event, record
from grants.core.db import db, lock
from grants.core.errors import WrongState
from grants.core.i18n import N_, Text
from grants.core.policy import Policy


@dataclass(frozen=True)
class Move:
    """From any of `sources` to `target`, for whom `policy` allows; `label` is what its button says.

    `why`: the person who makes the move must give a reason.
    """

    name: str
    sources: frozenset[StrEnum]
    target: StrEnum
    policy: Policy
    label: Text
    why: bool = False


class Lifecycle:
    """The moves of one noun. `labels` names its states to a reader."""

    def __init__(self, noun: str, labels: dict[Any, Text], moves: Iterable[Move]) -> None:
        self.noun = noun
        self.labels = labels
        self.moves = {move.name: move for move in moves}

    def fire(
        self,
        name: str,
        subject: Any,
        actor: Any,
        *,
        reason: str | None = None,
        set: Mapping[str, Any] | None = None,
        **after: Any,
    ) -> bool:
        """Move `subject`, or say False when this same actor already made this move (a double click, a retry).

        Locks the row, so of two people only one moves it. Raises WrongState or Forbidden; appends the audit event,
        whose `after` holds the target and whatever else the caller names. `set` gives the columns that belong to the
        new state: they are written with it, so that the database never sees one without the other.
        """
        move = self.moves[name]
        lock(subject, "state")
        if subject.state == move.target and subject.state not in move.sources and self._did(name, subject, actor):
            return False
        if subject.state not in move.sources:
            raise WrongState(
                N_(
                    "This is no longer possible: “%(move)s” cannot follow “%(state)s”.",
                    move=move.label,
                    state=self.labels[subject.state],
                )
            )
        move.policy.require(actor, subject)
        before = {"state": subject.state}
        for column, value in (set or {}).items():
            setattr(subject, column, value)
        subject.state = move.target
        record(
            f"{self.noun}.{name}", subject, actor, reason=reason, before=before, after={"state": move.target, **after}
        )
        return True

    def _did(self, name: str, subject: Any, actor: Any) -> bool:
        """Whether the last thing that happened to the subject was this move by this actor."""
        last = select(Event).where(Event.subject_id == subject.id, Event.name.startswith(f"{self.noun}."))
        event = db.session.scalars(last.order_by(Event.at.desc(), Event.id.desc()).limit(1)).first()
        return bool(event and event.name == f"{self.noun}.{name}" and event.actor_id == getattr(actor, "id", None))

    def open_to(self, user: Any, subject: Any) -> list[Move]:
        """The moves this person may make now."""
        return [m for m in self.moves.values() if subject.state in m.sources and m.policy.allows(user, subject)]
