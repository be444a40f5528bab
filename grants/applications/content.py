"""What an application says: its parts, what still keeps it from being submitted, and the hash its receipt carries."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from grants.applications import accession, budgets
from grants.applications.models import EXPECTED, Application, Document, Partner, PartnerState
from grants.applications.slots import Fill, others, own, question_slot, slots, slots_of, wrongs
from grants.calls import questionnaire
from grants.calls.models import Call
from grants.calls.questionnaire import Outline
from grants.core.i18n import N_, N_n, Text, Words
from grants.core.shapes import digest as _digest
from grants.core.types import Money

LONGEST_TITLE = 200
LONGEST_SUMMARY = 600
LONGEST_DESCRIPTION = 20_000
LONGEST_DURATION = 120  # months
CONSORTIUM = "consortium"  # where partners are invited: no section to fill in, but it may block


class Section(StrEnum):
    PROJECT = "project"
    BUDGET = "budget"
    DOCUMENTS = "documents"


SECTION_LABELS = {
    Section.PROJECT: N_("Project"),
    Section.BUDGET: N_("Budget"),
    Section.DOCUMENTS: N_("Documents"),
}


@dataclass(frozen=True)
class Part(ABC):
    """One section's answers. `version` is a number that changes with them: two people may write two sections."""

    @property
    @abstractmethod
    def version(self) -> int: ...

    @abstractmethod
    def saved(self, application: Application) -> Self:
        """The same section as the application holds it."""

    @abstractmethod
    def keep(self, application: Application) -> list[str]:
        """Write it into the application; answers with the names of what changed."""

    def follow(self, application: Application) -> None:  # noqa: B027 - most sections have no consequence
        """Work out anew what follows from it, though it says what it said before."""


@dataclass(frozen=True)
class Columns(Part):
    """A section every application has, kept in columns of the same names."""

    @property
    def version(self) -> int:
        return int(_digest(asdict(self))[:12], 16)

    @classmethod
    def of(cls, application: Application) -> Self:
        return cls(**{one.name: getattr(application, one.name) for one in fields(cls)})

    def saved(self, application: Application) -> Self:
        return self.of(application)

    def keep(self, application: Application) -> list[str]:
        before = self.saved(application)
        changed = [one.name for one in fields(self) if getattr(self, one.name) != getattr(before, one.name)]
        for name in changed:
            setattr(application, name, getattr(self, name))
        return changed


@dataclass(frozen=True)
class Project(Columns):
    title: str
    commission_id: UUID | None
    summary: str
    description: str


@dataclass(frozen=True)
class Budget(Columns):
    cost: Money | None
    requested: Money | None
    duration_months: int | None


@dataclass(frozen=True)
class Answered(Part):
    """The answers in one section of the call's own questions; a question left empty is not in `answers`."""

    part: questionnaire.Part
    answers: dict[str, Any]

    @property
    def version(self) -> int:
        return int(_digest(self.answers)[:12], 16)

    @classmethod
    def to(cls, application: Application, part: questionnaire.Part) -> Self:
        """What the application answers in this section."""
        ids = {one.id for one in part.questions}
        return cls(part, {id: given for id, given in application.answers.items() if id in ids})

    def saved(self, application: Application) -> Self:
        return self.to(application, self.part)

    def keep(self, application: Application) -> list[str]:
        before = self.saved(application).answers
        ids = {one.id for one in self.part.questions}
        others = {id: given for id, given in application.answers.items() if id not in ids}
        application.answers = {**others, **self.answers}
        return sorted(id for id in before.keys() | self.answers.keys() if before.get(id) != self.answers.get(id))


@dataclass(frozen=True)
class Sheet:
    """A section of the call's own questions, as one application answers it."""

    application: Application
    part: questionnaire.Part


@dataclass(frozen=True)
class Blocker:
    """One reason why it cannot be submitted yet: where it is put right, and whether something typed is `wrong`.

    `section` is a Section, the id of a part of the call's questionnaire, or CONSORTIUM.
    """

    section: str
    field: str
    message: Text
    wrong: bool = False


def most(call: Call, cost: Money) -> tuple[Money, Text]:
    """The most the fund can give for this eligible cost, and why, in numbers."""
    ceiling, rate = call.ceiling, call.funding_rate
    if ceiling is None or rate is None:
        raise ValueError("the call has no ceiling or funding rate")
    share = cost.share(rate)
    if share < ceiling:
        why = N_(
            "At most %(most)s: this call pays %(rate)s%% of the eligible cost, here %(cost)s.",
            most=share,
            rate=rate / 100,
            cost=cost,
        )
        return share, why
    return ceiling, N_(
        "At most %(most)s, the ceiling of this call. Its rate alone would allow %(share)s (%(rate)s%% of %(cost)s).",
        most=ceiling,
        share=share,
        rate=rate / 100,
        cost=cost,
    )


def blockers(application: Application) -> list[Blocker]:
    """Everything that keeps it from being submitted, in the order of the pages. Empty: it may be."""
    return [
        *_project(application),
        *_answers(application),
        *_budget(application),
        *_documents(application),
        *_consortium(application),
    ]


def outline(application: Application) -> Outline:
    """What the call asks in the version this application answers."""
    return application.questionnaire.outline if application.questionnaire else Outline()


def sections(application: Application) -> list[tuple[str, Text | Words]]:
    """Every section, in the order of the pages, with its name."""
    own = [(one.id, one.title) for one in outline(application).parts if one.questions]
    first, *rest = [(str(one), SECTION_LABELS[one]) for one in Section]
    return [first, *own, *rest]


def _answers(application: Application) -> list[Blocker]:
    return [
        blocker
        for part in outline(application).parts
        for blocker in (
            *(
                Blocker(part.id, one.field, one.message, one.wrong)
                for one in questionnaire.missing(part, application.answers)
            ),
            *_files(application, part),
        )
    ]


def _files(application: Application, part: questionnaire.Part) -> list[Blocker]:
    """What the questions of a section that files answer still lack."""
    asked = {one.id: question_slot(application, one) for one in part.asked(application.answers) if one.files}
    found = [
        Blocker(part.id, id, N_("Attach “%(name)s”.", name=one.required.name))
        for id, one in asked.items()
        if one.fill == Fill.MISSING
    ]
    return found + [Blocker(part.id, field, why, wrong=True) for field, why in wrongs(application) if field in asked]


def _project(application: Application) -> list[Blocker]:
    found: list[Blocker] = []

    def block(field: str, message: Text, wrong: bool = False) -> None:
        found.append(Blocker(Section.PROJECT, field, message, wrong))

    if not application.title:
        block("title", N_("Give the project a title."))
    _too_long(block, "title", application.title, LONGEST_TITLE)
    offered = {envelope.commission_id for envelope in application.call.envelopes}
    if application.commission_id is None:
        block("commission_id", N_("Choose the commission your project belongs to."))
    elif application.commission_id not in offered:
        block("commission_id", N_("This call has no credit for that commission. Choose another one."), wrong=True)
    if not application.summary:
        block("summary", N_("Summarise the project."))
    _too_long(block, "summary", application.summary, LONGEST_SUMMARY)
    if not application.description:
        block("description", N_("Describe the project."))
    _too_long(block, "description", application.description, LONGEST_DESCRIPTION)
    return found


def _too_long(block: Any, field: str, text: str, limit: int) -> None:
    if (over := len(text) - limit) > 0:
        block(
            field,
            N_n(
                "Shorten this text by %(n)s character: at most %(limit)s are read.",
                "Shorten this text by %(n)s characters: at most %(limit)s are read.",
                over,
                limit=limit,
            ),
            True,
        )


def _budget(application: Application) -> list[Blocker]:
    if application.call.budget_rules:
        return [Blocker(Section.BUDGET, *one) for one in budgets.flaws(application)]
    found: list[Blocker] = []

    def block(field: str, message: Text, wrong: bool = False) -> None:
        found.append(Blocker(Section.BUDGET, field, message, wrong))

    cost, requested = application.cost, application.requested
    if cost is None:
        block("cost", N_("Enter the eligible cost of the project."))
    if requested is None:
        block("requested", N_("Enter the amount you request from the fund."))
    elif cost is not None:
        limit, why = most(application.call, cost)
        if limit < requested:
            block("requested", why, wrong=True)
    elif application.call.ceiling < requested:
        ceiling = N_("At most %(most)s, the ceiling of this call.", most=application.call.ceiling)
        block("requested", ceiling, wrong=True)
    if application.duration_months is None:
        block("duration_months", N_("Enter how many months the project lasts."))
    return found


def _documents(application: Application) -> list[Blocker]:
    asked = slots(application)
    found = [
        Blocker(Section.DOCUMENTS, one.field, N_("Attach “%(name)s”.", name=one.required.name))
        for one in asked
        if one.fill == Fill.MISSING
    ]
    if not asked and not others(application):
        found.append(Blocker(Section.DOCUMENTS, "file", N_("Attach the full proposal as a PDF file.")))
    own = {one.id for one in application.questions if one.files}
    wrong = [(field, why) for field, why in wrongs(application) if field not in own]
    return found + [Blocker(Section.DOCUMENTS, field, why, wrong=True) for field, why in wrong]


def _consortium(application: Application) -> list[Blocker]:
    awaited = ((one, accession.awaited(one, accession_hash(one))) for one in application.partners)
    found = [Blocker(CONSORTIUM, f"partner-{one.id}", message, wrong=True) for one, message in awaited if message]
    return found + [
        Blocker(CONSORTIUM, f"partner-{one.id}", message, wrong=True)
        for one in application.taking_part
        for message in papers(one)
    ]


def papers(partner: Partner) -> list[Text]:
    """What a partner must still attach, and what it attached that does not count."""
    who = accession.said(partner)
    missing = [
        N_("%(organisation)s must attach “%(name)s”.", organisation=who, name=one.required.name)
        for one in slots_of(partner)
        if one.fill == Fill.MISSING
    ]
    wrong = [
        N_("%(organisation)s: %(what)s", organisation=who, what=why) for _, why in wrongs(partner.application, partner)
    ]
    return [*missing, *wrong]


def accession_hash(partner: Partner) -> str:
    """What the partner accedes to, the application as it is now; see grants.applications.accession."""
    return accession.fingerprint(partner, answered(partner.application))


def is_confirmed(partner: Partner) -> bool:
    """Whether what it acceded to is still what the application says."""
    return partner.state == PartnerState.ACCEDED and partner.acceded_hash == accession_hash(partner)


def is_awaited(partner: Partner) -> bool:
    """Whether something is expected of it before the submission: an answer, a signature, a document."""
    return partner.state in EXPECTED and (not is_confirmed(partner) or bool(papers(partner)))


def is_started(application: Application, section: str) -> bool:
    """Whether something has been written in this section."""
    if section not in set(Section):
        part = outline(application).part(section)
        attached = {one.question for one in application.documents} & {one.id for one in part.questions}
        return bool(attached or Answered.to(application, part).answers)
    match Section(section):
        case Section.PROJECT:
            project = Project.of(application)
            return bool(project.title or project.commission_id or project.summary or project.description)
        case Section.BUDGET:
            begun = Budget.of(application) != Budget(None, None, None)
            return begun or bool(application.call.budget_rules and (application.lines or application.contributions))
        case Section.DOCUMENTS:
            return any(one.question is None for one in own(application))


def content_of(application: Application) -> dict[str, Any]:
    """What is submitted, as plain JSON: ids, texts, amounts in minor units, documents by the hash of their content."""
    asked = {"questionnaire": str(application.questionnaire_id), "answers": answered(application)}
    return {
        "format": 2 if application.questionnaire_id else 1,
        **(asked if application.questionnaire_id else {}),
        "application": str(application.id),
        "call": str(application.call_id),
        "organisation": str(application.organisation_id),
        "commission": str(application.commission_id),
        "title": application.title,
        "summary": application.summary,
        "description": application.description,
        "currency": application.currency,
        "cost": application.cost_minor,
        "requested": application.requested_minor,
        "duration_months": application.duration_months,
        **accession.submitted(application),
        **budgets.content(application),
        "documents": sorted(
            (_said(one, application) for one in application.attached),
            key=lambda one: (one["sha256"], one.get("for", ""), one.get("by", "")),
        ),
    }


def _said(document: Document, application: Application) -> dict[str, Any]:
    """What it answers, its last day and the partner that gave it are named only where there is one: older fingerprints
    hold."""
    partner = next((one for one in application.partners if one.id == document.partner_id), None)
    more = {
        "for": document.question or document.required_id,
        "expires_on": document.expires_on,
        "by": partner.organisation_id if partner else None,
    }
    known = {name: str(value) for name, value in more.items() if value is not None}
    return {"sha256": document.sha256, "filename": document.filename, "size": document.size, **known}


def answered(application: Application) -> dict[str, Any]:
    """The answers to what is asked, without those to questions that other answers have closed since."""
    asked = {one.id for part in outline(application).parts for one in part.asked(application.answers)}
    return {id: given for id, given in sorted(application.answers.items()) if id in asked}


def content_hash(application: Application) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of `content_of`.

    Canonical: UTF-8, keys sorted, no space between tokens, characters beyond ASCII as they are (RFC 8785 for these
    values: no floating-point number occurs).
    """
    return _digest(content_of(application))
