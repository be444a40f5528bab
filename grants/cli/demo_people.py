"""Who is in the demo and where they serve; the clock set back, so that everything happened when it should have."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from grants.cli.demo_words import COMMISSIONS
from grants.clusters import service as clusters
from grants.clusters.models import Cluster, Commission
from grants.clusters.service import ClusterDraft, CommissionDraft
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.people.appointments import Place, appoint
from grants.people.models import Appointment, Person, Role
from grants.people.passwords import hash_password
from grants.reviews import queries as reviews

PASSWORD = "tamwil-pour-essai"  # noqa: S105 - printed on purpose: these accounts exist in a demo only
MAD = "MAD"


@dataclass(frozen=True)
class Somebody:
    """A sign-in of the demo."""

    name: str
    email: str
    does: str
    language: str = "fr"


PEOPLE = {
    "admin": Somebody("Nadia Alaoui", "admin@demo.example", "administrator"),
    "manager": Somebody("Karim Benjelloun", "fonds@demo.example", "fund manager"),
    "officer": Somebody("Salma Idrissi", "programme@demo.example", "programme officer"),
    "second": Somebody("Yassine Tazi", "programme2@demo.example", "programme officer (second pair of eyes)"),
    "committee": Somebody("Amina Chraibi", "comite@demo.example", "strategic committee"),
    "chair": Somebody("Omar Fassi", "presidence@demo.example", "commission chair"),
    "reviewer": Somebody("Leila Berrada", "evaluation1@demo.example", "reviewer"),
    "reviewer2": Somebody("Hicham Lahlou", "evaluation2@demo.example", "reviewer"),
    "reviewer3": Somebody("سلوى المنصوري", "evaluation3@demo.example", "reviewer (reads Arabic)", "ar"),
    "authorising": Somebody("Rachid Kettani", "ordonnateur@demo.example", "authorising officer"),
    "accountant": Somebody("Houda Sefrioui", "comptable@demo.example", "accountant"),
    "auditor": Somebody("Grace Mensah", "audit@demo.example", "auditor (reads English)", "en"),
    "applicant": Somebody("Imane Zerouali", "startup@demo.example", "start-up, applicant and beneficiary"),
    "partner": Somebody("سعاد البقالي", "laboratoire@demo.example", "partner of the start-up (reads Arabic)", "ar"),
    "partner2": Somebody("Yasmine Alami", "universite@demo.example", "partner of the start-up"),
}
CLUSTER_ROLES = {
    "manager": Role.FUND_MANAGER,
    "officer": Role.OFFICER,
    "second": Role.OFFICER,
    "committee": Role.COMMITTEE,
    "authorising": Role.AUTHORISING_OFFICER,
    "accountant": Role.ACCOUNTANT,
    "auditor": Role.AUDITOR,
}


@contextmanager
def days_ago(days: float) -> Iterator[datetime]:
    """Everything inside happened then."""
    at = now() - timedelta(days=days)
    with clock.stopped(at):
        yield at


def everybody() -> dict[str, Any]:
    """Their ids by key; each confirmed, with the demo's password."""
    hashed = hash_password(PASSWORD)
    made: dict[str, Any] = {}
    with transaction():
        for key, one in PEOPLE.items():
            person = Person(
                name=one.name,
                email=one.email,
                locale=one.language,
                password_hash=hashed,
                confirmed_at=now(),
                appointments=[],
            )
            db.session.add(person)
            db.session.flush()
            made[key] = person.id
        db.session.add(Appointment(person_id=made["admin"], role=Role.ADMIN))
    return made


def met(person_id: Any) -> Person:
    """The person with roles, as a request would load them."""
    return reviews.reviewers([person_id])[0]


def cluster_of(who: dict[str, Any]) -> Cluster:
    admin = met(who["admin"])
    cluster = clusters.create_cluster(
        ClusterDraft("MNC", "Maroc Numeric Cluster", "MA", MAD, "Africa/Casablanca"), actor=admin
    )
    cluster_id = cluster.id
    for code, name in COMMISSIONS:
        cluster = db.session.get_one(Cluster, cluster_id)
        commission = clusters.create_commission(cluster, CommissionDraft(code, name), actor=met(who["admin"]))
        place = Place(cluster_id=cluster_id, commission_id=commission.id)
        appoint(met(who["chair"]), Role.CHAIR, place, actor=met(who["admin"]))
        for key in ("reviewer", "reviewer2", "reviewer3"):
            appoint(met(who[key]), Role.REVIEWER, place, actor=met(who["admin"]))
    for key, role in CLUSTER_ROLES.items():
        appoint(met(who[key]), role, Place(cluster_id=cluster_id), actor=met(who["admin"]))
    return db.session.get_one(Cluster, cluster_id)


def commissions() -> Sequence[Commission]:
    return db.session.scalars(select(Commission).order_by(Commission.position)).all()
