"""Awards in the 360Giving Data Standard 1.4: one JSON package, and the same as a table.

The standard: standard.threesixtygiving.org; `tests/reports/test_publishing.py` checks each file against its schema.
Amounts are decimal numbers in the award's currency, never converted.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from grants.awards.models import Award
from grants.calls.models import INSTRUMENT_LABELS
from grants.clusters.models import Cluster
from grants.core.i18n import Reader, plain, render
from grants.core.sheets.writing import csv_text
from grants.core.types import Money
from grants.ledger.queries import Standing
from grants.reports.publishing.models import Publication

VERSION = "1.4"
TITLE_LENGTH = 140  # what the standard asks of a title

COLUMNS: dict[str, tuple[str, ...]] = {  # the standard's own titles, and where each value is in a grant
    "Identifier": ("id",),
    "Title": ("title",),
    "Description": ("description",),
    "Currency": ("currency",),
    "Amount Applied For": ("amountAppliedFor",),
    "Amount Awarded": ("amountAwarded",),
    "Amount Disbursed": ("amountDisbursed",),
    "Award Date": ("awardDate",),
    "Planned Dates:Start Date": ("plannedDates", "startDate"),
    "Planned Dates:End Date": ("plannedDates", "endDate"),
    "Planned Dates:Duration (months)": ("plannedDates", "duration"),
    "Recipient Org:Identifier": ("recipientOrganization", "id"),
    "Recipient Org:Name": ("recipientOrganization", "name"),
    "Recipient Org:City": ("recipientOrganization", "addressLocality"),
    "Recipient Org:Country": ("recipientOrganization", "addressCountry"),
    "Funding Org:Identifier": ("fundingOrganization", "id"),
    "Funding Org:Name": ("fundingOrganization", "name"),
    "Grant Programme:Code": ("grantProgramme", "code"),
    "Grant Programme:Title": ("grantProgramme", "title"),
    "Funding Type:Title": ("fundingType", "title"),
    "Classifications:Title": ("classifications", "title"),
    "From An Open Call?": ("fromOpenCall",),
    "Last Modified": ("dateModified",),
}


def package(publication: Publication, grants: Sequence[dict[str, Any]], made_at: datetime, page: str) -> bytes:
    """The whole file. `page` is the public address that says what it is. Raises ValueError without a grant."""
    if not grants:
        raise ValueError("a package holds at least one grant")
    fund = publication.fund
    whole = {
        "version": VERSION,
        "title": f"{fund.code} – {fund.name}",
        "identifier": f"{publication.prefix}-{fund.code}",
        "publisher": {"identifier": _funder(publication, fund.cluster)["id"], "name": fund.cluster.name},
        "license": publication.licence.url,
        "accessURL": page,
        "issued": made_at.isoformat(),
        "modified": made_at.isoformat(),
        "grants": grants,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_number).encode()


def table(grants: Iterable[dict[str, Any]]) -> bytes:
    """The same grants as CSV, UTF-8 with its mark so that Excel reads the accents; no cell can become a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for grant in grants:
        writer.writerow([_cell(_at(grant, path)) for path in COLUMNS.values()])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def grant(publication: Publication, award: Award, standing: Standing | None, reader: Reader) -> dict[str, Any]:
    """One award as the standard writes it; what is not known is left out."""
    application = award.application
    requested = award.requested or (application.requested if application else None)
    agreement = award.agreement
    starts_on = agreement.starts_on if agreement else award.starts_on
    ends_on = agreement.ends_on if agreement else award.ends_on
    planned = _known(
        startDate=starts_on and starts_on.isoformat(),
        endDate=ends_on and ends_on.isoformat(),
        duration=award.duration_months,
    )
    programme = award.programme or plain(award.call.title, reader)
    return _known(
        id=f"{publication.prefix}-{award.number}",
        title=award.title[:TITLE_LENGTH],
        description=award.description or award.title,
        currency=award.currency,
        amountAppliedFor=_exact(requested),
        amountAwarded=_exact(award.amount),
        amountDisbursed=_exact(standing.paid) if standing else None,
        awardDate=award.awarded_on.isoformat(),
        plannedDates=[planned] if planned else None,
        recipientOrganization=[_recipient(publication, award)],
        fundingOrganization=[_funder(publication, publication.fund.cluster)],
        grantProgramme=[{"code": award.call.code, "title": programme}],
        fundingType=[{"title": render(INSTRUMENT_LABELS[award.call.instrument], reader)}],
        classifications=[{"vocabulary": "Commission", "title": plain(award.commission.name, reader)}],
        fromOpenCall=None if award.call.imported else "Yes",
        dateModified=(agreement or award).created_at.isoformat(),
    )


def _recipient(publication: Publication, award: Award) -> dict[str, Any]:
    """Under its ICE where it has one: the same company has the same identifier in every file of the publisher."""
    one = award.organisation
    return _known(
        id=f"{publication.prefix}-ORG-{one.ice or one.id}",
        name=one.name,
        addressLocality=one.city,
        addressCountry=one.country,
    )


def _funder(publication: Publication, cluster: Cluster) -> dict[str, Any]:
    return {"id": f"{publication.prefix}-ORG-{cluster.code}", "name": cluster.name}


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _exact(amount: Money | None) -> Decimal | None:
    return None if amount is None else amount.major


def _number(value: Any) -> int | float:
    """A JSON number: whole when it is whole."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no place in the package")
    return int(value) if value == value.to_integral_value() else float(value)


def _at(grant: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = grant
    for step in path:
        found = found[0] if isinstance(found, list) else found
        found = found.get(step) if found else None
    return found


def _cell(value: Any) -> str:
    return "" if value is None else csv_text(str(value))
