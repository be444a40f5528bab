"""What the demo's committee did beyond single decisions: a transfer with its reason, a letter in its own words."""

from typing import Any

from grants.awards import letters, queries
from grants.awards.models import Occasion
from grants.cli.demo_people import MAD, commissions, days_ago, met
from grants.core.i18n import Words
from grants.core.types import Money
from workflows import committee

REASON = (
    "Deux projets seulement dans ce thème ; la première commission a plus de dossiers solides que son enveloppe n’en"
    " paie."
)
FUNDED = Words(
    fr=(
        "Le comité stratégique a décidé de financer « {title} » ({reference}) : {amount} sont accordés à"
        " {organisation}.\n\nNotes : {scores}\n\nLe chargé de programme vous écrira pour préparer la convention."
    ),
    ar=(
        "قررت اللجنة الاستراتيجية تمويل «{title}» ({reference}): مُنح مبلغ {amount} لـ {organisation}.\n\n"
        "النقط: {scores}\n\nسيراسلك مسؤول البرنامج لإعداد الاتفاقية."
    ),
)


def weighed(who: dict[str, Any], call_id: Any) -> None:
    """After the first commission's decisions: credit for it from the last one, and the wording of the good news."""
    first, *_, last = commissions()
    first_id, last_id = first.id, last.id
    with days_ago(10):
        member = met(who["committee"])
        call = queries.decided_call(member, call_id)
        committee.transfer(call, last_id, first_id, Money.of(2_500_000, MAD), REASON, actor=member)
    with days_ago(10):
        member = met(who["committee"])
        letters.word(queries.decided_call(member, call_id), Occasion.FUNDED, FUNDED, actor=member)
