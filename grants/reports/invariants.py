"""What must hold in the database whatever happened: queries that return the rows which offend."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from grants.core.db import db


@dataclass(frozen=True)
class Invariant:
    """`sql` returns one row for each offence; no row, and the name is true."""

    name: str
    sql: str


@dataclass(frozen=True)
class Offence:
    """How many rows offend, and the first of them."""

    invariant: Invariant
    count: int
    first: dict[str, Any]


INVARIANTS = (
    Invariant(
        "every fund's accounts add up to nothing: money moves, it is never made",
        "SELECT fund_id, sum(balance) AS total FROM led.account GROUP BY fund_id HAVING sum(balance) <> 0",
    ),
    Invariant(
        "every account holds what its postings add up to",
        """
        SELECT account.id, account.balance, coalesce(posted.total, 0) AS posted
        FROM led.account
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM led.posting GROUP BY account_id) AS posted
          ON posted.account_id = account.id
        WHERE account.balance <> coalesce(posted.total, 0)
        """,
    ),
    Invariant(
        "a fund's ledger has as many operations as its last number",
        """
        SELECT fund.id, fund.last_no, count(op.no) AS operations
        FROM led.fund LEFT JOIN led.op ON op.fund_id = fund.id
        GROUP BY fund.id HAVING fund.last_no <> count(op.no)
        """,
    ),
    Invariant(
        "every fund and its ledger have the same currency",
        """
        SELECT fund.id, fund.currency, ledger.currency AS ledger_currency
        FROM fund JOIN led.fund AS ledger ON ledger.id = fund.id WHERE fund.currency <> ledger.currency
        """,
    ),
    Invariant(
        "no grant's money is more than its award, nor in another fund",
        """
        SELECT award.id, award.amount_minor, sum(account.balance) AS in_ledger
        FROM led.account LEFT JOIN award ON award.id = account.grant_id AND award.fund_id = account.fund_id
        WHERE account.grant_id IS NOT NULL
        GROUP BY account.grant_id, award.id, award.amount_minor
        HAVING award.id IS NULL AND sum(account.balance) <> 0 OR sum(account.balance) > award.amount_minor
        """,
    ),
    Invariant(
        "no instalment's money is more than is planned up to it, nor of another grant",
        """
        SELECT account.tranche_id, sum(account.balance) AS in_ledger
        FROM led.account
        LEFT JOIN instalment ON instalment.id = account.tranche_id
        LEFT JOIN agreement ON agreement.id = instalment.agreement_id
        WHERE account.tranche_id IS NOT NULL AND account.balance <> 0
        GROUP BY account.tranche_id, account.grant_id, instalment.agreement_id, instalment.position, agreement.award_id
        HAVING agreement.award_id IS DISTINCT FROM account.grant_id OR sum(account.balance) > (
          SELECT sum(planned.amount_minor) FROM instalment AS planned
          WHERE planned.agreement_id = instalment.agreement_id AND planned.position <= instalment.position)
        """,
    ),
    Invariant(
        "the claims of a grant that stand add up to no more than the grant",
        """
        SELECT award.id, award.amount_minor, sum(claim.accepted_minor) AS accepted
        FROM award JOIN agreement ON agreement.award_id = award.id
        JOIN instalment ON instalment.agreement_id = agreement.id
        JOIN claim ON claim.instalment_id = instalment.id AND claim.state <> 'rejected'
        GROUP BY award.id, award.amount_minor HAVING sum(claim.accepted_minor) > award.amount_minor
        """,
    ),
    Invariant(
        "an agreement's instalments add up to no more than its award",
        """
        SELECT agreement.id, award.amount_minor, sum(instalment.amount_minor) AS planned
        FROM agreement JOIN award ON award.id = agreement.award_id
        JOIN instalment ON instalment.agreement_id = agreement.id
        GROUP BY agreement.id, award.amount_minor HAVING sum(instalment.amount_minor) > award.amount_minor
        """,
    ),
    Invariant(
        "what a claim says is paid, the ledger has paid",
        """
        SELECT claim.id, claim.accepted_minor, coalesce(sum(account.balance), 0) AS paid
        FROM claim LEFT JOIN led.account ON account.tranche_id = claim.instalment_id
          AND account.stage IN ('paid', 'to_repay', 'repaid', 'to_recover', 'recovered')
        WHERE claim.state = 'paid'
        GROUP BY claim.id, claim.accepted_minor HAVING coalesce(sum(account.balance), 0) > claim.accepted_minor
          OR NOT EXISTS (
            SELECT FROM led.posting JOIN led.account AS reached ON reached.id = posting.account_id
            WHERE reached.tranche_id = claim.instalment_id AND reached.stage = 'paid')
        """,
    ),
    Invariant(
        "whoever declared a conflict has marked nothing",
        """
        SELECT review.id FROM review JOIN score ON score.review_id = review.id
        WHERE review.state = 'conflict_declared' AND score.halves IS NOT NULL
        """,
    ),
    Invariant(
        "what was submitted awaits no partner",
        """
        SELECT partner.id, partner.state FROM partner JOIN application ON application.id = partner.application_id
        WHERE partner.state IN ('invited', 'accepted')
          AND application.state NOT IN ('draft', 'incomplete', 'inadmissible', 'withdrawn')
        """,
    ),
    Invariant(
        "a call's criteria weigh 100 once it is published",
        """
        SELECT call.id, coalesce(sum(criterion.weight), 0) AS weight
        FROM call LEFT JOIN criterion ON criterion.call_id = call.id
        WHERE call.state = 'published'
        GROUP BY call.id HAVING coalesce(sum(criterion.weight), 0) NOT IN (0, 100)
        """,
    ),
    Invariant(
        "a submitted budget's lines add up to its eligible cost",
        """
        SELECT application.id, application.cost_minor, sum(line.net_minor) AS net
        FROM application JOIN call ON call.id = application.call_id
        LEFT JOIN budget_line AS line ON line.application_id = application.id
        WHERE call.budget ? 'categories'
          AND application.state NOT IN ('draft', 'incomplete', 'inadmissible', 'withdrawn')
        GROUP BY application.id, application.cost_minor, call.budget
        HAVING application.cost_minor IS DISTINCT FROM sum(
          line.net_minor
          + CASE WHEN (call.budget ->> 'vat')::boolean THEN (line.net_minor * line.vat + 5000) / 10000 ELSE 0 END)
        """,
    ),
    Invariant(
        "the chain of events has no gap",
        """
        SELECT no FROM (SELECT no, row_number() OVER (ORDER BY no) AS place, min(no) OVER () AS first FROM event_seal)
          AS numbered WHERE no <> first + place - 1
        """,
    ),
)


def offences() -> Iterator[Offence]:
    """Every invariant that does not hold."""
    for invariant in INVARIANTS:
        rows = db.session.execute(text(invariant.sql)).mappings().all()
        if rows:
            yield Offence(invariant, len(rows), dict(rows[0]))
