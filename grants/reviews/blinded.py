"""What a reviewer sees of who applies. In a double-blind call: nothing that a field of ours holds.

is_blind(application)              whether names are hidden from its reviewers
is_blind_to(user, application)     whether they are hidden from this member of its commission
papers(application)                the documents they read, under the names they read them
shown(application, question)       whether they read its answer
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import NoResultFound

from grants.applications.models import Application, Document
from grants.calls.blindness import is_double
from grants.calls.questionnaire import Question
from grants.core.i18n import Text, Words
from grants.people.models import Person, Role


@dataclass(frozen=True)
class Paper:
    """A document as its reviewer reads it; the attributes are those of a document."""

    document: Document
    filename: str
    heading: Words | Text | None

    def __getattr__(self, name: str) -> Any:
        if name in {"id", "sha256", "media_type", "size", "quarantined", "scan_note", "expires_on"}:
            return getattr(self.document, name)
        raise AttributeError(name)


def is_blind(application: Application) -> bool:
    """Its call must be loaded."""
    return is_double(application.call)


def is_blind_to(user: Person, application: Application) -> bool:
    """Chairs know who applies: they settle conflicts of interest."""
    return is_blind(application) and not user.holds(Role.CHAIR, commission_id=application.commission_id)


def papers(application: Application) -> Sequence[Paper]:
    """Its documents, partners, questionnaire and call must be loaded.

    Double-blind: the anonymised versions, and the files that answer a question which names nobody; the name of a file
    is the reference and a number.
    """
    if not is_blind(application):
        return [Paper(one, one.filename, one.heading) for one in application.attached]
    read = [one for one in application.attached if _is_anonymous(application, one)]
    return [
        Paper(
            one,
            f"{application.reference}-{n}.{one.filename.rpartition('.')[2].lower()[:5]}",
            _heading(application, one),
        )
        for n, one in enumerate(read, 1)
    ]


def paper(application: Application, id: UUID) -> Paper:
    """One of them; raises NoResultFound."""
    for one in papers(application):
        if one.document.id == id:
            return one
    raise NoResultFound


def shown(application: Application, question: Question) -> bool:
    """Whether reviewers read the answer to this question."""
    return not (question.names and is_blind(application))


def _is_anonymous(application: Application, document: Document) -> bool:
    if document.question is not None:
        asked = next((one for one in application.questions if one.id == document.question), None)
        return asked is not None and shown(application, asked)
    return document.required is not None and document.required.anonymises_id is not None


def _heading(application: Application, document: Document) -> Words | Text | None:
    """As the call names it: never which partner attached it."""
    if document.question is not None:
        return document.heading
    return document.required.name if document.required else None
