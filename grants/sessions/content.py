"""What the minutes say, as plain JSON without a language: frozen, hashed, then written out in whatever language.

Money in minor units, marks in hundredths of a point of 100, moments in ISO 8601 UTC.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from grants.core.i18n import Words
from grants.sessions import figures, queries
from grants.sessions.models import Entry, Item, Session, SessionRules
from grants.sessions.rules import Place

FORMAT = 1


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no spaces."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def written(session: Session, places: list[Place], rules: SessionRules) -> dict[str, Any]:
    """Everything the minutes of this session say. The session is whole."""
    sits = queries.members(session)
    names = {one.id: one.name for one in sits}
    spans, log = queries.spans(session), queries.log(session)
    asides = queries.stepping_aside(session, sits)
    names |= queries.names_of({*(one.person_id for one in spans), *_people(log)} - names.keys())
    envelope, items = figures.envelope(session), {one.id: one for one in session.items}
    found = figures.marks(session)
    return {
        "format": FORMAT,
        "call": {"code": session.call.code, "title": _words(session.call.title)},
        "fund": session.call.fund.name,
        "cluster": session.call.fund.cluster.name,
        "commission": _words(session.commission.name),
        "place": session.place,
        "starts_at": _moment(session.starts_at),
        "opened_at": _moment(session.opened_at),
        "closed_at": _moment(session.closed_at),
        "currency": envelope.currency,
        "envelope": envelope.minor,
        "rules": {
            "quorum": rules.quorum,
            "ties": rules.ties,
            "vote_needed": rules.vote_needed,
            "secret": rules.secret,
            "threshold": rules.threshold,
        },
        "members": [one.name for one in sits],
        "attendance": [
            {"name": names[one.person_id], "entered": _moment(one.entered_at), "left": _moment(one.left_at)}
            for one in spans
        ],
        "ranking": [
            {
                "rank": one.rank,
                "line": items[one.of.item_id].position if one.of.item_id else None,
                "reference": one.of.reference,
                "title": one.of.title,
                "organisation": one.of.organisation,
                "raw": one.of.raw,
                "reviews": found[one.of.application_id].reviews,
                "consensus": one.of.consensus,
                "score": one.of.score,
                "reason": items[one.of.item_id].consensus_reason if one.of.item_id else "",
                "dissent": items[one.of.item_id].dissent if one.of.item_id else "",
                "requested": one.of.requested,
                "amount": one.of.amount,
                "spent": one.spent,
                "outcome": one.outcome,
                "tied": list(one.tied),
                "rule": one.rule.value if one.rule else None,
                "aside": sorted(names[id] for id in asides.get(one.of.application_id, ())),
                "rapporteur": _rapporteur(items[one.of.item_id].rapporteur_id, names) if one.of.item_id else None,
            }
            for one in places
        ],
        "lots": [
            {
                "number": one.number,
                "seed": one.seed,
                "seed_hash": one.seed_hash,
                "among": one.among,
                "order": one.order,
                "at": _moment(one.drawn_at),
            }
            for one in queries.lots(session)
            if one.drawn_at
        ],
        "log": [line_of(one, names, items) for one in log],
        "corrections": [],
    }


def line_of(one: Entry, names: dict[UUID, str], items: dict[UUID, Item]) -> dict[str, Any]:
    """A line of the log with its names, as `words.sentence` reads it."""
    return {
        "number": one.number,
        "at": _moment(one.at),
        "kind": one.kind.value,
        "actor": names[one.actor_id],
        "person": names[one.person_id] if one.person_id else None,
        "item": _named(items[one.item_id]) if one.item_id else None,
        "details": one.details,
    }


def corrected(content: dict[str, Any], number: int, at: datetime, by: str, changes: str) -> dict[str, Any]:
    """The same with one more correction, which says what changes; nothing of what was signed is taken out."""
    added = {"number": number, "at": _moment(at), "by": by, "changes": changes}
    return {**content, "corrections": [*content["corrections"], added]}


def _people(log: Sequence[Entry]) -> set[UUID]:
    return {one.actor_id for one in log} | {one.person_id for one in log if one.person_id}


def _named(item: Item) -> dict[str, Any]:
    return {"line": item.position, "reference": item.application.reference, "title": item.application.title}


def _rapporteur(id: UUID | None, names: dict[UUID, str]) -> str | None:
    return names.get(id) if id else None


def _words(words: Words) -> dict[str, str]:
    return dict(words)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
