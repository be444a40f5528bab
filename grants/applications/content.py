"""What an application says: its sections, as they are written and kept."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from grants.applications.models import Application
from grants.applications.slots import own
from grants.calls import questionnaire
from grants.calls.questionnaire import Outline
from grants.core.i18n import N_, Text, Words
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


def outline(application: Application) -> Outline:
    """What the call asks in the version this application answers."""
    return application.questionnaire.outline if application.questionnaire else Outline()


def sections(application: Application) -> list[tuple[str, Text | Words]]:
    """Every section, in the order of the pages, with its name."""
    own = [(one.id, one.title) for one in outline(application).parts if one.questions]
    first, *rest = [(str(one), SECTION_LABELS[one]) for one in Section]
    return [first, *own, *rest]


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
