"""Conflicts as a person reads and settles them: who, with which file, why, since when, and what was said of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, load_only

from grants.applications.models import Application
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.people.models import Person
from grants.reviews.conflict_models import KIND_LABELS, Conflict, ConflictKind, Verdict
from grants.reviews.conflicts import RENEWED
from grants.reviews.detection import Scope, detected, within
from grants.reviews.models import Review

K = ConflictKind


def apart(name: str) -> str:
    """A name that keeps its own direction in whatever sentence it stands (first strong isolate)."""
    return f"\u2068{name}\u2069"


@dataclass(frozen=True)
class Finding:
    """One conflict of one person with one file.

    `kept` is the row of the declaration or of the verdict, if there is one; `verdict` is None while what is known now
    waits for one. `reason` is what a person said who declared it; `firm` was declared when a review was asked, and is
    not for a chair to settle.
    """

    application_id: UUID
    person_id: UUID
    kind: ConflictKind
    fact: str
    facts: dict[str, Any]
    since: datetime | None
    until: datetime | None = None
    reason: str = ""
    kept: Conflict | None = None
    verdict: Verdict | None = None
    firm: bool = False

    @property
    def stands(self) -> bool:
        return self.verdict != Verdict.DISMISSED

    @property
    def open(self) -> bool:
        """Found, and nobody has said yet what it is worth."""
        return self.verdict is None and self.kind != K.DECLARED

    @property
    def version(self) -> int:
        return self.kept.version if self.kept else 0

    @property
    def label(self) -> Text:
        return KIND_LABELS[self.kind]

    def sentence(self, name: str) -> Text:
        """Why, in one sentence about the person of this name."""
        told = {key: apart(value) if isinstance(value, str) else value for key, value in self.facts.items()}
        name = apart(name)
        given = {"name": name, "organisation": told.get("organisation", "")}
        when = date.fromisoformat(self.facts["when"]) if self.facts.get("when") else None
        match self.kind:
            case K.DECLARED:
                return N_("%(name)s declared a conflict of interest.", name=name)
            case K.MEMBER if told["lead"]:
                return N_("%(name)s belongs to %(organisation)s, which is the applicant.", **given)
            case K.MEMBER:
                return N_("%(name)s belongs to %(organisation)s, a partner of the applicant.", **given)
            case K.FORMER:
                return N_("%(name)s belonged to %(organisation)s.", **given)
            case K.GROUP:
                return N_(
                    "%(name)s belongs to %(own)s, of the same group of companies as %(organisation)s: %(group)s.",
                    own=told["own"],
                    group=told["group"],
                    **given,
                )
            case K.DOMAIN:
                return N_(
                    "The e-mail address of %(name)s is at %(domain)s, as are those of people of %(organisation)s.",
                    domain=told["domain"],
                    **given,
                )
            case K.STAKEHOLDER:
                return N_(
                    "%(name)s has the same name as somebody whom %(organisation)s declares: %(person)s (%(role)s).",
                    person=told["name"],
                    role=told["role"],
                    **given,
                )
            case K.ACTED if not told["project"]:
                return N_(
                    "%(name)s acted for %(organisation)s in another project, submitted on %(when)s.", when=when, **given
                )
            case K.ACTED:
                return N_(
                    "%(name)s acted for %(organisation)s in the project %(project)s, submitted on %(when)s.",
                    project=told["project"],
                    when=when,
                    **given,
                )
            case K.TOGETHER if not told["project"]:
                return N_(
                    "%(own)s, to which %(name)s belongs, and %(organisation)s shared another project, submitted on"
                    " %(when)s.",
                    own=told["own"],
                    when=when,
                    **given,
                )
            case K.TOGETHER:
                return N_(
                    "%(own)s, to which %(name)s belongs, and %(organisation)s shared the project %(project)s, submitted"
                    " on %(when)s.",
                    own=told["own"],
                    project=told["project"],
                    when=when,
                    **given,
                )


@dataclass(frozen=True)
class Row:
    """A finding with whom and what it is about."""

    finding: Finding
    person: Person
    application: Application


def findings(scope: Scope) -> list[Finding]:
    """Every conflict within the scope, settled or not; three queries."""
    kept = {_key(one): one for one in db.session.scalars(_kept(scope))}
    made = [_found(row, kept.pop(key, None)) for key, row in _latest(scope).items()]
    for one in kept.values():  # declared; or confirmed once and not found any more
        if one.kind == K.DECLARED or one.verdict == Verdict.CONFIRMED:
            made.append(_of(one))
    return made + _asked(scope, {_pair(one) for one in made if one.kind == K.DECLARED and one.stands})


def _pair(one: Finding) -> tuple[UUID, UUID]:
    return one.application_id, one.person_id


def of(person: Person, application: Application) -> list[Finding]:
    """Those of one person with one file."""
    return findings(Scope(persons=person.id, files=application.id))


Why = Mapping[tuple[UUID, UUID], Text]


def whys(people: Sequence[Person], applications: Sequence[Application]) -> Why:
    """The first standing conflict of each (application, person) that has one, in a sentence; three queries."""
    persons = select(Person.id).where(Person.id.in_([one.id for one in people]))
    files = select(Application.id).where(Application.id.in_([one.id for one in applications]))
    names = {one.id: one.name for one in people}
    standing = sorted((one for one in findings(Scope(persons, files)) if one.stands), key=_rank, reverse=True)
    return {(one.application_id, one.person_id): one.sentence(names[one.person_id]) for one in standing}


def _rank(one: Finding) -> int:
    return list(K).index(one.kind)


def rows(made: Sequence[Finding]) -> list[Row]:
    """With their persons and files: what waits first, then by file and name; two queries."""
    people = _by_id(select(Person).where(Person.id.in_({one.person_id for one in made})))
    wanted = select(Application).where(Application.id.in_({one.application_id for one in made}))
    shown = load_only(Application.reference, Application.title, Application.call_id)
    files = _by_id(wanted.options(shown, joinedload(Application.organisation), joinedload(Application.commission)))
    found = [Row(one, people[one.person_id], files[one.application_id]) for one in made]
    return sorted(
        found,
        key=lambda row: (
            not row.finding.open,
            not row.finding.stands,
            row.application.reference or "",
            row.person.sort_key,
            row.finding.kind,
            row.finding.fact,
        ),
    )


def _latest(scope: Scope) -> dict[tuple[Any, ...], Any]:
    """What is found, once for each fact: its last day where it may come again, its first where it just is."""
    found: dict[tuple[Any, ...], Any] = {}
    for row in db.session.execute(select(detected(scope))):
        key = (row.application_id, row.person_id, K(row.kind), row.fact)
        before = found.get(key)
        later = before is not None and row.since > before.since
        if before is None or later == (key[2] in RENEWED):
            found[key] = row
    return found


def _found(row: Any, kept: Conflict | None) -> Finding:
    kind = K(row.kind)
    covered = kept is not None and (
        kept.verdict == Verdict.CONFIRMED
        or kind not in RENEWED
        or (kept.settled_at is not None and kept.settled_at >= row.since)
    )
    return Finding(
        row.application_id,
        row.person_id,
        kind,
        row.fact,
        row.facts,
        row.since,
        row.until,
        kept=kept,
        verdict=kept.verdict if kept is not None and covered else None,
    )


def _of(kept: Conflict) -> Finding:
    return Finding(*_key(kept), kept.facts, kept.since, reason=kept.reason or "", kept=kept, verdict=kept.verdict)


def _asked(scope: Scope, known: Iterable[tuple[UUID, UUID]]) -> list[Finding]:
    """What reviewers declared when they were asked."""
    wanted = select(Review).where(
        Review.conflict_reason.is_not(None),
        within(Review.reviewer_id, scope.persons),
        within(Review.application_id, scope.files),
    )
    return [
        Finding(
            one.application_id, one.reviewer_id, K.DECLARED, "", {}, None, reason=one.conflict_reason or "", firm=True
        )
        for one in db.session.scalars(wanted)
        if (one.application_id, one.reviewer_id) not in set(known)
    ]


def _kept(scope: Scope) -> Select[Conflict]:
    wanted = select(Conflict).options(joinedload(Conflict.settled_by))
    return wanted.where(within(Conflict.person_id, scope.persons), within(Conflict.application_id, scope.files))


def _key(one: Conflict) -> tuple[UUID, UUID, ConflictKind, str]:
    return one.application_id, one.person_id, one.kind, one.fact


def _by_id(wanted: Select[Any]) -> dict[UUID, Any]:
    return {one.id: one for one in db.session.scalars(wanted)}
