"""Things to test with. Everything is flushed, nothing is committed; names are placeholders."""

from datetime import timedelta

from factory import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.alchemy import SQLAlchemyModelFactory

from grants.applications.models import Application
from grants.awards.models import Agreement, Award, Claim, Decision, Instalment, InstalmentKind, Outcome
from grants.calls.models import Call, CallState, Criterion, Envelope
from grants.clusters.models import Cluster, Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.funds.models import Fund
from grants.people.models import (
    Appointment,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Right,
    Role,
)
from grants.reviews.models import Review


class Base(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session()  # noqa: E731
        sqlalchemy_session_persistence = "flush"


class PersonFactory(Base):
    """Confirmed, without any role; `with_role` gives one."""

    class Meta:
        model = Person

    name = Sequence("Person {}".format)
    email = Sequence("person{}@example.org".format)
    confirmed_at = LazyFunction(now)
    appointments = LazyFunction(list)


class ClusterFactory(Base):
    class Meta:
        model = Cluster

    code = Sequence("CL{}".format)
    name = Sequence("Cluster {}".format)
    country = "MA"
    currency = "MAD"
    timezone = "Africa/Casablanca"


class CommissionFactory(Base):
    class Meta:
        model = Commission

    cluster = SubFactory(ClusterFactory)
    code = Sequence("K{}".format)
    name = Sequence(lambda n: Words(fr=f"Commission n° {n}", ar=f"اللجنة {n}", en=f"Commission no. {n}"))
    position = Sequence(int)


class FundFactory(Base):
    """A fund; its ledger is not opened (see grants.ledger.service.open_fund)."""

    class Meta:
        model = Fund

    cluster = SubFactory(ClusterFactory)
    code = Sequence("F{}".format)
    name = Sequence("Fund {}".format)
    currency = LazyAttribute(lambda fund: fund.cluster.currency)


class CallFactory(Base):
    """An open call, complete, without envelopes or rubric."""

    class Meta:
        model = Call

    fund = SubFactory(FundFactory)
    code = Sequence("2026-{}".format)
    title = Sequence(lambda n: Words(fr=f"Appel n° {n}", en=f"Call no. {n}"))
    summary = Words(fr="Un appel à projets.", en="A call for proposals.")
    state = CallState.OPEN
    currency = LazyAttribute(lambda call: call.fund.currency)
    opens_at = LazyFunction(lambda: now() - timedelta(days=10))
    closes_at = LazyFunction(lambda: now() + timedelta(days=30))
    reviews_due_at = LazyFunction(lambda: now() + timedelta(days=60))
    ceiling_minor = 100_000_000
    funding_rate = 9_000
    published_at = LazyFunction(lambda: now() - timedelta(days=12))


class EnvelopeFactory(Base):
    class Meta:
        model = Envelope

    call = SubFactory(CallFactory)
    commission = SubFactory(CommissionFactory)
    amount_minor = 1_000_000_000
    currency = LazyAttribute(lambda one: one.call.currency)


class CriterionFactory(Base):
    class Meta:
        model = Criterion

    call = SubFactory(CallFactory)
    position = Sequence(int)
    label = Sequence(lambda n: Words(fr=f"Critère {n}", en=f"Criterion {n}"))
    guidance = Words(fr="Ce que l’on regarde.", en="What to look at.")
    weight = 50


class OrganisationFactory(Base):
    class Meta:
        model = Organisation

    name = Sequence("Organisation {}".format)
    matching_key = LazyAttribute(lambda one: one.name.casefold())
    kind = OrganisationKind.STARTUP
    country = "MA"


class MembershipFactory(Base):
    class Meta:
        model = Membership

    organisation = SubFactory(OrganisationFactory)
    person = SubFactory(PersonFactory)
    right = Right.OWNER


class ApplicationFactory(Base):
    """A draft whose lead owns the organisation. `submitted()` below gives the columns of a submitted one."""

    class Meta:
        model = Application

    call = SubFactory(CallFactory)
    organisation = SubFactory(OrganisationFactory)
    lead = SubFactory(PersonFactory)
    commission = SubFactory(CommissionFactory)
    title = Sequence("Project {}".format)
    summary = "What it does, for whom, and why now."
    description = "A longer text."
    duration_months = 12
    currency = LazyAttribute(lambda one: one.call.currency)
    cost_minor = 80_000_000
    requested_minor = 60_000_000

    @classmethod
    def _create(cls, model, *args, **kwargs):
        made = super()._create(model, *args, **kwargs)
        MembershipFactory(organisation=made.organisation, person=made.lead)
        return made


def submitted(n: int = 1) -> dict[str, object]:
    """Columns that any state after draft needs: `ApplicationFactory(state=…, **submitted(3))`."""
    return {"reference": f"TEST-{n:04}-{new_id().hex[-6:]}", "submitted_at": now(), "content_hash": "0" * 64}


class ReviewFactory(Base):
    class Meta:
        model = Review

    application = SubFactory(ApplicationFactory)
    reviewer = SubFactory(PersonFactory)
    assigned_by_id = LazyAttribute(lambda one: one.reviewer.id)
    currency = LazyAttribute(lambda one: one.application.currency)


class DecisionFactory(Base):
    class Meta:
        model = Decision

    application = SubFactory(ApplicationFactory)
    call = LazyAttribute(lambda one: one.application.call)
    commission = LazyAttribute(lambda one: one.application.commission)
    rank = Sequence(lambda n: n + 1)
    score = 7_500
    proposal = Outcome.FUNDED
    currency = LazyAttribute(lambda one: one.application.currency)
    amount_minor = 50_000_000
    proposed_by_id = LazyAttribute(lambda one: one.application.lead.id)


class AwardFactory(Base):
    class Meta:
        model = Award

    application = SubFactory(ApplicationFactory)
    call = LazyAttribute(lambda one: one.application.call)
    fund = LazyAttribute(lambda one: one.call.fund)
    commission = LazyAttribute(lambda one: one.application.commission)
    organisation = LazyAttribute(lambda one: one.application.organisation)
    number = Sequence("C-2026-{:04}".format)
    title = LazyAttribute(lambda one: one.application.title)
    currency = LazyAttribute(lambda one: one.call.currency)
    amount_minor = 50_000_000
    awarded_on = LazyFunction(lambda: now().date())


class AgreementFactory(Base):
    class Meta:
        model = Agreement

    award = SubFactory(AwardFactory)


class InstalmentFactory(Base):
    class Meta:
        model = Instalment

    agreement = SubFactory(AgreementFactory)
    position = 1
    kind = InstalmentKind.INTERIM
    percent = 40
    currency = LazyAttribute(lambda one: one.agreement.award.currency)
    amount_minor = 20_000_000
    due_on = LazyFunction(lambda: now().date())


class ClaimFactory(Base):
    class Meta:
        model = Claim

    instalment = SubFactory(InstalmentFactory)
    currency = LazyAttribute(lambda one: one.instalment.currency)
    claimed_minor = LazyAttribute(lambda one: one.instalment.amount_minor)


def with_role(role: Role, *, cluster=None, fund=None, commission=None, person: Person | None = None) -> Person:
    """Somebody who holds this role there (the cluster follows from the fund or the commission)."""
    person = person or PersonFactory()
    cluster = cluster or (fund and fund.cluster) or (commission and commission.cluster)
    held = Appointment(
        person=person,
        role=role,
        cluster_id=cluster and cluster.id,
        fund_id=fund and fund.id,
        commission_id=commission and commission.id,
    )
    db.session.add(held)
    db.session.flush()
    return person
