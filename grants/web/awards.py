"""What the staff, finance and applicant portals share about agreements and claims: their pages' parts."""

from typing import Any
from uuid import UUID

from flask import request

from grants.awards import queries
from grants.awards.models import Award, Claim
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.web.fields import tidy
from grants.web.language import speak_for


def speak(award: Award) -> None:
    """Dates and times as the cluster of the award's fund writes them."""
    speak_for(award.fund.cluster.country, award.fund.cluster.timezone)


def award_of(claim: Claim) -> Award:
    award: Award = claim.instalment.agreement.award
    return award


def today(award: Award) -> Any:
    """The day it is where the fund is."""
    return now().astimezone(award.fund.cluster.zone).date()


def people_named(user: Person, claim: Claim) -> dict[UUID, str]:
    """Who took each step of a claim, by id; one query."""
    return queries.names(
        [
            claim.submitted_by_id,
            claim.checked_by_id,
            claim.certified_by_id,
            claim.liquidated_by_id,
            claim.ordered_by_id,
            claim.approved_by_id,
            claim.remitted_by_id,
            claim.paid_by_id,
        ]
    )


def stated_reason() -> str:
    """The reason typed with a move; raises Refused without one."""
    reason = tidy(request.form.get("reason", ""))
    if not reason:
        raise Refused(N_("Give a reason: it is kept and shown to those concerned."))
    return reason
