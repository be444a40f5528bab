"""A commission's session: who sat, which files came up in which order, what was agreed, and the log of all of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Base, Record
from grants.core.i18n import N_, Text
from grants.core.types import MoneyOf
from grants.people.models import Person


class SessionState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    SIGNED = "signed"


SESSION_LABELS = {
    SessionState.PLANNED: N_("Planned"),
    SessionState.OPEN: N_("Sitting"),
    SessionState.CLOSED: N_("Minutes to sign"),
    SessionState.SIGNED: N_("Minutes signed"),
}


class ItemState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    SETTLED = "settled"


ITEM_LABELS = {
    ItemState.WAITING: N_("To come"),
    ItemState.OPEN: N_("Under discussion"),
    ItemState.SETTLED: N_("Settled"),
}


class TieRule(StrEnum):
    """What separates two projects with the same mark."""

    CRITERION = "criterion"
    AMOUNT = "amount"
    SUBMITTED = "submitted"
    LOT = "lot"

    @property
    def label(self) -> Text:
        return TIE_LABELS[self]


TIE_LABELS = {
    TieRule.CRITERION: N_("the higher mean mark for the criterion with the greatest weight"),
    TieRule.AMOUNT: N_("the lower amount requested"),
    TieRule.SUBMITTED: N_("the earlier submission"),
    TieRule.LOT: N_("a lot, whose seed had been sealed before"),
}
TIES = [TieRule.CRITERION.value, TieRule.AMOUNT.value, TieRule.SUBMITTED.value]  # a lot is always the last resort


class SessionRules(Record):
    """How the commissions of a call sit: set by its programme officer, frozen once one of them has opened.

    `quorum`: percent of the voting members, those who step aside left out, who must be present. `ties`: rules in the
    order they are tried. `threshold`: hundredths of a point of 100, raw or consensus, under which nothing is proposed.
    """

    __tablename__ = "session_rules"
    __table_args__ = (
        CheckConstraint("quorum BETWEEN 1 AND 100", name="quorum_is_a_share"),
        CheckConstraint("threshold BETWEEN 0 AND 10000", name="threshold_of_100"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), unique=True)
    quorum: Mapped[int] = mapped_column(default=50)
    ties: Mapped[list[Any]] = mapped_column(default=lambda: list(TIES))
    vote_needed: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[bool] = mapped_column(default=False)
    threshold: Mapped[int | None]

    @classmethod
    def usual(cls, call_id: UUID) -> "SessionRules":
        """What applies where nobody has said otherwise; not kept."""
        return cls(call_id=call_id, quorum=50, ties=list(TIES), vote_needed=False, secret=False, threshold=None)


class Session(Record):
    """One sitting of a commission on the files of one call.

    `acting_id` leads where the chair steps aside. `quorate` is what the log said last. `last_event` numbers the log: it
    changes with everything anybody does, so a screen is up to date as long as it has not moved.
    """

    __tablename__ = "commission_session"
    __table_args__ = (
        UniqueConstraint("call_id", "commission_id"),
        CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name="open_since"),
        CheckConstraint("(state IN ('closed', 'signed')) = (closed_at IS NOT NULL)", name="closed_since"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"), index=True)
    state: Mapped[SessionState] = mapped_column(default=SessionState.PLANNED)
    starts_at: Mapped[datetime]
    place: Mapped[str]
    planned_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    acting_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    quorate: Mapped[bool] = mapped_column(default=False)
    last_event: Mapped[int] = mapped_column(default=0)

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
    items: Mapped[list["Item"]] = relationship(
        back_populates="session", order_by="Item.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )


class Item(Record):
    """One file on the agenda, and what the commission agreed on it.

    `consensus`: hundredths of a point of 100; without it the mean of the reviews stands. `chance`: percent, P(funded)
    by the calibrated marks as the session opened. `rejected`: a vote went against it. `settled_score` and
    `settled_minor`: the mark and the amount (minor units) that stood when it was settled.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("session_id", "position", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("session_id", "application_id"),
        Index("uq_agenda_item_one_open", "session_id", unique=True, postgresql_where=text("state = 'open'")),
        CheckConstraint("consensus BETWEEN 0 AND 10000", name="consensus_of_100"),
        CheckConstraint("(consensus IS NULL) <= (dissent = '')", name="dissent_from_a_consensus"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("chance BETWEEN 0 AND 100", name="chance_is_a_share"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("commission_session.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[int]
    state: Mapped[ItemState] = mapped_column(default=ItemState.WAITING)
    rapporteur_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    consensus: Mapped[int | None]
    consensus_reason: Mapped[str] = mapped_column(default="")
    dissent: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    amount = MoneyOf()
    chance: Mapped[int | None]
    rejected: Mapped[bool] = mapped_column(default=False)
    settled_score: Mapped[int | None]
    settled_minor: Mapped[int | None]

    session: Mapped[Session] = relationship(back_populates="items", lazy="raise_on_sql")
    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    rapporteur: Mapped[Person | None] = relationship(lazy="raise_on_sql")


class Attendance(Record):
    """One span in which a person sat; whoever comes back has another."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_once_at_a_time",
            "session_id",
            "person_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
        CheckConstraint("left_at >= entered_at", name="left_after_entering"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("commission_session.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Choice(StrEnum):
    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"

    @property
    def label(self) -> Text:
        return CHOICE_LABELS[self]


CHOICE_LABELS = {Choice.FOR: N_("In favour"), Choice.AGAINST: N_("Not in favour"), Choice.ABSTAIN: N_("I abstain")}


class Vote(Record):
    """A vote on proposing one file for funding. A secret one counts without keeping who chose what."""

    __tablename__ = "vote"
    __table_args__ = (
        Index("uq_vote_one_open", "item_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("in_favour >= 0 AND against >= 0 AND abstained >= 0", name="counts_not_negative"),
        CheckConstraint("(closed_at IS NULL) = (carried IS NULL)", name="closed_with_a_result"),
    )

    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    secret: Mapped[bool]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    carried: Mapped[bool | None]
    cancelled: Mapped[bool] = mapped_column(default=False)
    in_favour: Mapped[int] = mapped_column(default=0)
    against: Mapped[int] = mapped_column(default=0)
    abstained: Mapped[int] = mapped_column(default=0)


class Ballot(Record):
    """That somebody voted; what they chose only where the vote is open."""

    __tablename__ = "ballot"
    __table_args__ = (UniqueConstraint("vote_id", "person_id"),)

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    choice: Mapped[Choice | None]


class Lot(Record):
    """A draw between projects that nothing else separates. The hash of its seed is published before anybody knows
    which projects it will order; the seed with the result.

    `references`: what was drawn, sorted, which is what the result is good for; `order`: the same as they came out.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        Index("uq_lot_one_sealed", "session_id", unique=True, postgresql_where=text("drawn_at IS NULL")),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("commission_session.id"))
    number: Mapped[int]
    seed: Mapped[str]
    seed_hash: Mapped[str]
    drawn_at: Mapped[datetime | None]
    among: Mapped[list[Any]] = mapped_column(default=list)
    order: Mapped[list[Any]] = mapped_column(default=list)


class Happening(StrEnum):
    """What a line of the log says."""

    PLANNED = "planned"
    OPENED = "opened"
    ENTERED = "entered"
    LEFT = "left"
    QUORUM_LOST = "quorum_lost"
    QUORUM_REGAINED = "quorum_regained"
    ACTING = "acting"
    RECUSED = "recused"
    ITEM_ADDED = "item_added"
    ITEM_MOVED = "item_moved"
    RAPPORTEUR = "rapporteur"
    ITEM_OPENED = "item_opened"
    ITEM_SETTLED = "item_settled"
    CONSENSUS = "consensus"
    AMOUNT = "amount"
    VOTE_OPENED = "vote_opened"
    VOTE_CAST = "vote_cast"
    VOTE_CLOSED = "vote_closed"
    VOTE_CANCELLED = "vote_cancelled"
    TIE_BROKEN = "tie_broken"
    LOT_DRAWN = "lot_drawn"
    ADJOURNED = "adjourned"
    CLOSED = "closed"


class Entry(Base):
    """One line of the log: appended, never changed (the database refuses). `person_id`: whom it is about, who may be
    another than the one who wrote it."""

    __tablename__ = "session_log"
    __table_args__ = (Index("ix_session_log_item", "item_id"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("commission_session.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[Happening]
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("agenda_item.id"))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Minutes(Record):
    """One version of what the session's log says, frozen; `changes`: what a later version corrects. `sha256` is that of
    the canonical content, which is what is signed."""

    __tablename__ = "minutes"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        CheckConstraint("(number = 1) = (changes = '')", name="later_ones_say_what_changed"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("commission_session.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    changes: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(String(64))
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    session: Mapped[Session] = relationship(lazy="raise_on_sql")
    signatures: Mapped[list["MinutesSignature"]] = relationship(
        order_by="MinutesSignature.created_at", cascade="all, delete-orphan", lazy="raise_on_sql"
    )


class MinutesSignature(Record):
    """One person's signature under one version, with the name they bore and the hash they signed."""

    __tablename__ = "minutes_signature"
    __table_args__ = (UniqueConstraint("minutes_id", "person_id"),)

    minutes_id: Mapped[UUID] = mapped_column(ForeignKey("minutes.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    led: Mapped[bool]
    sha256: Mapped[str] = mapped_column(String(64))
