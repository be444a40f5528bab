"""The demo's marks: six reviewers, some severe and some generous, on twelve projects, some better than others."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from grants.clusters.models import Commission
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.types import Money
from grants.people.appointments import Place, appoint
from grants.people.models import Person, Role
from grants.reviews import queries as reviews
from grants.reviews.models import Review
from grants.reviews.service import Mark, Sheet
from workflows import review as reviewing
from workflows import session as sitting

NEWCOMERS = ("Driss Amrani", "Fatima Zahra Sebti", "Mehdi Ouazzani")
WORTH = (8, 6, 7, 5, 8, 4, 6, 7, 9, 5, 7, 6)  # of each project, in half marks
LEAN = (0, -1, 0, -1, 1, 0)  # of each reviewer, in half marks: below zero is severe
CHANCE = (0, 2, -1, 1, -2, 0, -1, 2, 1, -2, 1)  # what else makes a review what it is
ASKED = (0, 1, 3)  # the n-th project goes to the reviewers n, n + 1 and n + 3, in turn
LOW = "La réponse reste générale : à étayer par des chiffres avant la convention."
PLACE = "Salle Atlas, Technopark de Casablanca"
OVERALL = "Équipe engagée et besoin réel ; le plan de déploiement reste à préciser."


def newcomer(name: str, commission: Commission, admin: Person) -> Any:
    """A reviewer of the commission who signs in to nothing; the person's id."""
    with transaction():
        email = f"{name.split()[-1].lower()}@demo.example"
        person = Person(name=name, email=email, locale="fr", appointments=[])
        person.confirmed_at = now()
        db.session.add(person)
        db.session.flush()
        appoint(person, Role.REVIEWER, Place(commission.cluster_id, commission_id=commission.id), actor=admin)
        return person.id


def mark(made: Sequence[Any], meet: Sequence[Callable[[], Person]], chair: Callable[[], Person]) -> None:
    """Everybody is met anew for every act; the very last review is accepted and not yet written."""
    for n, application_id in enumerate(made):
        asked = [(n + step) % len(meet) for step in ASKED]
        with clock.stopped(now() - timedelta(days=20 - n)):
            people = reviews.reviewers([meet[k]().id for k in asked])
            reviewing.assign(reviews.led_application(chair(), application_id), people, actor=chair())
            for k in asked:
                _review(application_id, n, k, meet[k], last=(n, k) == (len(made) - 1, asked[-1]))


def _review(application_id: Any, n: int, k: int, met: Callable[[], Person], *, last: bool) -> None:
    wanted = select(Review.id).where(Review.application_id == application_id, Review.reviewer_id == met().id)
    id = db.session.scalars(wanted).one()
    reviewing.accept(reviews.own_review(met(), id), actor=met())
    if last:
        return
    review = reviews.own_review(met(), id)
    marks = {}
    for at, one in enumerate(review.application.call.criteria):
        halves = WORTH[n] + LEAN[k] + CHANCE[(5 * n + 3 * k) % len(CHANCE)] + (n + k + 2 * at) % 3 - 1
        marks[one.id] = Mark(min(10, max(1, halves)), LOW)
    requested = review.application.requested
    advised = Money(requested.minor * (100 - 5 * ((n + k) % 3)) // 100, requested.currency)
    reviewing.submit_review(review, Sheet(marks, OVERALL, 1 + (n + k) % 3, advised), review.version, actor=met())


def plan_session(call_id: Any, commission_id: Any, chair: Callable[[], Person]) -> None:
    """The commission sits tomorrow morning; its last review is still to come."""
    board = reviews.chaired(chair(), call_id, commission_id)
    tomorrow = (now() + timedelta(days=1)).astimezone(board.call.fund.cluster.zone)
    sitting.plan(board, tomorrow.replace(hour=10, minute=0, second=0, microsecond=0), PLACE, actor=chair())
