"""Conflicts of interest read from what the product already knows: one statement, set by set, so never out of date.

    detected(scope)      rows of COLUMNS: this person, this file, for this reason, from then till then

Nothing is stored and nothing runs by night: whoever asks reads the facts as they are now. Names are compared as words
in any order, without accents; a name in another alphabet is not recognised.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import aliased

from grants.applications.models import TAKING_PART, Application, Partner
from grants.calls.models import Call, CallState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import Base
from grants.core.types import UTCDateTime
from grants.people.models import Membership, Organisation, Person
from grants.profiles.models import Stakeholder
from grants.reviews.conflict_models import ConflictKind

YEARS = 5  # an earlier project, or a membership that ended, weighs this long
WINDOW: ColumnElement[Any] = literal_column(f"interval '{YEARS} years'")
COLUMNS = ("application_id", "person_id", "kind", "fact", "since", "until", "facts")
LEAVING = ("organisation.leave", "organisation.remove_member")

# An address there says nothing about whom somebody works for: anybody may open one.
PUBLIC = """
gmail.com googlemail.com outlook.com outlook.fr outlook.sa hotmail.com hotmail.fr hotmail.co.uk live.com live.fr
msn.com windowslive.com yahoo.com yahoo.fr yahoo.co.uk ymail.com rocketmail.com aol.com aol.fr
icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.io gmx.com gmx.net gmx.fr gmx.de web.de
mail.com mail.ru yandex.com yandex.ru zoho.com zohomail.com fastmail.com hey.com qq.com 163.com
orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr caramail.com
menara.ma iam.net.ma djaweb.dz topnet.tn planet.tn gnet.tn hexabyte.tn maktoob.com
"""
PUBLIC_DOMAINS = sorted(PUBLIC.split())
# Names that RFC 2606 keeps for examples and tests belong to nobody.
RESERVED = r"(^|\.)(test|example|invalid|localhost)(\.(com|net|org))?$"


@dataclass(frozen=True)
class Scope:
    """Whose conflicts with which files: an id, a statement that selects ids, or None for all."""

    persons: UUID | Select[UUID] | None = None
    files: UUID | Select[UUID] | None = None


def detected(scope: Scope) -> Subquery:
    """Rows of COLUMNS; the same fact may come in several rows, of which the latest `since` counts."""
    branches = [_member, _former, _group, _domain, _stakeholder, _acted, _together]
    return union_all(*[branch(scope) for branch in branches]).subquery("detected")


def within(column: Any, wanted: UUID | Select[UUID] | None) -> ColumnElement[bool]:
    """Whether the column is one of the ids wanted."""
    if wanted is None:
        return true()
    same: ColumnElement[bool] = column == wanted if isinstance(wanted, UUID) else column.in_(wanted)
    return same


def domain_of(email: Any) -> ColumnElement[str]:
    """What stands behind the @ (there is an index on it)."""
    return func.split_part(email, literal_column("'@'"), literal_column("2"))


def words_of(key: Any) -> ColumnElement[list[str]]:
    """The words of a name's sort key, a hyphen or an apostrophe parting two (there is an index on it)."""
    apart = func.translate(key, literal_column("'-''’'"), literal_column("'   '"))
    return func.string_to_array(apart, literal_column("' '"), type_=ARRAY(String))


@cache
def _as(model: type[Base], name: str) -> Any:
    """The table under another name. Made once: making its columns anew took most of the time of a statement."""
    return aliased(model, name=name)


@cache
def _files(name: str = "file") -> Subquery:
    """Which organisations take part in which file, and whether as the applicant."""
    lead = select(
        Application.id.label("id"), Application.organisation_id.label("organisation_id"), true().label("lead")
    )
    partner = select(Partner.application_id, Partner.organisation_id, false()).where(Partner.state.in_(TAKING_PART))
    return union_all(lead, partner).subquery(name)


def _row(
    kind: ConflictKind, file: Subquery, person: Any, since: Any, *, fact: Any = None, until: Any = None, **facts: Any
) -> Select[Any]:
    """A branch's columns. The fact is the organisation of the file and, where there are several, which one."""
    of = cast(file.c.organisation_id, String)
    named = select(Organisation.name).where(Organisation.id == file.c.organisation_id).scalar_subquery()
    told: dict[str, Any] = {"organisation": named, "lead": file.c.lead, **facts}
    plain: list[Any] = []
    for name, value in told.items():
        plain += [literal_column(f"'{name}'"), value]
    return select(
        file.c.id.label("application_id"),
        person.label("person_id"),
        literal_column(f"'{kind.value}'").label("kind"),
        (of if fact is None else of + literal_column("':'") + cast(fact, String)).label("fact"),
        since.label("since"),
        cast(null() if until is None else until, UTCDateTime).label("until"),
        func.jsonb_build_object(*plain, type_=JSONB).label("facts"),
    )


def _scoped(rows: Select[Any], scope: Scope, file: Subquery, person: Any) -> Select[Any]:
    return rows.where(within(person, scope.persons), within(file.c.id, scope.files))


def _not_member(person: Any, organisation: Any) -> ColumnElement[bool]:
    """Whoever speaks for it today is found as such, and not once more by a weaker sign."""
    today = _as(Membership, "today")
    return ~exists().where(today.person_id == person, today.organisation_id == organisation)


def _member(scope: Scope) -> Select[Any]:
    file = _files()
    rows = _row(ConflictKind.MEMBER, file, Membership.person_id, Membership.created_at)
    joined = rows.join_from(Membership, file, file.c.organisation_id == Membership.organisation_id)
    return _scoped(joined, scope, file, Membership.person_id)


def _former(scope: Scope) -> Select[Any]:
    """From the record of what happened: leaving before the reviews begin changes nothing."""
    file, until = _files(), Event.at + WINDOW
    rows = _row(ConflictKind.FORMER, file, Person.id, Event.at, until=until)
    joined = rows.join_from(Person, Event, Event.before["person"].astext == cast(Person.id, String)).join(
        file, file.c.organisation_id == Event.subject_id
    )
    left = Event.name.in_([literal_column(f"'{name}'") for name in LEAVING])
    fresh = left, until > now(), _not_member(Person.id, Event.subject_id)
    return _scoped(joined.where(*fresh), scope, file, Person.id)


def _group(scope: Scope) -> Select[Any]:
    file, theirs, of = _files(), _as(Organisation, "theirs"), _as(Organisation, "sister")
    person = Membership.person_id
    rows = _row(
        ConflictKind.GROUP, file, person, Membership.created_at, fact=theirs.id, own=theirs.name, group=of.group_name
    )
    joined = (
        rows.join_from(Membership, theirs, theirs.id == Membership.organisation_id)
        .join(of, of.group_key == theirs.group_key)
        .join(file, file.c.organisation_id == of.id)
    )
    return _scoped(joined.where(theirs.id != of.id, _not_member(person, of.id)), scope, file, person)


def _domain(scope: Scope) -> Select[Any]:
    file, other = _files(), _as(Person, "someone")
    domain = domain_of(Person.email)
    rows = _row(ConflictKind.DOMAIN, file, Person.id, Membership.created_at, fact=domain, domain=domain)
    joined = (
        rows.join_from(Person, other, domain_of(other.email) == domain)
        .join(Membership, Membership.person_id == other.id)
        .join(file, file.c.organisation_id == Membership.organisation_id)
    )
    someones = domain.not_in(PUBLIC_DOMAINS), domain.regexp_match(RESERVED).is_(False)
    apart = other.id != Person.id, _not_member(Person.id, Membership.organisation_id)
    return _scoped(joined.where(*someones, *apart), scope, file, Person.id)


def _stakeholder(scope: Scope) -> Select[Any]:
    """A name of one word is nobody's in particular."""
    file, name, theirs = _files(), words_of(Person.sort_key), words_of(Stakeholder.sort_key)
    rows = _row(
        ConflictKind.STAKEHOLDER,
        file,
        Person.id,
        Stakeholder.created_at,
        fact=Stakeholder.sort_key,
        name=Stakeholder.name,
        role=Stakeholder.role,
    )
    joined = rows.join_from(Person, Stakeholder, theirs.contains(name) & name.contains(theirs)).join(
        file, file.c.organisation_id == Stakeholder.organisation_id
    )
    return _scoped(joined.where(func.cardinality(name) >= 2), scope, file, Person.id)


def _acted(scope: Scope) -> Select[Any]:
    """Who led a project for its organisation, accepted a part in one or signed for it."""
    led = select(Application.id.label("id"), Application.lead_id.label("person_id"), Application.organisation_id)
    took = select(Partner.application_id, Partner.accepted_by_id, Partner.organisation_id)
    signed = select(Partner.application_id, Partner.acceded_by_id, Partner.organisation_id)
    acted = union_all(
        led, took.where(Partner.accepted_by_id.is_not(None)), signed.where(Partner.acceded_by_id.is_not(None))
    ).subquery("acted")
    file, past = _files(), _as(Application, "past")
    until = past.submitted_at + WINDOW
    rows = _row(ConflictKind.ACTED, file, acted.c.person_id, past.submitted_at, until=until, **_project(past))
    joined = rows.join_from(acted, past, past.id == acted.c.id).join(
        file, file.c.organisation_id == acted.c.organisation_id
    )
    fresh = until > now(), _not_member(acted.c.person_id, acted.c.organisation_id)
    return _scoped(joined.where(*fresh), scope, file, acted.c.person_id)


def _together(scope: Scope) -> Select[Any]:
    """An organisation of the person and one of the file took part in the same project, funded or not."""
    file, past = _files(), _as(Application, "past")
    own, other = _files("own"), _files("other")
    theirs, person = _as(Organisation, "theirs"), Membership.person_id
    until = past.submitted_at + WINDOW
    rows = _row(
        ConflictKind.TOGETHER,
        file,
        person,
        past.submitted_at,
        fact=own.c.organisation_id,
        until=until,
        own=theirs.name,
        **_project(past),
    )
    joined = (
        rows.join_from(Membership, own, own.c.organisation_id == Membership.organisation_id)
        .join(theirs, theirs.id == own.c.organisation_id)
        .join(past, past.id == own.c.id)
        .join(other, other.c.id == past.id)
        .join(file, file.c.organisation_id == other.c.organisation_id)
    )
    apart = other.c.organisation_id != own.c.organisation_id, _not_member(person, other.c.organisation_id)
    return _scoped(joined.where(past.id != file.c.id, until > now(), *apart), scope, file, person)


def _project(past: Any) -> dict[str, Any]:
    """It is named once its call is decided: before, the reader of the sentence may have a conflict with it."""
    decided = select(Call.id).where(Call.state.in_([CallState.DECIDED, CallState.ARCHIVED]))
    return {
        "project": case((past.call_id.in_(decided), past.reference)),
        "when": func.to_char(past.submitted_at, literal_column("'YYYY-MM-DD'")),
    }
