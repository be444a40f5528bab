"""Persons, how they signed in, what roles they hold, and the organisations they speak for."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.types import Money, sort_key


class Role(StrEnum):
    """What a person does for the fund. Applicants need none: they speak for an organisation."""

    ADMIN = "admin"
    FUND_MANAGER = "fund_manager"
    OFFICER = "officer"
    COMMITTEE = "committee"
    CHAIR = "chair"
    REVIEWER = "reviewer"
    AUTHORISING_OFFICER = "authorising_officer"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"


ROLE_LABELS = {
    Role.ADMIN: N_("Administrator"),
    Role.FUND_MANAGER: N_("Fund manager"),
    Role.OFFICER: N_("Programme officer"),
    Role.COMMITTEE: N_("Member of the strategic committee"),
    Role.CHAIR: N_("Commission chair"),
    Role.REVIEWER: N_("Reviewer"),
    Role.AUTHORISING_OFFICER: N_("Authorising officer"),
    Role.ACCOUNTANT: N_("Accountant"),
    Role.AUDITOR: N_("Auditor"),
}
COMMISSION_ROLES = frozenset({Role.CHAIR, Role.REVIEWER})


class Person(Record):
    """Somebody with an e-mail address. Signs in once the address is confirmed and unless disabled."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        Index("ix_person_domain", text("split_part(email, '@', 2)")),
    )

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(index=True)
    password_hash: Mapped[str | None]
    locale: Mapped[str | None] = mapped_column(String(2))
    confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    # Alone among relationships it may load by itself: a refusal rolls back, and its page still shows the reader's menu.
    appointments: Mapped[list["Appointment"]] = relationship(
        back_populates="person", foreign_keys="Appointment.person_id"
    )

    is_authenticated = True  # what Flask-Login asks of a person
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None and self.confirmed_at is not None

    def get_id(self) -> str:
        return str(self.id)

    def holds(
        self, role: Role, cluster_id: UUID | None = None, fund_id: UUID | None = None, commission_id: UUID | None = None
    ) -> bool:
        """Whether one of this person's appointments covers the place named; None asks for any place."""
        return any(
            one.role == role
            and (cluster_id is None or one.cluster_id == cluster_id)
            and (fund_id is None or one.fund_id in (None, fund_id))
            and (commission_id is None or one.commission_id == commission_id)
            for one in self.appointments
        )

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(one.role for one in self.appointments)


class Appointment(Record):
    """A role held somewhere: everywhere (administrator), in a cluster, for one of its funds, or in a commission."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("(role = 'admin') = (cluster_id IS NULL)", name="admin_is_everywhere"),
        CheckConstraint("(role IN ('chair', 'reviewer')) = (commission_id IS NOT NULL)", name="commission_roles"),
        CheckConstraint("fund_id IS NULL OR commission_id IS NULL", name="fund_or_commission"),
        UniqueConstraint(
            "person_id", "role", "cluster_id", "fund_id", "commission_id", postgresql_nulls_not_distinct=True
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role]
    cluster_id: Mapped[UUID | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    fund_id: Mapped[UUID | None] = mapped_column(ForeignKey("fund.id"), index=True)
    commission_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission.id"), index=True)
    appointed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(back_populates="appointments", foreign_keys=[person_id], lazy="raise_on_sql")


class SignIn(Record):
    """One signed-in browser. The cookie carries the token, the row only its hash; deleting the row signs out."""

    __tablename__ = "sign_in"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    browser: Mapped[str]
    address: Mapped[str]

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Purpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"
    INVITE = "invite"


class EmailLink(Record):
    """A single-use link sent by mail; signed with the secret key, so that no table holds a usable token."""

    __tablename__ = "email_link"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[Purpose]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class CalendarFeed(Record):
    """The secret address of a person's dates: at most one; the row keeps the hash of its token alone."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class ParkedForm(Record):
    """What somebody typed and sent signed out, kept a day for the browser that sent it.

    `sealed` opens with a key that only the cookie of that browser holds; the row keeps the key's hash alone.
    `person_id` is whose session had ended, None when nobody is known.
    """

    __tablename__ = "parked_form"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    path: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OrganisationKind(StrEnum):
    STARTUP = "startup"
    COMPANY = "company"
    ASSOCIATION = "association"
    UNIVERSITY = "university"
    LABORATORY = "laboratory"
    TRAINING = "training"
    OPERATOR = "operator"
    OTHER = "other"


ORGANISATION_LABELS = {
    OrganisationKind.STARTUP: N_("Start-up"),
    OrganisationKind.COMPANY: N_("Company"),
    OrganisationKind.ASSOCIATION: N_("Association"),
    OrganisationKind.UNIVERSITY: N_("University"),
    OrganisationKind.LABORATORY: N_("Research laboratory"),
    OrganisationKind.TRAINING: N_("Training institution"),
    OrganisationKind.OPERATOR: N_("Operator"),
    OrganisationKind.OTHER: N_("Other organisation"),
}


class Sector(StrEnum):
    """Where an organisation is mainly active."""

    SOFTWARE = "software"
    HEALTH = "health"
    AGRICULTURE = "agriculture"
    EDUCATION = "education"
    ENERGY = "energy"
    FINANCE = "finance"
    INDUSTRY = "industry"
    TRANSPORT = "transport"
    TOURISM = "tourism"
    CULTURE = "culture"
    COMMERCE = "commerce"
    OTHER = "other"

    @property
    def label(self) -> Text:
        return SECTOR_LABELS[self]


SECTOR_LABELS = {
    Sector.SOFTWARE: N_("Software and digital services"),
    Sector.HEALTH: N_("Health"),
    Sector.AGRICULTURE: N_("Agriculture and food"),
    Sector.EDUCATION: N_("Education and training"),
    Sector.ENERGY: N_("Energy and environment"),
    Sector.FINANCE: N_("Finance and insurance"),
    Sector.INDUSTRY: N_("Industry"),
    Sector.TRANSPORT: N_("Transport and logistics"),
    Sector.TOURISM: N_("Tourism and crafts"),
    Sector.CULTURE: N_("Culture and media"),
    Sector.COMMERCE: N_("Commerce and services"),
    Sector.OTHER: N_("Other sector"),
}


class Organisation(Record):
    """Who applies and who receives. `matching_key` is the normalised name that imports match by.

    `tax_id` is the IF (Morocco), the NIF (Algeria), the NCC (Côte d’Ivoire); `social_id` the number at the social
    security (CNSS). What eligibility rules ask may be unknown: `founded_on`, `staff`, the turnover of a year, the
    sector, and the group of companies it declares (`group_key` is that name as it is compared).
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("(rc_number IS NULL) = (rc_court IS NULL)", name="rc_has_its_court"),
        CheckConstraint("staff >= 0", name="staff_not_negative"),
        CheckConstraint("turnover_minor >= 0", name="turnover_not_negative"),
        CheckConstraint(
            "(turnover_minor IS NULL) = (turnover_currency IS NULL)"
            " AND (turnover_minor IS NULL) = (turnover_year IS NULL)",
            name="turnover_has_currency_and_year",
        ),
        CheckConstraint("(group_name IS NULL) = (group_key IS NULL)", name="group_has_its_key"),
        UniqueConstraint("rc_court", "rc_number"),
        Index("ix_organisation_matching_key", "matching_key"),
    )

    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(index=True)
    matching_key: Mapped[str]
    kind: Mapped[OrganisationKind]
    country: Mapped[str] = mapped_column(String(2))
    city: Mapped[str | None]
    ice: Mapped[str | None] = mapped_column(String(15), unique=True)
    rc_court: Mapped[str | None]
    rc_number: Mapped[str | None]
    tax_id: Mapped[str | None]
    social_id: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    founded_on: Mapped[date | None]
    staff: Mapped[int | None]
    turnover_minor: Mapped[int | None]
    turnover_currency: Mapped[str | None] = mapped_column(String(3))
    turnover_year: Mapped[int | None]
    sector: Mapped[Sector | None]
    group_name: Mapped[str | None]
    group_key: Mapped[str | None] = mapped_column(index=True)

    @property
    def turnover(self) -> Money | None:
        """Of the year `turnover_year`, without VAT."""
        if self.turnover_minor is None or self.turnover_currency is None:
            return None
        return Money(self.turnover_minor, self.turnover_currency)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="organisation", lazy="raise_on_sql")


class Right(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


RIGHT_LABELS = {Right.OWNER: N_("Owner"), Right.EDITOR: N_("Editor"), Right.READER: N_("Reader")}
RIGHT_MEANINGS = {
    Right.OWNER: N_("Writes, submits, signs, and decides who else speaks for the organisation."),
    Right.EDITOR: N_("Reads and writes; does not submit or sign."),
    Right.READER: N_("Reads only."),
}


class Membership(Record):
    """What a person may do for an organisation: an owner submits and signs, an editor writes, a reader reads."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    right: Mapped[Right]

    organisation: Mapped[Organisation] = relationship(back_populates="memberships", lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Invitation(Record):
    """Somebody asked by e-mail to speak for an organisation. The mail carries a signed link, the row says if it counts.

    It counts once: until it is accepted, withdrawn or too old. A renewed one is a new row, so the older link is void.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by_id IS NULL)", name="accepted_by_somebody"),
        CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),
        Index(
            "uq_invitation_one_pending",
            "organisation_id",
            "email",
            unique=True,
            postgresql_where="accepted_at IS NULL AND withdrawn_at IS NULL",
        ),
        Index("ix_invitation_email", "email", "created_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    email: Mapped[str]
    right: Mapped[Right]
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    invited_by: Mapped[Person] = relationship(foreign_keys=[invited_by_id], lazy="raise_on_sql")

    @property
    def pending(self) -> bool:
        """Neither accepted nor withdrawn; perhaps too old."""
        return self.accepted_at is None and self.withdrawn_at is None


@event.listens_for(Person.name, "set")
@event.listens_for(Organisation.name, "set")
def _sort_by_name(record: Any, name: str, *_: Any) -> None:
    record.sort_key = sort_key(name)
