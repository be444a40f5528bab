"""Acceding to an application: what a partner signs, the fingerprint of it, and what is still awaited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from grants.applications.models import Application, Partner, PartnerState
from grants.core.i18n import N_, Text
from grants.core.shapes import digest
from grants.core.types import Money
from grants.people.models import Organisation

LONGEST_ROLE = 300
LONGEST_TASKS = 5_000


@dataclass(frozen=True)
class OwnPart:
    """What a partner says of itself: its role in a line, what it does, which documents it brings.

    `aid_elsewhere` is the public aid its group received elsewhere; None: it has not said.
    """

    role: str
    tasks: str
    papers: str
    aid_elsewhere: Money | None = None

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(partner.role, partner.tasks, partner.papers, partner.aid_elsewhere)

    def as_json(self) -> dict[str, Any]:
        """What is signed and submitted of it; aid is named only once it is declared, so that older signatures hold."""
        said = {"role": self.role, "tasks": self.tasks, "papers": self.papers}
        return said if self.aid_elsewhere is None else {**said, "aid_elsewhere": self.aid_elsewhere.minor}


def organisations(application: Application) -> list[Organisation]:
    """The lead first, then every partner that takes part; both must be loaded."""
    partners = [one.organisation for one in application.taking_part if one.organisation is not None]
    return [application.organisation, *partners]


def said(partner: Partner) -> str:
    """The organisation, and while there is none, who was invited."""
    return partner.organisation.name if partner.organisation else partner.name


def declaration(partner: Partner) -> Sequence[Text]:
    """What an owner of the partner signs, always in these words."""
    application = partner.application
    return (
        N_(
            "%(organisation)s takes part in the project “%(title)s”, presented by %(lead)s to the call for proposals"
            " “%(call)s”, in this role: %(role)s.",
            organisation=said(partner),
            title=application.title,
            lead=application.organisation.name,
            call=application.call.title,
            role=partner.role,
        ),
        N_(
            "It has read the common part of the application and approves it. What it says of itself is true and"
            " complete."
        ),
        N_(
            "It authorises %(lead)s to submit the application in the name of the consortium, to receive what is sent"
            " about it, and, if the project is selected, to sign the agreement and receive the grant.",
            lead=application.organisation.name,
        ),
        N_("Whoever signs is entitled to bind %(organisation)s.", organisation=said(partner)),
    )


def fingerprint(partner: Partner, answers: dict[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of what a partner accedes to: the common part and its own, as canonical JSON.

    Spaces and line breaks do not count: who tidies a text asks nobody to sign again. Budget and documents are left out:
    the lead answers for the budget, whoever attaches a document for that. So are the other partners, who come and go
    until the submission.
    """
    application = partner.application
    common = {
        "application": str(application.id),
        "lead": str(application.organisation_id),
        "title": application.title,
        "summary": application.summary,
        "description": application.description,
        "commission": str(application.commission_id),
        "answers": answers,
    }
    own = {"organisation": str(partner.organisation_id), **OwnPart.of(partner).as_json()}
    return digest({"common": _without_spacing(common), "own": _without_spacing(own)})


def _without_spacing(value: Any) -> Any:
    match value:
        case str():
            return " ".join(value.split())
        case dict():
            return {name: _without_spacing(one) for name, one in value.items()}
        case list():
            return [_without_spacing(one) for one in value]
    return value


def awaited(partner: Partner, now: str) -> Text | None:
    """What this partner still owes before the application may be submitted; `now` is its fingerprint as of now."""
    match partner.state:
        case PartnerState.INVITED:
            return N_(
                "%(name)s has not answered your invitation: wait for the answer, or withdraw it.", name=partner.name
            )
        case PartnerState.ACCEPTED:
            return N_("%(organisation)s has not acceded yet: one of its owners signs.", organisation=said(partner))
        case PartnerState.ACCEDED if partner.acceded_hash != now:
            return N_(
                "%(organisation)s must confirm its accession again: the application has changed since.",
                organisation=said(partner),
            )
    return None


def submitted(application: Application) -> dict[str, Any]:
    """The partners as they are submitted, for the hash of the content; nothing for whoever applies alone."""
    found = [
        {
            "organisation": str(one.organisation_id),
            **OwnPart.of(one).as_json(),
            "acceded_at": one.acceded_at.isoformat() if one.acceded_at else None,
            "acceded_by": one.acceded_name,
            "accession": one.acceded_hash,
        }
        for one in application.taking_part
    ]
    return {"partners": sorted(found, key=lambda one: str(one["organisation"]))} if found else {}
