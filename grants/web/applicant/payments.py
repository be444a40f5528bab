"""The beneficiary follows the payments of a grant, what must be paid back, and the schedule of an advance."""

from typing import Any

from flask import render_template

from grants.awards.models import Award
from grants.core.clock import now
from grants.payments import policy, queries
from grants.payments.models import Recovery
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.awards import speak


@portal.get("/agreements/<uuid:id>/payments")
@access(policy.see_schedule, queries.award_of_agreement)
def payments(user: Person, award: Award) -> Any:
    """Every payment order of the grant, recoveries, repayments: four queries however many."""
    speak(award)
    claims = [claim for one in award.agreement.instalments for claim in one.claims] if award.agreement else []
    orders = queries.orders_of(one.id for one in claims)
    recoveries, _total = queries.recoveries(user, award_id=award.id)
    repayments, _count = queries.repayments(user, award_id=award.id, limit=500)
    return render_template(
        "applicant/payments.html",
        award=award,
        claims=[(one, orders.get(one.id, [])) for one in claims if one.id in orders],
        recoveries=recoveries,
        repayments=repayments,
        today=now().astimezone(award.fund.cluster.zone).date(),
    )


@portal.get("/recoveries/<uuid:id>")
@access(policy.view_recovery, queries.recovery)
def recovery(user: Person, recovery: Recovery) -> Any:
    speak(recovery.award)
    return render_template(
        "applicant/recovery.html", recovery=recovery, receipts=queries.receipts(recovery_id=recovery.id)
    )
