"""Approved orders of a fund, with the people who take each step: the ground of payments."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from grants.applications.models import ApplicationState
from grants.awards import queries as awards
from grants.awards.models import AgreementState, Award, Claim, ClaimState
from grants.calls.models import Instrument
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money, new_id
from grants.funds.models import Fund
from grants.ledger.service import Kind, Line, Place, post
from grants.messages.models import Promise
from grants.payments import queries
from grants.payments.models import PayingAccount, PaymentBatch, PaymentOrder
from grants.people.models import Membership, Person, Right, Role
from tests.factories import (
    AgreementFactory,
    ApplicationFactory,
    AwardFactory,
    CallFactory,
    ClaimFactory,
    CommissionFactory,
    FundFactory,
    InstalmentFactory,
    OrganisationFactory,
    PersonFactory,
    submitted,
    with_role,
)
from tests.story import endow, rib, verified_account
from workflows import batch as batches
from workflows import outbox
from workflows import payment as payments

__all__ = ["AMOUNT", "DAY", "Ground", "do", "lay", "rib"]
AMOUNT = 20_000_000
DAY = date(2026, 11, 20)


@dataclass
class Ground:
    """People and ids: a commit expires what was loaded, so each step reads anew, as a request does."""

    fund_id: UUID
    claim_ids: list[UUID]
    account_id: UUID
    people: dict[str, UUID]

    def who(self, key: str) -> Person:
        asked = select(Person).where(Person.id == self.people[key])
        return db.session.scalars(
            asked.options(selectinload(Person.appointments)), execution_options={"populate_existing": True}
        ).one()

    @property
    def fund(self) -> Fund:
        return queries.paying_fund(self.who("accountant"), self.fund_id)

    @property
    def account(self) -> PayingAccount:
        return queries.paying_account(self.who("accountant"), self.account_id)

    def claim(self, n: int = 0) -> Claim:
        return awards.claim(self.who("accountant"), self.claim_ids[n])

    def award(self, n: int = 0) -> Award:
        award: Award = self.claim(n).instalment.agreement.award
        return award

    def order(self, n: int = 0) -> PaymentOrder:
        found = queries.alive(self.claim_ids[n])
        assert found is not None
        return found

    def ordered(self, *which: int) -> None:
        """Ordered and approved, each by who may."""
        for n in which or range(len(self.claim_ids)):
            payments.order(self.claim(n), actor=self.who("authorising"))
            payments.approve_order(self.claim(n), actor=self.who("accountant"))

    def gathered(self, *which: int) -> PaymentBatch:
        ids = [self.order(n).id for n in which or range(len(self.claim_ids))]
        made = batches.gather(self.fund, self.account, ids, DAY, actor=self.who("accountant"))
        return self.batch(made.id)

    def batch(self, id: UUID) -> PaymentBatch:
        return queries.batch(self.who("accountant"), id)

    def remitted(self, *which: int) -> PaymentBatch:
        """A batch of these, sent: its job is done here."""
        made = self.gathered(*which)
        batches.remit(made, actor=self.who("accountant"))
        do(self.batch(made.id).promise_id)
        return self.batch(made.id)

    def paid(self, *which: int) -> None:
        self.remitted(*which)
        for n in which or range(len(self.claim_ids)):
            payments.pay(self.claim(n), f"VIR-{n}", DAY, actor=self.who("accountant"))


def do(promise_id: UUID | None) -> Promise:
    """The worker does it now."""
    assert promise_id is not None
    db.session.commit()
    outbox.attempt(promise_id)
    db.session.expire_all()
    return db.session.get_one(Promise, promise_id)


def lay(claims: int = 3, *, instrument: Instrument = Instrument.GRANT, one_beneficiary: bool = False) -> Ground:
    """A fund whose claims are verified, each of an award of its own, each payee with a verified account."""
    fund = FundFactory()
    commission = CommissionFactory(cluster=fund.cluster)
    call = CallFactory(fund=fund, instrument=instrument)
    people = {
        "officer": with_role(Role.OFFICER, cluster=fund.cluster),
        "second": with_role(Role.OFFICER, cluster=fund.cluster),
        "authorising": with_role(Role.AUTHORISING_OFFICER, fund=fund),
        "accountant": with_role(Role.ACCOUNTANT, fund=fund),
        "other": with_role(Role.ACCOUNTANT, fund=fund),
        "committee": with_role(Role.COMMITTEE, cluster=fund.cluster),
        "auditor": with_role(Role.AUDITOR, cluster=fund.cluster),
        "owner": PersonFactory(),
    }
    endow(fund, call, commission, Money(claims * 60_000_000, fund.currency))
    organisation = None
    ids = []
    for n in range(claims):
        if organisation is None or not one_beneficiary:
            organisation = OrganisationFactory()
            db.session.add(Membership(organisation=organisation, person=people["owner"], right=Right.OWNER))
            db.session.flush()
            db.session.add(verified_account(organisation.id, people["accountant"], n + 1))
        application = ApplicationFactory(
            call=call,
            commission=commission,
            organisation=organisation,
            state=ApplicationState.DECIDED,
            **submitted(n + 1),
        )
        award = AwardFactory(application=application)
        agreement = AgreementFactory(
            award=award,
            state=AgreementState.ACTIVE,
            starts_on=now().date(),
            ends_on=now().date() + timedelta(days=400),
            visa_by_id=people["accountant"].id,
        )
        instalment = InstalmentFactory(agreement=agreement, amount_minor=AMOUNT, kind="interim")
        claim = ClaimFactory(
            instalment=instalment,
            state=ClaimState.LIQUIDATED,
            accepted_minor=AMOUNT,
            submitted_at=now(),
            submitted_by_id=people["owner"].id,
            checked_by_id=people["officer"].id,
            certified_by_id=people["officer"].id,
            liquidated_by_id=people["second"].id,
        )
        ids.append(claim.id)
        _verified_money(award, instalment.id, people["second"])
    account = PayingAccount(
        fund_id=fund.id,
        bank="Banque d’essai",
        holder=fund.name,
        country="MA",
        currency=fund.currency,
        number=rib(999),
        ending=rib(999)[-4:],
        columns=batches.USUAL,
        given_by_id=people["accountant"].id,
    )
    db.session.add(account)
    db.session.commit()
    return Ground(fund.id, ids, account.id, {key: one.id for key, one in people.items()})


def _verified_money(award: Award, instalment_id: UUID, giver: Person) -> None:
    """Reserved, committed, verified."""
    grant = award.call_id, award.commission_id, award.id
    theme = Place.commission(*grant[:2])
    for kind, line in [
        (Kind.RESERVE, Line(theme, Place.reserved(*grant), award.amount)),
        (Kind.COMMIT, Line(Place.reserved(*grant), Place.committed(*grant), award.amount)),
        (
            Kind.LIQUIDATE,
            Line(Place.committed(*grant), Place.payable(*grant, instalment_id), Money(AMOUNT, award.currency)),
        ),
    ]:
        post(award.fund_id, kind, [line], actor=giver, key=new_id(), document=f"{award.number}-{kind}")
