"""Applications, the files attached to them, the partners who take part."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.calls.models import Call, Questionnaire, RequiredDocument
from grants.clusters.models import Commission
from grants.core.db import Base, Record
from grants.core.i18n import N_, Text
from grants.core.scans import Scanned
from grants.core.types import MoneyOf, new_id, sort_key
from grants.people.models import Organisation, Person


class ApplicationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    ADMISSIBLE = "admissible"
    INADMISSIBLE = "inadmissible"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    RANKED = "ranked"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    ApplicationState.DRAFT: N_("Draft"),
    ApplicationState.SUBMITTED: N_("Submitted"),
    ApplicationState.INCOMPLETE: N_("To be completed"),
    ApplicationState.ADMISSIBLE: N_("Admissible"),
    ApplicationState.INADMISSIBLE: N_("Inadmissible"),
    ApplicationState.ELIGIBLE: N_("Eligible"),
    ApplicationState.INELIGIBLE: N_("Ineligible"),
    ApplicationState.IN_REVIEW: N_("In review"),
    ApplicationState.REVIEWED: N_("Reviewed"),
    ApplicationState.RANKED: N_("Ranked"),
    ApplicationState.DECIDED: N_("Decided"),
    ApplicationState.WITHDRAWN: N_("Withdrawn"),
}
EDITABLE = frozenset({ApplicationState.DRAFT, ApplicationState.INCOMPLETE})
PRIVATE = frozenset({ApplicationState.DRAFT})  # nobody but the applicant sees it
REVIEWABLE = frozenset(
    {
        ApplicationState.ELIGIBLE,
        ApplicationState.IN_REVIEW,
        ApplicationState.REVIEWED,
        ApplicationState.RANKED,
        ApplicationState.DECIDED,
    }
)


class PartnerState(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    ACCEDED = "acceded"
    DECLINED = "declined"
    REMOVED = "removed"
    LEFT = "left"


PARTNER_LABELS = {
    PartnerState.INVITED: N_("Invited"),
    PartnerState.ACCEPTED: N_("To accede"),
    PartnerState.ACCEDED: N_("Has acceded"),
    PartnerState.DECLINED: N_("Declined the invitation"),
    PartnerState.REMOVED: N_("Removed by the lead"),
    PartnerState.LEFT: N_("Left the consortium"),
}
TAKING_PART = frozenset({PartnerState.ACCEPTED, PartnerState.ACCEDED})
EXPECTED = TAKING_PART | {PartnerState.INVITED}  # nobody is asked twice at one address


class Application(Record):
    """A project put forward by one organisation in one call. Amounts in the call's currency.

    `sort_key` is the title as lists sort and search it. While a draft is reopened, `submitted_at` and `content_hash`
    are empty again; the reference, once given, stays. An organisation has at most one draft in a call. `answers` are to
    the questions of its `questionnaire`, the version it was written under. `aid_elsewhere` is what the applicant
    declares for the call's ceiling of public aid. Where the call asks for a budget by lines, `cost` and `requested`
    follow from them; `asked` is what the applicant asks when it is less than the most (grants.applications.reckoning).
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("call_id", "reference"),
        CheckConstraint("aid_elsewhere_minor >= 0", name="aid_elsewhere_not_negative"),
        CheckConstraint("requested_minor > 0", name="requested_positive"),
        CheckConstraint("cost_minor > 0", name="cost_positive"),
        CheckConstraint("asked_minor > 0", name="asked_positive"),
        CheckConstraint("duration_months BETWEEN 1 AND 120", name="duration_plausible"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (submitted_at IS NOT NULL AND content_hash IS NOT NULL"
            " AND reference IS NOT NULL AND commission_id IS NOT NULL AND requested_minor IS NOT NULL)",
            name="complete_once_submitted",
        ),
        CheckConstraint("(state = 'incomplete') = (completion_due_at IS NOT NULL)", name="incomplete_has_its_date"),
        Index(  # lists count and sort by what is here, and never touch the long texts
            "ix_application_call_state",
            "call_id",
            "state",
            postgresql_include=[
                "id",
                "commission_id",
                "organisation_id",
                "submitted_at",
                "reference",
                "requested_minor",
            ],
        ),
        Index(
            "ix_application_call_commission",
            "call_id",
            "commission_id",
            postgresql_include=["id", "state", "reference", "requested_minor"],
        ),
        Index(
            "uq_application_one_draft",
            "call_id",
            "organisation_id",
            unique=True,
            postgresql_where="state = 'draft'",
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    commission_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission.id"))
    reference: Mapped[str | None]
    title: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    duration_months: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    cost_minor: Mapped[int | None]
    cost = MoneyOf()
    requested_minor: Mapped[int | None]
    requested = MoneyOf()
    asked_minor: Mapped[int | None]
    asked = MoneyOf()
    state: Mapped[ApplicationState] = mapped_column(default=ApplicationState.DRAFT)
    submitted_at: Mapped[datetime | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    questionnaire_id: Mapped[UUID | None] = mapped_column(ForeignKey("questionnaire.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    aid_elsewhere_minor: Mapped[int | None]
    aid_elsewhere = MoneyOf()
    completion_due_at: Mapped[datetime | None]
    screening_reason: Mapped[str | None]

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    lead: Mapped[Person] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission | None] = relationship(lazy="raise_on_sql")
    questionnaire: Mapped[Questionnaire | None] = relationship(lazy="raise_on_sql")
    documents: Mapped[list["Document"]] = relationship(
        back_populates="application", order_by="Document.created_at", lazy="raise_on_sql"
    )
    partners: Mapped[list["Partner"]] = relationship(
        back_populates="application", order_by="Partner.created_at, Partner.id", lazy="raise_on_sql"
    )

    @property
    def taking_part(self) -> list["Partner"]:
        """The partners whose organisation takes part beside the lead, acceded or not."""
        return [one for one in self.partners if one.state in TAKING_PART]

    lines: Mapped[list["BudgetLine"]] = relationship(  # read by grants.applications.budgets.loaded
        cascade="all, delete-orphan", order_by="BudgetLine.position", lazy="raise_on_sql"
    )
    contributions: Mapped[list["Contribution"]] = relationship(
        cascade="all, delete-orphan", order_by="Contribution.position", lazy="raise_on_sql"
    )


class Document(Scanned, Record):
    """A file attached to an application; its bytes are kept once, under their SHA-256.

    `required` is what the call asked it for, if the call lists its documents; `expires_on` its last day, where the call
    wants it to be recent.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("application_id", "required_id", "sha256", postgresql_nulls_not_distinct=True),
        CheckConstraint("size > 0", name="not_empty"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    required_id: Mapped[UUID | None] = mapped_column(ForeignKey("required_document.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    expires_on: Mapped[date | None]
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(back_populates="documents", lazy="raise_on_sql")
    required: Mapped[RequiredDocument | None] = relationship(lazy="joined")


class ClarificationState(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"


CLARIFICATION_LABELS = {
    ClarificationState.ASKED: N_("Answer awaited"),
    ClarificationState.ANSWERED: N_("Answered"),
    ClarificationState.TAKEN_BACK: N_("Taken back by the fund"),
}


class Clarification(Record):
    """A question of the fund on a submitted file, and the applicant's answer: a draft until it is sent."""

    __tablename__ = "clarification"
    __table_args__ = (
        CheckConstraint("question <> ''", name="not_empty"),
        CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (state = 'answered') = (answered_by_id IS NOT NULL)",
            name="answered_by_somebody",
        ),
        CheckConstraint("state <> 'answered' OR answer <> ''", name="answered_has_its_answer"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[ClarificationState] = mapped_column(default=ClarificationState.ASKED)
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="raise_on_sql")
    files: Mapped[list["ClarificationFile"]] = relationship(
        back_populates="clarification", order_by="ClarificationFile.created_at", lazy="raise_on_sql"
    )

    @property
    def is_answered(self) -> bool:
        return self.state == ClarificationState.ANSWERED

    @property
    def due_here(self) -> datetime:
        """The last moment, on the clock of the application's cluster."""
        return self.due_at.astimezone(self.application.call.fund.cluster.zone)


class ClarificationFile(Scanned, Record):
    """A file that goes with an answer; its bytes are kept once, under their SHA-256."""

    __tablename__ = "clarification_file"
    __table_args__ = (
        UniqueConstraint("clarification_id", "sha256"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    clarification_id: Mapped[UUID] = mapped_column(ForeignKey("clarification.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    clarification: Mapped[Clarification] = relationship(back_populates="files", lazy="raise_on_sql")


class BudgetLine(Record):
    """One cost of a project, complete or not: `net` without VAT, `vat` in hundredths of a percent, `year` from 1.

    `category` is a code of the call's budget rules; `organisation_id` is whoever spends it.
    """

    __tablename__ = "budget_line"
    __table_args__ = (
        UniqueConstraint("application_id", "position"),
        CheckConstraint("net_minor > 0", name="net_positive"),
        CheckConstraint("vat BETWEEN 0 AND 10000", name="vat_is_a_share"),
        CheckConstraint("year BETWEEN 1 AND 10", name="year_plausible"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    position: Mapped[int]
    category: Mapped[str] = mapped_column(default="")
    year: Mapped[int | None]
    label: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int | None]
    net = MoneyOf()
    vat: Mapped[int] = mapped_column(default=0)


class Source(StrEnum):
    OWN = "own"
    BANK = "bank"
    PUBLIC = "public"
    PARTNER = "partner"
    INVESTOR = "investor"
    OTHER = "other"

    @property
    def label(self) -> Text:
        return SOURCE_LABELS[self]


SOURCE_LABELS = {
    Source.OWN: N_("Own funds"),
    Source.BANK: N_("Bank loan"),
    Source.PUBLIC: N_("Other public aid"),
    Source.PARTNER: N_("Partner or customer"),
    Source.INVESTOR: N_("Investor"),
    Source.OTHER: N_("Other source"),
}


class Certainty(StrEnum):
    PLANNED = "planned"
    APPLIED = "applied"
    CONFIRMED = "confirmed"

    @property
    def label(self) -> Text:
        return CERTAINTY_LABELS[self]


CERTAINTY_LABELS = {
    Certainty.PLANNED: N_("Planned"),
    Certainty.APPLIED: N_("Applied, no answer yet"),
    Certainty.CONFIRMED: N_("Confirmed"),
}


class Contribution(Record):
    """Co-financing: what pays the part of the cost that the grant does not, complete or not."""

    __tablename__ = "contribution"
    __table_args__ = (
        UniqueConstraint("application_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    position: Mapped[int]
    source: Mapped[Source | None]
    label: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    amount = MoneyOf()
    certainty: Mapped[Certainty] = mapped_column(default=Certainty.PLANNED)


class Evidence(Base):
    """How the eligibility rules judged an application when it was submitted: appended, never edited.

    `findings` holds for each rule its kind, parameters, whether it blocks, the answer, the facts and terms used.
    """

    __tablename__ = "eligibility_evidence"
    __table_args__ = (Index(None, "application_id", "judged_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    judged_at: Mapped[datetime]
    findings: Mapped[list[Any]]


class Revision(Base):
    """How one section stood once it was saved. What one person saves within minutes is one version.

    `content` is the whole section as `grants.applications.versions` writes it, `part_version` the number its form
    carried; `steps` lead back through the saves that were folded into it. `person_id` is None for what was there before
    versions were kept, or was not written in a form.
    """

    __tablename__ = "application_revision"
    __table_args__ = (
        Index(None, "application_id", "section", "saved_at"),
        Index("ix_application_revision_application_saved", "application_id", "saved_at"),
        CheckConstraint("begun_at <= saved_at", name="begun_before_saved"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    section: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    part_version: Mapped[int]
    content: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    restored_id: Mapped[UUID | None] = mapped_column(ForeignKey("application_revision.id"))

    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    restored: Mapped["Revision | None"] = relationship(remote_side=[id], lazy="raise_on_sql")


class Comment(Record):
    """What a colleague says about a section, to colleagues alone: never part of what is submitted."""

    __tablename__ = "application_comment"
    __table_args__ = (
        Index(None, "application_id", "section"),
        CheckConstraint("text <> ''", name="not_empty"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved_by_somebody"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    section: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    resolved_by: Mapped[Person | None] = relationship(foreign_keys=[resolved_by_id], lazy="raise_on_sql")


class Partner(Record):
    """An organisation beside the lead, from the invitation on; `organisation` is known once somebody accepts for it.

    `link_id` is what the link of the last invitation carries: a newer one makes it void. `role` is said by the lead,
    then by the partner, who also writes `tasks` and `papers`. Acceding keeps who signed which text, and in
    `acceded_hash` the SHA-256 of what was acceded to (grants.applications.content.accession_hash).
    """

    __tablename__ = "partner"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        CheckConstraint(
            "(organisation_id IS NULL) = (accepted_at IS NULL) AND (accepted_at IS NULL) = (accepted_by_id IS NULL)",
            name="accepted_for_an_organisation",
        ),
        CheckConstraint(
            "state NOT IN ('accepted', 'acceded', 'left') OR accepted_at IS NOT NULL", name="accepted_once_taking_part"
        ),
        CheckConstraint(
            "state <> 'acceded' OR (acceded_at IS NOT NULL AND acceded_by_id IS NOT NULL AND acceded_name IS NOT NULL"
            " AND acceded_text IS NOT NULL AND acceded_hash IS NOT NULL)",
            name="signed_once_acceded",
        ),
        CheckConstraint(
            "(state IN ('declined', 'removed', 'left')) = (ended_at IS NOT NULL)", name="ended_at_some_time"
        ),
        Index("ix_partner_application", "application_id"),
        Index("ix_partner_organisation", "organisation_id"),
        Index("ix_partner_email", "email", "sent_at"),
        Index(
            "uq_partner_one_invitation",
            "application_id",
            "email",
            unique=True,
            postgresql_where="state IN ('invited', 'accepted', 'acceded')",
        ),
        Index(
            "uq_partner_one_part",
            "application_id",
            "organisation_id",
            unique=True,
            postgresql_where="state IN ('accepted', 'acceded')",
        ),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[PartnerState] = mapped_column(default=PartnerState.INVITED)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    tasks: Mapped[str] = mapped_column(default="")
    papers: Mapped[str] = mapped_column(default="")
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    link_id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    acceded_at: Mapped[datetime | None]
    acceded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    acceded_name: Mapped[str | None]
    acceded_text: Mapped[str | None]
    acceded_hash: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    application: Mapped[Application] = relationship(back_populates="partners", lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    invited_by: Mapped[Person] = relationship(foreign_keys=[invited_by_id], lazy="raise_on_sql")


@event.listens_for(Application.title, "set")
def _sort_by_title(application: Any, title: str, *_: Any) -> None:
    application.sort_key = sort_key(title)
