"""What the staff, finance and applicant portals share about agreements and claims: their pages' parts."""

from typing import Any

from flask import request

from grants.awards.models import Award, Claim
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
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


def stated_reason() -> str:
    """The reason typed with a move; raises Refused without one."""
    reason = tidy(request.form.get("reason", ""))
    if not reason:
        raise Refused(N_("Give a reason: it is kept and shown to those concerned."))
    return reason
