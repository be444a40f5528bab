"""Who sits in a commission for a call, what each knows, when each is away, and which applications each would take."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import Base, Record
from grants.core.i18n import N_, Text, Words
from grants.core.types import new_id
from grants.people.models import Person

USUAL_LOAD = 20  # reviews in a call that nobody is asked to pass, unless the seat says otherwise


class SeatState(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SILENT = "silent"
    WITHDRAWN = "withdrawn"


SEAT_LABELS = {
    SeatState.INVITED: N_("Invited"),
    SeatState.ACCEPTED: N_("Has accepted"),
    SeatState.DECLINED: N_("Has declined"),
    SeatState.SILENT: N_("Has not answered"),
    SeatState.WITHDRAWN: N_("Withdrawn"),
}
LEFT = frozenset({SeatState.DECLINED, SeatState.SILENT})  # somebody else is proposed


class PanelSeat(Record):
    """A person's seat in a commission for one call, from the invitation on.

    Whoever holds the role of reviewer in the commission sits without one too; a seat that is not accepted keeps them
    out of this call. `least` and `most` are numbers of reviews in the call (None: none, USUAL_LOAD). The seat holds
    from `starts_on` to `ends_on`, whole days (None: without end). `link_id` is what the links of the last invitation
    carry: a newer invitation makes them void; so does `answer_by`. `in_place_of` is the seat whose holder declined or
    fell silent.
    """

    __tablename__ = "panel_seat"
    __table_args__ = (
        UniqueConstraint("call_id", "commission_id", "person_id"),
        CheckConstraint(
            "state NOT IN ('accepted', 'declined') OR answered_at IS NOT NULL", name="answered_at_some_time"
        ),
        CheckConstraint("reason IS NULL OR state = 'declined'", name="reason_of_a_refusal"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_its_start"),
        CheckConstraint("most BETWEEN 1 AND 500", name="most_plausible"),
        CheckConstraint("least BETWEEN 0 AND 500", name="least_plausible"),
        CheckConstraint("least <= most", name="least_within_most"),
        CheckConstraint("in_place_of_id <> id", name="in_place_of_another"),
        Index("ix_panel_seat_answer_by", "answer_by", postgresql_where="state = 'invited'"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[SeatState] = mapped_column(default=SeatState.INVITED)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    least: Mapped[int | None]
    most: Mapped[int | None]
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    invited_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    link_id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    in_place_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("panel_seat.id"), unique=True)

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")
    invited_by: Mapped[Person] = relationship(foreign_keys=[invited_by_id], lazy="raise_on_sql")

    @property
    def is_over(self) -> bool:
        """Its last day is past."""
        return self.ends_on is not None and self.ends_on < now().date()


class Topic(Record):
    """A subject within a commission's theme. `words` are beginnings of words, in any language, that betray it in a
    title or a summary; they are kept as grants.core.types.sort_key writes them."""

    __tablename__ = "topic"
    __table_args__ = (UniqueConstraint("commission_id", "position"), CheckConstraint("position > 0", name="from_one"))

    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    position: Mapped[int]
    name: Mapped[Words]
    words: Mapped[list[Any]] = mapped_column(default=list)

    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")


class Expertise(Record):
    """What a person says they know: free `keywords`, and topics (ExpertiseTopic)."""

    __tablename__ = "expertise"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    keywords: Mapped[list[Any]] = mapped_column(default=list)


class ExpertiseTopic(Base):
    """This person knows this topic."""

    __tablename__ = "expertise_topic"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, index=True)


class Absence(Record):
    """Days on which a person reviews nothing, the first and the last included."""

    __tablename__ = "absence"
    __table_args__ = (
        UniqueConstraint("person_id", "starts_on", "ends_on"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_its_start"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class BidLevel(StrEnum):
    EAGER = "eager"
    WILLING = "willing"
    NEUTRAL = "neutral"
    RELUCTANT = "reluctant"
    UNABLE = "unable"

    @property
    def label(self) -> Text:
        return BID_LABELS[self]


BID_LABELS = {
    BidLevel.EAGER: N_("Eager"),
    BidLevel.WILLING: N_("Willing"),
    BidLevel.NEUTRAL: N_("Neutral"),
    BidLevel.RELUCTANT: N_("Reluctant"),
    BidLevel.UNABLE: N_("Not able"),
}


class Bid(Record):
    """How gladly a reviewer would take an application. A conflict of interest is no bid: it is declared."""

    __tablename__ = "bid"
    __table_args__ = (UniqueConstraint("application_id", "person_id"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    level: Mapped[BidLevel]
