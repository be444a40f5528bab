"""A cluster with one call in evaluation and as many applications as wanted, written in bulk.

By commission: the first has sent its ranking and the committee decides, the second is ready to rank, the third is
under review, the fourth is being screened. Ledger operations go through the ledger's own door.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, text

from grants.applications.models import Application, ApplicationState
from grants.awards.models import (
    Agreement,
    AgreementState,
    Award,
    Claim,
    ClaimState,
    Decision,
    DecisionState,
    Instalment,
    InstalmentKind,
    Outcome,
)
from grants.calls.models import Call, CallState, Criterion, Envelope
from grants.clusters.models import Cluster, Commission
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import Base, db, transaction
from grants.core.i18n import Words
from grants.core.types import Money, new_id, sort_key
from grants.funds.models import Appropriation, Fund
from grants.ledger.service import Kind, Line, Place, key_for, open_fund, post
from grants.people.models import Appointment, Membership, Organisation, OrganisationKind, Person, Right, Role
from grants.reviews.models import Review, ReviewState, Score

S = ApplicationState
MAD = "MAD"
THEMES = ("Services mobiles", "Sécurité et paiement électronique", "Multimédia", "Progiciels")
WEIGHTS = (30, 25, 20, 15, 10)
REVIEWS = 4  # for each application that has gone to review
REVIEWERS = 40
STAFF = {
    "manager": Role.FUND_MANAGER,
    "officer": Role.OFFICER,
    "second": Role.OFFICER,
    "committee": Role.COMMITTEE,
    "authorising": Role.AUTHORISING_OFFICER,
    "accountant": Role.ACCOUNTANT,
}
SCREENED = [S.SUBMITTED] * 6 + [S.ADMISSIBLE] * 3 + [S.INCOMPLETE, S.INADMISSIBLE, S.INELIGIBLE] + [S.ELIGIBLE] * 8
SYLLABLES = ("ta", "mi", "lo", "ra", "ven", "du", "ce", "pro", "jet", "na", "bri", "sol", "ai", "ge", "ré", "mo", "ti")


@dataclass(frozen=True)
class World:
    """Where things are, and who looks at them."""

    call_id: UUID
    fund_id: UUID
    commissions: list[UUID]
    some_application: UUID
    people: dict[str, UUID]


class Filling:
    """Writes one world; the same seed gives the same texts."""

    def __init__(self, code: str, rows: int) -> None:
        self.code, self.rows, self.random = code, rows, Random(rows)
        self.words = ["".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4))) for _ in range(3000)]
        self.moment = now()
        self.people: dict[str, UUID] = {}
        self.awards = max(1, rows // 50)

    def prose(self, length: int) -> str:
        return " ".join(self.random.choices(self.words, k=length // 4))[:length]

    def run(self) -> World:
        with transaction():
            self._place()
            self._everybody()
            applications = self._applications()
            self._reviews(applications)
            self._events(applications)
            self._decisions(applications)
        with transaction():
            self._money(applications)
        return World(self.call, self.fund, self.commissions, applications[self.rows // 2]["id"], self.people)

    # --- who and where ----------------------------------------------------------------------------------------

    def _place(self) -> None:
        cluster, code = new_id(), self.code
        self.cluster, self.fund, self.call = cluster, new_id(), new_id()
        self.commissions = [new_id() for _ in THEMES]
        put(
            Cluster,
            [
                {
                    "id": cluster,
                    "code": code,
                    "name": code,
                    "country": "MA",
                    "currency": MAD,
                    "timezone": "Africa/Casablanca",
                }
            ],
        )
        put(
            Commission,
            [
                {"id": id, "cluster_id": cluster, "code": f"K{at}", "name": Words(fr=name, en=name), "position": at}
                for at, (id, name) in enumerate(zip(self.commissions, THEMES, strict=True), 1)
            ],
        )
        put(Fund, [{"id": self.fund, "cluster_id": cluster, "code": code, "name": f"Fonds {code}", "currency": MAD}])
        closed = self.moment - timedelta(days=40)
        rules = {
            "id": self.call,
            "fund_id": self.fund,
            "code": f"{code}-1",
            "title": Words(fr="Intilak", en="Intilak"),
            "summary": Words(fr=self.prose(300), en=self.prose(300)),
            "state": CallState.EVALUATING,
            "opens_at": closed - timedelta(days=60),
            "closes_at": closed,
            "reviews_due_at": self.moment + timedelta(days=10),
            "published_at": closed - timedelta(days=62),
            "currency": MAD,
            "ceiling_minor": 100_000_000,
            "funding_rate": 9_000,
            "reviewers_per_application": REVIEWS,
        }
        put(Call, [rules])
        self.envelope = 100_000_000 * self.awards
        shared = {"call_id": self.call, "currency": MAD, "amount_minor": self.envelope}
        put(Envelope, [{"commission_id": id, **shared} for id in self.commissions])
        self.criteria = [new_id() for _ in WEIGHTS]
        put(
            Criterion,
            [
                {
                    "id": id,
                    "call_id": self.call,
                    "position": at,
                    "label": Words(fr=f"Critère {at}", en=f"Criterion {at}"),
                    "guidance": Words(fr=self.prose(200), en=self.prose(200)),
                    "weight": weight,
                }
                for at, (id, weight) in enumerate(zip(self.criteria, WEIGHTS, strict=True), 1)
            ],
        )

    def _everybody(self) -> None:
        names = [*STAFF, "chair", "applicant", *(f"reviewer{n}" for n in range(REVIEWERS))]
        owners = max(1, self.rows * 300 // 10_000)
        names += [f"owner{n}" for n in range(1, owners)]
        self.people = {name: new_id() for name in names}
        put(Person, [self._person(name, id) for name, id in self.people.items()])
        place = {"cluster_id": self.cluster, "commission_id": None}
        held = [{"person_id": self.people[name], "role": role, **place} for name, role in STAFF.items()]
        for commission in self.commissions:
            there = {"cluster_id": self.cluster, "commission_id": commission}
            held.append({"person_id": self.people["chair"], "role": Role.CHAIR, **there})
            held += [
                {"person_id": self.people[f"reviewer{n}"], "role": Role.REVIEWER, **there} for n in range(REVIEWERS)
            ]
        put(Appointment, held)
        owned = [self.people["applicant"], *(self.people[f"owner{n}"] for n in range(1, owners))]
        self.organisations = [(new_id(), owner) for owner in owned]
        put(Organisation, [self._organisation(n, id) for n, (id, _) in enumerate(self.organisations)])
        owns = {"right": Right.OWNER}
        put(Membership, [{"organisation_id": id, "person_id": who, **owns} for id, who in self.organisations])

    def _person(self, name: str, id: UUID) -> dict[str, Any]:
        email = f"{name}@{self.code.lower()}.example"
        return {"id": id, "email": email, "name": name, "sort_key": name, "confirmed_at": self.moment, "locale": "en"}

    def _organisation(self, n: int, id: UUID) -> dict[str, Any]:
        name = f"{self.prose(18).title()} {n} SARL"
        fixed = {"kind": OrganisationKind.STARTUP, "country": "MA", "city": "Casablanca"}
        return {"id": id, "name": name, "sort_key": sort_key(name), "matching_key": sort_key(name), **fixed}

    # --- the applications -------------------------------------------------------------------------------------

    def _applications(self) -> list[dict[str, Any]]:
        """In the order of their references; the n-th is of commission n modulo 4."""
        made = [self._application(n) for n in range(self.rows)]
        put(Application, made)
        return made

    def _application(self, n: int) -> dict[str, Any]:
        organisation, lead = self.organisations[n % len(self.organisations)]
        title, requested = self.prose(60).capitalize(), self.random.randint(20, 90) * 1_000_000
        state = self._state(n)
        return {
            "id": new_id(),
            "created_at": self.moment - timedelta(days=90),
            "call_id": self.call,
            "organisation_id": organisation,
            "lead_id": lead,
            "commission_id": self.commissions[n % 4],
            "reference": f"{self.code}-{n + 1:05}",
            "title": title,
            "sort_key": sort_key(title),
            "summary": self.prose(600),
            "description": self.prose(4000),
            "duration_months": 18,
            "currency": MAD,
            "cost_minor": requested * 2,
            "requested_minor": requested,
            "state": state,
            "submitted_at": self.moment - timedelta(days=45, seconds=self.rows - n),
            "content_hash": "0" * 64,
            "completion_due_at": self.moment + timedelta(days=5) if state is S.INCOMPLETE else None,
        }

    def _state(self, n: int) -> ApplicationState:
        turn = n // 4
        if n % 4 == 0:  # the committee has decided on all but the last fifth
            return S.DECIDED if turn < self.rows // 5 else S.RANKED
        return {1: S.REVIEWED, 2: S.IN_REVIEW}.get(n % 4) or SCREENED[turn % len(SCREENED)]

    def _reviews(self, applications: Sequence[dict[str, Any]]) -> None:
        """Four for each that has gone to review; those of the third commission are partly still to be written."""
        rows = [
            self._review(one, self.people[f"reviewer{(n * REVIEWS + turn) % REVIEWERS}"], n % 4 == 2 and turn > 1)
            for n, one in enumerate(applications)
            if n % 4 != 3
            for turn in range(REVIEWS)
        ]
        put(Review, rows)
        marks = insert(Score.__table__).from_select(
            ["id", "created_at", "version", "review_id", "criterion_id", "halves", "comment"],
            select(
                func.gen_random_uuid(),
                literal(self.moment),
                literal(1),
                Review.id,
                Criterion.id,
                text("4 + floor(random() * 7)::bigint"),
                literal(self.prose(120)),
            )
            .join(Application, Application.id == Review.application_id)
            .join(Criterion, Criterion.call_id == Application.call_id)
            .where(Application.call_id == self.call, Review.state == ReviewState.SUBMITTED),
        )
        db.session.execute(marks)

    def _review(self, application: dict[str, Any], reviewer: UUID, waits: bool) -> dict[str, Any]:
        return {
            "application_id": application["id"],
            "reviewer_id": reviewer,
            "assigned_by_id": self.people["chair"],
            "state": ReviewState.ASSIGNED if waits else ReviewState.SUBMITTED,
            "currency": MAD,
            "comment": "" if waits else self.prose(400),
            "confidence": None if waits else 2,
            "recommended_minor": None if waits else application["requested_minor"] * 9 // 10,
            "total": None if waits else self.random.randint(3_000, 9_800),
            "submitted_at": None if waits else self.moment - timedelta(days=5),
        }

    def _events(self, applications: Sequence[dict[str, Any]]) -> None:
        names = ["application.submit", "application.admit", "application.find_eligible", "application.start_review"]
        rows = [
            {
                "at": one["submitted_at"] + timedelta(days=step),
                "name": name,
                "subject_kind": "application",
                "subject_id": one["id"],
                "actor_id": self.people["officer"] if step else one["lead_id"],
                "before": {},
                "after": {"state": name},
            }
            for n, one in enumerate(applications)
            for step, name in enumerate(names[:1] if n % 4 == 3 else names)
        ]
        put(Event, rows)

    # --- decisions and money ----------------------------------------------------------------------------------

    def _decisions(self, applications: Sequence[dict[str, Any]]) -> None:
        """A quarter: the first commission's; the first of them are funded, the last still to be decided."""
        rows = []
        for rank, one in enumerate(applications[::4], 1):
            funded, decided = rank <= self.awards, one["state"] is S.DECIDED
            taken = DecisionState.FUNDED if funded else DecisionState.RESERVE
            rows.append(
                {
                    "application_id": one["id"],
                    "call_id": self.call,
                    "commission_id": self.commissions[0],
                    "rank": rank,
                    "score": max(3_000, 9_800 - rank),
                    "proposal": Outcome.FUNDED if funded else Outcome.RESERVE,
                    "currency": MAD,
                    "amount_minor": one["requested_minor"],
                    "proposed_by_id": self.people["chair"],
                    "state": taken if decided else DecisionState.PROPOSED,
                    "decided_by_id": self.people["committee"] if decided else None,
                    "decided_at": self.moment if decided else None,
                }
            )
        put(Decision, rows)

    def _money(self, applications: Sequence[dict[str, Any]]) -> None:
        """The fund is endowed and allocated, the grants reserved, half of them committed and paid once."""
        total = Money(self.envelope * 8, MAD)
        shared = {"fund_id": self.fund, "fiscal_year": self.moment.year, "document": "LF-1", "currency": MAD}
        put(Appropriation, [{**shared, "value_date": self.moment.date(), "amount_minor": total.minor}])
        open_fund(self.fund, self.code, MAD, "Africa/Casablanca")
        self._post(Kind.ENDOW, Place.source(), Place.available(), total, "LF-1")
        self._post(Kind.ALLOCATE_CALL, Place.available(), Place.call(self.call), Money(self.envelope * 4, MAD), "A-1")
        for at, one in enumerate(self.commissions):
            target = Place.commission(self.call, one)
            self._post(Kind.ALLOCATE_COMMISSION, Place.call(self.call), target, Money(self.envelope, MAD), f"B-{at}")
        for n, one in enumerate(applications[::4][: self.awards]):
            self._grant(n, one, paid=n % 2 == 0)

    def _grant(self, n: int, application: dict[str, Any], *, paid: bool) -> None:
        award, agreement, tranche, number = new_id(), new_id(), new_id(), f"CV-{n:04}"
        whole = Money(application["requested_minor"], MAD)
        first = Money(whole.minor * 4 // 10, MAD)
        kept = {key: application[key] for key in ("call_id", "commission_id", "organisation_id", "title", "currency")}
        kept |= {"application_id": application["id"], "number": number, "fund_id": self.fund}
        put(Award, [{"id": award, **kept, "amount_minor": whole.minor, "awarded_on": self.moment.date()}])
        begun = {
            "state": AgreementState.ACTIVE,
            "starts_on": self.moment.date(),
            "proposed_by_id": self.people["authorising"],
            "visa_by_id": self.people["accountant"],
        }
        put(Agreement, [{"id": agreement, "award_id": award, **(begun if paid else {})}])
        put(Instalment, [self._instalment(agreement, tranche, at, whole) for at in range(3)])
        there = (self.call, application["commission_id"], award)
        self._post(Kind.RESERVE, Place.commission(*there[:2]), Place.reserved(*there), whole, number)
        if not paid:
            return
        self._post(Kind.COMMIT, Place.reserved(*there), Place.committed(*there), whole, number)
        put(Claim, [self._claim(tranche, first, number)])
        steps = [
            (Kind.LIQUIDATE, Place.committed(*there), Place.payable(*there, tranche)),
            (Kind.ORDER, Place.payable(*there, tranche), Place.ordered(*there, tranche)),
            (Kind.REMIT, Place.ordered(*there, tranche), Place.remitted(*there, tranche)),
            (Kind.PAY, Place.remitted(*there, tranche), Place.paid(*there, tranche)),
        ]
        for kind, source, target in steps:
            self._post(kind, source, target, first, f"{number}-1")

    def _instalment(self, agreement: UUID, first: UUID, at: int, whole: Money) -> dict[str, Any]:
        share = (40, 40, 20)[at]
        return {
            "id": first if at == 0 else new_id(),
            "agreement_id": agreement,
            "position": at + 1,
            "kind": (InstalmentKind.PREFINANCING, InstalmentKind.INTERIM, InstalmentKind.BALANCE)[at],
            "percent": share,
            "currency": MAD,
            "amount_minor": whole.minor * share // 100,
            "due_on": self.moment.date() + timedelta(days=180 * at - 20),
        }

    def _claim(self, tranche: UUID, amount: Money, number: str) -> dict[str, Any]:
        return {
            "instalment_id": tranche,
            "state": ClaimState.PAID,
            "currency": MAD,
            "claimed_minor": amount.minor,
            "accepted_minor": amount.minor,
            "statement": self.prose(300),
            "submitted_at": self.moment,
            "checked_by_id": self.people["officer"],
            "liquidated_by_id": self.people["second"],
            "ordered_by_id": self.people["authorising"],
            "paid_by_id": self.people["accountant"],
            "bank_reference": f"VIR-{number}",
            "value_date": self.moment.date(),
        }

    def _post(self, kind: Kind, source: Place, target: Place, amount: Money, document: str) -> None:
        line, key = Line(source, target, amount), key_for("bench", self.fund, kind, document)
        post(self.fund, kind, [line], actor=None, key=key, document=document)


def fill(code: str, rows: int) -> World:
    """A world of its own, committed."""
    return Filling(code, rows).run()


def put(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Bulk, without loading anything: constraints and defaults are those of the table."""
    if rows:
        db.session.execute(insert(model.__table__), list(rows))
        db.session.flush()
