"""Opening a fund and endowing it: each appropriation is posted to the ledger with the fact."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from grants.clusters.models import Cluster
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.funds import policy
from grants.funds.models import Appropriation, Donor, ExchangeRate, Fund
from grants.ledger import service as ledger
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person


@dataclass(frozen=True)
class Credit:
    """Credit to open: for a fiscal year, under a document number, on a value date, given by a donor.

    `donor` and `convention`: its name and the reference of its convention, both or none.
    """

    amount: Money
    fiscal_year: int
    document: str
    value_date: date
    donor: str = ""
    convention: str = ""


def open_fund(
    cluster: Cluster,
    code: str,
    name: str,
    currency: str,
    credit: Credit | None,
    *,
    actor: Person,
    id: UUID | None = None,
) -> Fund:
    """A new fund with its ledger and, when given, its first credit. Raises Refused when the code is taken.

    The same `id` again is the same fund: a form sent twice opens one.
    """
    with transaction():
        policy.open_fund.require(actor, cluster)
        lock(cluster)
        if id and (made := db.session.get(Fund, id)) and made.cluster_id == cluster.id:
            return made
        code = code.upper()
        if db.session.scalar(select(Fund.id).where(Fund.code == code)):
            raise Refused(N_("There is already a fund with the code “%(code)s”.", code=code))
        fund = Fund(id=id or new_id(), cluster=cluster, code=code, name=name, currency=currency)
        db.session.add(fund)
        db.session.flush()
        record("fund.opened", fund, actor, after={"code": code, "currency": currency})
        ledger.open_fund(fund.id, code, currency, cluster.timezone)
        if credit is not None:
            _open_credit(fund, credit, actor)
        return fund


def open_credit(fund: Fund, credit: Credit, *, actor: Person, id: UUID | None = None) -> None:
    """A further appropriation. Raises Refused when its document was used for another one.

    The same `id` again is the same appropriation: a form sent twice opens its credit once.
    """
    with transaction():
        policy.endow.require(actor, fund)
        _open_credit(fund, credit, actor, id)


def _open_credit(fund: Fund, credit: Credit, actor: Person, id: UUID | None = None) -> None:
    lock(fund)
    known = select(Appropriation).where(Appropriation.fund_id == fund.id)
    if id and db.session.scalars(known.where(Appropriation.id == id)).first():
        return
    document = " ".join(credit.document.split())
    if found := db.session.scalars(known.where(func.lower(Appropriation.document) == document.lower())).first():
        raise Refused(
            N_(
                "Document %(document)s already opened %(amount)s for %(year)s.",
                document=found.document,
                amount=found.amount,
                year=str(found.fiscal_year),
            ),
            N_("Give the number of the document that opens this credit."),
        )
    made = Appropriation(
        id=id or new_id(),
        fund_id=fund.id,
        fiscal_year=credit.fiscal_year,
        document=document,
        value_date=credit.value_date,
        currency=fund.currency,
        amount_minor=credit.amount.minor,
        donor_id=_donor(fund, credit, actor),
    )
    db.session.add(made)
    db.session.flush()
    record("fund.endowed", fund, actor, after={"document": document, "amount": credit.amount.minor})
    post(
        fund.id,
        Kind.ENDOW,
        [Line(Place.source(), Place.available(), credit.amount)],
        actor=actor,
        key=key_for("endow", made.id),
        document=document,
        value_date=credit.value_date,
    )


def _donor(fund: Fund, credit: Credit, actor: Person) -> UUID | None:
    """The donor of this convention, kept on first meeting. Raises Refused when the convention is another donor's."""
    name, reference = " ".join(credit.donor.split()), " ".join(credit.convention.split())
    if not name and not reference:
        return None
    if not name or not reference:
        raise Refused(N_("Give the donor and the reference of its convention, or neither."))
    known = select(Donor).where(Donor.fund_id == fund.id, func.lower(Donor.reference) == reference.lower())
    if found := db.session.scalars(known).first():
        if found.name.lower() != name.lower():
            raise Refused(
                N_("The convention %(reference)s is that of %(name)s.", reference=found.reference, name=found.name)
            )
        return found.id
    made = Donor(fund_id=fund.id, name=name, reference=reference)
    db.session.add(made)
    db.session.flush()
    record("fund.donor_added", fund, actor, after={"name": name, "reference": reference})
    return made.id


def record_rate(fund: Fund, base: str, on_date: date, rate: Decimal, source: str, *, actor: Person) -> ExchangeRate:
    """Keep what one unit of the fund's currency was worth in another. Raises Refused for what cannot be a rate, or
    when another one is kept for that day; the same one again is no news."""
    with transaction():
        policy.keep_rates.require(actor, fund)
        lock(fund)
        if base == fund.currency:
            raise Refused(N_("A rate is between two currencies."))
        if not rate.is_finite() or rate <= 0 or rate >= 10**10 or rate != round(rate, 8):
            raise Refused(N_("A rate is greater than zero, with at most eight decimals."))
        of_day = select(ExchangeRate).where(
            ExchangeRate.fund_id == fund.id, ExchangeRate.base == base, ExchangeRate.on_date == on_date
        )
        if kept := db.session.scalars(of_day).first():
            if kept.rate == rate:
                return kept
            raise Refused(
                N_("A rate is kept for that day already: %(rate)s.", rate=kept.written),
                N_("Rates are never edited: what was shown with them would change."),
            )
        made = ExchangeRate(
            fund_id=fund.id,
            currency=fund.currency,
            base=base,
            on_date=on_date,
            rate=rate,
            source=source,
            recorded_by_id=actor.id,
        )
        db.session.add(made)
        record("fund.rate_recorded", fund, actor, after={"base": base, "on": str(on_date), "rate": str(rate)})
        return made
