"""The end of a fiscal year: its rules, its close, and what comes back to the fund."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from grants.calls.models import Call, CallState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.funds import policy
from grants.funds.models import YEAR_LABELS, FiscalYear, Fund, Uncommitted, YearState
from grants.ledger.history import Day, standings_on
from grants.ledger.queries import by_call_and_commission, first_year, places
from grants.ledger.service import Kind, Line, Place, Stage, close_books, key_for, post
from grants.people.models import Person
from workflows.machine import Lifecycle, Move

lifecycle = Lifecycle(
    "fiscal_year",
    YEAR_LABELS,
    [Move("close_year", frozenset({YearState.OPEN}), YearState.CLOSED, policy.close_year, N_("Close the year"))],
)
FINISHED = frozenset({CallState.DECIDED, CallState.ARCHIVED, CallState.CANCELLED})
RETURNABLE = (Stage.LAPSED, Stage.RECOVERED, Stage.REPAID)


@dataclass(frozen=True)
class Closing:
    """What the close of a year would do: the lines that lapse, what they add up to, what stays for the next year."""

    lines: Sequence[Line]
    lapsed: Money
    carried: Money


def closing(fund: Fund, year: FiscalYear) -> Closing:
    """Credit of that year that nobody reserved or committed: what stood there on its last day and still does.

    Where the year lapses, calls that are still running keep theirs: applicants were told of it.
    """
    then = standings_on(fund.id, 2, Day(year.last_day, fund.cluster.zone))
    standing = by_call_and_commission(fund.id)
    ended = set(db.session.scalars(select(Call.id).where(Call.fund_id == fund.id, Call.state.in_(FINISHED))))
    lines, left = [], 0
    for (call_id, commission_id), here in standing.items():
        place = _free_at(call_id, commission_id)
        before = then.get((call_id, commission_id))
        minor = min(here[place.stage].minor, before[place.stage].minor) if before else 0
        if minor <= 0:
            continue
        left += minor
        if year.uncommitted is Uncommitted.LAPSE and (call_id is None or call_id in ended):
            lines.append(Line(place, Place.lapsed(), Money(minor, fund.currency)))
    lapsed = sum(one.amount.minor for one in lines)
    return Closing(lines, Money(lapsed, fund.currency), Money(left - lapsed, fund.currency))


def _free_at(call_id: UUID | None, commission_id: UUID | None) -> Place:
    if call_id is None:
        return Place.available()
    return Place.call(call_id) if commission_id is None else Place.commission(call_id, commission_id)


def settle(
    fund: Fund,
    year: int,
    uncommitted: Uncommitted,
    commitments_until: date | None,
    version: int | None,
    *,
    actor: Person,
) -> FiscalYear:
    """Say how a year ends, until it is closed."""
    with transaction():
        policy.keep_years.require(actor, fund)
        lock(fund)
        found = year_of(fund, year)
        if found in db.session:
            expect(found, version)
        if found.state is YearState.CLOSED:
            raise Refused(N_("This fiscal year is closed: its rules no longer change."))
        if commitments_until is not None and commitments_until.year != year:
            raise Refused(N_("The last day for commitments lies in the year itself."))
        found.uncommitted, found.commitments_until = uncommitted, commitments_until
        db.session.add(found)
        db.session.flush()
        after = {"uncommitted": uncommitted, "commitments_until": str(commitments_until or "")}
        record("fiscal_year.settled", found, actor, after={"year": year, **after})
        return found


def year_of(fund: Fund, year: int) -> FiscalYear:
    """As kept, or a new one with the usual rules that is not kept yet."""
    kept = select(FiscalYear).where(FiscalYear.fund_id == fund.id, FiscalYear.year == year)
    return db.session.scalars(kept).first() or FiscalYear(
        fund_id=fund.id,
        year=year,
        state=YearState.OPEN,
        uncommitted=Uncommitted.CARRY,
        currency=fund.currency,
    )


def close(fund: Fund, year: int, *, actor: Person) -> FiscalYear:
    """Close a year that is over: credit lapses or is carried as its rules say, and nothing more is posted in it.

    Raises Refused before its end, and while an earlier year of the journal is open.
    """
    with transaction():
        policy.keep_years.require(actor, fund)
        lock(fund)
        found = year_of(fund, year)
        if found.state is YearState.CLOSED:
            return found
        if now().astimezone(fund.cluster.zone).date() <= found.last_day:
            raise Refused(N_("A fiscal year closes once it is over."))
        if (before := _open_before(fund, year)) is not None:
            raise Refused(N_("Close %(year)s first: its journal is still open.", year=str(before)))
        if found not in db.session:
            db.session.add(found)
            db.session.flush()
        found.fund = fund
        done = closing(fund, found)
        figures = {"carried_minor": done.carried.minor, "lapsed_minor": done.lapsed.minor}
        signed = {"closed_at": now(), "closed_by_id": actor.id}
        lifecycle.fire(
            "close_year", found, actor, set=figures | signed, carried=done.carried.minor, lapsed=done.lapsed.minor
        )
        if done.lines:
            post(
                fund.id,
                Kind.LAPSE,
                done.lines,
                actor=actor,
                key=key_for("close", fund.id, year),
                document=f"CLO-{year}",
                value_date=found.last_day,
            )
        close_books(fund.id, found.last_day)
        return found


def _open_before(fund: Fund, year: int) -> int | None:
    first = first_year(fund.id)
    closed = select(FiscalYear.year).where(FiscalYear.fund_id == fund.id, FiscalYear.state == YearState.CLOSED)
    done = set(db.session.scalars(closed))
    return next((one for one in range(first or year, year) if one not in done), None)


def may_still_commit(fund: Fund) -> None:
    """Raises Refused after the last day for commitments of this year."""
    today = now().astimezone(fund.cluster.zone).date()
    last = year_of(fund, today.year).commitments_until
    if last is not None and today > last:
        raise Refused(
            N_("Commitments of %(year)s ended on %(day)s.", year=str(today.year), day=last),
            N_("Commit in the next fiscal year, or ask the fund manager to move the date."),
        )


def recycle(fund: Fund, stage: Stage, document: str, *, actor: Person) -> Money:
    """Return to the fund all that lapsed, was recovered or was repaid; answers how much.

    Raises Refused when there is nothing. The document serves once.
    """
    with transaction():
        policy.recycle.require(actor, fund)
        lock(fund)
        held = places(fund.id, stage) if stage in RETURNABLE else []
        if not held:
            raise Refused(N_("There is nothing to return to the fund at “%(stage)s”.", stage=stage.label))
        total = Money(sum(amount.minor for _, amount in held), fund.currency)
        record("fund.recycled", fund, actor, after={"stage": stage, "amount": total.minor, "document": document})
        post(
            fund.id,
            Kind.RECYCLE,
            [Line(place, Place.available(), amount) for place, amount in held],
            actor=actor,
            key=key_for("recycle", fund.id, document),
            document=document,
        )
        return total
