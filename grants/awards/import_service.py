"""Reading a file for a fund, and what an import makes of it. Moves of state and money are in workflows/imports.py."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from grants.awards.import_checks import Checked, Grant, Remark, check
from grants.awards.import_kept import MOST, pack, pack_remark
from grants.awards.import_queries import known_awards, known_organisations
from grants.awards.import_recipients import Matched, Party, match, register
from grants.awards.import_values import shown
from grants.awards.imports import Field, Mapping, likeness, propose
from grants.awards.models import Award, AwardImport, Source
from grants.calls.models import Call, CallState, Envelope
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.i18n import N_, Words
from grants.core.sheets.reading import Limits, Table, read_table
from grants.core.types import Money, new_id
from grants.funds.models import Appropriation, Fund
from grants.ledger.tables import fund as ledger
from grants.people.identifiers import compact, matching_key
from grants.people.models import Organisation, OrganisationKind

PAST = "PAST"
PAST_AWARDS = Words(fr="Subventions passées", ar="منح سابقة", en="Past awards")
EXAMPLES = 3


@dataclass(frozen=True)
class Reading:
    """A file read for a fund: which grants are new to it, how many it has, and everything to say."""

    table: Table
    mapping: Mapping
    checked: Checked
    new: list[Grant]
    known: int
    remarks: list[Remark]
    matched: Matched

    @property
    def refused_rows(self) -> int:
        return len({one.row for one in self.remarks if one.refused})


SMALL = 1_000_000  # octets: files up to this size are read while a person waits, larger ones by the worker


def read_file(content: bytes, *, rows: int, size: int) -> Table:
    """The table of awards in a file; raises UnreadableFile."""
    seconds = 20 if len(content) <= SMALL else 180
    return read_table(content, Limits(rows=rows, size=size, seconds=seconds), likeness)


def proposal(table: Table) -> Mapping:
    return propose(table.headings, [row.cells for row in table.rows])


def read_for(fund: Fund, table: Table, mapping: Mapping, today: date) -> Reading:
    """Check every row, and against what the fund has already."""
    if mapping.missing:
        remarks = [
            Remark(table.heading_row, "", "", N_("No column was chosen for “%(field)s”.", field=one.label))
            for one in mapping.missing
        ]
        empty = Checked(fund.currency, len(table.rows), [])
        return Reading(table, mapping, empty, [], 0, remarks, match([]))
    checked = check(table, mapping, fund.currency, today)
    known = known_awards(fund.id, {one.identifier for one in checked.grants})
    remarks, new = list(checked.remarks), []
    for grant in checked.grants:
        before = known.get(grant.identifier)
        if before is None:
            new.append(grant)
        elif before != grant.amount:
            remarks.append(_differs(table, mapping, grant, before))
    names = {one.recipient for one in checked.grants}
    identifiers = {one.recipient_id for one in checked.grants if one.recipient_id}
    matched = match(new, known_organisations(names, identifiers))
    remarks.sort(key=lambda one: (not one.refused, one.row))
    return Reading(table, mapping, checked, new, len(checked.grants) - len(new), remarks, matched)


def _differs(table: Table, mapping: Mapping, grant: Grant, before: Money) -> Remark:
    at = mapping.columns[Field.AMOUNT]
    sentence = N_(
        "“%(id)s” is already in this fund with %(known)s; here it has %(here)s.",
        id=grant.identifier,
        known=before,
        here=grant.amount,
    )
    return Remark(grant.row, table.letter(at), table.headings[at], sentence)


def keep(one: AwardImport, reading: Reading) -> None:
    """Write what was found beside the file."""
    table, checked = reading.table, reading.checked
    one.shape = {
        "sheet": table.sheet,
        "heading_row": table.heading_row,
        "headings": list(table.headings),
        "examples": [_examples(table, at) for at in range(len(table.headings))],
    }
    one.mapping = reading.mapping.as_json()
    one.remarks = [pack_remark(remark) for remark in reading.remarks[:MOST]]
    one.notes = [pack(note) for note in (*checked.notes, *reading.matched.collisions[:100])]
    one.rows, one.known_rows, one.refused_rows = checked.rows, reading.known, reading.refused_rows
    one.warnings = sum(not remark.refused for remark in reading.remarks)
    one.recipients = checked.recipients
    one.awarded_minor, one.requested_minor = checked.awarded.minor, checked.requested.minor


def _examples(table: Table, at: int) -> list[str]:
    found: Iterator[Any] = (row.cells[at] for row in table.rows if row.cells[at] is not None)
    return [shown(_day(cell)) for cell, _ in zip(found, range(EXAMPLES), strict=False)]


def _day(cell: Any) -> Any:
    return cell.date().isoformat() if isinstance(cell, datetime) else cell


# --- making what the file tells -------------------------------------------------------------------------------


def archive(fund: Fund) -> tuple[Call, Commission]:
    """The call and the commission under which the fund keeps its past awards; made at the first import."""
    found = select(Call).where(Call.fund_id == fund.id, Call.imported).order_by(Call.created_at).limit(1)
    call = db.session.scalars(found).first()
    if call is None:
        taken = set(db.session.scalars(select(Call.code).where(Call.fund_id == fund.id)))
        code = next(name for name in (PAST, *(f"{PAST}-{n}" for n in range(2, 1000))) if name not in taken)
        call = Call(
            fund_id=fund.id,
            code=code,
            title=PAST_AWARDS,
            summary=PAST_AWARDS,
            state=CallState.ARCHIVED,
            currency=fund.currency,
            imported=True,
        )
        db.session.add(call)
        db.session.flush()
    return call, _past_commission(fund.cluster_id)


def _past_commission(cluster_id: UUID) -> Commission:
    """Kept for the past, so that no living theme gets what it did not decide."""
    mine = select(Commission).where(Commission.cluster_id == cluster_id)
    if made := db.session.scalars(mine.where(Commission.archive)).first():
        return made
    taken = {one.code: one.position for one in db.session.scalars(mine)}
    code = next(name for name in (PAST, *(f"{PAST}-{n}" for n in range(2, 1000))) if name not in taken)
    last = max(taken.values(), default=0)
    past = Commission(cluster_id=cluster_id, code=code, name=PAST_AWARDS, position=last + 1, archive=True)
    db.session.add(past)
    db.session.flush()
    return past


def yearly(fund: Fund, days: Sequence[tuple[date, Money]]) -> list[tuple[date, Money]]:
    """The credit each fiscal year opened for its awards: their sum, on the day of the first of them."""
    firsts: dict[int, date] = {}
    sums: dict[int, int] = defaultdict(int)
    for day, amount in days:
        firsts[day.year] = min(day, firsts.get(day.year, day))
        sums[day.year] += amount.minor
    return [(firsts[year], Money(sums[year], fund.currency)) for year in sorted(firsts)]


def in_open_books(fund: Fund) -> Callable[[date], date]:
    """The day itself, or the first day that is open where its year is closed."""
    closed = db.session.scalar(select(ledger.c.closed_through).where(ledger.c.id == fund.id))
    first = closed + timedelta(days=1) if closed else date.min
    return lambda day: max(day, first)


def endow(fund: Fund, call: Call, commission: Commission, credit: Sequence[tuple[date, Money]], document: str) -> None:
    """The appropriation of each year and the envelope of all; the caller posts them under `document` and the year."""
    for day, amount in credit:
        db.session.add(
            Appropriation(
                fund_id=fund.id,
                fiscal_year=day.year,
                document=f"{document} {day.year}",
                value_date=day,
                amount_minor=amount.minor,
                currency=amount.currency,
            )
        )
    envelope = db.session.scalars(
        select(Envelope).where(Envelope.call_id == call.id, Envelope.commission_id == commission.id)
    ).one_or_none()
    if envelope is None:
        envelope = Envelope(call_id=call.id, commission_id=commission.id, currency=fund.currency, amount_minor=0)
        db.session.add(envelope)
    envelope.amount_minor += sum(amount.minor for _, amount in credit)


def make_awards(
    one: AwardImport, reading: Reading, call: Call, commission: Commission, report: Callable[[int], None]
) -> list[Award]:
    """An organisation for each new recipient, an award for each new grant, in the file's order."""
    country = reading.matched.country or one.fund.cluster.country
    homes = {id(party): party.id or _organisation(party, country) for party in reading.matched.parties}
    db.session.flush()
    awards = []
    for grant in reading.new:
        awards.append(
            Award(
                id=new_id(),
                fund_id=one.fund_id,
                call_id=call.id,
                commission_id=commission.id,
                organisation_id=homes[id(reading.matched.party_of[grant.row])],
                source=Source.IMPORT,
                import_id=one.id,
                external_id=grant.identifier,
                number=_number(grant, call),
                title=grant.title,
                currency=grant.amount.currency,
                amount_minor=grant.amount.minor,
                requested_minor=grant.requested.minor if grant.requested else None,
                awarded_on=grant.awarded_on,
                starts_on=grant.starts_on,
                ends_on=grant.ends_on,
                duration_months=grant.months,
                programme=grant.programme,
                description=grant.description,
            )
        )
        if len(awards) % 1000 == 0:
            report(len(awards))
    db.session.add_all(awards)
    db.session.flush()
    return awards


def _number(grant: Grant, call: Call) -> str:
    """The file's own identifier, or a short form of the one made from the row's content."""
    if not grant.derived:
        return grant.identifier
    _, content, *twin = grant.identifier.split("-")
    return "-".join([call.code, content[:12], *twin])


def _organisation(party: Party, country: str) -> UUID:
    identifier = party.external_id
    ice = compact(identifier) if identifier and register(identifier) == "ICE" else None
    made = Organisation(
        id=new_id(),
        name=party.name,
        matching_key=matching_key(party.name),
        kind=OrganisationKind.OTHER,
        country=party.country or country,
        city=party.city,
        ice=ice,
        external_id=None if ice else identifier,
    )
    db.session.add(made)
    return made.id
