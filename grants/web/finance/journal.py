"""The journal behind every figure: its lines, each operation with its place in the chain, and the proof of all."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from sqlalchemy import select

from grants.awards import policy as award_policy
from grants.awards.models import Award
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.days import parse_day
from grants.core.db import db
from grants.core.i18n import Words
from grants.funds import queries
from grants.funds.models import Fund
from grants.ledger import history, journal
from grants.ledger.history import Dated, Day
from grants.ledger.journal import Filter
from grants.ledger.queries import Entry, Figure, Standing, heads, operation
from grants.ledger.service import verify, words_for
from grants.ledger.stages import Kind, Place, Stage
from grants.payments.outside_queries import made_elsewhere, marks
from grants.people.models import Person
from grants.web.access import access
from grants.web.finance import portal
from grants.web.language import speak_for

PER_PAGE = 50
SHOWN = (Figure.CREDIT, Figure.ENVELOPE, Figure.RESERVED, Figure.ENGAGED, Figure.VERIFIED, Figure.ORDERED, Figure.PAID)
LEVELS = ("fund", "call", "commission", "grant", "instalment")
BALANCE_ROWS = 500


@dataclass(frozen=True)
class Names:
    """Of the calls, commissions and grants that lines stand in."""

    calls: Mapping[UUID, Words]
    commissions: Mapping[UUID, Words]
    grants: Mapping[UUID, str]

    def of(self, place: Place) -> list[Any]:
        known = (
            self.calls.get(place.call_id) if place.call_id else None,
            self.commissions.get(place.commission_id) if place.commission_id else None,
            self.grants.get(place.grant_id) if place.grant_id else None,
        )
        return [one for one in known if one is not None]


def names(fund: Fund, grants: set[UUID]) -> Names:
    """Three queries."""
    calls = db.session.execute(select(Call.id, Call.title).where(Call.fund_id == fund.id).order_by(Call.created_at))
    themes = select(Commission.id, Commission.name).where(Commission.cluster_id == fund.cluster_id)
    found = db.session.execute(select(Award.id, Award.number).where(Award.id.in_(grants)))
    return Names(
        {row.id: row.title for row in calls},
        {row.id: row.name for row in db.session.execute(themes.order_by(Commission.position))},
        {row.id: row.number for row in found},
    )


def grants_in(entries: list[Entry]) -> set[UUID]:
    ends = (end for one in entries for end in (one.moved.source, one.moved.target))
    return {end.grant_id for end in ends if end.grant_id}


def asked() -> Filter:
    """The filter in the address; what cannot be read is left out, as on every list."""
    return Filter(
        call_id=_uuid("call"),
        commission_id=_uuid("commission"),
        grant_id=_uuid("grant"),
        tranche_id=_uuid("instalment"),
        figure=_one_of(Figure, "figure"),
        stage=_one_of(Stage, "stage"),
        kind=_one_of(Kind, "kind"),
        actor_id=_uuid("actor"),
        document=request.args.get("document", "").strip()[:60],
        since=day_in("since"),
        until=day_in("until"),
        dated=_one_of(Dated, "dated") or Dated.VALUE,
    )


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _one_of(kinds: Any, name: str) -> Any:
    try:
        return kinds(request.args.get(name, ""))
    except ValueError:
        return None


def day_in(name: str) -> date | None:
    try:
        return parse_day(request.args.get(name, ""))
    except ValueError:
        return None


@portal.get("/funds/<uuid:id>/journal", endpoint="journal")
@access(award_policy.read_figures, queries.fund)
def show_journal(user: Person, fund: Fund) -> Any:
    """Constant queries; the sum is that of all lines kept, whatever the page."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    wanted, page = asked(), max(request.args.get("page", 1, type=int), 1)
    offset = (min(page, 1_000_000) - 1) * PER_PAGE
    found = journal.lines(fund.id, fund.currency, wanted, fund.cluster.zone, offset=offset, limit=PER_PAGE)
    grants = grants_in([one.entry for one in found.lines]) | ({wanted.grant_id} if wanted.grant_id else set())
    return render_template(
        "finance/journal.html",
        fund=fund,
        wanted=wanted,
        found=found,
        names=names(fund, grants),
        elsewhere=marks(fund.id, (one.entry.no for one in found.lines)),
        actors=journal.actors(fund.id),
        named={
            "figures": [(one, one.label) for one in Figure],
            "stages": [(one, one.label) for one in Stage],
            "kinds": [(one, one.label) for one in Kind],
            "dated": [(one, one.label) for one in Dated],
        },
        page=page,
        pages=max(1, math.ceil(found.total / PER_PAGE)),
    )


def fund_of_operation(user: Person, id: UUID, no: int) -> Fund:
    """The fund; its operation is read once the fund may be."""
    return queries.fund(user, id)


@portal.get("/funds/<uuid:id>/journal/<int:no>", endpoint="operation")
@access(award_policy.read_figures, fund_of_operation)
def show_operation(user: Person, fund: Fund) -> Any:
    no = int((request.view_args or {})["no"])
    speak_for(fund.cluster.country, fund.cluster.timezone)
    entries = operation(fund.id, no) if no < 2**63 else []
    if not entries:
        abort(404)
    return render_template(
        "finance/operation.html",
        fund=fund,
        entries=entries,
        one=entries[0],
        seal=journal.seal(fund.id, no),
        names=names(fund, grants_in(entries)),
        elsewhere=marks(fund.id, [no]),
    )


@portal.get("/funds/<uuid:id>/proof", endpoint="proof")
@access(award_policy.read_figures, queries.fund)
def show_proof(user: Person, fund: Fund) -> Any:
    """Recomputes the fund's whole ledger while the reader waits: some ten thousand operations a second."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    proof = verify([fund.id])
    return render_template(
        "finance/proof.html",
        fund=fund,
        proof=proof,
        said=words_for(proof),
        head=heads([fund.id])[fund.id],
        elsewhere=made_elsewhere(fund)[0],
        at=now(),
    )


@portal.get("/funds/<uuid:id>/balances", endpoint="balances")
@access(award_policy.read_figures, queries.fund)
def show_balances(user: Person, fund: Fund) -> Any:
    """What stood where at the end of a day."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    zone = fund.cluster.zone
    day = Day(day_in("on") or now().astimezone(zone).date(), zone, _one_of(Dated, "dated") or Dated.VALUE)
    level = request.args.get("level", "commission")
    level = level if level in LEVELS else "commission"
    found = history.standings_on(fund.id, LEVELS.index(level), day)
    whole = sum(found.values(), Standing(fund.currency, {}))
    parts = [(key, one) for key, one in found.items() if any(one.of(figure) for figure in SHOWN)]
    known = names(fund, {key[2] for key, _ in parts[:BALANCE_ROWS] if len(key) > 2 and key[2]})
    order = {one: n for n, one in enumerate([*known.calls, *known.commissions])}
    parts.sort(key=lambda part: [-1 if one is None else order.get(one, 0) for one in part[0]])
    return render_template(
        "finance/balances.html",
        fund=fund,
        day=day,
        level=level,
        parts=parts[:BALANCE_ROWS],
        more=max(0, len(parts) - BALANCE_ROWS),
        whole=whole,
        names=known,
        figures=SHOWN,
        dated=list(Dated),
        read=bool(request.args.get("on")) and day_in("on") is None,
    )
