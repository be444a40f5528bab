"""A fund's own wording of its agreements, by instrument: kept in versions, each the one before with one thing changed.

A place is a name between braces, from a fixed list; nothing is ever computed from what was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from grants.awards import agreement_policy as policy
from grants.awards.clauses import OURS, Clause
from grants.awards.letters import unknown_place
from grants.awards.models import COMMITTEE_ABOVE, AgreementTemplate
from grants.calls.models import Instrument
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.people.models import Person

LONGEST_TITLE = 200  # characters in one language
LONGEST = 6_000
MOST = 40  # clauses
PLACES: dict[str, Text] = {
    "number": N_("The agreement’s number"),
    "cluster": N_("The cluster"),
    "fund": N_("The fund"),
    "call": N_("The call’s title"),
    "commission": N_("The commission"),
    "instrument": N_("What the call gives"),
    "beneficiary": N_("The lead beneficiary"),
    "partners": N_("The partners that acceded; empty without any"),
    "title": N_("The project’s title"),
    "amount": N_("The amount awarded"),
    "starts": N_("The first day of the project"),
    "ends": N_("The last day of the project"),
    "instalments": N_("How many instalments there are"),
    "retention": N_("The share kept back until the balance; empty where none is"),
}


@dataclass(frozen=True)
class Wording:
    """The clauses in force; `number` is 0 for ours. `committee_above` is in hundredths of a percent of the grant."""

    fund: Fund
    instrument: Instrument
    number: int
    clauses: tuple[Clause, ...]
    committee_above: int = COMMITTEE_ABOVE


def current(fund: Fund, instrument: Instrument) -> Wording:
    """The fund's last version, or ours; one query."""
    newest = select(AgreementTemplate).where(
        AgreementTemplate.fund_id == fund.id, AgreementTemplate.instrument == instrument
    )
    kept = db.session.scalars(newest.order_by(AgreementTemplate.number.desc()).limit(1)).first()
    if kept is None:
        return Wording(fund, instrument, 0, OURS[instrument])
    return Wording(fund, instrument, kept.number, tuple(map(Clause.of, kept.clauses)), kept.committee_above)


def write_clause(wording: Wording, position: int | None, clause: Clause, number: int | None, *, actor: Person) -> None:
    """Replace the clause at this position, counted from 0, or add one at the end (None).

    `number`: that of the version the page was drawn from. Raises Refused for unknown places or a text without a
    heading, LostUpdate when somebody has worded it since.
    """
    if (why_not := unknown_place(clause.title, PLACES) or unknown_place(clause.body, PLACES)) is not None:
        raise Refused(why_not)
    if "fr" not in clause.title or "fr" not in clause.body:
        raise Refused(N_("Write the clause at least in French."))
    clauses = list(wording.clauses)
    if position is None:
        clauses.append(clause)
    else:
        clauses[position] = clause
    _keep(wording, clauses, wording.committee_above, number, actor)


def arrange_clause(wording: Wording, position: int, way: str, number: int | None, *, actor: Person) -> None:
    """Move it one place `up` or `down`, or `remove` it."""
    clauses = list(wording.clauses)
    if not 0 <= position < len(clauses):
        raise Refused(N_("There is no such clause any more."))
    if way == "remove" and len(clauses) == 1:
        raise Refused(N_("An agreement has at least one clause."))
    moved = clauses.pop(position)
    if way != "remove":
        clauses.insert(max(0, position + (-1 if way == "up" else 1)), moved)
    _keep(wording, clauses, wording.committee_above, number, actor)


def set_threshold(wording: Wording, committee_above: int, number: int | None, *, actor: Person) -> None:
    """From which change of the grant on the strategic committee decides on an amendment."""
    _keep(wording, list(wording.clauses), committee_above, number, actor)


def _keep(wording: Wording, clauses: Sequence[Clause], committee_above: int, number: int | None, actor: Person) -> None:
    with transaction():
        policy.word_agreements.require(actor, wording.fund)
        lock(wording.fund)
        kept = current(wording.fund, wording.instrument)
        if (kept.clauses, kept.committee_above) == (tuple(clauses), committee_above):
            return
        if len(clauses) > MOST:
            raise Refused(N_("An agreement has at most %(n)s clauses.", n=MOST))
        if number != kept.number or wording.number != kept.number:
            raise LostUpdate(N_("Your text and the saved text are both below. Nothing has been overwritten."))
        made = AgreementTemplate(
            fund_id=wording.fund.id,
            instrument=wording.instrument,
            number=kept.number + 1,
            clauses=[one.as_json() for one in clauses],
            committee_above=committee_above,
            made_by_id=actor.id,
        )
        db.session.add(made)
        after = {"instrument": str(wording.instrument), "number": made.number}
        record("fund.agreement_worded", wording.fund, actor, before={"number": kept.number}, after=after)
