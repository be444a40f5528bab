"""The documents a call asks for, as one application answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from grants.applications.models import Application, Document, Partner
from grants.calls.models import Call, FileKind, RequiredDocument
from grants.calls.months import birthday
from grants.calls.questionnaire import Question
from grants.core.clock import arrival
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n, Text, Words


class Fill(StrEnum):
    """How a slot stands; `OPEN` is a voluntary one that is empty."""

    MISSING = "missing"
    OPEN = "open"
    WRONG = "wrong"
    FILLED = "filled"


class Asked(NamedTuple):
    """A question that files answer, in the words of a required document."""

    id: str
    name: Words
    mandatory: bool
    most: int
    file_kinds: list[FileKind]
    valid_months: int | None = None


Wanted = TypeVar("Wanted", bound=RequiredDocument | Asked)


@dataclass(frozen=True)
class Slot(Generic[Wanted]):
    """What the call asks for and the files attached to it; the application's documents must be loaded.

    `partner` attaches it for itself; None: the lead does.
    """

    application: Application
    required: Wanted
    partner: Partner | None = None

    @property
    def documents(self) -> list[Document]:
        mine = own(self.application, self.partner)
        return [one for one in mine if self.required.id in {one.required_id, one.question}]

    @property
    def is_full(self) -> bool:
        return len(self.documents) >= self.required.most

    @property
    def fill(self) -> Fill:
        if any(is_bad(one, today(self.application.call)) for one in self.documents):
            return Fill.WRONG
        return Fill.FILLED if self.documents else Fill.MISSING if self.required.mandatory else Fill.OPEN

    @property
    def field(self) -> str:
        """The id of its place on the page of documents."""
        return self.required.id if isinstance(self.required, Asked) else f"document-{self.required.id}"

    def expiry(self, issued_on: date | None) -> date | None:
        """Until when a document issued on that day counts here; None where the call sets no age. Raises Refused."""
        months, day = self.required.valid_months, today(self.application.call)
        if months is None:
            return None
        if issued_on is None:
            raise Refused(N_("Say on which day this document was issued."))
        if issued_on > day:
            raise Refused(N_("The day of issue is still to come."))
        return self.require_living(birthday(issued_on, months))

    def require_living(self, expires_on: date | None) -> date | None:
        """The same day; raises Refused when the call wants to know it and it is over or not known."""
        if self.required.valid_months is None:
            return expires_on
        if expires_on is None:
            raise Refused(
                N_("This call wants to know how old “%(name)s” is.", name=self.required.name),
                N_("Send the file here with its day of issue, or give the kept document its last day."),
            )
        if expires_on < today(self.application.call):
            raise Refused(
                N_n(
                    "This call wants a document issued within %(n)s month: this one counted until %(day)s.",
                    "This call wants a document issued within %(n)s months: this one counted until %(day)s.",
                    self.required.valid_months,
                    day=expires_on,
                )
            )
        return expires_on


def slots(application: Application) -> Sequence[Slot[RequiredDocument]]:
    """The lead's, in the order of the call's list, which must be loaded; empty where the call asks nothing of it."""
    return [Slot(application, one) for one in application.call.required if one.of_lead]


def slots_of(partner: Partner) -> Sequence[Slot[RequiredDocument]]:
    """Those of a partner, in the same order."""
    application = partner.application
    return [Slot(application, one, partner) for one in application.call.required if one.of_partners]


def own(application: Application, partner: Partner | None = None) -> list[Document]:
    """What the lead, or this partner, has attached."""
    whose = partner.id if partner else None
    return [one for one in application.documents if one.partner_id == whose]


def question_slot(application: Application, question: Question) -> Slot[Asked]:
    """The slot of one question that files answer."""
    terms = question.files
    if terms is None:
        raise ValueError(f"no file answers {question.id}")
    kinds = [one for one in FileKind if one in terms.kinds]
    return Slot(application, Asked(question.id, question.label, question.required, terms.most, kinds))


def others(application: Application) -> list[Document]:
    """What was attached for nothing in particular."""
    return [one for one in application.documents if one.required_id is None and one.question is None]


def today(call: Call) -> date:
    """The day it was where the call is when the request came; its fund and cluster must be loaded."""
    return arrival().astimezone(call.fund.cluster.zone).date()


def is_bad(document: Document, day: date) -> bool:
    return document.quarantined or (document.expires_on is not None and document.expires_on < day)


def wrongs(application: Application, partner: Partner | None = None) -> list[tuple[str, Text]]:
    """What the lead, or this partner, attached and cannot be submitted, each with its field: that of its question, of
    its slot, or of all.
    """
    day, found, counting = today(application.call), [], application.attached
    for one in own(application, partner):
        if one not in counting:
            continue
        field = one.question or (f"document-{one.required_id}" if one.required_id else "file")
        if one.quarantined:
            found.append((field, N_("Remove “%(name)s”: a virus was found in it.", name=one.filename)))
        elif one.expires_on is not None and one.expires_on < day:
            found.append(
                (
                    field,
                    N_("“%(name)s” counted until %(day)s: attach a newer one.", name=one.filename, day=one.expires_on),
                )
            )
    return found
