"""Moving money. `post` is the only door, and the last statement of the transaction that records the fact.

    with transaction():
        ...                                            # the domain change
        post(fund.id, Kind.COMMIT, [Line(Place.reserved(c, k, g), Place.committed(c, k, g), award.amount)],
             actor=actor, key=key_for("commit", award.id), document=award.number)

Last, because it holds the fund's row until the commit: everybody else who moves money of that fund waits.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.exc import DBAPIError, IntegrityError

from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.errors import NotEnough, Refused, WrongState
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money
from grants.ledger import tables
from grants.ledger.stages import Kind, Line, Place, Stage, reversed_lines

__all__ = [
    "Kind",
    "Line",
    "Place",
    "Posted",
    "Proof",
    "Stage",
    "close_books",
    "key_for",
    "open_fund",
    "post",
    "reversed_lines",
    "verify",
]

PATIENCE = "5s"  # how long one waits for another operation on the same fund
INTENTS = UUID("6ba1c1f6-7a0e-5d3c-9b57-0d0b6a3f1c11")


@dataclass(frozen=True)
class Posted:
    """The operation's number in its fund. `replayed`: this very request had been posted before; nothing moved now."""

    no: int
    replayed: bool


@dataclass(frozen=True)
class Proof:
    """How many operations over which funds were proved, and the first thing that does not hold."""

    operations: int
    funds: tuple[str, ...]
    broken: Text | None = None


def key_for(*intent: object) -> UUID:
    """The key of something that must happen once, such as `key_for("reserve", decision.id)`."""
    return uuid5(INTENTS, json.dumps([str(one) for one in intent]))


def open_fund(fund_id: UUID, code: str, currency: str, zone: str = "UTC") -> None:
    """Give a fund its ledger. `zone` decides which day it is for operations without a value date.

    Raises Refused when that fund or that code has a ledger already.
    """
    ZoneInfo(zone)
    with transaction():
        db.session.flush()
        try:
            db.session.execute(insert(tables.fund).values(id=fund_id, code=code, currency=currency, zone=zone))
        except IntegrityError as error:
            raise Refused(
                N_("There is already a ledger under the code “%(code)s”.", code=code),
                N_("Choose another code for this fund."),
            ) from error


def post(
    fund_id: UUID,
    kind: Kind,
    lines: Sequence[Line],
    *,
    actor: Any,
    key: UUID,
    document: str | None = None,
    reason: str | None = None,
    value_date: date | None = None,
    reverses: int | None = None,
) -> Posted:
    """Move money. Opens the accounts it needs; the same `key` with the same request answers with the first result.

    `actor` is a Person, or None for the clock. `document` may serve once per kind. Raises NotEnough when a stage
    does not hold the amount, WrongState when the document, the key or the reversal was used already or the fund is
    too busy, Refused when such a move is not allowed or its value date lies in a closed year.
    Nothing has moved then and the transaction is over.
    """
    db.session.flush()
    accounts, currency, zone = _accounts(fund_id, lines)
    today = now().astimezone(ZoneInfo(zone)).date()
    try:
        places = {place.address: place for line in lines for place in (line.source, line.target)}
        if missing := places.keys() - accounts.keys():
            accounts |= _open(fund_id, [places[address] for address in sorted(missing)])
            if places.keys() - accounts.keys():  # somebody else was opening them
                accounts, currency, zone = _accounts(fund_id, lines)
        row = db.session.execute(
            _POST,
            {
                "fund": fund_id,
                "key": key,
                "kind": kind.value,
                "sources": [accounts[line.source.address] for line in lines],
                "targets": [accounts[line.target.address] for line in lines],
                "amounts": [_minor(line, currency) for line in lines],
                "actor": getattr(actor, "id", None),
                "today": today,
                "value_date": value_date,
                "document": document,
                "reason": reason,
                "reverses": reverses,
            },
        ).one()
    except DBAPIError as error:
        _refuse(error, kind, currency, document)
    return Posted(row.no, row.replayed)


def close_books(fund_id: UUID, through: date) -> bool:
    """From now on nothing is posted with a value date up to this day; False when that was so already.

    Holds the fund's row until the commit, as `post` does. What is closed never opens again.
    """
    db.session.flush()
    return bool(db.session.scalar(text("SELECT led.close_books(:fund, :day)"), {"fund": fund_id, "day": through}))


def verify(fund_ids: Iterable[UUID] | None = None) -> Proof:
    """Recompute every operation of these funds (all of them by default) from its lines, up to the first broken one."""
    wanted = text("SELECT id, code FROM led.fund WHERE :every OR id = ANY(:ids) ORDER BY code")
    ids = list(fund_ids or [])
    funds = db.session.execute(wanted, {"every": fund_ids is None, "ids": ids}).all()
    total, codes = 0, tuple(fund.code for fund in funds)
    for fund in funds:
        row = db.session.execute(text("SELECT * FROM led.verify(:id)"), {"id": fund.id}).one()
        total += row.proved
        if row.problem:
            return Proof(total, codes, BROKEN[row.problem](fund.code, row.ref))
    return Proof(total, codes)


# --- behind the door ------------------------------------------------------------------------------------------

_ACCOUNTS = text(
    "SELECT set_config('lock_timeout', :patience, true), f.currency, f.zone, a.place, a.id"
    " FROM led.fund f LEFT JOIN led.account a ON a.fund_id = f.id AND a.place = ANY(:places) WHERE f.id = :fund"
)
_POST = text(
    "SELECT no, replayed FROM led.post(:fund, :key, :kind,"
    " ARRAY(SELECT (l.s, l.t, l.a)::led.move FROM unnest(CAST(:sources AS bigint[]), CAST(:targets AS bigint[]),"
    " CAST(:amounts AS bigint[])) WITH ORDINALITY l(s, t, a, n) ORDER BY l.n),"
    " CAST(:actor AS uuid), CAST(:today AS date), CAST(:value_date AS date), :document, :reason,"
    " CAST(:reverses AS bigint))"
)


def _accounts(fund_id: UUID, lines: Sequence[Line]) -> tuple[dict[str, int], str, str]:
    """The accounts that exist by address, the fund's currency and zone; from here on nobody waits for ever."""
    places = sorted({place.address for line in lines for place in (line.source, line.target)})
    rows = db.session.execute(_ACCOUNTS, {"patience": PATIENCE, "places": places, "fund": fund_id}).all()
    if not rows:
        raise WrongState(N_("This fund has no ledger yet."), N_("The fund manager opens the fund first."))
    return {row.place: row.id for row in rows if row.place}, rows[0].currency, rows[0].zone


def _open(fund_id: UUID, places: Sequence[Place]) -> dict[str, int]:
    """Open empty accounts, in one order for everybody, so that two openings never wait for each other."""
    rows = [
        {
            "fund_id": fund_id,
            "stage": place.stage.value,
            "call_id": place.call_id,
            "commission_id": place.commission_id,
            "grant_id": place.grant_id,
            "tranche_id": place.tranche_id,
        }
        for place in places
    ]
    opened = insert_or_skip(tables.account).values(rows).on_conflict_do_nothing()
    found = db.session.execute(opened.returning(tables.account.c.place, tables.account.c.id))
    return {row.place: row.id for row in found}


def _minor(line: Line, currency: str) -> int:
    if line.amount.currency != currency:
        raise Refused(
            N_(
                "This fund is kept in %(currency)s; %(given)s cannot be posted to it.",
                currency=currency,
                given=line.amount.currency,
            )
        )
    return line.amount.minor


def _refuse(error: DBAPIError, kind: Kind, currency: str, document: str | None) -> NoReturn:
    """Say in words what the database refused; what it did not mean to say is raised as it came."""
    state = getattr(error.orig, "sqlstate", None) or ""
    diagnostics = getattr(error.orig, "diag", None)
    if state == "LG001" and diagnostics is not None:
        found = json.loads(diagnostics.message_detail)
        raise NotEnough(
            N_(
                "%(asked)s is needed from “%(stage)s”, where %(available)s is left.",
                asked=Money(found["asked"], currency),
                stage=Stage(found["stage"]),
                available=Money(found["balance"], currency),
            ),
            N_("Nothing was moved. Lower the amount, or ask the fund manager where credit can be freed."),
        ) from error
    if state in REFUSALS:
        raise REFUSALS[state](kind, document) from error
    raise error


_LOOK = N_("Look at the fund's journal: it shows what was posted, when and by whom.")
_AGAIN = N_("Nothing was moved. Try again in a moment.")
_BUSY = N_("Too many operations are running on this fund at this moment.")

REFUSALS: dict[str, Any] = {
    "LG002": lambda *_: Refused(N_("This account does not belong to the fund."), _LOOK),
    "LG003": lambda *_: WrongState(
        N_("The page you sent had already been used for another operation."), N_("Open the page again and start anew.")
    ),
    "LG004": lambda *_: Refused(N_("An operation moves amounts greater than zero between two different accounts.")),
    "LG005": lambda kind, _: Refused(
        N_("The operation “%(kind)s” may not move money from there to there.", kind=kind),
        N_("Money moves one stage at a time, within one grant and one instalment."),
    ),
    "LG006": lambda *_: Refused(
        N_("A reversal repeats the lines of one operation, the other way round."),
        N_("To undo a reversal, post the operation again under a new document."),
    ),
    "LG007": lambda kind, document: WrongState(
        N_("“%(kind)s” was already posted under document %(document)s.", kind=kind, document=document or ""), _LOOK
    ),
    "LG010": lambda *_: Refused(
        N_("The value date lies in a fiscal year that is closed."), N_("Give a value date in a year that is open.")
    ),
    "LG008": lambda *_: WrongState(N_("This operation has already been reversed."), _LOOK),
    "55P03": lambda *_: WrongState(_BUSY, _AGAIN),
    "40P01": lambda *_: WrongState(_BUSY, _AGAIN),
    "40001": lambda *_: WrongState(_BUSY, _AGAIN),
    "22003": lambda *_: Refused(N_("This amount is too large for the ledger.")),
}

BROKEN: dict[str, Any] = {
    "numbering": lambda fund, ref: N_("%(fund)s: the numbering breaks at operation %(ref)s.", fund=fund, ref=ref),
    "chain": lambda fund, ref: N_("%(fund)s: operation %(ref)s does not follow the one before it.", fund=fund, ref=ref),
    "content": lambda fund, ref: N_("%(fund)s: operation %(ref)s was altered.", fund=fund, ref=ref),
    "head": lambda fund, ref: N_(
        "%(fund)s: the end of the journal is missing (operation %(ref)s).", fund=fund, ref=ref
    ),
    "balance": lambda fund, ref: N_(
        "%(fund)s: the balance of %(ref)s is not the sum of its lines.", fund=fund, ref=ref
    ),
    "rule": lambda fund, ref: N_("%(fund)s: operation %(ref)s made a move that is not allowed.", fund=fund, ref=ref),
    "postings": lambda fund, ref: N_("%(fund)s: operation %(ref)s has a line too many.", fund=fund, ref=ref),
    "zero": lambda fund, ref: N_("%(fund)s: the accounts add up to %(ref)s instead of zero.", fund=fund, ref=ref),
    "unknown fund": lambda fund, ref: N_("%(fund)s: no such ledger (%(ref)s).", fund=fund, ref=ref),
}


def words_for(proof: Proof) -> Text:
    """The proof in one sentence, for the command line and the control page."""
    if proof.broken:
        return proof.broken
    if not proof.funds:
        return N_("0 operations proved: no fund has a ledger yet.")
    return N_n(
        "%(n)s operation proved over %(funds)s.",
        "%(n)s operations proved over %(funds)s.",
        proof.operations,
        funds=", ".join(proof.funds),
    )
