"""Credit on its way between the fund and its calls: the fund manager proposes, the strategic committee confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Record, db
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.core.types import MoneyOf
from grants.funds import queries as funds
from grants.funds.models import Fund
from grants.funds.policy import serves
from grants.people.models import Person, Role


class CreditMoveState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


MOVE_LABELS = {
    CreditMoveState.PROPOSED: N_("Before the committee"),
    CreditMoveState.CONFIRMED: N_("Confirmed"),
    CreditMoveState.REFUSED: N_("Refused"),
}


@dataclass(frozen=True)
class End:
    """The fund (neither given), a call's own credit, or the envelope of a commission in it."""

    call_id: UUID | None = None
    commission_id: UUID | None = None


class CreditMove(Record):
    """A transfer between two ends; `number` counts those of the fund from one, the ledger's document carries it.

    Transfers between commissions of one call are the committee's own (grants.calls.transfers).
    """

    __tablename__ = "credit_move"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("reason <> ''", name="has_its_reason"),
        CheckConstraint(
            "(source_call_id, source_commission_id) IS DISTINCT FROM (target_call_id, target_commission_id)",
            name="between_two",
        ),
        CheckConstraint(
            "(source_commission_id IS NULL OR source_call_id IS NOT NULL)"
            " AND (target_commission_id IS NULL OR target_call_id IS NOT NULL)",
            name="commission_of_a_call",
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_by_id IS NULL) AND (decided_by_id IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(state = 'refused') = (answer IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("proposed_by_id <> decided_by_id", name="four_eyes"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    state: Mapped[CreditMoveState] = mapped_column(default=CreditMoveState.PROPOSED)
    source_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    source_commission_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission.id"))
    target_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    target_commission_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    reason: Mapped[str]
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    source_call: Mapped[Call | None] = relationship(foreign_keys=[source_call_id], lazy="raise_on_sql")
    target_call: Mapped[Call | None] = relationship(foreign_keys=[target_call_id], lazy="raise_on_sql")
    source_commission: Mapped[Commission | None] = relationship(
        foreign_keys=[source_commission_id], lazy="raise_on_sql"
    )
    target_commission: Mapped[Commission | None] = relationship(
        foreign_keys=[target_commission_id], lazy="raise_on_sql"
    )
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id], lazy="raise_on_sql")
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id], lazy="raise_on_sql")

    @property
    def source(self) -> End:
        return End(self.source_call_id, self.source_commission_id)

    @property
    def target(self) -> End:
        return End(self.target_call_id, self.target_commission_id)


@policy(Role.FUND_MANAGER)
def propose_credit_move(user: Person, fund: Fund) -> Claims:
    """A fund manager of the fund."""
    yield serves(user, fund, Role.FUND_MANAGER), N_("Only the fund manager proposes to move credit.")


@policy(Role.COMMITTEE)
def confirm_credit_move(user: Person, move: CreditMove) -> Claims:
    """A member of the strategic committee of the fund who did not propose it."""
    yield serves(user, move.fund, Role.COMMITTEE), N_("Only the strategic committee confirms or refuses a transfer.")
    yield user.id != move.proposed_by_id, N_("Whoever proposes a transfer does not confirm it.")


ENDS = ("source_call", "target_call", "source_commission", "target_commission", "proposed_by", "decided_by")


def moves(fund_id: UUID, *, limit: int = 100) -> Sequence[CreditMove]:
    """Newest first, with their ends; one query."""
    found = _whole(select(CreditMove).where(CreditMove.fund_id == fund_id))
    return db.session.scalars(found.order_by(CreditMove.number.desc()).limit(limit)).all()


def move(user: Person, fund_id: UUID, id: UUID) -> CreditMove:
    """One, of a fund that the person sees; raises NoResultFound."""
    funds_seen = funds.visible_to(user).with_only_columns(Fund.id)
    wanted = select(CreditMove).where(
        CreditMove.id == id, CreditMove.fund_id == fund_id, CreditMove.fund_id.in_(funds_seen)
    )
    return db.session.scalars(_whole(wanted)).one()


def _whole(wanted: Select[CreditMove]) -> Select[CreditMove]:
    cluster = joinedload(CreditMove.fund).joinedload(Fund.cluster)
    return wanted.options(cluster, *(joinedload(getattr(CreditMove, name)) for name in ENDS))
