"""Where money stands, how it may move, and the words for both."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from grants.core.i18n import N_, Text
from grants.core.types import Money


class Stage(StrEnum):
    """The chain along which money moves, in order. Downstream of `source`, nothing is ever negative."""

    SOURCE = "source"
    AVAILABLE = "available"
    CALL = "call"
    COMMISSION = "commission"
    RESERVED = "reserved"
    COMMITTED = "committed"
    PAYABLE = "payable"
    ORDERED = "ordered"
    REMITTED = "remitted"
    PAID = "paid"
    TO_REPAY = "to_repay"
    REPAID = "repaid"
    TO_RECOVER = "to_recover"
    RECOVERED = "recovered"
    LAPSED = "lapsed"

    @property
    def label(self) -> Text:
        return STAGE_LABELS[self]

    @property
    def depth(self) -> int:
        """How many of call, commission, grant and instalment name an account of this stage."""
        return {Stage.SOURCE: 0, Stage.AVAILABLE: 0, Stage.LAPSED: 0, Stage.CALL: 1, Stage.COMMISSION: 2}.get(
            self, 3 if self in (Stage.RESERVED, Stage.COMMITTED) else 4
        )


STAGE_LABELS = {
    Stage.SOURCE: N_("Appropriations"),
    Stage.AVAILABLE: N_("Available in the fund"),
    Stage.CALL: N_("Allocated to the call"),
    Stage.COMMISSION: N_("Available to the commission"),
    Stage.RESERVED: N_("Reserved"),
    Stage.COMMITTED: N_("Committed, not yet verified"),
    Stage.PAYABLE: N_("Verified, not yet ordered"),
    Stage.ORDERED: N_("Ordered, not yet sent to the bank"),
    Stage.REMITTED: N_("Sent to the bank"),
    Stage.PAID: N_("Paid"),
    Stage.TO_REPAY: N_("To be repaid"),
    Stage.REPAID: N_("Repaid"),
    Stage.TO_RECOVER: N_("To be recovered"),
    Stage.RECOVERED: N_("Recovered"),
    Stage.LAPSED: N_("Lapsed or de-committed, to be returned to the fund"),
}


class Kind(StrEnum):
    """What an operation does; the ledger's `rule` table says between which stages."""

    ENDOW = "endow"
    ALLOCATE_CALL = "allocate_call"
    ALLOCATE_COMMISSION = "allocate_commission"
    DEALLOCATE = "deallocate"
    RESERVE = "reserve"
    RELEASE = "release"
    COMMIT = "commit"
    DECOMMIT = "decommit"
    LIQUIDATE = "liquidate"
    UNLIQUIDATE = "unliquidate"
    ORDER = "order"
    REJECT_ORDER = "reject_order"
    REMIT = "remit"
    REJECT_REMITTANCE = "reject_remittance"
    PAY = "pay"
    RETURN_PAYMENT = "return_payment"
    SCHEDULE_REPAYMENT = "schedule_repayment"
    REPAY = "repay"
    CLAIM = "claim"
    WAIVE = "waive"
    RECOVER = "recover"
    LAPSE = "lapse"
    RECYCLE = "recycle"
    REVERSE = "reverse"

    @property
    def label(self) -> Text:
        return KIND_LABELS[self]


KIND_LABELS = {
    Kind.ENDOW: N_("Appropriation"),
    Kind.ALLOCATE_CALL: N_("Allocation to a call"),
    Kind.ALLOCATE_COMMISSION: N_("Allocation to a commission"),
    Kind.DEALLOCATE: N_("Allocation taken back"),
    Kind.RESERVE: N_("Reservation"),
    Kind.RELEASE: N_("Reservation released"),
    Kind.COMMIT: N_("Commitment"),
    Kind.DECOMMIT: N_("De-commitment"),
    Kind.LIQUIDATE: N_("Verification"),
    Kind.UNLIQUIDATE: N_("Verification withdrawn"),
    Kind.ORDER: N_("Payment order"),
    Kind.REJECT_ORDER: N_("Payment order returned"),
    Kind.REMIT: N_("Sending to the bank"),
    Kind.REJECT_REMITTANCE: N_("Refused by the bank before payment"),
    Kind.PAY: N_("Payment"),
    Kind.RETURN_PAYMENT: N_("Payment returned by the bank"),
    Kind.SCHEDULE_REPAYMENT: N_("Repayment scheduled"),
    Kind.REPAY: N_("Repayment"),
    Kind.CLAIM: N_("Recovery order"),
    Kind.WAIVE: N_("Recovery waived"),
    Kind.RECOVER: N_("Recovery"),
    Kind.LAPSE: N_("Lapse at the close of a year"),
    Kind.RECYCLE: N_("Return to the fund"),
    Kind.REVERSE: N_("Reversal"),
}


@dataclass(frozen=True)
class Place:
    """One account of a fund: a stage and exactly the dimensions that stage has; anything else raises ValueError."""

    stage: Stage
    call_id: UUID | None = None
    commission_id: UUID | None = None
    grant_id: UUID | None = None
    tranche_id: UUID | None = None

    def __post_init__(self) -> None:
        if [one is not None for one in self.dimensions] != [position < self.stage.depth for position in range(4)]:
            raise ValueError(f"{self.stage} is named by {self.stage.depth} of call, commission, grant, instalment")

    @property
    def dimensions(self) -> tuple[UUID | None, UUID | None, UUID | None, UUID | None]:
        return (self.call_id, self.commission_id, self.grant_id, self.tranche_id)

    @property
    def address(self) -> str:
        """As the database writes it in `account.place`."""
        return "/".join([self.stage.value, *(str(one) for one in self.dimensions if one is not None)])

    @classmethod
    def source(cls) -> Self:
        return cls(Stage.SOURCE)

    @classmethod
    def available(cls) -> Self:
        return cls(Stage.AVAILABLE)

    @classmethod
    def lapsed(cls) -> Self:
        return cls(Stage.LAPSED)

    @classmethod
    def call(cls, call: UUID) -> Self:
        return cls(Stage.CALL, call)

    @classmethod
    def commission(cls, call: UUID, commission: UUID) -> Self:
        return cls(Stage.COMMISSION, call, commission)

    @classmethod
    def reserved(cls, call: UUID, commission: UUID, grant: UUID) -> Self:
        return cls(Stage.RESERVED, call, commission, grant)

    @classmethod
    def committed(cls, call: UUID, commission: UUID, grant: UUID) -> Self:
        return cls(Stage.COMMITTED, call, commission, grant)

    @classmethod
    def payable(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.PAYABLE, call, commission, grant, tranche)

    @classmethod
    def ordered(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.ORDERED, call, commission, grant, tranche)

    @classmethod
    def remitted(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.REMITTED, call, commission, grant, tranche)

    @classmethod
    def paid(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.PAID, call, commission, grant, tranche)

    @classmethod
    def to_recover(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.TO_RECOVER, call, commission, grant, tranche)

    @classmethod
    def recovered(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.RECOVERED, call, commission, grant, tranche)

    @classmethod
    def to_repay(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.TO_REPAY, call, commission, grant, tranche)

    @classmethod
    def repaid(cls, call: UUID, commission: UUID, grant: UUID, tranche: UUID) -> Self:
        return cls(Stage.REPAID, call, commission, grant, tranche)


@dataclass(frozen=True)
class Line:
    """One movement of an operation."""

    source: Place
    target: Place
    amount: Money


def reversed_lines(lines: Iterable[Line]) -> list[Line]:
    """The mirror of an operation, line for line: what a reversal must post."""
    return [Line(line.target, line.source, line.amount) for line in lines]
