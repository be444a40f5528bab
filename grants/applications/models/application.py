"""Applications, the files attached to them, and how the rules judged them."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models.partner import TAKING_PART, Partner
from grants.calls.models import Call, Questionnaire, RequiredDocument
from grants.calls.questionnaire import Question
from grants.clusters.models import Commission
from grants.core.db import Base, Record
from grants.core.i18n import N_, Text, Words
from grants.core.scans import Scanned
from grants.core.types import MoneyOf, new_id, sort_key
from grants.people.models import Organisation, Person

if TYPE_CHECKING:
    from grants.applications.models.budget import BudgetLine, Contribution


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
    partners: Mapped[list[Partner]] = relationship(
        back_populates="application", order_by="Partner.created_at, Partner.id", lazy="raise_on_sql"
    )

    @property
    def questions(self) -> list[Question]:
        """Every question of the call's own that its answers leave open."""
        parts = self.questionnaire.outline.parts if self.questionnaire else ()
        return [one for part in parts for one in part.asked(self.answers)]

    @property
    def attached(self) -> list["Document"]:
        """Its documents, without those for questions that other answers have closed since."""
        if not any(one.question for one in self.documents):
            return list(self.documents)
        asked = {None, *(one.id for one in self.questions)}
        return [one for one in self.documents if one.question in asked]

    @property
    def members(self) -> dict[UUID, str]:
        """The names of the organisations of the project, the lead first."""
        others = [one.organisation for one in self.taking_part if one.organisation is not None]
        return {one.id: one.name for one in (self.organisation, *others)}

    @property
    def taking_part(self) -> list[Partner]:
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

    `required` is what the call asked it for, if the call lists its documents, or `question` the id of the question of
    the call's own that it answers; `expires_on` its last day, where the call wants it to be recent. `partner_id` names
    the partner that attached it for itself, None the lead.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint(
            "application_id",
            "required_id",
            "question",
            "partner_id",
            "sha256",
            name="uq_document_attached_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("required_id IS NULL OR question IS NULL", name="for_one_thing"),
        CheckConstraint("partner_id IS NULL OR required_id IS NOT NULL", name="partners_attach_what_is_asked"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    required_id: Mapped[UUID | None] = mapped_column(ForeignKey("required_document.id"))
    question: Mapped[str | None] = mapped_column(String(40))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"), index=True)
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    expires_on: Mapped[date | None]
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(back_populates="documents", lazy="raise_on_sql")
    required: Mapped[RequiredDocument | None] = relationship(lazy="joined")
    partner: Mapped[Partner | None] = relationship(lazy="raise_on_sql")

    @property
    def heading(self) -> Words | Text | None:
        """What the call asked it for, None for nothing in particular, and which partner attached it; the application's
        partners must be loaded."""
        if self.question is not None:
            return next((one.label for one in self.application.questions if one.id == self.question), None)
        name = self.required.name if self.required else None
        giver = next((one for one in self.application.partners if one.id == self.partner_id), None)
        if name is None or giver is None or giver.organisation is None:
            return name
        return N_("%(document)s — %(organisation)s", document=name, organisation=giver.organisation.name)


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


class Submission(Base):
    """What was submitted, word for word, as the receipt's fingerprint covers it: appended, never edited.

    `sha256` is that of `content` in UTF-8, the canonical JSON of grants.applications.submitted.content_of.
    """

    __tablename__ = "submission"
    __table_args__ = (Index(None, "application_id", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    submitted_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str]

    application: Mapped[Application] = relationship(lazy="raise_on_sql")


@event.listens_for(Application.title, "set")
def _sort_by_title(application: Any, title: str, *_: Any) -> None:
    application.sort_key = sort_key(title)
