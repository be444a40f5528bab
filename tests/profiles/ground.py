"""An organisation that has applied to a fund, its people, the fund's accountant, and a bank account."""

from typing import Any, NamedTuple

from grants.applications.models import ApplicationState
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.db import db
from grants.people import queries
from grants.people.models import Organisation, Person, Role
from grants.profiles.models import BankAccount
from tests.applications.ground import draft, ground
from tests.factories import with_role
from workflows import bank_account as workflow
from workflows.bank_account import AccountDraft, Certificate

RIB, OTHER_RIB = "001810007800020110620318", "001810007800020110620415"
CERTIFICATE = Certificate("rib.pdf", "application/pdf", 1000, "a" * 64)


class Scene(NamedTuple):
    call: Call
    owner: Person
    organisation: Organisation
    accountant: Person


def scene(*, applied: bool = True) -> Scene:
    on = ground()
    if applied:
        submitted(on)
    accountant = with_role(Role.ACCOUNTANT, fund=on.call.fund)
    db.session.commit()
    db.session.refresh(on.call, ["fund"])  # else it lives only as long as the garbage collector sleeps
    return Scene(on.call, on.lead, on.organisation, accountant)


def submitted(on: Any) -> None:
    made = draft(on, state=ApplicationState.SUBMITTED, submitted_at=now(), content_hash="0" * 64, reference="R-1")
    db.session.refresh(made)


def give(at: Scene, number: str = RIB, replaces: BankAccount | None = None, **values: Any) -> BankAccount:
    told = {"holder": at.organisation.name, "bank": "Banque A", "country": "MA", "currency": "MAD"} | values
    organisation = queries.organisation(at.owner, at.organisation.id)
    return workflow.give(
        organisation, AccountDraft(**told, number=number), CERTIFICATE, actor=at.owner, replaces=replaces
    )
