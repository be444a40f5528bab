"""What each section of a draft said, save by save: kept, listed, read back.

A part is written as plain JSON: names and values of what is not empty, money in minor units of the application's
currency. Saves of one person fold into one version while they follow each other within minutes, except where one takes
much of a text away: what is deleted by mistake can be restored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer, joinedload

from grants.applications import steps
from grants.applications.content import Answered, Budget, Columns, Part, Project, Section, outline
from grants.applications.models import Application, Certainty, Revision, Source
from grants.applications.plan import Plan
from grants.applications.queries import own_application
from grants.applications.reckoning import Funding, Line
from grants.calls.questionnaire import is_empty
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Person

FOLDED = timedelta(minutes=10)  # between two saves of one version
LONGEST = timedelta(hours=1)  # from its first save to its last
PER_PAGE = 10
RECENT = 20  # versions looked through for what a page began with
COLUMNS: dict[str, type[Columns]] = {Section.PROJECT: Project, Section.BUDGET: Budget}


@dataclass(frozen=True)
class Version:
    """One version with what the section said before it; `previous` is None for the first."""

    application: Application
    revision: Revision
    previous: Mapping[str, Any] | None

    @property
    def changed(self) -> list[str]:
        """The names of what differs from the version before."""
        before, after = self.previous or {}, self.revision.content
        return [name for name in {**after, **before} if before.get(name) != after.get(name)]


@dataclass(frozen=True)
class Page:
    """One page of versions, newest first; `page` from 1."""

    versions: Sequence[Version]
    page: int
    pages: int
    total: int


# --- a part as plain JSON ---------------------------------------------------------------------------------------


def section_of(part: Part) -> str:
    """Which section it is."""
    if isinstance(part, Answered):
        return part.part.id
    if isinstance(part, Plan):
        return str(Section.BUDGET)
    return next((str(name) for name, kind in COLUMNS.items() if isinstance(part, kind)), type(part).__name__.lower())


def written(part: Part) -> dict[str, Any]:
    """What it says."""
    if isinstance(part, Answered):
        return dict(part.answers)
    said = {one.name: _plain(getattr(part, one.name)) for one in fields(part)}
    return {name: value for name, value in said.items() if not is_empty(value)}


def read(application: Application, section: str, content: Mapping[str, Any]) -> Part | None:
    """The part that was written so; None for a section that the application no longer has."""
    if section == Section.BUDGET and application.call.budget_rules:
        return _plan(application, content)
    if kind := COLUMNS.get(section):
        hints = get_type_hints(kind)
        return kind(**{one.name: _typed(hints[one.name], content.get(one.name), application) for one in fields(kind)})
    found = next((one for one in outline(application).parts if one.id == section), None)
    if found is None:
        return None
    ids = {one.id for one in found.questions}
    return Answered(found, {id: given for id, given in content.items() if id in ids})


def _plan(application: Application, content: Mapping[str, Any]) -> Plan:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, application.currency)

    lines = [
        Line(one["category"], one["year"], one["label"], money(one["net"]), one["vat"], _id(one["organisation_id"]))
        for one in content.get("lines", ())
    ]
    funding = [
        Funding(
            Source(one["source"]) if one["source"] else None,
            one["label"],
            money(one["amount"]),
            Certainty(one["certainty"]),
        )
        for one in content.get("funding", ())
    ]
    return Plan(content.get("duration_months"), money(content.get("asked")), tuple(lines), tuple(funding))


def _id(written: str | None) -> UUID | None:
    return UUID(written) if written else None


def now_in(application: Application, section: str) -> Part | None:
    """The section as the application holds it."""
    empty = read(application, section, {})
    return empty.saved(application) if empty else None


def _plain(value: Any) -> Any:
    match value:
        case None | str() | bool() | int():
            return value
        case Money():
            return value.minor
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return str(value)


def _typed(hint: Any, value: Any, application: Application) -> Any:
    """A value as the field of a part wants it."""
    wanted = {*get_args(hint), hint}
    if value is None:
        return "" if str in wanted else None
    if Money in wanted:
        return Money(value, application.currency)
    return UUID(value) if UUID in wanted else value


# --- keeping ----------------------------------------------------------------------------------------------------


def remember(
    application: Application, before: Part, after: Part, *, actor: Person, restored: Revision | None = None
) -> None:
    """In a running transaction that holds the application's row: `before` was saved, now `after` is.

    What was there and is in no version (written before versions were kept, or not in a form) becomes one, of nobody.
    """
    section, moment = section_of(after), now()
    last = newest(application, section)
    if last is None or last.part_version != before.version:
        if content := written(before):
            a_moment_ago = moment - timedelta(milliseconds=1)
            db.session.add(_revision(application, section, before.version, content, a_moment_ago))
        last = None
    if last is not None and restored is None and _folds(last, actor):
        content = written(after)
        step = steps.back(last.part_version, last.content, content)
        if not steps.takes_away(step):
            last.steps = [*last.steps, step][-steps.MOST :]
            last.content, last.part_version, last.saved_at = content, after.version, moment
            return
    made = _revision(application, section, after.version, written(after), moment)
    made.person_id, made.restored_id = actor.id, restored.id if restored else None
    db.session.add(made)


def newest(application: Application, section: str) -> Revision | None:
    """The last version of this section."""
    return db.session.scalars(_of(application, section).limit(1)).one_or_none()


def _folds(last: Revision, actor: Person) -> bool:
    soon = now() - last.saved_at < FOLDED and now() - last.begun_at < LONGEST
    return last.person_id == actor.id and last.restored_id is None and soon


def _revision(application: Application, section: str, version: int, content: Any, at: Any) -> Revision:
    return Revision(
        application_id=application.id,
        section=section,
        begun_at=at,
        saved_at=at,
        part_version=version,
        content=content,
    )


def _of(application: Application, section: str) -> Select[Revision]:
    mine = select(Revision).where(Revision.application_id == application.id, Revision.section == section)
    return mine.order_by(Revision.saved_at.desc(), Revision.id.desc())


# --- reading ----------------------------------------------------------------------------------------------------


def page(application: Application, number: int, section: str | None = None) -> Page:
    """Versions of the whole application or of one section, newest first: three queries however many."""
    mine = [Revision.application_id == application.id, *([Revision.section == section] if section else [])]
    total = db.session.scalar(select(func.count()).select_from(Revision).where(*mine)) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), pages)
    order = (Revision.saved_at.desc(), Revision.id.desc())
    wanted = select(Revision).where(*mine).order_by(*order).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    return Page(_with_previous(application, wanted), number, pages, total)


def version(user: Person, application_id: UUID, id: UUID) -> Version:
    """One version of an application of the person's; raises NoResultFound."""
    application = own_application(user, application_id)
    wanted = select(Revision).where(Revision.application_id == application.id, Revision.id == id)
    db.session.execute(wanted.with_only_columns(Revision.id)).one()
    return _with_previous(application, wanted)[0]


def at(application_id: UUID, section: str, part_version: int | None) -> dict[str, Any] | None:
    """What the section said when a form with this number was filled from it, if one of the last versions knows."""
    lately = select(Revision).where(Revision.application_id == application_id, Revision.section == section)
    for one in db.session.scalars(lately.order_by(Revision.saved_at.desc(), Revision.id.desc()).limit(RECENT)):
        if one.part_version == part_version:
            return one.content
        if part_version is not None and (said := steps.found(one.content, one.steps, part_version)) is not None:
            return said
    return None


def last_saved(application_id: UUID, section: str) -> Revision | None:
    """The last version, with who saved it."""
    found = select(Revision).where(Revision.application_id == application_id, Revision.section == section)
    latest = found.order_by(Revision.saved_at.desc(), Revision.id.desc()).limit(1)
    return db.session.scalars(latest.options(joinedload(Revision.person), defer(Revision.steps))).one_or_none()


def _with_previous(application: Application, wanted: Select[Revision]) -> list[Version]:
    """These versions, each with the content of the one before it in its section."""
    names = (
        defer(Revision.steps),
        joinedload(Revision.person),
        joinedload(Revision.restored).load_only(Revision.saved_at),
    )
    shown = db.session.scalars(wanted.options(*names)).all()
    before = (
        select(
            Revision.id.label("id"),
            func.lag(Revision.id)
            .over(partition_by=Revision.section, order_by=(Revision.saved_at, Revision.id))
            .label("previous"),
        )
        .where(Revision.application_id == application.id)
        .subquery()
    )
    contents = select(before.c.id, Revision.content).join(Revision, Revision.id == before.c.previous)
    found = {row[0]: row[1] for row in db.session.execute(contents.where(before.c.id.in_([one.id for one in shown])))}
    return [Version(application, one, found.get(one.id)) for one in shown]
