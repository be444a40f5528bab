"""Imports as far as the reader may see them, and what a fund already knows of a file."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from grants.awards.import_recipients import Known
from grants.awards.models import Award, AwardImport, ImportState
from grants.awards.policy import OVERSEERS
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.identifiers import compact, matching_key
from grants.people.models import Organisation, Person, Role
from grants.people.scope import covered

BATCH = 2_000  # values in one IN list


def visible_to(user: Person) -> Select[AwardImport]:
    """The SQL twin of policy.view_import."""
    within = covered(user, *OVERSEERS, cluster=Fund.cluster_id, fund=Fund.id)
    return select(AwardImport).join(AwardImport.fund).where(within)


def _parts() -> list[object]:
    return [contains_eager(AwardImport.fund).joinedload(Fund.cluster), joinedload(AwardImport.officer)]


def find(user: Person, id: UUID) -> AwardImport:
    """One visible import; raises NoResultFound."""
    found = visible_to(user).where(AwardImport.id == id)
    return db.session.scalars(found.options(*_parts())).unique().one()  # type: ignore[arg-type]


def recent(user: Person, limit: int = 50) -> Sequence[AwardImport]:
    """Visible imports, newest first; one query."""
    found = visible_to(user).order_by(AwardImport.created_at.desc(), AwardImport.id.desc()).limit(limit)
    return db.session.scalars(found.options(*_parts())).unique().all()  # type: ignore[arg-type]


def whole(id: UUID) -> Select[AwardImport]:
    """One import whoever asks: for jobs and commands."""
    fund = joinedload(AwardImport.fund).joinedload(Fund.cluster)
    officer = joinedload(AwardImport.officer).selectinload(Person.appointments)
    return select(AwardImport).where(AwardImport.id == id).options(fund, officer)


def funds_of(user: Person) -> Sequence[Fund]:
    """The funds into which this person may import, by code."""
    mine = select(Fund).where(covered(user, Role.OFFICER, cluster=Fund.cluster_id, fund=Fund.id))
    return db.session.scalars(mine.options(joinedload(Fund.cluster)).order_by(Fund.code)).all()


def fund_named(code: str) -> Fund | None:
    """For commands, which see every fund."""
    found = select(Fund).where(Fund.code == code.strip().upper()).options(joinedload(Fund.cluster))
    return db.session.scalars(found).one_or_none()


def imported_before(fund_id: UUID, sha256: str) -> AwardImport | None:
    """The import that already brought this very file into the fund."""
    found = select(AwardImport).where(
        AwardImport.fund_id == fund_id, AwardImport.sha256 == sha256, AwardImport.state == ImportState.DONE
    )
    return db.session.scalars(found.order_by(AwardImport.created_at).limit(1)).first()


def known_awards(fund_id: UUID, identifiers: Collection[str]) -> dict[str, Money]:
    """The awards of these identifiers that the fund already has, with their amounts."""
    known: dict[str, Money] = {}
    wanted = list(identifiers)
    for start in range(0, len(wanted), BATCH):
        found = select(Award.external_id, Award.amount_minor, Award.currency).where(
            Award.fund_id == fund_id, Award.external_id.in_(wanted[start : start + BATCH])
        )
        known |= {row.external_id: Money(row.amount_minor, row.currency) for row in db.session.execute(found)}
    return known


def known_organisations(names: Collection[str], identifiers: Collection[str]) -> list[Known]:
    """Organisations that may be one of these recipients, oldest first; for matching only, nothing of them is shown."""
    keys, codes = sorted({matching_key(name) for name in names}), sorted(identifiers)
    numbers = sorted({compact(code) for code in codes})
    found: dict[UUID, Known] = {}
    for start in range(0, max(len(keys), len(codes)), BATCH):
        part = slice(start, start + BATCH)
        rows = select(Organisation.id, Organisation.name, Organisation.external_id, Organisation.ice).where(
            or_(
                Organisation.matching_key.in_(keys[part]),
                Organisation.external_id.in_(codes[part]),
                Organisation.ice.in_(numbers[part]),
            )
        )
        for row in db.session.execute(rows):
            found[row.id] = Known(row.id, row.name, tuple(one for one in (row.external_id, row.ice) if one))
    return sorted(found.values(), key=lambda one: one.id)


def imported_total(one: AwardImport) -> tuple[int, Money]:
    """How many awards this import brought, and their sum."""
    found = select(func.count(), func.coalesce(func.sum(Award.amount_minor), 0)).where(Award.import_id == one.id)
    count, minor = db.session.execute(found).one()
    return count, Money(int(minor), one.currency)


def awards_of(one: AwardImport, *, limit: int, offset: int) -> Sequence[Award]:
    """The awards an import brought, newest award first, with their recipients; one query."""
    found = select(Award).where(Award.import_id == one.id).options(joinedload(Award.organisation))
    ordered = found.order_by(Award.awarded_on.desc(), Award.number).limit(limit).offset(offset)
    return db.session.scalars(ordered).all()
