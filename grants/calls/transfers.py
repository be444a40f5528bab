"""What the strategic committee moved from one commission's envelope to another's within a call."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, case, func, select, tuple_
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from grants.calls.credit_moves import CreditMove, CreditMoveState
from grants.calls.models import Call, Envelope
from grants.clusters.models import Commission
from grants.core.db import Record, db
from grants.core.types import Money, MoneyOf
from grants.people.models import Person


class EnvelopeTransfer(Record):
    """One transfer, with its reason. The published envelope stays as it was; the ledger holds the money.

    `number` counts the transfers of a call from one: the operations in the ledger carry it in their document.
    """

    __tablename__ = "envelope_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("source_id <> target_id", name="between_two"),
        CheckConstraint("reason <> ''", name="has_its_reason"),
        Index("uq_envelope_transfer_call_number", "call_id", "number", unique=True),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    number: Mapped[int]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    reason: Mapped[str]
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    source: Mapped[Commission] = relationship(foreign_keys=[source_id], lazy="raise_on_sql")
    target: Mapped[Commission] = relationship(foreign_keys=[target_id], lazy="raise_on_sql")
    decided_by: Mapped[Person] = relationship(lazy="raise_on_sql")


def transfers_of(call_id: UUID) -> Sequence[EnvelopeTransfer]:
    """In the order in which they were decided; one query."""
    parts = [joinedload(getattr(EnvelopeTransfer, name)) for name in ("source", "target", "decided_by")]
    found = select(EnvelopeTransfer).where(EnvelopeTransfer.call_id == call_id).options(*parts)
    return db.session.scalars(found.order_by(EnvelopeTransfer.number)).all()


def envelope_of(call: Call, commission_id: UUID) -> Money:
    """What a commission may propose in a call: the envelope published, and what transfers brought less what they took,
    those of the committee and those confirmed between the fund and its calls; one query."""
    theirs = select(Envelope.amount_minor).where(Envelope.call_id == call.id, Envelope.commission_id == commission_id)
    signed = case(
        (EnvelopeTransfer.target_id == commission_id, EnvelopeTransfer.amount_minor),
        (EnvelopeTransfer.source_id == commission_id, -EnvelopeTransfer.amount_minor),
        else_=0,
    )
    moved = select(func.sum(signed)).where(EnvelopeTransfer.call_id == call.id)
    here = (call.id, commission_id)
    arrives = tuple_(CreditMove.target_call_id, CreditMove.target_commission_id) == here
    leaves = tuple_(CreditMove.source_call_id, CreditMove.source_commission_id) == here
    credit = select(
        func.sum(case((arrives, CreditMove.amount_minor), (leaves, -CreditMove.amount_minor), else_=0))
    ).where(CreditMove.fund_id == call.fund_id, CreditMove.state == CreditMoveState.CONFIRMED)
    one, two, three = (func.coalesce(part.scalar_subquery(), 0) for part in (theirs, moved, credit))
    return Money(int(db.session.scalars(select(one + two + three)).one()), call.currency)
