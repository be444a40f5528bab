"""The two chains recomputed on demand: the ledger of one's funds, and everything that anybody did."""

from typing import Any

from flask import render_template

from grants.core import audit
from grants.core.clock import now
from grants.funds import queries
from grants.ledger.queries import heads
from grants.ledger.service import verify, words_for
from grants.people.models import Person
from grants.reports import policy
from grants.web.access import access
from grants.web.finance import portal


@portal.get("/proofs")
@access(policy.prove)
def proofs(user: Person) -> Any:
    """Both are read as they stand; nothing is written. About 60 000 operations or events a second."""
    funds = queries.funds(user)
    found = verify([one.id for one in funds])
    return render_template(
        "finance/proofs.html",
        funds=funds,
        heads=heads([one.id for one in funds]),
        ledger=found,
        sentence=words_for(found),
        events=audit.verify(),
        at=now(),
    )
