"""What part of a fund's ledger a person asked for, kept with the file and said in its notice."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select

from grants.awards.models import AGREEMENT_LABELS, Agreement, AgreementState, Award
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.ledger.selection import Selection
from grants.people.models import Organisation


@dataclass(frozen=True)
class Filters:
    """None chooses everything. A fiscal year and days narrow together; days are value dates, both included."""

    call_id: UUID | None = None
    commission_id: UUID | None = None
    organisation_id: UUID | None = None
    state: AgreementState | None = None
    year: int | None = None
    first: date | None = None
    last: date | None = None

    def as_json(self) -> dict[str, Any]:
        kept = {key: value for key, value in asdict(self).items() if value is not None}
        return {key: value if isinstance(value, int) else str(value) for key, value in kept.items()}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        read = {"year": int, "state": AgreementState, "first": date.fromisoformat, "last": date.fromisoformat}
        return cls(**{key: read.get(key, UUID)(value) for key, value in kept.items()})  # type: ignore[operator]

    def selection(self, fund: Fund) -> Selection:
        """The part of the ledger that is meant; one query when it is told by beneficiary or state."""
        firsts, lasts = [self.first] if self.first else [], [self.last] if self.last else []
        if self.year is not None:
            firsts.append(date(self.year, 1, 1))
            lasts.append(date(self.year, 12, 31))
        return Selection(
            fund.id,
            fund.currency,
            self.call_id,
            self.commission_id,
            self._grants(fund),
            max(firsts, default=None),
            min(lasts, default=None),
        )

    def _grants(self, fund: Fund) -> frozenset[UUID] | None:
        if self.organisation_id is None and self.state is None:
            return None
        found = select(Award.id).where(Award.fund_id == fund.id)
        if self.organisation_id is not None:
            found = found.where(Award.organisation_id == self.organisation_id)
        if self.state is not None:
            found = found.join(Agreement, Agreement.award_id == Award.id).where(Agreement.state == self.state)
        return frozenset(db.session.scalars(found))

    def said(self) -> Iterator[tuple[Text, Any]]:
        """What was chosen, in words; what is a record is read by its id."""
        if self.call_id and (call := db.session.get(Call, self.call_id)):
            yield N_("Call for proposals"), call.title
        if self.commission_id and (commission := db.session.get(Commission, self.commission_id)):
            yield N_("Commission"), commission.name
        if self.organisation_id and (organisation := db.session.get(Organisation, self.organisation_id)):
            yield N_("Beneficiary"), organisation.name
        if self.state:
            yield N_("State of the agreement"), AGREEMENT_LABELS[self.state]
        if self.year:
            yield N_("Fiscal year"), str(self.year)
        if self.first:
            yield N_("From"), self.first
        if self.last:
            yield N_("Until"), self.last
