"""What an organisation keeps once and uses in every application: its bank accounts, directors and
shareholders, documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, event, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from grants.applications.models import PRIVATE, Application, Partner
from grants.calls.models import Call, RequiredDocument
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.core.types import sort_key
from grants.funds.models import Fund
from grants.people.models import Organisation, Person


class AccountState(StrEnum):
    WAITING = "waiting"
    VERIFIED = "verified"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


ACCOUNT_LABELS = {
    AccountState.WAITING: N_("Awaiting verification"),
    AccountState.VERIFIED: N_("Account verified"),
    AccountState.REFUSED: N_("Account refused"),
    AccountState.REPLACED: N_("Account replaced"),
    AccountState.WITHDRAWN: N_("Account withdrawn"),
}


class BankAccount(Scanned, Record):
    """An account that a grant may be paid to once somebody else than its giver has verified it.

    Never changed: what changes is given as a new account that `replaces` this one, which stays until the new one is
    verified. `number` is as grants.profiles.bank keeps it and is loaded by nobody but the page that verifies it; every
    other page shows `ending`, its last four characters.
    """

    __tablename__ = "bank_account"
    __table_args__ = (
        CheckConstraint("ending = right(number, 4)", name="ending_of_the_number"),
        CheckConstraint("size > 0", name="certificate_not_empty"),
        CheckConstraint("decided_by_id <> given_by_id", name="four_eyes"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint(
            "state NOT IN ('verified', 'refused', 'replaced') OR decided_at IS NOT NULL", name="decided_once_decided"
        ),
        CheckConstraint("state <> 'waiting' OR decided_at IS NULL", name="undecided_while_waiting"),
        CheckConstraint("(state = 'refused') = (refusal_reason IS NOT NULL)", name="refused_with_a_reason"),
        Index("ix_bank_account_organisation", "organisation_id", "state"),
        Index("ix_bank_account_number", "number"),
        Index(
            "uq_bank_account_one_waiting",
            "organisation_id",
            "country",
            "number",
            unique=True,
            postgresql_where="state = 'waiting'",
        ),
        Index(
            "uq_bank_account_one_verified",
            "organisation_id",
            "country",
            "number",
            unique=True,
            postgresql_where="state = 'verified'",
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_account.id"))
    state: Mapped[AccountState] = mapped_column(default=AccountState.WAITING)
    holder: Mapped[str]
    bank: Mapped[str]
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(34), deferred=True, deferred_raiseload=True)
    ending: Mapped[str] = mapped_column(String(4))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    given_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    refusal_reason: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    applied_to: Mapped[list[Fund]] = relationship(  # the funds whose accountants may verify it
        secondary=lambda: Application.__table__.join(Call.__table__, Call.id == Application.call_id),
        primaryjoin=lambda: and_(
            foreign(Application.__table__.c.organisation_id) == BankAccount.organisation_id,
            Application.state.not_in(PRIVATE),
            Application.submitted_at.is_not(None),
        ),
        secondaryjoin=lambda: foreign(Call.__table__.c.fund_id) == Fund.id,
        viewonly=True,
        lazy="raise_on_sql",
    )
    given_by: Mapped[Person] = relationship(foreign_keys=[given_by_id], lazy="raise_on_sql")
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id], lazy="raise_on_sql")

    @property
    def masked(self) -> str:
        """What every page shows of the number."""
        return f"•••• {self.ending}"


@dataclass(frozen=True)
class Profile:
    """An organisation and the funds it has applied to, alone or as a partner: who follows one reads what it keeps."""

    organisation: Organisation
    applied_to: Sequence[Fund]


class Stakeholder(Record):
    """A director or shareholder, by name: enough to see a conflict of interest, and no more. Share: 12,5 % is 1250."""

    __tablename__ = "stakeholder"
    __table_args__ = (
        UniqueConstraint("organisation_id", "position"),
        CheckConstraint("share BETWEEN 1 AND 10000", name="share_of_the_whole"),
        Index(
            "ix_stakeholder_words",
            text("string_to_array(translate(sort_key, '-''’', '   '), ' ')"),
            postgresql_using="gin",
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    position: Mapped[int]
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    share: Mapped[int | None]


@event.listens_for(Stakeholder.name, "set")
def _sort_by_name(stakeholder: Any, name: str, *_: Any) -> None:
    stakeholder.sort_key = sort_key(name)


class KeptKind(StrEnum):
    ARTICLES = "articles"
    TAX = "tax"
    SOCIAL = "social"
    ACCOUNTS = "accounts"
    OTHER = "other"


KEPT_LABELS = {
    KeptKind.ARTICLES: N_("Articles of association"),
    KeptKind.TAX: N_("Tax certificate"),
    KeptKind.SOCIAL: N_("CNSS certificate"),
    KeptKind.ACCOUNTS: N_("Annual accounts"),
    KeptKind.OTHER: N_("Other document"),
}


class KeptDocument(Scanned, Record):
    """One version of a document that an organisation keeps for its applications; its bytes are under their SHA-256.

    `series_id` joins the versions of one document: the one that has not ended is current. `expires_on` is its last day.
    """

    __tablename__ = "kept_document"
    __table_args__ = (
        CheckConstraint("size > 0", name="not_empty"),
        Index("ix_kept_document_organisation", "organisation_id", "kind"),
        Index("uq_kept_document_one_current", "series_id", unique=True, postgresql_where="ended_at IS NULL"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    series_id: Mapped[UUID]
    kind: Mapped[KeptKind]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    expires_on: Mapped[date | None]
    kept_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    kept_by: Mapped[Person] = relationship(lazy="raise_on_sql")

    def expired(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on < today


@dataclass(frozen=True)
class Attachment:
    """A kept document on its way into a draft of the same organisation; `required` is what the call asks it for.

    With a `partner` it is the partner's own, for the part it has in the draft.
    """

    application: Application
    kept: KeptDocument
    required: RequiredDocument | None = None
    partner: Partner | None = None
