"""What the demo's start-up keeps: directors and shareholders, documents, one account verified and one to verify."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import current_app

from grants.applications.pdf import MEDIA_TYPE
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.storage import storage
from grants.people import queries as people
from grants.people.models import Organisation, Person
from grants.profiles import queries, service
from grants.profiles.models import KeptKind
from grants.profiles.service import File, Stake
from workflows import bank_account
from workflows.bank_account import AccountDraft, Certificate

TABLE = [
    Stake("Imane Zerouali", "Gérante, associée", 6_000),
    Stake("سلوى المنصوري", "شريكة", 2_500),
    Stake("Invest Atlas SA", "Associé", 1_500),
    Stake("Omar Kabbaj", "Directeur technique"),
]


def furnish(applicant: Callable[[], Person], accountant: Callable[[], Person]) -> None:
    """Each of the applicant's organisations; both are met anew for every act, as a request would load them."""
    ids = [one.id for one in people.organisations_of(applicant())]

    def mine(id: object) -> Organisation:
        return next(one for one in people.organisations_of(applicant()) if one.id == id)

    for n, id in enumerate(ids):
        service.name_stakeholders(mine(id), TABLE[: 4 - n % 2], seen=None, actor=applicant())
        today = now().date()
        for kind, name, expires in _papers(today):
            service.keep_document(mine(id), kind, _file(f"{name} {n + 1}.pdf"), expires, actor=applicant())
        front = f"99901000000000000000{n:02}"
        number = front + f"{97 - int(front) * 100 % 97:02}"
        draft = AccountDraft(mine(id).name, "Banque de démonstration", "MA", "MAD", number)
        certificate = Certificate(**vars(_file(f"attestation RIB {n + 1}.pdf")))
        bank_account.give(mine(id), draft, certificate, actor=applicant())
    waiting = queries.accounts_to_verify(accountant())
    if len(waiting) > 1:
        met = accountant()
        bank_account.verify(queries.account_to_verify(met, waiting[0].id), actor=met)


def _papers(today: date) -> list[tuple[KeptKind, str, date | None]]:
    return [
        (KeptKind.ARTICLES, "Statuts", None),
        (KeptKind.TAX, "Attestation fiscale", today + timedelta(days=40)),
        (KeptKind.SOCIAL, "Attestation CNSS", today - timedelta(days=20)),
    ]


def _file(name: str) -> File:
    content = evidence(name.removesuffix(".pdf"))
    return File(name, MEDIA_TYPE, len(content), storage(current_app.extensions["settings"]).keep(content))
