"""The invoices a claim is made of, each with its proof of payment, and what the programme officer said of each."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.scans import Scanned
from grants.core.types import Money, MoneyOf

if TYPE_CHECKING:
    from grants.awards.models.claim import Claim


class Means(StrEnum):
    """How an invoice was paid."""

    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CARD = "card"
    DEBIT = "debit"
    BILL = "bill"
    CASH = "cash"


MEANS_LABELS = {
    Means.TRANSFER: N_("Bank transfer"),
    Means.CHEQUE: N_("Cheque"),
    Means.CARD: N_("Bank card"),
    Means.DEBIT: N_("Direct debit"),
    Means.BILL: N_("Bill of exchange"),
    Means.CASH: N_("Cash"),
}


class Verdict(StrEnum):
    """What the programme officer says of an invoice."""

    ACCEPTED = "accepted"
    REDUCED = "reduced"
    REJECTED = "rejected"


VERDICT_LABELS = {
    Verdict.ACCEPTED: N_("Accepted in full"),
    Verdict.REDUCED: N_("Reduced"),
    Verdict.REJECTED: N_("Rejected"),
}


class Invoice(Record):
    """An invoice, or the part of one charged to one budget line, complete or not until the claim is submitted.

    `net` without VAT; `accepted` of it without VAT. `organisation_id` is whoever of the project spent it. The keys are
    number and supplier as duplicates are looked for: without case, accents, spaces or punctuation.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("claim_id", "position", deferrable=True, initially="DEFERRED"),
        CheckConstraint("net_minor > 0", name="net_positive"),
        CheckConstraint("vat_minor >= 0", name="vat_not_negative"),
        CheckConstraint(
            "(verdict IS NULL) = (accepted_minor IS NULL) AND (verdict IS NULL) = (checked_by_id IS NULL)",
            name="verdict_whole",
        ),
        CheckConstraint(
            "verdict IS NULL OR verdict = 'accepted' AND accepted_minor = net_minor"
            " OR verdict = 'reduced' AND accepted_minor > 0 AND accepted_minor < net_minor"
            " OR verdict = 'rejected' AND accepted_minor = 0",
            name="amount_as_the_verdict",
        ),
        CheckConstraint("verdict IS NULL OR verdict = 'accepted' OR reason <> ''", name="reduction_has_reason"),
        Index("ix_invoice_number_net", "number_key", "net_minor"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    position: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    budget_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("budget_line.id"))
    number: Mapped[str] = mapped_column(default="")
    supplier: Mapped[str] = mapped_column(default="")
    supplier_identifier: Mapped[str] = mapped_column(default="")
    number_key: Mapped[str] = mapped_column(default="")
    supplier_key: Mapped[str] = mapped_column(default="")
    identifier_key: Mapped[str] = mapped_column(default="")
    dated: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int | None]
    net = MoneyOf()
    vat_minor: Mapped[int | None]
    vat = MoneyOf()
    paid_on: Mapped[date | None]
    means: Mapped[Means | None]
    verdict: Mapped[Verdict | None]
    accepted_minor: Mapped[int | None]
    accepted = MoneyOf()
    reason: Mapped[str] = mapped_column(default="")
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    claim: Mapped["Claim"] = relationship(lazy="raise_on_sql")
    files: Mapped[list["InvoiceFile"]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", lazy="raise_on_sql"
    )

    @property
    def gross(self) -> Money | None:
        return None if self.net_minor is None else Money(self.net_minor + (self.vat_minor or 0), self.currency)

    @property
    def accepted_vat(self) -> Money:
        """The VAT of what was accepted, in proportion, half up."""
        if not self.net_minor or self.accepted_minor is None:
            return Money(0, self.currency)
        vat = self.vat_minor or 0
        return Money((2 * vat * self.accepted_minor + self.net_minor) // (2 * self.net_minor), self.currency)

    def file(self, purpose: "Purpose") -> "InvoiceFile | None":
        return next((one for one in self.files if one.purpose == purpose), None)


class Purpose(StrEnum):
    INVOICE = "invoice"
    PAYMENT = "payment"

    @property
    def label(self) -> Text:
        return PURPOSE_LABELS[self]


PURPOSE_LABELS = {
    Purpose.INVOICE: N_("Invoice"),
    Purpose.PAYMENT: N_("Proof of payment"),
}


class InvoiceFile(Scanned, Record):
    """The invoice itself, or the proof that it was paid."""

    __tablename__ = "invoice_file"
    __table_args__ = (UniqueConstraint("invoice_id", "purpose"), Index("ix_invoice_file_sha256", "sha256"))

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    sent_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    invoice: Mapped[Invoice] = relationship(back_populates="files", lazy="raise_on_sql")
