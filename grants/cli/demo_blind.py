"""The demo's double-blind call: questions that name somebody, and a scoring sheet half filled in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from grants.calls.examples import EXAMPLES
from grants.calls.questionnaire import Outline
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews import offline
from grants.reviews import queries as reviews
from grants.reviews.models import Review
from workflows import review as reviewing

NAMING = {"founders", "people"}  # questions whose answers name the team
NOTE = "Vérifier la sensibilité annoncée (94 %) dans l’annexe."
COMMENT = "Modèle de revenus clair, mais le prix de l’appareil n’est pas comparé à l’offre importée."
CUT = "Deux appareils suffisent pour l’essai."


def asks() -> Outline:
    """The questions of an example, those that name somebody hidden from reviewers."""
    outline = EXAMPLES["intilak"].asks
    return Outline(
        tuple(
            replace(part, questions=tuple(replace(one, names=one.id in NAMING) for one in part.questions))
            for part in outline.parts
        )
    )


def in_hand(made: Sequence[Any], meet: Sequence[Callable[[], Person]], chair: Callable[[], Person]) -> None:
    """Both projects go to these reviewers; the first of them has begun to mark the first."""
    with clock.stopped(now() - timedelta(days=6)):
        for application_id in made:
            people = reviews.reviewers([one().id for one in meet])
            reviewing.assign(reviews.led_application(chair(), application_id), people, actor=chair())
            wanted = select(Review.id).where(
                Review.application_id == application_id, Review.reviewer_id == meet[0]().id
            )
            id = db.session.scalars(wanted).one()
            reviewing.accept(reviews.own_review(meet[0](), id), actor=meet[0]())
    with clock.stopped(now() - timedelta(days=1)):
        begun = next(one for one in reviews.in_hand(meet[0]()) if one.application_id == made[0])
        work = offline.work_of([begun])[0]
        criteria = begun.application.call.criteria
        values: dict[str, offline.Value] = {f"mark:{criteria[0].id}": 8, f"mark:{criteria[1].id}": 6}
        values[f"comment:{criteria[1].id}"] = COMMENT
        equipment = next(one for one in work.asked if one.category.code == "EQUIP")
        values["amount:EQUIP"] = Money(
            equipment.amount.minor * 2 // 3 // 100_000 * 100_000, equipment.amount.currency
        ).minor
        values["reason:EQUIP"] = CUT
        reviewing.save(begun, work.with_(values), begun.version, NOTE, actor=meet[0]())
