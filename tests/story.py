"""A call as far as its eligible applications, with its money in the ledger: the ground of reviews, awards, claims."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from grants.applications.models import Application, ApplicationState
from grants.awards.models import Claim
from grants.calls.models import Call, CallState, Criterion
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import Money, new_id
from grants.funds.models import Fund
from grants.ledger.service import Kind, Line, Place, open_fund, post
from grants.payments import queries as reads
from grants.people.models import Membership, Person, Role
from grants.profiles.models import AccountState, BankAccount
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    CommissionFactory,
    CriterionFactory,
    EnvelopeFactory,
    FundFactory,
    PersonFactory,
    submitted,
    with_role,
)
from workflows import batch as batches
from workflows import outbox
from workflows import payment as payments


@dataclass
class Stage:
    """Everything a story needs, flushed but not committed."""

    fund: Fund
    call: Call
    commission: Commission
    criteria: list[Criterion]
    applications: list[Application]
    chair: Person
    reviewers: list[Person]
    committee: Person
    officer: Person
    second_officer: Person
    authorising: Person
    accountant: Person
    others: dict[str, Person] = field(default_factory=dict)

    def owner(self, n: int = 0) -> Person:
        return db.session.get_one(Person, self.applications[n].lead_id)


def set_stage(applications: int = 2, envelope: int = 200_000_000, state: CallState = CallState.EVALUATING) -> Stage:
    """An evaluating call whose commission has `envelope` minor units; applications ask 60 000 000 each."""
    fund = FundFactory()
    commission = CommissionFactory(cluster=fund.cluster)
    call = CallFactory(
        fund=fund,
        state=state,
        opens_at=now() - timedelta(days=60),
        closes_at=now() - timedelta(days=20),
        reviews_due_at=now() + timedelta(days=5),
    )
    EnvelopeFactory(call=call, commission=commission, amount_minor=envelope)
    criteria = [
        CriterionFactory(call=call, position=1, weight=60, label=Words(fr="Innovation", en="Innovation")),
        CriterionFactory(call=call, position=2, weight=40, label=Words(fr="Marché", en="Market")),
    ]
    made = [
        ApplicationFactory(call=call, commission=commission, state=ApplicationState.ELIGIBLE, **submitted(n))
        for n in range(1, applications + 1)
    ]
    stage = Stage(
        fund=fund,
        call=call,
        commission=commission,
        criteria=criteria,
        applications=made,
        chair=with_role(Role.CHAIR, commission=commission),
        reviewers=[with_role(Role.REVIEWER, commission=commission) for _ in range(4)],
        committee=with_role(Role.COMMITTEE, cluster=fund.cluster),
        officer=with_role(Role.OFFICER, cluster=fund.cluster),
        second_officer=with_role(Role.OFFICER, cluster=fund.cluster),
        authorising=with_role(Role.AUTHORISING_OFFICER, fund=fund),
        accountant=with_role(Role.ACCOUNTANT, fund=fund),
    )
    endow(fund, call, commission, Money(envelope, fund.currency))
    for n, one in enumerate(made, 1):
        db.session.add(verified_account(one.organisation_id, stage.accountant, n))
    db.session.flush()
    return stage


def rib(n: int) -> str:
    """A Moroccan RIB whose key holds."""
    body = f"0078100{n:015d}"
    return next(f"{body}{key:02d}" for key in range(97) if int(f"{body}{key:02d}") % 97 == 0)


def verified_account(organisation_id: UUID, accountant: Person, n: int) -> BankAccount:
    """An account that payments may be ordered to."""
    return BankAccount(
        organisation_id=organisation_id,
        state=AccountState.VERIFIED,
        holder=f"Société {n}",
        bank="Banque d’essai",
        country="MA",
        currency="MAD",
        number=rib(n),
        ending=rib(n)[-4:],
        filename="rib.pdf",
        media_type="application/pdf",
        size=10,
        sha256="c" * 64,
        given_by_id=PersonFactory().id,
        decided_at=now(),
        decided_by_id=accountant.id,
    )


def send(claim: Claim, accountant: Person) -> None:
    """Send an approved claim to the bank in a batch of its own, the worker's part included."""
    order = payments.alive(claim)
    fund = order.fund
    account = batches.give_paying_account(
        fund, bank_name="Banque d’essai", holder=fund.name, country="MA", number=rib(999), actor=accountant
    )
    made = batches.gather(fund, account, [order.id], now().date(), actor=accountant)
    batches.remit(reads.batch(accountant, made.id), actor=accountant)
    outbox.attempt(reads.batch(accountant, made.id).promise_id)
    db.session.expire_all()


def endow(fund: Fund, call: Call, commission: Commission, amount: Money) -> None:
    """Bring money as far as the commission."""
    open_fund(fund.id, fund.code, fund.currency)
    giver = PersonFactory()
    for kind, line in [
        (Kind.ENDOW, Line(Place.source(), Place.available(), amount)),
        (Kind.ALLOCATE_CALL, Line(Place.available(), Place.call(call.id), amount)),
        (Kind.ALLOCATE_COMMISSION, Line(Place.call(call.id), Place.commission(call.id, commission.id), amount)),
    ]:
        post(fund.id, kind, [line], actor=giver, key=new_id(), document=f"D-{kind}", value_date=date(2026, 1, 5))
    db.session.flush()


def belongs(person: Person, application: Application) -> Membership:
    """Make the person a member of the applicant."""
    from tests.factories import MembershipFactory

    return MembershipFactory(organisation=application.organisation, person=person)
